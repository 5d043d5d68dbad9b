import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listOf, objectOf, textOf } from '../json.ts';
import { configMap, metadataOf, namesIn, startCluster, type TestCluster } from '../testing/client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const LIST_METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

async function withMaps(cluster: TestCluster, count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await cluster.create(MAPS, configMap(`m${i}`, { labels: { even: String(i % 2 === 0) } }));
}

test('list: pages keep to the state of the first one', async (t) => {
  const cluster = await startCluster(t);
  const { call } = cluster;
  await withMaps(cluster, 5);
  const first = await call('GET', `${MAPS}?limit=2`);
  assert.deepEqual(namesIn(first.body), ['m0', 'm1']);
  const { continue: token, remainingItemCount, resourceVersion } = metadataOf(first.body);
  assert.equal(remainingItemCount, 3);
  await call('DELETE', `${MAPS}/m3`);
  await cluster.create(MAPS, configMap('m22'));
  const second = await call('GET', `${MAPS}?limit=2&continue=${textOf(token)}`);
  assert.deepEqual(namesIn(second.body), ['m2', 'm3']);
  assert.equal(metadataOf(second.body).resourceVersion, resourceVersion);
  const third = await call('GET', `${MAPS}?limit=2&continue=${textOf(metadataOf(second.body).continue)}`);
  assert.deepEqual(namesIn(third.body), ['m4']);
  assert.equal(metadataOf(third.body).continue, undefined);
  assert.equal(metadataOf(third.body).remainingItemCount, undefined);
});

test('list: a token from before a compaction is answered with 410 and a way on', async (t) => {
  const cluster = await startCluster(t);
  const { call } = cluster;
  await withMaps(cluster, 4);
  const { continue: token } = metadataOf((await call('GET', `${MAPS}?limit=2`)).body);
  await cluster.create(MAPS, configMap('z'));
  cluster.cluster.compact();
  const gone = await call('GET', `${MAPS}?limit=2&continue=${textOf(token)}`);
  assert.equal(gone.code, 410);
  assert.equal(gone.body.reason, 'Expired');
  const next = await call('GET', `${MAPS}?limit=9&continue=${textOf(metadataOf(gone.body).continue)}`);
  assert.deepEqual(namesIn(next.body), ['m2', 'm3', 'z']);
});

test('list: selectors choose, and then nobody counts the rest', async (t) => {
  const cluster = await startCluster(t);
  const { call } = cluster;
  await withMaps(cluster, 6);
  const even = await call('GET', `${MAPS}?labelSelector=even%3Dtrue`);
  assert.deepEqual(namesIn(even.body), ['m0', 'm2', 'm4']);
  const page = await call('GET', `${MAPS}?labelSelector=even&limit=2`);
  assert.equal(metadataOf(page.body).remainingItemCount, undefined);
  assert.ok(metadataOf(page.body).continue);
  const one = await call('GET', `${MAPS}?fieldSelector=metadata.name%3Dm5`);
  assert.deepEqual(namesIn(one.body), ['m5']);
  const bad = await call('GET', `${MAPS}?fieldSelector=data.x%3D1`);
  assert.equal(bad.code, 400);
  assert.match(textOf(bad.body.message), /is not a known field selector/);
});

test('list: items of built-in kinds carry no kind, the list does', async (t) => {
  const cluster = await startCluster(t);
  await withMaps(cluster, 1);
  const { body } = await cluster.call('GET', MAPS);
  assert.deepEqual([body.kind, body.apiVersion], ['ConfigMapList', 'v1']);
  assert.equal(objectOf(listOf(body.items)[0]).kind, undefined);
});

test('list and get: metadata alone', async (t) => {
  const cluster = await startCluster(t);
  const { call } = cluster;
  await cluster.create(MAPS, configMap('a', {}, { key: 'value' }));
  const list = await call('GET', MAPS, undefined, { accept: LIST_METADATA });
  assert.deepEqual([list.body.kind, list.body.apiVersion], ['PartialObjectMetadataList', 'meta.k8s.io/v1']);
  const item = objectOf(listOf(list.body.items)[0]);
  assert.equal(item.kind, 'PartialObjectMetadata');
  const accept = LIST_METADATA.replace('List', '');
  const one = await call('GET', `${MAPS}/a`, undefined, { accept });
  assert.deepEqual(one.body, item);
  const other = await call('GET', `${MAPS}/a`, undefined, { accept: 'application/json;as=Picture;g=meta.k8s.io;v=v1' });
  assert.equal(other.code, 406);
  const either = await call('GET', `${MAPS}/a`, undefined, {
    accept: 'application/vnd.kubernetes.protobuf, application/json;q=0.5',
  });
  assert.equal(either.body.kind, 'ConfigMap');
});

test('list: an earlier state by resourceVersionMatch=Exact, and the limits of it', async (t) => {
  const cluster = await startCluster(t);
  const { call, create } = cluster;
  const a = await create(MAPS, configMap('a'));
  await create(MAPS, configMap('b'));
  const version = textOf(metadataOf(a).resourceVersion);
  const then = await call('GET', `${MAPS}?resourceVersion=${version}&resourceVersionMatch=Exact`);
  assert.deepEqual(namesIn(then.body), ['a']);
  assert.equal(metadataOf(then.body).resourceVersion, version);
  const now = await call('GET', `${MAPS}?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`);
  assert.deepEqual(namesIn(now.body), ['a', 'b']);
  const future = await call('GET', `${MAPS}/a?resourceVersion=999999`);
  assert.equal(future.code, 504);
  assert.equal(objectOf(future.body.details).retryAfterSeconds, 1);
  cluster.cluster.compact();
  assert.equal((await call('GET', `${MAPS}?resourceVersion=${version}&resourceVersionMatch=Exact`)).code, 410);
});

const wrongOptions: readonly (readonly [query: string, message: RegExp])[] = [
  ['resourceVersionMatch=Exact', /forbidden unless resourceVersion is provided/],
  ['resourceVersion=1&resourceVersionMatch=Newest', /Unsupported value: "Newest"/],
  ['resourceVersion=0&resourceVersionMatch=Exact', /forbidden for resourceVersion "0"/],
  ['sendInitialEvents=true', /sendInitialEvents is forbidden for list/],
  ['watch=1&resourceVersionMatch=NotOlderThan', /forbidden for watch unless sendInitialEvents is provided/],
  ['watch=1&sendInitialEvents=1&resourceVersionMatch=Exact', /Unsupported value: "Exact"/],
  ['continue=x&resourceVersionMatch=Exact&resourceVersion=1', /forbidden when continue is provided/],
];

for (const [query, message] of wrongOptions) {
  test(`list: ${query} is refused`, async (t) => {
    const { call } = await startCluster(t);
    const reply = await call('GET', `${MAPS}?${query}`);
    assert.equal(reply.code, 422);
    assert.match(textOf(reply.body.message), message);
  });
}
