import { setTimeout as delay } from 'node:timers/promises';
import { BUCKETS } from '../src/api/bucket.ts';
import { PROVIDERS } from '../src/api/provider.ts';
import { until } from '../test/support/cluster.ts';
import { lastingPort } from '../test/support/lasting-port.ts';
import { probe } from '../test/support/operator-process.ts';
import { Scrape } from '../test/support/scrape.ts';
import { applyBuckets, applyProviders, bucketName, inParallel, providerName, WORKERS } from './objects.ts';
import { ReadyWatch } from './ready-watch.ts';
import { type Ground, orFailure, providersReady, type Stage, settled, stopOperator } from './stage.ts';

/** Nothing is measured while objects are made that are only to be there: that goes as fast as it can. */
const FAST = { rate: 1_000, inFlight: 64 };
const MINUTE_MS = 60_000;
const LOOK_MS = 500;

/** An operator that runs, and where its metrics are. */
export interface Started extends Stage {
  readonly port: number;
}

/** Starts the operator of a measurement. @param env what it is told beside where everything is */
export async function started(ground: Ground, env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const port = await lastingPort();
  return { ...ground, port, operator: ground.startOperator({ METRICS_PORT: String(port), ...env }) };
}

/** All metrics of that operator now; those of the event loop are of the time since they were asked for before. */
export async function metricsOf({ port }: Started): Promise<Scrape> {
  return new Scrape((await probe(port, '/metrics')).body);
}

/**
 * Makes the Buckets of the options with an operator of its own, which ends when all are Ready: what is measured then finds
 * them, and the service as slow, and the Providers as limited, as the options say.
 * @param more what every spec has beside the settings
 */
export async function makeExisting(ground: Ground, more: Parameters<typeof applyBuckets>[4] = {}): Promise<void> {
  const { plane, backend, namespace, options, say } = ground;
  await backend.change({ type: 'latency', ms: 0 });
  await applyProviders(plane.admin, namespace, backend.accounts, { ...options, ...FAST });
  const stage = await started(ground, { DRIFT_CHECK_INTERVAL_SECONDS: '0' });
  await orFailure(stage, providersReady(stage, options.providers));
  await orFailure(stage, fill(stage, more));
  await settled(stage);
  await stopOperator(stage);
  await backend.change({ type: 'latency', ms: options.latencyMs });
  const { rate, inFlight } = options;
  const rateLimit = { requestsPerSecond: rate, burst: rate, maxInFlight: inFlight };
  await inParallel(WORKERS, options.providers, (index) =>
    plane.admin.patch(
      PROVIDERS,
      { namespace, name: providerName(index) },
      { type: 'merge', body: { spec: { rateLimit } } },
    ),
  );
  await backend.take(); // what is asked for later is of what comes now
  say(`${options.buckets} Buckets are there`);
}

/** The operator has looked at every Bucket of the options, and has come to rest. */
export async function allLookedAt(stage: Stage): Promise<void> {
  const { backend, options } = stage;
  const seen = new Set<string>();
  await until(
    'every Bucket has been looked at',
    async () => {
      await delay(LOOK_MS);
      for (const { bucket } of (await backend.look()).calls) if (bucket !== undefined) seen.add(bucket);
      return seen.size >= options.buckets;
    },
    options.limitMinutes * MINUTE_MS,
  );
  await settled(stage, options.limitMinutes * MINUTE_MS);
}

/** Names of all Buckets of the options. Pure. */
export function bucketNames({ buckets }: { readonly buckets: number }): readonly string[] {
  return Array.from({ length: buckets }, (_, index) => bucketName(index));
}

async function fill(stage: Stage, more: Parameters<typeof applyBuckets>[4]): Promise<void> {
  const { plane, namespace, options } = stage;
  const watch = new ReadyWatch(plane.admin, BUCKETS, namespace);
  await watch.start();
  await applyBuckets(plane.admin, namespace, options, () => false, more);
  const isReady = () => Promise.resolve(watch.readyMs.size >= options.buckets);
  await until('all are Ready', isReady, options.limitMinutes * MINUTE_MS);
  await watch.stop();
}
