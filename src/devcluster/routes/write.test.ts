import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import { configMap, metadataOf, serveWidgets, startCluster, WIDGETS, widget } from '../testing/client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const spec: JsonObject = {
  type: 'object',
  required: ['size'],
  properties: { size: { type: 'integer', minimum: 1 }, color: { type: 'string', default: 'red' } },
};

test('create: the server gives uid, time and version, and keeps what else it is told', async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 4, 6, 7, 8, 9, 999));
  const { create } = await startCluster(t, { clock });
  const body = configMap('a', { labels: { x: 'y' }, annotations: { 'a/b': '' }, finalizers: ['a.b/c'], uid: 'mine' });
  const { metadata, ...rest } = await create(MAPS, body);
  const { uid, resourceVersion, ...kept } = objectOf(metadata);
  assert.match(textOf(uid), /^[0-9a-f-]{36}$/);
  assert.match(textOf(resourceVersion), /^\d+$/);
  assert.deepEqual(kept, {
    name: 'a',
    namespace: 'default',
    labels: { x: 'y' },
    annotations: { 'a/b': '' },
    finalizers: ['a.b/c'],
    creationTimestamp: '2026-05-06T07:08:09Z',
  });
  assert.deepEqual(rest, { apiVersion: 'v1', kind: 'ConfigMap' });
});

test('create: a name is made from generateName, and a taken name is a conflict', async (t) => {
  const { call, create } = await startCluster(t);
  const object = await create(MAPS, { metadata: { generateName: 'job-' } });
  assert.match(textOf(metadataOf(object).name), /^job-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  await create(MAPS, configMap('a'));
  const again = await call('POST', MAPS, configMap('a'));
  assert.equal(again.code, 409);
  assert.equal(again.body.message, 'configmaps "a" already exists');
  assert.deepEqual(again.body.details, { name: 'a', kind: 'configmaps' });
});

const refused: readonly (readonly [body: JsonObject, code: number, message: RegExp])[] = [
  [configMap('Upper'), 422, /metadata\.name: Invalid value: "Upper": a lowercase RFC 1123 subdomain/],
  [configMap(''), 422, /metadata\.name: Required value: name or generateName is required/],
  [configMap('a', { labels: { 'no good': 'x' } }), 422, /metadata\.labels: Invalid value: "no good"/],
  [configMap('a', { labels: { x: '-' } }), 422, /metadata\.labels: Invalid value: "-"/],
  [configMap('a', { annotations: { '/': '' } }), 422, /metadata\.annotations: Invalid value: "\/"/],
  [configMap('a', { annotations: { a: 'x'.repeat(262_145) } }), 422, /metadata\.annotations: Too long/],
  [configMap('a', { finalizers: ['a b'] }), 422, /metadata\.finalizers: Invalid value: "a b"/],
  [configMap('a', { finalizers: ['orphan', 'foregroundDeletion'] }), 422, /cannot be both set/],
  [configMap('a', { namespace: 'other' }), 400, /does not match the namespace sent on the request/],
  [configMap('a', { resourceVersion: '7' }), 500, /resourceVersion should not be set on objects to be created/],
  [configMap('a', { labels: { x: 7 } }), 400, /cannot unmarshal number into Go struct field/],
  [
    configMap('a', { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: '', uid: '' }] }),
    422,
    /ownerReferences\.uid: (Invalid|Required) value/,
  ],
  [{ kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' } }, 400, /cannot be handled as a ConfigMap/],
  [{ kind: 'ConfigMap', apiVersion: 'v2', metadata: { name: 'a' } }, 400, /no kind "ConfigMap" is registered/],
];

for (const [body, code, message] of refused) {
  test(`create: ${JSON.stringify(body).slice(0, 90)} is refused`, async (t) => {
    const { call } = await startCluster(t);
    const reply = await call('POST', MAPS, body);
    assert.equal(reply.code, code, reply.text);
    assert.match(textOf(reply.body.message), message);
  });
}

test('create: not into a namespace that is not there', async (t) => {
  const { call } = await startCluster(t);
  const reply = await call('POST', '/api/v1/namespaces/nowhere/configmaps', configMap('a'));
  assert.deepEqual([reply.code, reply.body.message], [404, 'namespaces "nowhere" not found']);
});

test('dryRun: everything is checked and answered, nothing is stored', async (t) => {
  const { call, create } = await startCluster(t);
  const dry = await call('POST', `${MAPS}?dryRun=All`, configMap('a'));
  assert.equal(dry.code, 201);
  assert.ok(metadataOf(dry.body).uid);
  assert.equal(metadataOf(dry.body).resourceVersion, undefined);
  assert.equal((await call('GET', `${MAPS}/a`)).code, 404);
  const stored = await create(MAPS, configMap('a'));
  const put = await call('PUT', `${MAPS}/a?dryRun=All`, configMap('a', {}, { x: '1' }));
  assert.deepEqual(put.body.data, { x: '1' });
  assert.equal((await call('DELETE', `${MAPS}/a?dryRun=All`)).code, 200);
  assert.deepEqual((await call('GET', `${MAPS}/a`)).body, stored);
  const bad = await call('POST', `${MAPS}?dryRun=Some`, configMap('b'));
  assert.equal(bad.code, 422);
});

test('update: optimistic concurrency', async (t) => {
  const { call, create } = await startCluster(t);
  const first = await create(MAPS, configMap('a'));
  const { resourceVersion, uid } = metadataOf(first);
  const put = await call('PUT', `${MAPS}/a`, { ...first, data: { x: '1' } });
  assert.equal(put.code, 200);
  const stale = await call('PUT', `${MAPS}/a`, { ...first, data: { x: '2' } });
  assert.equal(stale.code, 409);
  assert.equal(
    stale.body.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
  assert.notEqual(metadataOf(put.body).resourceVersion, resourceVersion);
  const stranger = await call('PUT', `${MAPS}/a`, configMap('a', { uid: 'other' }));
  assert.equal(stranger.code, 409);
  assert.match(
    textOf(stranger.body.message),
    new RegExp(`UID in precondition: other, UID in object meta: ${textOf(uid)}`),
  );
});

test('update: what changes nothing is not written', async (t) => {
  const { call, create } = await startCluster(t);
  const first = await create(MAPS, configMap('a', {}, { x: '1' }));
  const same = await call('PUT', `${MAPS}/a`, { data: { x: '1' }, metadata: { name: 'a' } });
  assert.deepEqual(same.body, first);
});

test('update: fields of the server stay, whatever the body says', async (t) => {
  const { call, create } = await startCluster(t);
  const first = await create(MAPS, configMap('a'));
  const forged = {
    creationTimestamp: '2001-01-01T00:00:00Z',
    generation: 77,
  };
  const put = await call('PUT', `${MAPS}/a`, configMap('a', forged, { x: '1' }));
  const { resourceVersion: _new, ...now } = metadataOf(put.body);
  const { resourceVersion: _old, ...before } = metadataOf(first);
  assert.deepEqual(now, before);
});

test('update: a name in the body must be that of the path', async (t) => {
  const { call, create } = await startCluster(t);
  await create(MAPS, configMap('a'));
  const reply = await call('PUT', `${MAPS}/a`, configMap('b'));
  assert.deepEqual(
    [reply.code, reply.body.message],
    [400, 'the name of the object (b) does not match the name on the URL (a)'],
  );
});

test('custom resources: a PUT needs a resourceVersion, and the spec raises the generation', async (t) => {
  const cluster = await startCluster(t);
  const { call, create } = cluster;
  await serveWidgets(cluster, spec);
  const first = await create(WIDGETS, widget('a', { spec: { size: 1, extra: true }, status: { phase: 'forged' } }));
  assert.deepEqual(first.spec, { size: 1, color: 'red' });
  assert.equal(first.status, undefined);
  assert.equal(metadataOf(first).generation, 1);
  const blind = await call('PUT', `${WIDGETS}/a`, widget('a', { spec: { size: 2 } }));
  assert.equal(blind.code, 422);
  assert.match(
    textOf(blind.body.message),
    /metadata\.resourceVersion: Invalid value: 0: must be specified for an update/,
  );
  const put = await call('PUT', `${WIDGETS}/a`, { ...first, spec: { size: 2 } });
  assert.equal(metadataOf(put.body).generation, 2);
  const labelled = await call('PUT', `${WIDGETS}/a`, {
    ...put.body,
    metadata: { ...metadataOf(put.body), labels: { a: 'b' } },
  });
  assert.equal(metadataOf(labelled.body).generation, 2);
  const missing = await call('PUT', `${WIDGETS}/b`, widget('b', { spec: { size: 2 } }));
  assert.deepEqual([missing.code, missing.body.message], [404, 'widgets.example.com "b" not found']);
});

test('custom resources: the status changes by its subresource alone', async (t) => {
  const cluster = await startCluster(t);
  const { call, create } = cluster;
  await serveWidgets(cluster, spec);
  const first = await create(WIDGETS, widget('a', { spec: { size: 1 } }));
  const wrote = await call('PUT', `${WIDGETS}/a/status`, {
    ...first,
    metadata: { ...metadataOf(first), labels: { x: 'y' } },
    spec: { size: 99 },
    status: { phase: 'Ready' },
  });
  assert.deepEqual([wrote.code, wrote.body.spec, wrote.body.status], [200, first.spec, { phase: 'Ready' }]);
  assert.equal(metadataOf(wrote.body).labels, undefined);
  assert.equal(metadataOf(wrote.body).generation, 1);
  const main = await call('PUT', `${WIDGETS}/a`, { ...wrote.body, status: { phase: 'forged' } });
  assert.deepEqual(main.body.status, { phase: 'Ready' });
  assert.deepEqual((await call('GET', `${WIDGETS}/a/status`)).body, main.body);
});

test('fieldValidation: unknown and doubled fields are warned of, refused or let be', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, spec);
  const body =
    '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"size":1,"size":2,"x":1}}';
  const warned = await cluster.call('POST', `${WIDGETS}?dryRun=All`, body);
  assert.equal(warned.code, 201);
  assert.deepEqual([warned.headers.warning].flat(), [
    '299 - "duplicate field \\"spec.size\\""',
    '299 - "unknown field \\"spec.x\\""',
  ]);
  const strict = await cluster.call('POST', `${WIDGETS}?dryRun=All&fieldValidation=Strict`, body);
  assert.equal(strict.code, 400);
  assert.match(
    textOf(strict.body.message),
    /strict decoding error: duplicate field "spec\.size", unknown field "spec\.x"$/,
  );
  const ignored = await cluster.call('POST', `${WIDGETS}?dryRun=All&fieldValidation=Ignore`, body);
  assert.deepEqual([ignored.code, ignored.headers.warning], [201, undefined]);
  const bad = await cluster.call('POST', `${WIDGETS}?fieldValidation=Loose`, body);
  assert.equal(bad.code, 422);
});

test('custom resources: what breaks the schema is refused with a cause for each rule', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, spec);
  const reply = await cluster.call('POST', WIDGETS, widget('a', { spec: { size: 0, color: 7 } }));
  assert.equal(reply.code, 422);
  assert.equal(reply.body.reason, 'Invalid');
  const { causes, ...details } = objectOf(reply.body.details);
  assert.deepEqual(details, { name: 'a', group: 'example.com', kind: 'Widget' });
  assert.deepEqual(
    listOf(causes).map((cause) => objectOf(cause).field),
    ['spec.size', 'spec.color'],
  );
  const untyped = await cluster.call('POST', WIDGETS, { metadata: { name: 'a' } });
  assert.equal(untyped.code, 400);
  assert.match(textOf(untyped.body.message), /Object 'Kind' is missing/);
  const other = await cluster.call('POST', WIDGETS, { ...widget('a'), kind: 'Gadget' });
  assert.match(textOf(other.body.message), /kind: Invalid value: "Gadget": must be Widget/);
  const version = await cluster.call('POST', WIDGETS, { ...widget('a'), apiVersion: 'example.com/v2' });
  assert.match(textOf(version.body.message), /does not match the expected API version \(example.com\/v1\)/);
});

test('custom resources: a finalizer without a domain is warned of', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, spec);
  const body = { ...widget('a', { spec: { size: 1 } }), metadata: { name: 'a', finalizers: ['mine', 'a.b/c'] } };
  const reply = await cluster.call('POST', WIDGETS, body);
  assert.match(textOf([reply.headers.warning].flat()[0]), /prefer a domain-qualified finalizer name/);
});

test('a body in protobuf makes a built-in object as its JSON would; a custom resource knows none', async (t) => {
  const cluster = await startCluster(t);
  await serveWidgets(cluster, { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  const type = 'application/vnd.kubernetes.protobuf';
  // What kubectl 1.36 sends for `create secret generic s1 --from-literal=a=b`.
  const sent = Buffer.from(
    '6b3873000a0c0a0276311206536563726574121e0a120a0273311200' +
      '1a0022002a00320038004200120' +
      '60a01611201621a001a002200',
    'hex',
  );
  const path = '/api/v1/namespaces/default/secrets';
  const made = await cluster.call('POST', `${path}?fieldValidation=Strict`, sent, { type });
  assert.deepEqual([made.code, made.body.data, made.body.type], [201, { a: 'Yg==' }, 'Opaque'], made.text);
  const widget = await cluster.call('POST', WIDGETS, sent, { type });
  assert.equal(widget.code, 415);
});
