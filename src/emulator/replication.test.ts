import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type BucketLocationConstraint,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketReplicationCommand,
  DeleteObjectCommand,
  GetBucketReplicationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type ReplicationRule,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { EmulatorOptions } from './options.ts';
import { type Loopback, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'source';
const FAR = 'eu-central-2';

interface Pair extends Loopback {
  readonly source: S3Client;
  readonly far: S3Client;
}

/** A bucket `source` in us-east-1 and a bucket `copy` far away, both versioned or both not. */
async function startPair(t: TestContext, isVersioned: boolean, options: EmulatorOptions = {}): Promise<Pair> {
  const loopback = await startLoopback(t, options);
  const [source, far] = [loopback.s3(), loopback.s3({ region: FAR })];
  await create(source, Bucket, undefined, isVersioned);
  await create(far, 'copy', FAR, isVersioned);
  return { ...loopback, source, far };
}

async function create(client: S3Client, name: string, region: string | undefined, isVersioned: boolean): Promise<void> {
  const LocationConstraint = region as BucketLocationConstraint | undefined; // regions of Wasabi's own
  const configuration = LocationConstraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint } };
  await client.send(new CreateBucketCommand({ Bucket: name, ...configuration }));
  if (!isVersioned) return;
  const VersioningConfiguration = { Status: 'Enabled' as const };
  await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
}

const rule = (more: Partial<ReplicationRule> = {}): ReplicationRule => ({
  ID: 'job',
  Priority: 1,
  Status: 'Enabled',
  Filter: { Prefix: '' },
  DeleteMarkerReplication: { Status: 'Disabled' },
  Destination: { Bucket: 'arn:aws:s3:::copy' },
  ...more,
});

function setRules(client: S3Client, ...Rules: ReplicationRule[]) {
  const ReplicationConfiguration = { Role: '', Rules };
  return client.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
}

/** Each version as `key`, `key (old)` or `key (marker)`. */
async function content(client: S3Client, name: string): Promise<readonly string[]> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: name }));
  const shown = Versions.map(({ Key, IsLatest }) => (IsLatest === true ? `${Key}` : `${Key} (old)`));
  return [...shown, ...DeleteMarkers.map(({ Key }) => `${Key} (marker)`)].toSorted();
}

async function statusOf(client: S3Client, name: string, Key: string): Promise<string | undefined> {
  return (await client.send(new HeadObjectCommand({ Bucket: name, Key }))).ReplicationStatus;
}

test('W25 new objects are copied across regions, with metadata and tags, and both say so', async (t) => {
  const { source, far } = await startPair(t, true);
  await source.send(new PutObjectCommand({ Bucket, Key: 'before', Body: 'x' }));
  await setRules(source, rule());
  const { VersionId } = await source.send(
    new PutObjectCommand({
      Bucket,
      Key: 'k',
      Body: 'text',
      ContentType: 'text/plain',
      Metadata: { a: 'b' },
      Tagging: 't=1',
    }),
  );
  const found = await far.send(new GetObjectCommand({ Bucket: 'copy', Key: 'k' }));
  assert.equal(await found.Body?.transformToString(), 'text');
  const { ContentType, Metadata, ReplicationStatus } = found;
  assert.deepEqual([ContentType, Metadata, ReplicationStatus], ['text/plain', { a: 'b' }, 'REPLICA']);
  assert.equal(found.VersionId, VersionId);
  const { TagSet } = await far.send(new GetObjectTaggingCommand({ Bucket: 'copy', Key: 'k' }));
  assert.deepEqual(TagSet, [{ Key: 't', Value: '1' }]);
  assert.equal(await statusOf(source, Bucket, 'k'), 'COMPLETED');
  assert.equal(await statusOf(source, Bucket, 'before'), undefined);
  assert.deepEqual(await content(far, 'copy'), ['k'], 'what was there before the rule is not copied');
});

test('W25 prefix, tags, status and priority decide; the end of the rules ends the copying', async (t) => {
  const { source, far } = await startPair(t, false);
  await create(source, 'other', undefined, false);
  const tagged = { And: { Prefix: 'b/', Tags: [{ Key: 'copy', Value: 'yes' }] } };
  const other = { Bucket: 'arn:aws:s3:::other' };
  await setRules(
    source,
    rule({ Filter: { Prefix: 'a/' } }),
    rule({ ID: 'tagged', Priority: 2, Filter: tagged }),
    rule({ ID: 'off', Priority: 3, Status: 'Disabled' }),
    rule({ ID: 'both', Priority: 4, Filter: { Prefix: 'a/2' }, Destination: other }),
  );
  for (const [Key, Tagging] of [['a/1'], ['a/2'], ['b/1', 'copy=no'], ['b/2', 'copy=yes&more=1'], ['c/1']] as const) {
    await source.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...(Tagging === undefined ? {} : { Tagging }) }));
  }
  assert.deepEqual(await content(far, 'copy'), ['a/1', 'a/2', 'b/2']);
  assert.deepEqual(await content(source, 'other'), ['a/2']);
  await source.send(new DeleteBucketReplicationCommand({ Bucket }));
  assert.equal(
    await refusal(source.send(new GetBucketReplicationCommand({ Bucket }))),
    '404 ReplicationConfigurationNotFoundError',
  );
  await source.send(new PutObjectCommand({ Bucket, Key: 'a/3', Body: 'x' }));
  assert.deepEqual(await content(far, 'copy'), ['a/1', 'a/2', 'b/2']);
});

test('W25 delete markers go along where a rule asks for them, deleted versions never', async (t) => {
  const { source, far } = await startPair(t, true);
  await setRules(
    source,
    rule({ Filter: { Prefix: 'a/' } }),
    rule({ ID: 'marked', Priority: 2, Filter: { Prefix: 'b/' }, DeleteMarkerReplication: { Status: 'Enabled' } }),
    rule({ ID: 'kept', Priority: 3, Filter: { Prefix: 'b/kept' } }),
  );
  // For one destination the rule of the higher priority decides, though another one fits too.
  for (const Key of ['a/1', 'b/1', 'b/kept']) {
    await source.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    await source.send(new DeleteObjectCommand({ Bucket, Key }));
  }
  const { VersionId } = await source.send(new PutObjectCommand({ Bucket, Key: 'a/2', Body: 'x' }));
  await source.send(new DeleteObjectCommand({ Bucket, Key: 'a/2', VersionId }));
  assert.deepEqual(await content(far, 'copy'), ['a/1', 'a/2', 'b/1 (marker)', 'b/1 (old)', 'b/kept']);
});

test('W25 multipart uploads are copied; copies, and replicas by the rules of their bucket, are not', async (t) => {
  const { source, far, emulator } = await startPair(t, true);
  await create(source, 'third', undefined, true);
  await setRules(source, rule());
  const onward = rule({ Destination: { Bucket: 'arn:aws:s3:::third' } });
  const ReplicationConfiguration = { Role: '', Rules: [onward] };
  await far.send(new PutBucketReplicationCommand({ Bucket: 'copy', ReplicationConfiguration }));
  const { UploadId } = await source.send(new CreateMultipartUploadCommand({ Bucket, Key: 'large' }));
  const part = { Bucket, Key: 'large', UploadId, PartNumber: 1 };
  const { ETag } = await source.send(new UploadPartCommand({ ...part, Body: 'x' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await source.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'large', UploadId, MultipartUpload }));
  await source.send(new CopyObjectCommand({ Bucket, Key: 'copied', CopySource: `${Bucket}/large` }));
  assert.deepEqual(await content(far, 'copy'), ['large']);
  assert.deepEqual(await content(source, 'third'), []);
  assert.equal(emulator.state.replications.length, 0);
});

test('W25 with a delay the copy is made on the clock, pending until then, and fails where it cannot be', async (t) => {
  const { source, far, emulator } = await startPair(t, true, { propagation: { replicationMs: 60_000 } });
  await setRules(source, rule());
  await source.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  assert.deepEqual([await statusOf(source, Bucket, 'k'), await content(far, 'copy')], ['PENDING', []]);
  emulator.advanceClock(60_000);
  assert.deepEqual([await statusOf(source, Bucket, 'k'), await content(far, 'copy')], ['COMPLETED', ['k']]);
  const VersioningConfiguration = { Status: 'Suspended' as const };
  await far.send(new PutBucketVersioningCommand({ Bucket: 'copy', VersioningConfiguration }));
  await source.send(new PutObjectCommand({ Bucket, Key: 'unlike', Body: 'x' }));
  emulator.advanceClock(60_000);
  assert.deepEqual([await statusOf(source, Bucket, 'unlike'), await content(far, 'copy')], ['FAILED', ['k']]);
  await source.send(new PutObjectCommand({ Bucket, Key: 'late', Body: 'x' }));
  emulator.console.deleteBucket('copy');
  emulator.advanceClock(60_000);
  assert.equal(await statusOf(source, Bucket, 'late'), 'FAILED');
});

test('W25 a bucket of another account is written to where its policy lets ours', async (t) => {
  const { source, s3, emulator } = await startPair(t, true);
  const stranger = s3({ keys: emulator.createAccount() });
  await create(stranger, 'theirs', undefined, true);
  await setRules(source, rule({ Destination: { Bucket: 'arn:aws:s3:::theirs' } }));
  await source.send(new PutObjectCommand({ Bucket, Key: 'refused', Body: 'x' }));
  assert.equal(await statusOf(source, Bucket, 'refused'), 'FAILED');
  const { accountId } = emulator.account;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: 's3:ReplicateObject',
        Resource: 'arn:aws:s3:::theirs/*',
      },
    ],
  });
  await stranger.send(new PutBucketPolicyCommand({ Bucket: 'theirs', Policy }));
  await source.send(new PutObjectCommand({ Bucket, Key: 'let', Body: 'x' }));
  assert.equal(await statusOf(source, Bucket, 'let'), 'COMPLETED');
  assert.deepEqual(await content(stranger, 'theirs'), ['let']);
});

const filter = { Filter: { Prefix: 'a' } };
const refused: readonly (readonly [title: string, rules: readonly Partial<ReplicationRule>[], refusal: string])[] = [
  ['a destination that is not there', [{ Destination: { Bucket: 'arn:aws:s3:::none' } }], '400 InvalidRequest'],
  ['the source as destination', [{ Destination: { Bucket: 'arn:aws:s3:::source' } }], '400 InvalidRequest'],
  ['a destination that keeps no versions', [{ Destination: { Bucket: 'arn:aws:s3:::plain' } }], '400 InvalidRequest'],
  ['a destination without an ARN', [{ Destination: { Bucket: 'copy' } }], '400 InvalidArgument'],
  [
    'a destination of another account than it says',
    [{ Destination: { Bucket: 'arn:aws:s3:::copy', Account: '1' } }],
    '400 InvalidRequest',
  ],
  ['an id twice', [{ Priority: 1 }, { Priority: 2 }], '400 InvalidArgument'],
  ['a priority twice', [{ ID: 'a' }, { ID: 'b' }], '400 InvalidRequest'],
  ['a filter without priority', [{ ...filter, Priority: undefined }], '400 InvalidRequest'],
  ['a filter without a word on markers', [{ ...filter, DeleteMarkerReplication: undefined }], '400 InvalidRequest'],
  [
    'markers by tags',
    [{ Filter: { Tag: { Key: 'a', Value: 'b' } }, DeleteMarkerReplication: { Status: 'Enabled' } }],
    '400 InvalidRequest',
  ],
  ['prefix and filter', [{ ...filter, Prefix: 'a' }], '400 MalformedXML'],
  ['no rules', [], '400 MalformedXML'],
];
for (const [title, rules, expected] of refused) {
  test(`W25 ${title} is ${expected}`, async (t) => {
    const { source } = await startPair(t, true);
    await create(source, 'plain', undefined, false);
    assert.equal(await refusal(setRules(source, ...rules.map((more) => rule(more)))), expected);
  });
}

test('W25 without a role it is refused with the switch', async (t) => {
  const { source } = await startPair(t, false, { quirks: { replicationRole: 'required' } });
  assert.equal(await refusal(setRules(source, rule())), '400 InvalidArgument');
  const ReplicationConfiguration = { Role: 'arn:aws:iam::100000000001:role/copy', Rules: [rule()] };
  await source.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }));
});

test("W25 the document of Wasabi's own pages is taken, the call for what was there before is not", async (t) => {
  const { emulator, source } = await startPair(t, false);
  const body = `<?xml version="1.0" encoding="UTF-8"?>
<ReplicationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Role></Role>
  <Rule>
    <ID>job1</ID><Priority>1</Priority><Status>Enabled</Status>
    <DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication>
    <Destination><Bucket>arn:aws:s3:::copy</Bucket></Destination>
    <Filter>
    </Filter>
  </Rule>
</ReplicationConfiguration>`;
  const put = await signedRequest(emulator, { method: 'PUT', path: `/${Bucket}`, query: 'replication=', body });
  assert.equal(put.status, 200, put.body);
  const { ReplicationConfiguration } = await source.send(new GetBucketReplicationCommand({ Bucket }));
  assert.equal(ReplicationConfiguration?.Rules?.[0]?.Destination?.Bucket, 'arn:aws:s3:::copy');
  const more = { method: 'PUT', path: `/${Bucket}`, query: 'manifestCreateAndProcess=' };
  assert.equal((await signedRequest(emulator, more)).status, 501);
});
