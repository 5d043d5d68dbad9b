import { setTimeout as delay } from 'node:timers/promises';
import { DRIFT_SHARE } from '../../src/runtime/drift-pace.ts';
import type { BackendCall } from '../backend.ts';
import type { Cores } from '../cores.ts';
import { allLookedAt, bucketNames, makeExisting, started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import type { BenchOptions } from '../options.ts';
import { row, shareLine } from '../report.ts';
import { type BenchResult, type Span, type Spread, spreadOf } from '../result.ts';
import { onGround, openSpan, orFailure, type Stage, settled, stopOperator } from '../stage.ts';

/** Of the buckets, the share that is changed, and the share that is deleted. */
const SHARE = 0.01;
const LOOK_MS = 1_000;
/** Of a user, its policy of the bucket and its key. */
const CALLS_OF_CHILDREN = 4;
/** The read that every check begins with; nothing was written since the one before. */
const CHECK = 'GetBucketTagging again';

/** A run of `--drift`. */
export interface DriftResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  readonly seconds: number;
  /** So many were changed outside, and how long each took to be as it was, seconds; those that did not are not in it. */
  readonly changed: number;
  readonly changedSeconds: Spread;
  readonly deleted: number;
  readonly deletedSeconds: Spread;
  /** Passes that read a bucket and found nothing to do. */
  readonly checks: number;
  /** CPU seconds of the operator for a thousand of them, with all that it did meanwhile; undefined: there were others. */
  readonly cpuPerThousandChecks: number | undefined;
  /** Everything that was read, with what the few repairs and the Providers read. */
  readonly sweepCallsPerMinute: number;
  readonly span: Span;
}

/** Changes and deletes a hundredth of the buckets behind the operator's back. */
export function runDrift(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<DriftResult> {
  return onGround(options, cores, say, async (ground) => {
    await makeExisting(ground, options.autoManage ? { autoManage: {} } : {});
    const stage = await started(ground, { DRIFT_CHECK_INTERVAL_SECONDS: String(options.driftSeconds) });
    await orFailure(stage, allLookedAt(stage));
    const measured = await orFailure(stage, measure(stage));
    await stopOperator(stage);
    return { options, shape: shapeOf(cores), ...measured };
  });
}

async function measure(stage: Stage): Promise<Omit<DriftResult, 'options' | 'shape'>> {
  const { options, backend, say } = stage;
  const { changed, deleted } = victimsOf(bucketNames(options));
  const span = await openSpan(stage);
  const atMs = performance.now();
  await backend.change({ type: 'turn versioning', buckets: changed });
  await backend.change({ type: 'delete', buckets: deleted });
  say(`${changed.length} buckets were changed and ${deleted.length} deleted`);
  for (let seconds = 0; seconds < options.limitMinutes * 60; seconds = (performance.now() - atMs) / 1_000) {
    await delay(LOOK_MS);
    const { calls } = await backend.look();
    const left = [...changed, ...deleted].length - repairsOf(changed, deleted, calls).size;
    if (left === 0 && seconds > options.driftSeconds) break;
  }
  await settled(stage);
  const seconds = (performance.now() - atMs) / 1_000;
  const { calls, span: counted } = await span();
  const repairs = repairsOf(changed, deleted, calls);
  const secondsOf = (names: readonly string[]) =>
    spreadOf(names.flatMap((name) => (repairs.has(name) ? [((repairs.get(name) ?? atMs) - atMs) / 1_000] : [])));
  const checks = counted.service.counts[CHECK] ?? 0;
  return {
    seconds,
    changed: changed.length,
    changedSeconds: secondsOf(changed),
    deleted: deleted.length,
    deletedSeconds: secondsOf(deleted),
    checks,
    cpuPerThousandChecks:
      options.autoManage || counted.cpuSeconds === undefined ? undefined : (counted.cpuSeconds / checks) * 1_000,
    sweepCallsPerMinute: ((counted.service.total - counted.service.writes) / seconds) * 60,
    span: counted,
  };
}

/** When the last write to each bucket came that is as it was, ms; without those that are not. Pure. */
export function repairsOf(
  changed: readonly string[],
  deleted: readonly string[],
  calls: readonly BackendCall[],
): ReadonlyMap<string, number> {
  const writes = Map.groupBy(
    calls.filter(({ mutating, isRefused }) => mutating && !isRefused),
    ({ bucket }) => bucket,
  );
  const repaired = (name: string, operations: readonly string[]): readonly (readonly [string, number])[] => {
    const own = writes.get(name) ?? [];
    const isRepaired = operations.every((each) => own.some(({ operation }) => operation === each));
    return isRepaired ? [[name, Math.max(...own.map(({ atMs }) => atMs))]] : [];
  };
  return new Map([
    ...changed.flatMap((name) => repaired(name, ['PutBucketVersioning'])),
    ...deleted.flatMap((name) => repaired(name, ['CreateBucket', 'PutBucketVersioning'])),
  ]);
}

/** Which buckets are changed, and which are deleted: spread over all, at least one of each. Pure. */
export function victimsOf(names: readonly string[]): {
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
} {
  const each = Math.max(2, Math.round(1 / SHARE));
  const at = (offset: number) => names.filter((_, index) => index % each === offset);
  return { changed: at(0), deleted: at(1) };
}

/** How many calls comparing a Bucket takes, with its children where it has some. Pure. */
export function callsOfCheck({ settings, autoManage }: Pick<BenchOptions, 'settings' | 'autoManage'>): number {
  return 1 + settings + (autoManage ? CALLS_OF_CHILDREN : 0);
}

/**
 * How long it takes until every object was compared: the interval, or longer where the calls of that do not fit the share
 * of its account's rate that comparisons have; seconds. Pure.
 */
export function sweepSeconds(
  options: Pick<BenchOptions, 'driftSeconds' | 'buckets' | 'providers' | 'settings' | 'autoManage' | 'rate'>,
): number {
  const { driftSeconds, buckets, providers, rate } = options;
  return Math.max(driftSeconds, (Math.ceil(buckets / providers) * callsOfCheck(options)) / (DRIFT_SHARE * rate));
}

/** What must never be. Pure. */
export function driftDefects({ changed, changedSeconds, deleted, deletedSeconds }: DriftResult): readonly string[] {
  return [
    ...(changedSeconds.count < changed ? [`only ${changedSeconds.count} of ${changed} changes were undone`] : []),
    ...(deletedSeconds.count < deleted ? [`only ${deletedSeconds.count} of ${deleted} buckets were made again`] : []),
  ];
}

/** What a person reads. Pure. */
export function driftReportOf(result: DriftResult): string {
  const { options, changedSeconds, deletedSeconds, seconds, span } = result;
  const spread = ({ p50, p95 }: Spread) => `p50 ${p50.toFixed(1)} s, p95 ${p95.toFixed(1)} s`;
  const cpu = result.cpuPerThousandChecks;
  return [
    '',
    `${result.changed} of ${options.buckets} buckets changed behind the operator's back, ${result.deleted} deleted; a sweep every ${options.driftSeconds} s, ${options.rate} calls a second`,
    ...driftDefects(result).map((defect) => `  DEFECT: ${defect}`),
    row('change to repaired', spread(changedSeconds), `target p95 ${(0.95 * sweepSeconds(options) + 2).toFixed(0)} s`),
    row('deletion to made again', spread(deletedSeconds), 'target p95 61 s'),
    row('calls of the sweep', `${result.sweepCallsPerMinute.toFixed(0)} a minute`, `in ${seconds.toFixed(0)} s`),
    ...Object.entries(span.service.counts).map(([name, count]) => row(`  ${name}`, String(count), '')),
    row('drift checks', String(result.checks), ''),
    row('CPU per 1,000 of them', cpu === undefined ? 'not measured' : `${cpu.toFixed(2)} s`, 'target at most 6 s'),
    shareLine(result.shape, [span]),
    '',
  ].join('\n');
}
