import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Json, textOf } from '../json.ts';
import {
  configMap,
  metadataOf,
  serveWidgets,
  startCluster,
  type TestCluster,
  WIDGETS,
  widget,
} from '../testing/client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

async function withMap(cluster: TestCluster): Promise<void> {
  await cluster.create(MAPS, configMap('a', { labels: { a: '1', b: '2' } }, { x: '1', y: '2' }));
}

test('patch: by merge', async (t) => {
  const cluster = await startCluster(t);
  await withMap(cluster);
  const patch = { metadata: { labels: { a: null, c: '3' } }, data: { x: '9' } };
  const { code, body } = await cluster.call('PATCH', `${MAPS}/a`, patch, { type: MERGE });
  assert.deepEqual([code, metadataOf(body).labels, body.data], [200, { b: '2', c: '3' }, { x: '9', y: '2' }]);
});

test('patch: by steps, all or none', async (t) => {
  const cluster = await startCluster(t);
  await withMap(cluster);
  const steps: Json = [
    { op: 'test', path: '/data/x', value: '1' },
    { op: 'remove', path: '/data/x' },
    { op: 'add', path: '/data/z', value: '3' },
  ];
  const { body } = await cluster.call('PATCH', `${MAPS}/a`, steps, { type: JSON_PATCH });
  assert.deepEqual(body.data, { y: '2', z: '3' });
  const again = await cluster.call('PATCH', `${MAPS}/a`, steps, { type: JSON_PATCH });
  assert.equal(again.code, 422);
  assert.deepEqual((await cluster.call('GET', `${MAPS}/a`)).body, body);
});

test('patch: strategic for built-in kinds, refused for custom ones', async (t) => {
  const cluster = await startCluster(t);
  await withMap(cluster);
  const patch = { metadata: { finalizers: ['a.b/c'] }, data: { $patch: 'replace', only: '1' } };
  const { body } = await cluster.call('PATCH', `${MAPS}/a`, patch, { type: STRATEGIC });
  assert.deepEqual(body.data, { only: '1' });
  const more = await cluster.call('PATCH', `${MAPS}/a`, { metadata: { finalizers: ['d.e/f'] } }, { type: STRATEGIC });
  assert.deepEqual(metadataOf(more.body).finalizers, ['a.b/c', 'd.e/f']);
  await serveWidgets(cluster, { type: 'object' });
  await cluster.create(WIDGETS, widget('a'));
  const custom = await cluster.call('PATCH', `${WIDGETS}/a`, {}, { type: STRATEGIC });
  assert.equal(custom.code, 415);
});

test('patch: a resourceVersion in it guards the object', async (t) => {
  const cluster = await startCluster(t);
  await withMap(cluster);
  const stale = { metadata: { resourceVersion: '1' }, data: { x: '9' } };
  const guarded = await cluster.call('PATCH', `${MAPS}/a`, stale, { type: MERGE });
  assert.deepEqual([guarded.code, guarded.body.reason], [409, 'Conflict']);
  const bad = await cluster.call('PATCH', `${MAPS}/a`, { metadata: { resourceVersion: 'x' } }, { type: MERGE });
  assert.equal(bad.code, 500);
  const uid = await cluster.call('PATCH', `${MAPS}/a`, { metadata: { uid: 'other' } }, { type: MERGE });
  assert.equal(uid.code, 422);
  assert.match(textOf(uid.body.message), /metadata\.uid: Invalid value: "other": field is immutable/);
});

test('patch: what changes nothing is not written', async (t) => {
  const cluster = await startCluster(t);
  await withMap(cluster);
  const before = (await cluster.call('GET', `${MAPS}/a`)).body;
  const { body } = await cluster.call('PATCH', `${MAPS}/a`, { data: { x: '1', none: null } }, { type: MERGE });
  assert.deepEqual(body, before);
});

test('patch: of a status', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object' });
  await cluster.create(WIDGETS, widget('a', { spec: {} }));
  const patch = { spec: { x: 1 }, status: { phase: 'Ready' } };
  const { body } = await cluster.call('PATCH', `${WIDGETS}/a/status`, patch, { type: MERGE });
  assert.deepEqual([body.spec, body.status, metadataOf(body).generation], [{}, { phase: 'Ready' }, 1]);
  const gone = await cluster.call('PATCH', `${WIDGETS}/b/status`, patch, { type: MERGE });
  assert.equal(gone.code, 404);
});

const refused: readonly (readonly [type: string, patch: Json | string, code: number, message: RegExp])[] = [
  ['application/json', {}, 415, /unknown format - accepted media types include/],
  [MERGE, '{', 400, /unexpected end of JSON input/],
  [MERGE, [], 400, /cannot unmarshal array into Go value/],
  [MERGE, null, 400, /Invalid JSON Patch/],
  [MERGE, { metadata: { name: 'b' } }, 400, /does not match the name on the URL/],
  [MERGE, { metadata: { labels: { a: 7 } } }, 422, /patch: Invalid value: .*cannot unmarshal number/],
  [MERGE, { metadata: { labels: { a: '-' } } }, 422, /metadata\.labels: Invalid value: "-"/],
  [MERGE, { kind: 'Secret' }, 422, /patch: Invalid value/],
  [JSON_PATCH, {}, 400, /cannot unmarshal object into Go value/],
  [JSON_PATCH, [{ op: 'remove', path: '/nothing/here' }], 422, /the server rejected our request/],
  [JSON_PATCH, [{ op: 'jump', path: '/a' }], 422, /the server rejected our request/],
  [JSON_PATCH, [{ op: 'replace', path: '', value: 7 }], 400, /the patch leaves no object/],
];

for (const [type, patch, code, message] of refused) {
  test(`patch: ${type} ${JSON.stringify(patch)} is refused`, async (t) => {
    const cluster = await startCluster(t);
    await withMap(cluster);
    const reply = await cluster.call('PATCH', `${MAPS}/a`, patch ?? 'null', { type });
    assert.equal(reply.code, code, reply.text);
    assert.match(textOf(reply.body.message), message);
  });
}

test('patch: a custom resource stays in its version', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object' });
  await cluster.create(WIDGETS, widget('a'));
  const reply = await cluster.call('PATCH', `${WIDGETS}/a`, { apiVersion: 'example.com/v2' }, { type: MERGE });
  assert.equal(reply.code, 422);
  assert.equal(
    reply.body.message,
    'Widget.example.com "a" is invalid: apiVersion: Invalid value: "example.com/v2": must be example.com/v1',
  );
});

test('patch: the last finalizer of a deleted object lets it go', async (t) => {
  const cluster = await startCluster(t);
  await cluster.create(MAPS, configMap('a', { finalizers: ['a.b/c'] }));
  const marked = await cluster.call('DELETE', `${MAPS}/a`);
  assert.ok(metadataOf(marked.body).deletionTimestamp);
  const added = await cluster.call(
    'PATCH',
    `${MAPS}/a`,
    { metadata: { finalizers: ['a.b/c', 'x/y'] } },
    { type: MERGE },
  );
  assert.equal(added.code, 422);
  assert.match(textOf(added.body.message), /no new finalizers can be added if the object is being deleted/);
  const freed = await cluster.call('PATCH', `${MAPS}/a`, { metadata: { finalizers: null } }, { type: MERGE });
  assert.equal(freed.code, 200);
  assert.equal((await cluster.call('GET', `${MAPS}/a`)).code, 404);
});
