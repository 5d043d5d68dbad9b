import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesOf } from './changes.ts';
import type { KeyStep, MintReason, Recovery, RevokeReason } from './facts.ts';
import { nothingToDo } from './recovery.ts';
import { NAMES } from './testing/facts.ts';

const lists = { own: [], claimed: [], inherited: [] };
const steps: readonly KeyStep[] = [
  { type: 'Announce', attempt: 1, lists, secretName: NAMES.wanted },
  ...(['New', 'SecretLost', 'SecretEdited', 'KeyGone', 'Rotation'] satisfies MintReason[]).map(
    (why) => ({ type: 'Mint', why }) as const,
  ),
  { type: 'WriteSecret', name: NAMES.wanted },
  ...(['Copy', 'Keep', 'Switch'] as const).map((as) => ({ type: 'CopySecret', from: 'x', to: 'y', as }) as const),
  { type: 'Prove', name: NAMES.next },
  { type: 'Record', lists, addsMinted: false },
  { type: 'Deactivate', keyId: 'A' },
  ...(['Lost', 'Superseded', 'EndedEarly', 'Asked', 'Retired', 'NeverWorked'] satisfies RevokeReason[]).map(
    (why) => ({ type: 'Revoke', keyId: 'A', why }) as const,
  ),
  { type: 'RecordFrozen', keys: ['A'], lists },
  { type: 'FreezeKey', keyId: 'A' },
  { type: 'ThawKey', keyId: 'A' },
  { type: 'SetMetadata' },
  { type: 'DropSecret', name: NAMES.next },
];
const names = [
  'Announce',
  'Create',
  'Replace:SecretLost',
  'Replace:SecretEdited',
  'Replace:KeyGone',
  'Replace:Rotation',
  'WriteSecret',
  'CopySecret',
  'KeepSecret',
  'SwitchSecret',
  'Prove',
  'Record',
  'Deactivate',
  'Revoke:Lost',
  'Revoke:Superseded',
  'Revoke:EndedEarly',
  'Revoke:Asked',
  'Revoke:Retired',
  'Revoke:NeverWorked',
  'RecordFrozen',
  'FreezeKey',
  'ThawKey',
  'Set:metadata',
  'DropSecret',
];

function changes(more: Partial<Recovery>) {
  return changesOf({ ...nothingToDo(), ...more });
}

test('changes: each step by its name, with a text for people in which no key id stands', () => {
  const found = changes({ steps });
  assert.deepEqual(
    found.map(({ type }) => type),
    names,
  );
  assert.deepEqual(
    found.map(({ step }) => step),
    steps,
  );
  const texts = found.map(({ summary }) => summary);
  assert.ok(
    texts.every((text) => /^[a-z][^A]+/u.test(text) && !/\bA\b/u.test(text)),
    texts.join('\n'),
  );
  assert.equal(new Set(texts).size, steps.length - 2, 'but the three copies are told alike');
});

test('changes: what may fail alone, what the first write stands in, and what events of a freeze tell', () => {
  const having = (flag: 'isPrerequisite' | 'recordsTarget' | 'isToldElsewhere', isSo: boolean) =>
    changes({ steps }).flatMap((change) => (change[flag] === isSo ? [change.type] : []));
  assert.deepEqual(having('isPrerequisite', false), ['FreezeKey', 'Set:metadata', 'DropSecret']);
  assert.deepEqual(having('recordsTarget', true), ['Announce']);
  assert.deepEqual(having('isToldElsewhere', true), ['RecordFrozen', 'FreezeKey', 'ThawKey']);
});

test('changes: the steps of a rotation come last, in order, and tell of themselves', () => {
  const found = changes({ steps: [{ type: 'SetMetadata' }], rotation: [{ type: 'DropSecret', name: NAMES.next }] });
  const flags = found.map(({ type, isPrerequisite, isToldElsewhere, isOfRotation }) => [
    type,
    isPrerequisite,
    isToldElsewhere,
    isOfRotation,
  ]);
  assert.deepEqual(flags, [
    ['Set:metadata', false, false, undefined],
    ['Rotate:DropSecret', true, true, true],
  ]);
});
