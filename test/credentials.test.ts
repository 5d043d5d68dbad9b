import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type KeyPair, providerSecret } from './support/account.ts';
import { inject, isLook, isPatch, kubeError, s3Error } from './support/answers.ts';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import type { ProxiedCall } from './support/proxy.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const shared = shareCluster();
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** No deadline of a call is shorter, and no wait that is measured here. */
const STEP_MS = 5_000;
/** Calls of one account that are under way at once, by default: each of them may meet the first refusal. */
const MAX_IN_FLIGHT = 16;
const providerSpec = { rateLimit: { requestsPerSecond: 1_000 } };
/** No drift interval comes in between: what is looked at again is looked at for its own sake. */
const flags = ['--drift-check-interval-seconds=0'];

const REQUESTED = 's3.cloud37.dev/reconcile-requested-at';

/** That many Buckets of the Provider `wasabi`, all Ready. */
async function makeBuckets(world: World, count: number): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `bucket-${index}`);
  await Promise.all(names.map((name) => world.apply(bucket(name))));
  for (const name of names) await world.reaches('Bucket', name, 'Ready', 'True');
  await world.settle();
  return names;
}

function request(world: World, kind: string, name: string, when: string): Promise<unknown> {
  return world.patch(kind, name, { metadata: { annotations: { [REQUESTED]: when } } });
}

/** Asks for a pass of each, at once. */
async function requestAll(world: World, names: readonly string[], when: string): Promise<void> {
  await Promise.all(names.map((name) => request(world, 'Bucket', name, when)));
}

async function allReach(world: World, names: readonly string[], type: string, wanted: string): Promise<void> {
  for (const name of names) await world.reaches('Bucket', name, type, wanted);
}

/** Takes the operator's key out of the account; what is returned puts it back. */
function revokeKey({ emulator: { state }, keys: { accessKeyId } }: World): () => void {
  const key = state.keys.get(accessKeyId);
  assert.ok(key);
  state.keys.delete(accessKeyId);
  return () => void state.keys.set(accessKeyId, key);
}

/** Calls that the service refused for their credentials. */
function refusals(world: World): number {
  return world.operatorCalls().filter(({ code }) => /^(InvalidAccessKeyId|SignatureDoesNotMatch)$/.test(code)).length;
}

describe('a key that is revoked while fifty Buckets use it', () => {
  test('costs a handful of refused calls, then one at a time, and is used again as soon as it works', async (t) => {
    const world = await shared.startWorld(t, { providerSpec }); // with the comparison on a schedule
    const names = await makeBuckets(world, 50);
    const restore = revokeKey(world);
    await requestAll(world, names, '1');
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'AuthFailed');
    await allReach(world, names, 'Synced', 'ProviderNotReady');
    await world.settle();
    const first = refusals(world);
    assert.ok(first <= MAX_IN_FLIGHT + 1, `${first} refused calls for ${names.length} Buckets`);
    assert.equal((await world.condition('Bucket', 'bucket-7', 'Ready'))?.status, 'True', 'nobody looked at it since');
    await world.expectValid('Provider', 'wasabi');

    let tried = 0;
    for (const waitMs of [MINUTE_MS, 5 * MINUTE_MS, HOUR_MS]) {
      await world.elapse(waitMs + 2 * STEP_MS, STEP_MS);
      tried += 1;
      assert.equal(refusals(world) - first, tried, `one try in ${waitMs} ms, whatever the Buckets want`);
    }

    restore();
    await request(world, 'Provider', 'wasabi', '1');
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'True');
    await allReach(world, names, 'Synced', 'True');
    assert.equal(refusals(world) - first, tried);
  });

  test('stops them before the Provider can say so, and a new Secret frees them at once', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const names = await makeBuckets(world, 50);
    const isVerdict = (call: ProxiedCall) => isPatch(call, 'wasabi', 'status');
    const fault = inject(world.operator.kube, isVerdict, kubeError(500, 'InternalError'));
    const put = (changed: Partial<KeyPair> = {}) =>
      world.apply(providerSecret('wasabi-credentials', { ...world.keys, ...changed }));
    await put({ secretAccessKey: 'this-is-not-the-secret-access-key' });
    await requestAll(world, names, '1');
    await until('the Provider would say so', () => Promise.resolve(fault.hits.length > 0));
    await allReach(world, names, 'Reconciling', 'True');
    await world.elapse(50_000, STEP_MS);
    assert.ok(fault.hits.length > 2, 'its pass was made again');
    assert.ok(refusals(world) <= 2, `one by the Provider, one by a Bucket at most: ${refusals(world)}`);

    await put();
    fault.end();
    await requestAll(world, names, '2');
    await allReach(world, names, 'Synced', 'True');
    await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  });

  test('is tried by one of them now and then when their Provider is suspended and tries nothing', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const names = await makeBuckets(world, 10);
    await world.patch('Provider', 'wasabi', { spec: { suspend: true } });
    await world.reaches('Provider', 'wasabi', 'Synced', 'Suspended');
    await world.settle();
    const restore = revokeKey(world);
    await requestAll(world, names, '1');
    await allReach(world, names, 'Synced', 'False');
    await world.settle();
    const first = refusals(world);
    assert.ok(first <= names.length);
    for (const [index, waitMs] of [2 * MINUTE_MS, 6 * MINUTE_MS].entries()) {
      await world.elapse(waitMs, STEP_MS);
      assert.equal(refusals(world) - first, index + 1, `one try in ${waitMs} ms`);
    }
    restore();
    await world.elapse(62 * MINUTE_MS, STEP_MS);
    await allReach(world, names, 'Synced', 'True');
    assert.equal(refusals(world) - first, 2);
  });
});

describe('one refusal', { concurrency: 3 }, () => {
  test('of one request holds nobody else up, and does not make the Provider invalid', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const names = await makeBuckets(world, 3);
    const fault = inject(
      world.operator.wasabi,
      (call) => isLook(call, 'bucket-0'),
      s3Error(403, 'SignatureDoesNotMatch'),
    );
    await request(world, 'Bucket', 'bucket-0', '1');
    await world.reaches('Bucket', 'bucket-0', 'Synced', 'AuthFailed');
    await world.settle();
    await requestAll(world, names.slice(1), '1');
    await allReach(world, names.slice(1), 'Synced', 'True');
    await world.elapse(10 * MINUTE_MS, STEP_MS);
    assert.ok([10, 11].includes(fault.hits.length), `once a minute and the length of a pass: ${fault.hits.length}`);
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'True');
    await allReach(world, names.slice(1), 'Synced', 'True');
    await world.expectValid('Bucket', 'bucket-0');
    fault.end();
    await world.elapse(2 * MINUTE_MS, STEP_MS);
    await world.reaches('Bucket', 'bucket-0', 'Synced', 'True');
  });

  test('that names a lock-out stops every call for five minutes, those of the Provider too', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const names = await makeBuckets(world, 3);
    await world.apply(bucket('leaving', { deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', 'leaving', 'Ready', 'True');
    await world.settle();
    const fault = inject(world.operator.wasabi, () => true, s3Error(403, 'AuthenticationLockout'));
    await request(world, 'Bucket', 'bucket-0', '1');
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'AuthenticationLockout');
    await world.delete('Bucket', 'leaving');
    await requestAll(world, names, '2');
    await allReach(world, names, 'Synced', 'ProviderNotReady');
    await world.reaches('Bucket', 'leaving', 'DeletionBlocked', 'ProviderNotReady');
    await world.elapse(5 * MINUTE_MS - 10_000, STEP_MS);
    assert.equal(fault.hits.length, 1, 'one call tells of it, and none makes it longer');
    await world.elapse(20_000, STEP_MS);
    assert.equal(fault.hits.length, 2, 'and one more when it must be over');
    await world.expectValid('Provider', 'wasabi');
    fault.end();
    await world.elapse(5 * MINUTE_MS + 10_000, STEP_MS);
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'True');
    await allReach(world, names, 'Synced', 'True');
    await world.gone('Bucket', 'leaving');
  });

  test('is tried again at once when the Provider is edited', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const restore = revokeKey(world);
    await request(world, 'Provider', 'wasabi', '1');
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'AuthFailed');
    await world.settle();
    const before = refusals(world);
    await world.patch('Provider', 'wasabi', { spec: { pathStyle: false } });
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'AuthFailed');
    await world.elapse(30_000, STEP_MS);
    assert.equal(refusals(world) - before, 1);
    restore();
    await world.patch('Provider', 'wasabi', { spec: { pathStyle: true } });
    await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  });
});
