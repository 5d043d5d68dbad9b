import type { Header } from './header.ts';
import { percentile } from './result.ts';

/** A run may take the limit and a ninth of it. */
const MOST_TIMES = 1 / 0.9;

/** One number of a figure, and what it may be. */
export interface Reading {
  /** What it is, where a figure has several. */
  readonly what?: string;
  /** Undefined: this machine does not tell. */
  readonly value: number | undefined;
  readonly unit: string;
  readonly most?: number;
  readonly least?: number;
  /** After the point; default 0. */
  readonly digits?: number;
}

/** A figure that is to be reached, and the run that it is read from. */
interface TargetWords {
  /** What `--row` takes. */
  readonly name: string;
  readonly figure: string;
  readonly target: string;
  /** How it may grow with the number of objects. */
  readonly law: string;
  /** Arguments of the run; rows with the same ones share it. */
  readonly argv: readonly string[];
  /** How often that is run: the median counts. */
  readonly runs: number;
  /** About how long one run takes. */
  readonly minutes: number;
}

/** One row of the table of targets, whichever mode it is read from. */
export interface Target extends TargetWords {
  readonly read: (result: Header) => readonly Reading[];
}

/** A run that was kept, one line of JSON: the result of a mode. */
export interface KeptRun extends Header {
  /** The arguments of the row that asked for it. */
  readonly command: string;
}

/** A row that is read from results of type `R`; the mode that its arguments name has to give them. */
export function target<R extends object>(
  row: TargetWords & { readonly read: (result: R) => readonly Reading[] },
): Target {
  return { ...row, read: (result) => row.read(result as unknown as R) }; // the mode's own line
}

/** How long something took, and how many times its limit that is. Pure. */
export function timeAndRatio(seconds: number, ratio: number): readonly Reading[] {
  return [
    { value: seconds, unit: 's', digits: 1 },
    { what: 'times the limit', value: ratio, unit: '', digits: 2, most: MOST_TIMES },
  ];
}

/** What people type for that row. Pure. */
export function commandOfTarget({ argv }: Target): string {
  return ['npm run bench --', ...argv].join(' ');
}

/** The runs of a row by these operators. Pure. */
export function runsOf(row: Target, kept: readonly KeptRun[], operators: readonly string[]): readonly KeptRun[] {
  return kept.filter((run) => run.command === commandOfTarget(row) && operators.includes(run.operator));
}

/** The readings of all runs, each with the median of its values, and the least and the most. Pure. */
export function summaryOf(row: Target, runs: readonly KeptRun[]): readonly Summary[] {
  const [first = [], ...others] = runs.map((run) => row.read(run));
  return first.map((reading, index) => {
    const all = [reading, ...others.map((each) => each[index])].map((each) => each?.value);
    const values = all.filter((value) => value !== undefined && Number.isFinite(value)) as readonly number[];
    const at = (share: number) => (values.length === 0 ? undefined : percentile(values, share));
    return { ...reading, value: at(0.5), lowest: at(0), highest: at(1), runs: values.length };
  });
}

/** A reading of several runs: `value` is the median. */
export interface Summary extends Reading {
  readonly lowest: number | undefined;
  readonly highest: number | undefined;
  readonly runs: number;
}

/** `12.3 s (12.0 to 12.9 in 3 runs)`. Pure. */
export function measuredText(summary: Summary): string {
  const { what, value, unit, digits = 0, lowest = 0, highest = 0, runs } = summary;
  const name = what === undefined ? '' : `${what} `;
  if (value === undefined) return `${name}not told by this machine`;
  const spread = runs < 2 ? '' : ` (${lowest.toFixed(digits)} to ${highest.toFixed(digits)} in ${runs} runs)`;
  return `${name}${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}${spread}`;
}

/** What is wrong with it; undefined: nothing. Pure. */
export function missText({ what, value, unit, digits = 0, most, least }: Summary): string | undefined {
  const name = what === undefined ? '' : `${what} `;
  if (value === undefined) return `${name}not measured`;
  const bound = most !== undefined && value > most ? most : least !== undefined && value < least ? least : undefined;
  if (bound === undefined) return undefined;
  const text = (number: number) => `${number.toFixed(Math.max(digits, 2))}${unit === '' ? '' : ` ${unit}`}`;
  return `**missed**: ${name}${text(value)} ${bound === most ? 'is over' : 'is under'} ${text(bound)}`;
}
