import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyFacts } from './facts.ts';
import { book, DAY, expired, key, mint, NAMES, NOW, previous, rotate, secret } from './testing/facts.ts';
import {
  both,
  due,
  END,
  FAILED,
  HOUR,
  inactive,
  lately,
  minting,
  OLD,
  probing,
  retaining,
  SWITCH,
  step,
  switching,
  WHOLE,
} from './testing/rotations.ts';
import { verdict } from './testing/verdict.ts';

/** Rows beside those of `rotation.test.ts`: what nothing but a change to the decision itself would show. */

type Row = readonly [title: string, facts: Partial<KeyFacts>, ...expected: string[]];

const rows: readonly Row[] = [
  [
    'nothing of ours is recorded yet: that comes first',
    { ...due, book: book({ isRecorded: false, currentKey: 'A' }), legacyKeyId: 'A', objectCreatedAtMs: NOW - 91 * DAY },
    'Record own=A',
  ],
  [
    "a copy of the key in use in the previous key's Secret is not retired",
    {
      ...due,
      book: book({ ownKeys: ['A'], currentKey: 'A', previousSecrets: [NAMES.previous] }),
      previous: [{ ...previous('A'), name: NAMES.previous }],
    },
    'DropSecret previous',
    ...WHOLE,
  ],
  [
    'an earlier key that is gone is not retired',
    {
      ...due,
      book: book({ ownKeys: ['A', 'P'], currentKey: 'A', previousSecrets: ['it-credentials-previous-P'] }),
      previous: [previous('P')],
    },
    'DropSecret it-credentials-previous-P',
    ...WHOLE.map((one) => one.replace('own=A', 'own=A,P')),
  ],
  [
    'somebody asks anew after one that failed',
    {
      ...due,
      rotate: rotate({ isRequested: true }),
      book: book({ ownKeys: ['A'], currentKey: 'A', rotation: step('Failed') }),
    },
    ...WHOLE,
  ],
  [
    'one that was due failed, and by time none is due any more, though an old request still stands there',
    {
      ...due,
      rotate: rotate({ isHandledRequestThere: true }),
      book: book({ ownKeys: ['A'], currentKey: 'A', rotation: step('Failed', HOUR) }),
    },
    'Record own=A over',
  ],
  [
    'the new key is in its Secret, beside one whose text is lost: that one is recorded with it',
    {
      ...minting,
      keys: [...both, key('X', 60_000)],
      next: secret('B'),
      book: { ...minting.book, mint: lately },
    },
    ...['Record own=A,B,X Probing', ...SWITCH].map((one) => one.replace('own=A,B ', 'own=A,B,X ')),
  ],
  [
    'the text of the new key is taken out of its Secret before it is recorded: it goes, and another one is made',
    { ...minting, keys: both, next: secret('B', { credential: 'Wrong' }), book: { ...minting.book, mint: lately } },
    'Record own=A,B',
    'Revoke B Lost',
    ...WHOLE.map((one) => one.replace('own=A', 'own=A,B')),
  ],
  [
    'somebody copies the new key into the published Secret before it is recorded: it is the one in use',
    { ...minting, keys: both, next: secret('B'), wanted: secret('B'), book: { ...minting.book, mint: lately } },
    'Record own=A,B',
    'Revoke A Superseded',
    '! ForeignKey',
  ],
  [
    'the Secret is lost before the new key is recorded: it takes its place',
    { ...minting, keys: both, next: secret('B'), wanted: { type: 'Absent' }, book: { ...minting.book, mint: lately } },
    'CopySecret it-credentials-next',
    'Record own=A,B Retaining',
    'DropSecret next',
  ],
  ...[900_000, 900_001].map(
    (ageMs): Row => [
      `announced, and not accepted for ${ageMs} ms`,
      {
        ...minting,
        keys: [key('A', 90 * DAY), key('B', ageMs)],
        next: secret('B', { credential: 'Pending' }),
        book: {
          ...minting.book,
          mint: mint({ ...expired, fromMs: NOW - 905_000, untilMs: NOW - 875_000, secretName: NAMES.next }),
        },
      },
      ...(ageMs === 900_000 ? [] : FAILED),
    ],
  ),
  ...[900_000, 900_001].map(
    (ageMs): Row => [
      `a key without a time is not accepted for ${ageMs} ms`,
      {
        ...probing,
        book: { ...probing.book, rotation: step('Probing', ageMs) },
        keys: [key('A', 90 * DAY), { id: 'B', createdAtMs: undefined, isActive: true }],
        next: secret('B', { credential: 'Pending' }),
      },
      ...(ageMs === 900_000 ? [] : FAILED),
    ],
  ),
  [
    'the new key is not listed yet',
    {
      ...probing,
      keys: [key('A', 90 * DAY)],
      next: secret('B', { credential: 'Pending', mintedAtMs: NOW - 30_000 }),
    },
  ],
  [
    'the Secret of the new key holds the one in use: another one is made',
    { ...probing, next: secret('A') },
    'Revoke B Superseded',
    'DropSecret next',
    'Record own=A,B Minting',
  ],
  [
    'before the switch the new key does not work: it is tried again',
    { ...switching, previous: OLD, next: secret('B', { credential: 'Pending' }) },
    'Record own=A,B',
  ],
  [
    '… its Secret is lost',
    {
      ...switching,
      previous: OLD,
      book: { ...switching.book, previousSecrets: [NAMES.previous] },
      next: { type: 'Absent' },
    },
    'Revoke B Superseded',
    'Record own=A,B Minting',
  ],
  [
    '… status does not name the key that goes',
    {
      ...switching,
      previous: OLD,
      book: { ...probing.book, previousSecrets: [NAMES.previous], rotation: step('Switching', 1_000) },
    },
    ...SWITCH.slice(2),
  ],
  [
    'a crash after the switch, and neither of the other Secrets is there',
    { ...switching, wanted: secret('B'), next: { type: 'Absent' } },
    'Record own=A,B Retaining A',
  ],
  [
    'within the retention, and the Secret of the previous key is gone: the key stays',
    {
      ...retaining,
      book: { ...retaining.book, previousSecrets: [], rotation: step('Retaining', DAY, 'A') },
      previous: [],
    },
  ],
  [
    '… which is still used after it, too',
    { ...retaining, book: { ...retaining.book, previousSecrets: [] }, previous: [], previousUsedAtMs: NOW },
  ],
  [
    '… and made inactive after it',
    { ...retaining, book: { ...retaining.book, previousSecrets: [] }, previous: [] },
    'Deactivate A',
    'Record own=A,B Deactivated A',
  ],
  [
    '… and is revoked once',
    { ...inactive, book: { ...inactive.book, previousSecrets: [] }, previous: [] },
    'Revoke A Retired',
    'Record own=A,B over',
  ],
  [
    '… and waits for that',
    {
      ...inactive,
      book: { ...inactive.book, previousSecrets: [], rotation: step('Deactivated', DAY / 48, 'A') },
      previous: [],
    },
  ],
  [
    'the previous key of the predecessor is retired, and its Secret goes when it is gone',
    {
      ...inactive,
      book: { ...inactive.book, previousSecrets: ['it-credentials-previous-A'] },
      previous: [previous('A')],
    },
    'Revoke A Retired',
    'Record own=A,B over',
  ],
  [
    'without an interval a previous key that is used stays, too',
    { ...retaining, rotate: rotate(), previousUsedAtMs: NOW },
  ],
  [
    'the next rotation is due while the previous key is inactive: it goes at once',
    {
      ...inactive,
      rotate: rotate({ intervalMs: 7 * DAY }),
      book: { ...inactive.book, rotation: step('Deactivated', 60_000, 'A') },
    },
    ...END,
  ],
  [
    'an inactive key that is active again, beside one without a time: the step counts',
    { ...inactive, keys: [key('A', 97 * DAY), { id: 'B', createdAtMs: undefined, isActive: true }] },
  ],
  [
    '… beside one that is not listed yet',
    { ...inactive, keys: [key('A', 97 * DAY)], wanted: secret('B', { mintedAtMs: NOW - 30_000 }) },
  ],
  [
    'the Secret is lost while the previous key is inactive: it is retired all the same',
    { ...inactive, wanted: { type: 'Absent' } },
    'Announce 2 own=A,B',
    'Revoke A EndedEarly',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A,B +minted',
    'Revoke B Superseded',
  ],
  [
    'the Secret is lost before the next key is there: the rotation is over',
    { ...minting, wanted: { type: 'Absent' }, book: { ...minting.book, mint: undefined } },
    'Announce 2 own=A',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A +minted over',
    'Revoke A Superseded',
  ],
  [
    'before the switch the Secret of the new key holds the one in use: it is not published',
    {
      ...switching,
      previous: OLD,
      book: { ...switching.book, previousSecrets: [NAMES.previous] },
      next: secret('A'),
    },
    'Revoke B Superseded',
    'DropSecret next',
    'Record own=A,B Minting',
  ],
];

for (const [title, changes, ...expected] of rows) {
  test(`rotation: ${title}`, () => assert.deepEqual(verdict(changes), expected));
}
