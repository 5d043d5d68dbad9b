import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { statementHash } from './acceptance.ts';
import { wantedDocument } from './desired.ts';
import type { KnownRefusals } from './refusals.ts';
import { desiredFor, remainderFor } from './shares.ts';
import { bucketObject, documentOf, lookupOf, policyObject, statementOf } from './testing/policies.ts';

const own = policyObject('Own');
const old = { metadata: { uid: 'a-older' } };
const written = { status: { documentHash: 'hash' } };
const everyone = {
  statement: [{ effect: 'Allow', principal: '*', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' }],
};
const lockOut = { statement: [{ effect: 'Deny', principal: '*', action: 's3:*', resource: 'arn:aws:s3:::logs' }] };
const broken = { statement: [{ effect: 'Perhaps' }] };
const privately = bucketObject({ publicAccess: { blockPublicPolicy: true, restrictPublicBuckets: true } } as never);

const known = (...sids: readonly string[]) => ({
  status: { documentHash: 'hash', statementHashes: sids.map((sid) => statementHash(statementOf(sid))) },
});
/** The service refused what the object `Refused` brings. */
const refusals: KnownRefusals = {
  of: ({ metadata: { name } }) =>
    name === 'Refused' ? new ReconcileError('InvalidSpec', 'no', { reason: 'PolicyInvalid' }) : undefined,
};

/** What the policy shall be where `Own`, `Old` and `Theirs` are found; and why nothing of this object is in it. */
function wantedOf(resource: BucketPolicy, others: readonly BucketPolicy[], bucket = bucketObject()) {
  const desired = desiredFor(lookupOf(bucket, [resource, ...others]), resource, refusals);
  const { failure, wasWritten } = desired;
  return { document: wantedDocument(desired, documentOf('Own', 'Old', 'Theirs')), reason: failure?.reason, wasWritten };
}

const sharing: readonly [
  title: string,
  resource: BucketPolicy,
  others: readonly BucketPolicy[],
  sids: readonly string[] | undefined,
  rest?: { readonly reason?: string; readonly wasWritten?: boolean },
][] = [
  ['one object', own, [], ['Own']],
  [
    'two objects, neither written yet: what is found of the other stays',
    own,
    [policyObject('Old', old)],
    ['Own', 'Old'],
  ],
  ['another that the service has not accepted yet', own, [policyObject('Newer')], ['Own']],
  ['another that is accepted', own, [policyObject('Newer', known('Newer'))], ['Newer', 'Own'], { wasWritten: true }],
  [
    'another that was accepted and edited: what it had stays, what it brings does not come',
    own,
    [policyObject('Newer', known('Old'))],
    ['Own', 'Old'],
    { wasWritten: true },
  ],
  [
    'another that cannot be read any more, and is known',
    own,
    [policyObject('Newer', { ...known('Old'), spec: { policy: broken } as never })],
    ['Own', 'Old'],
    { wasWritten: true },
  ],
  [
    'one that the service refused',
    policyObject('Refused'),
    [policyObject('Newer', known('Newer'))],
    ['Newer'],
    { reason: 'PolicyInvalid', wasWritten: true },
  ],
  [
    'one that the service refused, after it had accepted others of it',
    policyObject('Refused', known('Old')),
    [],
    ['Old'],
    { reason: 'PolicyInvalid', wasWritten: true },
  ],
  [
    'one that is accepted already is not refused again',
    policyObject('Refused', known('Refused')),
    [],
    ['Refused'],
    { wasWritten: true },
  ],
  ['another that wrote', own, [policyObject('Old', { ...old, ...written })], ['Old', 'Own'], { wasWritten: true }],
  ['another that observes', own, [policyObject('Old', { ...old, spec: { mode: 'Observe' } })], ['Own']],
  [
    'another that was suspended before it wrote',
    own,
    [policyObject('Old', { ...old, spec: { suspend: true } })],
    ['Own'],
  ],
  [
    'another that was suspended after it wrote',
    own,
    [policyObject('Old', { ...old, ...written, spec: { suspend: true } })],
    ['Old', 'Own'],
    { wasWritten: true },
  ],
  [
    'another that is being deleted',
    own,
    [policyObject('Old', { ...written, metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T01:00:00Z' } })],
    ['Own'],
  ],
  ['another of a namespace that is not admitted', own, [policyObject('Old', { ...old, namespace: 'b' })], ['Own']],
  [
    'another whose namespace was admitted: all that is found stays',
    own,
    [policyObject('Old', { ...old, ...written, namespace: 'b' })],
    ['Own', 'Old', 'Theirs'],
    { wasWritten: true },
  ],
  [
    'another that cannot be read any more',
    own,
    [policyObject('Old', { ...old, ...written, spec: { policy: broken } as never })],
    ['Own', 'Old', 'Theirs'],
    { wasWritten: true },
  ],
  [
    'another that could never be read',
    own,
    [policyObject('Old', { ...old, spec: { policy: broken } as never })],
    ['Own'],
  ],
  [
    'one that would lock the operator out',
    policyObject('Own', { spec: { policy: lockOut } as never }),
    [policyObject('Old', old)],
    ['Old'],
    { reason: 'LocksOutOperator' },
  ],
  [
    'another that would lock the operator out',
    own,
    [policyObject('Old', { ...old, spec: { policy: lockOut } as never })],
    ['Own'],
  ],
];
for (const [title, resource, others, sids, { reason, wasWritten = false } = {}] of sharing) {
  test(`the policy of a bucket from all its objects: ${title}`, () => {
    const found = wantedOf(resource, others);
    assert.deepEqual(
      found.document?.Statement.map(({ Sid }) => Sid),
      sids,
    );
    assert.deepEqual([found.reason, found.wasWritten], [reason, wasWritten]);
  });
}

test('what would grant to everyone is refused where the Bucket forbids it', () => {
  const open = policyObject('Own', { spec: { policy: everyone } as never });
  assert.equal(wantedOf(open, [], privately).reason, 'PublicAccessBlocked');
  assert.equal(wantedOf(open, []).reason, undefined);
});

test('an object that is none itself is refused, whatever the others are', () => {
  const bad = policyObject('Own', { spec: { policy: broken } as never });
  assert.throws(() => wantedOf(bad, [policyObject('Old', old)]), ReconcileError);
});

const leaving: readonly [
  title: string,
  resource: BucketPolicy,
  others: readonly BucketPolicy[],
  sids: readonly string[] | undefined,
][] = [
  ['the last one', own, [], undefined],
  ['one of two', own, [policyObject('Old', { ...old, ...written })], ['Old']],
  [
    'one beside another that cannot be read',
    own,
    [policyObject('Old', { ...old, ...written, spec: { policy: broken } as never })],
    ['Old', 'Theirs'],
  ],
  [
    'one that cannot be read, beside another that can',
    policyObject('Own', { spec: { policy: broken } as never }),
    [policyObject('Old', { ...old, ...written })],
    ['Old'],
  ],
];
for (const [title, resource, others, sids] of leaving) {
  test(`what is left of the policy when an object goes: ${title}`, () => {
    const lookup = lookupOf(bucketObject(), [resource, ...others]);
    const left = remainderFor(lookup, resource, 'logs', documentOf('Own', 'Old', 'Theirs'));
    assert.deepEqual(
      left?.Statement.map(({ Sid }) => Sid),
      sids,
    );
  });
}

test('of a bucket that no Bucket has any more nothing is left', () => {
  const lookup = lookupOf(bucketObject({ name: 'another' }), [own]);
  assert.equal(remainderFor(lookup, own, 'logs', documentOf('Own', 'Old')), undefined);
});
