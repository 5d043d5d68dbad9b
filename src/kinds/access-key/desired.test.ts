import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../../api/access-key.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { desiredKey } from './desired.ts';

const LONG = 'k'.repeat(253);

function accessKey(name: string, secretName: string | undefined, status: AccessKey['status'] = {}): AccessKey {
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'AccessKey',
    metadata: {
      name,
      namespace: 'team-a',
      uid: 'uid-1',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      providerRef: { name: 'wasabi-eu' },
      userRef: { name: 'team-a' },
      deletionPolicy: 'Delete',
      ...(secretName === undefined ? {} : { secret: { name: secretName } }),
    },
    status,
  };
}

const refusals: readonly { readonly title: string; readonly object: AccessKey; readonly says: RegExp }[] = [
  {
    title: 'the Secret of the next key',
    object: accessKey('app', 'app-credentials-next'),
    says: /^spec\.secret\.name: "app-credentials-next" .* takes the next key .*: choose another name$/,
  },
  {
    title: 'that of the previous key',
    object: accessKey('app', 'app-credentials-previous'),
    says: /^spec\.secret\.name: "app-credentials-previous" .* keeps the previous key .*: choose another name$/,
  },
  {
    title: 'one that the predecessor keeps an earlier key in',
    object: accessKey('app', 'app-credentials-previous-1700000000', {
      keysOf: 'uid-1',
      previousSecrets: ['app-credentials-previous-1700000000'],
    }),
    says: /^spec\.secret\.name: "app-credentials-previous-1700000000" .* keeps the previous key/,
  },
  {
    title: 'the cut name of a long object',
    object: accessKey(LONG, `${'k'.repeat(227)}-7a416e92-credentials-next`),
    says: /takes the next key/,
  },
  { title: 'a name that is too long', object: accessKey(LONG, undefined), says: /265 characters, at most 253/ },
];

for (const { title, object, says } of refusals) {
  test(`AccessKey: spec.secret.name is refused: ${title}`, () => {
    assert.throws(
      () => desiredKey(object),
      (thrown) => thrown instanceof ReconcileError && thrown.type === 'InvalidSpec' && says.test(thrown.message),
    );
  });
}

test('AccessKey: other names are taken, those of other objects, too', () => {
  const names = ['app-credentials', 'other-credentials-next', 'app-credentials-previous-2', 'app-next', undefined];
  const wanted = names.map((name) => desiredKey(accessKey('app', name)).names.wanted);
  assert.deepEqual(wanted, [...names.slice(0, -1), 'app-credentials']);
});
