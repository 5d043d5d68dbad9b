import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { keyText, type ObjectKey } from '../api/meta.ts';
import { Controller, type ControllerOptions, type Result } from './controller.ts';
import { ReconcileError } from './errors.ts';
import { KubeError } from './kube.ts';
import { LoopShare } from './loop-share.ts';
import type { Pass } from './turn.ts';

const A: ObjectKey = { namespace: 'team-a', name: 'logs' };
const B: ObjectKey = { namespace: '', name: 'cluster-wide' };

interface RunningPass extends Pass {
  readonly key: ObjectKey;
  end(result: Result): void;
  fail(error: Error): void;
}

/** A controller whose passes the test ends by hand. */
function world(options: Partial<ControllerOptions> = {}) {
  const clock = new FakeClock();
  const running: RunningPass[] = [];
  const started: string[] = [];
  const errors: [string, unknown][] = [];
  const controller = new Controller({
    clock,
    random: () => 1,
    concurrency: 4,
    reconcile: (key, given) => {
      started.push(keyText(key));
      return new Promise<Result>((resolve, reject) => {
        const pass: RunningPass = {
          ...given,
          key,
          end: (result) => {
            running.splice(running.indexOf(pass), 1);
            resolve(result);
          },
          fail: (error) => {
            running.splice(running.indexOf(pass), 1);
            reject(error);
          },
        };
        running.push(pass);
      });
    },
    onError: (key, error) => errors.push([keyText(key), error]),
    ...options,
  });
  const only = (): RunningPass => {
    assert.equal(running.length, 1);
    return running[0] ?? assert.fail();
  };
  return { clock, controller, running, started, errors, only };
}

const NO_DEPTH = { user: 0, retry: 0, initial: 0, resync: 0, delayed: 0, processing: 0, stuck: 0 };

test('on standby nothing is queued, and passes begin with start, the most urgent first', async () => {
  const { controller, started, running } = world({ concurrency: 1 });
  const fill = () => {
    controller.enqueue(B, 'initial');
    controller.enqueue(A, 'user');
  };
  fill();
  await settle();
  assert.deepEqual([started, controller.depth()], [[], 0]);
  controller.start(fill);
  controller.start(fill);
  await settle();
  assert.deepEqual(started, ['team-a/logs']);
  running[0]?.end({ type: 'done' });
  await settle();
  assert.deepEqual(started, ['team-a/logs', 'cluster-wide']);
  assert.deepEqual(running[0]?.key, B);
});

test('a pass that is done leaves nothing behind', async () => {
  const { clock, controller, only, errors } = world();
  controller.start();
  controller.enqueue(A, 'user');
  await settle();
  only().end({ type: 'done' });
  await settle();
  assert.deepEqual(controller.depths(), NO_DEPTH);
  assert.deepEqual(errors, []);
  assert.equal(clock.pendingTimers, 0);
});

test('a key that changes during its pass has one more pass, and never two at once', async () => {
  const { controller, started, only } = world();
  controller.start();
  controller.enqueue(A, 'user');
  await settle();
  for (let i = 0; i < 10; i++) controller.enqueue(A, 'user');
  await settle();
  assert.equal(started.length, 1);
  only().end({ type: 'done' });
  await settle();
  assert.equal(started.length, 2);
  only().end({ type: 'done' });
  await settle();
  assert.equal(started.length, 2);
});

test('no more passes run at a time than allowed', async () => {
  const { controller, started, running } = world({ concurrency: 3 });
  controller.start();
  for (let i = 0; i < 10; i++) controller.enqueue({ namespace: 'n', name: `o${i}` }, 'user');
  await settle();
  assert.equal(running.length, 3);
  while (running.length > 0) {
    running[0]?.end({ type: 'done' });
    await settle();
    assert.ok(running.length <= 3);
  }
  assert.equal(started.length, 10);
});

test('requeueAfter comes back after that time, retry with back-off; done and requeueAfter reset it', async () => {
  const { clock, controller, only } = world();
  controller.start();
  controller.enqueue(A, 'user');
  const waits: (number | undefined)[] = [];
  const results: Result[] = [
    { type: 'requeueAfter', ms: 60_000 },
    { type: 'retry' },
    { type: 'retry' },
    { type: 'retry', atLeastMs: 30_000 },
    { type: 'requeueAfter', ms: 10 },
    { type: 'retry' },
  ];
  for (const result of results) {
    await settle();
    only().end(result);
    await settle();
    waits.push(clock.nextTimerMs);
    clock.advance(clock.nextTimerMs ?? 0);
  }
  assert.deepEqual(waits, [60_000, 250, 500, 30_000, 10, 250]);
  await settle();
  only().end({ type: 'done' });
  controller.enqueue(A, 'user');
  await settle();
  only().end({ type: 'retry' });
  await settle();
  assert.equal(clock.nextTimerMs, 250);
});

test('whatever is thrown is reported, retried with back-off, and not before Retry-After', async () => {
  const { clock, controller, only, errors } = world();
  controller.start();
  controller.enqueue(A, 'user');
  const thrown = [
    new Error('boom'),
    new ReconcileError('Throttled', 'slow down', { retryAfterMs: 9000 }),
    new KubeError('patch buckets: 429', { code: 429, retryAfterMs: 4000 }),
    new ReconcileError('Throttled', 'nonsense', { retryAfterMs: Number.NaN }),
  ];
  const waits: (number | undefined)[] = [];
  for (const error of thrown) {
    await settle();
    only().fail(error);
    await settle();
    waits.push(clock.nextTimerMs);
    clock.advance(clock.nextTimerMs ?? 0);
  }
  assert.deepEqual(waits, [250, 9000, 4000, 2000]);
  assert.deepEqual(
    errors,
    thrown.map((error) => ['team-a/logs', error]),
  );
});

test('a reconciler that throws at once or answers nonsense stops neither its key nor the others', async () => {
  const answers: unknown[] = [undefined, { type: 'requeueAfter', ms: Number.NaN }, { type: 'done' }];
  let calls = 0;
  const { clock, controller, errors } = world({
    concurrency: 1,
    reconcile: (): Promise<Result> => {
      if (calls++ === 0) throw new TypeError('at once');
      return Promise.resolve(answers[calls - 2] as Result); // what no compiler would let pass
    },
  });
  controller.start();
  controller.enqueue(A, 'user');
  for (let i = 0; i < 4; i++) await clock.advanceAsync(1000 * 2 ** i);
  assert.equal(calls, 4);
  assert.equal(errors.length, 3);
  assert.deepEqual(controller.depths(), NO_DEPTH);
});

test('L18: after its time the signal of a pass aborts, with the reason', async () => {
  const { clock, controller, only, errors } = world();
  controller.start();
  controller.enqueue(A, 'user');
  await settle();
  const pass = only();
  clock.advance(149_999);
  assert.equal(pass.signal.aborted, false);
  clock.advance(1);
  assert.equal(pass.signal.aborted, true);
  assert.match(String(pass.signal.reason), /the pass took longer than 150000 ms/);
  pass.fail(pass.signal.reason as Error);
  await settle();
  assert.equal(errors.length, 1);
  assert.equal(controller.depths().delayed, 1);
});

test('what a pass waits for its turn is no time of its own', async () => {
  const { clock, controller, only, errors } = world({ passTimeoutMs: 1000 });
  controller.start();
  controller.enqueue(A, 'resync');
  await settle();
  const pass = only();
  clock.advance(600);
  const endWait = pass.turn.wait();
  await clock.advanceAsync(3_600_000);
  assert.deepEqual([pass.signal.aborted, controller.depths().stuck], [false, 0]);
  endWait();
  clock.advance(399);
  assert.equal(pass.signal.aborted, false);
  clock.advance(100);
  assert.match(String(pass.signal.reason), /the pass took longer than 1000 ms/);
  pass.fail(pass.signal.reason as Error);
  await settle();
  assert.equal(errors.length, 1);
});

test('a pass is as urgent as what woke it, and as the pass over its object that waits for its end', async () => {
  const { controller, only } = world();
  controller.start();
  controller.enqueue(A, 'resync');
  await settle();
  const pass = only();
  assert.equal(pass.turn.priority, 'resync');
  controller.enqueue(B, 'initial');
  assert.equal(pass.turn.priority, 'resync');
  controller.enqueue(A, 'user');
  assert.equal(pass.turn.priority, 'user');
  pass.end({ type: 'requeueAfter', ms: 1000 });
  await settle();
});

test('a pass that ignores its signal is counted, gives its place to others, and its key to nobody', async () => {
  const { clock, controller, running, started, errors } = world({ concurrency: 1, passTimeoutMs: 1000 });
  controller.start();
  controller.enqueue(A, 'user');
  await settle();
  controller.enqueue(A, 'user');
  controller.enqueue(B, 'user');
  await clock.advanceAsync(35_999);
  assert.deepEqual(started, ['team-a/logs']);
  assert.equal(controller.standstill(), undefined);
  await clock.advanceAsync(1);
  assert.deepEqual(started, ['team-a/logs', 'cluster-wide']);
  assert.equal(controller.depths().stuck, 1);
  assert.equal(controller.standstill(), 'passes that do not end: 1');
  assert.match(String(errors[0]?.[1]), /the pass ignores its deadline: it runs for over 36000 ms/);
  running[1]?.end({ type: 'done' });
  await settle();
  assert.equal(started.length, 2);
  running[0]?.end({ type: 'done' });
  await settle();
  assert.deepEqual(started, ['team-a/logs', 'cluster-wide', 'team-a/logs']);
  assert.equal(controller.depths().stuck, 0);
  assert.equal(controller.standstill(), undefined);
});

test('nothing stands still before the start, nor while passes take their time, however long keys wait', async () => {
  const { clock, controller, running } = world({ concurrency: 1 });
  const look = async () => {
    assert.equal(controller.standstill(), undefined);
    await clock.advanceAsync(70_000);
    assert.equal(controller.standstill(), undefined);
  };
  await look();
  controller.start();
  controller.enqueue(A, 'user');
  controller.enqueue(B, 'user');
  await settle();
  await look();
  assert.equal(running.length, 1);
});

test('passes that keep the event loop busy begin a few a turn of it', async () => {
  const turns: number[] = [];
  let turn = 0;
  const { controller } = world({
    concurrency: 12,
    loop: new LoopShare(),
    reconcile: async () => {
      turns.push(turn);
      const endMs = performance.now() + 6;
      while (performance.now() < endMs);
      return { type: 'done' };
    },
  });
  controller.start();
  for (let i = 0; i < 12; i++) controller.enqueue({ namespace: 'n', name: `o${i}` }, 'user');
  for (; turns.length < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
  const most = Math.max(...[...Map.groupBy(turns, (each) => each).values()].map(({ length }) => length));
  assert.ok(most <= 4, turns.join());
});

test('stop takes no new keys and waits for what runs', async () => {
  const { clock, controller, started, only } = world();
  controller.start();
  controller.enqueue(A, 'user');
  await settle();
  const stopped = controller.stop(20_000);
  controller.enqueue(B, 'user');
  controller.enqueue(A, 'user');
  await clock.advanceAsync(10_000);
  const pass = only();
  assert.equal(pass.signal.aborted, false);
  pass.end({ type: 'retry' });
  assert.equal(await stopped, 0);
  assert.equal(await controller.stop(1), 0);
  controller.start();
  await settle();
  assert.deepEqual(started, ['team-a/logs']);
  assert.equal(clock.pendingTimers, 0);
});

test('stop aborts what runs after the grace, and goes on without what ignores that', async () => {
  const { clock, controller, running } = world();
  controller.start();
  controller.enqueue(A, 'user');
  controller.enqueue(B, 'user');
  await settle();
  let left: number | undefined;
  void controller.stop(20_000).then((count) => {
    left = count;
  });
  await clock.advanceAsync(19_999);
  assert.equal(running[0]?.signal.aborted, false);
  await clock.advanceAsync(1);
  assert.match(String(running[0]?.signal.reason), /the process is stopping/);
  running[0]?.end({ type: 'done' });
  await clock.advanceAsync(4999);
  assert.equal(left, undefined);
  await clock.advanceAsync(1);
  assert.equal(left, 1);
});

test('a controller without workers is refused', () => {
  assert.throws(() => world({ concurrency: 0 }), /concurrency 0: a controller needs at least 1 worker/);
});

test('whatever happens, at most one pass per key is in flight, and no change is missed', async () => {
  const durations = fc.array(fc.nat(30), { minLength: 1, maxLength: 8 });
  const changes = fc.array(fc.record({ atMs: fc.nat(200), key: fc.nat(3) }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(durations, changes, fc.integer({ min: 1, max: 3 }), async (lasting, edits, concurrency) => {
      const clock = new FakeClock();
      const wanted = new Map<string, number>();
      const seen = new Map<string, number>();
      const inFlight = new Set<string>();
      let passes = 0;
      const controller = new Controller({
        clock,
        random: () => 0.5,
        concurrency,
        onError: (_, error) => assert.match(String(error), /planned/),
        reconcile: async (key) => {
          const text = keyText(key);
          assert.ok(!inFlight.has(text), `two passes over ${text}`);
          inFlight.add(text);
          assert.ok(inFlight.size <= concurrency);
          const version = wanted.get(text) ?? 0; // a pass reads when it begins
          const nth = passes++;
          await new Promise<void>((resolve) => void clock.setTimer(lasting[nth % lasting.length] ?? 0, resolve));
          inFlight.delete(text);
          if (nth % 5 === 3) throw new Error('planned');
          seen.set(text, version);
          return { type: 'done' };
        },
      });
      controller.start();
      for (const { atMs, key } of edits) {
        clock.setTimer(atMs, () => {
          wanted.set(`n/o${key}`, (wanted.get(`n/o${key}`) ?? 0) + 1);
          controller.enqueue({ namespace: 'n', name: `o${key}` }, 'user');
        });
      }
      for (let round = 0; clock.pendingTimers > 0; round++) {
        assert.ok(round < 2000, 'does not come to rest');
        clock.advance(clock.nextTimerMs ?? 0);
        await settle(1);
      }
      assert.deepEqual(seen, wanted);
    }),
    { numRuns: 60 },
  );
});
