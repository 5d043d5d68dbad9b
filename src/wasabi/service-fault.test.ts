import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMsOf } from './service-fault.ts';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const HOUR_MS = 3_600_000;
const rows: readonly [headers: Readonly<Record<string, string>>, expected: number | undefined][] = [
  [{}, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '30' }, 30_000],
  [{ 'retry-after': '999999999' }, HOUR_MS],
  [{ 'retry-after': 'Sun, 01 Mar 2026 12:00:10 GMT' }, 10_000],
  [{ 'retry-after': 'Sun, 01 Mar 2026 12:00:10 GMT', date: 'Sun, 01 Mar 2026 12:00:07 GMT' }, 3_000],
  [{ 'retry-after': 'Sun, 01 Mar 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after': 'Sat, 01 Mar 2036 12:00:00 GMT' }, HOUR_MS],
];
for (const [headers, expected] of rows) {
  test(`Retry-After: ${JSON.stringify(headers)}`, () => assert.equal(retryAfterMsOf(headers, NOW_MS), expected));
}
