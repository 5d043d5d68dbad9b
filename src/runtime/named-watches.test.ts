import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock, waitFor } from '../../test/support/fake-clock.ts';
import { plainAccess } from '../../test/support/loopback-server.ts';
import { WatchServer } from '../../test/support/watch-server.ts';
import { SECRETS } from '../api/core-types.ts';
import { keyText } from '../api/meta.ts';
import { type Clock, systemClock } from './clock.ts';
import { KubeClient } from './kube-client.ts';
import { NamedWatches } from './named-watches.ts';

const X = { namespace: 'a', name: 'x' };
const Y = { namespace: 'b', name: 'y' };

async function world(t: TestContext, clock: Clock = systemClock) {
  const server = await WatchServer.start(t);
  const kube = new KubeClient({
    access: plainAccess(server.loopback.url),
    clock,
    random: () => 0,
    userAgent: 'test',
  });
  const watches = new NamedWatches({ kube, type: SECRETS, clock, random: () => 0 });
  t.after(async () => {
    await watches.stop();
    await kube.close();
  });
  return { server, watches };
}

test('each wanted object is watched once, by name and as metadata, however many want it', async (t) => {
  const { server, watches } = await world(t);
  const changed: string[] = [];
  watches.store.onChange(({ before, after }) => {
    const object = after ?? before;
    if (object !== undefined) changed.push(`${object.metadata.name} ${after === undefined ? 'gone' : 'there'}`);
  });
  assert.equal(watches.hasSynced(X), false);
  server.set('x', 'a');
  watches.want('one', [X, Y]);
  watches.want('two', [X]);
  await waitFor('both', () => watches.hasSynced(X) && watches.hasSynced(Y) && server.openWatches === 2);
  assert.equal(server.lists, 2);
  for (const { path, query, headers } of server.loopback.seen) {
    assert.match(
      `${path}?${query.get('fieldSelector')}`,
      /namespaces\/(a\/secrets\?metadata\.name=x|b\/secrets\?metadata\.name=y)$/,
    );
    assert.match(headers.accept ?? '', /as=PartialObjectMetadata/);
  }
  server.set('y', 'b');
  await waitFor('the new one', () => changed.includes('y there'));
  server.delete('x', 'a');
  await waitFor('the deletion', () => changed.includes('x gone'));
});

test('what nobody wants any more is let go, without a word', async (t) => {
  const { server, watches } = await world(t);
  server.set('x', 'a');
  server.set('y', 'b');
  watches.want('one', [X, Y]);
  watches.want('two', [X]);
  await waitFor('both', () => server.openWatches === 2 && watches.store.list().length === 2);
  const changes: unknown[] = [];
  watches.store.onChange((change) => changes.push(change));
  watches.want('one', []);
  await waitFor('one less', () => server.openWatches === 1);
  await waitFor('it is forgotten', () => watches.store.list().length === 1);
  assert.deepEqual([watches.hasSynced(X), watches.hasSynced(Y)], [true, false]);
  watches.want('two', [Y]);
  await waitFor(
    'the other',
    () =>
      watches.hasSynced(Y) &&
      watches.store
        .list()
        .map((one) => one.metadata.name)
        .join() === 'y',
  );
  assert.deepEqual(changes.length, 1); // y came again; that x and y were let go is no change of theirs
});

test('an object that is let go and wanted again at once is not lost', async (t) => {
  const { server, watches } = await world(t);
  server.set('x', 'a');
  for (let round = 0; round < 20; round++) {
    watches.want('one', [X]);
    watches.want('one', []);
  }
  watches.want('one', [X]);
  await waitFor('it is there', () => watches.hasSynced(X) && server.openWatches === 1);
  assert.deepEqual(
    watches.store.list().map((one) => keyText({ namespace: 'a', name: one.metadata.name })),
    ['a/x'],
  );
});

test('the answer to a write of ours leaves no value in the store', async (t) => {
  const { watches } = await world(t);
  const metadata = {
    name: 'x',
    namespace: 'a',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  const answer = { apiVersion: 'v1', kind: 'Secret', metadata, data: { key: 'aHVudGVyMg==' } };
  watches.store.beginWrite(X).finished(answer);
  assert.equal(watches.store.list().length, 1);
  assert.doesNotMatch(JSON.stringify(watches.store.list()), /aHVudGVyMg/);
});

test('a watch that stands still is told; one that nobody wants any more is not', async (t) => {
  const clock = new FakeClock();
  const { server, watches } = await world(t, clock);
  watches.want('one', [X]);
  await waitFor('the watch', () => server.openWatches === 1);
  assert.equal(watches.standsStill, false);
  clock.stopProcessFor(16 * 60_000);
  assert.equal(watches.standsStill, true);
  watches.want('one', []);
  assert.equal(watches.standsStill, false);
});
