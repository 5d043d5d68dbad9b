import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketLifecycleCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { bucket, provider, secret } from '../support/builders.ts';
import { startWorld, type World } from '../support/world.ts';

/** An S3 server that we did not write; `npm run test:peer` starts it. */
const peer = process.env['TEST_PEER_URL'];
const options = peer === undefined ? { skip: 'TEST_PEER_URL is not set: npm run test:peer' } : {};

const client = new S3Client({
  region: 'us-west-2',
  endpoint: peer ?? 'http://127.0.0.1:1',
  credentials: { accessKeyId: 'peer-access-key', secretAccessKey: 'peer-secret-key' },
  forcePathStyle: true,
});

async function peerWorld(t: Parameters<typeof startWorld>[0]): Promise<World> {
  const host = new URL(peer ?? '').host;
  const world = await startWorld(t, { hasProvider: false, flags: [`--allowed-endpoints=http://${host}`] });
  await world.apply(secret('wasabi-credentials', { 'access-key': 'peer-access-key', 'secret-key': 'peer-secret-key' }));
  await world.apply(provider('wasabi', { type: 's3', endpoint: peer, region: 'us-west-2' }));
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  return world;
}

const lifecycle = {
  rules: [
    { id: 'old', prefix: 'tmp/', expiration: { days: 3 }, noncurrentVersionExpiration: { days: 5 } },
    { id: 'move', transitions: [{ days: 30, storageClass: 'GLACIER' }] },
  ],
};

const everything = bucket('peer-everything', {
  region: 'us-west-2',
  versioning: { enabled: true },
  tagging: { tags: { team: 'a' } },
  lifecycle,
  cors: { rules: [{ allowedOrigins: ['https://example.com'], allowedMethods: ['GET'] }] },
  encryption: { enabled: true },
  publicAccess: {},
});

test('peer: a bucket with all settings converges, stays, is repaired, and goes', options, async (t) => {
  const world = await peerWorld(t);
  await world.apply(everything);
  await world.reaches('Bucket', 'peer-everything', 'Ready', 'True');
  const Bucket = 'peer-everything';
  assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  const rules = (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules ?? [];
  assert.deepEqual(
    rules.map(({ ID = '' }) => ID).toSorted((a, b) => a.localeCompare(b)),
    ['move', 'old'],
  );
  assert.equal((await client.send(new GetBucketCorsCommand({ Bucket }))).CORSRules?.length, 1);
  const { ServerSideEncryptionConfiguration } = await client.send(new GetBucketEncryptionCommand({ Bucket }));
  assert.equal(ServerSideEncryptionConfiguration?.Rules?.length, 1);
  const access = (await client.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;
  assert.equal(access?.BlockPublicPolicy, true);
  const tags = (await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet ?? [];
  assert.deepEqual(
    tags.map(({ Key = '' }) => Key).toSorted((a, b) => a.localeCompare(b)),
    ['s3.cloud37.dev/owned-by', 'team'],
  );

  const before = await world.get('Bucket', 'peer-everything');
  await world.resync();
  const after = await world.get('Bucket', 'peer-everything');
  assert.equal(after?.metadata.resourceVersion, before?.metadata.resourceVersion, 'settled: no write');

  const VersioningConfiguration = { Status: 'Suspended' } as const;
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await world.resync();
  assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  assert.equal((await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules?.length, 2);

  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: '1' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: '2' }));
  await world.patch('Bucket', 'peer-everything', { spec: { deletionPolicy: 'Delete', forceDelete: true } });
  await world.delete('Bucket', 'peer-everything');
  await world.gone('Bucket', 'peer-everything');
  await assert.rejects(client.send(new HeadBucketCommand({ Bucket })), { name: 'NotFound' });
});

test('peer: settings are taken away by empty lists and blocks', options, async (t) => {
  const world = await peerWorld(t);
  await world.apply({
    ...everything,
    metadata: { name: 'cleared' },
    spec: { ...everything.spec, name: 'peer-cleared' },
  });
  await world.reaches('Bucket', 'cleared', 'Ready', 'True');
  // In a merge patch null means "take the field out", so what must be gone is said by what is empty.
  const spec = {
    cors: { rules: [] },
    lifecycle: { rules: [] },
    tagging: { tags: null },
    encryption: { enabled: false },
  };
  await world.patch('Bucket', 'cleared', { spec });
  await world.reaches('Bucket', 'cleared', 'Ready', 'True');
  await world.settle();
  const Bucket = 'peer-cleared';
  await assert.rejects(client.send(new GetBucketCorsCommand({ Bucket })), { name: 'NoSuchCORSConfiguration' });
  await assert.rejects(client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })), {
    name: 'NoSuchLifecycleConfiguration',
  });
  const tags = (await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet ?? [];
  assert.deepEqual(
    tags.map(({ Key }) => Key),
    ['s3.cloud37.dev/owned-by'],
  );
});

test('peer: Retain leaves the bucket, released', options, async (t) => {
  const world = await peerWorld(t);
  await world.apply(bucket('kept', { name: 'peer-kept' }));
  await world.reaches('Bucket', 'kept', 'Ready', 'True');
  await world.delete('Bucket', 'kept');
  await world.gone('Bucket', 'kept');
  const tags = (await client.send(new GetBucketTaggingCommand({ Bucket: 'peer-kept' }))).TagSet ?? [];
  assert.match(tags[0]?.Value ?? '', /^released\//);
});
