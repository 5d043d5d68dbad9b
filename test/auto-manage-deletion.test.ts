import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CRDS, NAMESPACES } from '../src/api/core-types.ts';
import type { ObjectMeta } from '../src/api/meta.ts';
import { startEmulator } from '../src/emulator/server.ts';
import { providerSecret } from './support/account.ts';
import { provider } from './support/builders.ts';
import {
  bucketStatusOf,
  childrenOf,
  childrenThere,
  childSecret,
  deleteOrphaning,
  expectIndependent,
  leftInService,
  makeStack,
} from './support/children.ts';
import { startTestCluster, until } from './support/cluster.ts';
import { addKey, isWorking, keyCalls, revokeOutside } from './support/keys.ts';
import { seeded, seedFrom, shuffled, takesAll } from './support/seeded.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, openWorld } from './support/world.ts';

/** Stores and types of the operator leave it out. */
type TrackedMetadata = ObjectMeta & { readonly managedFields?: readonly { readonly operation: string }[] };

const { startWorld } = shareCluster();
const seed = seedFrom('DELETION_SEED');
/** Orders in which everything is deleted; DELETION_SEED repeats them. */
const RUNS = takesAll ? 20 : 3;
const NOTHING = { user: false, keys: 0, policy: false };

test('L47: autoManage: enabled false deletes all children and revokes the key, and the bucket stays', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'off');
  await world.patch('Bucket', 'off', { spec: { autoManage: { enabled: false } } });
  for (const [kind, name] of childrenOf('off')) await world.gone(kind, name);
  await world.reaches('Bucket', 'off', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(await childrenThere(world, 'off'), []);
  assert.deepEqual(leftInService(world, 'off'), NOTHING);
  assert.equal((await bucketStatusOf(world, 'off'))?.credentialsSecret, undefined);
  const deletes = world.operator.kube.calls
    .filter(({ method, url }) => method === 'DELETE' && !url.includes('/secrets/'))
    .map(({ url }) => url.split('/').at(-2));
  assert.deepEqual(deletes, ['accesskeys', 'bucketpolicies', 'users']);
  // And on again.
  await world.patch('Bucket', 'off', { spec: { autoManage: { enabled: true } } });
  await world.reaches('Bucket', 'off', 'Ready', 'True');
  assert.ok(await isWorking(world, childSecret('off')));
});

test('autoManage: taking the block out leaves the children as independent objects', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'free', { deletionPolicy: 'Delete' });
  await world.patch('Bucket', 'free', { spec: { autoManage: null } });
  await until('the children are independent', async () => {
    const objects = await Promise.all(childrenOf('free').map(([kind, name]) => world.get(kind, name)));
    return objects.every((object) => object?.metadata.ownerReferences === undefined);
  });
  await world.reaches('Bucket', 'free', 'Ready', 'True');
  await world.settle();
  for (const [kind, name] of childrenOf('free')) {
    const object = await world.get(kind, name);
    const metadata: TrackedMetadata | undefined = object?.metadata;
    const managers = metadata?.managedFields ?? [];
    assert.ok(!managers.some(({ operation }) => operation === 'Apply'), 'their fields are free');
    assert.equal(object?.metadata.labels, undefined);
  }
  assert.equal((await bucketStatusOf(world, 'free'))?.credentialsSecret, undefined);
  assert.ok(await isWorking(world, childSecret('free')));
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  await world.delete('Bucket', 'free'); // which nothing holds that it had made itself
  await world.gone('Bucket', 'free');
  await world.settle();
  assert.ok(await isWorking(world, childSecret('free')), 'the garbage collector took nothing');
  for (const [kind, name] of childrenOf('free').toReversed()) await world.delete(kind, name);
  for (const [kind, name] of childrenOf('free')) await world.gone(kind, name);
  assert.deepEqual(leftInService(world, 'free'), NOTHING);
});

test('autoManage: putting the block back takes back what the Bucket had let go of, and nothing else', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'back');
  const letGo = async () => {
    await world.patch('Bucket', 'back', { spec: { autoManage: null } });
    await until('the children are independent', async () => {
      const objects = await Promise.all(childrenOf('back').map(([kind, name]) => world.get(kind, name)));
      return objects.every((object) => object?.metadata.ownerReferences === undefined);
    });
    await world.reaches('Bucket', 'back', 'Ready', 'True');
    await world.settle();
  };
  await letGo();
  const before = world.serviceWrites().length;
  await world.patch('Bucket', 'back', { spec: { autoManage: {} } });
  await world.reaches('Bucket', 'back', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(world.serviceWrites().slice(before), []);
  assert.equal((await bucketStatusOf(world, 'back'))?.credentialsSecret, childSecret('back'));
  for (const [kind, name] of childrenOf('back')) {
    const { ownerReferences, annotations } = (await world.get(kind, name))?.metadata ?? {};
    assert.deepEqual([ownerReferences?.length, annotations], [1, undefined], kind);
  }
  assert.ok(await isWorking(world, childSecret('back')));
  await letGo();
  // Somebody else's object of that name bears no note of ours.
  await world.patch('BucketPolicy', 'back-policy', {
    metadata: { annotations: { 's3.cloud37.dev/released-from': null } },
  });
  await world.patch('Bucket', 'back', { spec: { autoManage: {} } });
  await world.reaches('Bucket', 'back', 'Stalled', 'ChildNotOurs');
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
});

/** Deletions of a Bucket whose block was taken out when nobody could follow that. */
const unfollowed: Readonly<Record<string, (uid: string) => object>> = {
  'under Retain': () => ({}),
  'under Delete': () => ({ spec: { deletionPolicy: 'Delete' } }),
  'in mode Observe': () => ({ spec: { mode: 'Observe' } }),
  'that is abandoned': (uid) => ({ metadata: { annotations: { 's3.cloud37.dev/abandon': uid } } }),
};

for (const [title, more] of Object.entries(unfollowed)) {
  test(`autoManage: a Bucket ${title} lets go of children that it no longer asks for before it goes`, async (t) => {
    const world = await startWorld(t);
    await makeStack(world, 'late');
    const { metadata } = (await world.get('Bucket', 'late')) ?? {};
    await world.patch('Bucket', 'late', { spec: { suspend: true, autoManage: null } });
    await world.settle();
    assert.equal((await world.get('User', 'late-user'))?.metadata.ownerReferences?.length, 1);
    await world.patch('Bucket', 'late', more(metadata?.uid ?? ''));
    await world.delete('Bucket', 'late');
    await world.gone('Bucket', 'late');
    await world.settle();
    await expectIndependent(world, 'late');
    assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  });
}

for (const deletionPolicy of ['Delete', 'Retain'] as const) {
  test(`autoManage: under ${deletionPolicy} a crash after children were let go of leaves nothing that holds the Bucket`, async (t) => {
    const world = await startWorld(t);
    await makeStack(world, 'cut', { deletionPolicy });
    await world.patch('Bucket', 'cut', { spec: { suspend: true, autoManage: null } });
    await world.settle();
    const { kube, wasabi } = world.operator;
    const lettingGo = ({ method, url }: { readonly method: string; readonly url: string }) =>
      method === 'PATCH' && new URL(url, kube.url).pathname.endsWith('/buckets/cut');
    kube.decide((call) => (lettingGo(call) ? 'cutBefore' : 'pass'));
    await world.delete('Bucket', 'cut');
    await kube.cut;
    wasabi.sever();
    assert.ok(await world.get('Bucket', 'cut'));
    await expectIndependent(world, 'cut');
    await world.restart();
    await world.gone('Bucket', 'cut');
    await world.settle();
    await expectIndependent(world, 'cut');
    assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
    for (const [kind, name] of childrenOf('cut').toReversed()) await world.delete(kind, name);
    for (const [kind, name] of childrenOf('cut')) await world.gone(kind, name);
    assert.deepEqual(leftInService(world, 'cut'), NOTHING);
  });

  test(`autoManage: deletion under ${deletionPolicy} takes the children first and revokes the key`, async (t) => {
    const world = await startWorld(t);
    await makeStack(world, 'going', { deletionPolicy });
    await world.delete('Bucket', 'going');
    await world.gone('Bucket', 'going');
    await world.settle();
    assert.deepEqual(await childrenThere(world, 'going'), []);
    assert.deepEqual(leftInService(world, 'going'), NOTHING);
    assert.equal(world.snapshot('going') !== undefined, deletionPolicy === 'Retain');
    assert.deepEqual(keyCalls(world), { creates: 1, deletes: 1 });
  });
}

test('autoManage: deletion with --cascade=orphan leaves the children, and nobody owns them', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'orphaned');
  await deleteOrphaning(world, 'orphaned');
  // The policy is nobody's now, so that it holds the Bucket like any other that refers to it. A garbage collector that
  // comes after the operator finds the children released, and nothing held the Bucket.
  await until('the Bucket is held by the policy, or gone', async () => {
    const isThere = (await world.get('Bucket', 'orphaned')) !== undefined;
    return !isThere || (await world.condition('Bucket', 'orphaned', 'DeletionBlocked'))?.reason === 'DependentsExist';
  });
  await expectIndependent(world, 'orphaned');
  await world.delete('BucketPolicy', 'orphaned-policy');
  await world.gone('BucketPolicy', 'orphaned-policy');
  await world.gone('Bucket', 'orphaned');
  await world.settle();
  assert.deepEqual(await childrenThere(world, 'orphaned'), ['User', 'AccessKey', 'Secret']);
  assert.ok(await isWorking(world, childSecret('orphaned')));
});

test('autoManage: a namespace goes with all that is in it, and no key is left', async (t) => {
  const world = await startWorld(t);
  for (const name of ['one', 'two', 'three']) await makeStack(world, name);
  const { admin } = world.cluster;
  const key = { namespace: '', name: world.namespace };
  await admin.delete(NAMESPACES, key);
  await until('the namespace is gone', async () => (await admin.get(NAMESPACES, key)) === undefined, 30_000);
  for (const name of ['one', 'two', 'three']) assert.deepEqual(leftInService(world, name), NOTHING, name);
});

test('autoManage: everything may be deleted at once, in any order: all goes', async (t) => {
  const world = await startWorld(t);
  const random = seeded(seed);
  for (let run = 0; run < RUNS; run++) {
    const name = `order-${run}`;
    const ref = { name };
    const auth = { accessKeySecretRef: ref, secretKeySecretRef: ref };
    await world.apply(providerSecret(name, world.keys));
    await world.apply(provider(name, { ...endpointsOf(world), rateLimit: { requestsPerSecond: 1_000 }, auth }));
    await makeStack(world, name, { providerRef: ref, deletionPolicy: 'Delete' });
    const all = [['Secret', name], ['Provider', name], ['Bucket', name], ...childrenOf(name)] as const;
    const order = shuffled(all, random);
    const text = `seed ${seed}: ${order.map(([kind]) => kind).join(', ')}`;
    for (const [kind, object] of order) await world.delete(kind, object);
    for (const [kind, object] of order) {
      await world.gone(kind, object).catch((error: unknown) => assert.fail(`${text}: ${String(error)}`));
    }
    assert.deepEqual([world.snapshot(name), await childrenThere(world, name)], [undefined, []], text);
    assert.deepEqual(leftInService(world, name), NOTHING, text);
  }
});

test('autoManage: while the definition of Buckets is deleted, the children are let go and their key works on', async (t) => {
  const cluster = await startTestCluster();
  if (cluster.isReal) return t.skip('others use the definitions of that cluster');
  const emulator = await startEmulator();
  const opening = openWorld({ cluster, emulator });
  t.after(async () => {
    await (await opening.catch(() => undefined))?.close();
    await emulator.stop();
    await cluster.stop();
  });
  const world = await opening;
  await makeStack(world, 'survivor', { deletionPolicy: 'Delete' });
  const key = { namespace: '', name: 'buckets.s3.cloud37.dev' };
  await cluster.admin.delete(CRDS, key);
  await until('the definition is gone', async () => (await cluster.admin.get(CRDS, key)) === undefined);
  await world.settle();
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  assert.ok(world.snapshot('survivor'));
  await expectIndependent(world, 'survivor');
});

test('autoManage: a child that is held back is named, and holds the Bucket', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'held');
  const foreign = addKey(world, 'held', 3_600_000);
  await world.delete('Bucket', 'held');
  await world.reaches('Bucket', 'held', 'DeletionBlocked', 'ChildrenDeleting');
  await world.settle();
  const blocked = await world.condition('Bucket', 'held', 'DeletionBlocked');
  assert.match(blocked?.message ?? '', /^User held-user is held back: ForeignKey/);
  assert.deepEqual(await childrenThere(world, 'held'), ['User']);
  revokeOutside(world, foreign.accessKeyId);
  await world.patch('User', 'held-user', {
    metadata: { annotations: { 's3.cloud37.dev/reconcile-requested-at': '2026-01-01T00:00:00Z' } },
  });
  await world.gone('Bucket', 'held');
});
