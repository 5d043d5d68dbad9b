import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectMeta } from '../src/api/meta.ts';
import {
  bucketStatusOf,
  childrenOf,
  childrenThere,
  childSecret,
  deleteOrphaning,
  leftInService,
  makeStack,
} from './support/children.ts';
import { until } from './support/cluster.ts';
import { isWorking, keyCalls } from './support/keys.ts';
import { shareCluster } from './support/shared-cluster.ts';

/** Stores and types of the operator leave it out. */
type TrackedMetadata = ObjectMeta & { readonly managedFields?: readonly { readonly operation: string }[] };

const { startWorld } = shareCluster();
const NOTHING = { user: false, keys: 0, policy: false };

test('autoManage: enabled false deletes all children and revokes the key, and the bucket stays', async (t) => {
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
  await world.delete('BucketPolicy', 'free-policy'); // it refers to the Bucket, as anybody's could
  await world.gone('BucketPolicy', 'free-policy');
  await world.delete('Bucket', 'free');
  await world.gone('Bucket', 'free');
  await world.settle();
  assert.ok(await isWorking(world, childSecret('free')), 'the garbage collector took nothing');
});

for (const deletionPolicy of ['Delete', 'Retain'] as const) {
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
  // The policy is nobody's now, so that it holds the Bucket like any other that refers to it.
  await world.reaches('Bucket', 'orphaned', 'DeletionBlocked', 'DependentsExist');
  for (const [kind, name] of childrenOf('orphaned')) {
    const { metadata } = (await world.get(kind, name)) ?? {};
    assert.ok(metadata, kind);
    assert.deepEqual([metadata.ownerReferences, metadata.deletionTimestamp], [undefined, undefined], kind);
  }
  await world.delete('BucketPolicy', 'orphaned-policy');
  await world.gone('Bucket', 'orphaned');
  await world.settle();
  assert.deepEqual(await childrenThere(world, 'orphaned'), ['User', 'AccessKey', 'Secret']);
  assert.ok(await isWorking(world, childSecret('orphaned')));
});
