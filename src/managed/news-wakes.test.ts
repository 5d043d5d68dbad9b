import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NewsWakes } from './news-wakes.ts';

const key = { namespace: 'a', name: 'logs' };

test('news wakes: a pass that only news woke, once', () => {
  const wakes = new NewsWakes();
  assert.equal(wakes.take('Bucket', key), false, 'the clock, or an edit');
  wakes.news('Bucket', key);
  assert.equal(wakes.take('User', key), false);
  assert.equal(wakes.take('Bucket', key), true);
  assert.equal(wakes.take('Bucket', key), false);
});

test('news wakes: any other cause counts more, before or after it', () => {
  const wakes = new NewsWakes();
  wakes.news('Bucket', key);
  wakes.other('Bucket', key);
  wakes.news('Bucket', key);
  assert.equal(wakes.take('Bucket', key), false);
});
