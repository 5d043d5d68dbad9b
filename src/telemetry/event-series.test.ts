import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventInput } from './event-object.ts';
import { EventSeries } from './event-series.ts';

const MINUTE = 60_000;

function input(uid: string, changes: Partial<EventInput> = {}): EventInput {
  const metadata = { name: uid, namespace: 'a', uid, resourceVersion: '1', creationTimestamp: '' };
  const regarding = { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'Bucket', metadata };
  return { regarding, type: 'Warning', reason: 'ReconcileFailed', action: 'Reconcile', note: 'n', ...changes };
}

test('only the same is a repeat, and only within ten minutes of the last', () => {
  const known = new EventSeries();
  known.begin(input('u'), 'e', 0, 0);
  const others = [
    input('v'),
    input('u', { type: 'Normal' }),
    input('u', { reason: 'DeletionBlocked' }),
    input('u', { action: 'Delete' }),
    input('u', { note: 'm' }),
  ];
  for (const other of others) assert.equal(known.repeated(other, 1, 1), undefined);
  assert.equal(known.repeated(input('u'), 9 * MINUTE, 5)?.count, 2);
  assert.equal(known.repeated(input('u'), 18 * MINUTE, 6)?.count, 3);
  assert.equal(known.repeated(input('u'), 28 * MINUTE, 7), undefined);
});

test('a count is due five minutes after the last write and when the series has ended, and only when it grew', () => {
  const known = new EventSeries();
  const series = known.begin(input('u'), 'e', 0, 0);
  series.isCreated = true;
  known.begin(input('once'), 'e', 0, 0).isCreated = true;
  known.repeated(input('u'), 1 * MINUTE, 0);
  assert.deepEqual(known.due(4 * MINUTE), []);
  assert.deepEqual(known.due(5 * MINUTE), [series]);
  series.sentCount = series.count;
  series.sentMs = 5 * MINUTE;
  assert.deepEqual(known.due(9 * MINUTE), []);
  known.repeated(input('u'), 9 * MINUTE, 0);
  series.sentMs = 18 * MINUTE; // a write that did not arrive
  assert.deepEqual([known.due(19 * MINUTE), known.size], [[series], 0]);
});

test('what was refused, or waits to be created, is remembered and not due', () => {
  const known = new EventSeries();
  const series = known.begin(input('u'), 'e', 0, 0);
  series.isRefused = true;
  known.begin(input('waits'), 'e', 0, 0);
  assert.equal(known.repeated(input('u'), MINUTE, 0)?.isRefused, true);
  assert.equal(known.repeated(input('waits'), MINUTE, 0)?.count, 2);
  assert.deepEqual([known.due(MINUTE * 6), known.size], [[], 2]);
});

test('memory is bounded, and forgetting a series leaves a later one of the same alone', () => {
  const known = new EventSeries();
  for (let index = 0; index < 5_000; index++) known.begin(input(`u${index}`), 'e', 0, 0);
  assert.equal(known.size, 4_096);
  assert.equal(known.repeated(input('u0'), 1, 1), undefined);
  const old = known.begin(input('u4999'), 'e', 0, 0);
  const later = known.begin(input('u4999'), 'f', 1, 1);
  known.forget(old);
  assert.equal(known.repeated(input('u4999'), 2, 2), later);
  known.forget(later);
  assert.equal(known.repeated(input('u4999'), 2, 2), undefined);
});
