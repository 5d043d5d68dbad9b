import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { CRDS, NAMESPACES } from '../src/api/core-types.ts';
import type { KubeObject } from '../src/api/meta.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { providerSecret } from './support/account.ts';
import { eventsAbout, inject, isOn, isPatch, kubeError } from './support/answers.ts';
import { bucket, provider, user } from './support/builders.ts';
import { expectIndependent, makeStack } from './support/children.ts';
import { createNamespace, until } from './support/cluster.ts';
import { annotate, callsTo, markerOf, pass, writesTo } from './support/outside.ts';
import type { ProxiedCall } from './support/proxy.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, startWorld as startOwnWorld, type World } from './support/world.ts';

const shared = shareCluster();
const { startWorld } = shared;
// Published names: other programs and people know them.
const FINALIZER = 's3.cloud37.dev/finalizer';
const IN_USE = 's3.cloud37.dev/in-use';
const ABANDON = 's3.cloud37.dev/abandon';

async function isProtected(world: World, name: string): Promise<boolean> {
  const finalizers = (await world.get('Secret', name))?.metadata.finalizers ?? [];
  return finalizers.includes(IN_USE);
}

async function becomes(what: string, wanted: boolean, read: () => Promise<boolean>): Promise<void> {
  await until(`${what}: ${wanted}`, async () => (await read()) === wanted);
}

test('L24: a Provider stays while Buckets depend on it, and names at most ten of them', async (t) => {
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
  assert.match(message, /1 more, 1 object of another namespace \(kubectl get wasabi -A\): delete them first/);
  assert.ok(!message.includes(tenant) && !message.includes('far-dependent'), 'strangers are only counted');
  await world.expectValid('Provider', 'wasabi');

  // Nothing new is made with it, and it still serves those who depend on it.
  await world.apply(bucket('too-late'));
  await world.apply(user('too-late'));
  for (const kind of ['Bucket', 'User']) {
    await world.reaches(kind, 'too-late', 'Synced', 'ProviderNotReady');
    const { message: why = '' } = (await world.condition(kind, 'too-late', 'Synced')) ?? {};
    assert.match(why, /^spec\.providerRef: Provider .*\/wasabi is being deleted/);
  }
  assert.equal(world.snapshot('too-late'), undefined);
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
  const { annotations } = (await world.get('Secret', 'wasabi-credentials'))?.metadata ?? {};
  assert.match(annotations?.[IN_USE] ?? '', /while objects depend on Provider .*\/wasabi: delete those first/);
  await world.delete('Secret', 'wasabi-credentials');
  await until('the Provider tells of it', async () =>
    eventsAbout(world, 'Provider', 'wasabi').some(({ reason }) => reason === 'SecretInUse'),
  );
  await world.patch('Bucket', 'holder', { spec: { deletionPolicy: 'Delete' } });
  await world.reaches('Bucket', 'holder', 'Synced', 'True');
  await world.delete('Bucket', 'holder');
  await world.gone('Bucket', 'holder');
  await becomes('held', false, protectedSecret);
  const left = await world.get('Secret', 'wasabi-credentials');
  assert.deepEqual(left?.metadata.finalizers, ['example.com/theirs'], "other people's finalizers stay");
  assert.equal(left.metadata.annotations?.[IN_USE], undefined);
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
  await world.apply(providerSecret('next', world.keys));
  const ref = { name: 'next' };
  await world.patch('Provider', 'wasabi', { spec: { auth: { accessKeySecretRef: ref, secretKeySecretRef: ref } } });
  await becomes('next held', true, () => isProtected(world, 'next'));
  await becomes('former held', false, () => isProtected(world, 'wasabi-credentials'));
  await world.reaches('Provider', 'wasabi', 'Synced', 'True');
});

for (const order of ['', ', its roles first'] as const) {
  test(`L26: a namespace goes with all that is in it${order}, and retained buckets stay`, async (t) => {
    const world = await startWorld(t);
    await world.apply(bucket('kept'));
    await world.apply(bucket('dropped', { deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', 'kept', 'Ready', 'True');
    await world.reaches('Bucket', 'dropped', 'Ready', 'True');
    const { admin } = world.cluster;
    const key = { namespace: '', name: world.namespace };
    if (order !== '') {
      const isRead = ({ method, url }: ProxiedCall) => method === 'GET' && url.includes('/secrets');
      inject(world.operator.kube, isRead, kubeError(403, 'Forbidden'));
    }
    await admin.delete(NAMESPACES, key);
    await until('the namespace is gone', async () => (await admin.get(NAMESPACES, key)) === undefined, 120_000);
    assert.match((await markerOf(world, 'kept')) ?? '', /^released\//);
    assert.equal(world.snapshot('dropped'), undefined);
  });
}

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
  for (const [index, order] of ORDERS.entries()) {
    const name = `order-${index}`;
    const ref = { name };
    const auth = { accessKeySecretRef: ref, secretKeySecretRef: ref };
    await world.apply(providerSecret(name, world.keys));
    await world.apply(provider(name, { ...endpointsOf(world), rateLimit: { requestsPerSecond: 1_000 }, auth }));
    await world.apply(bucket(name, { providerRef: ref, deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', name, 'Ready', 'True');
    await becomes(`${name} held`, true, () => isProtected(world, name));
    for (const kind of order) await world.delete(kind, name);
    for (const kind of order) await world.gone(kind, name);
    assert.equal(world.snapshot(name), undefined, order.join(', '));
  }
});

test('L25: deletion wins over everything, at whatever point of the first pass it comes', async (t) => {
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

test('L4: credentials that are gone hold the deletion, say so, and let it go on when they are back', async (t) => {
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
  await world.apply(providerSecret('wasabi-credentials', world.keys));
  await world.gone('Bucket', 'waiting');
  assert.equal(world.snapshot('waiting'), undefined);
});

test('a Secret that goes before the Provider has protected it holds the deletion, which tells both ways out', async (t) => {
  const world = await startWorld(t);
  const fault = inject(
    world.operator.kube,
    (call) => isPatch(call, 'wasabi-credentials', 'rest'),
    () => kubeError(500, 'InternalError'),
  );
  for (const name of ['waiting', 'abandoned']) {
    await world.apply(bucket(name, { deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', name, 'Ready', 'True');
  }
  assert.equal(await isProtected(world, 'wasabi-credentials'), false);
  await world.delete('Secret', 'wasabi-credentials');
  await world.gone('Secret', 'wasabi-credentials');
  fault.end();
  await world.reaches('Provider', 'wasabi', 'Synced', 'SecretNotFound');
  const before = world.snapshot('abandoned');
  for (const name of ['waiting', 'abandoned']) {
    await world.delete('Bucket', name);
    await world.reaches('Bucket', name, 'DeletionBlocked', 'SecretNotFound');
    const { message = '' } = (await world.condition('Bucket', name, 'DeletionBlocked')) ?? {};
    const uid = (await world.get('Bucket', name))?.metadata.uid;
    assert.ok(
      message.includes(`Secret ${world.namespace}/wasabi-credentials does not exist: create it; or, `),
      message,
    );
    assert.ok(message.endsWith(`set its annotation ${ABANDON} to ${uid}`), message);
    if (name === 'abandoned') await annotate(world, 'Bucket', name, { [ABANDON]: uid ?? '' });
  }
  await world.gone('Bucket', 'abandoned');
  assert.deepEqual(world.snapshot('abandoned'), before);
  await world.apply(providerSecret('wasabi-credentials', world.keys));
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
  const { message = '' } = (await world.condition('Bucket', 'abandoned', 'DeletionBlocked')) ?? {};
  assert.match(message, /the annotation \S+\/abandon has no effect: it must be the uid of this object, [0-9a-f-]{36}$/);
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
  const world = await startOwnWorld(t);
  const { cluster } = world;
  await world.apply(bucket('survivor', { deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'survivor', 'Ready', 'True');
  await world.console.send(new PutObjectCommand({ Bucket: 'survivor', Key: 'precious', Body: 'x' }));
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
  const world = await startOwnWorld(t);
  const { cluster } = world;
  await world.apply(bucket('orphan'));
  await world.reaches('Bucket', 'orphan', 'Ready', 'True');
  const key = { namespace: '', name: 'providers.s3.cloud37.dev' };
  await cluster.admin.delete(CRDS, key);
  await until('the definition is gone', async () => (await cluster.admin.get(CRDS, key)) === undefined);
  assert.ok(world.snapshot('orphan'));
  assert.ok(await world.get('Bucket', 'orphan'));
});

/** The definition of the predecessor had no required fields. */
async function acceptAnyBucket({ cluster }: World): Promise<void> {
  const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const crd = { namespace: '', name: 'buckets.s3.cloud37.dev' };
  const found = await cluster.admin.get<KubeObject & { spec: { versions: object[] } }>(CRDS, crd);
  const versions = (found?.spec.versions ?? []).map((version) => ({ ...version, schema: { openAPIV3Schema: any } }));
  await cluster.admin.patch(CRDS, crd, { type: 'merge', body: { spec: { versions } } });
}

test('a Bucket whose spec cannot be used lets go of children that it does not ask for', async (t) => {
  if (shared.cluster.isReal) return t.skip('others use the definitions of that cluster');
  const world = await startOwnWorld(t);
  await makeStack(world, 'broken');
  await acceptAnyBucket(world);
  await until('the definition is in effect', () =>
    world.patch('Bucket', 'broken', { spec: { autoManage: null, suspend: true, providerRef: 5 } }).then(
      () => true,
      () => false,
    ),
  );
  await world.delete('Bucket', 'broken');
  await world.gone('Bucket', 'broken');
  await world.settle();
  await expectIndependent(world, 'broken');
});

test('what a predecessor claimed is let go when neither spec nor status names it, and an event says so', async (t) => {
  if (shared.cluster.isReal) return t.skip('others use the definitions of that cluster');
  const world = await startOwnWorld(t);
  await acceptAnyBucket(world);
  const finalizers = ['kopf.zalando.org/KopfFinalizerMarker'];
  const manifest = { ...bucket('legacy', {}, { finalizers }), spec: { name: 'legacy', deletionPolicy: 'Delete' } };
  await until('the definition is in effect', async () => {
    await world.apply(manifest).catch(() => undefined);
    return (await world.get('Bucket', 'legacy')) !== undefined;
  });
  await world.patchStatus('Bucket', 'legacy', { exists: true, bucketName: 'legacy' });
  const calls = world.operatorCalls().length;
  await world.delete('Bucket', 'legacy');
  await world.gone('Bucket', 'legacy');
  const last = () => eventsAbout(world, 'Bucket', 'legacy').at(-1);
  await until('an event', () => Promise.resolve(last()?.reason === 'Retained'));
  assert.equal(last()?.type, 'Warning');
  assert.match(last()?.note ?? '', /spec cannot be used/);
  assert.equal(world.operatorCalls().length, calls);
});

test('a deletion that hangs is not sent again after the deadline of its intent', async (t) => {
  // Deadlines are on the service's clock, which goes with the operator's here.
  let now = () => systemClock.now();
  const emulator = { clock: { ...systemClock, now: () => now() } };
  const world = await startWorld(t, { emulator, providerSpec: { timeoutSeconds: 50 } });
  now = () => world.operator.clock.now();
  await world.apply(bucket('hanging', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'hanging', 'Ready', 'True');
  const { kube, wasabi, clock } = world.operator;
  let announcedMs = 0;
  inject(
    kube,
    (call) => isPatch(call, 'hanging', 'status') && call.body.includes('"action":"Delete"'),
    () => {
      announcedMs = clock.monotonicMs();
      return 'pass';
    },
  );
  const waited: number[] = [];
  const sent = inject(
    wasabi,
    (call) => call.method === 'DELETE' && isOn(call, 'hanging'),
    () => {
      waited.push(clock.monotonicMs() - announcedMs);
      return 'hang';
    },
  );
  await world.delete('Bucket', 'hanging');
  await until('four attempts', async () => {
    await clock.skip(1_000);
    return sent.hits.length >= 4;
  });
  sent.end();
  assert.ok(
    waited.every((ms) => ms < 60_000),
    waited.join(', '),
  );
  await until('gone', async () => {
    await clock.skip(1_000);
    return (await world.get('Bucket', 'hanging')) === undefined;
  });
});
