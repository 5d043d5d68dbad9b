import { setTimeout as delay } from 'node:timers/promises';
import { BUCKETS } from '../../src/api/bucket.ts';
import { bucket } from '../../test/support/builders.ts';
import { until } from '../../test/support/cluster.ts';
import type { BackendCall } from '../backend.ts';
import type { Cores } from '../cores.ts';
import { makeExisting, started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import { bucketName, inParallel, providerName, WORKERS } from '../objects.ts';
import type { BenchOptions } from '../options.ts';
import { ReadyWatch } from '../ready-watch.ts';
import { row, shareLine } from '../report.ts';
import { type BenchResult, type Span, type Spread, spreadOf } from '../result.ts';
import { type Ground, onGround, openSpan, orFailure, type Stage, stopOperator } from '../stage.ts';

/** From one new Bucket, with one edit beside it, to the next. */
const PACE_MS = 200;
/** The latest sample has this long for its first call. */
const LAST_MS = 5_000;

/** A run of `--backlog`. */
export interface BacklogResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  /** From the request that creates a Bucket to the first call about it, ms. */
  readonly newMs: Spread;
  /** From the request that edits the tags of one that was Ready before to the write of its tags, ms. */
  readonly editMs: Spread;
  /** Of both, how long the API server took to answer the request; the change is in its watches by then. */
  readonly answerMs: Spread;
  /** How many of the backlog were still to be made when the last sample was taken. */
  readonly left: number;
  readonly span: Span;
}

/** One sample: the bucket it is about, when it was asked for, and when the API server had answered; ms. */
interface Sample {
  readonly name: string;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** Starts an operator with a backlog of Buckets that are still to be made, and creates and edits others meanwhile. */
export function runBacklog(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<BacklogResult> {
  return onGround(options, cores, say, async (ground) => {
    await makeExisting({ ...ground, options: { ...options, buckets: options.samples } });
    await applyBacklog(ground);
    say(`${options.objects} Buckets wait for the operator`);
    const stage = await started(ground, { DRIFT_CHECK_INTERVAL_SECONDS: '0' });
    const measured = await orFailure(stage, measure(stage));
    await stopOperator(stage);
    return { options, shape: shapeOf(cores), ...measured };
  });
}

async function applyBacklog({ plane, namespace, options }: Ground): Promise<void> {
  await inParallel(WORKERS, options.objects, (index) =>
    plane.admin.create(BUCKETS, namespace, newBucket(`backlog-${String(index).padStart(5, '0')}`, index, options)),
  );
}

function newBucket(name: string, index: number, { providers }: BenchOptions): ReturnType<typeof bucket> {
  return bucket(name, { providerRef: { name: providerName(index % providers) } });
}

async function measure(stage: Stage): Promise<Omit<BacklogResult, 'options' | 'shape'>> {
  const { backend, plane, namespace, options } = stage;
  const watch = new ReadyWatch(plane.admin, BUCKETS, namespace);
  await watch.start();
  const span = await openSpan(stage);
  const isBusy = async () => (await backend.look()).counts['CreateBucket'] !== undefined;
  await until('the operator works on the backlog', isBusy, options.limitMinutes * 60_000);
  const { created, edited } = await takeSamples(stage);
  const left = options.objects - [...watch.readyMs.keys()].filter((name) => name.startsWith('backlog-')).length;
  await delay(LAST_MS);
  const { calls, span: counted } = await span();
  await watch.stop();
  return {
    newMs: spreadOf(firstCallsAfter(created, calls)),
    editMs: spreadOf(
      firstCallsAfter(
        edited,
        calls.filter(({ operation }) => operation === 'PutBucketTagging'),
      ),
    ),
    answerMs: spreadOf([...created, ...edited].map(({ askedMs, answeredMs }) => answeredMs - askedMs)),
    left,
    span: counted,
  };
}

async function takeSamples({ plane, namespace, options }: Stage): Promise<{
  readonly created: readonly Sample[];
  readonly edited: readonly Sample[];
}> {
  const [created, edited]: [Promise<Sample>[], Promise<Sample>[]] = [[], []];
  for (let index = 0; index < options.samples; index += 1) {
    const name = `new-${String(index).padStart(5, '0')}`;
    created.push(sample(name, plane.admin.create(BUCKETS, namespace, newBucket(name, index, options))));
    await delay(PACE_MS / 2);
    const key = { namespace, name: bucketName(index) };
    const body = { spec: { tagging: { tags: { edit: 'now' } } } };
    edited.push(sample(key.name, plane.admin.patch(BUCKETS, key, { type: 'merge', body })));
    await delay(PACE_MS / 2);
  }
  return { created: await Promise.all(created), edited: await Promise.all(edited) };
}

/** @param request that was sent just now */
async function sample(name: string, request: Promise<unknown>): Promise<Sample> {
  const askedMs = performance.now();
  await request;
  return { name, askedMs, answeredMs: performance.now() };
}

/** How long after each sample the first call about its bucket came, ms; those without one are left out. Pure. */
export function firstCallsAfter(
  samples: readonly Pick<Sample, 'name' | 'askedMs'>[],
  calls: readonly BackendCall[],
): readonly number[] {
  const about = Map.groupBy(calls, (call) => call.bucket);
  return samples.flatMap(({ name, askedMs }) => {
    const later = (about.get(name) ?? []).filter(({ atMs }) => atMs >= askedMs).map(({ atMs }) => atMs - askedMs);
    return later.length === 0 ? [] : [Math.min(...later)];
  });
}

/** What makes the figures worthless. Pure. */
export function backlogDefects({ options: { samples }, newMs, editMs, left }: BacklogResult): readonly string[] {
  return [
    ...(newMs.count < samples ? [`only ${newMs.count} of ${samples} new Buckets were called for`] : []),
    ...(editMs.count < samples ? [`only ${editMs.count} of ${samples} edits were acted on`] : []),
    ...(left <= 0 ? ['the backlog was gone before the last sample: take more --objects'] : []),
  ];
}

/** What a person reads. Pure. */
export function backlogReportOf(result: BacklogResult): string {
  const { options, newMs, editMs, answerMs, left, span, shape } = result;
  const spread = ({ p50, p99 }: Spread) => `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
  return [
    '',
    `${options.objects} Buckets wait as the operator starts, ${options.samples} are created and as many edited meanwhile; ${options.latencyMs} ms a call, ${options.rate} calls a second of each of ${options.providers} account(s)`,
    ...backlogDefects(result).map((defect) => `  DEFECT: ${defect}`),
    row('create to the first call', spread(newMs), 'target p99 at most 100 ms'),
    row('edit to its write', spread(editMs), 'one read comes before it'),
    row('the API server answered', spread(answerMs), 'part of both: kube-apiserver, etcd and the service share a core'),
    row('left of the backlog', String(left), 'when the last sample was taken'),
    row('calls to the service', String(span.service.total), ''),
    shareLine(shape, [span]),
    '',
  ].join('\n');
}
