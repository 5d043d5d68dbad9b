import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bucket } from '../../api/bucket.ts';
import { type KubeObject, keyOf, keyText, type ObjectKey } from '../../api/meta.ts';
import type { ManagedResource, ManagedStatus } from '../../managed/kind.ts';
import { Lookup, type Snapshot } from '../../managed/lookup.ts';
import type { AllowedNamespaces } from '../../managed/references.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { awaitUser, userProblem } from './awaited-user.ts';
import { bucketReferences } from './references.ts';

const ACCOUNT = '100000000001';
const OWN = { provider: { namespace: 'a', name: 'wasabi' }, accountId: ACCOUNT };
const ready: ManagedStatus = {
  conditions: [{ type: 'Ready', status: 'True', reason: 'Available' }],
  target: { provider: 'a/wasabi', accountId: ACCOUNT, region: 'eu-central-2', name: 'team-a' },
};

function metadata(namespace: string, name: string): KubeObject['metadata'] {
  return { namespace, name, uid: `${namespace}-${name}`, resourceVersion: '1', creationTimestamp: '' };
}

function bucketOf(userRef: Bucket['spec']['userRef'], exists: boolean): Bucket {
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Bucket',
    metadata: metadata('a', 'logs'),
    spec: {
      providerRef: { name: 'wasabi' },
      name: 'logs',
      deletionPolicy: 'Retain',
      forceDelete: false,
      ...(userRef === undefined ? {} : { userRef }),
    },
    status: { exists },
  };
}

interface UserObject extends ManagedResource {
  readonly spec: ManagedResource['spec'] & { readonly allowedNamespaces?: AllowedNamespaces };
}

/** A cluster with those Users and nothing else. */
function lookupOf(users: readonly UserObject[]): Lookup {
  const snapshot: Snapshot = {
    get: <T extends KubeObject>(kind: string, key: ObjectKey) =>
      // Of all kinds, only Users are there.
      users.find((user) => kind === 'User' && keyText(keyOf(user)) === keyText(key)) as T | undefined,
    referrers: () => [],
    namesakes: () => [],
    namespaceLabels: () => undefined,
    isTerminating: () => false,
    referenceGrants: () => [],
  };
  return new Lookup(snapshot, { allowLegacyCrossNamespace: false });
}

function user(namespace: string, status: ManagedStatus, allowedNamespaces?: AllowedNamespaces): UserObject {
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'User',
    metadata: metadata(namespace, 'team-a'),
    spec: allowedNamespaces === undefined ? {} : { allowedNamespaces },
    status,
  };
}

interface Row {
  readonly title: string;
  readonly userRef?: Bucket['spec']['userRef'];
  readonly users: readonly UserObject[];
  /** The reason while the bucket is not made yet, and once it is; `!`: nothing may be called. */
  readonly fresh: string;
  readonly made: string;
  readonly says?: RegExp;
}

const near = { name: 'team-a' };
const far = { name: 'team-a', namespace: 'b' };
const rows: readonly Row[] = [
  { title: 'no userRef', users: [], fresh: 'none', made: 'none' },
  { title: 'a User that is Ready', userRef: near, users: [user('a', ready)], fresh: 'none', made: 'none' },
  {
    title: 'no such User',
    userRef: near,
    users: [],
    fresh: '!UserNotFound',
    made: 'UserNotFound',
    says: /^spec\.userRef: User a\/team-a does not exist: create it, or correct the reference$/,
  },
  {
    title: 'a User that nobody looked at yet',
    userRef: near,
    users: [user('a', {})],
    fresh: '!UserNotReady',
    made: 'none',
    says: /^spec\.userRef: User a\/team-a is not ready: it was not looked at yet; .*look at its conditions$/,
  },
  {
    title: 'a User that is not Ready',
    userRef: near,
    users: [user('a', { conditions: [{ type: 'Ready', status: 'False', reason: 'ProviderNotReady' }] })],
    fresh: '!UserNotReady',
    made: 'none',
    says: /is not ready: ProviderNotReady;/,
  },
  {
    title: 'a User of another account',
    userRef: near,
    users: [user('a', { ...ready, target: { provider: 'a/x', accountId: '2', region: 'r', name: 'team-a' } })],
    fresh: '!AccountMismatch',
    made: 'AccountMismatch',
    says: /^spec\.userRef: User a\/team-a is in account 2, and spec\.providerRef leads to account 100000000001: /,
  },
  {
    title: 'a User of another namespace without a grant',
    userRef: far,
    users: [user('b', ready)],
    fresh: '!RefNotPermitted',
    made: '!RefNotPermitted',
    says: /^spec\.userRef: User b\/team-a does not exist or does not admit namespace a: /,
  },
  {
    title: 'a User of another namespace that is missing reads like one without a grant',
    userRef: far,
    users: [],
    fresh: '!RefNotPermitted',
    made: '!RefNotPermitted',
    says: /^spec\.userRef: User b\/team-a does not exist or does not admit namespace a: /,
  },
  {
    title: 'a User of another namespace that admits this one',
    userRef: far,
    users: [user('b', ready, { from: 'All' })],
    fresh: 'none',
    made: 'none',
  },
];

function verdict(lookup: Lookup, resource: Bucket): string {
  const reason = userProblem(lookup, resource, OWN)?.reason ?? 'none';
  try {
    awaitUser(lookup, resource, OWN);
    return reason;
  } catch (thrown) {
    assert.ok(thrown instanceof ReconcileError);
    assert.equal(thrown.reason, reason);
    return `!${reason}`;
  }
}

for (const { title, userRef, users, fresh, made, says } of rows) {
  test(`awaited user: ${title}`, () => {
    const lookup = lookupOf(users);
    assert.equal(verdict(lookup, bucketOf(userRef, false)), fresh, 'before the bucket is made');
    assert.equal(verdict(lookup, bucketOf(userRef, true)), made, 'once the bucket is there');
    if (says !== undefined) assert.match(userProblem(lookup, bucketOf(userRef, false), OWN)?.message ?? '', says);
  });
}

test('awaited user: the User is found by those who refer to it, in whatever namespace, and is not held back', () => {
  const reference = bucketReferences(bucketOf(far, false)).find(({ kind }) => kind === 'User');
  assert.deepEqual(reference, {
    path: 'spec.userRef',
    group: 's3.cloud37.dev',
    kind: 'User',
    key: { namespace: 'b', name: 'team-a' },
    isLegacy: true,
    blocksDeletion: false,
  });
});
