import type { BenchOptions } from './options.ts';
import type { BenchResult } from './result.ts';

/** What an operator tells of itself: logs, metrics that are read, and a span of each pass and call; or errors alone. */
export type Telling = 'everything' | 'nothing';

/** One operator, from its start to its end. */
export interface OverheadRound {
  readonly round: number;
  readonly telling: Telling;
  /** While the Buckets were made and deleted; undefined where /proc is missing. */
  readonly cpuSeconds: number | undefined;
  /** Of the operator's core, what others took. */
  readonly foreignShare: number | undefined;
  /** How many spans came to the collector. */
  readonly spans: number;
  /** How often the metrics were read. */
  readonly scrapes: number;
}

/** A run of `--overhead`. */
export interface OverheadResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  readonly rounds: readonly OverheadRound[];
}

/** What telling everything costs beside telling nothing, as shares of the CPU of the latter: 0.05 is 5 %. */
export interface Overhead {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Out of the pairs of each round; undefined: no pair is complete. Pure. */
export function overheadOf({ rounds }: OverheadResult): Overhead | undefined {
  const cpuOf = (round: number, telling: Telling) =>
    rounds.find((each) => each.round === round && each.telling === telling)?.cpuSeconds;
  const shares = [...new Set(rounds.map(({ round }) => round))]
    .flatMap((round) => {
      const [everything, nothing] = [cpuOf(round, 'everything'), cpuOf(round, 'nothing')];
      return everything === undefined || nothing === undefined ? [] : [everything / nothing - 1];
    })
    .toSorted((a, b) => a - b);
  const [least, most] = [shares.at(0), shares.at(-1)];
  if (least === undefined || most === undefined) return undefined;
  return { median: medianOf(shares), least, most };
}

/** @param sorted at least one */
function medianOf(sorted: readonly number[]): number {
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}
