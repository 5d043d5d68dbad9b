import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { Turn } from '../runtime/turn.ts';
import { AccountLimiter, type Permit } from './limiter.ts';

const never = new AbortController().signal;
const limit = (requestsPerSecond: number, burst: number, maxInFlight = 100) => ({
  requestsPerSecond,
  burst,
  maxInFlight,
});

/** Asks for a permit and collects those that are granted. */
function asker(limiter: AccountLimiter) {
  const granted: { readonly namespace: string; readonly permit: Permit }[] = [];
  const refused: unknown[] = [];
  const ask = (namespace: string, signal = never) => {
    limiter.acquire({ namespace, signal }).then(
      (permit) => granted.push({ namespace, permit }),
      (error: unknown) => refused.push(error),
    );
  };
  return { granted, refused, ask, names: () => granted.map(({ namespace }) => namespace).join('') };
}

test('L22: the burst goes at once, then one request each 1/R seconds', async () => {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, limit(10, 3));
  const { granted, ask } = asker(limiter);
  for (let index = 0; index < 6; index += 1) ask('a');
  await settle();
  assert.equal(granted.length, 3);
  await clock.advanceAsync(99);
  assert.equal(granted.length, 3);
  await clock.advanceAsync(1);
  assert.equal(granted.length, 4);
  await clock.advanceAsync(200);
  assert.equal(granted.length, 6);
  assert.equal(clock.pendingTimers, 0);
});

test('never more than maxInFlight at once; a finished attempt makes room', async () => {
  const limiter = new AccountLimiter(new FakeClock(), limit(1000, 1000, 2));
  const { granted, ask } = asker(limiter);
  for (let index = 0; index < 4; index += 1) ask('a');
  await settle();
  assert.equal(granted.length, 2);
  granted[0]?.permit.succeeded();
  granted[0]?.permit.succeeded(); // a second end of the same attempt counts for nothing
  await settle();
  assert.equal(granted.length, 3);
  assert.deepEqual([limiter.state().inFlight, limiter.state().waiting], [2, 1]);
});

test('namespaces take turns, however many requests one of them has waiting', async () => {
  const clock = new FakeClock();
  const { granted, ask, names } = asker(new AccountLimiter(clock, limit(10, 1)));
  for (let index = 0; index < 5; index += 1) ask('a');
  ask('b');
  ask('b');
  ask('c');
  await clock.advanceAsync(1_000);
  assert.equal(granted.length, 8);
  assert.equal(names(), 'aabcabaa');
});

test('a caller that gives up leaves the queue and costs nothing', async () => {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, limit(10, 1));
  const { granted, refused, ask } = asker(limiter);
  const controller = new AbortController();
  ask('a');
  ask('b', controller.signal);
  controller.abort();
  ask('c', controller.signal);
  await clock.advanceAsync(1_000);
  assert.equal(granted.length, 1);
  assert.deepEqual(
    refused.map((error) => error instanceof ReconcileError && error.reason),
    ['Cancelled', 'Cancelled'],
  );
  assert.equal(limiter.state().waiting, 0);
});

test('sixteen passes at half a request a second: each makes its three within 20 s of its first', async () => {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, limit(0.5, 1));
  const tookMs: number[] = [];
  for (let pass = 0; pass < 16; pass += 1) {
    const turn = new Turn(clock, 'user');
    const acquire = async () =>
      (await limiter.acquire({ namespace: `team-${pass % 4}`, turn, signal: never })).succeeded();
    void (async () => {
      await acquire();
      const startedMs = clock.monotonicMs();
      await acquire();
      await acquire();
      tookMs.push(clock.monotonicMs() - startedMs);
    })();
  }
  await clock.advanceAsync(16 * 3 * 2_000);
  assert.equal(tookMs.length, 16);
  assert.ok(Math.max(...tookMs) <= 20_000, String(tookMs));
});

test('a turn waits as long as a request of it does, and counts those that were let through', async () => {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, limit(1, 1));
  const turn = new Turn(clock, 'resync');
  const controller = new AbortController();
  await limiter.acquire({ namespace: 'a', turn, signal: never });
  assert.equal(turn.waitedMs(), 0);
  const granted = limiter.acquire({ namespace: 'a', turn, signal: never });
  await clock.advanceAsync(1_000);
  await granted;
  const cancelled = limiter.acquire({ namespace: 'a', turn, signal: controller.signal });
  await clock.advanceAsync(500);
  controller.abort();
  await assert.rejects(cancelled);
  await clock.advanceAsync(5_000);
  assert.equal(turn.waitedMs(), 1_500);
  assert.equal(turn.calls, 2);
});

test('one congestion halves the rate once, and successes bring it back, never above what is configured', async () => {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, limit(20, 4));
  const { granted, ask } = asker(limiter);
  for (let index = 0; index < 4; index += 1) ask('a');
  await settle();
  for (const { permit } of granted) permit.throttled(undefined);
  assert.equal(limiter.state().currentPerSecond, 10);
  let second = 0;
  while (limiter.state().currentPerSecond < 20 && second < 60) {
    for (let index = 0; index < 20; index += 1) ask('a');
    await clock.advanceAsync(1_000);
    for (const { permit } of granted) permit.succeeded();
    second += 1;
  }
  assert.equal(limiter.state().currentPerSecond, 20);
  assert.ok(second >= 8 && second <= 14, `${second} s to recover`);
});

test('the rate never falls below one request in two seconds, nor a lower configured one', async () => {
  for (const [configured, floor] of [
    [20, 0.5],
    [0.2, 0.2],
  ] as const) {
    const clock = new FakeClock();
    const limiter = new AccountLimiter(clock, limit(configured, 1));
    for (let round = 0; round < 12; round += 1) {
      const permit = limiter.acquire({ namespace: 'a', signal: never }).catch(() => undefined);
      await clock.advanceAsync(10_000);
      (await permit)?.throttled(undefined);
      await clock.advanceAsync(120_000);
    }
    assert.equal(limiter.state().currentPerSecond, floor);
  }
});

test('Retry-After pauses the whole account: who waits is sent away with the time left, and nobody calls before', async () => {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, limit(10, 2));
  const { granted, refused, ask } = asker(limiter);
  ask('a');
  ask('a');
  ask('b');
  await settle();
  granted[0]?.permit.throttled(30_000);
  await settle();
  assert.equal(granted.length, 2);
  const [error] = refused;
  assert.ok(error instanceof ReconcileError && error.type === 'Throttled' && error.retryAfterMs === 30_000);
  await clock.advanceAsync(20_000);
  ask('a');
  await settle();
  const [, later] = refused;
  assert.ok(later instanceof ReconcileError && later.retryAfterMs === 10_000);
  await clock.advanceAsync(10_000);
  ask('a');
  await settle();
  assert.equal(granted.length, 3);
});

test('a short pause is waited for', async () => {
  const clock = new FakeClock();
  const { granted, refused, ask } = asker(new AccountLimiter(clock, limit(10, 10)));
  ask('a');
  await settle();
  granted[0]?.permit.throttled(1_500);
  ask('a');
  await clock.advanceAsync(1_499);
  assert.equal(granted.length, 1);
  await clock.advanceAsync(1);
  assert.deepEqual([granted.length, refused.length], [2, 0]);
});

test('a service that refuses everything is asked ever more rarely, and one success ends that', async () => {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, limit(100, 1));
  const pauses: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const permit = limiter.acquire({ namespace: 'a', signal: never });
    await clock.advanceAsync(2_000);
    (await permit).throttled(undefined);
    pauses.push(limiter.state().pausedForMs);
    await clock.advanceAsync(60_000);
  }
  assert.deepEqual(pauses, [0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000]);
  const permit = await limiter.acquire({ namespace: 'a', signal: never });
  permit.succeeded();
  await clock.advanceAsync(5_000);
  (await limiter.acquire({ namespace: 'a', signal: never })).throttled(undefined);
  assert.equal(limiter.state().pausedForMs, 0);
});

test('the lowest limit of all Providers of the account holds, while they are there', () => {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, limit(50, 50));
  limiter.declare('first', limit(20, 40, 8));
  limiter.declare('second', limit(30, 10, 16));
  assert.equal(limiter.state().configuredPerSecond, 20);
  assert.equal(limiter.state().currentPerSecond, 20);
  clock.advance(901_000);
  limiter.declare('second', limit(30, 10, 16));
  assert.equal(limiter.state().configuredPerSecond, 30);
  assert.equal(limiter.state().currentPerSecond, 30);
});

test('what is observed: a wait of our own and a refusal of the service', async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const limiter = new AccountLimiter(clock, limit(10, 1), (source) => seen.push(source));
  const { granted, ask } = asker(limiter);
  ask('a');
  ask('a');
  await clock.advanceAsync(100);
  granted[0]?.permit.throttled(undefined);
  granted[1]?.permit.failed();
  assert.deepEqual(seen, ['waited', 'throttled']);
});

const steps = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('ask' as const),
      namespace: fc.constantFrom('a', 'b', 'c'),
    }),
    fc.record({ type: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
    fc.record({ type: fc.constant('end' as const), as: fc.constantFrom('succeeded', 'failed', 'throttled') }),
  ),
  { maxLength: 120 },
);

test('property: in every window of t seconds at most burst + R·t grants, and never more than maxInFlight', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 20 }),
      async (plan, rate, burst) => {
        const clock = new FakeClock();
        const limiter = new AccountLimiter(clock, limit(rate, burst, 6));
        const times: number[] = [];
        const open: Permit[] = [];
        for (const step of plan) {
          if (step.type === 'advance') await clock.advanceAsync(step.ms);
          if (step.type === 'ask') {
            void limiter.acquire({ namespace: step.namespace, signal: never }).then(
              (permit) => {
                times.push(clock.monotonicMs());
                open.push(permit);
              },
              () => {},
            );
            await settle(1);
          }
          if (step.type === 'end') {
            const permit = open.shift();
            if (step.as === 'throttled') permit?.throttled(undefined);
            else if (step.as === 'failed') permit?.failed();
            else permit?.succeeded();
            await settle(1);
          }
          assert.ok(open.length <= 6 && limiter.state().inFlight === open.length);
        }
        for (const [from, start] of times.entries()) {
          for (const [to, end] of times.entries()) {
            if (to < from) continue;
            const count = to - from + 1;
            assert.ok(count <= burst + (rate * (end - start)) / 1000 + 1e-6, `${count} grants in ${end - start} ms`);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('property: a namespace that waits is served within one turn of all namespaces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 40 }),
      async (namespaces) => {
        const clock = new FakeClock();
        const { granted, ask } = asker(new AccountLimiter(clock, limit(10, 1)));
        ask('first');
        for (const namespace of namespaces) ask(namespace);
        await clock.advanceAsync(100 * namespaces.length);
        const order = granted.slice(1).map(({ namespace }) => namespace);
        assert.deepEqual(order.toSorted(), namespaces.toSorted());
        for (const [at, namespace] of order.entries()) {
          const next = order.indexOf(namespace, at + 1);
          const between = next === -1 ? [] : order.slice(at + 1, next);
          assert.equal(
            new Set(between).size,
            between.length,
            `${order.join('')}: a namespace twice before ${namespace}`,
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});
