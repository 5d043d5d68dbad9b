import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyFacts } from './facts.ts';
import { recover } from './recovery.ts';
import { book, DAY, facts, key, NOW, rotate, secret } from './testing/facts.ts';
import { due, HOUR, inactive, lately, minting, OLD, probing, retaining, step, switching } from './testing/rotations.ts';

/** After how long the next pass comes, and the previous key goes; `used`: past its time. */
const wakes: readonly (readonly [
  title: string,
  facts: Partial<KeyFacts>,
  wakeMs: number | undefined,
  retireMs?: number | 'used',
  ...isInUse: 'used'[],
])[] = [
  ['when it is due', { ...due, keys: [key('A', 89 * DAY)] }, DAY],
  ['never by time', { ...due, rotate: rotate() }, undefined],
  [
    'soon while a new key is young',
    { ...probing, keys: [key('A'), key('B', 3_000)], next: secret('B', { credential: 'Pending' }) },
    3_000,
  ],
  [
    'not sooner than in a second',
    { ...probing, keys: [key('A'), key('B', 999)], next: secret('B', { credential: 'Pending' }) },
    1_000,
  ],
  ['less often later', { ...probing, next: secret('B', { credential: 'Pending' }) }, 30_000],
  [
    'soon while a new key is not listed',
    { ...probing, keys: [key('A')], next: secret('B', { credential: 'Pending', mintedAtMs: NOW - 30_000 }) },
    1_000,
  ],
  [
    'soon while an announced key is young',
    {
      ...minting,
      keys: [key('A'), key('B', 50_000)],
      next: secret('B', { credential: 'Pending' }),
      book: { ...minting.book, mint: lately },
    },
    30_000,
  ],
  ['at once when the new key is lost', { ...probing, next: { type: 'Absent' } }, 0],
  [
    'an hour after a key that never worked',
    {
      ...probing,
      book: { ...probing.book, rotation: step('Probing', 900_001) },
      keys: [key('A', 90 * DAY), key('B', 900_001)],
      next: secret('B', { credential: 'Pending' }),
    },
    HOUR,
  ],
  [
    'when it is tried again',
    { ...due, book: book({ ownKeys: ['A'], currentKey: 'A', rotation: step('Failed', HOUR - 9_000) }) },
    9_000,
  ],
  ['when the retention of a switch ends', { ...switching, wanted: secret('B'), previous: OLD }, 7 * DAY],
  [
    'when the retention ends',
    { ...retaining, book: { ...retaining.book, rotation: step('Retaining', 6 * DAY, 'A') } },
    DAY,
    DAY,
  ],
  ['each hour while the previous key is used', { ...retaining, previousUsedAtMs: NOW }, HOUR, 7 * DAY, 'used'],
  [
    '… and not later than it goes',
    {
      ...retaining,
      previousUsedAtMs: NOW,
      book: { ...retaining.book, rotation: step('Retaining', 14 * DAY - HOUR / 2, 'A') },
    },
    HOUR / 2,
    HOUR / 2,
    'used',
  ],
  ['when a previous key was inactive for an hour', retaining, HOUR, HOUR],
  [
    '… from the step on',
    { ...inactive, book: { ...inactive.book, rotation: step('Deactivated', HOUR - 1_000, 'A') } },
    1_000,
    1_000,
  ],
  [
    'twice the retention after the switch when somebody made it active again',
    { ...inactive, keys: [key('A', 97 * DAY), key('B', 7 * DAY)] },
    7 * DAY,
    7 * DAY,
    'used',
  ],
  ['at once when it went', inactive, 0],
  ['at once when somebody revoked it', { ...retaining, keys: [key('B', 7 * DAY)] }, 0],
  ['at once when somebody went back to it', { ...retaining, wanted: secret('A') }, 0],
  [
    'at once when the next one is due',
    { ...retaining, rotate: rotate({ intervalMs: 7 * DAY, retentionMs: DAY }) },
    0,
    HOUR,
  ],
];
for (const [title, changes, ...expected] of wakes) {
  test(`rotation: the next pass: ${title}`, () => {
    const { wakeAtMs, retireAtMs, isPreviousInUse } = recover(facts(changes));
    const after = (ms: number | undefined) => (ms === undefined ? [] : [ms - NOW]);
    const wake = wakeAtMs === undefined ? [undefined] : after(wakeAtMs);
    assert.deepEqual([...wake, ...after(retireAtMs), ...(isPreviousInUse ? ['used'] : [])], expected);
  });
}
