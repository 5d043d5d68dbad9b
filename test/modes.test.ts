import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { bucket, provider, secret } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { callsTo, makeOutside, markerOf, ownMarker, pass, versioningOf, writesTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, endpointsOf, openWorld, type World } from './support/world.ts';

const { startWorld } = shareCluster();
const FINALIZER = 's3.cloud37.dev/finalizer';
const REQUEST = 's3.cloud37.dev/reconcile-requested-at';

async function suspendVersioning(world: World, name: string): Promise<void> {
  const VersioningConfiguration = { Status: 'Suspended' as const };
  await world.console.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
}

async function pending(world: World, name: string): Promise<readonly string[]> {
  return (await world.get('Bucket', name))?.status?.pendingChanges ?? [];
}

test('a suspended Bucket costs one status write and then nothing, whatever happens outside', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('paused', { versioning: { enabled: true } }));
  await world.reaches('Bucket', 'paused', 'Ready', 'True');
  await world.settle();
  await world.resync();
  const [calls, writes] = [callsTo(world, 'paused'), world.kubeWrites().length];
  await world.patch('Bucket', 'paused', { spec: { suspend: true } });
  await world.reaches('Bucket', 'paused', 'Synced', 'Suspended');
  await suspendVersioning(world, 'paused');
  await world.resync();
  await world.resync();
  assert.deepEqual(callsTo(world, 'paused'), calls);
  assert.equal(world.kubeWrites().length, writes + 1);
  assert.equal(await versioningOf(world, 'paused'), 'Suspended');
  assert.equal((await world.condition('Bucket', 'paused', 'Ready'))?.status, 'True', 'as it was last read');
  await world.expectValid('Bucket', 'paused');
  await world.patch('Bucket', 'paused', { spec: { suspend: false } });
  await world.reaches('Bucket', 'paused', 'Synced', 'True');
  assert.equal(await versioningOf(world, 'paused'), 'Enabled');
});

test('a Bucket that begins suspended makes no call and takes no finalizer; deletion of a suspended one runs', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('asleep', { suspend: true }));
  await world.reaches('Bucket', 'asleep', 'Synced', 'Suspended');
  await world.resync();
  assert.deepEqual(callsTo(world, 'asleep'), []);
  assert.deepEqual((await world.get('Bucket', 'asleep'))?.metadata.finalizers ?? [], []);
  await world.patch('Bucket', 'asleep', { spec: { suspend: false, deletionPolicy: 'Delete' } });
  await world.reaches('Bucket', 'asleep', 'Ready', 'True');
  await world.patch('Bucket', 'asleep', { spec: { suspend: true } });
  await world.reaches('Bucket', 'asleep', 'Synced', 'Suspended');
  await world.delete('Bucket', 'asleep');
  await world.gone('Bucket', 'asleep');
  assert.equal(world.snapshot('asleep'), undefined);
});

test('a suspended Provider makes no call of its own', async (t) => {
  const world = await startWorld(t);
  await world.patch('Provider', 'wasabi', { spec: { suspend: true } });
  await world.reaches('Provider', 'wasabi', 'Synced', 'Suspended');
  const calls = world.operatorCalls().length;
  await world.resync();
  assert.equal(world.operatorCalls().length, calls);
});

test('mode Observe tells what would be made, makes nothing, holds nothing, and goes without a call', async (t) => {
  const world = await startWorld(t);
  await world.apply(
    bucket('planned', { mode: 'Observe', versioning: { enabled: true }, deletionPolicy: 'Delete', forceDelete: true }),
  );
  await world.reaches('Bucket', 'planned', 'Synced', 'Observed');
  await world.reaches('Bucket', 'planned', 'Ready', 'NotFound');
  await world.reaches('Bucket', 'planned', 'Drifted', 'True');
  const changes = await pending(world, 'planned');
  assert.equal(changes[0], 'create the bucket');
  assert.ok(changes.includes('versioning: Enabled'), changes.join('; '));
  const object = await world.get('Bucket', 'planned');
  assert.deepEqual(object?.metadata.finalizers ?? [], []);
  assert.equal(object?.status?.observedGeneration, object?.metadata.generation);
  assert.equal(object?.status?.target, undefined);
  await world.expectValid('Bucket', 'planned');
  await world.resync();
  assert.deepEqual(writesTo(world, 'planned'), []);
  const calls = callsTo(world, 'planned').length;
  await makeOutside(world, 'planned');
  await world.delete('Bucket', 'planned');
  await world.gone('Bucket', 'planned');
  await world.settle();
  assert.equal(callsTo(world, 'planned').length, calls);
  assert.ok(world.snapshot('planned'));
});

test('mode Observe shows what Manage would change about a bucket of somebody else, and that adoption comes first', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'foreign');
  const before = world.snapshot('foreign');
  await world.apply(bucket('foreign', { mode: 'Observe', versioning: { enabled: true } }));
  await world.reaches('Bucket', 'foreign', 'Synced', 'AlreadyExists');
  const [first = '', ...changes] = await pending(world, 'foreign');
  assert.match(first, /^adoption is needed: .*set spec.adoptionPolicy to AdoptOrCreate/);
  assert.ok(changes.includes('versioning: none -> Enabled'), changes.join('; '));
  await world.expectValid('Bucket', 'foreign');
  await world.patch('Bucket', 'foreign', { spec: { mode: 'Manage' } });
  await world.settle();
  await world.reaches('Bucket', 'foreign', 'Synced', 'AlreadyExists');
  assert.deepEqual(await pending(world, 'foreign'), [], 'who manages has nothing pending');
  assert.deepEqual(world.snapshot('foreign'), before);
});

test('mode Observe shows the drift of a bucket that it would adopt, and Manage then repairs it', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'audited', { tags: { team: 'b' } });
  const before = world.snapshot('audited');
  await world.apply(
    bucket('audited', { mode: 'Observe', adoptionPolicy: 'AdoptOrCreate', versioning: { enabled: true } }),
  );
  await world.reaches('Bucket', 'audited', 'Synced', 'Observed');
  await world.reaches('Bucket', 'audited', 'Ready', 'True');
  assert.ok((await pending(world, 'audited')).includes('versioning: none -> Enabled'));
  assert.deepEqual(world.snapshot('audited'), before);
  await world.patch('Bucket', 'audited', { spec: { mode: 'Manage' } });
  await world.reaches('Bucket', 'audited', 'Synced', 'InSync');
  assert.equal((await world.get('Bucket', 'audited'))?.status?.pendingChanges, undefined);
  assert.equal(await world.condition('Bucket', 'audited', 'Drifted'), undefined);

  await world.patch('Bucket', 'audited', { spec: { mode: 'Observe' } });
  await world.reaches('Bucket', 'audited', 'Synced', 'True');
  assert.deepEqual(await pending(world, 'audited'), []);
  await suspendVersioning(world, 'audited');
  await pass(world, 'Bucket', 'audited');
  assert.deepEqual(await pending(world, 'audited'), ['versioning: Suspended -> Enabled']);
  assert.equal(await versioningOf(world, 'audited'), 'Suspended');
});

test('a managed Bucket that is put into Observe goes without a call, its bucket as it was', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('parked', { deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'parked', 'Ready', 'True');
  await world.patch('Bucket', 'parked', { spec: { mode: 'Observe' } });
  await world.reaches('Bucket', 'parked', 'Synced', 'Observed');
  await world.settle();
  const [calls, before] = [callsTo(world, 'parked').length, world.snapshot('parked')];
  await world.delete('Bucket', 'parked');
  await world.gone('Bucket', 'parked');
  assert.equal(callsTo(world, 'parked').length, calls);
  assert.deepEqual(world.snapshot('parked'), before);
});

test('what was observed is not thereby ours: without adoption Manage leaves it alone', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'seen');
  await world.apply(bucket('seen', { mode: 'Observe' }));
  await world.reaches('Bucket', 'seen', 'Stalled', 'AlreadyExists');
  await world.patch('Bucket', 'seen', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.reaches('Bucket', 'seen', 'Ready', 'True');
  await world.patch('Bucket', 'seen', {
    spec: { adoptionPolicy: null, mode: 'Manage', versioning: { enabled: true }, deletionPolicy: 'Delete' },
  });
  await world.reaches('Bucket', 'seen', 'Stalled', 'AlreadyExists');
  await world.delete('Bucket', 'seen');
  await world.gone('Bucket', 'seen');
  assert.deepEqual(writesTo(world, 'seen'), []);
  assert.ok(world.snapshot('seen'));
});

test('a bucket of the predecessor may be observed first and managed then', async (t) => {
  const world = await startWorld(t);
  await world.kill();
  await makeOutside(world, 'trial');
  await world.apply(bucket('trial', { mode: 'Observe', versioning: { enabled: true } }));
  await world.patchStatus('Bucket', 'trial', { exists: true, bucketName: 'trial' });
  await world.restart();
  await world.reaches('Bucket', 'trial', 'Synced', 'Observed');
  await pass(world, 'Bucket', 'trial');
  assert.ok((await pending(world, 'trial')).includes('versioning: none -> Enabled'));
  assert.deepEqual(writesTo(world, 'trial'), []);
  await world.patch('Bucket', 'trial', { spec: { mode: 'Manage' } });
  await world.reaches('Bucket', 'trial', 'Synced', 'InSync');
  assert.equal(await markerOf(world, 'trial'), await ownMarker(world, 'Bucket', 'trial'));
});

test('mode Observe does not call a Bucket in the wrong region right, nor a Provider with wrong keys', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'elsewhere', { region: 'eu-west-1' });
  await world.apply(bucket('elsewhere', { mode: 'Observe', adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('Bucket', 'elsewhere', 'Synced', 'WrongRegion');
  await world.reaches('Bucket', 'elsewhere', 'Ready', 'False');
  await world.expectValid('Bucket', 'elsewhere');
  await world.apply(secret('wrong', { 'access-key': 'NOSUCHKEY00000000000', 'secret-key': 'x'.repeat(40) }));
  const ref = { name: 'wrong' };
  const auth = { accessKeySecretRef: ref, secretKeySecretRef: ref };
  await world.apply(provider('wrong', { ...endpointsOf(world), auth, mode: 'Observe' }));
  await world.reaches('Provider', 'wrong', 'Ready', 'AuthFailed');
  await world.reaches('Provider', 'wrong', 'Synced', 'False');
  await world.expectValid('Provider', 'wrong');
});

test('a Provider in mode Observe takes no finalizer and puts none on its Secrets', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  await applyProvider(world, { mode: 'Observe' });
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.apply(bucket('served'));
  await world.reaches('Bucket', 'served', 'Ready', 'True');
  await world.settle();
  await pass(world, 'Provider', 'wasabi');
  assert.deepEqual((await world.get('Provider', 'wasabi'))?.metadata.finalizers ?? [], []);
  assert.deepEqual((await world.get('Secret', 'wasabi-credentials'))?.metadata.finalizers ?? [], []);
});

test('--observe-only puts every object into that mode, those that were managed too', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('managed', { versioning: { enabled: true }, deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'managed', 'Ready', 'True');
  await world.settle();
  await world.kill();
  const { cluster, emulator, namespace } = world;
  const drill = await openWorld(
    { cluster, emulator },
    { flags: ['--observe-only'], neighbours: [namespace], hasProvider: false },
  );
  t.after(() => drill.close());
  const writes = world.serviceWrites();
  // The drill's operator reaches the same service by another port.
  const endpoints = endpointsOf(drill);
  const account = `${emulator.account.accountId}@${new URL(endpoints.endpoint).host}`;
  await world.patch('Provider', 'wasabi', {
    metadata: { annotations: { 's3.cloud37.dev/accept-account': account } },
    spec: endpoints,
  });
  await suspendVersioning(world, 'managed');
  await drill.reaches('Provider', 'wasabi', 'Synced', 'Observed', namespace);
  await pass(drill, 'Bucket', 'managed', namespace);
  assert.deepEqual((await drill.get('Bucket', 'managed', namespace))?.status?.pendingChanges, [
    'versioning: Suspended -> Enabled',
  ]);
  await drill.apply(bucket('new', { providerRef: { name: 'wasabi' } }), namespace);
  await drill.reaches('Bucket', 'new', 'Synced', 'Observed', namespace);
  assert.equal(drill.snapshot('new'), undefined);
  await drill.delete('Bucket', 'new', namespace);
  await drill.gone('Bucket', 'new', namespace);
  assert.deepEqual(world.serviceWrites(), writes);
});

test('--observe-only lets go of nothing that is being deleted: it waits, and goes on without the flag', async (t) => {
  const world = await startWorld(t);
  const ours = { deletionPolicy: 'Delete', forceDelete: true } as const;
  await world.apply(bucket('waits', ours));
  await world.apply(bucket('parked-too', ours));
  await world.reaches('Bucket', 'waits', 'Ready', 'True');
  await world.reaches('Bucket', 'parked-too', 'Ready', 'True');
  await world.patch('Bucket', 'parked-too', { spec: { mode: 'Observe' } });
  await world.reaches('Bucket', 'parked-too', 'Synced', 'Observed');
  await world.settle();
  await world.kill();
  const writes = world.serviceWrites();
  await world.restart(['--observe-only']);
  await world.delete('Bucket', 'waits');
  await world.reaches('Bucket', 'waits', 'DeletionBlocked', 'ObserveOnly');
  assert.match((await world.condition('Bucket', 'waits', 'DeletionBlocked'))?.message ?? '', /without/);
  await world.expectValid('Bucket', 'waits');
  // Whose own spec says Observe asked to be let go like this.
  await world.delete('Bucket', 'parked-too');
  await world.gone('Bucket', 'parked-too');
  await world.resync();
  assert.ok(world.operator.log.some((line) => /parked-too.*"Observed".*let go|let go.*"Observed"/.test(line)));
  assert.deepEqual(world.serviceWrites(), writes);
  assert.ok(world.snapshot('waits'));
  await world.kill();
  await world.restart();
  await world.gone('Bucket', 'waits');
  assert.equal(world.snapshot('waits'), undefined);
});

test('a request to reconcile is carried out at once and echoed; one that is there at first sight is recorded', async (t) => {
  const world = await startWorld(t);
  await world.apply(
    bucket('asked', { versioning: { enabled: true } }, { annotations: { [REQUEST]: 'from a backup' } }),
  );
  await world.reaches('Bucket', 'asked', 'Ready', 'True');
  await until('recorded', async () => {
    return (await world.get('Bucket', 'asked'))?.status?.lastHandledReconcileAt === 'from a backup';
  });
  assert.ok((await world.get('Bucket', 'asked'))?.metadata.finalizers?.includes(FINALIZER));
  await world.settle();
  await suspendVersioning(world, 'asked');
  await pass(world, 'Bucket', 'asked');
  assert.equal(await versioningOf(world, 'asked'), 'Enabled', 'without waiting for the next interval');
});
