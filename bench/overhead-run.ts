import { setTimeout as delay } from 'node:timers/promises';
import { BUCKETS } from '../src/api/bucket.ts';
import { PROVIDERS } from '../src/api/provider.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import { until } from '../test/support/cluster.ts';
import { lastingPort } from '../test/support/lasting-port.ts';
import { probe } from '../test/support/operator-process.ts';
import { startHttpReceiver, type TraceReceiver } from '../test/support/trace-receiver.ts';
import type { Cores } from './cores.ts';
import { shapeOf } from './header.ts';
import { applyBuckets, applyProviders, inParallel, WORKERS } from './objects.ts';
import type { BenchOptions } from './options.ts';
import type { OverheadResult, OverheadRound, Telling } from './overhead-result.ts';
import { ReadyWatch } from './ready-watch.ts';
import {
  type Ground,
  onGround,
  openSpan,
  orFailure,
  providersReady,
  type Stage,
  settled,
  stopOperator,
} from './stage.ts';

/** Prometheus asks once a minute unless it is told otherwise; many tell it so. */
const SCRAPE_MS = 5_000;
const GONE_MS = 300_000;

/**
 * Lets the same Buckets be made and deleted by operators that tell everything and by operators that tell nothing, in
 * turn, each a process of its own.
 * @param say gets progress, one line at a time
 * @throws Error when a part does not start or the operator ends
 */
export function runOverhead(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<OverheadResult> {
  return onGround(options, cores, say, async (ground) => {
    const { plane, backend, namespace } = ground;
    await applyProviders(plane.admin, namespace, backend.accounts, options);
    await using ends = new AsyncDisposableStack();
    const receiver = await startHttpReceiver({ after: (end: () => void) => ends.defer(end) });
    const rounds: OverheadRound[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      // Who comes first changes: what else runs on the machine gets slower or faster with time.
      const order: readonly Telling[] = round % 2 === 0 ? ['nothing', 'everything'] : ['everything', 'nothing'];
      for (const telling of order) {
        const measured = await measure(ground, telling, receiver);
        say(`round ${round + 1} of ${options.rounds}, telling ${telling}: ${measured.cpuSeconds?.toFixed(2)} s of CPU`);
        rounds.push({ ...measured, round, telling });
      }
    }
    return { options, shape: shapeOf(cores), rounds };
  });
}

/** One operator from its start, with the Buckets made and gone again. */
async function measure(
  ground: Ground,
  telling: Telling,
  receiver: TraceReceiver,
): Promise<Pick<OverheadRound, 'cpuSeconds' | 'foreignShare' | 'spans' | 'scrapes'>> {
  const { plane, namespace, options } = ground;
  const port = await lastingPort();
  const operator = ground.startOperator({ METRICS_PORT: String(port), ...environmentOf(telling, receiver.url) });
  const stage: Stage = { ...ground, operator };
  await orFailure(stage, operatorWorks(stage));
  await settled(stage);
  receiver.spans.length = 0;
  const span = await openSpan(stage);
  const stopScraping = new AbortController();
  const scraping = telling === 'everything' ? scrape(port, stopScraping.signal) : Promise.resolve(0);
  const watch = new ReadyWatch(plane.admin, BUCKETS, namespace);
  await watch.start();
  const asked = await applyBuckets(plane.admin, namespace, options, () => false, { deletionPolicy: 'Delete' });
  await orFailure(
    stage,
    until('all are Ready', () => Promise.resolve(watch.readyMs.size >= options.buckets), options.limitMinutes * 60_000),
  );
  await watch.stop();
  await orFailure(stage, deleteAll(stage, [...asked.keys()]));
  await settled(stage);
  stopScraping.abort();
  const scrapes = await scraping;
  const { cpuSeconds, foreignShare } = (await span()).span;
  await stopOperator(stage);
  return { cpuSeconds, foreignShare, scrapes, spans: receiver.spans.length };
}

/** It has looked at the Providers: what an operator before it said of them is known already. */
async function operatorWorks(stage: Stage): Promise<void> {
  const { plane, namespace, options } = stage;
  await providersReady(stage, options.providers);
  const { items } = await plane.admin.list(PROVIDERS, namespace);
  const requestedAt = new Date().toISOString();
  for (const { metadata } of items) {
    const body = { metadata: { annotations: { 's3.cloud37.dev/reconcile-requested-at': requestedAt } } };
    await plane.admin.patch(PROVIDERS, { namespace, name: metadata.name }, { type: 'merge', body });
  }
  await until('the operator works', async () => {
    const { items: now } = await plane.admin.list(PROVIDERS, namespace);
    return now.every(
      (each) => (each as ManagedResource).status?.lastHandledReconcileAt === requestedAt, // it is a Provider
    );
  });
}

async function deleteAll({ plane, namespace }: Stage, names: readonly string[]): Promise<void> {
  await inParallel(WORKERS, names.length, async (index) => {
    const name = names[index];
    if (name !== undefined) await plane.admin.delete(BUCKETS, { namespace, name });
  });
  const isGone = async () => (await plane.admin.list(BUCKETS, namespace)).items.length === 0;
  await until('all are gone', isGone, GONE_MS);
}

/** As Prometheus does. @returns how often it was answered */
async function scrape(port: number, signal: AbortSignal): Promise<number> {
  let answers = 0;
  while (!signal.aborted) {
    if ((await probe(port, '/metrics')).status === 200) answers += 1;
    await delay(SCRAPE_MS, undefined, { signal }).catch(() => undefined);
  }
  return answers;
}

function environmentOf(telling: Telling, traces: string): Readonly<Record<string, string>> {
  if (telling === 'nothing') return { LOG_LEVEL: 'error', OTEL_TRACES_ENABLED: 'false' };
  return {
    LOG_LEVEL: 'info',
    OTEL_TRACES_ENABLED: 'true',
    OTEL_EXPORTER_OTLP_ENDPOINT: traces,
    OTEL_TRACES_SAMPLER: 'always_on',
  };
}
