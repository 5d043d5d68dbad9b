import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateMultipartUploadCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from '../src/api/bucket.ts';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { annotate, callsTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();

async function put(world: World, name: string, key: string): Promise<void> {
  await world.console.send(new PutObjectCommand({ Bucket: name, Key: key, Body: 'x' }));
}

/** Puts so many objects into a bucket without a call for each. */
async function fill(world: World, name: string, count: number): Promise<void> {
  await put(world, name, 'seed');
  const objects = world.emulator.state.buckets.get(name)?.objects;
  const seed = objects?.get('seed');
  assert.ok(objects && seed);
  for (let index = 0; index < count; index += 1) objects.set(`many/${String(index).padStart(6, '0')}`, [...seed]);
}

test('a bucket with data waits under Delete, and nothing in it is lost', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('full', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'full', 'Ready', 'True');
  await put(world, 'full', 'precious');
  await world.delete('Bucket', 'full');
  await world.reaches('Bucket', 'full', 'DeletionBlocked', 'BucketNotEmpty');
  await world.expectValid('Bucket', 'full');
  const { message = '' } = (await world.condition('Bucket', 'full', 'DeletionBlocked')) ?? {};
  assert.match(message, /forceDelete/);
  await world.elapse(60_000);
  await world.settle();
  assert.equal(world.emulator.state.buckets.get('full')?.objects.size, 1);
  await world.console.send(new DeleteObjectCommand({ Bucket: 'full', Key: 'precious' }));
  await world.elapse(60_000);
  await world.gone('Bucket', 'full');
  assert.equal(world.snapshot('full'), undefined);
});

test('forceDelete set on a waiting object: gone in one call where the service has it', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('forced', { deletionPolicy: 'Delete', versioning: { enabled: true } }));
  await world.reaches('Bucket', 'forced', 'Ready', 'True');
  await fill(world, 'forced', 3_000);
  await world.delete('Bucket', 'forced');
  await world.reaches('Bucket', 'forced', 'DeletionBlocked', 'BucketNotEmpty');
  const before = callsTo(world, 'forced').length;
  await world.patch('Bucket', 'forced', { spec: { forceDelete: true } });
  await world.gone('Bucket', 'forced');
  assert.equal(world.snapshot('forced'), undefined);
  assert.ok(!callsTo(world, 'forced').slice(before).includes('DeleteObjects'));
});

test('without that call the bucket is emptied in portions, which go on where they stopped', async (t) => {
  const world = await startWorld(t, { emulator: { quirks: { forceDelete: 'ignored' } } });
  await world.apply(bucket('emptied', { deletionPolicy: 'Delete', forceDelete: true, versioning: { enabled: true } }));
  await world.reaches('Bucket', 'emptied', 'Ready', 'True');
  await put(world, 'emptied', 'marked');
  await world.console.send(new DeleteObjectCommand({ Bucket: 'emptied', Key: 'marked' }));
  await world.console.send(new CreateMultipartUploadCommand({ Bucket: 'emptied', Key: 'unfinished' }));
  await fill(world, 'emptied', 3_500);
  const total = 3_500 + 1 + 2 + 1;

  // A portion is over after 20 s, and an operator may die between two of them.
  const progress: number[] = [];
  world.operator.wasabi.decide(({ method, url }) => {
    if (method === 'POST' && url.includes('delete')) void world.operator.clock.skip(20_000);
    return 'pass';
  });
  await world.delete('Bucket', 'emptied');
  const deleted = async () => (await world.get<Bucket>('Bucket', 'emptied'))?.status?.emptying?.objectsDeleted ?? 0;
  await until('the first portion', async () => {
    progress.push(await deleted());
    return (progress.at(-1) ?? 0) > 0;
  });
  await world.restart();
  await until('the rest', async () => {
    const object = await world.get<Bucket>('Bucket', 'emptied');
    if (object !== undefined) progress.push(object.status?.emptying?.objectsDeleted ?? 0);
    return object === undefined;
  });
  assert.equal(world.snapshot('emptied'), undefined);
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
    'the count only grows',
  );
  assert.ok((progress.at(-1) ?? 0) <= total);
  const batches = world.operatorCalls().filter(({ operation }) => operation === 'DeleteObjects').length;
  assert.ok(batches >= 4 && batches <= 8, `${batches} batches of at most 1,000`);
});

test('locked objects are named and not fought, and the rest of the bucket goes', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('locked', { deletionPolicy: 'Delete', forceDelete: true, objectLock: { enabled: true } }));
  await world.reaches('Bucket', 'locked', 'Ready', 'True');
  await put(world, 'locked', 'free');
  const ObjectLockRetainUntilDate = new Date(Date.now() + 86_400_000);
  const lock = { ObjectLockMode: 'GOVERNANCE' as const, ObjectLockRetainUntilDate };
  await world.console.send(new PutObjectCommand({ Bucket: 'locked', Key: 'sealed', Body: 'x', ...lock }));
  await world.delete('Bucket', 'locked');
  await world.reaches('Bucket', 'locked', 'DeletionBlocked', 'ObjectsLocked');
  assert.match((await world.condition('Bucket', 'locked', 'DeletionBlocked'))?.message ?? '', /"sealed"/);
  await world.expectValid('Bucket', 'locked');
  const { objects } = world.emulator.state.buckets.get('locked') ?? {};
  assert.deepEqual([...(objects?.keys() ?? [])], ['sealed']);
  await world.settle();
  const calls = callsTo(world, 'locked').length;
  await world.settle();
  assert.equal(callsTo(world, 'locked').length, calls, 'it is asked again after a while, not at once');
  for (const version of objects?.get('sealed') ?? []) version.retention = undefined;
  await world.elapse(60_000);
  await world.gone('Bucket', 'locked');
  assert.equal(world.snapshot('locked'), undefined);
});

test('a bucket that is empty and says that it is not is asked less and less often', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('stubborn', { deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'stubborn', 'Ready', 'True');
  const effect = { type: 'error', status: 409, code: 'BucketNotEmpty' } as const;
  const fault = world.emulator.faults.add({ operation: 'DeleteBucket', bucket: 'stubborn', effect });
  await world.delete('Bucket', 'stubborn');
  await world.reaches('Bucket', 'stubborn', 'Reconciling', 'NotYetInEffect');
  await world.settle(); // it would never be quiet if the next pass came at once
  world.emulator.faults.clear(fault);
  await annotate(world, 'Bucket', 'stubborn', { 's3.cloud37.dev/reconcile-requested-at': 'now' });
  await world.gone('Bucket', 'stubborn');
});
