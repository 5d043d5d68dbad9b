import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWindow } from './rotation-window.ts';

const SATURDAYS = { schedule: '0 3 * * 6', durationMinutes: 120, timeZone: 'Europe/Berlin' };

/** The first open moment from that one on, as text. */
function opens(at: string, changes: Partial<typeof SATURDAYS> = {}): string {
  return new Date(readWindow({ ...SATURDAYS, ...changes }).opensAt(Date.parse(at))).toISOString();
}

test('window: before it, within it, after it', () => {
  assert.equal(opens('2026-01-08T12:00:00Z'), '2026-01-10T02:00:00.000Z');
  assert.equal(opens('2026-01-10T02:00:00Z'), '2026-01-10T02:00:00.000Z');
  assert.equal(opens('2026-01-10T03:59:59Z'), '2026-01-10T03:59:59.000Z');
  assert.equal(opens('2026-01-10T04:00:00Z'), '2026-01-17T02:00:00.000Z');
});

test('window: the clocks of its time zone count, summer and winter', () => {
  assert.equal(opens('2026-07-08T12:00:00Z'), '2026-07-11T01:00:00.000Z');
  assert.equal(
    opens('2026-03-28T12:00:00Z', { schedule: '30 2 * * *' }),
    '2026-03-29T01:00:00.000Z',
    'there is no half past two',
  );
});

test('window: none is always open', () => assert.equal(readWindow(undefined).opensAt(7), 7));

const bad: readonly (readonly [changes: Partial<typeof SATURDAYS>, message: RegExp])[] = [
  [{ schedule: 'at night' }, /^spec\.rotate\.window\.schedule: "at night": five fields/],
  [{ schedule: '0 0 3 * * 6' }, /five fields/],
  [{ schedule: '0 25 * * *' }, /window\.schedule: "0 25 \* \* \*"/],
  [{ schedule: '0 3 30 2 *' }, /it never comes: name a day that exists/],
  [{ timeZone: 'Mars/Base' }, /window\.timeZone: "Mars\/Base": there is no such time zone/],
];
for (const [changes, message] of bad) {
  test(`window: refused: ${JSON.stringify(changes)}`, () => {
    const { problem, opensAt } = readWindow({ ...SATURDAYS, ...changes });
    assert.equal(problem?.type, 'InvalidSpec');
    assert.match(problem.message, message);
    assert.equal(opensAt(7), Number.POSITIVE_INFINITY, 'nothing is replaced until it is corrected');
  });
}
