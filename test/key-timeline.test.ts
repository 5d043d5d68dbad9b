import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broken, type Entry, type Promised } from './support/key-timeline.ts';

/** The judge of the timelines of keys finds each break of what is promised: one that finds nothing proves nothing. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const promised: Promised = {
  intervalMs: 10 * DAY,
  retentionMs: 2 * DAY,
  lateMs: 3 * HOUR,
  inactiveMs: HOUR,
  endMs: 15 * DAY,
};

function made(keyId: string, atMs: number, worksAtMs = atMs): Entry {
  return { type: 'Made', keyId, atMs, worksAtMs };
}

function it(type: 'Active' | 'Inactive' | 'Revoked', keyId: string, atMs: number): Entry {
  return { type, keyId, atMs };
}

function published(keyId: string | undefined, atMs: number): Entry {
  return { type: 'Published', keyId, atMs };
}

const switched = 10 * DAY + HOUR;
const begin = [made('A', 0), published('A', 1)];
const rotated = [...begin, made('B', 10 * DAY), published('B', switched)];
const retired = [it('Inactive', 'A', switched + 2 * DAY), it('Revoked', 'A', switched + 2 * DAY + HOUR)];

const rows: readonly (readonly [title: string, entries: readonly Entry[], expected: RegExp | undefined])[] = [
  ['a rotation as it should be', [...rotated, ...retired], undefined],
  [
    'the first key may be published before it works',
    [made('A', 0, 60_000), ...rotated.slice(1), ...retired],
    undefined,
  ],
  [
    'a key whose text was lost goes',
    [...rotated, ...retired, made('C', 13 * DAY), it('Revoked', 'C', 13 * DAY + HOUR)],
    undefined,
  ],
  ['a Secret that is away', [...rotated, published(undefined, switched + 1)], /key undefined does not work/],
  [
    'a key that does not work yet',
    [...begin, made('B', 10 * DAY, 10 * DAY + 120_000), published('B', 10 * DAY + 60_000)],
    /key B does not work/,
  ],
  ['the published key is made inactive', [...rotated, it('Inactive', 'B', 11 * DAY)], /key B does not work/],
  ['the published key is revoked', [...rotated, it('Revoked', 'B', 11 * DAY)], /key B does not work/],
  ['a third key', [...rotated, made('C', 11 * DAY)], /3 keys after/],
  ['a rotation too early', [...begin, made('B', 9 * DAY), published('B', 9 * DAY)], /was 9\.000 days old only/],
  ['a rotation too late', [...begin, made('B', 11 * DAY), published('B', 11 * DAY)], /was 11\.000 days old/],
  ['no rotation', begin, /no key follows A/],
  [
    'a retention too short',
    [...rotated, it('Inactive', 'A', switched + DAY), it('Revoked', 'A', switched + 2 * DAY)],
    /worked for 1\.000 days more only/,
  ],
  [
    'a previous key that stays',
    [...rotated, it('Inactive', 'A', switched + 2 * DAY)],
    /was there for 4\.958 days more/,
  ],
  ['a key of nobody that stays', [...rotated, ...retired, made('C', 13 * DAY)], /never published nor revoked/],
  [
    'back to an earlier key',
    [...rotated, published('A', switched + HOUR), published('B', switched + 2 * HOUR)],
    /published twice/,
  ],
];

for (const [title, entries, expected] of rows) {
  test(`the judge of timelines: ${title}`, () => {
    const found = broken(entries, promised);
    if (expected === undefined) assert.deepEqual(found, []);
    else
      assert.ok(
        found.some((line) => expected.test(line)),
        `found: ${found.join('; ') || 'nothing'}`,
      );
  });
}
