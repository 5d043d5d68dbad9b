import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateMultipartUploadCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from '../src/api/bucket.ts';
import { startEmulator } from '../src/emulator/server.ts';
import { bucket, provider, secret } from './support/builders.ts';
import { CRDS, createNamespace, NAMESPACES, startTestCluster, until } from './support/cluster.ts';
import { annotate, callsTo, markerOf, pass, writesTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, openWorld, type World } from './support/world.ts';

const shared = shareCluster();
const { startWorld } = shared;
// Published names: other programs and people know them.
const FINALIZER = 's3.cloud37.dev/finalizer';
const IN_USE = 's3.cloud37.dev/in-use';
const ABANDON = 's3.cloud37.dev/abandon';

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

async function isProtected(world: World, name: string): Promise<boolean> {
  const finalizers = (await world.get('Secret', name))?.metadata.finalizers ?? [];
  return finalizers.includes(IN_USE);
}

async function becomes(what: string, wanted: boolean, read: () => Promise<boolean>): Promise<void> {
  await until(`${what}: ${wanted}`, async () => (await read()) === wanted);
}

test('a Provider stays while Buckets depend on it, and names at most ten of them', async (t) => {
  const tenant = await createNamespace(shared.cluster.admin, 'tenant');
  const world = await startWorld(t, { neighbours: [tenant] });
  await world.patch('Provider', 'wasabi', { spec: { allowedNamespaces: { from: 'All' } } });
  const names = Array.from({ length: 11 }, (_, index) => `dependent-${String.fromCharCode(97 + index)}`);
  for (const name of names) await world.apply(bucket(name));
  const providerRef = { name: 'wasabi', namespace: world.namespace };
  await world.apply(bucket('far-dependent', { providerRef }), tenant);
  for (const name of names) await world.reaches('Bucket', name, 'Ready', 'True');
  await world.reaches('Bucket', 'far-dependent', 'Ready', 'True', tenant);
  await world.delete('Provider', 'wasabi');
  await world.reaches('Provider', 'wasabi', 'DeletionBlocked', 'DependentsExist');
  const { message = '' } = (await world.condition('Provider', 'wasabi', 'DeletionBlocked')) ?? {};
  assert.deepEqual(
    names.filter((name) => message.includes(`Bucket ${world.namespace}/${name}`)),
    names.slice(0, 10),
  );
  assert.match(message, /2 more, other namespaces included/);
  assert.ok(!message.includes(tenant) && !message.includes('far-dependent'), 'strangers are only counted');
  await world.expectValid('Provider', 'wasabi');

  // It still serves those who depend on it.
  await world.patch('Bucket', 'dependent-a', { spec: { versioning: { enabled: true } } });
  await world.reaches('Bucket', 'dependent-a', 'Synced', 'True');
  for (const name of names) await world.delete('Bucket', name);
  for (const name of names) await world.gone('Bucket', name);
  assert.ok(await world.get('Provider', 'wasabi'));
  await world.delete('Bucket', 'far-dependent', tenant);
  await world.gone('Provider', 'wasabi');
  assert.equal(await isProtected(world, 'wasabi-credentials'), false);
});

test('nobody holds a Provider without a grant, or by an object that only observes', async (t) => {
  const tenant = await createNamespace(shared.cluster.admin, 'tenant');
  const world = await startWorld(t, { neighbours: [tenant] });
  const providerRef = { name: 'wasabi', namespace: world.namespace };
  await world.apply(bucket('stranger', { providerRef }, { finalizers: [FINALIZER] }), tenant);
  await world.reaches('Bucket', 'stranger', 'Synced', 'RefNotPermitted', tenant);
  await world.apply(bucket('observer', { mode: 'Observe' }));
  await world.reaches('Bucket', 'observer', 'Synced', 'Observed');
  await world.delete('Provider', 'wasabi');
  await world.gone('Provider', 'wasabi');
});

test('the Secret of a Provider is held while an object depends on it, and only so long', async (t) => {
  const world = await startWorld(t);
  const protectedSecret = () => isProtected(world, 'wasabi-credentials');
  await world.patch('Secret', 'wasabi-credentials', { metadata: { finalizers: ['example.com/theirs'] } });
  assert.equal(await protectedSecret(), false);
  await world.apply(bucket('holder'));
  await becomes('held', true, protectedSecret);
  await world.reaches('Bucket', 'holder', 'Ready', 'True');
  await world.delete('Secret', 'wasabi-credentials');
  await world.patch('Bucket', 'holder', { spec: { deletionPolicy: 'Delete' } });
  await world.reaches('Bucket', 'holder', 'Synced', 'True');
  await world.delete('Bucket', 'holder');
  await world.gone('Bucket', 'holder');
  await becomes('held', false, protectedSecret);
  const left = await world.get('Secret', 'wasabi-credentials');
  assert.deepEqual(left?.metadata.finalizers, ['example.com/theirs'], "other people's finalizers stay");
  await world.patch('Secret', 'wasabi-credentials', { metadata: { finalizers: null } });
  await world.reaches('Provider', 'wasabi', 'Synced', 'SecretNotFound');
  await world.reaches('Provider', 'wasabi', 'Ready', 'False');
});

test('a Secret that two Providers share is held until neither needs it, and neither is troubled by that', async (t) => {
  const world = await startWorld(t);
  await world.apply(provider('twin', endpointsOf(world)));
  await world.apply(bucket('one'));
  await world.apply(bucket('two', { providerRef: { name: 'twin' } }));
  await world.reaches('Bucket', 'one', 'Ready', 'True');
  await world.reaches('Bucket', 'two', 'Ready', 'True');
  await becomes('held', true, () => isProtected(world, 'wasabi-credentials'));
  await world.delete('Bucket', 'one');
  await world.gone('Bucket', 'one');
  await world.settle();
  await pass(world, 'Provider', 'wasabi');
  await pass(world, 'Provider', 'twin');
  await world.reaches('Provider', 'wasabi', 'Synced', 'True');
  await world.reaches('Provider', 'twin', 'Synced', 'True');
  assert.equal(await isProtected(world, 'wasabi-credentials'), true);
  await world.delete('Provider', 'wasabi');
  await world.gone('Provider', 'wasabi');
  assert.equal(await isProtected(world, 'wasabi-credentials'), true, 'the other one still needs it');
  await world.delete('Bucket', 'two');
  await world.gone('Bucket', 'two');
  await becomes('held', false, () => isProtected(world, 'wasabi-credentials'));
});

test('a Provider that changes to another Secret holds that one and lets the former one go', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('holder'));
  await becomes('held', true, () => isProtected(world, 'wasabi-credentials'));
  const { accessKeyId, secretAccessKey } = world.emulator.account;
  await world.apply(secret('next', { 'access-key': accessKeyId, 'secret-key': secretAccessKey }));
  const ref = { name: 'next' };
  await world.patch('Provider', 'wasabi', { spec: { auth: { accessKeySecretRef: ref, secretKeySecretRef: ref } } });
  await becomes('next held', true, () => isProtected(world, 'next'));
  await becomes('former held', false, () => isProtected(world, 'wasabi-credentials'));
  await world.reaches('Provider', 'wasabi', 'Synced', 'True');
});

test('a namespace goes with all that is in it, and retained buckets stay', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('kept'));
  await world.apply(bucket('dropped', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'kept', 'Ready', 'True');
  await world.reaches('Bucket', 'dropped', 'Ready', 'True');
  const { admin } = world.cluster;
  const key = { namespace: '', name: world.namespace };
  await admin.delete(NAMESPACES, key);
  await until('the namespace is gone', async () => (await admin.get(NAMESPACES, key)) === undefined, 30_000);
  assert.match((await markerOf(world, 'kept')) ?? '', /^released\//);
  assert.equal(world.snapshot('dropped'), undefined);
});

const ORDERS = [
  ['Secret', 'Provider', 'Bucket'],
  ['Secret', 'Bucket', 'Provider'],
  ['Provider', 'Secret', 'Bucket'],
  ['Provider', 'Bucket', 'Secret'],
  ['Bucket', 'Provider', 'Secret'],
  ['Bucket', 'Secret', 'Provider'],
];

test('Secret, Provider and Bucket may be deleted in any order: all go', async (t) => {
  const world = await startWorld(t);
  const { accessKeyId, secretAccessKey } = world.emulator.account;
  for (const [index, order] of ORDERS.entries()) {
    const name = `order-${index}`;
    const ref = { name };
    const auth = { accessKeySecretRef: ref, secretKeySecretRef: ref };
    await world.apply(secret(name, { 'access-key': accessKeyId, 'secret-key': secretAccessKey }));
    await world.apply(provider(name, { ...endpointsOf(world), rateLimit: { requestsPerSecond: 1_000 }, auth }));
    await world.apply(bucket(name, { providerRef: ref, deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', name, 'Ready', 'True');
    await becomes(`${name} held`, true, () => isProtected(world, name));
    for (const kind of order) await world.delete(kind, name);
    for (const kind of order) await world.gone(kind, name);
    assert.equal(world.snapshot(name), undefined, order.join(', '));
  }
});

test('deletion wins over everything, at whatever point of the first pass it comes', async (t) => {
  const world = await startWorld(t);
  const { kube, wasabi } = world.operator;
  let tried = 0;
  for (let point = 1; point === tried + 1; point += 1) {
    const name = `point-${point}`;
    const policy = point % 2 === 0 ? 'Retain' : 'Delete';
    let left = point;
    let deletion: Promise<void> | undefined;
    const deleteAtPoint = ({ url }: { readonly url: string }) => {
      if (!url.includes(name)) return 'pass' as const;
      left -= 1;
      if (left === 0) deletion = world.delete('Bucket', name);
      return 'pass' as const;
    };
    kube.decide(deleteAtPoint);
    wasabi.decide(deleteAtPoint);
    await world.apply(bucket(name, { versioning: { enabled: true }, deletionPolicy: policy }));
    await until(`point ${point}`, async () => {
      if (deletion !== undefined) return true;
      const { status } = (await world.condition('Bucket', name, 'Ready')) ?? {};
      return status === 'True' && !world.isBusy();
    });
    if (deletion === undefined) break; // the pass was over before it came
    tried += 1;
    await deletion;
    await world.gone('Bucket', name);
    const isLeft = world.snapshot(name) !== undefined;
    if (policy === 'Delete') assert.equal(isLeft, false, `point ${point}: nothing is left`);
    else if (isLeft) assert.match((await markerOf(world, name)) ?? '', /^released\//, `point ${point}`);
  }
  assert.ok(tried >= 8 && tried < 40, `${tried} points`);
});

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

test('deleting an object whose bucket is gone already is success', async (t) => {
  const world = await startWorld(t);
  for (const deletionPolicy of ['Delete', 'Retain'] as const) {
    const name = `vanished-${deletionPolicy.toLowerCase()}`;
    await world.apply(bucket(name, { deletionPolicy }));
    await world.reaches('Bucket', name, 'Ready', 'True');
    world.emulator.state.buckets.delete(name);
    await world.delete('Bucket', name);
    await world.gone('Bucket', name);
    assert.equal(world.snapshot(name), undefined);
  }
});

test('credentials that are gone hold the deletion, say so, and let it go on when they are back', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('waiting', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'waiting', 'Ready', 'True');
  await becomes('held', true, () => isProtected(world, 'wasabi-credentials'));
  await world.delete('Secret', 'wasabi-credentials');
  await world.patch('Secret', 'wasabi-credentials', { metadata: { finalizers: null } });
  await world.reaches('Provider', 'wasabi', 'Synced', 'SecretNotFound');
  await world.settle();
  const calls = callsTo(world, 'waiting').length;
  await world.delete('Bucket', 'waiting');
  await world.reaches('Bucket', 'waiting', 'DeletionBlocked', 'SecretNotFound');
  await world.expectValid('Bucket', 'waiting');
  assert.equal(callsTo(world, 'waiting').length, calls);
  const { accessKeyId, secretAccessKey } = world.emulator.account;
  await world.apply(secret('wasabi-credentials', { 'access-key': accessKeyId, 'secret-key': secretAccessKey }));
  await world.gone('Bucket', 'waiting');
  assert.equal(world.snapshot('waiting'), undefined);
});

test('a Provider that is gone holds the deletion, and lets it go on when it is back', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('waiting', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'waiting', 'Ready', 'True');
  const back = (await world.get('Provider', 'wasabi'))?.spec;
  await world.delete('Provider', 'wasabi');
  await world.patch('Provider', 'wasabi', { metadata: { finalizers: null } });
  await world.gone('Provider', 'wasabi');
  await world.delete('Bucket', 'waiting');
  await world.reaches('Bucket', 'waiting', 'DeletionBlocked', 'ProviderNotFound');
  await world.apply(provider('wasabi', { ...back }));
  await world.gone('Bucket', 'waiting');
  assert.equal(world.snapshot('waiting'), undefined);
});

test('with credentials gone for good, only the uid of the object itself lets it go, and nothing is called', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('abandoned', { deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'abandoned', 'Ready', 'True');
  await annotate(world, 'Bucket', 'abandoned', { [ABANDON]: 'true' });
  await becomes('held', true, () => isProtected(world, 'wasabi-credentials'));
  await world.delete('Secret', 'wasabi-credentials');
  await world.patch('Secret', 'wasabi-credentials', { metadata: { finalizers: null } });
  await world.reaches('Provider', 'wasabi', 'Synced', 'SecretNotFound');
  await world.delete('Bucket', 'abandoned');
  await world.reaches('Bucket', 'abandoned', 'DeletionBlocked', 'SecretNotFound');
  const [calls, before] = [callsTo(world, 'abandoned').length, world.snapshot('abandoned')];
  const { uid = '' } = (await world.get('Bucket', 'abandoned'))?.metadata ?? {};
  await annotate(world, 'Bucket', 'abandoned', { [ABANDON]: uid });
  await world.gone('Bucket', 'abandoned');
  assert.equal(callsTo(world, 'abandoned').length, calls);
  assert.deepEqual(world.snapshot('abandoned'), before);
});

test('the abandon annotation on an object that lives means nothing', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('living'));
  await world.reaches('Bucket', 'living', 'Ready', 'True');
  const { uid = '' } = (await world.get('Bucket', 'living'))?.metadata ?? {};
  await annotate(world, 'Bucket', 'living', { [ABANDON]: uid });
  await pass(world, 'Bucket', 'living');
  await world.reaches('Bucket', 'living', 'Synced', 'True');
  assert.ok((await world.get('Bucket', 'living'))?.metadata.finalizers?.includes(FINALIZER));
});

test('while the definition itself is deleted every object is let go, and nothing outside is touched', async (t) => {
  if (shared.cluster.isReal) return t.skip('others use the definitions of that cluster');
  const cluster = await startTestCluster();
  const emulator = await startEmulator();
  const opening = openWorld({ cluster, emulator });
  t.after(async () => {
    await (await opening.catch(() => undefined))?.close();
    await emulator.stop();
    await cluster.stop();
  });
  const world = await opening;
  await world.apply(bucket('survivor', { deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'survivor', 'Ready', 'True');
  await put(world, 'survivor', 'precious');
  await becomes('held', true, () => isProtected(world, 'wasabi-credentials'));
  const [writes, before] = [writesTo(world, 'survivor'), world.snapshot('survivor')];
  const plurals = ['providers', 'buckets'];
  for (const plural of plurals) await cluster.admin.delete(CRDS, { namespace: '', name: `${plural}.s3.cloud37.dev` });
  await until('the definitions are gone', async () => {
    const found = await Promise.all(
      plurals.map((plural) => cluster.admin.get(CRDS, { namespace: '', name: `${plural}.s3.cloud37.dev` })),
    );
    return found.every((definition) => definition === undefined);
  });
  assert.deepEqual(writesTo(world, 'survivor'), writes);
  assert.deepEqual(world.snapshot('survivor'), before);
  assert.equal(await isProtected(world, 'wasabi-credentials'), false);
});

test('a Provider is let go with its definition although Buckets depend on it', async (t) => {
  if (shared.cluster.isReal) return t.skip('others use the definitions of that cluster');
  const cluster = await startTestCluster();
  const emulator = await startEmulator();
  const opening = openWorld({ cluster, emulator });
  t.after(async () => {
    await (await opening.catch(() => undefined))?.close();
    await emulator.stop();
    await cluster.stop();
  });
  const world = await opening;
  await world.apply(bucket('orphan'));
  await world.reaches('Bucket', 'orphan', 'Ready', 'True');
  const key = { namespace: '', name: 'providers.s3.cloud37.dev' };
  await cluster.admin.delete(CRDS, key);
  await until('the definition is gone', async () => (await cluster.admin.get(CRDS, key)) === undefined);
  assert.ok(world.snapshot('orphan'));
  assert.ok(await world.get('Bucket', 'orphan'));
});
