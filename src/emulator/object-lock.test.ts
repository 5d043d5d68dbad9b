import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type ObjectLockRetention,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'bucket-with-lock';
const day = 24 * 3_600_000;
// Read once: two readings around the turn of a second would differ.
const startedMs = Date.now();
const inDays = (days: number) => new Date(Math.trunc((startedMs + days * day) / 1000) * 1000);

async function startLocked(t: TestContext) {
  const loopback = await startLoopback(t);
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const at = { Bucket, Key: 'k', VersionId };
  const retain = (Mode: 'GOVERNANCE' | 'COMPLIANCE', days: number, BypassGovernanceRetention = false) => {
    const Retention: ObjectLockRetention = { Mode, RetainUntilDate: inDays(days) };
    return client.send(new PutObjectRetentionCommand({ ...at, Retention, BypassGovernanceRetention }));
  };
  const remove = (BypassGovernanceRetention = false) =>
    client.send(new DeleteObjectCommand({ ...at, BypassGovernanceRetention }));
  const putLock = async (body: string) =>
    codeOf(await signedRequest(loopback.emulator, { method: 'PUT', path: `/${Bucket}`, query: 'object-lock=', body }));
  return { ...loopback, client, at, retain, remove, putLock };
}

test('W13 lock comes with creation, and versioning with it, for good', async (t) => {
  const { client } = await startLocked(t);
  const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
  assert.deepEqual(ObjectLockConfiguration, { ObjectLockEnabled: 'Enabled' });
  assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  const suspend = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } });
  assert.equal(await refusal(client.send(suspend)), '409 InvalidBucketState');
});

test('W13 without lock at creation there is none, nor can there be', async (t) => {
  const { s3 } = await startLoopback(t);
  const client = s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const at = { Bucket, Key: 'k' };
  const get = client.send(new GetObjectLockConfigurationCommand({ Bucket }));
  assert.equal(await refusal(get), '404 ObjectLockConfigurationNotFoundError');
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' } as const;
  const put = client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
  assert.equal(await refusal(put), '409 InvalidBucketState');
  const hold = client.send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: 'ON' } }));
  assert.equal(await refusal(hold), '400 InvalidRequest');
  assert.equal(await refusal(client.send(new GetObjectRetentionCommand(at))), '400 InvalidRequest');
  const locked = client.send(new PutObjectCommand({ ...at, Body: 'x', ObjectLockLegalHoldStatus: 'ON' }));
  assert.equal(await refusal(locked), '400 InvalidRequest');
});

for (const [unit, amount, days] of [
  ['Days', 3, 3],
  ['Years', 2, 730],
] as const) {
  test(`W13 the default of ${amount} ${unit} locks what is written after it`, async (t) => {
    const { client, at } = await startLocked(t);
    const Rule = { DefaultRetention: { Mode: 'COMPLIANCE', [unit]: amount } } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule } as const;
    await client.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    const read = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
    assert.deepEqual(read.ObjectLockConfiguration, ObjectLockConfiguration);
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'y' }));
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'k', VersionId }));
    assert.equal(head.ObjectLockMode, 'COMPLIANCE');
    assert.ok(Math.abs(Number(head.ObjectLockRetainUntilDate) - Date.now() - days * day) < 60_000);
    assert.equal(await refusal(client.send(new GetObjectRetentionCommand(at))), '404 NoSuchObjectLockConfiguration');
  });
}

const documents: readonly { title: string; body: string; expected: string; rule?: unknown }[] = [
  {
    title: 'a mode in small letters',
    body: '<Rule><DefaultRetention><Mode>governance</Mode><Days>1</Days></DefaultRetention></Rule>',
    expected: '200',
    rule: { mode: 'GOVERNANCE', days: 1 },
  },
  {
    title: 'empty Mode and Days, which clear the default',
    body: '<Rule><DefaultRetention><Mode></Mode><Days></Days></DefaultRetention></Rule>',
    expected: '200',
  },
  { title: 'no rule', body: '', expected: '200' },
  {
    title: 'both Days and Years',
    body: '<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years></DefaultRetention></Rule>',
    expected: '400 MalformedXML',
    rule: { mode: 'COMPLIANCE', days: 9 },
  },
  {
    title: 'a mode without a time',
    body: '<Rule><DefaultRetention><Mode>GOVERNANCE</Mode></DefaultRetention></Rule>',
    expected: '400 MalformedXML',
    rule: { mode: 'COMPLIANCE', days: 9 },
  },
  {
    title: 'a time without a mode',
    body: '<Rule><DefaultRetention><Days>1</Days></DefaultRetention></Rule>',
    expected: '400 MalformedXML',
    rule: { mode: 'COMPLIANCE', days: 9 },
  },
  {
    title: 'no days',
    body: '<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>0</Days></DefaultRetention></Rule>',
    expected: '400 InvalidArgument',
    rule: { mode: 'COMPLIANCE', days: 9 },
  },
];
for (const { title, body, expected, rule } of documents) {
  test(`W13 a configuration with ${title}: ${expected}`, async (t) => {
    const { emulator, putLock } = await startLocked(t);
    emulator.console.editBucket(Bucket, (bucket) => {
      bucket.objectLock = { rule: { mode: 'COMPLIANCE', days: 9 } };
    });
    const document = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${body}</ObjectLockConfiguration>`;
    assert.equal(await putLock(document), expected);
    assert.deepEqual(emulator.state.buckets.get(Bucket)?.objectLock?.rule, rule);
  });
}

test('W13 governance keeps a version from all who do not bypass it', async (t) => {
  const { client, at, retain, remove } = await startLocked(t);
  await retain('GOVERNANCE', 2);
  const { Retention } = await client.send(new GetObjectRetentionCommand(at));
  assert.deepEqual(Retention, { Mode: 'GOVERNANCE', RetainUntilDate: inDays(2) });
  assert.equal(await refusal(remove()), '403 AccessDenied');
  assert.equal(await refusal(retain('GOVERNANCE', 1)), '403 AccessDenied');
  await retain('GOVERNANCE', 3);
  await retain('GOVERNANCE', 1, true);
  await remove(true);
});

test('W13 compliance keeps a version from everybody; it can only grow', async (t) => {
  const { retain, remove } = await startLocked(t);
  await retain('COMPLIANCE', 2);
  assert.equal(await refusal(remove(true)), '403 AccessDenied');
  assert.equal(await refusal(retain('COMPLIANCE', 1, true)), '403 AccessDenied');
  assert.equal(await refusal(retain('GOVERNANCE', 3, true)), '403 AccessDenied');
  await retain('COMPLIANCE', 3);
});

test('W13 a legal hold beats the bypass, until it ends', async (t) => {
  const { client, at, retain, remove } = await startLocked(t);
  await retain('GOVERNANCE', 1);
  assert.equal(await refusal(client.send(new GetObjectLegalHoldCommand(at))), '404 NoSuchObjectLockConfiguration');
  await client.send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: 'ON' } }));
  assert.equal((await client.send(new GetObjectLegalHoldCommand(at))).LegalHold?.Status, 'ON');
  assert.equal(await refusal(remove(true)), '403 AccessDenied');
  await client.send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: 'OFF' } }));
  assert.equal((await client.send(new GetObjectLegalHoldCommand(at))).LegalHold?.Status, 'OFF');
  await remove(true);
});

test('W13 a locked version can be hidden by a marker, and stays within DeleteObjects', async (t) => {
  const { client, at, retain } = await startLocked(t);
  await retain('COMPLIANCE', 1);
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  const Objects = [{ Key: 'k', VersionId: at.VersionId }, { Key: 'other' }];
  const { Errors, Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    Errors?.map(({ Key, Code, VersionId }) => [Key, Code, VersionId]),
    [['k', 'AccessDenied', at.VersionId]],
  );
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    ['other'],
  );
});

test('W13 headers of a write lock that version', async (t) => {
  const { client } = await startLocked(t);
  const lock = {
    ObjectLockMode: 'COMPLIANCE',
    ObjectLockRetainUntilDate: inDays(1),
    ObjectLockLegalHoldStatus: 'ON',
  } as const;
  await client.send(new PutObjectCommand({ Bucket, Key: 'new', Body: 'x', ...lock }));
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'new' }));
  const { ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus } = head;
  assert.deepEqual({ ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus }, lock);
});

const badLocks: readonly { title: string; more: object }[] = [
  { title: 'a mode without a date', more: { ObjectLockMode: 'COMPLIANCE' } },
  { title: 'an unknown mode', more: { ObjectLockMode: 'OTHER', ObjectLockRetainUntilDate: inDays(1) } },
  { title: 'a date in the past', more: { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: inDays(-1) } },
  { title: 'a legal hold of another word', more: { ObjectLockLegalHoldStatus: 'MAYBE' } },
];
for (const { title, more } of badLocks) {
  test(`W13 a write with ${title}: InvalidArgument`, async (t) => {
    const { client } = await startLocked(t);
    const put = client.send(new PutObjectCommand({ Bucket, Key: 'new', Body: 'x', ...more }));
    assert.equal(await refusal(put), '400 InvalidArgument');
  });
}

test('W13 retention documents: dates in the past and halves are refused', async (t) => {
  const { client, at, retain } = await startLocked(t);
  assert.equal(await refusal(retain('GOVERNANCE', -1)), '400 InvalidArgument');
  const half = client.send(new PutObjectRetentionCommand({ ...at, Retention: { Mode: 'GOVERNANCE' } }));
  assert.equal(await refusal(half), '400 MalformedXML');
});
