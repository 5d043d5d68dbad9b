import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parseAllDocuments } from 'yaml';
import { NAMESPACES } from '../src/api/core-types.ts';
import { OPERATOR_NAME } from '../src/wasabi/operator-policy.ts';
import { providerSecret } from './support/account.ts';
import { type Manifest, provider } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { pairIn, secretOf } from './support/keys.ts';
import { seeded, seedFrom, takesAll } from './support/seeded.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { consoleOf, endpointsOf, type World } from './support/world.ts';

// `kubectl apply -f` and `delete -f` of a whole application send its objects in the order of the file and wait for none.
// The clock is the real one here: what waited for a timer of 60 s would be too late.

const { startWorld } = shareCluster();
const ROUNDS = takesAll ? 20 : 4;
/** About as many calls make the application. */
const CALLS_OF_ALL = 24;
const SEED = seedFrom('ORDER_SEED');
const WORKFLOW = readFileSync(new URL('../examples/workflow.yaml', import.meta.url), 'utf8');
const NAME = 'example-team-orders';
const KEY_SECRET = 'orders-s3';

/** The objects of the example; its bucket is to go too. */
const APPLICATION = parseAllDocuments(WORKFLOW).map((each): Manifest => {
  const manifest = each.toJS() as Manifest; // one of ours
  const spec = { ...manifest.spec, deletionPolicy: 'Delete', forceDelete: true };
  return manifest.kind === 'Bucket' ? { ...manifest, spec } : manifest;
});

/** The same with the account that it needs. */
function withAccount(world: World): readonly Manifest[] {
  return [
    providerSecret('wasabi-credentials', world.keys),
    provider('wasabi', { ...endpointsOf(world), rateLimit: { requestsPerSecond: 1_000 } }),
    ...APPLICATION,
  ];
}

async function applyAll(world: World, objects: readonly Manifest[]): Promise<void> {
  for (const each of objects) await world.apply(each);
  for (const { kind, metadata } of objects) {
    if (kind !== 'Secret') await world.reaches(kind, metadata.name, 'Ready', 'True');
  }
  await world.settle();
}

/** What of the application is left in the service: the operator's own user is none of it. */
function leftOutside({ emulator }: World): object {
  const { state, account } = emulator;
  const own = state.accounts.get(account.accountId);
  return {
    buckets: [...state.buckets.keys()],
    users: [...(own?.users.keys() ?? [])].filter((name) => name !== OPERATOR_NAME),
    policies: [...(own?.policies.keys() ?? [])],
    keys: [...state.keys.values()].filter(({ userName }) => userName !== undefined && userName !== OPERATOR_NAME)
      .length,
  };
}
const NOTHING = { buckets: [], users: [], policies: [], keys: 0 };

async function allGone(world: World, objects: readonly Manifest[]): Promise<void> {
  for (const { kind, metadata } of objects) await world.gone(kind, metadata.name);
  assert.equal(await secretOf(world, KEY_SECRET), undefined);
  assert.deepEqual(leftOutside(world), NOTHING);
}

test(`L24, L26, L30: applied in any order all is Ready, and deleted at once in any order all goes (ORDER_SEED=${SEED})`, async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  const random = seeded(SEED);
  const objects = withAccount(world);
  for (let round = 0; round < ROUNDS; round += 1) {
    await applyAll(world, shuffled(objects, random));
    const client = consoleOf(world.emulator, await pairIn(world, KEY_SECRET));
    await client.send(new PutObjectCommand({ Bucket: NAME, Key: 'order', Body: 'x' }));
    client.destroy();
    const order = shuffled(objects, random);
    await t.test(order.map(({ kind }) => kind).join(', '), async () => {
      for (const { kind, metadata } of order) await world.delete(kind, metadata.name);
      await allGone(world, objects);
    });
  }
});

test(`an application deleted before it was Ready goes too, at whatever call it is met (ORDER_SEED=${SEED})`, async (t) => {
  const world = await startWorld(t);
  const random = seeded(SEED);
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = world.operatorCalls().length;
    const calls = Math.floor(random() * CALLS_OF_ALL);
    for (const each of shuffled(APPLICATION, random)) await world.apply(each);
    await until('so many calls', async () => world.operatorCalls().length >= from + calls || !world.isBusy());
    for (const { kind, metadata } of shuffled(APPLICATION, random)) await world.delete(kind, metadata.name);
    await allGone(world, APPLICATION);
  }
});

test('L26: the namespace of everything is deleted: nothing is left, inside or outside', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  await applyAll(world, withAccount(world));
  const { admin } = world.cluster;
  const key = { namespace: '', name: world.namespace };
  await admin.delete(NAMESPACES, key);
  await until('the namespace is gone', async () => (await admin.get(NAMESPACES, key)) === undefined);
  assert.deepEqual(leftOutside(world), NOTHING);
});

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, draw: random() }))
    .toSorted((a, b) => a.draw - b.draw)
    .map(({ item }) => item);
}
