import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReason } from '../api/reasons.ts';
import { ReconcileError, type ReconcileErrorType } from './errors.ts';
import { KubeError } from './kube.ts';
import { isConflict, isObjectGone, toKubeReconcileError } from './kube-errors.ts';

const rows: readonly (readonly [code: number, reason: string, type: ReconcileErrorType])[] = [
  [0, 'Timeout', 'Transient'],
  [400, 'BadRequest', 'Internal'],
  [401, 'Unauthorized', 'Transient'],
  [403, 'Forbidden', 'DependencyNotReady'],
  [403, 'NamespaceTerminating', 'DependencyNotReady'],
  [404, 'NotFound', 'StaleRead'],
  [404, 'NotServed', 'DependencyNotReady'],
  [409, 'Conflict', 'StaleRead'],
  [409, 'AlreadyExists', 'StaleRead'],
  [409, 'NamespaceTerminating', 'DependencyNotReady'],
  [410, 'Expired', 'Transient'],
  [422, 'Invalid', 'Internal'],
  [429, 'TooManyRequests', 'Throttled'],
  [500, 'InternalError', 'Transient'],
  [503, '', 'Transient'],
];

for (const [code, reason, type] of rows) {
  test(`${code} ${reason} is ${type}, told by a reason of the closed list`, () => {
    const cause = new KubeError('get x', { code, reason, retryAfterMs: 5000 });
    const error = toKubeReconcileError(cause);
    assert.deepEqual(
      [error.type, error.reason, error.message, error.retryAfterMs, error.cause],
      [type, isReason(reason) ? reason : type, 'get x', 5000, cause],
    );
  });
}

test('other errors stay what they are', () => {
  const mine = new ReconcileError('InvalidSpec', 'no');
  assert.equal(toKubeReconcileError(mine), mine);
  assert.equal(toKubeReconcileError(new TypeError('x')).type, 'Internal');
});

test('gone is what the server says of the object', () => {
  assert.equal(isObjectGone(new KubeError('', { code: 404, reason: 'NotFound' })), true);
  assert.equal(isObjectGone(new KubeError('', { code: 404, reason: 'NotServed' })), false);
  assert.equal(isObjectGone(new Error('404')), false);
  assert.equal(isConflict(new KubeError('', { code: 409, reason: 'Conflict' })), true);
  assert.equal(isConflict(new KubeError('', { code: 403 })), false);
});
