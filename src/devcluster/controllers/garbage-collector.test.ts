import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle } from '../../../test/support/fake-clock.ts';
import type { JsonObject } from '../json.ts';
import {
  configMap,
  metadataOf,
  namesIn,
  serveWidgets,
  startCluster,
  type TestCluster,
  WIDGETS,
  widget,
} from '../testing/client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const MERGE = { type: 'application/merge-patch+json' };

function ownedBy(owner: JsonObject, more: JsonObject = {}): JsonObject {
  const { apiVersion, kind } = owner;
  const { name, uid } = metadataOf(owner);
  return { apiVersion, kind, name, uid, ...more };
}

async function owned(
  cluster: TestCluster,
  name: string,
  ...ownerReferences: readonly JsonObject[]
): Promise<JsonObject> {
  return cluster.create(MAPS, configMap(name, { ownerReferences }));
}

const isGone = ({ code }: { readonly code: number }) => code === 404;

test('garbage: in the background the owner goes first, then what it owned, and what that owned', async (t) => {
  const cluster = await startCluster(t);
  const owner = await cluster.create(MAPS, configMap('owner'));
  const child = await owned(cluster, 'child', ownedBy(owner));
  await owned(cluster, 'grandchild', ownedBy(child));
  await cluster.create(MAPS, configMap('stranger'));
  await cluster.call('DELETE', `${MAPS}/owner`);
  await cluster.until(`${MAPS}/grandchild`, isGone);
  assert.deepEqual(namesIn((await cluster.call('GET', MAPS)).body), ['stranger']);
});

test('garbage: in the foreground the owner waits for those that block it', async (t) => {
  const cluster = await startCluster(t);
  const owner = await cluster.create(MAPS, configMap('owner'));
  const reference = ownedBy(owner, { blockOwnerDeletion: true });
  await cluster.create(MAPS, configMap('child', { ownerReferences: [reference], finalizers: ['a.b/c'] }));
  const reply = await cluster.call('DELETE', `${MAPS}/owner?propagationPolicy=Foreground`);
  assert.deepEqual(metadataOf(reply.body).finalizers, ['foregroundDeletion']);
  await cluster.until(`${MAPS}/child`, ({ body }) => metadataOf(body).deletionTimestamp !== undefined);
  await settle();
  assert.equal((await cluster.call('GET', `${MAPS}/owner`)).code, 200);
  await cluster.call('PATCH', `${MAPS}/child`, { metadata: { finalizers: null } }, MERGE);
  await cluster.until(`${MAPS}/owner`, isGone);
});

test('garbage: in the foreground nobody waits for one that does not block', async (t) => {
  const cluster = await startCluster(t);
  const owner = await cluster.create(MAPS, configMap('owner'));
  await cluster.create(MAPS, configMap('child', { ownerReferences: [ownedBy(owner)], finalizers: ['a.b/c'] }));
  await cluster.call('DELETE', `${MAPS}/owner?propagationPolicy=Foreground`);
  await cluster.until(`${MAPS}/owner`, isGone);
  const child = await cluster.until(`${MAPS}/child`, ({ body }) => metadataOf(body).deletionTimestamp !== undefined);
  assert.deepEqual(metadataOf(child.body).finalizers, ['a.b/c']);
});

test('garbage: the foreground goes all the way down', async (t) => {
  const cluster = await startCluster(t);
  const owner = await cluster.create(MAPS, configMap('owner'));
  const child = await owned(cluster, 'child', ownedBy(owner, { blockOwnerDeletion: true }));
  await owned(cluster, 'grandchild', ownedBy(child, { blockOwnerDeletion: true }));
  await cluster.call('DELETE', `${MAPS}/owner?propagationPolicy=Foreground`);
  await cluster.until(MAPS, ({ body }) => namesIn(body).length === 0);
});

test('garbage: orphans stay and forget their owner', async (t) => {
  const cluster = await startCluster(t);
  const owner = await cluster.create(MAPS, configMap('owner'));
  const other = await cluster.create(MAPS, configMap('other'));
  await owned(cluster, 'child', ownedBy(owner));
  await owned(cluster, 'shared', ownedBy(owner), ownedBy(other));
  await cluster.call('DELETE', `${MAPS}/owner?propagationPolicy=Orphan`);
  await cluster.until(`${MAPS}/owner`, isGone);
  const child = await cluster.call('GET', `${MAPS}/child`);
  assert.equal(metadataOf(child.body).ownerReferences, undefined);
  const shared = await cluster.call('GET', `${MAPS}/shared`);
  assert.deepEqual(metadataOf(shared.body).ownerReferences, [ownedBy(other)]);
});

test('garbage: the old orphanDependents and a finalizer asked for beforehand do the same', async (t) => {
  const cluster = await startCluster(t);
  const owner = await cluster.create(MAPS, configMap('owner'));
  await owned(cluster, 'child', ownedBy(owner));
  await cluster.call('DELETE', `${MAPS}/owner`, { orphanDependents: true });
  await cluster.until(`${MAPS}/owner`, isGone);
  assert.equal((await cluster.call('GET', `${MAPS}/child`)).code, 200);
  const second = await cluster.create(MAPS, configMap('second', { finalizers: ['orphan'] }));
  await owned(cluster, 'kept', ownedBy(second));
  await cluster.call('DELETE', `${MAPS}/second`);
  await cluster.until(`${MAPS}/second`, isGone);
  assert.equal((await cluster.call('GET', `${MAPS}/kept`)).code, 200);
});

test('garbage: an object stays as long as one owner does, without the others', async (t) => {
  const cluster = await startCluster(t);
  const first = await cluster.create(MAPS, configMap('first'));
  const second = await cluster.create(MAPS, configMap('second'));
  await owned(cluster, 'child', ownedBy(first), ownedBy(second));
  await cluster.call('DELETE', `${MAPS}/first`);
  const reduced = await cluster.until(`${MAPS}/child`, ({ body }) => {
    const { ownerReferences } = metadataOf(body);
    return Array.isArray(ownerReferences) && ownerReferences.length === 1;
  });
  assert.deepEqual(metadataOf(reduced.body).ownerReferences, [ownedBy(second)]);
  await cluster.call('DELETE', `${MAPS}/second`);
  await cluster.until(`${MAPS}/child`, isGone);
});

test('garbage: an owner of the same name with another uid is none', async (t) => {
  const cluster = await startCluster(t);
  const owner = await cluster.create(MAPS, configMap('owner'));
  await owned(cluster, 'child', ownedBy(owner, { uid: 'somebody-else' }));
  await cluster.until(`${MAPS}/child`, isGone);
});

test('garbage: an owner in another namespace is none, a kind that nobody knows may come back', async (t) => {
  const cluster = await startCluster(t);
  const far = await cluster.create('/api/v1/namespaces/kube-system/configmaps', configMap('far'));
  await owned(cluster, 'child', ownedBy(far));
  await owned(cluster, 'waiting', { apiVersion: 'no.where/v1', kind: 'Thing', name: 'x', uid: 'x' });
  await cluster.until(`${MAPS}/child`, isGone);
  await settle();
  assert.equal((await cluster.call('GET', `${MAPS}/waiting`)).code, 200);
});

test('garbage: a cluster-scoped owner owns in every namespace; a namespaced one owns nothing cluster-scoped', async (t) => {
  const cluster = await startCluster(t);
  const namespace = await cluster.create('/api/v1/namespaces', { metadata: { name: 'owner' } });
  const child = await owned(cluster, 'child', ownedBy(namespace));
  await cluster.create('/api/v1/namespaces', {
    metadata: { name: 'free', ownerReferences: [ownedBy({ ...child }, { uid: 'gone' })] },
  });
  await cluster.call('DELETE', '/api/v1/namespaces/owner');
  await cluster.until(`${MAPS}/child`, isGone);
  assert.equal((await cluster.call('GET', '/api/v1/namespaces/free')).code, 200);
});

test('garbage: custom resources own and are owned', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object' });
  const owner = await cluster.create(WIDGETS, widget('owner'));
  await owned(cluster, 'child', ownedBy(owner, { controller: true, blockOwnerDeletion: true }));
  await cluster.call('DELETE', `${WIDGETS}/owner`);
  await cluster.until(`${MAPS}/child`, isGone);
});
