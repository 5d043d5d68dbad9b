import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock, waitFor } from '../../test/support/fake-clock.ts';
import { plainAccess } from '../../test/support/loopback-server.ts';
import { WatchServer } from '../../test/support/watch-server.ts';
import { keyText, type ResourceType } from '../api/meta.ts';
import { Controller, type Reconcile } from './controller.ts';
import { KubeClient } from './kube-client.ts';
import { type Leadership, Manager, type ManagerOptions } from './manager.ts';

const THINGS: ResourceType = { group: '', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };
const NODES: ResourceType = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
const RESYNC_MS = 60_000;

interface Setup extends Partial<Pick<ManagerOptions, 'leadership' | 'namespaces' | 'onDefect'>> {
  readonly reconcile?: Reconcile;
}

async function world(t: TestContext, setup: Setup = {}) {
  const server = await WatchServer.start(t);
  const clock = new FakeClock();
  const random = () => 0;
  const kube = new KubeClient({ access: plainAccess(server.loopback.url), clock, random, userAgent: 'test' });
  const told: string[] = [];
  const passes: string[] = [];
  const { reconcile, ...options } = setup;
  const manager = new Manager({
    kube,
    clock,
    random,
    onLeadership: (isLeader) => told.push(isLeader ? 'leads' : 'lost'),
    ...options,
  });
  const store = manager.watch(THINGS);
  const controller = new Controller({
    clock,
    random,
    concurrency: 2,
    onError: () => told.push('error'),
    reconcile: async (key, pass) => {
      passes.push(keyText(key));
      return (await reconcile?.(key, pass)) ?? { type: 'done' };
    },
  });
  manager.control(store, controller, {
    resync: { intervalMs: RESYNC_MS, onDue: (key) => controller.enqueue(key, 'resync') },
    initialPriority: ({ metadata }) => (metadata.name.startsWith('settled') ? 'initial' : 'retry'),
  });
  t.after(async () => {
    const stopped = manager.stop(0);
    await clock.advanceAsync(10_000);
    await stopped;
    await kube.close();
  });
  return { server, clock, manager, store, controller, told, passes };
}

/** Leadership in the hand of the test. */
class Office implements Leadership {
  readonly log: string[] = [];
  #options: Parameters<Leadership['run']>[0] | undefined;

  async run(options: Parameters<Leadership['run']>[0]): Promise<void> {
    this.#options = options;
    this.log.push('candidate');
    await new Promise((resolve) => options.signal.addEventListener('abort', resolve, { once: true }));
    this.log.push('given back');
  }

  elect(): void {
    this.#options?.onElected();
  }

  lose(): void {
    this.#options?.onLost('stolen');
  }
}

test('passes begin when every kind was listed, over all that is there', async (t) => {
  const one = await world(t);
  let isSlow = true;
  one.server.fault = (request) => isSlow && request.path.includes('nodes');
  one.manager.watch(NODES, { isOptional: true });
  one.server.set('x');
  one.server.set('y');
  const started = one.manager.start();
  await waitFor('the things', () => one.store.list().length === 2);
  assert.deepEqual([one.manager.unsynced(), one.manager.isLeader, one.passes], [['Node'], false, []]);
  assert.equal(one.controller.depth(), 0, 'and none is queued');
  isSlow = false;
  await waitFor('the deadline of the held list', () => one.clock.nextTimerMs === 15_000);
  one.clock.advance(15_000);
  await started;
  await waitFor('both passes', () => one.passes.length === 2);
  assert.deepEqual([one.manager.unsynced(), one.manager.isLeader, one.told], [[], true, ['leads']]);
});

test('a change wakes a pass at once, a status alone does not, and each object comes once an interval', async (t) => {
  const one = await world(t);
  one.server.set('x');
  await one.manager.start();
  await waitFor('the first pass', () => one.passes.length === 1);
  one.server.set('x'); // another version of the same generation: as a status write
  one.server.set('y');
  await waitFor('the new one', () => one.passes.includes('a/y'));
  assert.deepEqual(one.passes, ['a/x', 'a/y']);
  await one.clock.advanceAsync(RESYNC_MS);
  await waitFor('both again', () => one.passes.length === 4);
});

test('namespaces are watched one by one, cluster-scoped kinds as a whole', async (t) => {
  const one = await world(t, { namespaces: ['a', 'b'] });
  one.manager.watch(NODES);
  one.server.set('x', 'a');
  one.server.set('y', 'b');
  one.server.set('z', 'c');
  await one.manager.start();
  assert.deepEqual(
    one.store
      .list()
      .map((object) => object.metadata.name)
      .sort(),
    ['x', 'y'],
  );
  const lists = one.server.loopback.seen
    .filter((request) => !request.query.has('watch'))
    .map((request) => request.path);
  assert.deepEqual(lists.sort(), ['/api/v1/namespaces/a/things', '/api/v1/namespaces/b/things', '/api/v1/nodes']);
});

test('a standby keeps its stores and queues nothing; elected, it begins with the most urgent', async (t) => {
  const office = new Office();
  const one = await world(t, { leadership: office });
  for (const name of ['settled-1', 'settled-2', 'x']) one.server.set(name);
  await one.manager.start();
  one.server.set('y');
  await waitFor('what came meanwhile', () => one.store.list().length === 4);
  await one.clock.advanceAsync(RESYNC_MS);
  assert.deepEqual([one.manager.isLeader, one.controller.depth(), one.passes], [false, 0, []]);
  office.elect();
  await waitFor('all passes', () => one.passes.length === 4);
  assert.equal(one.manager.isLeader, true);
  assert.deepEqual(one.passes, ['a/x', 'a/y', 'a/settled-1', 'a/settled-2']);
});

test('leadership lost: running passes are aborted and none begins', async (t) => {
  const office = new Office();
  let aborted = 0;
  const one = await world(t, {
    leadership: office,
    reconcile: (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted++;
          resolve({ type: 'retry' });
        });
      }),
  });
  one.server.set('x');
  await one.manager.start();
  office.elect();
  await waitFor('the pass', () => one.passes.length === 1);
  office.lose();
  await one.clock.advanceAsync(0);
  await waitFor('the abort', () => aborted === 1);
  one.server.set('y');
  await waitFor('the event', () => one.store.list().length === 2);
  await one.clock.advanceAsync(RESYNC_MS);
  assert.deepEqual([one.passes, one.manager.isLeader, one.told], [['a/x'], false, ['leads', 'lost']]);
});

test('stop waits for running passes, then aborts them, and gives leadership back last', async (t) => {
  const office = new Office();
  const ends: string[] = [];
  const one = await world(t, {
    leadership: office,
    reconcile: (key, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          ends.push(`${key.name} aborted, ${office.log.at(-1)}`);
          resolve({ type: 'retry' });
        });
      }),
  });
  one.server.set('x');
  await one.manager.start();
  office.elect();
  await waitFor('the pass', () => one.passes.length === 1);
  const stopped = one.manager.stop(20_000);
  await one.clock.advanceAsync(19_999);
  assert.deepEqual(ends, []);
  await one.clock.advanceAsync(1);
  await stopped;
  assert.deepEqual([ends, office.log], [['x aborted, candidate'], ['candidate', 'given back']]);
  assert.deepEqual(one.told, ['leads', 'lost']);
  office.elect(); // too late
  assert.equal(one.manager.isLeader, false);
  await waitFor('the watches closed', () => one.server.openWatches === 0);
});

test('stop before the lists are through ends the start as well', async (t) => {
  const one = await world(t);
  one.server.fault = () => true; // no answer ever
  const started = one.manager.start();
  await waitFor('the request', () => one.server.loopback.seen.length === 1);
  await one.manager.stop(0);
  await started;
  assert.equal(one.manager.isLeader, false);
});

test('a watch that stands still is named; a quiet one is not', async (t) => {
  const one = await world(t);
  await one.manager.start();
  await waitFor('the watch', () => one.server.openWatches === 1);
  for (let minute = 0; minute < 16; minute++) {
    await one.clock.advanceAsync(60_000); // each watch ends after five minutes and is begun anew
    await waitFor('a watch', () => one.server.openWatches === 1);
  }
  assert.deepEqual(one.manager.silent(), []);
  one.clock.stopProcessFor(16 * 60_000);
  assert.deepEqual(one.manager.silent(), ['Thing']);
});
