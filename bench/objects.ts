import { BUCKETS } from '../src/api/bucket.ts';
import { SECRETS } from '../src/api/core-types.ts';
import { PROVIDERS } from '../src/api/provider.ts';
import type { KubeClient } from '../src/runtime/kube-client.ts';
import { bucket, provider, secret } from '../test/support/builders.ts';
import { createNamespace, until } from '../test/support/cluster.ts';
import type { BackendAccount } from './backend.ts';
import { settingsSpec } from './expected-calls.ts';
import type { BenchOptions } from './options.ts';

/** Calls of the harness at a time: enough for the server to be busy, too few for it to queue. */
export const WORKERS = 8;
const BATCH_OBJECTS = 100;
const MAX_BATCHES = 10;
const WARM_RATIO = 1.1;

/** Creates the Secret and the Provider of each account. */
export async function applyProviders(
  admin: KubeClient,
  namespace: string,
  accounts: readonly BackendAccount[],
  options: BenchOptions,
): Promise<void> {
  for (const [index, account] of accounts.entries()) {
    const { accessKeyId, secretAccessKey } = account;
    await admin.create(
      SECRETS,
      namespace,
      secret(credentialsName(index), { 'access-key': accessKeyId, 'secret-key': secretAccessKey }),
    );
    await admin.create(PROVIDERS, namespace, provider(providerName(index), providerSpec(index, account, options)));
  }
}

/** The spec of a Provider of that account, which calls it as the options say. Pure. */
export function providerSpec(
  index: number,
  account: BackendAccount,
  { region, rate, inFlight }: BenchOptions,
): Parameters<typeof provider>[1] {
  const credentials = { name: credentialsName(index) };
  return {
    region,
    endpoint: account.endpoint,
    iamEndpoint: `http://iam.localhost:${account.port}`,
    stsEndpoint: `http://sts.localhost:${account.port}`,
    auth: { accessKeySecretRef: credentials, secretKeySecretRef: credentials },
    rateLimit: { requestsPerSecond: rate, burst: rate, maxInFlight: inFlight },
  };
}

function credentialsName(index: number): string {
  return `credentials-${index}`;
}

/**
 * Creates all Buckets as fast as the API server takes them; stacks one after another, so that none waits for another one.
 * @param more what every spec has beside the settings
 * @returns when each was asked for, by name
 */
export async function applyBuckets(
  admin: KubeClient,
  namespace: string,
  { buckets, providers, settings, mode, limitMinutes }: BenchOptions,
  isReady: (name: string) => boolean,
  more: Parameters<typeof bucket>[1] = {},
): Promise<ReadonlyMap<string, number>> {
  const askedMs = new Map<string, number>();
  const stacks = mode === 'stacks';
  const spec = { ...settingsSpec(settings), ...(stacks ? { autoManage: {} } : {}), ...more };
  await inParallel(stacks ? 1 : WORKERS, buckets, async (index) => {
    const name = bucketName(index);
    askedMs.set(name, performance.now());
    await admin.create(
      BUCKETS,
      namespace,
      bucket(name, { ...spec, providerRef: { name: providerName(index % providers) } }),
    );
    if (stacks) await until(`${name} Ready`, () => Promise.resolve(isReady(name)), limitMinutes * 60_000);
  });
  return askedMs;
}

/**
 * Writes a second that the API server takes of custom resources, half of them status patches, before anybody watches. A
 * server that has just started is slow: batches are tried until one is hardly better than the best before it.
 */
export async function measureWriteRate(admin: KubeClient): Promise<number> {
  const namespace = await createNamespace(admin, 'calibration');
  let best = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const rate = await batchRate(admin, namespace, batch);
    const isWarm = rate < best * WARM_RATIO;
    best = Math.max(best, rate);
    if (isWarm) break;
  }
  await until('the calibration is gone', async () => (await admin.list(BUCKETS, namespace)).items.length === 0);
  return best;
}

async function batchRate(admin: KubeClient, namespace: string, batch: number): Promise<number> {
  const keyAt = (index: number) => ({ namespace, name: `calibration-${batch}-${index}` });
  const startedMs = performance.now();
  await inParallel(WORKERS, BATCH_OBJECTS, async (index) => {
    const key = keyAt(index);
    await admin.create(BUCKETS, namespace, bucket(key.name));
    const body = { status: { exists: false } };
    await admin.patch(BUCKETS, key, { type: 'merge', body }, { subresource: 'status' });
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  await inParallel(WORKERS, BATCH_OBJECTS, (index) => admin.delete(BUCKETS, keyAt(index)));
  return (2 * BATCH_OBJECTS) / seconds;
}

/** The name of that Bucket, and of its bucket. */
export function bucketName(index: number): string {
  return `bench-${String(index).padStart(5, '0')}`;
}

/** The name of the Provider of that account. */
export function providerName(index: number): string {
  return `wasabi-${index}`;
}

/** Runs a task for each index, so many at a time. */
export async function inParallel(
  width: number,
  count: number,
  task: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await task(index);
    }
  };
  await Promise.all(Array.from({ length: width }, work));
}
