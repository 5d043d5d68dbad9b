import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../../api/access-key.ts';
import { recover } from './recovery.ts';
import { rotationEvents } from './rotation-events.ts';
import { book, facts, key, NAMES, NOW, previous, secret } from './testing/facts.ts';

/** The object as it was read, whose status names that key. */
function objectWith(accessKeyId: string): AccessKey {
  return { status: { accessKeyId } } as AccessKey; // nothing else of it is read
}

const switched = facts({
  book: book({
    ownKeys: ['A', 'B'],
    currentKey: 'A',
    rotation: { step: 'Retaining', reason: 'Due', sinceMs: NOW, previousKey: 'A' },
  }),
  keys: [key('A'), key('B')],
  wanted: secret('B'),
  previous: [{ ...previous('A'), name: NAMES.previous }],
});

test('L58: a switch is told by the pass after it, too, once', () => {
  const reasons = (known: string) =>
    rotationEvents(objectWith(known), switched, recover(switched), [], 'team').map(({ reason }) => reason);
  assert.deepEqual(reasons('A'), ['KeyRotated'], 'whoever did it has died since');
  assert.deepEqual(reasons('B'), [], 'status has the new key');
});
