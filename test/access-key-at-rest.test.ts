import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessKey } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { isWorking, keyCalls, pairIn, replaced, secretOf, settledKey, USER } from './support/keys.ts';
import type { World } from './support/world.ts';

const IAM = 'team-iam';
const INTERVAL_MS = 30_000;
const flags = [`--drift-check-interval-seconds=${INTERVAL_MS / 1_000}`];
/** Less than the silence after which the watch is not believed. */
const A_WHILE_MS = 100_000;
/** More than that. */
const LONG_MS = 240_000;

/** From now on: comparisons of the keys, and reads of Secrets of that name. */
function count(world: World, secretName = 'it-credentials') {
  const [service, kube] = [world.operatorCalls().length, world.operator.kube.calls.length];
  return () => ({
    comparisons: world
      .operatorCalls()
      .slice(service)
      .filter(({ operation }) => operation === 'ListAccessKeys').length,
    reads: world.operator.kube.calls
      .slice(kube)
      .filter(({ method, url }) => method === 'GET' && url.endsWith(`/secrets/${secretName}`)).length,
    all: world.operator.kube.calls.slice(kube).map(({ method, url }) => `${method} ${url}`),
  });
}

/** The watch of Secrets ends, and no other one begins: from now on nothing is known of them but by reading. */
function silenceSecrets(world: World): void {
  world.operator.kube.decideWatches((url) => (url.includes('/secrets') ? 'dropRequest' : 'pass'));
  world.operator.kube.dropWatches();
}

test('a key at rest: it is compared by the clock, and its Secret is not read', async (t) => {
  const { world } = await settledKey(t, IAM, {}, { flags });
  const since = count(world);
  await world.elapse(A_WHILE_MS);
  const { comparisons, reads, all } = since();
  assert.ok(comparisons >= 2, `${comparisons} comparisons`);
  assert.equal(reads, 0);
  assert.deepEqual(
    all.filter((call) => /\/(?:secrets|accesskeys)\/it/.test(call)),
    [],
  );
});

test('a key at rest whose watch of Secrets is silent: its Secret is read, and what somebody wrote there is found', async (t) => {
  const { world } = await settledKey(t, IAM, {}, { flags });
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  silenceSecrets(world);
  const since = count(world);
  await world.patch('Secret', 'it-credentials', { stringData: { 'secret-access-key': 'somebody-wrote-this' } });
  await world.elapse(LONG_MS);
  await replaced(world, 'it', accessKeyId);
  assert.ok(since().reads > 0);
  assert.deepEqual(keyCalls(world), { creates: 2, deletes: 1 });
});

test('a rotation of a key whose Secret was edited unseen: it is decided by what stands there', async (t) => {
  const { world } = await settledKey(t, IAM, {}, { flags: ['--drift-check-interval-seconds=0'] });
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  silenceSecrets(world);
  await world.patch('Secret', 'it-credentials', { stringData: { 'secret-access-key': 'somebody-wrote-this' } });
  const annotations = { 's3.cloud37.dev/rotate-requested-at': 'now' };
  await world.patch('AccessKey', 'it', { metadata: { annotations } });
  await replaced(world, 'it', accessKeyId);
  assert.ok(await isWorking(world, 'it-credentials'));
  assert.equal(await secretOf(world, 'it-credentials-previous'), undefined, 'a text that does not work is not kept');
});

test('a key at rest whose Secret is deleted unseen: the next edit of its object finds it', async (t) => {
  const { world } = await settledKey(t, IAM, {}, { flags: ['--drift-check-interval-seconds=0'] });
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  silenceSecrets(world);
  await world.delete('Secret', 'it-credentials');
  await world.apply(accessKey('it', USER, { secret: { labels: { team: 'a' } } }));
  await replaced(world, 'it', accessKeyId);
  await until('the new Secret has what the edit asks for', async () => {
    return (await secretOf(world, 'it-credentials'))?.metadata.labels?.['team'] === 'a';
  });
});
