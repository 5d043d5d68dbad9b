import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listOf, objectOf, textOf } from './json.ts';
import { serveWidgets, startCluster } from './testing/client.ts';

test('openapi: one document for each group and version', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object' });
  const { body } = await cluster.call('GET', '/openapi/v3');
  const paths = objectOf(body.paths);
  assert.deepEqual(Object.keys(paths).sort(), [
    'api/v1',
    'apis/apiextensions.k8s.io/v1',
    'apis/apps/v1',
    'apis/coordination.k8s.io/v1',
    'apis/events.k8s.io/v1',
    'apis/example.com/v1',
  ]);
  for (const path of Object.values(paths))
    assert.equal((await cluster.call('GET', textOf(objectOf(path).serverRelativeURL))).body.openapi, '3.0.0');
  assert.equal((await cluster.call('GET', '/openapi/v3/apis/nowhere.io/v1')).code, 404);
  assert.equal((await cluster.call('GET', '/openapi/v2')).code, 404);
});

test('openapi: a PATCH takes fieldValidation, and its kind leads to the schema', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object', properties: { size: { type: 'integer', description: 'how big' } } });
  const { body } = await cluster.call('GET', '/openapi/v3/apis/example.com/v1');
  const item = objectOf(objectOf(body.paths)['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}']);
  const patch = objectOf(item.patch);
  const parameters = listOf(patch.parameters).map((parameter) => objectOf(parameter).name);
  assert.ok(parameters.includes('fieldValidation'));
  const kind = { group: 'example.com', version: 'v1', kind: 'Widget' };
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], kind);
  const schema = objectOf(objectOf(objectOf(body.components).schemas)['com.example.v1.Widget']);
  assert.deepEqual(schema['x-kubernetes-group-version-kind'], [kind]);
  const spec = objectOf(objectOf(schema.properties).spec);
  assert.deepEqual(objectOf(spec.properties).size, { type: 'integer', description: 'how big' });
});

test('openapi: cluster-scoped kinds have no namespace in their path', async (t) => {
  const { call } = await startCluster(t);
  const { body } = await call('GET', '/openapi/v3/api/v1');
  const paths = Object.keys(objectOf(body.paths));
  assert.ok(paths.includes('/api/v1/namespaces/{name}'));
  assert.ok(paths.includes('/api/v1/namespaces/{namespace}/secrets'));
});
