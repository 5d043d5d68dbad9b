/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In capitals. */
  readonly name: string;
  /** `--from=build` as `from`: `build`. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows the flags, on one line. */
  readonly text: string;
  /** Counts from 1. */
  readonly line: number;
}

/** One stage: what stands from a FROM to the next. */
export interface Stage {
  /** As others refer to it; undefined: nobody does. */
  readonly name: string | undefined;
  /** Another stage or an image, with arguments filled in. */
  readonly base: string;
  readonly from: Instruction;
  readonly instructions: readonly Instruction[];
}

/** A Dockerfile, parsed. */
export interface Dockerfile {
  /** Defaults of the arguments before the first FROM, by name. */
  readonly globals: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/**
 * Parses what our Dockerfile is written in: instructions, flags, comments, lines that go on after a backslash. No here
 * documents and no other escape character. Pure.
 * @throws Error naming the line that cannot be understood
 */
export function parseDockerfile(text: string): Dockerfile {
  const globals: Record<string, string> = {};
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const instruction of instructionsIn(text)) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') stages.push({ ...fromOf(instruction, globals), instructions: [] });
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.name === 'ARG') Object.assign(globals, argumentOf(instruction));
    else throw new Error(`Dockerfile:${instruction.line}: ${instruction.name} before the first FROM`);
  }
  return { globals, stages };
}

/** The text with `$NAME` and `${NAME}` filled in. Pure. @throws Error naming what has no value */
export function expanded(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare ?? '';
    const value = values[name];
    if (value === undefined) throw new Error(`$${name} has no value`);
    return value;
  });
}

/** The words of an instruction in exec form; undefined: it is none. Pure. */
export function execForm({ text }: Instruction): readonly string[] | undefined {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}

/** The name and value of an ARG or ENV of one variable; without a value none. Pure. */
export function argumentOf({ text }: Instruction): Readonly<Record<string, string>> {
  const [, name = '', value] = /^(\w+)(?:=(.*))?$/.exec(text) ?? [];
  return value === undefined ? {} : { [name]: value.replace(/^"(.*)"$/, '$1') };
}

function fromOf(from: Instruction, globals: Readonly<Record<string, string>>): Omit<Stage, 'instructions'> {
  const [, base, name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(from.text) ?? [];
  if (base === undefined) throw new Error(`Dockerfile:${from.line}: "FROM ${from.text}" must be FROM image [AS name]`);
  return { name, base: expanded(base, globals), from };
}

function instructionsIn(text: string): readonly Instruction[] {
  const found: Instruction[] = [];
  let begun: { readonly line: number; text: string } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line.startsWith('#') || (line === '' && begun === undefined)) continue;
    begun ??= { line: index + 1, text: '' };
    begun.text += line.replace(/\\$/, ' ');
    if (line.endsWith('\\')) continue;
    found.push(instructionOf(begun.text, begun.line));
    begun = undefined;
  }
  return found;
}

function instructionOf(text: string, line: number): Instruction {
  const [, name, rest] = /^([A-Za-z]+)\s+(.*)$/.exec(text.replaceAll(/\s+/g, ' ').trim()) ?? [];
  if (name === undefined || rest === undefined)
    throw new Error(`Dockerfile:${line}: "${text}" is no instruction with arguments`);
  const [given = ''] = /^(?:--\S+\s+)*/.exec(rest) ?? [];
  const flags = [...given.matchAll(/--([^\s=]+)(?:=(\S+))?/g)].map(
    ([, key = '', value = 'true']) => [key, value] as const,
  );
  return { name: name.toUpperCase(), flags: Object.fromEntries(flags), text: rest.slice(given.length), line };
}
