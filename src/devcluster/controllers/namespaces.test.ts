import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import { configMap, metadataOf, serveWidgets, startCluster, widget } from '../testing/client.ts';

const NAMESPACES = '/api/v1/namespaces';
const MAPS = `${NAMESPACES}/team/configmaps`;
const MERGE = { type: 'application/merge-patch+json' };

function namespace(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, ...more };
}

const isGone = ({ code }: { readonly code: number }) => code === 404;

test('namespaces: a new one is active, held by its finalizer and labelled with its name', async (t) => {
  const { create } = await startCluster(t);
  const { metadata, spec, status } = await create(NAMESPACES, namespace('team'));
  assert.deepEqual(objectOf(metadata).labels, { 'kubernetes.io/metadata.name': 'team' });
  assert.deepEqual([spec, status], [{ finalizers: ['kubernetes'] }, { phase: 'Active' }]);
});

test('namespaces: a deleted one takes its content along', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object' });
  await cluster.create(NAMESPACES, namespace('team'));
  await cluster.create(MAPS, configMap('a'));
  await cluster.create('/apis/example.com/v1/namespaces/team/widgets', widget('a'));
  const reply = await cluster.call('DELETE', `${NAMESPACES}/team`);
  assert.equal(objectOf(reply.body.status).phase, 'Terminating');
  await cluster.until(`${NAMESPACES}/team`, isGone);
  assert.equal((await cluster.call('GET', `${MAPS}/a`)).code, 404);
  assert.deepEqual((await cluster.call('GET', '/apis/example.com/v1/widgets')).body.items, []);
});

test('namespaces: while it goes nothing new comes in, and its conditions say what is left', async (t) => {
  const cluster = await startCluster(t);
  await cluster.create(NAMESPACES, namespace('team'));
  await cluster.create(MAPS, configMap('held', { finalizers: ['a.b/c'] }));
  await cluster.create(MAPS, configMap('free'));
  await cluster.call('DELETE', `${NAMESPACES}/team`);
  const refused = await cluster.call('POST', MAPS, configMap('late'));
  assert.equal(refused.code, 403);
  assert.deepEqual(objectOf(refused.body.details).causes, [
    { reason: 'NamespaceTerminating', message: 'namespace team is being terminated', field: 'metadata.namespace' },
  ]);
  assert.equal(
    refused.body.message,
    'configmaps "late" is forbidden: unable to create new content in namespace team because it is being terminated',
  );
  const left = await cluster.until(
    `${NAMESPACES}/team`,
    ({ body }) => listOf(objectOf(body.status).conditions).length === 5,
  );
  const messages = listOf(objectOf(left.body.status).conditions).map((item) => textOf(objectOf(item).message));
  assert.ok(messages.includes('Some resources are remaining: configmaps. has 1 resource instances'), String(messages));
  assert.ok(
    messages.includes('Some content in the namespace has finalizers remaining: a.b/c in 1 resource instances'),
    String(messages),
  );
  await cluster.call('PATCH', `${MAPS}/held`, { metadata: { finalizers: null } }, MERGE);
  await cluster.until(`${NAMESPACES}/team`, isGone);
});

test('namespaces: an own finalizer is taken away through finalize', async (t) => {
  const { call, create, until } = await startCluster(t);
  await create(NAMESPACES, namespace('team', { spec: { finalizers: ['a.b/own'] } }));
  await call('DELETE', `${NAMESPACES}/team`);
  const held = await until(`${NAMESPACES}/team`, ({ body }) => listOf(objectOf(body.spec).finalizers).length === 1);
  assert.deepEqual(objectOf(held.body.spec).finalizers, ['a.b/own']);
  const done = await call('PUT', `${NAMESPACES}/team/finalize`, { ...held.body, spec: {} });
  assert.equal(done.code, 200);
  await until(`${NAMESPACES}/team`, isGone);
});

test('namespaces: those of the system stay, names are labels, the phase can be selected', async (t) => {
  const { call, create } = await startCluster(t);
  const reply = await call('DELETE', `${NAMESPACES}/default`);
  assert.equal(reply.code, 403);
  assert.equal(reply.body.message, 'namespaces "default" is forbidden: this namespace may not be deleted');
  const dotted = await call('POST', NAMESPACES, namespace('a.b'));
  assert.equal(dotted.code, 422);
  assert.match(textOf(dotted.body.message), /must not contain dots/);
  await create(NAMESPACES, namespace('team'));
  const active = await call('GET', `${NAMESPACES}?fieldSelector=status.phase%3DTerminating`);
  assert.deepEqual(active.body.items, []);
});

test('namespaces: the label of the name cannot be changed, spec and status only by their subresources', async (t) => {
  const { call, create } = await startCluster(t);
  await create(NAMESPACES, namespace('team'));
  const patch = {
    metadata: { labels: { 'kubernetes.io/metadata.name': 'x', a: 'b' } },
    spec: { finalizers: null },
    status: { phase: 'Odd' },
  };
  const { body } = await call('PATCH', `${NAMESPACES}/team`, patch, MERGE);
  assert.deepEqual(metadataOf(body).labels, { 'kubernetes.io/metadata.name': 'team', a: 'b' });
  assert.deepEqual([body.spec, body.status], [{ finalizers: ['kubernetes'] }, { phase: 'Active' }]);
});
