import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import {
  DEFINITIONS,
  metadataOf,
  namesIn,
  serveWidgets,
  startCluster,
  WIDGETS,
  widget,
  widgetDefinition,
} from '../testing/client.ts';

const MERGE = { type: 'application/merge-patch+json' };
const WIDGET_DEFINITION = `${DEFINITIONS}/widgets.example.com`;

function condition(definition: JsonObject, type: string): JsonObject {
  const all = listOf(objectOf(definition.status).conditions).filter(isObject);
  return all.find((item) => item.type === type) ?? {};
}

const isGone = ({ code }: { readonly code: number }) => code === 404;

test('definitions: names are accepted, then the resource is served', async (t) => {
  const { create, until, call } = await startCluster(t);
  const fresh = await create(DEFINITIONS, widgetDefinition({ type: 'object' }));
  assert.deepEqual(objectOf(fresh.status).storedVersions, ['v1']);
  assert.deepEqual(objectOf(fresh.spec).conversion, { strategy: 'None' });
  const { body } = await until(WIDGET_DEFINITION, (reply) => condition(reply.body, 'Established').status === 'True');
  assert.equal(condition(body, 'NamesAccepted').reason, 'NoConflicts');
  assert.deepEqual(objectOf(body.status).acceptedNames, objectOf(body.spec).names);
  assert.deepEqual((await call('GET', WIDGETS)).body.kind, 'WidgetList');
  const resources = await call('GET', '/apis/example.com/v1');
  assert.deepEqual(
    listOf(resources.body.resources).map((resource) => objectOf(resource).name),
    ['widgets', 'widgets/status'],
  );
});

test('definitions: a name that is taken is refused until it is free', async (t) => {
  const { create, until, call } = await startCluster(t);
  await create(DEFINITIONS, widgetDefinition({ type: 'object' }));
  await until(WIDGETS, ({ code }) => code === 200);
  const names = { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', shortNames: ['wd'] };
  const rival = widgetDefinition({ type: 'object' }, { names });
  await create(DEFINITIONS, { ...rival, metadata: { name: 'gadgets.example.com' } });
  const gadgets = `${DEFINITIONS}/gadgets.example.com`;
  const refused = await until(gadgets, ({ body }) => condition(body, 'NamesAccepted').status === 'False');
  const { reason, message } = condition(refused.body, 'NamesAccepted');
  assert.deepEqual([reason, message], ['ShortNamesConflict', '"wd" is already in use']);
  assert.equal(condition(refused.body, 'Established').reason, 'NotAccepted');
  assert.equal((await call('GET', '/apis/example.com/v1/gadgets')).code, 404);
  await call('DELETE', WIDGET_DEFINITION);
  await until(gadgets, ({ body }) => condition(body, 'Established').status === 'True');
});

test('definitions: a deleted one deletes its objects first, and lets nothing new in', async (t) => {
  const cluster = await startCluster(t);
  const { call, create, until } = cluster;
  await serveWidgets(cluster, { type: 'object' });
  await create(WIDGETS, { ...widget('held'), metadata: { name: 'held', finalizers: ['a.b/c'] } });
  await create(WIDGETS, widget('free'));
  await call('DELETE', WIDGET_DEFINITION);
  const waiting = await until(WIDGET_DEFINITION, ({ body }) => condition(body, 'Terminating').status === 'True');
  assert.equal(condition(waiting.body, 'Terminating').reason, 'InstanceDeletionInProgress');
  await until(WIDGETS, ({ body }) => namesIn(body).length === 1);
  const late = await call('POST', WIDGETS, widget('late'));
  assert.equal(late.code, 403);
  assert.match(textOf(late.body.message), /create not allowed while custom resource definition is terminating$/);
  await call('PATCH', `${WIDGETS}/held`, { metadata: { finalizers: null } }, MERGE);
  await until(WIDGET_DEFINITION, isGone);
  assert.equal((await call('GET', WIDGETS)).code, 404);
});

test('definitions: made again they begin empty', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object' });
  await cluster.create(WIDGETS, widget('a'));
  const open = await cluster.watch(`${WIDGETS}?watch=1`);
  await cluster.call('DELETE', WIDGET_DEFINITION);
  assert.deepEqual(
    (await open.rest()).map(({ type }) => type),
    ['ADDED', 'DELETED'],
  );
  await cluster.until(WIDGET_DEFINITION, isGone);
  await serveWidgets(cluster, { type: 'object' });
  assert.deepEqual((await cluster.call('GET', WIDGETS)).body.items, []);
});

test('definitions: a new schema holds from then on; what is stored is read with its defaults', async (t) => {
  const cluster = await startCluster(t);
  const { call, create, until } = cluster;
  await serveWidgets(cluster, { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } });
  await create(WIDGETS, widget('old', { spec: { a: 'x', b: 'y' } }));
  const spec = {
    type: 'object',
    properties: { a: { type: 'string', enum: ['z'] }, c: { type: 'integer', default: 7 } },
  };
  const current = await call('GET', WIDGET_DEFINITION);
  const changed = widgetDefinition(spec);
  const put = await call('PUT', WIDGET_DEFINITION, { ...changed, metadata: metadataOf(current.body) });
  assert.equal(put.code, 200, put.text);
  assert.equal(metadataOf(put.body).generation, 2);
  const read = await until(`${WIDGETS}/old`, ({ body }) => objectOf(body.spec).c === 7);
  assert.deepEqual(read.body.spec, { a: 'x', c: 7 });
  const fresh = await call('POST', WIDGETS, widget('new', { spec: { a: 'x' } }));
  assert.match(textOf(fresh.body.message), /spec\.a: Unsupported value: "x": supported values: "z"/);
  // What broke no rule when it was written may stay as it is.
  const kept = await call('PATCH', `${WIDGETS}/old`, { metadata: { labels: { x: 'y' } } }, MERGE);
  assert.equal(kept.code, 200);
});

test('definitions: several versions show the same objects', async (t) => {
  const cluster = await startCluster(t);
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = [
    { name: 'v1', served: true, storage: true, schema },
    { name: 'v1beta1', served: true, storage: false, deprecated: true, schema },
    { name: 'v1alpha1', served: false, storage: false, schema },
  ];
  await cluster.create(DEFINITIONS, widgetDefinition({ type: 'object' }, { versions }));
  await cluster.until(WIDGETS, ({ code }) => code === 200);
  await cluster.create(WIDGETS, widget('a', { spec: { x: 1 } }));
  const beta = await cluster.call('GET', `${WIDGETS.replace('/v1/', '/v1beta1/')}/a`);
  assert.deepEqual([beta.body.apiVersion, beta.body.spec], ['example.com/v1beta1', { x: 1 }]);
  assert.equal(beta.headers.warning, '299 - "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget"');
  assert.equal((await cluster.call('GET', WIDGETS.replace('/v1/', '/v1alpha1/'))).code, 404);
  const group = await cluster.call('GET', '/apis/example.com');
  assert.deepEqual(
    listOf(group.body.versions).map((version) => objectOf(version).version),
    ['v1', 'v1beta1'],
  );
});

test('definitions: scope and group never change', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object' });
  const scope = await cluster.call('PATCH', WIDGET_DEFINITION, { spec: { scope: 'Cluster' } }, MERGE);
  assert.equal(scope.code, 422);
  assert.match(textOf(scope.body.message), /spec\.scope: Invalid value: "Cluster": field is immutable/);
});

test('definitions: selectable fields', async (t) => {
  const cluster = await startCluster(t);
  const openAPIV3Schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { color: { type: 'string' } } } },
  };
  const versions = [
    {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema },
      selectableFields: [{ jsonPath: '.spec.color' }],
    },
  ];
  await cluster.create(DEFINITIONS, widgetDefinition({ type: 'object' }, { versions }));
  await cluster.until(WIDGETS, ({ code }) => code === 200);
  for (const color of ['red', 'blue']) await cluster.create(WIDGETS, widget(color, { spec: { color } }));
  const red = await cluster.call('GET', `${WIDGETS}?fieldSelector=spec.color%3Dred`);
  assert.deepEqual(namesIn(red.body), ['red']);
  const bad = await cluster.call('GET', `${WIDGETS}?fieldSelector=spec.size%3D1`);
  assert.equal(bad.body.message, 'field label not supported: spec.size');
});
