import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { mayRetry, retryDelayMs, withRetries } from './retry.ts';
import { ServiceFault } from './service-fault.ts';

const fault = (code: string, status: number, retryAfterMs?: number) =>
  new ServiceFault({ service: 's3', operation: 'CreateBucket', host: 'h', status, code, requestId: '', retryAfterMs });
const isFault = (result: string | ServiceFault): result is ServiceFault => result instanceof ServiceFault;

test('exponential: anywhere below a bound that doubles; linear: a step more each time; two seconds at most', () => {
  const almostOne = () => 0.999_999;
  assert.deepEqual(
    [1, 2, 3, 4, 5, 9].map((attempt) => Math.ceil(retryDelayMs(attempt, 'exponential', almostOne))),
    [200, 400, 800, 1_600, 2_000, 2_000],
  );
  assert.equal(
    retryDelayMs(5, 'exponential', () => 0),
    0,
  );
  assert.deepEqual(
    [1, 2, 3, 20].map((attempt) => retryDelayMs(attempt, 'linear', almostOne)),
    [200, 400, 600, 2_000],
  );
});

const cases: readonly [code: string, status: number, repeatable: boolean, single: boolean][] = [
  ['SlowDown', 503, true, true],
  ['RequestRateLimitExceeded', 403, true, true],
  ['', 429, true, true],
  ['InternalError', 500, true, false],
  ['', 502, true, false],
  ['ECONNRESET', 0, true, false],
  ['TimeoutError', 0, true, false],
  ['ECONNREFUSED', 0, true, true],
  ['ENOTFOUND', 0, true, true],
  ['AccessDenied', 403, false, false],
  ['InvalidAccessKeyId', 403, false, false],
  ['AuthenticationLockout', 403, false, false],
  ['NoSuchBucket', 404, false, false],
  ['MalformedXML', 400, false, false],
  ['CERT_HAS_EXPIRED', 0, false, false],
  ['AnswerTooLarge', 0, false, false],
];
for (const [code, status, repeatable, single] of cases) {
  test(`${code || status}: again ${repeatable ? 'yes' : 'no'}, for a create that must not happen twice ${single ? 'yes' : 'no'}`, () => {
    assert.equal(mayRetry(fault(code, status), { isRepeatable: true }), repeatable);
    assert.equal(mayRetry(fault(code, status), { isRepeatable: false }), single);
  });
}

test('a Retry-After over two seconds is not waited for inside a call', () => {
  assert.equal(mayRetry(fault('SlowDown', 503, 2_000), { isRepeatable: true }), true);
  assert.equal(mayRetry(fault('SlowDown', 503, 2_001), { isRepeatable: true }), false);
});

function run(results: readonly (string | ServiceFault)[], maxAttempts = 3) {
  const clock = new FakeClock();
  const controller = new AbortController();
  const times: number[] = [];
  const done = withRetries(
    async (number) => {
      times.push(clock.monotonicMs());
      return results[number - 1] ?? assert.fail(`attempt ${number} was not expected`);
    },
    isFault,
    { maxAttempts, strategy: 'linear', isRepeatable: true, signal: controller.signal, clock, random: () => 0 },
  );
  return { clock, controller, times, done };
}

test('the first success ends it', async () => {
  const { clock, done, times } = run([fault('InternalError', 500), fault('', 503), 'output']);
  await clock.advanceAsync(1_000);
  assert.equal(await done, 'output');
  assert.deepEqual(times, [0, 200, 600]);
});

test('L63: the last fault is answered when the attempts are used up, or when another attempt makes no sense', async () => {
  const last = fault('', 504);
  const usedUp = run([fault('InternalError', 500), last], 2);
  await usedUp.clock.advanceAsync(1_000);
  assert.equal(await usedUp.done, last);
  const denied = fault('AccessDenied', 403);
  assert.equal(await run([denied]).done, denied);
});

test('Retry-After is the least wait', async () => {
  const { clock, done, times } = run([fault('SlowDown', 503, 1_500), 'output']);
  await clock.advanceAsync(2_000);
  await done;
  assert.deepEqual(times, [0, 1_500]);
});

test('a caller that gives up is not kept waiting', async () => {
  const { clock, controller, done } = run([fault('InternalError', 500), 'never']);
  await clock.advanceAsync(10);
  controller.abort();
  await assert.rejects(done, { type: 'Transient', reason: 'Cancelled' });
  assert.equal(clock.pendingTimers, 0);
});
