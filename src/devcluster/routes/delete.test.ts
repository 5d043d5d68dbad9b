import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type JsonObject, textOf } from '../json.ts';
import { configMap, metadataOf, namesIn, serveWidgets, startCluster, WIDGETS, widget } from '../testing/client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

test('delete: at once, and the answer says what went', async (t) => {
  const { call, create } = await startCluster(t);
  const { uid } = metadataOf(await create(MAPS, configMap('a')));
  const reply = await call('DELETE', `${MAPS}/a`);
  assert.equal(reply.code, 200);
  assert.deepEqual(reply.body, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: 'a', kind: 'configmaps', uid },
  });
  const again = await call('DELETE', `${MAPS}/a`);
  assert.deepEqual([again.code, again.body.message], [404, 'configmaps "a" not found']);
});

test('delete: a finalizer holds the object, marked and with a raised generation', async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  const cluster = await startCluster(t, { clock });
  const { call, create } = cluster;
  await serveWidgets(cluster, { type: 'object' });
  await create(WIDGETS, { ...widget('a'), metadata: { name: 'a', finalizers: ['a.b/c'] } });
  const reply = await call('DELETE', `${WIDGETS}/a`);
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = metadataOf(reply.body);
  assert.deepEqual([deletionTimestamp, deletionGracePeriodSeconds, generation], ['2026-01-01T00:00:00Z', 0, 2]);
  const again = await call('DELETE', `${WIDGETS}/a`);
  assert.deepEqual(again.body, reply.body);
  const taken = await call('POST', WIDGETS, widget('a'));
  assert.equal(taken.body.message, 'object is being deleted: widgets.example.com "a" already exists');
});

test('delete: preconditions', async (t) => {
  const { call, create } = await startCluster(t);
  const { uid, resourceVersion } = metadataOf(await create(MAPS, configMap('a')));
  const guarded = (preconditions: JsonObject) => call('DELETE', `${MAPS}/a`, { preconditions });
  const stranger = await guarded({ uid: 'other' });
  assert.equal(stranger.code, 409);
  assert.match(textOf(stranger.body.message), /the UID in the precondition \(other\) does not match the UID in record/);
  const stale = await guarded({ resourceVersion: '1' });
  assert.equal(stale.code, 409);
  assert.match(textOf(stale.body.message), /the ResourceVersion in the precondition \(1\) does not match/);
  assert.equal((await guarded({ uid: uid ?? '', resourceVersion: resourceVersion ?? '' })).code, 200);
});

const refused: readonly (readonly [query: string, body: JsonObject | undefined, code: number, message: RegExp])[] = [
  ['?propagationPolicy=Never', undefined, 422, /propagationPolicy: Unsupported value: "Never"/],
  ['', { propagationPolicy: 'Orphan', orphanDependents: true }, 422, /cannot be both set/],
  ['', { dryRun: ['Maybe'] }, 422, /dryRun: Unsupported value/],
  ['', { kind: 'ConfigMap', apiVersion: 'v1' }, 400, /cannot be converted to DeleteOptions/],
];

for (const [query, body, code, message] of refused) {
  test(`delete: options ${query} ${JSON.stringify(body)} are refused`, async (t) => {
    const { call, create } = await startCluster(t);
    await create(MAPS, configMap('a'));
    const reply = await call('DELETE', `${MAPS}/a${query}`, body);
    assert.equal(reply.code, code, reply.text);
    assert.match(textOf(reply.body.message), message);
    assert.equal((await call('GET', `${MAPS}/a`)).code, 200);
  });
}

test('deletecollection: what the selector matches, in one namespace', async (t) => {
  const { call, create } = await startCluster(t);
  await create(MAPS, configMap('a', { labels: { app: 'x' } }));
  await create(MAPS, configMap('b', { labels: { app: 'x' }, finalizers: ['a.b/c'] }));
  await create(MAPS, configMap('c'));
  await create('/api/v1/namespaces/kube-system/configmaps', configMap('d', { labels: { app: 'x' } }));
  const reply = await call('DELETE', `${MAPS}?labelSelector=app%3Dx`);
  assert.deepEqual([reply.body.kind, namesIn(reply.body)], ['ConfigMapList', ['a', 'b']]);
  const left = await call('GET', '/api/v1/configmaps');
  assert.deepEqual(namesIn(left.body), ['b', 'c', 'd']);
  const dry = await call('DELETE', `${MAPS}?dryRun=All`);
  assert.equal(dry.code, 200);
  assert.deepEqual(namesIn((await call('GET', MAPS)).body), ['b', 'c']);
});
