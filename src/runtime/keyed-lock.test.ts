import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLock } from './keyed-lock.ts';

test('one key: one at a time, in the order of arrival, whatever fails', async () => {
  const lock = new KeyedLock();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lock.run('a', async () => {
    log.push('first begins');
    await gate.promise;
    log.push('first ends');
    throw new Error('failed');
  });
  const second = lock.run('a', () => Promise.resolve(log.push('second')));
  const third = lock.run('a', () => Promise.resolve(log.push('third')));
  await lock.run('b', () => Promise.resolve(log.push('another key')));
  gate.resolve();
  await assert.rejects(first, /failed/);
  await Promise.all([second, third]);
  assert.deepEqual(log, ['first begins', 'another key', 'first ends', 'second', 'third']);
  assert.equal(lock.size, 0);
});
