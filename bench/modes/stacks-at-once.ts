import { BUCKETS } from '../../src/api/bucket.ts';
import { EVENTS, SECRETS } from '../../src/api/core-types.ts';
import type { Cores } from '../cores.ts';
import { metricsOf, type Started, started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import { workingKeys } from '../key-objects.ts';
import { type Limit, limitOf } from '../limit.ts';
import { applyBuckets, applyProviders, measureWriteRate } from '../objects.ts';
import type { BenchOptions } from '../options.ts';
import { deliveredFor, ReadyWatch } from '../ready-watch.ts';
import { row, shareLine, sumOf } from '../report.ts';
import { type BenchResult, type Span, type Spread, spreadOf } from '../result.ts';
import { partsOf } from '../result-of.ts';
import { allReady } from '../run.ts';
import { STACK_CHAIN, STACK_SERVICE_CALLS } from '../stack-calls.ts';
import { listed } from '../stack-report.ts';
import { onGround, openSpan, orFailure, providersReady, type Stage, settled, stopOperator } from '../stage.ts';

/** A run of `--stacks-at-once`. Times in seconds. */
export interface AtOnceResult extends Pick<BenchResult, 'shape' | 'limit' | 'rssMb' | 'writeRate'> {
  readonly options: BenchOptions;
  readonly ready: number;
  /** From the first create to the last Bucket that is Ready: it is once its user, its policy and its key are. */
  readonly readySeconds: number;
  /** From the create of a Bucket to its Ready, and to the Secret with its key. */
  readonly latency: Spread;
  readonly keyLatency: Spread;
  /** Secrets whose key was tried in the end and works. */
  readonly workingKeys: number;
  /** The limit with the fewest calls and the writes that were made. */
  readonly fewestLimit: Limit;
  readonly fill: Span;
  /** How late timers of the operator came; undefined where it does not tell. */
  readonly loopLagMs: { readonly p99: number; readonly most: number } | undefined;
  /** Event objects that are there in the end. */
  readonly events: number;
}

/** Applies all stacks at once, and measures until their keys work. */
export function runStacksAtOnce(
  options: BenchOptions,
  cores: Cores,
  say: (line: string) => void,
): Promise<AtOnceResult> {
  return onGround(options, cores, say, async (ground) => {
    const { plane, backend, namespace } = ground;
    const writeRate = await measureWriteRate(plane.admin);
    const stage = await started(ground);
    await applyProviders(plane.admin, namespace, backend.accounts, options);
    await orFailure(stage, providersReady(stage, options.providers));
    const result = await orFailure(stage, measure(stage, writeRate));
    await stopOperator(stage);
    return { options, shape: shapeOf(cores), ...result };
  });
}

async function measure(stage: Started, measuredRate: number): Promise<Omit<AtOnceResult, 'options' | 'shape'>> {
  const { options, plane, operator, namespace } = stage;
  await settled(stage);
  const before = await operator.usage();
  operator.takePeakRssMb();
  await metricsOf(stage); // the next ones are of the time from here on
  const ready = new ReadyWatch(plane.admin, BUCKETS, namespace);
  const delivered = new ReadyWatch(plane.admin, SECRETS, namespace, deliveredFor);
  await Promise.all([ready.start(), delivered.start()]);
  const span = await openSpan(stage);
  const askedMs = await applyBuckets(plane.admin, namespace, options, () => false, { autoManage: {} });
  const firstMs = Math.min(...askedMs.values());
  await allReady(stage, ready, firstMs);
  const loopLagMs = lagOf(await metricsOf(stage));
  await settled(stage);
  const { span: fill, allWrites } = await span();
  const [after, peak] = [await operator.usage(), operator.takePeakRssMb()];
  await Promise.all([ready.stop(), delivered.stop()]);
  const readySeconds = (Math.max(...ready.readyMs.values()) - firstMs) / 1_000;
  const writeRate = Math.max(measuredRate, allWrites / readySeconds);
  const limit = (calls: number) =>
    limitOf(partsOf(options, fill, writeRate, { calls, writes: allWrites }, STACK_CHAIN));
  const since = (seenMs: ReadonlyMap<string, number>) =>
    spreadOf([...seenMs].map(([name, ms]) => (ms - (askedMs.get(name) ?? ms)) / 1_000));
  return {
    ready: ready.readyMs.size,
    readySeconds,
    latency: since(ready.readyMs),
    keyLatency: since(delivered.readyMs),
    workingKeys: (await workingKeys(stage, options.buckets, 'accesskey-credentials')).size,
    limit: limit(fill.service.total),
    fewestLimit: limit(options.buckets * sumOf(STACK_SERVICE_CALLS)),
    fill,
    rssMb:
      before === undefined || after === undefined
        ? undefined
        : { before: before.rssMb, peak: Math.max(peak ?? 0, after.rssMb), after: after.rssMb },
    writeRate,
    loopLagMs,
    events: await eventsIn(stage),
  };
}

/** How many Events there are, page by page. */
async function eventsIn({ plane, namespace }: Stage): Promise<number> {
  let count = 0;
  let continueToken: string | undefined;
  do {
    const page = await plane.admin.list(EVENTS, namespace, continueToken === undefined ? {} : { continueToken });
    count += page.items.length;
    continueToken = page.continueToken;
  } while (continueToken !== undefined);
  return count;
}

function lagOf(metrics: Awaited<ReturnType<typeof metricsOf>>): AtOnceResult['loopLagMs'] {
  const [p99, most] = [metrics.sum('loopLagHigh'), metrics.sum('loopLagMost')];
  return p99 === undefined || most === undefined ? undefined : { p99: p99 * 1_000, most: most * 1_000 };
}

/** What must never be. Pure. */
export function atOnceDefects({ options: { buckets }, ready, workingKeys: working }: AtOnceResult): readonly string[] {
  return [
    ...(ready < buckets ? [`only ${ready} of ${buckets} stacks became Ready`] : []),
    ...(working < buckets ? [`only ${working} of ${buckets} delivered keys work`] : []),
  ];
}

/** What a person reads. Pure. */
export function atOnceReportOf(result: AtOnceResult): string {
  const { options, ready, readySeconds, limit, fewestLimit, latency, keyLatency, fill, rssMb, loopLagMs } = result;
  const seconds = ({ p50, p99 }: Spread) => `p50 ${p50.toFixed(1)} s, p99 ${p99.toFixed(1)} s`;
  return [
    '',
    `${options.buckets} Buckets with a user and a key each, all at once; ${options.latencyMs} ms a call, ${options.rate} calls a second of each of ${options.providers} account(s)`,
    ...atOnceDefects(result).map((defect) => `  DEFECT: ${defect}`),
    row('all Ready after', `${readySeconds.toFixed(1)} s`, `limit ${limit.seconds.toFixed(1)} s: ${limit.wall}`),
    row('times the limit', (readySeconds / limit.seconds).toFixed(2), 'target at most 1.11'),
    row('  with the fewest calls', (readySeconds / fewestLimit.seconds).toFixed(2), ''),
    row('create to Ready', seconds(latency), ''),
    row('create to the Secret', seconds(keyLatency), `${result.workingKeys} keys work`),
    row('calls to the service', `${sumOf(STACK_SERVICE_CALLS)} a stack are expected`, `${fill.service.total} in all`),
    ...listed(fill.service.counts, STACK_SERVICE_CALLS, ready),
    row('writes to Kubernetes', `${(fill.kubeWrites / ready).toFixed(2)} a stack`, `${fill.kubeWrites} in all`),
    row(
      'Events',
      `${(result.events / ready).toFixed(2)} a stack`,
      `${result.events} in all; target at most 2 a change`,
    ),
    row('CPU', fill.cpuSeconds === undefined ? 'not measured' : `${fill.cpuSeconds.toFixed(1)} s`, ''),
    row('memory', rssMb === undefined ? 'not measured' : `peak ${rssMb.peak.toFixed(0)} MB`, ''),
    row(
      'event loop lag',
      loopLagMs === undefined ? 'not told' : `p99 ${loopLagMs.p99.toFixed(1)} ms, most ${loopLagMs.most.toFixed(1)} ms`,
      'target p99 at most 20 ms',
    ),
    shareLine(result.shape, [fill]),
    '',
  ].join('\n');
}
