import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Turn } from './turn.ts';

test('a turn becomes more urgent and never less', () => {
  const turn = new Turn(new FakeClock(), 'initial');
  turn.raise('resync');
  assert.equal(turn.priority, 'initial');
  turn.raise('user');
  assert.equal(turn.priority, 'user');
});

test('what waits at the same time counts once, and what waits still counts', () => {
  const clock = new FakeClock();
  const turn = new Turn(clock, 'user');
  const one = turn.wait();
  clock.advance(100);
  const other = turn.wait();
  clock.advance(100);
  one();
  clock.advance(100);
  assert.equal(turn.waitedMs(), 300);
  other();
  clock.advance(100);
  assert.equal(turn.waitedMs(), 300);
});
