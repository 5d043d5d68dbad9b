import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateMultipartUploadCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from '../src/api/bucket.ts';
import { inject, s3Error } from './support/answers.ts';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { annotate, callsTo, writesTo } from './support/outside.ts';
import type { CannedAnswer } from './support/proxy.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, type World } from './support/world.ts';

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

/** Objects under retention, without a call for each. */
function fillLocked(world: World, name: string, count: number): void {
  const objects = world.emulator.state.buckets.get(name)?.objects;
  const [seed] = objects?.get('seed') ?? [];
  assert.ok(objects && seed);
  const retention = { mode: 'GOVERNANCE' as const, retainUntilMs: Date.now() + 86_400_000 };
  for (let index = 0; index < count; index += 1) {
    objects.set(`locked/${String(index).padStart(6, '0')}`, [{ ...seed, retention }]);
  }
}

/** What the operator that runs now has written to that object. */
function writesAbout(world: World, name: string): readonly string[] {
  return world.kubeWrites().filter((write) => write.includes(`/${name}`));
}

/** However long it waits: nothing is written in the cluster, and nothing is tried at the service. */
async function costsReadsOnly(world: World, name: string): Promise<void> {
  await world.settle();
  const [writes, tries] = [world.kubeWrites(), writesTo(world, name)];
  await world.elapse(600_000, 5_000);
  assert.deepEqual(world.kubeWrites(), writes);
  assert.deepEqual(writesTo(world, name), tries);
}

test('L23: a bucket with data waits under Delete, and nothing in it is lost', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('full', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'full', 'Ready', 'True');
  await put(world, 'full', 'precious');
  await world.delete('Bucket', 'full');
  await world.reaches('Bucket', 'full', 'DeletionBlocked', 'BucketNotEmpty');
  await world.expectValid('Bucket', 'full');
  const { message = '' } = (await world.condition('Bucket', 'full', 'DeletionBlocked')) ?? {};
  assert.match(message, /old versions, delete markers and uploads.*forceDelete/);
  await costsReadsOnly(world, 'full');
  await world.restart();
  await costsReadsOnly(world, 'full');
  assert.deepEqual(writesAbout(world, 'full'), [], 'nor does a restart');
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

test('L5: without that call the bucket is emptied in portions, which go on where they stopped', async (t) => {
  const world = await startWorld(t, { emulator: { quirks: { forceDelete: 'ignored' } } });
  await world.apply(bucket('emptied', { deletionPolicy: 'Delete', forceDelete: true, versioning: { enabled: true } }));
  await world.reaches('Bucket', 'emptied', 'Ready', 'True');
  await put(world, 'emptied', 'marked');
  await world.console.send(new DeleteObjectCommand({ Bucket: 'emptied', Key: 'marked' }));
  await world.console.send(new CreateMultipartUploadCommand({ Bucket: 'emptied', Key: 'unfinished' }));
  await fill(world, 'emptied', 3_500);

  // It dies before its third batch; how long a portion takes is the emptier's own test.
  let batches = 0;
  world.operator.wasabi.decide(({ method, url }) => {
    if (method === 'POST' && url.includes('delete')) batches += 1;
    return batches >= 3 ? 'dropRequest' : 'pass';
  });
  await world.delete('Bucket', 'emptied');
  await until('the third batch', () => Promise.resolve(batches >= 3));
  await world.restart();
  await world.gone('Bucket', 'emptied');
  assert.equal(world.snapshot('emptied'), undefined);
  const sent = world.operatorCalls().filter(({ operation }) => operation === 'DeleteObjects').length;
  assert.ok(sent >= 4 && sent <= 8, `${sent} batches of at most 1,000`);
});

test('locked objects are named and not fought, and the rest of the bucket goes', async (t) => {
  const world = await startWorld(t, { signer: { seesLocks: true } });
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
  await costsReadsOnly(world, 'locked');
  for (const version of objects?.get('sealed') ?? []) Object.assign(version, { retention: undefined, legalHold: true });
  await world.restart();
  await costsReadsOnly(world, 'locked');
  assert.deepEqual(writesAbout(world, 'locked'), [], 'nor does a restart');
  for (const version of objects?.get('sealed') ?? []) version.legalHold = false;
  await world.resync();
  await world.gone('Bucket', 'locked');
  assert.equal(world.snapshot('locked'), undefined);
});

test('who may not see locks tries a locked bucket again less and less often, and gets it after a quarter of an hour', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('locked', { deletionPolicy: 'Delete', forceDelete: true, objectLock: { enabled: true } }));
  await world.reaches('Bucket', 'locked', 'Ready', 'True');
  await put(world, 'locked', 'seed');
  fillLocked(world, 'locked', 1);
  await world.delete('Bucket', 'locked');
  await world.reaches('Bucket', 'locked', 'DeletionBlocked', 'ObjectsLocked');
  const tries = () => writesTo(world, 'locked').filter((operation) => operation === 'DeleteObjects').length;
  await world.elapse(1_800_000, 5_000);
  assert.ok(tries() >= 3 && tries() <= 6, `${tries()} attempts in half an hour`);
  const { objects } = world.emulator.state.buckets.get('locked') ?? {};
  for (const version of [...(objects?.values() ?? [])].flat()) version.retention = undefined;
  await world.elapse(900_000, 5_000);
  await world.gone('Bucket', 'locked');
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

test('what is locked is passed once, however many passes it takes, and what lies behind it goes', async (t) => {
  const world = await startWorld(t, {
    emulator: { quirks: { forceDelete: 'ignored' } },
    signer: { seesLocks: true },
  });
  await world.apply(bucket('mixed', { deletionPolicy: 'Delete', forceDelete: true, objectLock: { enabled: true } }));
  await world.reaches('Bucket', 'mixed', 'Ready', 'True');
  await fill(world, 'mixed', 1_500);
  fillLocked(world, 'mixed', 2_500);
  const batches = inject(
    world.operator.wasabi,
    ({ method, url }) => method === 'POST' && url.includes('delete'),
    () => {
      void world.operator.clock.skip(20_000); // a portion is over
      return 'pass';
    },
  );
  await world.delete('Bucket', 'mixed');
  await world.reaches('Bucket', 'mixed', 'DeletionBlocked', 'ObjectsLocked');
  batches.end();
  await world.settle();
  const kept = [...(world.emulator.state.buckets.get('mixed')?.objects.keys() ?? [])];
  assert.deepEqual([kept.length, kept.filter((key) => !key.startsWith('locked/'))], [2_500, []]);
  assert.equal(batches.hits.length, 5, '4,001 versions, each tried once');
  assert.equal((await world.get<Bucket>('Bucket', 'mixed'))?.status?.emptying?.objectsDeleted, 1_501);
  await costsReadsOnly(world, 'mixed');
});

test('a refusal that no read explains is tried again less and less often, or when somebody asks or changes the keys', async (t) => {
  const world = await startWorld(t, { emulator: { quirks: { forceDelete: 'ignored' } } });
  await world.apply(bucket('denied', { deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'denied', 'Ready', 'True');
  await put(world, 'denied', 'precious');
  const effect = { type: 'error', status: 403, code: 'AccessDenied' } as const;
  const fault = world.emulator.faults.add({ operation: 'DeleteObjects', bucket: 'denied', effect });
  await world.delete('Bucket', 'denied');
  await world.reaches('Bucket', 'denied', 'DeletionBlocked', 'AccessDenied');
  const tries = () => writesTo(world, 'denied').filter((operation) => operation === 'DeleteObjects').length;
  await world.elapse(1_800_000, 5_000);
  assert.ok(tries() >= 3 && tries() <= 6, `${tries()} attempts in half an hour`);
  const before = tries();
  await annotate(world, 'Bucket', 'denied', { 's3.cloud37.dev/reconcile-requested-at': 'now' });
  await until('another attempt', () => Promise.resolve(tries() === before + 1));
  await world.settle();
  assert.equal(tries(), before + 1);
  world.emulator.faults.clear(fault);
  await world.patch('Secret', 'wasabi-credentials', { metadata: { labels: { changed: 'true' } } });
  await world.elapse(60_000, 5_000);
  await world.gone('Bucket', 'denied');
});

test('force delete that one bucket is refused is asked for the next one; where it is lacking, it is not', async (t) => {
  const world = await startWorld(t);
  const dropped = async (name: string, answer?: CannedAnswer) => {
    await world.apply(bucket(name, { deletionPolicy: 'Delete', forceDelete: true }));
    await world.reaches('Bucket', name, 'Ready', 'True');
    await put(world, name, 'content');
    const asked = inject(world.operator.wasabi, ({ url }) => url.includes('force_delete'), answer ?? 'pass');
    await world.delete('Bucket', name);
    await world.gone('Bucket', name);
    asked.end();
    return [asked.hits.length, callsTo(world, name).includes('DeleteObjects')];
  };
  assert.deepEqual(await dropped('one', s3Error(409, 'BucketNotEmpty')), [1, true]);
  assert.deepEqual(await dropped('two'), [1, false]);
  assert.deepEqual(await dropped('three', s3Error(501, 'NotImplemented')), [1, true]);
  assert.deepEqual(await dropped('four'), [0, true]);
  // Another endpoint may be another service.
  const { endpoint } = endpointsOf(world, 'de-1');
  const account = `${world.emulator.account.accountId}@${new URL(endpoint).host}`;
  await annotate(world, 'Provider', 'wasabi', { 's3.cloud37.dev/accept-account': account });
  await world.patch('Provider', 'wasabi', { spec: { endpoint } });
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  assert.deepEqual(await dropped('five'), [1, false]);
});
