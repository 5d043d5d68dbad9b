import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { Turn } from '../runtime/turn.ts';
import { AccountLimiter, type Permit } from './limiter.ts';
import { Limiters } from './limiters.ts';

/** What the limiter does to the millisecond and to the request; the rest is in `limiter.test.ts`. */

const never = new AbortController().signal;
const limit = (requestsPerSecond: number, burst: number, maxInFlight = 100) => ({
  requestsPerSecond,
  burst,
  maxInFlight,
});

/** A limiter, and what was granted and refused of what it was asked for. */
function stage(of: ReturnType<typeof limit>) {
  const clock = new FakeClock();
  const limiter = new AccountLimiter(clock, of);
  const granted: Permit[] = [];
  const refused: unknown[] = [];
  const ask = async (count = 1, turn?: Turn, signal = never) => {
    for (let index = 0; index < count; index += 1) {
      limiter.acquire({ namespace: 'a', turn, signal }).then(
        (permit) => granted.push(permit),
        (error: unknown) => refused.push(error),
      );
    }
    await settle();
    return granted.length;
  };
  const rate = () => limiter.state().currentPerSecond;
  return { clock, limiter, granted, refused, ask, rate };
}

test('a declaration holds for 15 minutes, to the millisecond', () => {
  const { clock, limiter } = stage(limit(50, 50));
  limiter.declare('first', limit(20, 40, 8));
  clock.advance(900_000);
  limiter.declare('second', limit(30, 10, 16));
  assert.equal(limiter.state().configuredPerSecond, 20);
  clock.advance(1);
  limiter.declare('second', limit(30, 10, 16));
  assert.equal(limiter.state().configuredPerSecond, 30);
});

test('a declaration moves a rate that was full; one that was lowered stays, but for a lower limit', async () => {
  const { limiter, granted, ask, rate } = stage(limit(20, 4));
  limiter.declare('p', limit(40, 4));
  assert.equal(rate(), 40);
  await ask();
  granted[0]?.throttled(undefined);
  assert.equal(rate(), 20);
  limiter.declare('p', limit(80, 4));
  assert.equal(rate(), 20);
  limiter.declare('p', limit(5, 4));
  assert.equal(rate(), 5);
});

test('a declaration of a lower burst takes what was saved', async () => {
  const { limiter, ask } = stage(limit(10, 5));
  limiter.declare('p', limit(10, 2));
  assert.equal(await ask(5), 2);
});

test('a declaration counts the time before it by the rate before it', async () => {
  const { clock, limiter, ask } = stage(limit(1, 3));
  assert.equal(await ask(3), 3);
  clock.advance(2_000);
  limiter.declare('p', limit(100, 10));
  assert.equal(await ask(8), 5);
});

test('a declaration of more calls at once lets those go that wait', async () => {
  const { clock, limiter, granted, ask } = stage(limit(10, 10, 1));
  assert.equal(await ask(3), 1);
  assert.equal(clock.pendingTimers, 0, 'only an end makes room');
  limiter.declare('p', limit(10, 10, 2));
  await settle();
  assert.equal(granted.length, 2);
});

test('of several declarations the lowest burst and the fewest calls at once hold', async () => {
  const few = stage(limit(10, 9, 9));
  few.limiter.declare('first', limit(10, 9, 1));
  few.limiter.declare('second', limit(10, 9, 5));
  assert.equal(await few.ask(9), 1);
  const small = stage(limit(10, 9));
  small.limiter.declare('first', limit(10, 2));
  small.limiter.declare('second', limit(10, 9));
  assert.equal(await small.ask(9), 2);
});

test('one timer for all who wait, at the time of the next token in whole milliseconds', async () => {
  const { clock, ask } = stage(limit(3, 1));
  await ask(4);
  assert.deepEqual([clock.pendingTimers, clock.nextTimerMs], [1, 334]);
  await ask(2);
  assert.deepEqual([clock.pendingTimers, clock.nextTimerMs], [1, 334]);
});

test('a burst below one lets one go at a time', async () => {
  const { clock, granted, ask } = stage(limit(10, 0));
  assert.equal(await ask(3), 0);
  await clock.advanceAsync(100);
  assert.equal(granted.length, 1);
  await clock.advanceAsync(200);
  assert.equal(granted.length, 3);
});

test('time that nobody asks in saves no more than the burst', async () => {
  const { clock, ask } = stage(limit(10, 3));
  clock.advance(60_000);
  assert.equal(await ask(9), 3);
});

test('a pause of 2 s is waited for, one of a millisecond more is not', async () => {
  for (const [pauseMs, isRefused] of [
    [2_000, false],
    [2_001, true],
  ] as const) {
    const { clock, granted, refused, ask } = stage(limit(10, 1));
    await ask(2);
    granted[0]?.throttled(pauseMs);
    await settle();
    assert.equal(refused.length, isRefused ? 1 : 0, 'who waited');
    await ask();
    assert.equal(refused.length, isRefused ? 2 : 0, 'who comes');
    await clock.advanceAsync(pauseMs - 1);
    assert.equal(granted.length, 1);
    if (!isRefused) assert.equal(clock.pendingTimers, 1);
  }
});

test('the time that is left is told in whole milliseconds', async () => {
  const { granted, refused, ask } = stage(limit(10, 1));
  await ask(2);
  granted[0]?.throttled(2_500.2);
  await settle();
  const [error] = refused;
  assert.ok(error instanceof ReconcileError);
  assert.deepEqual([error.type, error.retryAfterMs], ['Throttled', 2_501]);
});

test('a shorter pause does not end a longer one', async () => {
  const { clock, limiter, granted, ask } = stage(limit(10, 2));
  await ask(2);
  granted[0]?.throttled(30_000);
  clock.advance(1_000);
  granted[1]?.throttled(1_000);
  assert.equal(limiter.state().pausedForMs, 29_000);
});

test('a pause of our own is never longer than a minute, and one that the service asks for is', async () => {
  const { clock, limiter } = stage(limit(100, 1));
  const pauses: number[] = [];
  for (let round = 0; round < 14; round += 1) {
    const permit = limiter.acquire({ namespace: 'a', signal: never });
    await clock.advanceAsync(2_000);
    (await permit).throttled(undefined);
    pauses.push(limiter.state().pausedForMs);
    await clock.advanceAsync(60_000);
  }
  assert.deepEqual(pauses.slice(4), [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
  const last = limiter.acquire({ namespace: 'a', signal: never });
  await clock.advanceAsync(2_000);
  (await last).throttled(90_000);
  assert.equal(limiter.state().pausedForMs, 90_000);
});

test('a success gives back a share of what is configured, by what a second lets through', async () => {
  const { granted, ask, rate } = stage(limit(20, 4));
  await ask(2);
  granted[0]?.throttled(undefined);
  granted[1]?.succeeded();
  assert.equal(rate(), 10.1);
  const slow = stage(limit(2, 1));
  for (let round = 0; round < 2; round += 1) {
    await slow.ask();
    await slow.clock.advanceAsync(3_000);
    slow.granted.at(-1)?.throttled(undefined);
  }
  assert.equal(slow.rate(), 0.5);
  await slow.ask();
  await slow.clock.advanceAsync(3_000);
  slow.granted.at(-1)?.succeeded();
  assert.equal(slow.rate(), 0.6);
});

test('a failure that says nothing about load changes no rate', async () => {
  const { granted, ask, rate, limiter } = stage(limit(20, 4));
  await ask(2);
  granted[0]?.throttled(undefined);
  granted[1]?.failed();
  assert.deepEqual([rate(), limiter.state().inFlight], [10, 0]);
});

test('a refusal takes what was saved: the next attempt waits for a whole token at the lower rate', async () => {
  const { clock, granted, ask } = stage(limit(1, 1));
  await ask(2);
  await clock.advanceAsync(900);
  granted[0]?.throttled(undefined);
  await clock.advanceAsync(1_999);
  assert.equal(granted.length, 1);
  await clock.advanceAsync(1);
  assert.equal(granted.length, 2);
});

test('whoever gives up after it was let through, or sent away, has given up nothing', async () => {
  const { clock, granted, refused, ask } = stage(limit(1, 1));
  const [turn, controller] = [new Turn(clock, 'user'), new AbortController()];
  await ask(1, turn, controller.signal);
  await ask(1, turn, controller.signal);
  await clock.advanceAsync(500);
  granted[0]?.throttled(10_000);
  await settle();
  assert.deepEqual([refused.length, turn.waitedMs()], [1, 500]);
  controller.abort();
  await clock.advanceAsync(10_000);
  await ask(1, turn);
  await ask(1, turn);
  await clock.advanceAsync(2_000);
  assert.deepEqual([granted.length, turn.waitedMs(), turn.calls], [3, 2_500, 3]);
});

const asked = { requestsPerSecond: 20, burst: 1, maxInFlight: 8 };
const use = (accountId: string) => ({
  settings: { endpoint: 'https://s3.wasabisys.com', region: 'us-east-1', rate: asked },
  accessKeyId: 'K1',
  accountId,
  declaredBy: 'p',
});

test('a limiter that nobody asks for is kept for an hour, to the millisecond', () => {
  const clock = new FakeClock();
  const limiters = new Limiters(clock);
  const accounts = () => limiters.states().map(([account]) => account);
  limiters.limiterFor(use('1'));
  clock.advance(3_600_000);
  limiters.limiterFor(use('2'));
  assert.deepEqual(accounts(), ['1', '2']);
  clock.advance(1);
  limiters.limiterFor(use('2'));
  assert.deepEqual(accounts(), ['2']);
});

test('each Provider that leads to an account declares its limit', () => {
  const limiters = new Limiters(new FakeClock());
  limiters.limiterFor(use('1'));
  const second = { ...use('1'), declaredBy: 'q' };
  const settings = { ...second.settings, rate: { ...asked, requestsPerSecond: 3 } };
  assert.equal(limiters.limiterFor({ ...second, settings }).state().configuredPerSecond, 3);
});
