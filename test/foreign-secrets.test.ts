import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { REFERENCE_GRANTS } from '../src/api/core-types.ts';
import type { Provider } from '../src/api/provider.ts';
import { providerSecret } from './support/account.ts';
import { bucket, provider } from './support/builders.ts';
import { createNamespace, until } from './support/cluster.ts';
import { pass } from './support/outside.ts';
import { grant, installReferenceGrants } from './support/reference-grants.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, type World } from './support/world.ts';

const shared = shareCluster();
// Published names: other programs and people know them.
const FINALIZER = 's3.cloud37.dev/finalizer';
const IN_USE = 's3.cloud37.dev/in-use';

/** A world with a Secret `keys` in another namespace, that of the victim, and a Provider here that names it. */
async function withVictim(t: TestContext): Promise<{ world: World; victim: string }> {
  await installReferenceGrants(shared.cluster);
  const victim = await createNamespace(shared.cluster.admin, 'victim');
  const world = await shared.startWorld(t, { hasProvider: false, neighbours: [victim] });
  await world.apply(providerSecret('keys', world.keys), victim);
  await world.apply(provider('far', { ...endpointsOf(world), auth: authOf({ name: 'keys', namespace: victim }) }));
  return { world, victim };
}

function authOf(ref: { name: string; namespace?: string }) {
  return { accessKeySecretRef: ref, secretKeySecretRef: ref };
}

async function isInUse(world: World, namespace: string): Promise<boolean> {
  return (await world.get('Secret', 'keys', namespace))?.metadata.finalizers?.includes(IN_USE) === true;
}

function isWatched(world: World, namespace: string): boolean {
  return world.operator.running.secrets.isWanted({ namespace, name: 'keys' });
}

async function recorded(world: World): Promise<readonly string[] | undefined> {
  return (await world.get<Provider>('Provider', 'far'))?.status?.protectedSecrets;
}

/** Calls of the operator for single Secrets of that namespace, watches among them: not the one for those that it made. */
function secretCalls(world: World, namespace: string): readonly string[] {
  const path = `/namespaces/${namespace}/secrets`;
  const found = world.operator.kube.calls.filter(({ url }) => url.includes(path) && !url.includes('labelSelector='));
  return found.map(({ method, url }) => `${method} ${url}`);
}

test("a Provider that names a stranger's Secret neither writes it, watches it nor tells that it exists", async (t) => {
  const { world, victim } = await withVictim(t);
  // Its author may put our finalizer on by hand: then the Provider counts as in use.
  await world.apply(bucket('lever', { providerRef: { name: 'far' } }, { finalizers: [FINALIZER] }));
  await world.reaches('Provider', 'far', 'Synced', 'RefNotPermitted');
  await world.reaches('Bucket', 'lever', 'Synced', 'ProviderNotReady');
  await pass(world, 'Provider', 'far');
  await world.settle();
  assert.equal(await isInUse(world, victim), false);
  assert.equal(await recorded(world), undefined);
  assert.deepEqual(secretCalls(world, victim), []);
  await world.delete('Bucket', 'lever');
  await world.gone('Bucket', 'lever');
  await world.delete('Provider', 'far');
  await world.gone('Provider', 'far');
  assert.deepEqual(secretCalls(world, victim), []);
});

test("a stranger's Provider does not keep the finalizer on a Secret that its owners need no more", async (t) => {
  const { world, victim } = await withVictim(t);
  await world.apply(bucket('lever', { providerRef: { name: 'far' } }, { finalizers: [FINALIZER] }));
  await world.apply(provider('near', { ...endpointsOf(world), auth: authOf({ name: 'keys' }) }), victim);
  await world.apply(bucket('own', { providerRef: { name: 'near' } }), victim);
  await world.reaches('Bucket', 'own', 'Ready', 'True', victim);
  await until('the Secret is protected', () => isInUse(world, victim));
  await world.delete('Bucket', 'own', victim);
  await world.gone('Bucket', 'own', victim);
  await until('the Secret is let go of', async () => !(await isInUse(world, victim)));
});

test('a granted Secret is protected, and let go of when the grant is taken back', async (t) => {
  const { world, victim } = await withVictim(t);
  const { admin } = world.cluster;
  const to = { group: '', kind: 'Secret', name: 'keys' };
  await admin.create(REFERENCE_GRANTS, victim, grant('keys', { kind: 'Provider', namespace: world.namespace }, to));
  await world.apply(bucket('granted', { providerRef: { name: 'far' } }));
  await world.reaches('Bucket', 'granted', 'Ready', 'True');
  await until('the Secret is protected', () => isInUse(world, victim));
  await until('it is recorded', async () => (await recorded(world))?.includes(`${victim}/keys`) === true);
  assert.equal(isWatched(world, victim), true);
  await world.restart();
  await world.settle();
  assert.equal(isWatched(world, victim), true, 'after a restart, too');
  await admin.delete(REFERENCE_GRANTS, { namespace: victim, name: 'keys' });
  await until('the Secret is let go of', async () => !(await isInUse(world, victim)));
  await until('nothing is recorded', async () => (await recorded(world)) === undefined);
  await world.reaches('Provider', 'far', 'Synced', 'RefNotPermitted');
  await until('the watch ends', () => Promise.resolve(!isWatched(world, victim)));
});
