import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { startEmulator } from './server.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';

const Bucket = 'bucket-by-hand';

test('W55 what is changed by hand is what clients read, and is in no log', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const { console: byHand } = emulator;
  byHand.createBucket({ name: Bucket });
  byHand.setTags(Bucket, { a: '1' });
  byHand.editBucket(Bucket, (bucket) => {
    bucket.versioning = 'Enabled';
  });
  const { versionId } = byHand.putObject(Bucket, 'k', 'content');
  assert.deepEqual(emulator.calls, []);
  const client = s3();
  assert.deepEqual((await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet, [{ Key: 'a', Value: '1' }]);
  assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, 'Enabled');
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: versionId }));
  assert.equal(await got.Body?.transformToString(), 'content');
  byHand.deleteBucket(Bucket);
  assert.match(await refusal(client.send(new HeadBucketCommand({ Bucket }))), /^404 /u);
});

test('W55 what is not there or taken is refused by name', async (t) => {
  const { emulator } = await startLoopback(t);
  emulator.console.createBucket({ name: Bucket });
  assert.throws(() => emulator.console.createBucket({ name: Bucket }), /bucket "bucket-by-hand" is taken/u);
  assert.throws(() => emulator.console.setTags('other', {}), /bucket "other" is not there/u);
  assert.throws(() => emulator.console.deleteBucket('other'), /bucket "other" is not there/u);
});

test('W55 a snapshot is equal while nothing changes, and tells of every change', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const client = s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  const upload = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'u' }));
  const changes: (() => Promise<unknown>)[] = [
    () => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' })),
    () => client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } })),
    () => client.send(new UploadPartCommand({ Bucket, Key: 'u', UploadId: upload.UploadId, PartNumber: 1, Body: 'p' })),
    async () => emulator.createAccount(),
    async () => emulator.console.editBucket(Bucket, (bucket) => void (bucket.policy = '{}')),
  ];
  for (const change of changes) {
    const before = emulator.snapshot();
    const { revision } = emulator.state;
    await client.send(new ListBucketsCommand({}));
    assert.deepEqual(emulator.snapshot(), before);
    await change();
    assert.notDeepEqual(emulator.snapshot(), before);
    assert.ok(emulator.state.revision > revision);
  }
  const text = JSON.stringify(emulator.snapshot());
  for (const key of emulator.state.keys.values()) assert.ok(!text.includes(key.secretAccessKey));
  assert.deepEqual(JSON.parse(text), emulator.snapshot());
});

test('W55 writes are the calls that could change something, whatever came of them', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const client = s3();
  await client.send(new ListBucketsCommand({}));
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutObjectCommand({ Bucket: 'no-such-bucket', Key: 'k', Body: 'x' })).catch(() => undefined);
  const told = emulator.writes.map(({ operation, status, revision, revisionBefore }) => {
    return [operation, status, revision > revisionBefore];
  });
  assert.deepEqual(told, [
    ['CreateBucket', 200, true],
    ['PutObject', 404, false],
  ]);
});

test('W1 listeners of one region each, for clients that know addresses only', async (t) => {
  const { emulator, s3 } = await startLoopback(t, { regionPorts: { 'eu-central-2': 0, 'ap-northeast-1': 0 } });
  const ports = [emulator.port, ...Object.values(emulator.regionPorts)];
  assert.equal(new Set(ports).size, 3);
  for (const [region, port] of Object.entries(emulator.regionPorts)) {
    const client = s3({ region, endpoint: `http://127.0.0.1:${port}` });
    const name = `bucket-${region}`;
    await client.send(new CreateBucketCommand({ Bucket: name }));
    assert.equal(emulator.state.buckets.get(name)?.region, region);
  }
});

test('W43 aliases name the same region as its code; the hosts of the real service are known', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  emulator.console.createBucket({ name: Bucket, region: 'eu-central-2' });
  const endpoint = `http://s3.de-1.localhost:${emulator.port}`;
  await s3({ region: 'eu-central-2', endpoint }).send(new HeadBucketCommand({ Bucket }));
});

test('W55 a port that is taken, an account that makes no sense: the start fails and leaves nothing behind', async (t) => {
  const { emulator } = await startLoopback(t);
  await assert.rejects(startEmulator({ port: emulator.port }), /EADDRINUSE/u);
  await assert.rejects(startEmulator({ regionPorts: { 'eu-west-1': emulator.port } }), /EADDRINUSE/u);
  await assert.rejects(startEmulator({ account: { accountId: '1' } }), /accountId: "1" is not 12 digits/u);
  const { accountId } = emulator.account;
  assert.throws(() => emulator.createAccount({ accountId }), new RegExp(`"${accountId}" is taken`, 'u'));
});

test('W54 keys look like those of Wasabi, and those given are taken', async (t) => {
  const given = { accountId: '100000000042', name: 'mine', accessKeyId: 'KEY0', secretAccessKey: 'secret' };
  const { emulator, s3 } = await startLoopback(t, { account: given });
  assert.deepEqual(emulator.account, given);
  await s3().send(new ListBucketsCommand({}));
  const made = emulator.createAccount();
  assert.match(made.accessKeyId, /^[A-Z0-9]{20}$/u);
  assert.equal(made.secretAccessKey.length, 40);
  assert.equal(made.accountId, '100000000043');
});
