import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import type { Priority } from './priority.ts';
import { WorkQueue } from './workqueue.ts';

const never = new AbortController().signal;
const PRIORITIES: readonly Priority[] = ['user', 'retry', 'initial', 'resync'];

function queueAt(clock: FakeClock, random: () => number = () => 0.999): WorkQueue {
  return new WorkQueue({ clock, random });
}

/** All that can be taken now, each done at once. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const depth = queue.depth();
    if (depth.user + depth.retry + depth.initial + depth.resync === 0) return keys;
    const key = await queue.take(never);
    assert.ok(key !== undefined);
    keys.push(key);
    queue.done(key);
  }
}

test('a key is in the queue once, and each priority is first come, first served', async () => {
  const queue = queueAt(new FakeClock());
  for (const [key, priority] of [
    ['r1', 'resync'],
    ['i1', 'initial'],
    ['u1', 'user'],
    ['t1', 'retry'],
    ['u2', 'user'],
    ['u1', 'user'],
    ['r1', 'resync'],
    ['r2', 'resync'],
  ] as const) {
    queue.add(key, priority);
  }
  assert.deepEqual(queue.depth(), { user: 2, retry: 1, initial: 1, resync: 2, delayed: 0, processing: 0 });
  assert.deepEqual(await drain(queue), ['u1', 'u2', 't1', 'i1', 'r1', 'r2']);
});

test('a key is raised to a higher priority and never lowered', async () => {
  const queue = queueAt(new FakeClock());
  queue.add('a', 'resync');
  queue.add('b', 'user');
  queue.add('a', 'user');
  queue.add('b', 'resync');
  queue.addAfter('b', 1000, 'initial');
  assert.deepEqual(queue.depth(), { user: 2, retry: 0, initial: 0, resync: 0, delayed: 0, processing: 0 });
  assert.deepEqual(await drain(queue), ['b', 'a']);
});

test('L32: a key that is added while it is processed comes after done, and never twice at a time', async () => {
  const queue = queueAt(new FakeClock());
  queue.add('a', 'user');
  assert.equal(await queue.take(never), 'a');
  queue.add('a', 'resync');
  queue.add('a', 'user');
  let second: string | undefined;
  void queue.take(never).then((key) => {
    second = key;
  });
  await settle();
  assert.equal(second, undefined);
  assert.equal(queue.depth().processing, 1);
  queue.done('a');
  await settle();
  assert.equal(second, 'a');
  queue.done('a');
  assert.deepEqual(await drain(queue), []);
});

test('of two times the earlier wins, and now wins over both', async () => {
  const clock = new FakeClock();
  const queue = queueAt(clock);
  queue.addAfter('later', 500, 'retry');
  queue.addAfter('later', 900, 'retry');
  queue.addAfter('sooner', 900, 'retry');
  queue.addAfter('sooner', 300, 'resync');
  queue.addAfter('now', 100, 'resync');
  queue.add('now', 'resync');
  assert.deepEqual(await drain(queue), ['now']);
  clock.advance(299);
  assert.deepEqual(await drain(queue), []);
  clock.advance(1);
  assert.deepEqual(queue.depth(), { user: 0, retry: 1, initial: 0, resync: 0, delayed: 1, processing: 0 });
  assert.deepEqual(await drain(queue), ['sooner']);
  clock.advance(199);
  assert.deepEqual(await drain(queue), []);
  clock.advance(1);
  assert.deepEqual(await drain(queue), ['later']);
  assert.equal(clock.pendingTimers, 0);
});

test('a key that waits for its time goes as whoever asks for it now, and is raised when its time comes first', async () => {
  const clock = new FakeClock();
  const queue = queueAt(clock);
  queue.addAfter('checked', 1_000, 'retry');
  queue.addAfter('waits', 1_000, 'retry');
  queue.add('start', 'initial');
  queue.add('checked', 'resync');
  queue.add('waits', 'resync');
  const lanes = { user: 0, retry: 0, initial: 1, resync: 2, processing: 0 };
  assert.deepEqual(queue.depth(), { ...lanes, delayed: 2 });
  for (const key of ['start', 'checked']) {
    assert.equal(await queue.take(never), key);
    assert.equal(queue.takenAs(key), key === 'start' ? 'initial' : 'resync');
    queue.done(key);
  }
  clock.advance(1_000);
  queue.add('late', 'initial');
  assert.deepEqual(queue.depth(), { ...lanes, retry: 1, resync: 0, delayed: 0 }, 'the pass was the wake of the other');
  assert.equal(clock.pendingTimers, 0);
  assert.deepEqual(await drain(queue), ['waits', 'late']);
});

test('a later time that a pass asks for makes nothing urgent that was asked for meanwhile, and its failures are kept', async () => {
  const clock = new FakeClock();
  const queue = queueAt(clock, () => 1);
  for (const failures of [1, 2, 3]) {
    queue.add('a', 'resync');
    assert.equal(await queue.take(never), 'a');
    assert.equal(queue.takenAs('a'), 'resync');
    queue.add('a', 'resync');
    queue.addRateLimited('a');
    queue.done('a');
    assert.deepEqual([queue.failures('a'), queue.depth().resync, queue.depth().retry], [failures, 1, 0]);
  }
  assert.equal(clock.nextTimerMs, 1_000, 'the third failure');
  clock.advance(1_000);
  assert.deepEqual([queue.depth().resync, queue.depth().retry, clock.pendingTimers], [0, 1, 0]);
  assert.deepEqual(await drain(queue), ['a']);
});

test('what falls due while the key is processed waits for done', async () => {
  const clock = new FakeClock();
  const queue = queueAt(clock);
  queue.add('a', 'user');
  assert.equal(await queue.take(never), 'a');
  queue.addAfter('a', 100, 'retry');
  clock.advance(100);
  assert.equal(queue.depth().retry, 0);
  queue.done('a');
  assert.equal(queue.depth().retry, 1);
});

test('a delay of months is kept, though a timer cannot be that long', async () => {
  const clock = new FakeClock();
  const queue = queueAt(clock);
  const days = 24 * 60 * 60_000;
  queue.addAfter('a', 60 * days, 'resync');
  assert.equal(clock.nextTimerMs, days);
  clock.advance(60 * days - 1);
  assert.deepEqual(await drain(queue), []);
  clock.advance(1);
  assert.deepEqual(await drain(queue), ['a']);
});

test('a timer that comes early is set again', async () => {
  const clock = new FakeClock();
  let earlyMs = 0.4;
  const early = {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (delayMs: number, callback: () => void) => {
      const cancel = clock.setTimer(delayMs - earlyMs, callback);
      earlyMs = 0;
      return cancel;
    },
  };
  const queue = new WorkQueue({ clock: early, random: () => 0 });
  queue.addAfter('a', 10, 'user');
  clock.advance(9.6);
  assert.deepEqual(await drain(queue), []);
  clock.advance(0.4);
  assert.deepEqual(await drain(queue), ['a']);
});

test('failures wait longer and longer with full jitter, at most 5 minutes and at least what the other side asked', () => {
  const waits = (random: number, atLeastMs?: number): number[] => {
    const clock = new FakeClock();
    const queue = queueAt(clock, () => random);
    return Array.from({ length: 14 }, () => {
      queue.addRateLimited('a', 'retry', atLeastMs);
      const waitMs = clock.nextTimerMs ?? Number.NaN;
      clock.advance(waitMs);
      assert.equal(queue.depth().retry, 1);
      void queue.take(never);
      queue.done('a');
      return waitMs;
    });
  };
  const doubling = [250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000];
  const rounded = (list: number[]) => list.map((ms) => Math.round(ms));
  assert.deepEqual(rounded(waits(1)), [...doubling, 300_000, 300_000, 300_000]);
  assert.deepEqual(rounded(waits(0.5)).slice(0, 3), [125, 250, 500]);
  assert.deepEqual(rounded(waits(0)).slice(0, 3), [63, 63, 63]);
  assert.deepEqual(rounded(waits(1, 1500)).slice(0, 5), [1500, 1500, 1500, 2000, 4000]);
});

test('forget starts the back-off anew', () => {
  const clock = new FakeClock();
  const queue = queueAt(clock, () => 1);
  for (let i = 0; i < 5; i++) queue.addRateLimited('a');
  assert.equal(queue.failures('a'), 5);
  queue.forget('a');
  assert.equal(queue.failures('a'), 0);
  queue.addRateLimited('b');
  assert.equal(clock.nextTimerMs, 250);
});

test('an aborted taker leaves the queue, and the key goes to the next', async () => {
  const queue = queueAt(new FakeClock());
  const controller = new AbortController();
  const first = queue.take(controller.signal);
  const second = queue.take(never);
  controller.abort();
  assert.equal(await first, undefined);
  queue.add('a', 'user');
  assert.equal(await second, 'a');
  assert.equal(await queue.take(controller.signal), undefined);
});

test('closing drops what waits, frees the takers, and resolves when all that was taken is done', async () => {
  const clock = new FakeClock();
  const queue = queueAt(clock);
  queue.add('a', 'user');
  assert.equal(await queue.take(never), 'a');
  const taker = queue.take(never);
  queue.addAfter('b', 100, 'user');
  queue.add('a', 'user');
  let isDrained = false;
  void queue.close().then(() => {
    isDrained = true;
  });
  queue.add('c', 'user');
  queue.addRateLimited('c');
  assert.equal(await taker, undefined);
  assert.equal(await queue.take(never), undefined);
  await settle();
  assert.equal(isDrained, false);
  assert.equal(clock.pendingTimers, 0);
  queue.done('a');
  await settle();
  assert.equal(isDrained, true);
  await queue.close();
  assert.deepEqual(queue.depth(), { user: 0, retry: 0, initial: 0, resync: 0, delayed: 0, processing: 0 });
});

test('misuse is named', () => {
  const queue = queueAt(new FakeClock());
  assert.throws(() => queue.done('team-a/logs'), /done with "team-a\/logs", which nobody has taken/);
  assert.throws(() => queue.addAfter('a', Number.NaN, 'user'), /queueing "a": the delay is NaN/);
  assert.throws(() => queue.addAfter('a', Number.POSITIVE_INFINITY, 'user'), RangeError);
});

test('100,000 keys are queued, delayed, raised and taken without quadratic cost', async () => {
  const clock = new FakeClock();
  const queue = queueAt(clock);
  const count = 100_000;
  const started = process.cpuUsage();
  for (let i = 0; i < count; i++) queue.add(`key-${i}`, 'resync');
  for (let i = 0; i < count; i += 2) queue.add(`key-${i}`, 'user');
  for (let i = 0; i < count; i++) queue.addAfter(`late-${i}`, 1 + ((i * 7919) % count), 'retry');
  for (let i = 0; i < count; i += 2) queue.add(`late-${i}`, 'initial');
  clock.advance(count);
  assert.equal((await drain(queue)).length, 2 * count);
  // About 0.5 s of CPU, however busy the machine is; what is quadratic takes minutes.
  const { user } = process.cpuUsage(started);
  assert.ok(user < 20_000_000, `took ${user / 1_000} ms`);
});

/** A key of the model: as what it may be taken now, and as what at a later time. */
interface Wanted {
  readonly key: string;
  readonly bornAt: number;
  now: { readonly rank: number; readyAt: number | undefined } | undefined;
  later: { readonly rank: number; readonly dueMs: number } | undefined;
}

/** What the queue promises, said as simply as possible and slowly. */
class Model {
  readonly given: string[] = [];
  readonly processing = new Set<string>();
  takers = 0;
  #pending: Wanted[] = [];
  #order = 0;
  #nowMs = 0;

  add(key: string, rank: number, delayMs: number): void {
    const found = this.#pending.find((one) => one.key === key);
    const one: Wanted = found ?? { key, bornAt: this.#order++, now: undefined, later: undefined };
    if (found === undefined) this.#pending.push(one);
    const { now, later } = one;
    if (now === undefined || rank < now.rank) {
      const asked = { rank, dueMs: this.#nowMs + delayMs };
      if (delayMs <= 0) this.#due(one, rank);
      else if (later === undefined) one.later = asked;
      else one.later = { rank: Math.min(rank, later.rank), dueMs: Math.min(asked.dueMs, later.dueMs) };
    }
    this.#give();
  }

  take(): void {
    this.takers++;
    this.#give();
  }

  done(key: string): void {
    this.processing.delete(key);
    this.#give();
  }

  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (; this.#nowMs < end; this.#nowMs++) this.#give();
    this.#give();
  }

  waiting(rank: number): number {
    return this.#pending.filter(({ now }) => now?.readyAt !== undefined && now.rank === rank).length;
  }

  #due(one: Wanted, rank: number): void {
    one.now = { rank, readyAt: undefined };
    if (one.later !== undefined && one.later.rank >= rank) one.later = undefined;
  }

  #give(): void {
    const due = this.#pending.filter(({ later }) => later !== undefined && later.dueMs <= this.#nowMs);
    due.sort((a, b) => (a.later?.dueMs ?? 0) - (b.later?.dueMs ?? 0) || a.bornAt - b.bornAt);
    for (const one of due) this.#due(one, one.later?.rank ?? 0);
    for (const { key, now } of [...due, ...this.#pending]) {
      if (now !== undefined && !this.processing.has(key)) now.readyAt ??= this.#order++;
    }
    while (this.takers > 0) {
      const ready = this.#pending.filter(({ now }) => now?.readyAt !== undefined);
      ready.sort((a, b) => (a.now?.rank ?? 0) - (b.now?.rank ?? 0) || (a.now?.readyAt ?? 0) - (b.now?.readyAt ?? 0));
      const next = ready[0];
      if (next === undefined) return;
      this.takers--;
      this.#pending = this.#pending.filter((one) => one !== next);
      this.processing.add(next.key);
      this.given.push(next.key);
    }
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('add' as const), key: fc.nat(5), rank: fc.nat(3) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('after' as const), key: fc.nat(5), rank: fc.nat(3), ms: fc.nat(20) }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('take' as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('done' as const), nth: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.nat(15) }) },
);

test('every sequence of operations gives what a simple model gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new FakeClock();
      const queue = queueAt(clock);
      const model = new Model();
      const given: string[] = [];
      for (const one of steps) {
        if (one.type === 'add') {
          queue.add(`k${one.key}`, PRIORITIES[one.rank] ?? 'user');
          model.add(`k${one.key}`, one.rank, 0);
        } else if (one.type === 'after') {
          queue.addAfter(`k${one.key}`, one.ms, PRIORITIES[one.rank] ?? 'user');
          model.add(`k${one.key}`, one.rank, one.ms);
        } else if (one.type === 'take') {
          void queue.take(never).then((key) => given.push(key ?? 'closed'));
          model.take();
        } else if (one.type === 'done') {
          const key = [...model.processing][one.nth];
          if (key === undefined) continue;
          queue.done(key);
          model.done(key);
        } else {
          clock.advance(one.ms);
          model.advance(one.ms);
        }
        await Promise.resolve();
        await Promise.resolve();
        assert.deepEqual(given, model.given);
        const depth = queue.depth();
        assert.deepEqual(
          PRIORITIES.map((priority) => depth[priority]),
          [0, 1, 2, 3].map((rank) => model.waiting(rank)),
        );
        assert.equal(depth.processing, model.processing.size);
      }
    }),
    { numRuns: 1000 },
  );
});
