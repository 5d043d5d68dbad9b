import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { BucketSpecInput } from '../src/api/bucket.ts';
import { bucket } from './support/builders.ts';
import { callsTo, writesTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { onProvider, withTenant } from './support/tenant.ts';
import { consoleOf, type World } from './support/world.ts';

const shared = shareCluster();
const { startWorld } = shared;

type Destination = NonNullable<
  NonNullable<NonNullable<BucketSpecInput['replication']>['rules']>[number]
>['destination'];

/** Everything is copied there. */
function copiesTo(destination: Destination): Pick<BucketSpecInput, 'replication'> {
  return { replication: { rules: [{ id: 'all', destination }] } };
}

async function message(world: World, name: string, type: string): Promise<string> {
  return (await world.condition('Bucket', name, type))?.message ?? '';
}

test('W25 objects come to the bucket of the other object, in whatever order the two were applied', async (t) => {
  const world = await startWorld(t);
  const versioning = { enabled: true };
  await world.apply(bucket('source', { versioning, ...copiesTo({ bucketRef: { name: 'copies' } }) }));
  await world.reaches('Bucket', 'source', 'Synced', 'BucketNotFound');
  assert.match(await message(world, 'source', 'Synced'), /^spec\.replication\.rules\[all\]\.destination\.bucketRef: /);
  await world.apply(bucket('copies', { versioning, region: 'us-west-1', name: 'far-copies' }));
  for (const name of ['copies', 'source']) await world.reaches('Bucket', name, 'Ready', 'True');
  await world.console.send(new PutObjectCommand({ Bucket: 'source', Key: 'k', Body: 'text' }));
  const far = consoleOf(world.emulator, world.emulator.account, 'us-west-1');
  t.after(() => far.destroy());
  const { Body } = await far.send(new GetObjectCommand({ Bucket: 'far-copies', Key: 'k' }));
  assert.equal(await Body?.transformToString(), 'text');

  const calls = callsTo(world, 'source').length;
  const writes = writesTo(world, 'source').length;
  await world.resync();
  const repeated = callsTo(world, 'source').slice(calls);
  const times = (wanted: string) => repeated.filter((operation) => operation === wanted).length;
  assert.ok(times('GetBucketReplication') > 0);
  assert.equal(times('GetBucketReplication'), times('GetBucketVersioning'), 'one read a pass');
  assert.equal(writesTo(world, 'source').length, writes);
  const others = callsTo(world, 'far-copies').filter((operation) => /Replication|Compliance/.test(operation));
  assert.deepEqual(others, [], 'who asks for neither pays for neither');
});

test('W25 buckets that keep versions in different ways are refused by the service, which is told with its field', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('copies'));
  await world.reaches('Bucket', 'copies', 'Ready', 'True');
  await world.apply(bucket('source', { versioning: { enabled: true }, ...copiesTo({ bucket: 'copies' }) }));
  await world.reaches('Bucket', 'source', 'Stalled', 'Rejected');
  assert.match(await message(world, 'source', 'Stalled'), /^spec\.replication .*both buckets must keep versions/);
  await world.expectValid('Bucket', 'source');
  await world.patch('Bucket', 'copies', { spec: { versioning: { enabled: true } } });
  await world.reaches('Bucket', 'source', 'Ready', 'True');
});

test("W25 nobody copies into a stranger's bucket, nor into the bucket itself", async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  await world.console.send(new CreateBucketCommand({ Bucket: 'victim' }));
  await world.apply(bucket('by-name', copiesTo({ bucket: 'victim' })));
  await world.reaches('Bucket', 'by-name', 'Synced', 'RefNotPermitted');
  assert.match(
    await message(world, 'by-name', 'Synced'),
    /^spec\.replication\.rules\[all\]\.destination\.bucket: "victim"/,
  );
  await world.apply(bucket('claim', { name: 'victim' }));
  await world.reaches('Bucket', 'claim', 'Stalled', 'AlreadyExists');
  await world.apply(bucket('by-reference', copiesTo({ bucketRef: { name: 'claim' } })));
  await world.reaches('Bucket', 'by-reference', 'Synced', 'BucketNotReady');
  const itself = world.apply(bucket('itself', copiesTo({ bucketRef: { name: 'itself' } })));
  await assert.rejects(itself, /spec\.replication cannot copy a bucket to itself/);
  await world.apply(bucket('ours', { allowedNamespaces: { from: 'All' } }));
  await world.reaches('Bucket', 'ours', 'Ready', 'True');
  await world.apply(onProvider(world, bucket('nosy', copiesTo({ bucket: 'ours' }))), tenant);
  await world.reaches('Bucket', 'nosy', 'Synced', 'RefNotPermitted', tenant);
  assert.deepEqual(
    world.operatorCalls().filter(({ operation }) => operation === 'PutBucketReplication'),
    [],
  );
});
