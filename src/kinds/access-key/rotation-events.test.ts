import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../../api/access-key.ts';
import type { Recovery } from './facts.ts';
import { recover } from './recovery.ts';
import { requestWaitsUntilMs, rotationEvents } from './rotation-events.ts';
import { book, facts, key, NAMES, NOW, previous, rotate, secret } from './testing/facts.ts';

/** The object as it was read, whose status names that key. */
function objectWith(accessKeyId: string, more: AccessKey['status'] = {}): AccessKey {
  return { status: { accessKeyId, ...more } } as AccessKey; // nothing else of it is read
}

const rotation = { step: 'Retaining', reason: 'Due', sinceMs: NOW, previousKey: 'A' } as const;
const switched = facts({
  book: book({ ownKeys: ['A', 'B'], currentKey: 'A', rotation }),
  keys: [key('A'), key('B')],
  wanted: secret('B'),
  previous: [{ ...previous('A'), name: NAMES.previous }],
});
const UNTIL = '2026-05-08T12:00:00Z';

/** What is told, in short. */
function told(
  object: AccessKey,
  read = switched,
  recovery: Partial<Recovery> = {},
  applied: readonly string[] = [],
): readonly string[] {
  const events = rotationEvents(object, read, { ...recover(read), ...recovery }, applied, 'team');
  return events.map(({ type, reason, note }) => `${type} ${reason}: ${note}`);
}

test('L58: a switch is told by the pass after it, too, once', () => {
  assert.deepEqual(
    told(objectWith('A')),
    [`Normal KeyRotated: the access key of user "team" was replaced; the previous one goes at ${UNTIL}`],
    'whoever did it has died since',
  );
  assert.deepEqual(told(objectWith('B')), [], 'status has the new key');
  assert.deepEqual(told({} as AccessKey), [], 'status knows none');
});

test('a switch: without a time at which the previous key goes none is told', () => {
  assert.deepEqual(told(objectWith('A'), switched, { retireAtMs: undefined }), [
    'Normal KeyRotated: the access key of user "team" was replaced',
  ]);
});

test('a switch is not told before it is made, nor when somebody went back', () => {
  const at = (step: 'Switching' | 'Deactivated') =>
    facts({ ...switched, book: book({ ownKeys: ['A', 'B'], currentKey: 'A', rotation: { ...rotation, step } }) });
  const later = told(objectWith('A'), at('Deactivated'), { isPreviousInUse: false });
  assert.deepEqual([told(objectWith('A'), at('Switching')), later], [[], []]);
  assert.deepEqual(told(objectWith('A'), switched, { current: 'A' }), []);
  assert.deepEqual(told(objectWith('A'), facts({ ...switched, book: book({ ownKeys: ['A', 'B'] }) })), []);
});

test('a previous key that went, and a new one that never worked, are told by the pass that revokes them', () => {
  const quiet = objectWith('B');
  assert.deepEqual(told(quiet, switched, {}, ['Rotate:Revoke:Retired']), [
    'Normal KeyRetired: the previous access key of user "team" is revoked',
  ]);
  assert.deepEqual(told(quiet, switched, {}, ['Rotate:Revoke:NeverWorked']), [
    'Warning RotationFailed: the service never accepted the new access key of user "team": it is revoked, and the one in use stays',
  ]);
  assert.deepEqual(told(quiet, switched, {}, ['Revoke:Superseded']), []);
});

test('a previous key that is used past its time is told once for each time', () => {
  const used = { isPreviousInUse: true };
  const [event, ...more] = told(objectWith('B'), switched, used);
  assert.match(event ?? '', /^Warning PreviousKeyInUse: .* still used; it goes at 2026-05-08T12:00:00Z: find/);
  assert.deepEqual(more, []);
  assert.deepEqual(told(objectWith('B', { retireTime: UNTIL }), switched, used), []);
  assert.deepEqual(told(objectWith('B'), switched, { ...used, retireAtMs: undefined }), []);
});

const asked = facts({ ...switched, rotate: rotate({ isRequested: true }) });
test('a request that waits for the previous key is told once', () => {
  const [event, ...more] = told(objectWith('B'), asked);
  assert.match(event ?? '', /^Normal RotationWaits: .*: it begins at 2026-05-08T12:00:00Z; spec\.rotate/);
  assert.deepEqual(more, []);
  assert.deepEqual(told(objectWith('B', { nextRotateTime: UNTIL }), asked), []);
  assert.deepEqual(told(objectWith('B'), asked, { retireAtMs: undefined }), []);
});

test('a request waits for the retention alone', () => {
  const waits = (read: typeof asked) => requestWaitsUntilMs(read, recover(read));
  assert.equal(waits(asked), NOW + 7 * 86_400_000);
  assert.equal(waits(switched), undefined);
  assert.equal(waits(facts({ rotate: rotate({ isRequested: true }) })), undefined);
  const last = { ...rotation, step: 'Deactivated' } as const;
  assert.equal(waits(facts({ ...asked, book: book({ ownKeys: ['A', 'B'], rotation: last }) })), undefined);
});
