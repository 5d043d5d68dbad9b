import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from './event-queue.ts';

test('namespaces take turns, no more jobs of each at a time than allowed', () => {
  const queue = new EventQueue<string>({ total: 10, perNamespace: 10, busyPerNamespace: 2 });
  for (const job of ['a1', 'a2', 'a3', 'a4', 'b1']) assert.ok(queue.push(job.slice(0, 1), job));
  const taken = Array.from({ length: 4 }, () => queue.take());
  assert.deepEqual(taken, ['a1', 'b1', 'a2', undefined]);
  queue.done('a');
  assert.deepEqual([queue.take(), queue.take()], ['a3', undefined]);
  for (const namespace of ['a', 'a', 'b']) queue.done(namespace);
  assert.deepEqual([queue.take(), queue.take(), queue.isIdle], ['a4', undefined, false]);
  queue.done('a');
  assert.equal(queue.isIdle, true);
});

test('one job of a namespace at a time, when no more are allowed', () => {
  const queue = new EventQueue<string>({ total: 10, perNamespace: 10, busyPerNamespace: 1 });
  for (const job of ['a1', 'a2', 'a3', 'b1']) assert.ok(queue.push(job.slice(0, 1), job));
  assert.deepEqual([queue.take(), queue.take(), queue.take()], ['a1', 'b1', undefined]);
  queue.done('a');
  assert.deepEqual([queue.take(), queue.take(), queue.size], ['a2', undefined, 1]);
  assert.ok(queue.push('b', 'b2'));
  queue.done('a');
  queue.done('b');
  assert.deepEqual([queue.take(), queue.take(), queue.size, queue.isIdle], ['a3', 'b2', 0, false]);
  queue.done('a');
  queue.done('b');
  assert.equal(queue.isIdle, true);
});

test('room is bounded, in all and for one namespace', () => {
  const queue = new EventQueue<number>({ total: 3, perNamespace: 2, busyPerNamespace: 1 });
  assert.deepEqual([queue.push('a', 1), queue.push('a', 2), queue.push('a', 3)], [true, true, false]);
  assert.deepEqual([queue.push('b', 1), queue.push('c', 1)], [true, false]);
  assert.equal(queue.clear(), 3);
  assert.deepEqual([queue.size, queue.take(), queue.push('c', 1)], [0, undefined, true]);
});
