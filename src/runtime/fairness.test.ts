import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import type { ObjectKey } from '../api/meta.ts';
import { Controller, type Result } from './controller.ts';
import type { GroupOptions } from './queue-options.ts';
import { WorkQueue } from './workqueue.ts';

const never = new AbortController().signal;

/** Keys are `group/number`. */
function queueOf(options: Partial<GroupOptions> = {}, clock = new FakeClock()) {
  const groups = {
    groupOf: groupOfKey,
    maxRunning: Number.POSITIVE_INFINITY,
    userPlaces: 0,
    reservedTakers: 0,
    ...options,
  };
  const queue = new WorkQueue({ clock, random: () => 0.999, groups });
  const given: string[] = [];
  const take = async (takers: number) => {
    for (let i = 0; i < takers; i++) void queue.take(never).then((key) => given.push(key ?? 'closed'));
    await settle();
    return given;
  };
  return { clock, queue, given, take };
}

function groupOfKey(key: string): string {
  return key.split('/')[0] ?? '';
}

test('groups have turns: ten thousand keys of one delay a key of another by one', async () => {
  const { queue, given, take } = queueOf();
  for (let i = 0; i < 10_000; i++) queue.add(`big/${i}`, 'user');
  queue.add('small/0', 'user');
  queue.add('small/1', 'user');
  await take(5);
  assert.deepEqual(given, ['big/0', 'small/0', 'big/1', 'small/1', 'big/2']);
});

test('no group has more places than its share, in whatever lane its keys wait', async () => {
  const { queue, given, take } = queueOf({ maxRunning: 2 });
  for (const key of ['slow/0', 'slow/1', 'slow/2', 'slow/3']) queue.add(key, 'user');
  queue.add('good/0', 'resync');
  await take(4);
  assert.deepEqual(given, ['slow/0', 'slow/1', 'good/0'], 'one taker still waits');
  queue.add('slow/4', 'retry');
  queue.done('slow/1');
  await settle();
  assert.deepEqual(given.slice(3), ['slow/2']);
  assert.deepEqual(queue.depth(), { user: 1, retry: 1, initial: 0, resync: 0, delayed: 0, processing: 3 });
});

test("the last places of a group are for users' changes", async () => {
  const { queue, given, take } = queueOf({ maxRunning: 3, userPlaces: 1 });
  for (const key of ['a/0', 'a/1', 'a/2']) queue.add(key, 'resync');
  queue.add('b/0', 'retry');
  await take(5);
  assert.deepEqual(given, ['b/0', 'a/0', 'a/1']);
  queue.add('a/2', 'user');
  await settle();
  assert.deepEqual(given.slice(3), ['a/2']);
  queue.add('a/3', 'user');
  queue.done('a/0');
  await settle();
  assert.deepEqual(given.slice(4), ['a/3'], 'they have the other places, too');
  assert.equal(queue.takenAs('a/3'), 'user');
});

test('the last takers are for groups that have no key given out', async () => {
  const { queue, given, take } = queueOf({ maxRunning: 2, reservedTakers: 2 });
  for (const key of ['a/0', 'a/1', 'a/2', 'b/0', 'b/1', 'b/2']) queue.add(key, 'user');
  await take(4);
  assert.deepEqual(given, ['a/0', 'b/0']);
  await take(1);
  assert.deepEqual(given.slice(2), ['a/1'], 'a third taker is none of the last two');
  queue.add('c/0', 'resync');
  await settle();
  assert.deepEqual(given.slice(3), ['c/0']);
  queue.done('b/0');
  await settle();
  assert.deepEqual(given.slice(4), ['b/1'], 'b has none given out any more');
});

test("a user's change goes before lower lanes of every group", async () => {
  const { queue, given, take } = queueOf();
  queue.add('a/0', 'retry');
  queue.add('b/0', 'resync');
  queue.add('c/0', 'user');
  queue.add('c/1', 'user');
  queue.add('b/0', 'user');
  await take(4);
  assert.deepEqual(given, ['c/0', 'b/0', 'c/1', 'a/0']);
});

test('a key whose group changed meanwhile counts for the one that it was given out for', async () => {
  let group = 'old';
  const { queue, given, take } = queueOf({ groupOf: () => group, maxRunning: 1 });
  queue.add('k', 'user');
  await take(1);
  group = 'new';
  queue.add('k', 'user');
  queue.add('l', 'user');
  await take(1);
  assert.deepEqual(given, ['k', 'l']);
  queue.done('l');
  queue.done('k');
  group = 'old';
  queue.add('m', 'user');
  await take(2);
  assert.deepEqual(given.slice(2), ['k', 'm']);
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('add' as const), group: fc.nat(3), key: fc.nat(9) }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('take' as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('done' as const), nth: fc.nat(5) }) },
);

test('whatever happens: no group above its share, none left waiting below it, and no turn twice before another', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), async (steps, maxRunning) => {
      const { queue, given, take } = queueOf({ maxRunning });
      const waiting: string[] = [];
      const processing = new Set<string>();
      /** Since a group last waited in vain: how often each other one had a turn. */
      const passed = new Map<string, Map<string, number>>();
      let seen = 0;
      let takers = 0;
      const running = (group: string) => [...processing].filter((key) => groupOfKey(key) === group).length;
      const isReady = (group: string) =>
        running(group) < maxRunning && waiting.some((key) => groupOfKey(key) === group);
      const check = () => {
        for (const key of given.slice(seen)) {
          const group = groupOfKey(key);
          assert.equal(
            key,
            waiting.find((one) => groupOfKey(one) === group),
            'first come, first served',
          );
          for (const other of ['0', '1', '2', '3'].filter((one) => one !== group && isReady(one))) {
            const turns = passed.get(other) ?? new Map<string, number>();
            turns.set(group, (turns.get(group) ?? 0) + 1);
            assert.ok((turns.get(group) ?? 0) <= 1, `${group} had two turns while ${other} waited`);
            passed.set(other, turns);
          }
          waiting.splice(waiting.indexOf(key), 1);
          processing.add(key);
          takers--;
          assert.ok(running(group) <= maxRunning);
          passed.delete(group);
        }
        seen = given.length;
        for (const group of ['0', '1', '2', '3']) {
          if (isReady(group)) assert.equal(takers, 0, `a taker waits, and so does ${group}`);
          else passed.delete(group);
        }
      };
      for (const one of steps) {
        if (one.type === 'add') {
          const key = `${one.group}/${one.key}`;
          if (waiting.includes(key) || processing.has(key)) continue;
          waiting.push(key);
          queue.add(key, 'user');
        } else if (one.type === 'take') {
          takers++;
          await take(1);
        } else {
          const key = [...processing][one.nth];
          if (key === undefined) continue;
          processing.delete(key);
          queue.done(key);
        }
        await settle();
        check();
      }
    }),
    { numRuns: 300 },
  );
});

for (const [what, groups] of [
  ['two groups', 2],
  ['a group each', 20_000],
] as const) {
  test(`20,000 keys in ${what} are taken without quadratic cost`, async () => {
    const { queue } = queueOf({ maxRunning: 16, reservedTakers: 16 });
    const startedMs = performance.now();
    for (let i = 0; i < 20_000; i++) queue.add(`${i % groups}/${i}`, i % 3 === 0 ? 'initial' : 'resync');
    for (let i = 0; i < 20_000; i += 2) queue.add(`${i % groups}/${i}`, 'user');
    for (let i = 0; i < 20_000; i++) {
      const key = await queue.take(never);
      assert.ok(key !== undefined);
      queue.done(key);
    }
    // About 0.1 s; what is quadratic takes minutes.
    assert.ok(performance.now() - startedMs < 20_000, `took ${performance.now() - startedMs} ms`);
  });
}

/** A controller whose objects are grouped by their namespace, and whose passes answer as the test says. */
function grouped(reconcile: (key: ObjectKey) => Promise<Result>, concurrency: number) {
  const clock = new FakeClock();
  const controller = new Controller({
    clock,
    random: () => 1,
    concurrency,
    passTimeoutMs: 1000,
    reconcile,
    groupOf: ({ namespace }) => namespace,
    onError: () => undefined,
  });
  controller.start();
  return { clock, controller };
}

test('passes that hang leave room for the objects of other groups, however many groups hang', async () => {
  const hanging: string[] = [];
  const ended: string[] = [];
  const { controller } = grouped(({ namespace, name }) => {
    if (namespace === 'good') {
      ended.push(name);
      return Promise.resolve({ type: 'done' });
    }
    hanging.push(namespace);
    return new Promise(() => undefined);
  }, 16);
  for (let i = 0; i < 100; i++) {
    for (let group = 0; group < 6; group++) controller.enqueue({ namespace: `hangs-${group}`, name: `o${i}` }, 'user');
  }
  await settle();
  for (let i = 0; i < 10; i++) controller.enqueue({ namespace: 'good', name: `g${i}` }, 'resync');
  await settle();
  assert.equal(ended.length, 10);
  for (let group = 0; group < 6; group++) assert.ok(hanging.filter((one) => one === `hangs-${group}`).length <= 4);
});

test('a pass that ignores the end of its time does not keep the place of its group', async () => {
  const started: string[] = [];
  const { clock, controller } = grouped(({ name }) => {
    started.push(name);
    return new Promise(() => undefined);
  }, 4);
  controller.enqueue({ namespace: 'a', name: 'first' }, 'user');
  controller.enqueue({ namespace: 'a', name: 'second' }, 'user');
  await clock.advanceAsync(35_999);
  assert.deepEqual(started, ['first']);
  await clock.advanceAsync(1);
  assert.deepEqual(started, ['first', 'second']);
});

test('work that goes on at once goes on behind everything that waits', async () => {
  const started: string[] = [];
  const { controller } = grouped(({ name }) => {
    started.push(name);
    const isLong = name === 'emptied' && started.filter((one) => one === name).length < 3;
    return Promise.resolve(isLong ? { type: 'requeueAfter', ms: 0 } : { type: 'done' });
  }, 1);
  controller.enqueue({ namespace: 'a', name: 'emptied' }, 'user');
  for (const name of ['retried', 'resynced']) {
    controller.enqueue({ namespace: 'a', name }, name === 'retried' ? 'retry' : 'resync');
  }
  await settle();
  assert.deepEqual(started, ['emptied', 'retried', 'resynced', 'emptied', 'emptied']);
});
