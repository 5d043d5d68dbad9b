import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey, AccessKeyStatus } from '../../api/access-key.ts';
import { bookOf, legacyKeyOf, listFields, rotationFields } from './book.ts';
import { NOW } from './testing/facts.ts';

/** The object of uid u, with that status. */
function withStatus(status: AccessKeyStatus | undefined): AccessKey {
  return { metadata: { uid: 'u' }, status } as AccessKey; // nothing else of it is read
}

const time = '2026-05-01T12:00:00Z';
const full: AccessKeyStatus = {
  keysOf: 'u',
  accessKeyId: 'A',
  ownKeys: ['A'],
  claimedKeys: ['C'],
  inheritedKeys: ['I'],
  frozenKeys: ['Z'],
  previousSecrets: ['s'],
  foreignKeys: ['F'],
  attempt: 4,
  lastHandledRotateAt: 'now',
  mint: {
    attempt: 5,
    holder: 'me',
    epoch: 3,
    time,
    deadline: '2026-05-01T12:00:30Z',
    knownKeys: ['A'],
    secretName: 's',
  },
  rotation: { step: 'Switching', reason: 'Requested', time },
  previousAccessKeyId: 'P',
};
const none = {
  isRecorded: false,
  ownKeys: [],
  claimedKeys: [],
  inheritedKeys: [],
  frozenKeys: [],
  previousSecrets: [],
  foreignKeys: [],
  mint: undefined,
  rotation: undefined,
  attempt: 0,
  handledRequest: undefined,
  currentKey: undefined,
};

test('book: what status says of the keys of this very object', () => {
  assert.deepEqual(bookOf(withStatus(full)), {
    isRecorded: true,
    ownKeys: ['A'],
    claimedKeys: ['C'],
    inheritedKeys: ['I'],
    frozenKeys: ['Z'],
    previousSecrets: ['s'],
    foreignKeys: ['F'],
    mint: {
      attempt: 5,
      holder: 'me',
      epoch: 3,
      fromMs: NOW,
      untilMs: NOW + 30_000,
      knownKeys: new Set(['A']),
      secretName: 's',
    },
    rotation: { step: 'Switching', reason: 'Requested', sinceMs: NOW, previousKey: 'P' },
    attempt: 4,
    handledRequest: 'now',
    currentKey: 'A',
  });
});

test('book: of another incarnation only what was told to everybody counts', () => {
  const copied = bookOf(withStatus({ ...full, keysOf: 'another' }));
  assert.deepEqual(copied, { ...none, foreignKeys: ['F'], handledRequest: 'now' });
});

test('book: of the predecessor the key in use counts; of nothing nothing', () => {
  assert.deepEqual(bookOf(withStatus({ accessKeyId: 'A' })), { ...none, currentKey: 'A' });
  assert.deepEqual(bookOf(withStatus({})), none);
  assert.deepEqual(bookOf(withStatus(undefined)), none);
  assert.deepEqual(bookOf(withStatus({ keysOf: 'u' })), { ...none, isRecorded: true });
  const { knownKeys: _knownKeys, ...mint } = full.mint ?? assert.fail();
  assert.deepEqual(bookOf(withStatus({ keysOf: 'u', mint })).mint?.knownKeys, new Set());
});

test("book: the predecessor's key, on an object that has no book of anybody's", () => {
  const found = [
    { accessKeyId: 'A' },
    { accessKeyId: 'A', keysOf: 'u' },
    { accessKeyId: 'A', keysOf: 'another' },
    {},
    undefined,
  ];
  assert.deepEqual(
    found.map((status) => legacyKeyOf(withStatus(status))),
    ['A', undefined, undefined, undefined, undefined],
  );
});

const lists = { own: ['A'], claimed: [], inherited: [] };
const empty = { keysOf: 'u', ownKeys: ['A'], claimedKeys: null, inheritedKeys: null, previousSecrets: null };

test('book: the fields of lists, empty ones not at all', () => {
  assert.deepEqual(listFields(withStatus(undefined), lists, []), empty);
  assert.deepEqual(listFields(withStatus(full), { own: [], claimed: ['C'], inherited: ['I'] }, ['s']), {
    keysOf: 'u',
    ownKeys: [],
    claimedKeys: ['C'],
    inheritedKeys: ['I'],
    previousSecrets: ['s'],
  });
  const names = Array.from({ length: 17 }, (_, index) => `s${index}`);
  assert.deepEqual(listFields(withStatus(full), lists, names)['previousSecrets'], names.slice(1));
});

test('book: what another incarnation left of a freeze and a rotation goes with the first record', () => {
  const { keysOf: _keysOf, ...legacy } = full;
  for (const status of [{ ...full, keysOf: 'another' }, legacy]) {
    const fields = listFields(withStatus(status), lists, []);
    assert.deepEqual(fields, { ...empty, frozenKeys: null, rotation: null, previousAccessKeyId: null });
  }
});

test('book: the fields of a rotation', () => {
  assert.deepEqual(rotationFields({ step: 'Switching', previousKey: 'P' }, 'Due', NOW), {
    rotation: { step: 'Switching', reason: 'Due', time },
    previousAccessKeyId: 'P',
  });
  assert.deepEqual(rotationFields({ step: 'Minting' }, 'Requested', NOW), {
    rotation: { step: 'Minting', reason: 'Requested', time },
    previousAccessKeyId: null,
  });
  assert.deepEqual(rotationFields(null, 'Due', NOW), { rotation: null, previousAccessKeyId: null });
});
