import { BUCKETS } from '../../src/api/bucket.ts';
import { callsAboutBuckets } from '../backend.ts';
import type { Cores } from '../cores.ts';
import { allLookedAt, bucketNames, makeExisting, started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import { limitOf } from '../limit.ts';
import { inParallel, measureWriteRate, WORKERS } from '../objects.ts';
import type { BenchOptions } from '../options.ts';
import { ReadyWatch } from '../ready-watch.ts';
import { row, shareLine } from '../report.ts';
import type { BenchResult, Span } from '../result.ts';
import { partsOf } from '../result-of.ts';
import { onGround, openSpan, orFailure, type Stage, settled, stopOperator, waited } from '../stage.ts';

/** A run of `--delete`. */
export interface DeletionResult extends Pick<BenchResult, 'shape' | 'limit'> {
  readonly options: BenchOptions;
  readonly gone: number;
  /** From the first delete to the last object that is gone. */
  readonly seconds: number;
  readonly callsPerBucket: number;
  readonly span: Span;
}

/** Deletes all Buckets at once; each bucket goes with what is in it. */
export function runDeletion(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<DeletionResult> {
  return onGround(options, cores, say, async (ground) => {
    const writeRate = await measureWriteRate(ground.plane.admin);
    await makeExisting(ground, { deletionPolicy: 'Delete', forceDelete: true });
    if (options.bucketObjects > 0) await ground.backend.change({ type: 'fill', objects: options.bucketObjects });
    const stage = await started(ground, { DRIFT_CHECK_INTERVAL_SECONDS: '0' });
    await orFailure(stage, allLookedAt(stage));
    const measured = await orFailure(stage, measure(stage, writeRate));
    await stopOperator(stage);
    return { options, shape: shapeOf(cores), ...measured };
  });
}

async function measure(stage: Stage, measuredRate: number): Promise<Omit<DeletionResult, 'options' | 'shape'>> {
  const { options, plane, namespace } = stage;
  const watch = new ReadyWatch(plane.admin, BUCKETS, namespace);
  await watch.start();
  const span = await openSpan(stage);
  const startMs = performance.now();
  const names = bucketNames(options);
  await inParallel(WORKERS, names.length, (index) =>
    plane.admin.delete(BUCKETS, { namespace, name: names[index] ?? '' }),
  );
  await waited(stage, 'gone', () => watch.goneMs.size, options.buckets);
  const seconds = (Math.max(startMs, ...watch.goneMs.values()) - startMs) / 1_000;
  await settled(stage);
  const { allWrites: writes, calls: asked, span: counted } = await span();
  await watch.stop();
  const calls = callsAboutBuckets(asked);
  const callsPerBucket = calls / options.buckets;
  const writeRate = Math.max(measuredRate, writes / seconds);
  return {
    gone: watch.goneMs.size,
    seconds,
    callsPerBucket,
    limit: limitOf(partsOf(options, counted, writeRate, { calls, writes }, Math.round(callsPerBucket))),
    span: counted,
  };
}

/** What must never be. Pure. */
export function deletionDefects({ gone, options: { buckets } }: DeletionResult): readonly string[] {
  return gone < buckets ? [`only ${gone} of ${buckets} are gone`] : [];
}

/** What a person reads. Pure. */
export function deletionReportOf(result: DeletionResult): string {
  const { options, seconds, callsPerBucket, limit, span, shape } = result;
  return [
    '',
    `${options.buckets} Buckets deleted, ${options.bucketObjects} objects in each; ${options.latencyMs} ms a call, ${options.rate} calls a second of each of ${options.providers} account(s)`,
    ...deletionDefects(result).map((defect) => `  DEFECT: ${defect}`),
    row('all gone after', `${seconds.toFixed(1)} s`, `limit ${limit.seconds.toFixed(1)} s: ${limit.wall}`),
    row('times the limit', (seconds / limit.seconds).toFixed(2), 'target at most 1.11'),
    row('calls to the service', `${callsPerBucket.toFixed(2)} a bucket`, 'target at most 4'),
    ...Object.entries(span.service.counts).map(([name, count]) => row(`  ${name}`, String(count), '')),
    row('writes to Kubernetes', `${(span.kubeWrites / options.buckets).toFixed(2)} a Bucket`, ''),
    row('CPU', span.cpuSeconds === undefined ? 'not measured' : `${span.cpuSeconds.toFixed(1)} s`, ''),
    shareLine(shape, [span]),
    '',
  ].join('\n');
}
