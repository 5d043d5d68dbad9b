import type { Cores } from './cores.ts';
import { commitOf, shapeOf } from './header.ts';
import { ROTATION_CALLS } from './key-calls.ts';
import type { BenchOptions } from './options.ts';
import { mostWithin } from './peak.ts';
import { sumOf } from './report.ts';
import { type BenchResult, percentile, type Span } from './result.ts';

/** What a run noted, before it is made a result of. Times in ms, each kind on one clock. */
export interface MeasuredRotations {
  /** When all keys fell due. */
  readonly dueMs: number;
  /** When the Secret that workloads read was first seen with another key, by name. */
  readonly switchedMs: ReadonlyMap<string, number>;
  /** AccessKeys that were seen in the step Retaining. */
  readonly retaining: number;
  readonly span: Span;
  readonly callsAtMs: readonly number[];
  readonly mostKeys: number;
  /** Published keys that a signed call was answered for in the end. */
  readonly authenticated: number;
}

/** What a run of `--rotations` found. */
export interface RotationResult extends Pick<BenchResult, 'commit' | 'at' | 'shape'> {
  readonly options: Pick<BenchOptions, 'controlPlane' | 'keys' | 'rate' | 'inFlight' | 'latencyMs'>;
  readonly switched: number;
  readonly retaining: number;
  readonly authenticated: number;
  /** From due to the last Secret with its new key, as the harness's watch saw it. */
  readonly seconds: number;
  /** The same for one key. */
  readonly wait: { readonly p50: number; readonly p99: number };
  /** What the fewest calls take at the rate, less those that may go out at once. */
  readonly leastSeconds: number;
  readonly ratio: number;
  readonly peak: {
    /** The most calls in any second, and in any ten. */
    readonly second: number;
    readonly tenSeconds: number;
  };
  readonly mostKeys: number;
  readonly span: Span;
}

/** Of the target: the time that the keys took is at most so many times the least one. */
export const MOST_TIMES = 1.3;
/** No user may have more. */
const MOST_KEYS = 2;

/** The figures of a run. Pure, but for the commit and the machine. */
export function rotationResultOf(options: BenchOptions, cores: Cores, measured: MeasuredRotations): RotationResult {
  const { dueMs, switchedMs, span, callsAtMs, retaining, authenticated, mostKeys } = measured;
  const { controlPlane, keys, rate, inFlight, latencyMs } = options;
  const waits = [...switchedMs.values()].map((ms) => (ms - dueMs) / 1_000);
  const seconds = Math.max(0, ...waits);
  const leastSeconds = leastSecondsOf(keys * sumOf(ROTATION_CALLS), rate);
  return {
    commit: commitOf(),
    at: new Date().toISOString().slice(0, 10),
    shape: shapeOf(cores),
    options: { controlPlane, keys, rate, inFlight, latencyMs },
    switched: switchedMs.size,
    retaining,
    authenticated,
    seconds,
    wait: { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) },
    leastSeconds,
    ratio: seconds / leastSeconds,
    peak: { second: mostWithin(callsAtMs, 1_000), tenSeconds: mostWithin(callsAtMs, 10_000) },
    mostKeys,
    span,
  };
}

/** What that many calls take at least, of which as many as go out in a second may go out at once. Pure. */
export function leastSecondsOf(calls: number, rate: number): number {
  return Math.max(0, calls - rate) / rate;
}

/** Calls that the limit lets through in that time after a quiet one. Pure. */
export function allowedIn(seconds: number, rate: number): number {
  return rate + seconds * rate;
}

/** What must never be, whatever the machine. Pure. */
export function defectsOf({
  options,
  switched,
  retaining,
  authenticated,
  mostKeys,
}: RotationResult): readonly string[] {
  const { keys } = options;
  return [
    ...(switched < keys ? [`only ${switched} of ${keys} Secrets got their new key`] : []),
    ...(retaining < keys ? [`only ${retaining} of ${keys} AccessKeys are Retaining`] : []),
    ...(authenticated < keys ? [`only ${authenticated} of ${keys} published keys work`] : []),
    ...(mostKeys > MOST_KEYS ? [`a user had ${mostKeys} keys at a time`] : []),
  ];
}
