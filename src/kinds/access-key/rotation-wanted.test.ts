import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../../api/access-key.ts';
import { ROTATE_REQUESTED_AT } from '../../managed/annotations.ts';
import { dueByTimeMs, isRotationRequested, rotateRequestedAt, wantedRotation } from './rotation-wanted.ts';
import { book, DAY, NOW } from './testing/facts.ts';

type Rotate = NonNullable<AccessKey['spec']['rotate']>;

/** An AccessKey with that request and that wish. */
function asking(request: string | undefined, rotate: Partial<Rotate> = {}): AccessKey {
  const annotations = request === undefined ? {} : { [ROTATE_REQUESTED_AT]: request };
  return { metadata: { annotations }, spec: { rotate } } as unknown as AccessKey; // nothing else of it is read
}

const seen = { isRecorded: true, currentKey: 'A', handledRequest: 'before' };
const requests: readonly (readonly [title: string, request: string | undefined, book: object, isRequested: boolean])[] =
  [
    ['a new text', 'now', seen, true],
    ['the first', 'now', { ...seen, handledRequest: undefined }, true],
    ['one that was carried out', 'before', seen, false],
    ['none', undefined, seen, false],
    ['on an object that was never seen', 'now', { ...seen, isRecorded: false }, false],
    ['on one whose first key never worked', 'now', { ...seen, currentKey: undefined }, false],
  ];
for (const [title, request, changes, isRequested] of requests) {
  test(`a request to rotate: ${title}`, () => {
    const object = asking(request);
    assert.equal(isRotationRequested(object, book(changes)), isRequested);
    assert.equal(wantedRotation(object, book(changes)).isRequested, isRequested);
    assert.equal(rotateRequestedAt(object), request);
  });
}

test('a request that was carried out still stands there, until it is taken off or another one comes', () => {
  const isThere = (request: string | undefined, handledRequest: string | undefined) =>
    wantedRotation(asking(request), book({ handledRequest })).isHandledRequestThere;
  const found = [
    isThere('one', 'one'),
    isThere('two', 'one'),
    isThere(undefined, 'one'),
    isThere(undefined, undefined),
  ];
  assert.deepEqual(found, [true, false, false, false]);
});

test('what is wanted of rotation, in milliseconds, and by default', () => {
  const wanted = (rotate?: Partial<Rotate>) => {
    const { intervalMs, retentionMs } = wantedRotation(asking(undefined, rotate), book());
    return [intervalMs, retentionMs];
  };
  assert.deepEqual(wanted(), [undefined, 7 * DAY]);
  assert.deepEqual(wanted({ enabled: true }), [90 * DAY, 7 * DAY]);
  assert.deepEqual(wanted({ intervalDays: 30 }), [undefined, 7 * DAY], 'not enabled');
  assert.deepEqual(wanted({ enabled: true, intervalDays: 30, previousKeysRetentionDays: 0 }), [30 * DAY, 0]);
  const window = { schedule: '0 3 * * 6', durationMinutes: 60, timeZone: 'UTC' };
  const { opensAt } = wantedRotation(asking(undefined, { enabled: true, window }), book());
  assert.equal(opensAt(Date.parse('2026-01-08T12:00:00Z')), Date.parse('2026-01-10T03:00:00Z'));
});

/** @throws AssertionError for what is no time */
const always = (ms: number) => {
  assert.ok(Number.isFinite(ms));
  return ms;
};
/** Open for an hour from noon on, each day; NOW is a noon. */
const noons = (ms: number) =>
  (ms - NOW) % DAY < 3_600_000 && (ms - NOW) % DAY >= 0 ? ms : NOW + DAY * Math.ceil((ms - NOW) / DAY);
const times: readonly (readonly [
  title: string,
  wanted: Parameters<typeof dueByTimeMs>[0],
  createdAtMs: number | undefined,
  dueMs: number | undefined,
])[] = [
  ['an interval after it was made', { intervalMs: 7 * DAY, opensAt: always }, NOW - DAY, NOW + 6 * DAY],
  [
    'in the first window after it, though one opens before',
    { intervalMs: 2 * DAY, opensAt: (ms) => (ms > NOW + DAY ? NOW + 5 * DAY : NOW + 9) },
    NOW,
    NOW + 5 * DAY,
  ],
  ['without an interval', { intervalMs: undefined, opensAt: always }, NOW - DAY, undefined],
  ['without a time', { intervalMs: DAY, opensAt: always }, undefined, undefined],
  ['a while ago', { intervalMs: DAY, opensAt: always }, NOW - 3 * DAY, NOW - 2 * DAY],
  ['in the first window after it', { intervalMs: DAY, opensAt: noons }, NOW - 1, NOW + DAY],
  ['in the window that is open', { intervalMs: DAY, opensAt: noons }, NOW - DAY - 1, NOW],
  [
    'not in one that was missed',
    { intervalMs: DAY, opensAt: (ms) => (ms <= NOW - DAY ? ms : NOW + 9) },
    NOW - 3 * DAY,
    NOW + 9,
  ],
  [
    'in a window that never opens',
    { intervalMs: DAY, opensAt: () => Number.POSITIVE_INFINITY },
    NOW - 3 * DAY,
    undefined,
  ],
];
for (const [title, wanted, createdAtMs, dueMs] of times) {
  test(`due by time: ${title}`, () => assert.equal(dueByTimeMs(wanted, createdAtMs, NOW), dueMs));
}
