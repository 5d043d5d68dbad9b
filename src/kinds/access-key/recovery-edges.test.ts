import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyFacts } from './facts.ts';
import { nothingToDo, recover } from './recovery.ts';
import { book, DAY, expired, facts, INSIDE, key, mint, NAMES, NOW, previous, secret } from './testing/facts.ts';
import { verdict } from './testing/verdict.ts';

/** Rows beside those of `recovery.test.ts`: what nothing but a change to the decision itself would show. */

const settled = { book: book({ ownKeys: ['A'], currentKey: 'A' }), keys: [key('A')], wanted: secret('A') };
const lostSecret = { ...settled, wanted: { type: 'Absent' } as const };
const legacy = { book: book({ isRecorded: false, currentKey: 'A' }), legacyKeyId: 'A' };

type Row = readonly [title: string, facts: Partial<KeyFacts>, ...expected: string[]];

const rows: readonly Row[] = [
  [
    'an own intent whose call was not answered, and its key is in its Secret: it was the one',
    { book: book({ mint: mint() }), isAnswerOpen: true, keys: [key('X', 5_000)], wanted: secret('X') },
    'Record own=X',
  ],
  [
    '… and the key in use is there: nothing is closed before the time is over',
    { ...settled, book: book({ ownKeys: ['A'], currentKey: 'A', mint: mint() }), isAnswerOpen: true },
    '! MintUnderWay until +25 s, a key works',
  ],
  [
    '… and its Secret is not ours',
    { book: book({ mint: mint() }), isAnswerOpen: true, wanted: { type: 'NotOurs' } },
    '! SecretNotOurs',
  ],
  [
    'another AccessKey makes a key: without an unknown one that is nothing to this one',
    { ...settled, othersBusyUntilMs: NOW + 9_000 },
  ],
  [
    'another AccessKey has had its time to make the unknown key',
    { book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], othersBusyUntilMs: NOW },
    'Announce 2 own=X',
    'Revoke X Lost',
    'Mint New',
    'WriteSecret',
    'Record own=X +minted',
  ],
  [
    'a Secret of that name is not ours, and the key of an attempt is in an earlier one: it is kept',
    {
      book: book({ ownKeys: ['A'], mint: mint() }),
      keys: [key('A'), key('X', 5_000)],
      wanted: { type: 'NotOurs' },
      earlier: [
        { name: 'older', fact: secret('A') },
        { name: 'old', fact: secret('X') },
      ],
    },
    '! SecretNotOurs',
  ],
  [
    '… and a key is revoked that somebody consented for',
    {
      book: book({ foreignKeys: ['F'] }),
      keys: [key('F')],
      wanted: { type: 'NotOurs' },
      consents: { claim: [], revoke: ['F'] },
    },
    'Revoke F Asked',
    '! SecretNotOurs',
    'foreign F',
  ],
  [
    'a key of an expired attempt in its Secret, which somebody made inactive',
    { book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], wanted: secret('X', { credential: 'Inactive' }) },
    '! KeyInactive',
  ],
  [
    'a recorded key that is gone is not revoked',
    { ...settled, book: book({ ownKeys: ['A', 'GONE'], currentKey: 'A' }) },
  ],
  [
    'a key in memory that another AccessKey accounts for is not delivered',
    { mintedId: 'M', keys: [key('M')], elsewhere: new Set(['M']) },
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
  ],
  [
    'the text is in memory, beside a key whose text is lost and the one that it replaces',
    {
      ...lostSecret,
      book: book({ ownKeys: ['A', 'GONE'], currentKey: 'A', mint: mint() }),
      keys: [key('A'), key('X', 5_000), key('Y', 5_000)],
      mintedId: 'X',
    },
    'WriteSecret',
    'Record own=A,GONE,Y +minted',
    'Revoke Y Lost',
    'Revoke A Superseded',
  ],
  [
    'the text of a key that no intent announces is in memory, and another one is delivered: it goes',
    { ...settled, keys: [key('A'), key('X', 5_000)], mintedId: 'X' },
    'Record own=A,X',
    'Revoke X Lost',
  ],
  [
    'Secret lost and two live keys of ours: the one in use makes room last, whichever was recorded first',
    { ...lostSecret, book: book({ ownKeys: ['A', 'P'], currentKey: 'A' }), keys: [key('A'), key('P', 9 * DAY)] },
    'Announce 2 own=A,P',
    'Revoke P EndedEarly',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A,P +minted',
    'Revoke A Superseded',
  ],
  [
    "… and the predecessor's key in use, too; what it keeps in Secrets lives on",
    { ...legacy, keys: [key('A'), key('P', 9 * DAY)], previous: [previous('A'), previous('P')] },
    'Announce 2 own=A,P',
    'Revoke P EndedEarly',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A,P +minted',
  ],
  [
    'Secret lost before its key was ever tried',
    { ...lostSecret, book: book({ ownKeys: ['A'] }) },
    'Announce 2 own=A',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A +minted',
    'Revoke A Superseded',
  ],
  [
    'a Secret of an earlier name, with a key of nobody: it goes when there is a new one',
    { ...lostSecret, keys: [], earlier: [{ name: 'old', fact: secret('Z') }] },
    'Announce 2 own=A',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A +minted',
    'DropSecret old',
  ],
  [
    'a key is needed, and one is revoked that somebody consented for',
    { book: book({ foreignKeys: ['F'] }), keys: [key('F')], consents: { claim: [], revoke: ['F'] } },
    'Revoke F Asked',
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
    'foreign F',
  ],
  [
    'two foreign keys, one of which is to be revoked',
    { book: book({ foreignKeys: ['F'] }), keys: [key('F'), key('G')], consents: { claim: [], revoke: ['F'] } },
    'Revoke F Asked',
    '! ForeignKey',
    'foreign F,G',
  ],
  [
    'two foreign keys, one of which is claimed',
    { book: book({ foreignKeys: ['F'] }), keys: [key('G'), key('F')], consents: { claim: ['F'], revoke: [] } },
    'Record claimed=F',
    '! ForeignKey',
    'foreign F,G',
  ],
  [
    'an inherited key is claimed: nobody was told that it is foreign',
    { ...settled, book: book({ inheritedKeys: ['A'], currentKey: 'A' }), consents: { claim: ['A'], revoke: [] } },
    'Record claimed=A',
  ],
  [
    'a claimed key that status still names',
    {
      ...settled,
      book: book({ ownKeys: ['A'], claimedKeys: ['F'], currentKey: 'A', foreignKeys: ['F'] }),
      keys: [key('A'), key('F')],
      consents: { claim: ['F'], revoke: [] },
    },
  ],
  [
    'a key that is claimed and inherited is claimed',
    { ...settled, book: book({ claimedKeys: ['A'], inheritedKeys: ['A'], currentKey: 'A' }) },
    'Record claimed=A',
  ],
  [
    'the Secret of a previous key holds none any more: it goes',
    {
      ...settled,
      book: book({ ownKeys: ['A'], currentKey: 'A', previousSecrets: ['it-credentials-previous'] }),
      previous: [{ name: NAMES.previous, keyId: undefined, isProven: false }],
    },
    'DropSecret previous',
  ],
  [
    'a copy of the key in use, for a switch that never came: it goes',
    {
      ...settled,
      book: book({ ownKeys: ['A'], currentKey: 'A', previousSecrets: ['it-credentials-previous'] }),
      previous: [{ ...previous('A'), name: NAMES.previous }],
    },
    'DropSecret previous',
  ],
  ...[NOW + 5_000, NOW - 59_999].map(
    (mintedAtMs): Row => [
      `the key in the Secret is not listed, made at ${mintedAtMs - NOW} ms: the listing may be behind`,
      { ...settled, keys: [], wanted: secret('A', { credential: 'Untried', mintedAtMs }) },
      '! KeyNotUsable',
    ],
  ),
  ...[NOW + 5_001, NOW - 60_000, undefined].map(
    (mintedAtMs): Row => [
      `the key in the Secret is not listed, made at ${mintedAtMs === undefined ? 'no time' : `${mintedAtMs - NOW} ms`}: it is gone`,
      { ...settled, keys: [], wanted: secret('A', { credential: 'Untried', mintedAtMs }) },
      'Announce 2 own=A',
      'Mint KeyGone',
      'WriteSecret',
      'Record own=A +minted',
    ],
  ),
  [
    'take-over: five minutes older than its object, as clocks may differ: it is ours',
    { ...legacy, keys: [key('A', 30 * DAY + 300_000)], wanted: secret('A') },
    'Record own=A',
  ],
  [
    '… and a millisecond more: it is not',
    { ...legacy, keys: [key('A', 30 * DAY + 300_001)], wanted: secret('A') },
    'Record inherited=A',
  ],
  [
    '… without a time: it is not',
    { ...legacy, keys: [{ id: 'A', createdAtMs: undefined, isActive: true }], wanted: secret('A') },
    'Record inherited=A',
  ],
  [
    '… older than its object, and in a Secret of an earlier key, too: that makes it no more ours',
    { ...legacy, keys: [key('A', 31 * DAY)], wanted: secret('A'), previous: [previous('A')] },
    'Record inherited=A',
    'DropSecret it-credentials-previous-A',
  ],
  [
    '… whose text is wrong: it is named, not revoked',
    { ...legacy, keys: [key('A')], wanted: secret('A', { credential: 'Wrong' }) },
    'Announce 2',
    'Mint SecretEdited',
    'WriteSecret',
    'Record +minted',
    'foreign A',
  ],
  [
    '… which is gone',
    { ...legacy, keys: [], wanted: secret('A') },
    'Announce 2',
    'Mint KeyGone',
    'WriteSecret',
    'Record +minted',
  ],
  [
    'a Secret of that name is not ours, and an earlier one holds another key: that of an attempt goes',
    {
      book: book({ ownKeys: ['A'], mint: mint() }),
      keys: [key('A'), key('X', 5_000)],
      wanted: { type: 'NotOurs' },
      earlier: [{ name: 'older', fact: secret('A') }],
    },
    'Record own=A,X',
    'Revoke X Lost',
    '! SecretNotOurs',
  ],
  [
    'a recorded key that is not accepted: its Secret is put right all the same',
    { ...settled, wanted: secret('A', { credential: 'Pending', hasDrifted: true }) },
    'SetMetadata',
    '! KeyNotUsable',
  ],
  [
    'Secret lost, two keys of ours, and a foreign one: both make room, the one in use last',
    { ...lostSecret, book: book({ ownKeys: ['P', 'A'], currentKey: 'A' }), keys: [key('P'), key('A'), key('F')] },
    'Announce 2 own=P,A',
    'Revoke P EndedEarly',
    'Revoke A EndedEarly',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=P,A +minted',
    'foreign F',
  ],
];

for (const [title, changes, ...expected] of rows) {
  test(`recovery: ${title}`, () => assert.deepEqual(verdict(changes), expected));
}

test('recovery: an object that is being deleted wants nothing of it', () => {
  assert.deepEqual(nothingToDo(), {
    steps: [],
    rotation: [],
    problem: undefined,
    current: undefined,
    foreign: [],
    wakeAtMs: undefined,
    retireAtMs: undefined,
    isPreviousInUse: false,
  });
});

test('recovery: what is delivered is told, and nothing of a rotation where none runs', () => {
  const { steps, rotation, ...told } = recover(facts(settled));
  const none = { problem: undefined, foreign: [], wakeAtMs: undefined, retireAtMs: undefined, isPreviousInUse: false };
  assert.deepEqual([steps, rotation, told], [[], [], { ...none, current: 'A' }]);
});

test('recovery: where nothing is delivered, no previous key is in use', () => {
  assert.equal(recover(facts()).isPreviousInUse, false);
});
