/** The number, or what is wrong with the text. */
export function wholeNumber(text: string, min: number, max: number): number | Error {
  const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : new Error(`"${text}" must be a whole number from ${min} to ${max}`);
}

/** The number times the factor; an error stays what it is. */
export function scaled(value: number | Error, factor: number): number | Error {
  return value instanceof Error ? value : value * factor;
}

/** The text, when it is one of the values. */
export function oneOf(text: string, values: readonly string[]): string | Error {
  return values.includes(text) ? text : new Error(`"${text}" must be one of ${values.join(', ')}`);
}

/** The entries between the commas, or all that is wrong with them. */
export function listOf(text: string, problem: (entry: string) => string | undefined): readonly string[] | Error {
  const entries = text.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
  if (entries.length === 0) return new Error(`"${text}" names nothing`);
  const problems = entries.flatMap((entry) => problem(entry) ?? []);
  return problems.length === 0 ? entries : new Error(problems.join('; '));
}

/** What a reader throws, as text; `undefined`: nothing. */
export function problemOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'cannot be read';
  }
}
