import type { Explained } from './survivors.ts';

/** One change to a source, and what came of it. */
export interface Mutant {
  readonly file: string;
  /** From 1 on. */
  readonly lineNumber: number;
  /** The line where it begins, without the space around it. */
  readonly line: string;
  readonly mutator: string;
  /** What was there, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  /** TimedOut counts as told: its suites did not end, which a busy machine may do to them, too. */
  readonly fate: 'Told' | 'TimedOut' | 'Survived' | 'NoTest' | 'Invalid';
}

/** What the mutants of one group came to. */
export interface Verdict {
  /** Per cent of those that are valid: told, or explained. */
  readonly score: number;
  readonly told: number;
  readonly explained: number;
  readonly valid: number;
  /** Neither told nor explained. */
  readonly survivors: readonly Mutant[];
  /** Entries that no mutant needs. */
  readonly unneeded: readonly Explained[];
}

/** Pure. @param explained those of the files that were mutated */
export function verdictOf(mutants: readonly Mutant[], explained: readonly Explained[]): Verdict {
  const valid = mutants.filter(({ fate }) => fate !== 'Invalid');
  const untold = valid.filter(({ fate }) => fate !== 'Told' && fate !== 'TimedOut');
  const survivors = untold.filter((mutant) => !explained.some((entry) => explains(entry, mutant)));
  const told = valid.length - untold.length;
  return {
    score: valid.length === 0 ? 100 : (100 * (valid.length - survivors.length)) / valid.length,
    told,
    explained: untold.length - survivors.length,
    valid: valid.length,
    survivors,
    unneeded: explained.filter((entry) => !valid.some((mutant) => mutant.fate !== 'Told' && explains(entry, mutant))),
  };
}

function explains(entry: Explained, mutant: Mutant): boolean {
  return (
    entry.file === mutant.file &&
    entry.line === mutant.line &&
    entry.mutator === mutant.mutator &&
    (entry.to === undefined || entry.to === mutant.to)
  );
}

/** A survivor in one line, or two where the text is long. Pure. */
export function told({ file, lineNumber, mutator, from, to, fate }: Mutant): string {
  const unrun = fate === 'NoTest' ? ', which no suite runs' : '';
  return `${file}:${lineNumber} ${mutator}${unrun}: ${short(from)} → ${short(to)}`;
}

/** Characters of a text that one line has room for. */
const SHORT = 160;

function short(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ');
  return flat.length <= SHORT ? flat : `${flat.slice(0, SHORT)}…`;
}
