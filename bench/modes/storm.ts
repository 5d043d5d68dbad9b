import { setTimeout as delay } from 'node:timers/promises';
import { BUCKETS } from '../../src/api/bucket.ts';
import { type BackendCall, callsAboutBuckets } from '../backend.ts';
import type { Cores } from '../cores.ts';
import { allLookedAt, makeExisting, started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import { bucketName } from '../objects.ts';
import type { BenchOptions } from '../options.ts';
import { row, shareLine } from '../report.ts';
import { type BenchResult, type Span, type Spread, spreadOf } from '../result.ts';
import { onGround, openSpan, orFailure, type Stage, settled, stopOperator } from '../stage.ts';

const EDITS_PER_SECOND = 10;

/** A run of `--storm`. */
export interface StormResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  readonly edits: number;
  /** Edits that a write to the service followed; each is of the tags, which differ from edit to edit. */
  readonly followed: number;
  /** From the request of the edit to the first write to its bucket, ms. */
  readonly actedMs: Spread;
  /** Calls to the service that an edit cost; there are no drift checks. */
  readonly callsPerEdit: number;
  readonly span: Span;
}

/** One edit: of which bucket, and when it was asked for, ms. */
interface Edit {
  readonly bucket: string;
  readonly askedMs: number;
}

/** Edits Buckets that exist, ten a second. */
export function runStorm(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<StormResult> {
  return onGround(options, cores, say, async (ground) => {
    await makeExisting(ground);
    const stage = await started(ground, { DRIFT_CHECK_INTERVAL_SECONDS: '0' });
    await orFailure(stage, allLookedAt(stage));
    const measured = await orFailure(stage, measure(stage));
    await stopOperator(stage);
    return { options, shape: shapeOf(cores), ...measured };
  });
}

async function measure(stage: Stage): Promise<Omit<StormResult, 'options' | 'shape'>> {
  const span = await openSpan(stage);
  const edits = await editAll(stage);
  stage.say(`${edits.length} edits were made`);
  await settled(stage);
  const { calls, span: counted } = await span();
  const actedMs = firstWritesAfter(edits, calls);
  return {
    edits: edits.length,
    followed: actedMs.length,
    actedMs: spreadOf(actedMs),
    callsPerEdit: callsAboutBuckets(calls) / edits.length,
    span: counted,
  };
}

async function editAll({ plane, namespace, options }: Stage): Promise<readonly Edit[]> {
  const startMs = performance.now();
  const edits: Edit[] = [];
  const asked: Promise<unknown>[] = [];
  for (let index = 0; index < options.seconds * EDITS_PER_SECOND; index += 1) {
    await delay(Math.max(0, startMs + (index * 1_000) / EDITS_PER_SECOND - performance.now()));
    const name = bucketName(index % options.buckets);
    const body = { spec: { tagging: { tags: { edit: String(index) } } } };
    edits.push({ bucket: name, askedMs: performance.now() });
    asked.push(plane.admin.patch(BUCKETS, { namespace, name }, { type: 'merge', body }));
  }
  await Promise.all(asked);
  return edits;
}

/** Of each edit that a write to its bucket follows before the next edit of it, how long that took. Pure. */
export function firstWritesAfter(edits: readonly Edit[], calls: readonly BackendCall[]): readonly number[] {
  const writes = Map.groupBy(
    calls.filter(({ operation, isRefused }) => operation === 'PutBucketTagging' && !isRefused),
    ({ bucket }) => bucket,
  );
  const following = Map.groupBy(edits, ({ bucket }) => bucket);
  return edits.flatMap((edit) => {
    const next = following.get(edit.bucket)?.find(({ askedMs }) => askedMs > edit.askedMs);
    const untilMs = next?.askedMs ?? Number.POSITIVE_INFINITY;
    const write = writes.get(edit.bucket)?.find(({ atMs }) => atMs >= edit.askedMs && atMs < untilMs);
    return write === undefined ? [] : [write.atMs - edit.askedMs];
  });
}

/** What a person reads. Pure. */
export function stormReportOf({ options, edits, followed, actedMs, callsPerEdit, span, shape }: StormResult): string {
  return [
    '',
    `${edits} edits of ${options.buckets} Buckets, ${EDITS_PER_SECOND} a second; ${options.latencyMs} ms a call, ${options.rate} calls a second`,
    row('edit to the write', `p50 ${actedMs.p50.toFixed(0)} ms, p99 ${actedMs.p99.toFixed(0)} ms`, `${followed} edits`),
    row('edits without one', String(edits - followed), 'another edit of the same Bucket came first'),
    row('calls to the service', `${callsPerEdit.toFixed(2)} an edit`, `${span.service.total} in all`),
    ...Object.entries(span.service.counts).map(([name, count]) => row(`  ${name}`, String(count), '')),
    row('writes to Kubernetes', `${(span.kubeWrites / edits).toFixed(2)} an edit`, ''),
    row('CPU', span.cpuSeconds === undefined ? 'not measured' : `${span.cpuSeconds.toFixed(1)} s`, ''),
    shareLine(shape, [span]),
    '',
  ].join('\n');
}
