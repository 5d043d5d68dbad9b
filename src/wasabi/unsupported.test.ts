import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { UnsupportedCalls } from './unsupported.ts';

const DAY_MS = 86_400_000;

test('what is remembered is known for a day, for that service and that call', () => {
  const clock = new FakeClock();
  const calls = new UnsupportedCalls(clock);
  assert.equal(calls.isKnown('p1', 'cors'), false);
  calls.remember('p1', 'cors');
  assert.deepEqual(
    [calls.isKnown('p1', 'cors'), calls.isKnown('p1', 'encryption'), calls.isKnown('p2', 'cors')],
    [true, false, false],
  );
  clock.advance(DAY_MS - 1);
  assert.equal(calls.isKnown('p1', 'cors'), true);
  clock.advance(1);
  assert.equal(calls.isKnown('p1', 'cors'), false);
});

test('a step of the wall clock changes nothing', () => {
  const clock = new FakeClock();
  const calls = new UnsupportedCalls(clock);
  calls.remember('p1', 'cors');
  clock.stepWallClock(10 * DAY_MS);
  assert.equal(calls.isKnown('p1', 'cors'), true);
});

test('the oldest service goes when there are too many', () => {
  const calls = new UnsupportedCalls(new FakeClock());
  calls.remember('first', 'cors');
  for (let index = 0; index < 10_000; index += 1) calls.remember(`p${index}`, 'cors');
  assert.deepEqual(
    [calls.isKnown('first', 'cors'), calls.isKnown('p0', 'cors'), calls.isKnown('p9999', 'cors')],
    [false, true, true],
  );
});
