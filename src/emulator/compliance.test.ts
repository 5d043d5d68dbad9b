import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { EmulatorOptions } from './options.ts';
import { codeOf, type Loopback, type RawAnswer, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'held-bucket';
const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

interface Held extends Loopback {
  readonly client: S3Client;
  /** `?compliance` of the bucket, or of a key: read, or written where there is a body. */
  readonly compliance: (document?: string, key?: string) => Promise<RawAnswer>;
  /** Writes the settings of the bucket, as name and value. */
  readonly set: (settings: Readonly<Record<string, string>>) => Promise<string>;
  readonly put: (Key: string, Body?: string) => Promise<unknown>;
  readonly remove: (Key: string, VersionId?: string) => Promise<string>;
  readonly keys: () => Promise<readonly (string | undefined)[]>;
}

async function startHeld(t: TestContext, options: EmulatorOptions = {}, isLocked = false): Promise<Held> {
  const loopback = await startLoopback(t, options);
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: isLocked }));
  const compliance = (body?: string, key?: string) =>
    signedRequest(loopback.emulator, {
      path: key === undefined ? `/${Bucket}` : `/${Bucket}/${key}`,
      query: 'compliance=',
      hasContentMd5: false, // Wasabi's own samples have none
      ...(body === undefined ? {} : { method: 'PUT', body }),
    });
  return {
    ...loopback,
    client,
    compliance,
    set: async (settings) => codeOf(await compliance(documentOf('Bucket', { Status: 'enabled', ...settings }))),
    put: (Key, Body = 'text') => client.send(new PutObjectCommand({ Bucket, Key, Body })),
    remove: (Key, VersionId) => refusal(client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))),
    keys: async () => {
      const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
      return Versions.map(({ Key }) => Key);
    },
  };
}

function documentOf(root: 'Bucket' | 'Object', values: Readonly<Record<string, string>>): string {
  const inner = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<${root}ComplianceConfiguration>${inner.join('')}</${root}ComplianceConfiguration>`;
}

/** The leaves of a document. */
function valuesOf({ body }: RawAnswer): Record<string, string | undefined> {
  return Object.fromEntries([...body.matchAll(/<(\w+)>([^<]*)<\/\w+>/gu)].map(([, name = '', value]) => [name, value]));
}

const OFF = {
  Status: 'disabled',
  LockTime: 'off',
  IsLocked: 'false',
  RetentionDays: '0',
  ConditionalHold: 'false',
  DeleteAfterRetention: 'false',
};

test('W14 the settings of a bucket come back as they were put, with defaults', async (t) => {
  const { compliance, set } = await startHeld(t);
  assert.deepEqual(valuesOf(await compliance()), OFF);
  assert.equal(await set({ RetentionDays: '3' }), '200');
  assert.deepEqual(valuesOf(await compliance()), { ...OFF, Status: 'enabled', RetentionDays: '3' });
  const all = { RetentionDays: '5', ConditionalHold: 'true', DeleteAfterRetention: 'true', LockTime: 'off' };
  assert.equal(await set({ ...all, Status: 'DISABLED', IsLocked: 'false' }), '200');
  assert.deepEqual(valuesOf(await compliance()), { ...OFF, ...all });
});

test('W14 a bucket that never had it may also answer 404', async (t) => {
  const { compliance } = await startHeld(t, { quirks: { unsetCompliance: 'missing' } });
  assert.equal(codeOf(await compliance()), '404 NoSuchComplianceConfiguration');
});

for (const [title, document, expected] of [
  ['no retention days', '<Status>enabled</Status>', '400 MalformedXML'],
  ['another status', '<Status>on</Status><RetentionDays>1</RetentionDays>', '400 MalformedXML'],
  ['days below zero', '<Status>enabled</Status><RetentionDays>-1</RetentionDays>', '400 InvalidArgument'],
  [
    'a lock time that is none',
    '<Status>enabled</Status><RetentionDays>1</RetentionDays><LockTime>soon</LockTime>',
    '400 InvalidArgument',
  ],
] as const) {
  test(`W14 settings with ${title} are ${expected}`, async (t) => {
    const { compliance } = await startHeld(t);
    const answer = await compliance(`<BucketComplianceConfiguration>${document}</BucketComplianceConfiguration>`);
    assert.equal(codeOf(answer), expected);
  });
}

test('W14 a bucket has object lock or compliance, not both', async (t) => {
  const { set } = await startHeld(t, {}, true);
  assert.equal(await set({ RetentionDays: '1' }), '409 InvalidBucketState');
});

test('W14 objects can neither be deleted nor overwritten until their days are over, from the settings on', async (t) => {
  const { client, put, remove, set, emulator, keys } = await startHeld(t);
  await put('k');
  assert.equal(await set({ RetentionDays: '2' }), '200');
  assert.equal(await remove('k'), '403 AccessDenied');
  assert.equal(await remove('k', 'null'), '403 AccessDenied');
  assert.equal(await refusal(put('k', 'other')), '403 AccessDenied');
  const answer = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k' }] } }));
  assert.equal(answer.Errors?.[0]?.Code, 'AccessDenied');
  emulator.advanceClock(2 * DAY_MS);
  await put('k', 'other');
  assert.equal(await remove('k'), '403 AccessDenied', 'what was written just now is kept as long');
  assert.equal(await set({ Status: 'disabled', RetentionDays: '2' }), '200');
  assert.equal(await remove('k'), 'no error');
  assert.deepEqual(await keys(), []);
});

test('W14 in a versioned bucket the versions are kept, markers and new versions go on top', async (t) => {
  const { client, put, remove, set, emulator, keys } = await startHeld(t);
  const VersioningConfiguration = { Status: 'Enabled' as const };
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await set({ RetentionDays: '1' });
  const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await put('k', 'second');
  assert.equal(await remove('k'), 'no error');
  assert.equal(await remove('k', VersionId), '403 AccessDenied');
  emulator.advanceClock(DAY_MS);
  assert.equal(await remove('k', VersionId), 'no error');
  assert.deepEqual(await keys(), ['k']);
});

test('W14 a bucket with compliance is deleted when it is empty, and never with force_delete before', async (t) => {
  const { put, remove, set, emulator } = await startHeld(t);
  const destroy = async (query: string) =>
    codeOf(await signedRequest(emulator, { method: 'DELETE', path: `/${Bucket}`, query }));
  await set({ RetentionDays: '1' });
  await put('k');
  assert.equal(await destroy('force_delete=true'), '403 AccessDenied');
  assert.equal(await destroy(''), '409 BucketNotEmpty');
  emulator.advanceClock(DAY_MS);
  assert.equal(await destroy('force_delete=true'), '403 AccessDenied', 'it is not empty, whatever the days say');
  assert.equal(await remove('k'), 'no error');
  assert.equal(await destroy('force_delete=true'), '204');
});

test('W14 locked settings can grow and not be reduced', async (t) => {
  const { compliance, set, emulator } = await startHeld(t);
  const lockMs = Date.now() + DAY_MS;
  const LockTime = new Date(lockMs).toISOString();
  assert.equal(await set({ RetentionDays: '5', LockTime }), '200');
  assert.equal(await set({ RetentionDays: '4', LockTime }), '200', 'it is not locked yet');
  emulator.advanceClock(2 * DAY_MS);
  assert.equal(valuesOf(await compliance()).IsLocked, 'true');
  assert.equal(await set({ RetentionDays: '3' }), '403 AccessDenied');
  assert.equal(await set({ RetentionDays: '4', Status: 'disabled' }), '403 AccessDenied');
  assert.equal(await set({ RetentionDays: '4', LockTime: 'off' }), '403 AccessDenied');
  assert.equal(await set({ RetentionDays: '6', LockTime: 'now', ConditionalHold: 'true' }), '200');
  const { LockTime: kept, RetentionDays } = valuesOf(await compliance());
  assert.deepEqual([kept, RetentionDays], [LockTime, '6']);
});

test('W14 the hold of an object is released once, then its days begin; legal hold and retention time go further', async (t) => {
  const { compliance, put, remove, set, emulator } = await startHeld(t);
  const change = async (values: Record<string, string>) => codeOf(await compliance(documentOf('Object', values), 'k'));
  await put('before');
  assert.equal(codeOf(await compliance(undefined, 'before')), '400 InvalidRequest');
  await set({ RetentionDays: '1', ConditionalHold: 'true' });
  await put('k');
  assert.equal(valuesOf(await compliance(undefined, 'before')).ConditionalHold, 'false');
  emulator.advanceClock(2 * DAY_MS);
  assert.equal(await remove('before'), 'no error');
  assert.equal(await remove('k'), '403 AccessDenied');
  assert.equal(await change({ ConditionalHold: 'true' }), '200', 'it is on hold already');
  assert.equal(await change({ ConditionalHold: 'false' }), '200');
  assert.equal(await change({ ConditionalHold: 'true' }), '400 InvalidArgument');
  emulator.advanceClock(DAY_MS / 2);
  assert.equal(await remove('k'), '403 AccessDenied');
  assert.equal(await change({ RetentionTime: new Date().toISOString() }), '400 InvalidArgument');
  const later = new Date(Date.now() + 5 * DAY_MS);
  assert.equal(await change({ LegalHold: 'true', RetentionTime: later.toISOString() }), '200');
  const read = await compliance(undefined, 'k');
  assert.deepEqual(valuesOf(read), {
    RetentionTime: later.toISOString(),
    ConditionalHold: 'false',
    LegalHold: 'true',
    SHA256: '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1', // of "text"
  });
  emulator.advanceClock(3 * DAY_MS);
  assert.equal(await remove('k'), '403 AccessDenied');
  await change({ LegalHold: 'false' });
  assert.equal(await remove('k'), 'no error');
});

test('W14 W16 DeleteAfterRetention takes objects away at midnight; lifecycle leaves what is held', async (t) => {
  const { client, put, set, emulator, keys } = await startHeld(t);
  emulator.advanceClock(Math.ceil(Date.now() / DAY_MS) * DAY_MS + HOUR_MS - Date.now());
  await set({ RetentionDays: '3' });
  await put('k');
  const LifecycleConfiguration = {
    Rules: [{ ID: 'r', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 1 } }],
  };
  await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
  emulator.advanceClock(3 * DAY_MS);
  assert.deepEqual(await keys(), ['k']);
  emulator.advanceClock(DAY_MS);
  assert.deepEqual(await keys(), []);

  await client.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: [{ ID: 'r', Status: 'Disabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } }],
      },
    }),
  );
  await put('k');
  emulator.advanceClock(5 * DAY_MS);
  assert.deepEqual(await keys(), ['k'], 'by itself nothing goes');
  await set({ RetentionDays: '3', DeleteAfterRetention: 'true' });
  await put('later');
  emulator.advanceClock(DAY_MS);
  assert.deepEqual(await keys(), ['later']);
  emulator.advanceClock(3 * DAY_MS);
  assert.deepEqual(await keys(), []);
});
