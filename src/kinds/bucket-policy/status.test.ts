import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BucketPolicyStatus } from '../../api/bucket-policy.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { statementHash } from './acceptance.ts';
import type { Announcement } from './announcement.ts';
import { type DesiredPolicy, recordedHash } from './desired.ts';
import { bucketPolicyStatus } from './status.ts';
import { desiredOf, documentOf, policyObject, statementOf } from './testing/policies.ts';

const NOW_MS = Date.parse('2026-01-01T12:00:00Z');
const NOW = '2026-01-01T12:00:00Z';
const [SOON, EARLIER] = ['2026-01-01T12:03:00Z', '2026-01-01T11:00:00Z'];
const target = { provider: { namespace: 'a', name: 'wasabi' }, accountId: '1', region: 'eu', name: 'logs' };
const [own, late, theirs] = [documentOf('Own'), documentOf('Late'), documentOf('Theirs')];
const [ownHash, lateHash] = [recordedHash(own) ?? '', recordedHash(late) ?? ''];

function one(documentHash: string, until = SOON): Announcement {
  return { uid: 'uid-it', documentHash, until };
}

interface Row {
  readonly title: string;
  readonly before?: BucketPolicyStatus;
  readonly desired?: DesiredPolicy;
  readonly found: PolicyDocument | undefined;
  readonly applied?: readonly string[];
  readonly isProven?: boolean;
  readonly settled?: string;
  readonly fields: object;
}

/** What status says when nothing is known and nothing is found. */
const nothing = { applied: false, bucketName: 'logs', documentHash: undefined, announced: undefined };
const none = { inherited: undefined, leftover: undefined, statements: undefined, statementHashes: undefined };
const empty = { ...nothing, ...none };
const accepted = { documentHash: ownHash, statementHashes: [statementHash(statementOf('Own'))] };
const inForce = { ...empty, ...accepted, applied: true, statements: 1 };
const synced = { lastSyncTime: EARLIER, bucketName: 'logs' };
const written = { applied: ['Set:policy'], settled: ownHash };
const rows: readonly Row[] = [
  { title: 'written and read', found: own, ...written, fields: { ...inForce, lastSyncTime: NOW } },
  { title: 'written and not yet read', found: undefined, ...written, fields: { ...empty, ...accepted } },
  {
    title: 'not answered',
    before: { announced: [one(ownHash)] },
    found: undefined,
    fields: { ...empty, announced: [one(ownHash)] },
  },
  { title: 'refused', before: { announced: [one(ownHash)] }, found: undefined, settled: ownHash, fields: empty },
  { title: 'settled', before: { ...synced, documentHash: ownHash }, found: own, fields: inForce },
  {
    title: 'of a stranger, that was only looked at',
    before: synced,
    found: theirs,
    isProven: false,
    fields: { ...empty, statements: 1 },
  },
  {
    title: 'as wanted, that was only looked at',
    before: synced,
    found: own,
    isProven: false,
    fields: { ...inForce, documentHash: undefined, statementHashes: undefined },
  },
  {
    title: 'drift that could not be undone',
    before: { ...synced, documentHash: ownHash },
    found: theirs,
    fields: { ...empty, documentHash: ownHash, statements: 1 },
  },
  {
    title: 'what came late, while the next write was not answered',
    before: { ...synced, announced: [one(lateHash, EARLIER), one(ownHash)] },
    found: late,
    fields: { ...empty, documentHash: lateHash, announced: [one(ownHash)], statements: 1 },
  },
  {
    title: 'an edit that was not answered, after one that was',
    before: { ...synced, documentHash: lateHash, announced: [one(ownHash)] },
    found: late,
    fields: { ...empty, documentHash: lateHash, announced: [one(ownHash)], statements: 1 },
  },
  {
    title: 'an announcement whose time is over',
    before: { ...synced, announced: [one(lateHash, EARLIER)] },
    found: undefined,
    fields: empty,
  },
  {
    title: 'the predecessor’s, not yet written by us',
    before: { applied: true },
    found: theirs,
    fields: { ...empty, inherited: true, statements: 1 },
  },
  {
    title: 'the predecessor’s, that is as wanted',
    before: { applied: true },
    found: own,
    fields: { ...inForce, lastSyncTime: NOW },
  },
  {
    title: 'without the part of this object',
    before: { ...synced, documentHash: ownHash },
    desired: desiredOf({
      own: undefined,
      failure: new ReconcileError('InvalidSpec', 'no', { reason: 'PolicyConflict' }),
    }),
    found: own,
    fields: { ...inForce, applied: false, statementHashes: [] },
  },
];
for (const {
  title,
  before = {},
  desired = desiredOf(),
  found,
  applied = [],
  isProven = true,
  settled,
  fields,
} of rows) {
  test(`the status of a policy: ${title}`, () => {
    const facts = { nowMs: NOW_MS, applied, isProven };
    const notes = { stray: undefined, settled, isRefused: false };
    const resource = policyObject('it', { status: before });
    const status = bucketPolicyStatus(resource, target, desired, found && { document: found }, facts, notes);
    assert.deepEqual(status.fields, fields);
    assert.deepEqual([status.failure, status.isUnusable], [desired.failure, desired.failure !== undefined]);
  });
}
