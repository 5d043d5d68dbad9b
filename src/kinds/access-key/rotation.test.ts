import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyFacts } from './facts.ts';
import { book, DAY, expired, INSIDE, key, mint, NAMES, NOW, previous, rotate, secret } from './testing/facts.ts';
import {
  asked,
  both,
  CLAIMED,
  due,
  END,
  gone,
  HOUR,
  inactive,
  minting,
  missed,
  probing,
  retaining,
  SWITCH,
  step,
  switching,
  WHOLE,
} from './testing/rotations.ts';
import { verdict } from './testing/verdict.ts';

type Row = readonly [title: string, facts: Partial<KeyFacts>, ...expected: string[]];

const rows: readonly Row[] = [
  // When
  ['it is due: the whole of it', due, ...WHOLE],
  ['a second before', { ...due, keys: [key('A', 90 * DAY - 1_000)] }],
  ['not enabled', { ...due, rotate: rotate() }],
  ['somebody asks for it', { ...due, rotate: rotate({ isRequested: true }), keys: [key('A')] }, ...WHOLE],
  [
    'a shorter interval takes effect at once',
    { ...due, rotate: rotate({ intervalMs: DAY }), keys: [key('A')] },
    ...WHOLE,
  ],
  [
    'a Secret of somebody else where the key in use is to live on',
    { ...due, isPreviousTaken: true },
    '! PreviousNotOurs',
  ],
  [
    'a previous key that no rotation remembers is retired without an interval, too',
    { ...retaining, rotate: rotate(), book: { ...retaining.book, rotation: undefined } },
    'Record own=A,B Retaining A',
  ],
  [
    'status has forgotten nothing that lives',
    { ...due, book: book({ ownKeys: ['A', ...gone(15)], currentKey: 'A' }) },
    `Announce 2 own=A,${gone(15).slice(1).join(',')} Minting`,
    ...WHOLE.slice(1).map((one) => one.replace('own=A', `own=A,${gone(15).slice(1).join(',')}`)),
  ],
  ['a window that was missed', { ...due, rotate: missed, keys: [key('A', 91 * DAY)] }],
  ['the next one', { ...due, rotate: missed, nowMs: NOW + HOUR, keys: [key('A', 91 * DAY)] }, ...WHOLE],
  ['outside its window', { ...due, rotate: rotate({ intervalMs: DAY, opensAt: () => NOW + HOUR }) }],
  ['a key without a time is never due', { ...due, keys: [{ id: 'A', createdAtMs: undefined, isActive: true }] }],
  [
    'the key in use does not work: it is not replaced',
    { ...due, wanted: secret('A', { credential: 'Pending' }) },
    '! KeyNotUsable',
  ],
  [
    'nothing proves the key ours',
    { ...due, book: book({ inheritedKeys: ['A'], currentKey: 'A' }) },
    '! OwnershipUnproven',
  ],
  ['a claimed one is ours', { ...due, book: book({ claimedKeys: ['A'], currentKey: 'A' }) }, ...CLAIMED],
  ['a foreign key fills the quota', { ...due, keys: [key('A', 90 * DAY), key('F')] }, '! ForeignKey', 'foreign F'],
  ['a stranger has the Secret of the next key', { ...due, next: { type: 'NotOurs' } }, '! SecretNotOurs'],
  [
    "the predecessor's earlier key fills the quota: it is retired first",
    {
      ...due,
      book: book({ ownKeys: ['A', 'P'], currentKey: 'A', previousSecrets: ['it-credentials-previous-P'] }),
      keys: [key('A', 90 * DAY), key('P', 97 * DAY)],
      previous: [previous('P')],
    },
    'Record own=A,P Retaining P',
  ],
  // Minting
  [
    'announced, and never made',
    { ...minting, book: { ...minting.book, mint: mint({ ...expired, secretName: NAMES.next }) } },
    'Record own=A',
    'Announce 2 own=A Minting',
    ...WHOLE.slice(1),
  ],
  [
    '… the interval was made longer meanwhile: it goes on',
    { ...minting, rotate: rotate(), book: { ...minting.book, mint: undefined } },
    ...WHOLE,
  ],
  [
    'the text is in memory',
    { ...minting, keys: [key('A', 90 * DAY), key('B', 5_000)], mintedId: 'B' },
    'WriteSecret next',
    ...WHOLE.slice(3),
  ],
  [
    'it is in its Secret and works: only the record is missing',
    {
      ...minting,
      keys: both,
      next: secret('B'),
      book: {
        ...minting.book,
        mint: mint({ ...expired, fromMs: NOW - 65_000, untilMs: NOW - 35_000, secretName: NAMES.next }),
      },
    },
    'Record own=A,B Probing',
    ...SWITCH,
  ],
  [
    '… and does not work yet: its intent stays open',
    {
      ...minting,
      keys: both,
      next: secret('B', { credential: 'Pending' }),
      book: {
        ...minting.book,
        mint: mint({ ...expired, fromMs: NOW - 65_000, untilMs: NOW - 35_000, secretName: NAMES.next }),
      },
    },
  ],
  [
    '… and never does: it is recorded, and goes',
    {
      ...minting,
      keys: [key('A', 90 * DAY), key('B', 900_001)],
      next: secret('B', { credential: 'Pending' }),
      book: {
        ...minting.book,
        mint: mint({ ...expired, fromMs: NOW - 905_000, untilMs: NOW - 875_000, secretName: NAMES.next }),
      },
    },
    'Record own=A,B Failed',
    'Revoke B NeverWorked',
    'DropSecret next',
  ],
  [
    'minted, the text is lost: it goes, and the next one comes',
    {
      ...minting,
      keys: [key('A', 90 * DAY), key('X', INSIDE)],
      book: { ...minting.book, mint: mint({ ...expired, secretName: NAMES.next }) },
    },
    'Record own=A,X',
    'Revoke X Lost',
    ...WHOLE.map((one) => one.replace('own=A', 'own=A,X')),
  ],
  [
    'another holder is at work',
    { ...minting, book: { ...minting.book, mint: mint({ holder: 'other', secretName: NAMES.next }) } },
    '! MintUnderWay until +25 s, a key works',
  ],
  // Probing
  ['the new key works', probing, ...SWITCH],
  ['it does not yet: nothing is done, nothing is wrong', { ...probing, next: secret('B', { credential: 'Pending' }) }],
  [
    'it never does: it goes, and the old one stays',
    {
      ...probing,
      book: { ...probing.book, rotation: step('Probing', 900_001) },
      keys: [key('A', 90 * DAY), key('B', 900_001)],
      next: secret('B', { credential: 'Pending' }),
    },
    'Record own=A,B Failed',
    'Revoke B NeverWorked',
    'DropSecret next',
  ],
  [
    'somebody made it inactive: the same',
    {
      ...probing,
      book: { ...probing.book, rotation: step('Probing', 900_001) },
      keys: [key('A', 90 * DAY), key('B', 900_001, false)],
      next: secret('B', { credential: 'Inactive' }),
    },
    'Record own=A,B Failed',
    'Revoke B NeverWorked',
    'DropSecret next',
  ],
  [
    'a freeze has ended: it has its time from then on',
    {
      ...probing,
      book: { ...probing.book, rotation: step('Probing', 60_000) },
      keys: [key('A', 90 * DAY), key('B', 900_001)],
      next: secret('B', { credential: 'Pending' }),
    },
  ],
  [
    'its Secret is lost: it goes, and another one comes',
    { ...probing, next: { type: 'Absent' } },
    'Revoke B Superseded',
    'Record own=A,B Minting',
  ],
  [
    'somebody revoked it',
    { ...probing, keys: [key('A', 90 * DAY)], next: secret('B', { credential: 'Untried', mintedAtMs: NOW - DAY }) },
    'DropSecret next',
    'Record own=A,B Minting',
  ],
  // Switching
  [
    'a crash before the switch',
    { ...switching, previous: [{ ...previous('A'), name: NAMES.previous }] },
    'Record own=A,B',
    ...SWITCH.slice(2),
  ],
  [
    'a crash after the switch',
    {
      ...switching,
      wanted: secret('B'),
      previous: [{ ...previous('A'), name: NAMES.previous }],
      book: { ...switching.book, previousSecrets: [NAMES.previous] },
    },
    'DropSecret next',
    'Record own=A,B Retaining A',
  ],
  // Retaining
  [
    'within the retention',
    { ...retaining, book: { ...retaining.book, rotation: step('Retaining', 7 * DAY - 1_000, 'A') } },
  ],
  ['the retention is over: inactive first', retaining, 'Deactivate A', 'Record own=A,B Deactivated A'],
  [
    '… last used within an hour of the switch',
    { ...retaining, previousUsedAtMs: NOW - 7 * DAY + HOUR },
    'Deactivate A',
    'Record own=A,B Deactivated A',
  ],
  ['… used since: it stays', { ...retaining, previousUsedAtMs: NOW - 7 * DAY + HOUR + 1 }],
  [
    '… up to twice the retention',
    { ...retaining, previousUsedAtMs: NOW, book: { ...retaining.book, rotation: step('Retaining', 14 * DAY, 'A') } },
    'Deactivate A',
    'Record own=A,B Deactivated A',
  ],
  [
    '… or a day before the next rotation',
    {
      ...retaining,
      rotate: rotate({ intervalMs: 9 * DAY }),
      previousUsedAtMs: NOW,
      book: { ...retaining.book, rotation: step('Retaining', 8 * DAY, 'A') },
      keys: [key('A', 17 * DAY), key('B', 8 * DAY)],
    },
    'Deactivate A',
    'Record own=A,B Deactivated A',
  ],
  [
    'a shorter retention takes effect at once',
    {
      ...retaining,
      rotate: rotate({ intervalMs: 90 * DAY, retentionMs: DAY }),
      book: { ...retaining.book, rotation: step('Retaining', DAY, 'A') },
    },
    'Deactivate A',
    'Record own=A,B Deactivated A',
  ],
  [
    'the next rotation is due: it goes at once',
    { ...retaining, rotate: rotate({ intervalMs: 7 * DAY, retentionMs: DAY }) },
    ...END,
  ],
  [
    'a request waits for the retention',
    {
      ...retaining,
      rotate: rotate({ isRequested: true }),
      book: { ...retaining.book, rotation: step('Retaining', DAY, 'A') },
    },
  ],
  [
    'somebody revoked the previous key',
    { ...retaining, keys: [key('B', 7 * DAY)] },
    'DropSecret previous',
    'Record own=A,B over',
  ],
  [
    'somebody went back to the previous key',
    { ...retaining, wanted: secret('A') },
    'Revoke B Superseded',
    'DropSecret previous',
    'Record own=A,B over',
  ],
  // Deactivated
  ['inactive for an hour: it goes', inactive, ...END],
  ['… not yet', { ...inactive, book: { ...inactive.book, rotation: step('Deactivated', HOUR - 1_000, 'A') } }],
  [
    'somebody made it active again: it stays up to twice the retention',
    { ...inactive, keys: [key('A', 97 * DAY), key('B', 7 * DAY + HOUR)] },
  ],
  ['… and not longer', { ...inactive, keys: [key('A', 97 * DAY), key('B', 14 * DAY)] }, ...END],
  // Failed
  [
    'it is not tried again for an hour',
    { ...due, book: book({ ownKeys: ['A'], currentKey: 'A', rotation: step('Failed', HOUR - 9_000) }) },
    '! RotationFailed until +9 s',
  ],
  ['… and as long as it is asked for', { ...asked, rotate: rotate({ isHandledRequestThere: true }) }, ...WHOLE],
  ['nobody asks any more: it is over', asked, 'Record own=A over'],
  [
    'its window has closed: it waits for the next one',
    {
      ...due,
      rotate: rotate({ intervalMs: 90 * DAY, opensAt: (ms) => (ms < NOW ? NOW - HOUR : NOW + 2 * HOUR) }),
      book: book({ ownKeys: ['A'], currentKey: 'A', rotation: step('Failed', HOUR) }),
      keys: [key('A', 90 * DAY + HOUR)],
    },
    '! RotationFailed until +7200 s',
  ],
  [
    '… then it is',
    { ...due, book: book({ ownKeys: ['A'], currentKey: 'A', rotation: step('Failed', HOUR) }) },
    ...WHOLE,
  ],
  // A loss on the way
  [
    'the key in use is revoked while the new key is not accepted: its Secret is removed by the end of the rotation',
    { ...probing, keys: [key('B', 60_000)], next: secret('B', { credential: 'Wrong' }) },
    'Announce 2 own=A,B',
    'Mint KeyGone',
    'WriteSecret',
    'Record own=A,B +minted Retaining',
    'Revoke B Superseded',
  ],
  [
    '… which goes on after a crash',
    {
      ...probing,
      book: { ...probing.book, rotation: step('Retaining') },
      keys: [key('A', 90 * DAY)],
      next: secret('B'),
    },
    'DropSecret next',
    'Record own=A,B over',
  ],
  [
    "a key that was given up takes nobody's place, though it works by now",
    { ...probing, book: { ...probing.book, rotation: step('Failed') }, wanted: { type: 'Absent' } },
    'Announce 2 own=A,B',
    'Revoke B EndedEarly',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A,B +minted Retaining',
    'Revoke A Superseded',
  ],
  [
    '… and its Secret goes',
    { ...probing, keys: [key('A', 90 * DAY)], book: { ...probing.book, rotation: step('Failed') } },
    'DropSecret next',
    '! RotationFailed until +3540 s',
  ],
  [
    'a key that was made in place of a lost one is in every record of its pass',
    {
      ...retaining,
      book: {
        ...retaining.book,
        ownKeys: ['A'],
        mint: mint({ ...expired, fromMs: NOW - 65_000, untilMs: NOW - 35_000 }),
      },
      keys: [key('A', 97 * DAY), key('C', 60_000)],
      wanted: secret('C'),
    },
    'Record own=A,C',
    'Deactivate A',
    'Record own=A,C Deactivated A',
  ],
  [
    'the Secret is lost while the new key is tried: that one takes its place',
    { ...probing, wanted: { type: 'Absent' } },
    `CopySecret ${NAMES.next}`,
    'Record own=A,B Retaining',
    `DropSecret next`,
  ],
  [
    'the key in use is revoked in the console: the previous one keeps its time',
    { ...retaining, keys: [key('A', 97 * DAY)] },
    'Announce 2 own=A,B',
    'Mint KeyGone',
    'WriteSecret',
    'Record own=A,B +minted',
  ],
  [
    'the Secret is lost before the switch: the previous key is retired all the same',
    { ...switching, wanted: { type: 'Absent' }, previous: [{ ...previous('A'), name: NAMES.previous }] },
    'CopySecret it-credentials-next',
    'Record own=A,B Retaining A',
    'DropSecret next',
  ],
  [
    '… while the previous key lives on: it makes room',
    { ...retaining, wanted: { type: 'Absent' } },
    'Announce 2 own=A,B',
    'Revoke A EndedEarly',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A,B +minted',
    'Revoke B Superseded',
  ],
];

for (const [title, changes, ...expected] of rows) {
  test(`L58: rotation: ${title}`, () => assert.deepEqual(verdict(changes), expected));
}
