import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DeleteBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { EVENTS, NAMESPACES, REFERENCE_GRANTS } from '../src/api/core-types.ts';
import type { KubeObject } from '../src/api/meta.ts';
import type { AccountKeys } from '../src/emulator/accounts.ts';
import { startEmulator } from '../src/emulator/server.ts';
import { type KeyPair, providerSecret } from './support/account.ts';
import { bucket, type Manifest, provider, secret } from './support/builders.ts';
import { createNamespace, startTestCluster, until } from './support/cluster.ts';
import { annotate, callsTo, pass, versioningOf } from './support/outside.ts';
import { grant, installReferenceGrants } from './support/reference-grants.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, endpointsOf, openWorld, type World, type WorldOptions } from './support/world.ts';

const shared = shareCluster();
const ACCEPT = 's3.cloud37.dev/accept-account';

/** A world whose operator watches a second namespace, that of a tenant. */
async function withTenant(t: TestContext, options: WorldOptions = {}): Promise<{ world: World; tenant: string }> {
  const tenant = await createNamespace(shared.cluster.admin, 'tenant');
  const world = await shared.startWorld(t, { ...options, neighbours: [tenant] });
  return { world, tenant };
}

/** A Bucket of the tenant on the Provider of the world's namespace. */
function tenantBucket(world: World, name: string, spec: Parameters<typeof bucket>[1] = {}): Manifest {
  return bucket(name, { providerRef: { name: 'wasabi', namespace: world.namespace }, ...spec });
}

async function allow(world: World, allowedNamespaces: object | null): Promise<void> {
  await world.patch('Provider', 'wasabi', { spec: { allowedNamespaces } });
}

async function label(world: World, namespace: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
  const patch = { type: 'merge', body: { metadata: { labels } } } as const;
  await world.cluster.admin.patch(NAMESPACES, { namespace: '', name: namespace }, patch);
}

/** Nothing of the bucket is asked for, however often its object is looked at. */
async function isLeftAlone(world: World, name: string, namespace: string): Promise<void> {
  await world.settle();
  const calls = callsTo(world, name);
  await pass(world, 'Bucket', name, namespace);
  await world.resync();
  assert.deepEqual(callsTo(world, name), calls, 'not one further call');
}

test('L28: another namespace is closed by default, and a closed Provider reads like an absent one', async (t) => {
  const { world, tenant } = await withTenant(t);
  await world.apply(tenantBucket(world, 'closed'), tenant);
  await world.apply(bucket('lost', { providerRef: { name: 'nowhere', namespace: world.namespace } }), tenant);
  await world.reaches('Bucket', 'closed', 'Synced', 'RefNotPermitted', tenant);
  await world.reaches('Bucket', 'lost', 'Synced', 'RefNotPermitted', tenant);
  const [closed, lost] = await Promise.all(
    ['closed', 'lost'].map((name) => world.condition('Bucket', name, 'Ready', tenant)),
  );
  assert.equal(closed?.status, 'False');
  assert.equal(closed?.message?.replace('wasabi', 'nowhere'), lost?.message);
  await isLeftAlone(world, 'closed', tenant);
  assert.deepEqual(callsTo(world, 'closed'), []);
  await allow(world, { from: 'Same' });
  await pass(world, 'Bucket', 'closed', tenant);
  await world.reaches('Bucket', 'closed', 'Synced', 'RefNotPermitted', tenant);
});

test('allowedNamespaces All opens the Provider; closing it again stops calls and keeps what exists', async (t) => {
  const { world, tenant } = await withTenant(t);
  await world.apply(tenantBucket(world, 'open', { versioning: { enabled: true } }), tenant);
  await world.reaches('Bucket', 'open', 'Synced', 'RefNotPermitted', tenant);
  await allow(world, { from: 'All' });
  await world.reaches('Bucket', 'open', 'Ready', 'True', tenant);

  await allow(world, null);
  await world.reaches('Bucket', 'open', 'Synced', 'RefNotPermitted', tenant);
  assert.equal((await world.condition('Bucket', 'open', 'Ready', tenant))?.status, 'True', 'no evidence against it');
  const VersioningConfiguration = { Status: 'Suspended' as const };
  await world.console.send(new PutBucketVersioningCommand({ Bucket: 'open', VersioningConfiguration }));
  await isLeftAlone(world, 'open', tenant);

  // Deletion makes no call without a grant either; with it, it goes on.
  await world.delete('Bucket', 'open', tenant);
  await world.reaches('Bucket', 'open', 'DeletionBlocked', 'RefNotPermitted', tenant);
  await isLeftAlone(world, 'open', tenant);
  assert.ok(world.snapshot('open'));
  await allow(world, { from: 'All' });
  await world.gone('Bucket', 'open', tenant);
});

test("a Selector follows the labels of the referrer's namespace as they change", async (t) => {
  const { world, tenant } = await withTenant(t);
  await allow(world, { from: 'Selector', selector: { matchLabels: { storage: 'yes' } } });
  await world.apply(tenantBucket(world, 'labelled'), tenant);
  await world.reaches('Bucket', 'labelled', 'Synced', 'RefNotPermitted', tenant);
  await label(world, tenant, { storage: 'yes' });
  await world.reaches('Bucket', 'labelled', 'Ready', 'True', tenant);
  await label(world, tenant, { storage: null });
  await world.reaches('Bucket', 'labelled', 'Synced', 'RefNotPermitted', tenant);
  await isLeftAlone(world, 'labelled', tenant);
});

test('a ReferenceGrant opens one Provider for one kind and namespace, and closes it when it goes', async (t) => {
  await installReferenceGrants(shared.cluster);
  const { world, tenant } = await withTenant(t);
  const { admin } = world.cluster;
  const to = { group: 's3.cloud37.dev', kind: 'Provider', name: 'wasabi' };
  await world.apply(tenantBucket(world, 'granted'), tenant);
  await admin.create(REFERENCE_GRANTS, world.namespace, grant('wrong-kind', { kind: 'User', namespace: tenant }, to));
  await admin.create(
    REFERENCE_GRANTS,
    world.namespace,
    grant('wrong-namespace', { kind: 'Bucket', namespace: 'x' }, to),
  );
  await admin.create(
    REFERENCE_GRANTS,
    world.namespace,
    grant('wrong-name', { kind: 'Bucket', namespace: tenant }, { ...to, name: 'other' }),
  );
  await admin.create(REFERENCE_GRANTS, tenant, grant('wrong-side', { kind: 'Bucket', namespace: tenant }, to));
  await world.settle();
  await pass(world, 'Bucket', 'granted', tenant);
  await world.reaches('Bucket', 'granted', 'Synced', 'RefNotPermitted', tenant);
  await admin.create(REFERENCE_GRANTS, world.namespace, grant('right', { kind: 'Bucket', namespace: tenant }, to));
  await world.reaches('Bucket', 'granted', 'Ready', 'True', tenant);
  await admin.delete(REFERENCE_GRANTS, { namespace: world.namespace, name: 'right' });
  await world.reaches('Bucket', 'granted', 'Synced', 'RefNotPermitted', tenant);
  await isLeftAlone(world, 'granted', tenant);
});

test('ReferenceGrants count from the hour that their definition comes', async (t) => {
  if (shared.cluster.isReal) return t.skip('the definition stays on a cluster that others use');
  const cluster = await startTestCluster();
  const emulator = await startEmulator();
  const tenant = await createNamespace(cluster.admin, 'tenant');
  const world = await openWorld({ cluster, emulator }, { neighbours: [tenant] });
  t.after(async () => {
    await world.close();
    await emulator.stop();
    await cluster.stop();
  });
  await world.apply(tenantBucket(world, 'early'), tenant);
  await world.reaches('Bucket', 'early', 'Synced', 'RefNotPermitted', tenant);
  await installReferenceGrants(cluster);
  const to = { group: 's3.cloud37.dev', kind: 'Provider' };
  await cluster.admin.create(
    REFERENCE_GRANTS,
    world.namespace,
    grant('all', { kind: 'Bucket', namespace: tenant }, to),
  );
  await world.elapse(60_000);
  await world.reaches('Bucket', 'early', 'Ready', 'True', tenant);
});

test('L61: a Secret in another namespace is read with a ReferenceGrant there, and not without', async (t) => {
  await installReferenceGrants(shared.cluster);
  const { world, tenant } = await withTenant(t, { hasProvider: false });
  const { admin } = world.cluster;
  await world.apply(providerSecret('keys', world.keys), tenant);
  const ref = { name: 'keys', namespace: tenant };
  const auth = { accessKeySecretRef: { ...ref, key: 'access-key' }, secretKeySecretRef: { ...ref, key: 'secret-key' } };
  await world.apply(provider('wasabi', { ...endpointsOf(world), auth }));
  await world.apply(bucket('far-keys'));
  await world.reaches('Provider', 'wasabi', 'Synced', 'RefNotPermitted');
  const { message } = (await world.condition('Provider', 'wasabi', 'Synced')) ?? {};
  await world.patch('Provider', 'wasabi', {
    spec: { auth: { accessKeySecretRef: { name: 'absent' }, secretKeySecretRef: { name: 'absent' } } },
  });
  await world.reaches('Provider', 'wasabi', 'Synced', 'RefNotPermitted');
  const absent = await world.condition('Provider', 'wasabi', 'Synced');
  assert.equal(absent?.message, message?.replace('/keys', '/absent'));
  await world.patch('Provider', 'wasabi', { spec: { auth } });
  assert.deepEqual(world.operatorCalls(), []);

  const to = { group: '', kind: 'Secret', name: 'keys' };
  await admin.create(REFERENCE_GRANTS, tenant, grant('keys', { kind: 'Provider', namespace: world.namespace }, to));
  await world.reaches('Bucket', 'far-keys', 'Ready', 'True');
  await admin.delete(REFERENCE_GRANTS, { namespace: tenant, name: 'keys' });
  await world.reaches('Provider', 'wasabi', 'Synced', 'RefNotPermitted');
  await world.settle();
  const calls = world.operatorCalls().length;
  await world.resync();
  assert.equal(world.operatorCalls().length, calls, 'not one further call with those keys');
});

test('--allow-legacy-cross-namespace opens Providers to every namespace, and Secrets to none', async (t) => {
  const { world, tenant } = await withTenant(t, { flags: ['--allow-legacy-cross-namespace'] });
  await world.apply(tenantBucket(world, 'legacy'), tenant);
  await world.reaches('Bucket', 'legacy', 'Ready', 'True', tenant);
  const warnings = async () => {
    const { items } = await world.cluster.admin.list<KubeObject & { reason?: string }>(EVENTS, tenant);
    return items.filter(({ reason }) => reason === 'LegacyReference').length;
  };
  await until('a warning', async () => (await warnings()) > 0);
  await pass(world, 'Bucket', 'legacy', tenant);
  await world.settle();
  assert.equal(await warnings(), 1, 'one warning an object');
  await world.apply(secret('keys', { 'access-key': 'x'.repeat(20), 'secret-key': 'y'.repeat(40) }), tenant);
  const ref = { name: 'keys', namespace: tenant };
  const auth = { accessKeySecretRef: ref, secretKeySecretRef: ref };
  await world.apply(provider('far', { ...endpointsOf(world), auth }));
  await world.reaches('Provider', 'far', 'Synced', 'RefNotPermitted');
});

test('L30: applied in the wrong order everything converges, and nothing waits for a timer', async (t) => {
  const world = await shared.startWorld(t, { hasProvider: false });
  await world.apply(bucket('first', { logging: { targetBucketRef: { name: 'log-target' } } }));
  await world.reaches('Bucket', 'first', 'Synced', 'ProviderNotFound');
  await world.apply(provider('wasabi', endpointsOf(world)));
  await world.reaches('Provider', 'wasabi', 'Synced', 'SecretNotFound');
  await world.reaches('Bucket', 'first', 'Synced', 'ProviderNotReady');
  await applyProvider(world);
  await world.reaches('Bucket', 'first', 'Synced', 'BucketNotFound');
  await world.apply(bucket('log-target'));
  await world.reaches('Bucket', 'first', 'Ready', 'True');
});

test('an access log goes to a bucket of the same namespace and account, by object or by name', async (t) => {
  const world = await shared.startWorld(t);
  await world.apply(bucket('by-name', { logging: { targetBucket: 'log-target' } }));
  await world.reaches('Bucket', 'by-name', 'Synced', 'RefNotPermitted');
  await world.apply(bucket('logs', { name: 'log-target' }));
  await world.reaches('Bucket', 'by-name', 'Ready', 'True');
  assert.match(JSON.stringify(world.snapshot('by-name')), /"TargetBucket":"log-target"/);

  const other = world.emulator.createAccount();
  await applyAccount(world, 'other', other);
  await world.apply(
    bucket('mismatch', { providerRef: { name: 'other' }, logging: { targetBucketRef: { name: 'logs' } } }),
  );
  await world.reaches('Bucket', 'mismatch', 'Stalled', 'AccountMismatch');
  await world.apply(bucket('raw', { providerRef: { name: 'other' }, logging: { targetBucket: 'log-target' } }));
  await world.reaches('Bucket', 'raw', 'Synced', 'RefNotPermitted');
  assert.deepEqual([...callsTo(world, 'mismatch'), ...callsTo(world, 'raw')], []);
});

test('an access log never goes to a bucket of another namespace', async (t) => {
  const { world, tenant } = await withTenant(t);
  await allow(world, { from: 'All' });
  await world.apply(bucket('log-target', { allowedNamespaces: { from: 'All' } }));
  await world.reaches('Bucket', 'log-target', 'Ready', 'True');
  await world.apply(tenantBucket(world, 'nosy', { logging: { targetBucket: 'log-target' } }), tenant);
  await world.reaches('Bucket', 'nosy', 'Synced', 'RefNotPermitted', tenant);
  await world.apply(tenantBucket(world, 'nosier', { logging: { targetBucketRef: { name: 'log-target' } } }), tenant);
  await world.reaches('Bucket', 'nosier', 'Synced', 'BucketNotFound', tenant);
  assert.deepEqual([...callsTo(world, 'nosy'), ...callsTo(world, 'nosier')], []);
});

/** A Provider of that name, with the keys of another account. */
async function applyAccount(world: World, name: string, keys: AccountKeys): Promise<void> {
  await world.apply(providerSecret(`${name}-keys`, keys));
  const ref = { name: `${name}-keys` };
  const auth = { accessKeySecretRef: ref, secretKeySecretRef: ref };
  await world.apply(provider(name, { ...endpointsOf(world), auth }));
  await world.reaches('Provider', name, 'Ready', 'True');
}

/** Puts other keys into the Secret of the Provider `wasabi`. */
async function changeKeys(world: World, keys: KeyPair) {
  await world.apply(providerSecret('wasabi-credentials', keys));
}

test('keys of another account stop everything of the first one; the old keys bring it back', async (t) => {
  const world = await shared.startWorld(t);
  await world.apply(bucket('pinned', { versioning: { enabled: true } }));
  await world.reaches('Bucket', 'pinned', 'Ready', 'True');
  await world.settle();
  const calls = callsTo(world, 'pinned');
  await changeKeys(world, world.emulator.createAccount());
  await world.reaches('Provider', 'wasabi', 'Stalled', 'AccountChanged');
  await world.reaches('Provider', 'wasabi', 'Ready', 'False');
  await world.reaches('Bucket', 'pinned', 'Synced', 'ProviderNotReady');
  const VersioningConfiguration = { Status: 'Suspended' as const };
  await world.console.send(new PutBucketVersioningCommand({ Bucket: 'pinned', VersioningConfiguration }));
  await pass(world, 'Bucket', 'pinned');
  await world.resync();
  await world.delete('Bucket', 'pinned');
  await world.resync();
  assert.deepEqual(callsTo(world, 'pinned'), calls, 'not one further call for its buckets');
  await world.expectValid('Provider', 'wasabi');

  await changeKeys(world, world.keys);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.gone('Bucket', 'pinned');
  assert.ok(world.snapshot('pinned'));
});

test('a new key of the same account is taken without a word', async (t) => {
  const world = await shared.startWorld(t);
  await world.apply(bucket('rotated'));
  await world.reaches('Bucket', 'rotated', 'Ready', 'True');
  const { state, account } = world.emulator;
  const own = state.keys.get(account.accessKeyId);
  assert.ok(own);
  const fresh = { accessKeyId: 'FRESHKEY000000000001', secretAccessKey: 'fresh/secret+of/40+characters/0123456789x' };
  state.keys.set(fresh.accessKeyId, { ...own, ...fresh });
  await changeKeys(world, fresh);
  state.keys.delete(account.accessKeyId);
  await world.settle();
  await pass(world, 'Provider', 'wasabi');
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.patch('Bucket', 'rotated', { spec: { versioning: { enabled: true } } });
  await world.reaches('Bucket', 'rotated', 'Ready', 'True');
  const used = world.emulator.calls.findLast((call) => call.operation === 'PutBucketVersioning');
  assert.equal(used?.accessKeyId, fresh.accessKeyId);
});

test('another account needs consent twice: of the Provider, and of each object that was made in the first', async (t) => {
  const world = await shared.startWorld(t);
  await world.apply(bucket('moving'));
  await world.reaches('Bucket', 'moving', 'Ready', 'True');
  await world.settle();
  const other = world.emulator.createAccount();
  await changeKeys(world, other);
  await world.reaches('Provider', 'wasabi', 'Stalled', 'AccountChanged');
  const { message = '' } = (await world.condition('Provider', 'wasabi', 'Stalled')) ?? {};
  assert.ok(message.includes(other.accountId) && message.includes(ACCEPT), message);
  await annotate(world, 'Provider', 'wasabi', { [ACCEPT]: '999999999999' });
  await pass(world, 'Provider', 'wasabi');
  await world.reaches('Provider', 'wasabi', 'Stalled', 'AccountChanged');
  await annotate(world, 'Provider', 'wasabi', { [ACCEPT]: other.accountId });
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');

  const calls = callsTo(world, 'moving');
  await world.reaches('Bucket', 'moving', 'Stalled', 'AccountChanged');
  await world.reaches('Bucket', 'moving', 'Ready', 'AccountChanged');
  await world.expectValid('Bucket', 'moving');
  await world.resync();
  assert.deepEqual(callsTo(world, 'moving'), calls);
  await world.console.send(new DeleteBucketCommand({ Bucket: 'moving' }));
  await annotate(world, 'Bucket', 'moving', { [ACCEPT]: other.accountId });
  await world.reaches('Bucket', 'moving', 'Synced', 'True');
  await world.reaches('Bucket', 'moving', 'Ready', 'True');
  assert.equal(world.emulator.state.buckets.get('moving')?.ownerId, other.accountId);
  assert.equal((await world.get('Bucket', 'moving'))?.status?.target?.accountId, other.accountId);
});

test('a Bucket made in the first account is not deleted in the second', async (t) => {
  const world = await shared.startWorld(t);
  await world.apply(bucket('stays', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'stays', 'Ready', 'True');
  const other = world.emulator.createAccount();
  await changeKeys(world, other);
  await annotate(world, 'Provider', 'wasabi', { [ACCEPT]: other.accountId });
  await world.reaches('Bucket', 'stays', 'Stalled', 'AccountChanged');
  await world.settle();
  const calls = callsTo(world, 'stays');
  await world.delete('Bucket', 'stays');
  await world.reaches('Bucket', 'stays', 'DeletionBlocked', 'AccountChanged');
  const { message = '' } = (await world.condition('Bucket', 'stays', 'DeletionBlocked')) ?? {};
  const { uid } = (await world.get('Bucket', 'stays'))?.metadata ?? {};
  assert.match(message, new RegExp(`credentials of that account again; or, .* annotation \\S+/abandon to ${uid}$`));
  assert.deepEqual(callsTo(world, 'stays'), calls);
  assert.ok(world.snapshot('stays'));
  assert.equal(await versioningOf(world, 'stays'), undefined);
  await changeKeys(world, world.keys);
  await annotate(world, 'Provider', 'wasabi', { [ACCEPT]: world.emulator.account.accountId });
  await world.gone('Bucket', 'stays');
  assert.equal(world.snapshot('stays'), undefined);
});
