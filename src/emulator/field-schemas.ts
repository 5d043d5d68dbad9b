import { z } from 'zod';

interface Refused {
  readonly input: unknown;
}

/** What is said of a value that is no such thing. */
export function must(be: string): { error: (issue: Refused) => string } {
  return { error: ({ input }) => `${JSON.stringify(input)} must be ${be}` };
}

/** A number within limits. */
export function number(low: number, high: number, about: string) {
  const refusal = must(`a number from ${low} to ${high}`);
  return z.number(refusal).min(low, refusal).max(high, refusal).describe(about);
}

/** A whole number, as large as one likes without `high`. */
export function whole(low: number, high: number | undefined, about: string) {
  const refusal = must(`a whole number from ${low}${high === undefined ? '' : ` to ${high}`}`);
  const number = z.number(refusal).int(refusal).min(low, refusal).describe(about);
  return high === undefined ? number : number.max(high, refusal).describe(about);
}

/** One of some words. */
export function oneOf<const W extends readonly [string, ...string[]]>(words: W, about: string) {
  return z.enum(words, must(`one of ${words.join(', ')}`)).describe(about);
}

/** Any text. */
export function word(about: string) {
  return z.string(must('text')).describe(about);
}

/** Text with something in it. */
export function name(about: string) {
  return word(about).min(1, must('text that is not empty'));
}

/** An object of these fields alone, so that a misspelt one is no silent default. `what`: its name in refusals. */
export function strict<F extends z.ZodRawShape>(what: string, fields: F) {
  const names = Object.keys(fields).filter((name) => name !== 'type');
  const known = names.length === 0 ? 'no fields' : `only ${names.join(', ')}`;
  return z.strictObject(fields, {
    error: ({ code, input }) =>
      code === 'unrecognized_keys' ? `${what} has ${known}` : `${JSON.stringify(input)} must be an object`,
  });
}

/** A value from outside, checked. `what`: its name in refusals. @throws Error naming the field that is wrong, and its value */
export function parsed<T>(schema: z.ZodType<T>, given: unknown, what: string): T {
  const { data, error } = schema.safeParse(given);
  if (error === undefined) return data;
  const [issue] = error.issues;
  const path = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  throw new Error(`${path.length === 0 ? what : path.join('.')}: ${issue?.message}`);
}
