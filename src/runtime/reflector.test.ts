import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock, waitFor } from '../../test/support/fake-clock.ts';
import { plainAccess, status } from '../../test/support/loopback-server.ts';
import { WatchServer } from '../../test/support/watch-server.ts';
import type { KubeObject, ResourceType } from '../api/meta.ts';
import { systemClock } from './clock.ts';
import { KubeClient } from './kube-client.ts';
import { Reflector, type ReflectorOptions, type RelistReason } from './reflector.ts';
import { ObjectStore } from './store.ts';

const THINGS: ResourceType = { group: '', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };

interface World {
  readonly server: WatchServer;
  readonly store: ObjectStore;
  readonly reflector: Reflector;
  readonly relists: RelistReason[];
  readonly failures: unknown[];
  readonly seen: string[];
  names(): string[];
}

/** Jitter is fixed at its least (a quarter of the base), so that real time suffices where no timer is the point. */
async function world(
  t: TestContext,
  options: Partial<ReflectorOptions<KubeObject>> & { delayStart?: true } = {},
): Promise<World> {
  const server = await WatchServer.start(t);
  const clock = options.clock ?? systemClock;
  const kube = new KubeClient({ access: plainAccess(server.loopback.url), clock, random: () => 0, userAgent: 'test' });
  const relists: RelistReason[] = [];
  const failures: unknown[] = [];
  const seen: string[] = [];
  const store = new ObjectStore();
  store.onChange(({ before, after }) => {
    const what = after === undefined ? 'gone' : before === undefined ? 'new' : 'changed';
    seen.push(`${(after ?? before)?.metadata.name} ${what}`);
  });
  const { delayStart, ...rest } = options;
  const reflector = new Reflector({
    kube,
    type: THINGS,
    store,
    clock,
    random: () => 0,
    onRelist: (reason) => relists.push(reason),
    onFailure: (error) => failures.push(error),
    ...rest,
  });
  t.after(async () => {
    await reflector.stop();
    await kube.close();
  });
  if (delayStart === undefined) reflector.start();
  const names = () =>
    store
      .list()
      .map((one) => one.metadata.name)
      .sort();
  return { server, store, reflector, relists, failures, seen, names };
}

const watching = (one: World) => waitFor('an open watch', () => one.server.openWatches === 1);

/** The point of every fault test: whatever happened before, this event arrives. */
async function laterEventsArrive(one: World): Promise<void> {
  const name = `later-${one.seen.length}`;
  one.server.set(name);
  await waitFor('the later event', () => one.names().includes(name));
  assert.deepEqual(one.names(), one.server.names());
}

test('lists in pages, then watches: what is there, what comes, what goes', async (t) => {
  const one = await world(t, { delayStart: true });
  for (let i = 0; i < 1100; i++) one.server.set(`thing-${i}`);
  assert.equal(one.reflector.hasSynced, false);
  one.reflector.start();
  await waitFor('the list', () => one.reflector.hasSynced);
  assert.equal(one.store.list().length, 1100);
  assert.equal(one.server.loopback.seen.filter((request) => request.query.has('continue')).length, 2);
  await watching(one);
  one.server.set('thing-0');
  one.server.delete('thing-1');
  await waitFor('the deletion', () => one.seen.includes('thing-1 gone'));
  assert.ok(one.seen.includes('thing-0 changed'));
  assert.deepEqual(one.relists, ['Start']);
});

test('the end of a watch in good order is no failure, and nothing is listed again', async (t) => {
  const clock = new FakeClock();
  const one = await world(t, { clock });
  await waitFor('the head of the watch', () => clock.nextTimerMs === 305_000);
  clock.advance(300_000);
  one.server.endWatches();
  await waitFor('another watch', () => one.server.loopback.seen.length === 3);
  one.server.set('x');
  await waitFor('the event', () => one.seen.length === 1);
  assert.deepEqual([one.relists, one.failures], [['Start'], []]);
});

for (const [code, headers] of [
  [500, {}],
  [429, { 'retry-after': '0' }],
  [403, {}],
] as const) {
  test(`a server that answers ${code} for a while, to lists and to watches`, async (t) => {
    const one = await world(t, { delayStart: true });
    let refusals = 4;
    one.server.fault = (_, response) => {
      if (refusals-- <= 0) return false;
      status(response, code, 'Trouble', { headers });
      return true;
    };
    one.server.set('x');
    one.reflector.start();
    await waitFor('the list', () => one.reflector.hasSynced);
    await watching(one);
    refusals = 2;
    one.server.loopback.cutAll();
    await laterEventsArrive(one);
    assert.equal(one.relists.filter((reason) => reason !== 'Start').length, 0);
  });
}

test('Retry-After is waited for', async (t) => {
  const clock = new FakeClock();
  const one = await world(t, { clock });
  await watching(one);
  one.server.fault = (_, response) => {
    status(response, 429, 'TooManyRequests', { headers: { 'retry-after': '20' } });
    return true;
  };
  one.server.loopback.cutAll();
  await waitFor('a short pause', () => one.failures.length === 1 && clock.nextTimerMs !== undefined);
  clock.advance(1000);
  await waitFor('the refusal', () => one.failures.length === 2);
  await waitFor('the pause', () => clock.nextTimerMs === 20_000);
  one.server.fault = undefined;
  clock.advance(20_000);
  await laterEventsArrive(one);
});

test('a reset in mid-stream', async (t) => {
  const one = await world(t);
  await watching(one);
  one.server.loopback.cutAll();
  await laterEventsArrive(one);
  assert.deepEqual(one.relists, ['Start']);
});

test('a line that is cut off, and one that is broken, end the watch; the event comes again', async (t) => {
  for (const text of [
    '{"type":"ADDED","obj',
    '{"type":"ADDED","object":{"metadata"\n',
    '{"type":"ODD","object":{}}\n',
  ]) {
    const one = await world(t);
    await watching(one);
    const [response] = one.server.watchResponses;
    if (text.endsWith('\n')) response?.write(text);
    else response?.end(text);
    await waitFor('the failure', () => one.failures.length === 1);
    await laterEventsArrive(one);
    assert.deepEqual(one.relists, ['Start']);
  }
});

test('410 as an answer and as an event: one relist each, and what went meanwhile is gone', async (t) => {
  const one = await world(t);
  one.server.set('x');
  one.server.set('y');
  await watching(one);
  await waitFor('both', () => one.names().length === 2);
  one.server.fault = (request, response) => {
    if (!request.query.has('watch')) return false;
    response.socket?.resetAndDestroy();
    return true;
  };
  one.server.loopback.cutAll();
  await waitFor('the cut', () => one.failures.length > 0);
  one.server.delete('x');
  one.server.compact();
  one.server.fault = undefined;
  await waitFor('the deletion', () => one.seen.includes('x gone'));
  await watching(one);
  one.server.watchResponses[0]?.write(
    `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } })}\n`,
  );
  await waitFor('the second relist', () => one.relists.length === 3);
  await watching(one);
  await laterEventsArrive(one);
  assert.deepEqual(one.relists, ['Start', 'Expired', 'Expired']);
});

test('a storm of 410 is slowed down, not followed', async (t) => {
  const clock = new FakeClock();
  const one = await world(t, { clock, random: () => 0.999 });
  one.server.fault = (request, response) => {
    if (!request.query.has('watch')) return false;
    status(response, 410, 'Expired');
    return true;
  };
  const waits: number[] = [];
  for (let i = 0; i < 10; i++) {
    await waitFor('a pause', () => one.failures.length === i + 1 && clock.nextTimerMs !== undefined);
    waits.push(Math.round(clock.nextTimerMs ?? 0));
    clock.advance(clock.nextTimerMs ?? 0);
  }
  assert.deepEqual(waits, [250, 500, 999, 1998, 3996, 7992, 15_984, 29_970, 29_970, 29_970]);
  one.server.fault = undefined;
  clock.advance(30_000);
  await laterEventsArrive(one);
});

test('410 in the middle of a list begins the list anew', async (t) => {
  const one = await world(t, { delayStart: true });
  for (let i = 0; i < 600; i++) one.server.set(`thing-${i}`);
  let refusals = 1;
  one.server.fault = (request, response) => {
    if (!request.query.has('continue') || refusals-- <= 0) return false;
    status(response, 410, 'Expired');
    return true;
  };
  one.reflector.start();
  await waitFor('the list', () => one.reflector.hasSynced);
  assert.equal(one.store.list().length, 600);
  assert.equal(one.server.lists, 2);
});

test('a peer that falls silent is given up once bookmarks are known to come', async (t) => {
  const clock = new FakeClock();
  const one = await world(t, { clock });
  await watching(one);
  for (let i = 0; i < 2; i++) {
    const before = one.reflector.lastContactMs;
    clock.advance(i === 0 ? 5000 : 30_000);
    one.server.bookmark();
    await waitFor('the bookmark', () => one.reflector.lastContactMs > before);
  }
  const silent = one.server.watchResponses[0];
  if (silent !== undefined) silent.write = () => true; // half-open: the socket lives, nothing comes
  one.server.set('x');
  clock.advance(74_999);
  assert.equal(one.server.openWatches, 1);
  assert.deepEqual(one.names(), []);
  clock.advance(1);
  await waitFor('the event', () => one.names().length === 1);
  assert.deepEqual([one.relists, one.failures], [['Start'], []]);
});

test('without bookmarks a silent peer is given up when the watch should have ended', async (t) => {
  const clock = new FakeClock();
  const one = await world(t, { clock });
  await watching(one);
  const silent = one.server.watchResponses[0];
  if (silent !== undefined) silent.write = () => true;
  one.server.set('x');
  clock.advance(304_999);
  assert.equal(one.server.loopback.seen.filter((request) => request.query.has('watch')).length, 1);
  clock.advance(1);
  await waitFor('the event', () => one.names().length === 1);
});

test('bookmarks move the version that the next watch goes on from', async (t) => {
  const one = await world(t);
  await watching(one);
  one.server.bookmark();
  one.server.compact();
  const before = one.reflector.lastContactMs;
  await waitFor('the bookmark', () => one.reflector.lastContactMs > before);
  one.server.loopback.cutAll();
  await laterEventsArrive(one);
  assert.deepEqual(one.relists, ['Start']);
});

test('a slow server: nothing is asked twice, everything arrives', async (t) => {
  const clock = new FakeClock();
  const one = await world(t, { clock, delayStart: true });
  const held: (() => void)[] = [];
  one.server.fault = (request, response) => {
    if (held.length > 0) return false;
    held.push(() => {
      one.server.fault = undefined;
      one.server.loopback.server.emit('request', Object.assign(request, { on: () => undefined }), response);
    });
    return true;
  };
  one.reflector.start();
  await waitFor('the request', () => held.length === 1);
  clock.advance(15_000); // the list is given up after 15 s and asked once more on a fresh socket
  await waitFor('the list', () => one.reflector.hasSynced);
  await laterEventsArrive(one);
});

test('a restored server that refuses our version is listed again', async (t) => {
  const one = await world(t);
  await watching(one);
  let refusals = 3;
  one.server.fault = (request, response) => {
    if (!request.query.has('watch') || refusals-- <= 0) return false;
    status(response, 504, 'Timeout', { message: 'Too large resource version' });
    return true;
  };
  one.server.loopback.cutAll();
  await waitFor('the relist', () => one.relists.length === 2);
  await laterEventsArrive(one);
  assert.deepEqual(one.relists, ['Start', 'WatchFailing']);
});

test('an optional kind that is not installed counts as empty, and is found later', async (t) => {
  const clock = new FakeClock();
  const one = await world(t, { clock, isOptional: true, delayStart: true });
  const notServed = (_: unknown, response: Parameters<typeof status>[0]) => {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end('404 page not found');
    return true;
  };
  one.server.fault = notServed;
  one.reflector.start();
  await waitFor('the answer', () => one.reflector.hasSynced && clock.nextTimerMs === 60_000);
  clock.advance(60_000);
  await waitFor('the next answer', () => one.server.lists === 2 && clock.nextTimerMs === 60_000);
  one.server.fault = undefined;
  one.reflector.relist('Requested'); // somebody saw the definition come
  await watching(one);
  await laterEventsArrive(one);
  one.server.fault = notServed;
  one.server.loopback.cutAll();
  await waitFor('the cut', () => clock.nextTimerMs !== undefined && clock.nextTimerMs < 1000);
  clock.advance(1000);
  await waitFor('the watch to be refused', () => one.failures.length === 2 && clock.nextTimerMs !== undefined);
  clock.advance(1000);
  await waitFor('the kind gone', () => one.names().length === 0);
});

test('a kind that must be there is not taken for empty', async (t) => {
  const one = await world(t, { delayStart: true });
  one.server.fault = (_, response) => {
    response.writeHead(404);
    response.end();
    return true;
  };
  one.reflector.start();
  await waitFor('a few attempts', () => one.failures.length === 3);
  assert.equal(one.reflector.hasSynced, false);
  one.server.fault = undefined;
  await laterEventsArrive(one);
});

test('one object by name, one namespace, metadata alone', async (t) => {
  const one = await world(t, { namespace: 'b', name: 'x', metadataOnly: true });
  one.server.set('x', 'b');
  await watching(one);
  const paths = one.server.loopback.seen.map(({ path, query, headers }) => [
    path,
    query.get('fieldSelector'),
    headers.accept,
  ]);
  assert.deepEqual(paths, [
    [
      '/api/v1/namespaces/b/things',
      'metadata.name=x',
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    ],
    ['/api/v1/namespaces/b/things', 'metadata.name=x', 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'],
  ]);
});

test('hooks that throw stop nothing', async (t) => {
  const broken = () => {
    throw new Error('a defect');
  };
  const one = await world(t, { onRelist: broken, onFailure: broken });
  await watching(one);
  one.server.loopback.cutAll();
  await laterEventsArrive(one);
});

test('a write of ours that meets a list is settled by one read of that object', async (t) => {
  const one = await world(t);
  one.server.set('x');
  await watching(one);
  await waitFor('the event', () => one.names().length === 1);
  let hold: (() => void) | undefined;
  one.server.fault = (request, response) => {
    if (request.query.has('watch') || request.query.has('fieldSelector') || hold !== undefined) return false;
    hold = () => response.socket?.resetAndDestroy();
    return true;
  };
  one.reflector.relist('Requested');
  await waitFor('the list to be asked for', () => hold !== undefined);
  const write = one.store.beginWrite({ namespace: 'a', name: 'x' });
  const ours = one.server.set('x');
  const theirs = one.server.set('x');
  write.finished(ours);
  const version = () => one.store.get({ namespace: 'a', name: 'x' })?.metadata.resourceVersion;
  assert.equal(version(), ours.metadata.resourceVersion);
  await waitFor('the read', () => version() === theirs.metadata.resourceVersion);
  hold?.();
  await laterEventsArrive(one);
});

test('stop ends the loop at once, wherever it is', async (t) => {
  const one = await world(t);
  await watching(one);
  await one.reflector.stop();
  await waitFor('the socket closed', () => one.server.openWatches === 0);
  const other = await world(t, { delayStart: true });
  other.server.fault = () => true; // no answer ever
  other.reflector.start();
  await waitFor('the request', () => other.server.loopback.seen.length === 1);
  await other.reflector.stop();
});
