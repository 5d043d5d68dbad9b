import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import { metadataOf, startCluster } from '../testing/client.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const MERGE = { type: 'application/merge-patch+json' };

function lease(spec: JsonObject): JsonObject {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'a' }, spec };
}

test('leases: times have microseconds, a PUT needs a resourceVersion', async (t) => {
  const { create, call } = await startCluster(t);
  const spec = {
    holderIdentity: 'me',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-02T03:04:05.000000Z',
    renewTime: '2026-01-02T03:04:05.123456Z',
    leaseTransitions: 0,
  };
  const made = await create(LEASES, lease(spec));
  assert.deepEqual(made.spec, spec);
  const blind = await call('PUT', `${LEASES}/a`, lease(spec));
  assert.equal(blind.code, 422);
  assert.match(textOf(blind.body.message), /resourceVersion: Invalid value: 0: must be specified for an update/);
  const released = await call('PUT', `${LEASES}/a`, { ...made, spec: { ...spec, holderIdentity: '' } });
  assert.equal(objectOf(released.body.spec).holderIdentity, '');
  const late = await call('PUT', `${LEASES}/a`, { ...made, spec: { ...spec, holderIdentity: 'other' } });
  assert.equal(late.code, 409);
});

test('leases: a PUT of one that is not there creates it', async (t) => {
  const { call } = await startCluster(t);
  const reply = await call('PUT', `${LEASES}/a`, lease({ holderIdentity: 'me' }));
  assert.equal(reply.code, 201);
  assert.ok(metadataOf(reply.body).uid);
});

const badLeases: readonly (readonly [spec: JsonObject, code: number, message: RegExp])[] = [
  [{ leaseDurationSeconds: 0 }, 422, /spec\.leaseDurationSeconds: Invalid value: 0: must be greater than 0/],
  [{ leaseTransitions: -1 }, 422, /spec\.leaseTransitions: Invalid value: -1: must be greater than or equal to 0/],
  [{ leaseDurationSeconds: 1.5 }, 400, /cannot unmarshal number 1\.5 into Go struct field/],
  [{ holderIdentity: 7 }, 400, /cannot unmarshal number into Go struct field/],
  [{ renewTime: 'now' }, 400, /parsing time "now"/],
  [{ renewTime: '2026-13-01T00:00:00.000000Z' }, 400, /parsing time/],
];

for (const [spec, code, message] of badLeases) {
  test(`leases: ${JSON.stringify(spec)} is refused`, async (t) => {
    const { call } = await startCluster(t);
    const reply = await call('POST', LEASES, lease(spec));
    assert.equal(reply.code, code, reply.text);
    assert.match(textOf(reply.body.message), message);
  });
}

function deployment(changes: JsonObject = {}): JsonObject {
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: { selector: { matchLabels: { app: 'x' } }, template, ...changes },
  };
}

test('workloads: are kept as they are, with generation and status', async (t) => {
  const { create, call } = await startCluster(t);
  const made = await create(DEPLOYMENTS, { ...deployment(), status: { replicas: 9 } });
  assert.equal(objectOf(made.spec).replicas, 1);
  assert.deepEqual([metadataOf(made).generation, made.status], [1, {}]);
  const annotations = { 'example.com/restarted-at': 'now' };
  const patch = { spec: { template: { metadata: { annotations } } } };
  const restarted = await call('PATCH', `${DEPLOYMENTS}/a`, patch, MERGE);
  assert.equal(metadataOf(restarted.body).generation, 2);
  const status = await call('PATCH', `${DEPLOYMENTS}/a/status`, { status: { replicas: 1 } }, MERGE);
  assert.deepEqual([metadataOf(status.body).generation, status.body.status], [2, { replicas: 1 }]);
  const kept = await call('PATCH', `${DEPLOYMENTS}/a`, { status: { replicas: 7 } }, MERGE);
  assert.deepEqual(kept.body.status, { replicas: 1 });
});

test('workloads: the selector must match the template and never changes', async (t) => {
  const { create, call } = await startCluster(t);
  const wrong = await call('POST', DEPLOYMENTS, deployment({ selector: { matchLabels: { app: 'y' } } }));
  assert.match(textOf(wrong.body.message), /`selector` does not match template `labels`/);
  const none = await call('POST', DEPLOYMENTS, deployment({ selector: null }));
  assert.match(textOf(none.body.message), /spec\.selector: Required value/);
  await create(DEPLOYMENTS, deployment());
  const patch = { spec: { selector: { matchLabels: { app: 'x', b: null } } } };
  assert.equal((await call('PATCH', `${DEPLOYMENTS}/a`, patch, MERGE)).code, 200);
  const other = { spec: { selector: { matchLabels: { b: 'x' } }, template: { metadata: { labels: { b: 'x' } } } } };
  const changed = await call('PATCH', `${DEPLOYMENTS}/a`, other, MERGE);
  assert.match(textOf(changed.body.message), /spec\.selector: Invalid value: .*: field is immutable/);
});

test('service accounts: a DELETE answers the object', async (t) => {
  const { create, call } = await startCluster(t);
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  await create(accounts, { metadata: { name: 'robot' }, automountServiceAccountToken: false, imagePullSecrets: [] });
  const { body } = await call('DELETE', `${accounts}/robot`);
  assert.deepEqual(
    [body.kind, body.automountServiceAccountToken, body.imagePullSecrets],
    ['ServiceAccount', false, undefined],
  );
});

test('built-in kinds: unknown fields are warned of or refused, and never stored', async (t) => {
  const { call } = await startCluster(t);
  const body = { metadata: { name: 'a', odd: 1 }, spec: { holderIdentity: 'me', odd: 1 }, extra: 1 };
  const reply = await call('POST', LEASES, body);
  assert.equal(reply.code, 201);
  assert.equal([reply.headers.warning].flat().length, 3);
  assert.deepEqual(reply.body.spec, { holderIdentity: 'me' });
  assert.equal(reply.body.extra, undefined);
  const strict = await call('POST', `${LEASES}?fieldValidation=Strict`, body);
  assert.equal(strict.code, 400);
  assert.match(textOf(strict.body.message), /strict decoding error: unknown field "metadata\.odd", unknown field/);
});

test('built-in kinds: finalizers are standard or qualified', async (t) => {
  const { call } = await startCluster(t);
  const reply = await call('POST', LEASES, { metadata: { name: 'a', finalizers: ['mine'] } });
  assert.equal(reply.code, 422);
  assert.match(textOf(reply.body.message), /name is neither a standard finalizer name nor is it fully qualified/);
});

test('discovery: groups, versions and resources', async (t) => {
  const { call } = await startCluster(t);
  const groups = await call('GET', '/apis');
  assert.deepEqual(
    listOf(groups.body.groups).map((group) => objectOf(group).name),
    ['apiextensions.k8s.io', 'coordination.k8s.io', 'events.k8s.io', 'apps'],
  );
  const core = await call('GET', '/api/v1');
  const names = listOf(core.body.resources).map((resource) => objectOf(resource).name);
  assert.ok(['secrets', 'configmaps', 'namespaces', 'namespaces/status'].every((name) => names.includes(name)));
  assert.deepEqual((await call('GET', '/api')).body.versions, ['v1']);
  assert.equal((await call('GET', '/version')).body.major, '1');
  assert.equal((await call('GET', '/apis/nowhere.io')).code, 404);
  assert.equal((await call('GET', '/apis/apps/v1/')).code, 200);
});
