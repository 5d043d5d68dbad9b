import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedCall } from './shared-call.ts';

const never = new AbortController().signal;
const isCancelled = { type: 'Transient', reason: 'Cancelled', message: 'cancelled while asking' };

/** A call that ends when the test says so, and heeds its signal. */
function start() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const seen: { signal?: AbortSignal } = {};
  const call = new SharedCall('asking', (signal) => {
    seen.signal = signal;
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    return promise;
  });
  return { call, resolve, reject, isAborted: () => seen.signal?.aborted === true };
}

test('who gives up, gives up alone', async () => {
  const { call, resolve, isAborted } = start();
  const first = new AbortController();
  const waits = [call.wait(first.signal), call.wait(never)] as const;
  first.abort();
  await assert.rejects(waits[0], isCancelled);
  assert.deepEqual([isAborted(), call.hasFailed], [false, false]);
  resolve('answer');
  assert.equal(await waits[1], 'answer');
  assert.equal(await call.wait(never), 'answer');
  assert.deepEqual([isAborted(), call.hasFailed], [false, false]);
});

test('a call for which nobody waits any more is given up', async () => {
  const { call, isAborted } = start();
  const only = new AbortController();
  const wait = call.wait(only.signal);
  only.abort();
  await assert.rejects(wait, isCancelled);
  assert.deepEqual([isAborted(), call.hasFailed], [true, true]);
});

test('who has given up before does not wait', async () => {
  const { call } = start();
  await assert.rejects(call.wait(AbortSignal.abort()), isCancelled);
  assert.equal(call.hasFailed, true);
});

test('a failure is told to all who wait, and is no answer for later', async () => {
  const { call, reject } = start();
  const waits = [call.wait(never), call.wait(never)];
  reject(new Error('refused'));
  for (const wait of waits) await assert.rejects(wait, /refused/);
  assert.equal(call.hasFailed, true);
});
