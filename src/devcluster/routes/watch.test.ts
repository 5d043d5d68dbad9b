import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type JsonObject, objectOf, textOf } from '../json.ts';
import { configMap, metadataOf, type OpenWatch, startCluster } from '../testing/client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const BOOKMARKS = `${MAPS}?watch=1&allowWatchBookmarks=true`;

function told({ type, object }: JsonObject): string {
  return `${textOf(type)} ${textOf(metadataOf(object).name)}`;
}

async function toldNext(open: OpenWatch, count: number): Promise<readonly string[]> {
  const events: string[] = [];
  while (events.length < count) events.push(told(await open.next()));
  return events;
}

test('watch: without a resourceVersion the present state comes first, then every change', async (t) => {
  const { call, create, watch } = await startCluster(t);
  await create(MAPS, configMap('b'));
  await create(MAPS, configMap('a'));
  await create('/api/v1/namespaces/kube-system/configmaps', configMap('elsewhere'));
  const open = await watch(`${MAPS}?watch=1`);
  assert.deepEqual(await toldNext(open, 2), ['ADDED a', 'ADDED b']);
  await create(MAPS, configMap('c'));
  await call('PATCH', `${MAPS}/a`, { data: { x: '1' } }, { type: 'application/merge-patch+json' });
  await call('DELETE', `${MAPS}/b`);
  assert.deepEqual(await toldNext(open, 3), ['ADDED c', 'MODIFIED a', 'DELETED b']);
  open.close();
});

test('watch: from a resourceVersion only what came after it', async (t) => {
  const { create, watch } = await startCluster(t);
  const a = await create(MAPS, configMap('a'));
  await create(MAPS, configMap('b'));
  const open = await watch(`${MAPS}?watch=1&resourceVersion=${textOf(metadataOf(a).resourceVersion)}`);
  assert.deepEqual(await toldNext(open, 1), ['ADDED b']);
  open.close();
});

test('watch: across all namespaces, with metadata alone', async (t) => {
  const { create, watch } = await startCluster(t);
  await create(MAPS, configMap('a', {}, { secret: 'x' }));
  await create('/api/v1/namespaces/kube-system/configmaps', configMap('b'));
  const open = await watch(
    '/api/v1/configmaps?watch=1&allowWatchBookmarks=1&timeoutSeconds=1',
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  );
  const [first, second, bookmark] = await open.rest();
  assert.deepEqual([told(first ?? {}), told(second ?? {})], ['ADDED a', 'ADDED b']);
  for (const event of [first, second, bookmark]) {
    const object = objectOf(event?.object);
    assert.equal(object.kind, 'PartialObjectMetadata');
    assert.equal(object.apiVersion, 'meta.k8s.io/v1');
    assert.equal(object.data, undefined);
  }
  assert.equal(bookmark?.type, 'BOOKMARK');
});

test('watch: a selector turns changes into coming and going', async (t) => {
  const { call, create, watch } = await startCluster(t);
  const label = (name: string, app: string | null) =>
    call('PATCH', `${MAPS}/${name}`, { metadata: { labels: { app } } }, { type: 'application/merge-patch+json' });
  await create(MAPS, configMap('a'));
  const open = await watch(`${MAPS}?watch=1&labelSelector=app%3Dx`);
  await label('a', 'x');
  await label('a', 'y');
  await label('a', 'z');
  await label('a', 'x');
  await call('PATCH', `${MAPS}/a`, { data: { k: 'v' } }, { type: 'application/merge-patch+json' });
  await call('DELETE', `${MAPS}/a`);
  const events = [await open.next(), await open.next(), await open.next(), await open.next(), await open.next()];
  assert.deepEqual(events.map(told), ['ADDED a', 'DELETED a', 'ADDED a', 'MODIFIED a', 'DELETED a']);
  // What leaves is shown as it was seen last.
  assert.deepEqual(metadataOf(events[1]?.object).labels, { app: 'x' });
  open.close();
});

test('watch: a field selector follows one object', async (t) => {
  const { create, watch } = await startCluster(t);
  const open = await watch(`${MAPS}?watch=1&fieldSelector=metadata.name%3Db`);
  await create(MAPS, configMap('a'));
  await create(MAPS, configMap('b'));
  assert.deepEqual(await toldNext(open, 1), ['ADDED b']);
  open.close();
});

test('watch: after a compaction an old resourceVersion is answered with an ERROR event', async (t) => {
  const { create, watch, cluster } = await startCluster(t);
  const a = await create(MAPS, configMap('a'));
  await create(MAPS, configMap('b'));
  cluster.compact();
  const open = await watch(`${MAPS}?watch=1&resourceVersion=${textOf(metadataOf(a).resourceVersion)}`);
  assert.equal(open.code, 200);
  const [error, ...more] = await open.rest();
  assert.equal(error?.type, 'ERROR');
  assert.deepEqual(more, []);
  const status = objectOf(error?.object);
  assert.deepEqual([status.kind, status.code, status.reason], ['Status', 410, 'Expired']);
  assert.match(textOf(status.message), /^too old resource version: \d+ \(\d+\)$/);
  const fresh = await watch(`${MAPS}?watch=1&resourceVersion=0`);
  assert.deepEqual(await toldNext(fresh, 2), ['ADDED a', 'ADDED b']);
  fresh.close();
});

test('watch: more changes than the history holds are too many to resume over', async (t) => {
  const { create, watch } = await startCluster(t, { historyLimit: 3 });
  const a = await create(MAPS, configMap('a'));
  for (let i = 0; i < 10; i++) await create(MAPS, configMap(`x${i}`));
  const open = await watch(`${MAPS}?watch=1&resourceVersion=${textOf(metadataOf(a).resourceVersion)}`);
  assert.equal((await open.next()).type, 'ERROR');
});

test('watch: a bookmark about once a minute, one before the end, and then the end', async (t) => {
  const clock = new FakeClock();
  const { call, create, watch } = await startCluster(t, { clock });
  const from = textOf(metadataOf((await call('GET', MAPS)).body).resourceVersion);
  const open = await watch(`${BOOKMARKS}&timeoutSeconds=200&resourceVersion=${from}`);
  const a = await create(MAPS, configMap('a'));
  assert.deepEqual(await toldNext(open, 1), ['ADDED a']);
  await clock.advanceAsync(50_000);
  await clock.advanceAsync(20_000);
  const bookmark = await open.next();
  assert.deepEqual(bookmark, {
    type: 'BOOKMARK',
    object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: metadataOf(a).resourceVersion } },
  });
  await clock.advanceAsync(130_000);
  const types = (await open.rest()).map(({ type }) => type);
  assert.ok(types.length >= 2 && types.length <= 3, JSON.stringify(types));
  assert.deepEqual(new Set(types), new Set(['BOOKMARK']));
  assert.equal(clock.pendingTimers, 0);
});

test('watch: without allowWatchBookmarks there is none', async (t) => {
  const clock = new FakeClock();
  const { watch } = await startCluster(t, { clock });
  const open = await watch(`${MAPS}?watch=1&timeoutSeconds=200`);
  await clock.advanceAsync(200_000);
  assert.deepEqual(await open.rest(), []);
});

test('watch: without a timeout the server ends it after half an hour to an hour', async (t) => {
  const clock = new FakeClock();
  const { watch, cluster } = await startCluster(t, { clock });
  const open = await watch(`${MAPS}?watch=1`);
  await clock.advanceAsync(30 * 60_000 - 1);
  assert.equal(cluster.openWatches(), 1);
  await clock.advanceAsync(30 * 60_000 + 1);
  assert.deepEqual(await open.rest(), []);
});

test('watch: with bookmarks, one ends the state that comes first', async (t) => {
  const { create, watch } = await startCluster(t);
  const a = await create(MAPS, configMap('a'));
  for (const query of ['', '&resourceVersion=0']) {
    const open = await watch(`${BOOKMARKS}${query}`);
    assert.deepEqual(await toldNext(open, 1), ['ADDED a']);
    assert.deepEqual(await open.next(), {
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: metadataOf(a).resourceVersion,
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    });
    open.close();
  }
});

test('watch: sendInitialEvents marks the end of the state', async (t) => {
  const { create, watch, call } = await startCluster(t);
  await create(MAPS, configMap('a'));
  const open = await watch(`${BOOKMARKS}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`);
  assert.deepEqual(await toldNext(open, 1), ['ADDED a']);
  const mark = await open.next();
  assert.equal(mark.type, 'BOOKMARK');
  assert.deepEqual(metadataOf(mark.object).annotations, { 'k8s.io/initial-events-end': 'true' });
  open.close();
  const reply = await call('GET', `${MAPS}?watch=1&sendInitialEvents=true`);
  assert.equal(reply.code, 422);
  assert.match(textOf(reply.body.message), /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/);
});

test('watch: sendInitialEvents=false begins now', async (t) => {
  const { create, watch } = await startCluster(t);
  await create(MAPS, configMap('a'));
  const open = await watch(`${MAPS}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`);
  await create(MAPS, configMap('b'));
  assert.deepEqual(await toldNext(open, 1), ['ADDED b']);
  open.close();
});
