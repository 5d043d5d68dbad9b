import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateUserCommand, GetUserCommand, ListUsersCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { memoryBodies } from './bodies.ts';
import { History } from './history.ts';
import { emptyState, touch } from './state.ts';
import { createUser } from './testing/iam-user.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow, policyText } from './testing/policies.ts';

const Bucket = 'stale-bucket';
const STALE_MS = 10_000;
const effect = { type: 'stale', ms: STALE_MS } as const;
const tagging = (Value: string) => ({ TagSet: [{ Key: 'state', Value }] });

test('W50 stale reads: configuration, objects and listings are answered as they were, writes are made now', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const client = s3();
  const tag = async () => (await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet?.[0]?.Value;
  const read = async () => (await client.send(new GetObjectCommand({ Bucket, Key: 'k' }))).Body?.transformToString();
  const keys = async () =>
    (await client.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key) ?? [];
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: tagging('old') }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'old' }));
  const fault = emulator.faults.add({ effect });

  await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: tagging('new') }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'new' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'l', Body: 'more' }));
  await client.send(new CreateBucketCommand({ Bucket: 'another-bucket' }));
  assert.deepEqual([await tag(), await read(), await keys()], ['old', 'old', ['k']]);
  assert.equal(await refusal(client.send(new HeadBucketCommand({ Bucket: 'another-bucket' }))), '404 NotFound');
  assert.equal((await client.send(new ListBucketsCommand({}))).Buckets?.length, 1);

  emulator.advanceClock(STALE_MS / 2);
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  emulator.advanceClock(STALE_MS / 2);
  assert.deepEqual([await tag(), await read(), await keys()], ['new', 'new', ['k', 'l']]);
  await client.send(new HeadBucketCommand({ Bucket: 'another-bucket' }));
  emulator.faults.clear(fault);
  assert.equal(await refusal(read()), '404 NoSuchKey');
});

test('W50 stale reads: IAM too, by rights of now; STS knows no past', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  emulator.faults.add({ effect });
  const client = loopback.iam();
  await client.send(new CreateUserCommand({ UserName: 'new' }));
  assert.equal(await refusal(client.send(new GetUserCommand({ UserName: 'new' }))), '404 NoSuchEntityException');
  const { keys } = await createUser(loopback, 'reader', allow('iam:ListUsers'));
  assert.deepEqual((await loopback.iam({ keys }).send(new ListUsersCommand({}))).Users, []);
  const { Arn } = await loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
  assert.match(Arn ?? '', /:user\/reader$/);
  const { Credentials } = await loopback.sts().send(new GetSessionTokenCommand({}));
  assert.equal(emulator.state.sessions.has(Credentials?.AccessKeyId ?? ''), true);
  emulator.advanceClock(STALE_MS);
  await client.send(new GetUserCommand({ UserName: 'new' }));
});

test('W50 stale reads: an account that was made meanwhile had nothing', async (t) => {
  const loopback = await startLoopback(t);
  loopback.emulator.faults.add({ effect });
  await loopback.s3().send(new ListBucketsCommand({}));
  const keys = loopback.emulator.createAccount();
  const client = loopback.iam({ keys });
  await client.send(new CreateUserCommand({ UserName: 'new' }));
  assert.deepEqual((await client.send(new ListUsersCommand({}))).Users, []);
});

test('W50 stale reads: a rule passes writes without counting them, and the last read that it hits is stale', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const client = s3();
  emulator.faults.add({ bucket: Bucket, count: 1, effect });
  await client.send(new CreateBucketCommand({ Bucket }));
  assert.equal(await refusal(client.send(new HeadBucketCommand({ Bucket }))), '404 NotFound');
  await client.send(new HeadBucketCommand({ Bucket }));
  assert.deepEqual(emulator.faults.list(), []);
});

test('W50 stale reads: what is changed by hand counts from the next call on, and the policy is that of then', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  emulator.console.createBucket({ name: Bucket });
  const { keys } = await createUser(loopback, 'reader');
  emulator.faults.add({ bucket: Bucket, effect });
  const client = loopback.s3({ keys });
  const head = () => refusal(client.send(new ListObjectsV2Command({ Bucket })));
  assert.equal(await head(), '403 AccessDenied');
  emulator.console.editBucket(Bucket, (bucket) => {
    const grant = { ...allow('s3:ListBucket'), Principal: '*', Resource: `arn:aws:s3:::${Bucket}` };
    bucket.policy = policyText(grant);
  });
  assert.equal(await head(), '403 AccessDenied');
  emulator.advanceClock(STALE_MS);
  assert.equal(await head(), 'no error');
});

test('W50 a past is kept only as long as somebody asks for it, and contents with it', () => {
  const kept = memoryBodies();
  const history = new History(kept);
  const state = { ...emptyState(), bodies: history.bodies };
  const first = state.bodies.put(Buffer.from('first'));
  const change = (nowMs: number, spanMs: number) => {
    touch(state);
    history.note(state, nowMs, spanMs);
  };
  history.note(state, 0, 100);
  state.bodies.drop(first);
  change(10, 100);
  change(60, 100);
  assert.deepEqual(
    [-5, 5, 10, 59, 60, 99].map((atMs) => history.at(state, atMs).revision),
    [0, 0, 1, 1, 2, 2],
  );
  assert.equal(history.at(state, 0).bodies.get(first).toString(), 'first');
  history.note(state, 109, 100);
  assert.equal(history.at(state, 0).revision, 0);
  history.note(state, 110, 100);
  assert.equal(history.at(state, 0), state, 'forgotten, so that the present is all there is');
  assert.throws(() => kept.get(first), /is not there/);
});

test('W50 a call that waits keeps the past that it will be answered from', () => {
  const history = new History(memoryBodies());
  const state = { ...emptyState(), bodies: history.bodies };
  history.note(state, 0, 50);
  const release = history.hold(50);
  touch(state);
  history.note(state, 10, 0);
  assert.equal(history.at(state, 5).revision, 0);
  release();
  history.note(state, 11, 0);
  assert.equal(history.at(state, 5), state);
});
