import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FreezeFacts, KeyFacts } from './facts.ts';
import { book, expired, INSIDE, key, mint, NOW, secret } from './testing/facts.ts';
import { verdict } from './testing/verdict.ts';

function freeze(changes: Partial<FreezeFacts> = { isAsked: true }): Pick<KeyFacts, 'freeze'> {
  return { freeze: { isAsked: false, isUserAsked: false, byUser: new Set(), ...changes } };
}

function off(id: string) {
  return key(id, undefined, false);
}

const own = { ownKeys: ['A'], currentKey: 'A' };
const settled = { book: book(own), keys: [key('A')], wanted: secret('A') };
const inactive = { keys: [off('A')], wanted: secret('A', { credential: 'Inactive' }) };

const rows: readonly (readonly [title: string, facts: Partial<KeyFacts>, ...expected: string[]])[] = [
  ['the record goes before the call', { ...settled, ...freeze() }, 'RecordFrozen A own=A', 'FreezeKey A'],
  [
    'own, claimed and inherited keys alike, and not those of others',
    {
      ...freeze(),
      book: book({ ownKeys: ['A'], claimedKeys: ['C'], inheritedKeys: ['I'], currentKey: 'A' }),
      keys: [key('A'), key('C'), key('I'), key('F'), key('S')],
      elsewhere: new Set(['S']),
    },
    'RecordFrozen A,C,I own=A claimed=C inherited=I',
    'FreezeKey A',
    'FreezeKey C',
    'FreezeKey I',
    'foreign F',
  ],
  [
    'nothing is left to do',
    { ...inactive, ...freeze(), book: book({ ...own, frozenKeys: ['A'] }) },
    '! Frozen by AccessKey',
  ],
  [
    'somebody activates a frozen key: it is made inactive again',
    { ...settled, ...freeze(), book: book({ ...own, frozenKeys: ['A'] }) },
    'FreezeKey A',
  ],
  [
    'a key that somebody else had made inactive is not recorded',
    { ...freeze(), book: book({ ownKeys: ['A', 'B'] }), keys: [off('A'), key('B')] },
    'RecordFrozen B own=A,B',
    'FreezeKey B',
  ],
  ['… and alone it is nothing to do', { ...inactive, ...freeze(), book: book(own) }, '! Frozen by AccessKey'],
  [
    'a recorded key that is gone leaves the list',
    { ...freeze(), book: book({ ownKeys: ['A', 'B'], frozenKeys: ['A', 'B'] }), keys: [off('B')] },
    'RecordFrozen B own=A,B',
    '! Frozen by AccessKey',
  ],
  ['nothing is created while it is frozen', { ...freeze() }, '! Frozen by AccessKey'],
  [
    'nothing is repaired while it is frozen',
    { ...inactive, ...freeze(), book: book({ ...own, frozenKeys: ['A'] }), wanted: { type: 'Absent' } },
    '! Frozen by AccessKey',
  ],
  [
    "the predecessor's object has no lists yet: they are written with the record",
    {
      ...freeze(),
      book: book({ isRecorded: false, currentKey: 'A' }),
      legacyKeyId: 'A',
      keys: [key('A')],
      wanted: secret('A'),
    },
    'RecordFrozen A own=A',
    'FreezeKey A',
  ],
  [
    'a key of an attempt that was not recorded is frozen, too',
    { ...freeze(), book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], wanted: secret('X') },
    'RecordFrozen X',
    'FreezeKey X',
  ],
  [
    '… also where its text is lost',
    { ...freeze(), book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)] },
    'RecordFrozen X',
    'FreezeKey X',
  ],
  [
    '… and where another AccessKey had its time to make it',
    { ...freeze(), book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], othersBusyUntilMs: NOW },
    'RecordFrozen X',
    'FreezeKey X',
  ],
  [
    '… and where another AccessKey is creating one, and this one is in our Secret',
    {
      ...freeze(),
      book: book({ mint: mint(expired) }),
      keys: [key('X', INSIDE)],
      wanted: secret('X'),
      othersBusyUntilMs: NOW + 9_000,
    },
    'RecordFrozen X',
    'FreezeKey X',
  ],
  [
    '… unless it may be what another AccessKey is creating',
    { ...freeze(), book: book({ mint: mint(expired) }), keys: [key('X', INSIDE)], othersBusyUntilMs: NOW + 9_000 },
    '! Frozen by AccessKey',
  ],
  [
    'a create that may still land is looked for when it is over',
    { ...freeze(), book: book({ mint: mint({ holder: 'other' }) }) },
    '! Frozen by AccessKey until +25 s',
  ],
  // Thaw
  [
    'thaw: what was recorded is made active, then the record goes',
    { ...inactive, book: book({ ...own, frozenKeys: ['A'] }) },
    'ThawKey A',
    'RecordFrozen  own=A',
  ],
  [
    'thaw: a key to come is tried anew',
    {
      ...inactive,
      book: book({
        ...own,
        frozenKeys: ['A'],
        rotation: { step: 'Probing', reason: 'Due', sinceMs: NOW - 3_600_000, previousKey: undefined },
      }),
    },
    'ThawKey A',
    'RecordFrozen  own=A',
    'Record own=A Probing',
  ],
  [
    '… also where it is about to be published',
    {
      ...inactive,
      book: book({
        ...own,
        frozenKeys: ['A'],
        rotation: { step: 'Switching', reason: 'Due', sinceMs: NOW - 3_600_000, previousKey: 'A' },
      }),
    },
    'ThawKey A',
    'RecordFrozen  own=A',
    'Record own=A Switching A',
  ],
  [
    '… and nothing where there is none to come',
    {
      ...inactive,
      book: book({
        ...own,
        frozenKeys: ['A'],
        rotation: { step: 'Retaining', reason: 'Due', sinceMs: NOW - 3_600_000, previousKey: 'P' },
      }),
    },
    'ThawKey A',
    'RecordFrozen  own=A',
  ],
  [
    '… but for an attempt that is open, which no record may close here',
    {
      ...inactive,
      book: book({
        ...own,
        frozenKeys: ['A'],
        mint: mint(expired),
        rotation: { step: 'Probing', reason: 'Due', sinceMs: NOW - 3_600_000, previousKey: undefined },
      }),
    },
    'ThawKey A',
    'RecordFrozen  own=A',
  ],
  [
    'thaw: a key that somebody else made inactive stays so',
    { book: book({ ownKeys: ['A', 'B'], frozenKeys: ['B'] }), keys: [off('A'), off('B')] },
    'ThawKey B',
    'RecordFrozen  own=A,B',
  ],
  [
    'thaw: one that is active again, or gone, needs no call',
    { ...settled, book: book({ ...own, frozenKeys: ['A', 'G'] }) },
    'RecordFrozen  own=A',
  ],
  ['a key that somebody made inactive is told as ever', { ...inactive, book: book(own) }, '! KeyInactive'],
  // The User
  ['its User is frozen: nothing is created', { ...freeze({ isUserAsked: true }) }, '! Frozen by User'],
  [
    'its User is frozen and has not made the key inactive yet: that is its part',
    { ...settled, ...freeze({ isUserAsked: true }) },
    '! Frozen by User, a key works',
  ],
  [
    'its User is frozen: a key that this object froze waits for that',
    { ...inactive, ...freeze({ isUserAsked: true }), book: book({ ...own, frozenKeys: ['A'] }) },
    '! Frozen by User',
  ],
  [
    'its User is still to make the key active again',
    { ...inactive, ...freeze({ byUser: new Set(['A']) }), book: book(own) },
    '! Frozen by User',
  ],
  [
    '… but one that is gone is nothing to wait for',
    { ...settled, ...freeze({ byUser: new Set(['GONE']) }), book: book({ ...own, ownKeys: ['A', 'GONE'] }) },
  ],
  ['… and has done so', { ...settled, ...freeze({ byUser: new Set(['A']) }) }],
  [
    '… of which this object recorded nothing: it is the User that thaws it',
    { ...inactive, ...freeze({ isAsked: true, byUser: new Set(['A']) }), book: book(own) },
    '! Frozen by AccessKey',
  ],
];

for (const [title, changes, ...expected] of rows) {
  test(`freeze: ${title}`, () => assert.deepEqual(verdict(changes), expected));
}
