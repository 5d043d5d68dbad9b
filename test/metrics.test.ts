import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { addKey, revokeOutside, settledKey } from './support/keys.ts';
import type { CannedAnswer } from './support/proxy.ts';
import { scrape } from './support/scrape.ts';
import { startWorld, type World } from './support/world.ts';

/** What a running operator tells of itself: each gauge rises when it should, and falls again. */

const SLOW_DOWN: CannedAnswer = {
  status: 503,
  headers: { 'content-type': 'application/xml' },
  body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
};

/** How long ago the API server last answered the watch of that kind, as the operator tells it; seconds. */
async function silence(world: World, kind: string): Promise<number> {
  const atSeconds = (await scrape(world)).sum('reflectorContact', { kind });
  assert.ok(atSeconds !== undefined, kind);
  return world.operator.clock.now() / 1_000 - atSeconds;
}

test('metrics: a watch that hears nothing tells since when, until it hears again', async (t) => {
  const world = await startWorld(t);
  const { kube, clock } = world.operator;
  assert.ok((await silence(world, 'Bucket')) < 60);
  assert.ok((await silence(world, 'Secret')) < 60);
  kube.decideWatches(() => 'dropRequest');
  kube.dropWatches();
  await clock.skip(1_800_000);
  for (const kind of ['Bucket', 'Secret']) assert.ok((await silence(world, kind)) >= 1_800, kind);
  kube.decideWatches(undefined);
  await clock.skip(60_000); // the longest wait between two tries
  for (const kind of ['Bucket', 'Secret']) {
    await until(`the watch of ${kind}s is answered`, async () => (await silence(world, kind)) < 60);
  }
});

test('metrics: keys that nobody accounts for are counted once, and no more when they are gone', async (t) => {
  const { world, pass } = await settledKey(t, 'team-user');
  assert.equal((await scrape(world)).sum('foreignKeys'), 0);
  const { accessKeyId } = addKey(world, 'team-user');
  await pass(300_000);
  assert.equal((await scrape(world)).sum('foreignKeys'), 1);
  revokeOutside(world, accessKeyId);
  await pass(300_000);
  assert.equal((await scrape(world)).sum('foreignKeys'), 0);
});

test('metrics: an account that is asked to slow down tells its rate, its waits and its retries', async (t) => {
  const world = await startWorld(t, { providerSpec: { rateLimit: { requestsPerSecond: 4 } } });
  const { accountId: account } = world.emulator.account;
  const peace = await scrape(world);
  assert.equal(peace.sum('rateLimitCurrent', { account }), 4);
  assert.equal(peace.sum('rateLimitHits', { account, source: 'throttled' }), undefined);
  let refusals = 2;
  world.operator.wasabi.decide(({ method }) => (method === 'PUT' && refusals-- > 0 ? SLOW_DOWN : 'pass'));
  await world.apply(bucket('logs'));
  await world.reaches('Bucket', 'logs', 'Ready', 'True');
  const slow = await scrape(world);
  assert.equal(slow.sum('rateLimitHits', { account, source: 'throttled' }), 2);
  assert.equal(slow.sum('serviceCalls', { account, status: '503' }), 2);
  assert.ok((slow.sum('serviceRetries', { account, service: 's3', operation: 'CreateBucket' }) ?? 0) > 0);
  assert.ok((slow.sum('rateLimitCurrent', { account }) ?? 4) < 4);
  assert.equal(slow.sum('rateLimitConfigured', { account }), 4);
  assert.ok((slow.sum('rateLimitWaitSeconds', { account }) ?? 0) > 0);
  assert.ok((slow.sum('serviceCallSeconds', { account, operation: 'CreateBucket' }) ?? 0) >= 3);
  await until('the rate grows back', async () => {
    await world.resync();
    return (await scrape(world)).sum('rateLimitCurrent', { account }) === 4;
  });
});

test('metrics: calls under way and calls that wait for the limit are told while they do', async (t) => {
  const world = await startWorld(t, { providerSpec: { rateLimit: { requestsPerSecond: 100, maxInFlight: 1 } } });
  const { accountId: account } = world.emulator.account;
  for (const name of ['one', 'two']) await world.apply(bucket(name));
  for (const name of ['one', 'two']) await world.reaches('Bucket', name, 'Ready', 'True');
  await world.resync(); // the Provider's Secret has a finalizer by now, so its credentials were asked about once more
  const held = Promise.withResolvers<'pass'>();
  world.operator.wasabi.decide(() => held.promise);
  for (const name of ['one', 'two']) await world.apply(bucket(name, { tagging: { tags: { now: 'yes' } } }));
  await until('one call is under way, and one waits', async () => {
    const now = await scrape(world);
    return now.sum('callsInFlight', { account }) === 1 && (now.sum('callsWaiting', { account }) ?? 0) > 0;
  });
  held.resolve('pass');
  world.operator.wasabi.decide(undefined);
  await world.settle();
  const after = await scrape(world);
  assert.deepEqual([after.sum('callsInFlight', { account }), after.sum('callsWaiting', { account })], [0, 0]);
});

test('metrics: what waits for a pass, fails and is tried again, and runs, is told by kind', async (t) => {
  const world = await startWorld(t);
  const kind = 'Bucket';
  assert.equal((await scrape(world)).sum('queueRetries', { kind }), undefined);
  const held = Promise.withResolvers<CannedAnswer>();
  world.operator.wasabi.decide(({ method }) => (method === 'PUT' ? held.promise : 'pass'));
  await world.apply(bucket('logs'));
  await until('a pass is under way', async () => (await scrape(world)).sum('activePasses', { kind }) === 1);
  held.resolve({ status: 500, body: '<Error><Code>InternalError</Code></Error>' });
  await until('it failed', async () => ((await scrape(world)).sum('queueRetries', { kind }) ?? 0) > 0);
  world.operator.wasabi.decide(undefined);
  await world.reaches(kind, 'logs', 'Ready', 'True');
  await world.settle();
  const after = await scrape(world);
  assert.equal(after.sum('activePasses', { kind }), 0);
  assert.equal(after.sum('stuckPasses', { kind }), 0);
  assert.equal(after.sum('queueWaitSeconds', { kind }), after.sum('reconciles', { kind }));
});

/** How often drift of that kind was found, and how often it was repaired. */
async function drift(world: World, kind: string): Promise<readonly [found: number, repaired: number]> {
  const now = await scrape(world);
  return [now.sum('drift', { kind }) ?? 0, now.sum('driftRepaired', { kind }) ?? 0];
}

/** Somebody else puts other tags on the bucket. */
function drifts(world: World, Bucket: string): Promise<unknown> {
  const Tagging = { TagSet: [{ Key: 'somebody', Value: 'else' }] };
  return world.console.send(new PutBucketTaggingCommand({ Bucket, Tagging }));
}

test('metrics: drift is counted once when it is found, and once when it is repaired, also by a later pass', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('logs', { tagging: { tags: { team: 'a' } } }));
  await world.reaches('Bucket', 'logs', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(await drift(world, 'Bucket'), [0, 0], 'what the operator makes is no drift');
  await drifts(world, 'logs');
  await world.resync();
  assert.deepEqual(await drift(world, 'Bucket'), [1, 1]);
  await drifts(world, 'logs');
  const denied = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
  world.operator.wasabi.decide(({ method }) => (method === 'PUT' ? denied : 'pass'));
  await world.resync();
  assert.deepEqual(await drift(world, 'Bucket'), [2, 1], 'found, and not repaired');
  world.operator.wasabi.decide(undefined);
  await world.resync();
  assert.deepEqual(await drift(world, 'Bucket'), [2, 2]);
});

test('metrics: what mode Observe finds is drift that nobody repairs', async (t) => {
  const world = await startWorld(t);
  const tagging = { tags: { team: 'a' } };
  await world.apply(bucket('logs', { tagging }));
  await world.reaches('Bucket', 'logs', 'Ready', 'True');
  await world.apply(bucket('logs', { tagging, mode: 'Observe' }));
  await world.reaches('Bucket', 'logs', 'Synced', 'Observed');
  await drifts(world, 'logs');
  for (let looks = 0; looks < 2; looks++) await world.resync();
  assert.deepEqual(await drift(world, 'Bucket'), [1, 0]);
  assert.equal((await scrape(world)).sum('objects', { kind: 'Bucket', condition: 'Drifted', status: 'True' }), 1);
});

test('metrics: a rotation that ends is counted, and the key that it replaced until its retention ends', async (t) => {
  const rotate = { enabled: true, intervalDays: 10, previousKeysRetentionDays: 2 };
  const { world, leap } = await settledKey(t, 'team-user', { rotate });
  const days = 86_400_000;
  const told = async () => {
    const now = await scrape(world);
    return [
      now.sum('rotations', { result: 'completed' }),
      now.sum('rotations', { result: 'failed' }),
      now.sum('retainedKeys'),
    ];
  };
  assert.deepEqual(await told(), [0, 0, 0]);
  await leap(10 * days);
  await until('the key is rotated', async () => (await told())[2] === 1);
  assert.deepEqual(await told(), [1, 0, 1]);
  await leap(2 * days);
  await world.settle();
  await leap(days); // inactive for an hour before it is revoked
  await until('the retention is over', async () => (await told())[2] === 0);
  assert.deepEqual(await told(), [1, 0, 0]);
});

test('metrics: what the service cannot do is told by setting, until nobody asks for it', async (t) => {
  const world = await startWorld(t);
  const lifecycle = {
    rules: ['one', 'two'].map((id) => ({
      id,
      status: 'Enabled' as const,
      transitions: [{ days: 1, storageClass: 'GLACIER' }],
    })),
  };
  await world.apply(bucket('archive', { lifecycle }));
  await world.reaches('Bucket', 'archive', 'Unsupported', 'True');
  const told = async () =>
    (await scrape(world)).of('unsupportedSettings').map(({ labels, value }) => ({ ...labels, value }));
  await until('it is told', async () => (await told()).length > 0);
  assert.deepEqual(await told(), [{ kind: 'Bucket', setting: 'spec.lifecycle.rules[].transitions', value: 1 }]);
  await world.patch('Bucket', 'archive', { spec: { lifecycle: null } });
  await until('nobody asks for it', async () => (await told()).length === 0);
});
