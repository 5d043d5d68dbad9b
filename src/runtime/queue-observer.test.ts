import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { WorkQueue } from './workqueue.ts';

const never = new AbortController().signal;

/** A queue, and what it tells: how long each key waited, and `retry` for each that failed. */
function observed(clock: FakeClock): { readonly queue: WorkQueue; readonly told: (number | 'retry')[] } {
  const told: (number | 'retry')[] = [];
  const observer = { onTaken: (waitedMs: number) => told.push(waitedMs), onRetry: () => told.push('retry') };
  return { queue: new WorkQueue({ clock, random: () => 0.5, observer }), told };
}

test('the wait of a key begins when it is due, and is not begun again by a higher priority', async () => {
  const clock = new FakeClock();
  const { queue, told } = observed(clock);
  queue.done((await taken(queue, 'first')) ?? '');
  queue.addAfter('later', 1_000, 'resync');
  clock.advance(1_000);
  clock.advance(300);
  queue.add('later', 'user');
  clock.advance(200);
  assert.equal(await queue.take(never), 'later');
  assert.deepEqual(told, [0, 500]);
});

test('what was added during its pass waits from the end of that pass', async () => {
  const clock = new FakeClock();
  const { queue, told } = observed(clock);
  await taken(queue, 'a');
  queue.add('a', 'user');
  clock.advance(1_000);
  queue.done('a');
  clock.advance(50);
  assert.equal(await queue.take(never), 'a');
  assert.deepEqual(told, [0, 50]);
});

test('each failure that is tried again is told', async () => {
  const clock = new FakeClock();
  const { queue, told } = observed(clock);
  await taken(queue, 'a');
  queue.addRateLimited('a');
  queue.done('a');
  const next = queue.take(never);
  clock.advance(1_000);
  await settle();
  assert.equal(await next, 'a');
  assert.deepEqual(told, [0, 'retry', 0]);
});

async function taken(queue: WorkQueue, key: string): Promise<string | undefined> {
  queue.add(key, 'user');
  return queue.take(never);
}
