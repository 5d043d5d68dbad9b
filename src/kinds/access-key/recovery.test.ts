import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyFacts } from './facts.ts';
import { book, DAY, expired, INSIDE, key, mint, NOW, previous, secret } from './testing/facts.ts';
import { verdict } from './testing/verdict.ts';

const settled = { book: book({ ownKeys: ['A'], currentKey: 'A' }), keys: [key('A')], wanted: secret('A') };
const lostSecret = { ...settled, wanted: { type: 'Absent' } as const };
const legacy = { book: book({ isRecorded: false, currentKey: 'A' }), legacyKeyId: 'A' };

type Row = readonly [title: string, facts: Partial<KeyFacts>, ...expected: string[]];

const rows: readonly Row[] = [
  // Creation
  ['nothing is there: a key is made', {}, 'Announce 2', 'Mint New', 'WriteSecret', 'Record +minted'],
  ['nothing is left to do', settled],
  [
    'the intent of another holder, before its deadline: it may be at work',
    { book: book({ mint: mint({ holder: 'other' }) }) },
    '! MintUnderWay until +25 s',
  ],
  [
    '… whatever stands in the Secret',
    { book: book({ mint: mint({ epoch: 4 }) }), keys: [key('X', 5_000)], wanted: secret('X') },
    '! MintUnderWay until +25 s, a key works',
  ],
  [
    'an expired intent, no unknown key: the create never happened, same attempt',
    { book: book({ mint: mint(expired) }) },
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
  ],
  [
    'an own intent, no unknown key, and the service had refused: same attempt',
    { book: book({ mint: mint() }) },
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
  ],
  [
    'an own intent whose call was not answered: it may still land',
    { book: book({ mint: mint() }), isAnswerOpen: true },
    '! MintUnderWay until +25 s',
  ],
  [
    '… and an unknown key is there: it need not be the one that is awaited',
    { book: book({ mint: mint() }), isAnswerOpen: true, keys: [key('X', 5_000)] },
    '! MintUnderWay until +25 s',
  ],
  [
    'an expired intent, one unknown key in its Secret, which works: only the record is missing',
    { book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], wanted: secret('X') },
    'Record own=X',
  ],
  [
    '… which does not work yet',
    { book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], wanted: secret('X', { credential: 'Pending' }) },
    '! KeyNotUsable',
  ],
  [
    'an expired intent, one unknown key of its window in no Secret: minted, the text is lost',
    { book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)] },
    'Announce 2 own=X',
    'Revoke X Lost',
    'Mint New',
    'WriteSecret',
    'Record own=X +minted',
  ],
  [
    '… two of them',
    { book: book({ mint: mint(expired) }), keys: [key('X', INSIDE), key('Y', INSIDE)] },
    'Announce 2 own=X,Y',
    'Revoke X Lost',
    'Revoke Y Lost',
    'Mint New',
    'WriteSecret',
    'Record own=X,Y +minted',
  ],
  [
    '… but another AccessKey of the user may be making it',
    { book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], othersBusyUntilMs: NOW + 9_000 },
    '! MintUnderWay until +9 s',
  ],
  [
    '… but another AccessKey accounts for it',
    { book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], elsewhere: new Set(['X']) },
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
  ],
  [
    'a key before the window is foreign',
    { book: book({ mint: mint(expired) }), keys: [key('F', 3_605_001)] },
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
    'foreign F',
  ],
  [
    'a key after the window is foreign',
    { book: book({ mint: mint(expired) }), keys: [key('F', 3_564_999)] },
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
    'foreign F',
  ],
  [
    'the edges of the window are ours',
    { book: book({ mint: mint(expired) }), keys: [key('X', 3_605_000), key('Y', 3_565_000)] },
    'Announce 2 own=X,Y',
    'Revoke X Lost',
    'Revoke Y Lost',
    'Mint New',
    'WriteSecret',
    'Record own=X,Y +minted',
  ],
  [
    'a key that was known before the create is foreign, whatever its time says',
    { book: book({ mint: mint({ ...expired, knownKeys: new Set(['F']) }) }), keys: [key('F', INSIDE)] },
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
    'foreign F',
  ],
  [
    'a key without a time is foreign',
    { book: book({ mint: mint(expired) }), keys: [{ id: 'F', createdAtMs: undefined, isActive: true }] },
    'Announce 2',
    'Mint New',
    'WriteSecret',
    'Record +minted',
    'foreign F',
  ],
  [
    'an attempt goes on under its number',
    { book: book({ mint: mint({ ...expired, attempt: 7 }) }) },
    'Announce 7',
    'Mint New',
    'WriteSecret',
    'Record +minted',
  ],
  ['without an intent a new key is foreign', { ...settled, keys: [key('A'), key('F', 1_000)] }, 'foreign F'],
  // Delivery
  [
    'the text is in memory: it is delivered',
    { book: book({ mint: mint() }), keys: [key('X', 5_000)], mintedId: 'X' },
    'WriteSecret',
    'Record +minted',
  ],
  [
    '… however late, and though the listing does not have it',
    { book: book({ mint: mint({ fromMs: NOW - DAY, untilMs: NOW - DAY + 30_000 }) }), mintedId: 'X' },
    'WriteSecret',
    'Record +minted',
  ],
  [
    '… it was, and the answer to that got lost',
    { book: book({ mint: mint() }), keys: [key('X', 5_000)], mintedId: 'X', wanted: secret('X') },
    'Record own=X',
  ],
  [
    'another process was first: our own mint goes',
    {
      book: book({ ownKeys: ['A'], mint: mint(), currentKey: 'A' }),
      keys: [key('A'), key('X', 5_000)],
      mintedId: 'X',
      wanted: secret('A'),
    },
    'Record own=A,X',
    'Revoke X Lost',
  ],
  // Repair
  [
    "the Secret's key is not live: revoked outside",
    { ...settled, keys: [] },
    'Announce 2 own=A',
    'Mint KeyGone',
    'WriteSecret',
    'Record own=A +minted',
  ],
  [
    '… but it is so young that the listing may be behind',
    { ...settled, keys: [], wanted: secret('A', { credential: 'Untried', mintedAtMs: NOW - 30_000 }) },
    '! KeyNotUsable',
  ],
  [
    '… nobody believes a time that is to come',
    { ...settled, keys: [], wanted: secret('A', { credential: 'Untried', mintedAtMs: NOW + DAY }) },
    'Announce 2 own=A',
    'Mint KeyGone',
    'WriteSecret',
    'Record own=A +minted',
  ],
  [
    'the Secret is deleted: a new key, then the old one goes',
    lostSecret,
    'Announce 2 own=A',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A +minted',
    'Revoke A Superseded',
  ],
  [
    'the text in the Secret was edited',
    { ...settled, wanted: secret('A', { credential: 'Wrong' }) },
    'Announce 2 own=A',
    'Mint SecretEdited',
    'WriteSecret',
    'Record own=A +minted',
    'Revoke A Superseded',
  ],
  [
    'the id in the Secret was edited, to a key that is not ours',
    { ...settled, keys: [key('A')], wanted: secret('Z', { credential: 'Untried' }) },
    'Announce 2 own=A',
    'Mint KeyGone',
    'WriteSecret',
    'Record own=A +minted',
    'Revoke A Superseded',
  ],
  [
    '… which lives: it is not ours for being in our Secret, and is never revoked',
    { ...settled, keys: [key('A'), key('F')], wanted: secret('F') },
    'Announce 2 own=A',
    'Revoke A EndedEarly',
    'Mint SecretEdited',
    'WriteSecret',
    'Record own=A +minted',
    'foreign F',
  ],
  [
    'Secret lost and two live keys of ours: the earlier one goes at once',
    {
      ...lostSecret,
      book: book({ ownKeys: ['P', 'A'], currentKey: 'A', previousSecrets: ['it-credentials-previous-P'] }),
      keys: [key('P', 9 * DAY), key('A')],
      previous: [previous('P')],
    },
    'Announce 2 own=P,A',
    'Revoke P EndedEarly',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=P,A +minted',
    'Revoke A Superseded',
  ],
  [
    'Secret lost, and a foreign key fills the quota: the lost one makes room',
    { ...lostSecret, keys: [key('A'), key('F')] },
    'Announce 2 own=A',
    'Revoke A EndedEarly',
    'Mint SecretLost',
    'WriteSecret',
    'Record own=A +minted',
    'foreign F',
  ],
  ['two foreign keys: no third is asked for', { keys: [key('F'), key('G')] }, '! ForeignKey', 'foreign F,G'],
  [
    'a lost key beside a foreign one: the lost one makes room',
    { book: book({ mint: mint(expired) }), keys: [key('F'), key('X', INSIDE)] },
    'Announce 2 own=X',
    'Revoke X Lost',
    'Mint New',
    'WriteSecret',
    'Record own=X +minted',
    'foreign F',
  ],
  [
    'a lost key beside two foreign ones',
    { book: book({ mint: mint(expired) }), keys: [key('F'), key('G'), key('X', INSIDE)] },
    'Record own=X',
    'Revoke X Lost',
    '! ForeignKey',
    'foreign F,G',
  ],
  [
    'a crash before the old key went',
    { book: book({ ownKeys: ['A', 'B'], currentKey: 'A' }), keys: [key('A'), key('B', 60_000)], wanted: secret('B') },
    'Revoke A Superseded',
  ],
  [
    '… while the new one does not work the old one stays',
    {
      book: book({ ownKeys: ['A', 'B'], currentKey: 'A' }),
      keys: [key('A'), key('B', 60_000)],
      wanted: secret('B', { credential: 'Pending' }),
    },
    '! KeyNotUsable',
  ],
  ['somebody made the key inactive', { ...settled, wanted: secret('A', { credential: 'Inactive' }) }, '! KeyInactive'],
  ['labels of the Secret were edited', { ...settled, wanted: secret('A', { hasDrifted: true }) }, 'SetMetadata'],
  // Secrets
  ['a Secret of that name is not ours: nothing is made', { wanted: { type: 'NotOurs' } }, '! SecretNotOurs'],
  [
    '… and what was made for it goes',
    { book: book({ mint: mint() }), keys: [key('X', 5_000)], mintedId: 'X', wanted: { type: 'NotOurs' } },
    'Record own=X',
    'Revoke X Lost',
    '! SecretNotOurs',
  ],
  [
    'the Secret gets another name',
    { ...lostSecret, earlier: [{ name: 'old', fact: secret('A') }] },
    'CopySecret old',
    'DropSecret old',
  ],
  [
    '… a crash before the old one went',
    { ...settled, earlier: [{ name: 'old', fact: secret('A') }] },
    'DropSecret old',
  ],
  // Take-over
  [
    'the predecessor made it: recorded',
    { ...legacy, keys: [key('A')], wanted: secret('A', { hasDrifted: true }) },
    'Record own=A',
    'SetMetadata',
  ],
  [
    '… it is older than its object: managed, not ours to destroy',
    { ...legacy, keys: [key('A', 31 * DAY)], wanted: secret('A') },
    'Record inherited=A',
  ],
  [
    '… status names another key than the Secret holds: the one in use stays, the other is named',
    { ...legacy, keys: [key('A'), key('B')], wanted: secret('B') },
    'Record inherited=B',
    'foreign A',
  ],
  [
    '… a second key that nothing records',
    { ...legacy, keys: [key('A'), key('F')], wanted: secret('A') },
    'Record own=A',
    'foreign F',
  ],
  [
    '… an earlier key in a Secret of its own, whose text was tried',
    { ...legacy, keys: [key('A'), key('P', 9 * DAY)], wanted: secret('A'), previous: [previous('P')] },
    'Record own=A,P',
  ],
  [
    '… whose text is not its own: named, not ours',
    { ...legacy, keys: [key('A'), key('P', 9 * DAY)], wanted: secret('A'), previous: [previous('P', false)] },
    'Record own=A',
    'foreign P',
  ],
  [
    '… and one that holds no key',
    {
      ...legacy,
      keys: [key('A')],
      wanted: secret('A'),
      previous: [{ name: 'it-credentials-previous', keyId: undefined, isProven: true }],
    },
    'Record own=A',
    'DropSecret previous',
  ],
  [
    'it lives on as long as the predecessor meant it to',
    {
      ...settled,
      book: book({ ownKeys: ['A', 'P'], currentKey: 'A', previousSecrets: ['it-credentials-previous-P'] }),
      keys: [key('A'), key('P', 9 * DAY)],
      previous: [previous('P')],
    },
  ],
  [
    'the earlier key is gone: its Secret goes',
    {
      ...settled,
      book: book({ ownKeys: ['A', 'P'], currentKey: 'A', previousSecrets: ['it-credentials-previous-P'] }),
      previous: [previous('P')],
    },
    'DropSecret it-credentials-previous-P',
  ],
  [
    '… and it leaves the record',
    {
      ...settled,
      book: book({ ownKeys: ['A', 'P'], currentKey: 'A', previousSecrets: ['it-credentials-previous-P'] }),
    },
    'Record own=A,P',
  ],
  [
    "the predecessor's Secret is gone: a new key; the old one is named, not revoked",
    { ...legacy, keys: [key('A')] },
    'Announce 2',
    'Mint SecretLost',
    'WriteSecret',
    'Record +minted',
    'foreign A',
  ],
  [
    "the predecessor's key does not answer: it is waited for",
    { ...legacy, keys: [key('A')], wanted: secret('A', { credential: 'Pending' }) },
    '! KeyNotUsable',
  ],
  // Consent
  [
    'a key that status named is claimed; it is named until the book says so',
    {
      ...settled,
      book: book({ ownKeys: ['A'], currentKey: 'A', foreignKeys: ['F'] }),
      keys: [key('A'), key('F')],
      consents: { claim: ['F'], revoke: [] },
    },
    'Record own=A claimed=F',
    'foreign F',
  ],
  [
    'a key that status did not name is not',
    { ...settled, keys: [key('A'), key('F')], consents: { claim: ['F'], revoke: ['F'] } },
    'foreign F',
  ],
  [
    'a key that is gone is not claimed',
    {
      ...settled,
      book: book({ ownKeys: ['A'], currentKey: 'A', foreignKeys: ['GONE'] }),
      consents: { claim: ['GONE'], revoke: [] },
    },
  ],
  [
    'a claimed key stays',
    { ...settled, book: book({ ownKeys: ['A'], claimedKeys: ['F'], currentKey: 'A' }), keys: [key('A'), key('F')] },
  ],
  [
    'a key that status named is revoked when asked for; it is named until it is gone',
    {
      ...settled,
      book: book({ ownKeys: ['A'], currentKey: 'A', foreignKeys: ['F'] }),
      keys: [key('A'), key('F')],
      consents: { claim: [], revoke: ['F'] },
    },
    'Revoke F Asked',
    'foreign F',
  ],
  [
    'nobody consents for the key of another AccessKey, nor for the one in use',
    {
      ...settled,
      book: book({ ownKeys: ['A'], currentKey: 'A', foreignKeys: ['A', 'S'] }),
      keys: [key('A'), key('S')],
      elsewhere: new Set(['S']),
      consents: { claim: ['S'], revoke: ['A', 'S'] },
    },
  ],
];

for (const [title, changes, ...expected] of rows) {
  test(`L50: recovery: ${title}`, () => assert.deepEqual(verdict(changes), expected));
}
