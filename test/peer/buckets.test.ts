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
} from '@aws-sdk/client-s3';
import { bucket } from '../support/builders.ts';
import { peerOptions, peerS3, peerWorld } from './peer.ts';

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

test('peer: a bucket with all settings converges, stays, is repaired, and goes', peerOptions, async (t) => {
  const world = await peerWorld(t);
  await world.apply(everything);
  await world.reaches('Bucket', 'peer-everything', 'Ready', 'True');
  const Bucket = 'peer-everything';
  assert.equal((await peerS3.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  const rules = (await peerS3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules ?? [];
  assert.deepEqual(
    rules.map(({ ID = '' }) => ID).toSorted((a, b) => a.localeCompare(b)),
    ['move', 'old'],
  );
  assert.equal((await peerS3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules?.length, 1);
  const { ServerSideEncryptionConfiguration } = await peerS3.send(new GetBucketEncryptionCommand({ Bucket }));
  assert.equal(ServerSideEncryptionConfiguration?.Rules?.length, 1);
  const access = (await peerS3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;
  assert.equal(access?.BlockPublicPolicy, true);
  const tags = (await peerS3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet ?? [];
  assert.deepEqual(
    tags.map(({ Key = '' }) => Key).toSorted((a, b) => a.localeCompare(b)),
    ['s3.cloud37.dev/owned-by', 'team'],
  );

  const before = await world.get('Bucket', 'peer-everything');
  await world.resync();
  const after = await world.get('Bucket', 'peer-everything');
  assert.equal(after?.metadata.resourceVersion, before?.metadata.resourceVersion, 'settled: no write');

  const VersioningConfiguration = { Status: 'Suspended' } as const;
  await peerS3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await peerS3.send(new DeleteBucketLifecycleCommand({ Bucket }));
  await world.resync();
  assert.equal((await peerS3.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  assert.equal((await peerS3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules?.length, 2);

  await peerS3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: '1' }));
  await peerS3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: '2' }));
  await world.patch('Bucket', 'peer-everything', { spec: { deletionPolicy: 'Delete', forceDelete: true } });
  await world.delete('Bucket', 'peer-everything');
  await world.gone('Bucket', 'peer-everything');
  await assert.rejects(peerS3.send(new HeadBucketCommand({ Bucket })), { name: 'NotFound' });
});

test('peer: settings are taken away by empty lists and blocks', peerOptions, async (t) => {
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
  await assert.rejects(peerS3.send(new GetBucketCorsCommand({ Bucket })), { name: 'NoSuchCORSConfiguration' });
  await assert.rejects(peerS3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })), {
    name: 'NoSuchLifecycleConfiguration',
  });
  const tags = (await peerS3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet ?? [];
  assert.deepEqual(
    tags.map(({ Key }) => Key),
    ['s3.cloud37.dev/owned-by'],
  );
});

test('peer: Retain leaves the bucket, released', peerOptions, async (t) => {
  const world = await peerWorld(t);
  await world.apply(bucket('kept', { name: 'peer-kept' }));
  await world.reaches('Bucket', 'kept', 'Ready', 'True');
  await world.delete('Bucket', 'kept');
  await world.gone('Bucket', 'kept');
  const tags = (await peerS3.send(new GetBucketTaggingCommand({ Bucket: 'peer-kept' }))).TagSet ?? [];
  assert.match(tags[0]?.Value ?? '', /^released\//);
});
