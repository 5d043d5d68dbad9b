import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RECONCILE_REQUESTED_AT } from './annotations.ts';
import { isRequested, requestedAt, requestIn } from './requested.ts';
import { toy } from './testing/stage.ts';

const asking = (text: string, status: object = {}) =>
  toy({ metadata: { annotations: { [RECONCILE_REQUESTED_AT]: text } }, status });

test('a request: any text that status does not record yet', () => {
  assert.deepEqual([requestedAt(asking('now')), requestedAt(toy())], ['now', undefined]);
  assert.equal(requestIn(asking('now'), 'another'), undefined);
  const found = [
    asking('now'),
    asking('now', { lastHandledReconcileAt: 'before' }),
    asking('now', { lastHandledReconcileAt: 'now' }),
    toy(),
  ];
  assert.deepEqual(found.map(isRequested), [true, true, false, false]);
  assert.equal(isRequested({ ...toy(), status: undefined }), false);
});

test('a request: of a long text the digest is recorded', () => {
  assert.equal(requestedAt(asking('x'.repeat(1_024))), 'x'.repeat(1_024));
  const digest = requestedAt(asking('x'.repeat(1_025)));
  assert.match(digest ?? '', /^sha256:[0-9a-f]{64}$/);
  assert.notEqual(requestedAt(asking(`${'x'.repeat(1_024)}y`)), digest);
  assert.equal(isRequested(asking('x'.repeat(1_025), { lastHandledReconcileAt: digest })), false);
});
