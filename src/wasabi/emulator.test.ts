import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { EmulatorOptions } from '../emulator/options.ts';
import { startEmulator } from '../emulator/server.ts';
import { systemClock } from '../runtime/clock.ts';
import { Credential } from '../runtime/credential.ts';
import { parseAllowedEndpoints } from './allowed-endpoints.ts';
import { listContent, lockedUntilMs } from './bucket-content.ts';
import { BucketIndexes } from './buckets.ts';
import { ClientPool } from './clients.ts';
import { emptyBucket } from './empty-bucket.ts';
import { whoAmI } from './identity.ts';
import { faultCodeOf } from './service-fault.ts';
import { settingsFor } from './testing/loopback.ts';

const signal = new AbortController().signal;
const Bucket = 'contract-bucket';

/** A client of an emulator's account, as a Provider in us-east-1 has it. */
async function start(t: TestContext, options: EmulatorOptions = {}, secret?: string) {
  const emulator = await startEmulator(options);
  t.after(() => emulator.stop());
  const { accessKeyId, secretAccessKey, accountId } = emulator.account;
  const clock = options.clock ?? systemClock;
  const pool = new ClientPool({
    allowed: parseAllowedEndpoints([`http://*.localhost:${emulator.port}`]),
    clock,
    random: () => 0,
    version: 'test',
  });
  const settings = settingsFor(emulator.url('us-east-1'), {
    iamEndpoint: `http://iam.localhost:${emulator.port}`,
    stsEndpoint: `http://sts.localhost:${emulator.port}`,
  });
  const credentials = {
    accessKeyId,
    secretAccessKey: new Credential(secret ?? secretAccessKey),
    sessionToken: undefined,
  };
  const client = pool.client({ settings, credentials, cacheKey: 'p', accountId, namespace: 'a' });
  return { emulator, client, clock, accountId };
}

test('a bucket in another region: made, found, marked, configured and deleted at its own endpoint', async (t) => {
  const { client } = await start(t);
  const region = 'eu-central-1';
  const at = { signal, region };
  await client.s3(new CreateBucketCommand({ Bucket }), at);
  assert.equal((await client.s3(new GetBucketLocationCommand({ Bucket }), { signal })).LocationConstraint, region);
  assert.equal(
    await client.s3(new GetBucketTaggingCommand({ Bucket }), { ...at, absent: ['NoSuchTagSet'] }),
    undefined,
  );
  const TagSet = [{ Key: 's3.cloud37.dev/owned-by', Value: 'cluster/ns/name/uid' }];
  await client.s3(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }), at);
  assert.deepEqual((await client.s3(new GetBucketTaggingCommand({ Bucket }), at)).TagSet, TagSet);
  const Rules = [{ ID: 'old', Status: 'Enabled' as const, Filter: { Prefix: 'tmp/' }, Expiration: { Days: 3 } }];
  await client.s3(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }), at);
  assert.equal(
    await client.s3(new GetBucketPolicyCommand({ Bucket }), { ...at, absent: ['NoSuchBucketPolicy'] }),
    undefined,
  );
  await client.s3(new DeleteBucketCommand({ Bucket }), at);
  const gone = { ...at, absent: ['NoSuchBucket'] };
  assert.equal(await client.s3(new GetBucketTaggingCommand({ Bucket }), gone), undefined);
  assert.equal(await client.s3(new DeleteBucketCommand({ Bucket }), gone), undefined);
  assert.equal(await client.s3(new HeadBucketCommand({ Bucket }), { ...at, absent: ['NotFound'] }), undefined);
});

test('a write at the wrong endpoint names the right region', async (t) => {
  const { client } = await start(t);
  await client.s3(new CreateBucketCommand({ Bucket }), { signal, region: 'eu-central-2' });
  const write = client.s3(new DeleteBucketTaggingCommand({ Bucket }), { signal });
  await assert.rejects(write, (error: unknown) => {
    return error instanceof Error && /PermanentRedirect: .*eu-central-2/.test(error.message);
  });
});

test('what Wasabi lacks is Unsupported', async (t) => {
  const { client } = await start(t);
  await client.s3(new CreateBucketCommand({ Bucket }), { signal });
  await assert.rejects(client.s3(new GetBucketEncryptionCommand({ Bucket }), { signal }), { type: 'Unsupported' });
});

test('a bucket that is not empty says so', async (t) => {
  const { client } = await start(t);
  await client.s3(new CreateBucketCommand({ Bucket }), { signal });
  await client.s3(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }), { signal });
  const error: unknown = await client
    .s3(new DeleteBucketCommand({ Bucket }), { signal })
    .catch((thrown: unknown) => thrown);
  assert.equal(faultCodeOf(error), 'BucketNotEmpty');
});

test('a wrong secret is AuthFailed', async (t) => {
  const { client } = await start(t, {}, 'not-the-secret-of-this-account-000000000');
  await assert.rejects(client.s3(new GetBucketLocationCommand({ Bucket }), { signal }), {
    type: 'DependencyNotReady',
    reason: 'AuthFailed',
  });
});

test('the account behind the key', async (t) => {
  const { client, accountId } = await start(t);
  const identity = { accountId, arn: `arn:aws:iam::${accountId}:root` };
  assert.deepEqual(await whoAmI(client, signal), { identity, iam: { type: 'Reachable' } });
});

test('the index tells when each bucket was made', async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 4, 6, 7, 8, 9));
  const { client } = await start(t, { clock });
  await client.s3(new CreateBucketCommand({ Bucket }), { signal, region: 'eu-west-1' });
  const index = new BucketIndexes(clock).indexFor('a', client);
  assert.equal(await index.creationTimeOf(Bucket, { signal }), Date.UTC(2026, 4, 6, 7, 8, 9));
  assert.equal(await index.creationTimeOf('other-bucket', { signal }), undefined);
});

test('versions, markers and uploads go; what is locked stays and is named', async (t) => {
  const { client, clock } = await start(t);
  const at = { signal, region: 'eu-west-2' };
  await client.s3(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }), at);
  for (const Key of ['a b', 'ü+%/é', '<&>']) {
    await client.s3(new PutObjectCommand({ Bucket, Key, Body: '1' }), at);
    await client.s3(new PutObjectCommand({ Bucket, Key, Body: '2' }), at);
    await client.s3(new DeleteObjectCommand({ Bucket, Key }), at);
  }
  await client.s3(new CreateMultipartUploadCommand({ Bucket, Key: 'big' }), at);
  const until = new Date(clock.now() + 86_400_000);
  const hold = { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate: until };
  await client.s3(new PutObjectCommand({ Bucket, Key: 'kept', Body: '1', ...hold }), at);
  const place = { bucket: Bucket, region: 'eu-west-2', signal };
  const report = await emptyBucket(client, { ...place, clock, budgetMs: 20_000 });
  assert.deepEqual(report, { next: undefined, deleted: 10, failed: 0, firstLocked: 'kept' });

  const [kept] = (await listContent(client, place, 'versions', { max: 1 })).items;
  assert.equal(kept?.key, 'kept');
  assert.equal(await lockedUntilMs(client, place, kept), until.getTime());
  await client.s3(new PutObjectCommand({ Bucket, Key: 'held', Body: '1', ObjectLockLegalHoldStatus: 'ON' }), at);
  const [held] = (await listContent(client, place, 'versions', { max: 1 })).items;
  assert.equal(held?.key, 'held');
  assert.equal(await lockedUntilMs(client, place, held), Number.POSITIVE_INFINITY);
  await client.s3(new PutObjectCommand({ Bucket, Key: 'free', Body: '1' }), at);
  const [free] = (await listContent(client, place, 'versions', { max: 1 })).items;
  assert.equal(free?.key, 'free');
  assert.equal(await lockedUntilMs(client, place, free), undefined);
  assert.equal(await lockedUntilMs(client, place, { key: 'nothing', id: 'null' }), undefined);
});

test('a suspended bucket is emptied so that it can be deleted', async (t) => {
  const { client, clock } = await start(t);
  await client.s3(new CreateBucketCommand({ Bucket }), { signal });
  await client.s3(new PutObjectCommand({ Bucket, Key: 'before', Body: '1' }), { signal });
  for (const Status of ['Enabled', 'Suspended'] as const) {
    await client.s3(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }), { signal });
    await client.s3(new PutObjectCommand({ Bucket, Key: Status, Body: '1' }), { signal });
  }
  const report = await emptyBucket(client, { bucket: Bucket, region: 'us-east-1', signal, clock, budgetMs: 20_000 });
  assert.deepEqual(report, { next: undefined, deleted: 3, failed: 0, firstLocked: undefined });
  await client.s3(new DeleteBucketCommand({ Bucket }), { signal });
});
