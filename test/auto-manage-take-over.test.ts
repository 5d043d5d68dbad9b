import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { DeleteObjectCommand, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { accessLevelPolicy } from '../src/wasabi/policy/access-levels.ts';
import { eventsAbout } from './support/answers.ts';
import { accessKey, bucket, bucketPolicy, type Manifest, user } from './support/builders.ts';
import {
  bucketStatusOf,
  childrenOf,
  childrenThere,
  childSecret,
  expectIndependent,
  leftInService,
} from './support/children.ts';
import { iamConsole, userAsIs } from './support/iam-console.ts';
import { addKey, isWorking, keyCalls } from './support/keys.ts';
import { makeOutside } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();
const ALL = ['User', 'BucketPolicy', 'AccessKey', 'Secret'];
const SAW = '2026-01-01T00:00:00+00:00';
const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: 'made', lastTransitionTime: SAW };
const actions = ['s3:GetObject', 's3:ListBucket', 's3:PutObject', 's3:DeleteObject'];
const resource = ['arn:aws:s3:::old', 'arn:aws:s3:::old/*'];

/** Stores an object with the status of the predecessor. It is suspended until all of them are there. */
async function store(world: World, manifest: Manifest, status: object, owner?: object): Promise<string> {
  const finalizers = ['s3.cloud37.dev/finalizer', 'kopf.zalando.org/KopfFinalizerMarker'];
  const metadata = {
    ...manifest.metadata,
    finalizers,
    ...(owner === undefined ? {} : { ownerReferences: [owner] }),
  };
  const { uid } = (await world.apply({ ...manifest, metadata, spec: { ...manifest.spec, suspend: true } })).metadata;
  await world.patchStatus(manifest.kind, manifest.metadata.name, { ...status, conditions: [ready] });
  return uid;
}

/** The Bucket `old` with its children, as the predecessor left objects and account. */
async function legacyStack(
  world: World,
  autoManage: object | undefined,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await makeOutside(world, 'old');
  const iam = iamConsole(world.emulator);
  const { User } = await iam.send(new CreateUserCommand({ UserName: 'old' }));
  const document = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
  };
  const PolicyDocument = JSON.stringify(document);
  await iam.send(new PutUserPolicyCommand({ UserName: 'old', PolicyName: 'old-policy', PolicyDocument }));
  const { accountId } = world.emulator.account;
  const sid = 'Allow-old-Access';
  const Principal = { AWS: `arn:aws:iam::${accountId}:user/old` };
  const Policy = JSON.stringify({
    ...document,
    Statement: [{ Sid: sid, ...document.Statement[0], Principal }],
  });
  await world.console.send(new PutBucketPolicyCommand({ Bucket: 'old', Policy }));
  const key = addKey(world, 'old');

  const api = 's3.cloud37.dev/v1alpha1';
  const spec = { ...more, ...(autoManage === undefined ? {} : { autoManage }) };
  const uid = await store(world, bucket('old', spec), {
    bucketName: 'old',
    exists: true,
    lastSyncTime: SAW,
    credentialsSecret: childSecret('old'),
  });
  const owner = { apiVersion: api, kind: 'Bucket', name: 'old', uid, controller: true };
  const grant = { effect: 'Allow', action: actions, resource };
  const policy = { version: '2012-10-17', statement: [grant] };
  const tags = { ManagedBy: 'wasabi-s3-operator', Bucket: 'old' };
  await store(
    world,
    user('old-user', { name: 'old', policy, tags }),
    { userId: User?.UserId, created: true, lastSyncTime: SAW },
    owner,
  );
  const principal = 'arn:aws:iam::*:user/old';
  await store(
    world,
    bucketPolicy('old-policy', 'old', { version: '2012-10-17', statement: [{ sid, ...grant, principal }] }),
    { applied: true, lastSyncTime: SAW },
    owner,
  );
  const keyUid = await store(
    world,
    accessKey('old-accesskey', 'old-user', { displayName: 'Access key for bucket old' }),
    { accessKeyId: key.accessKeyId, created: true, lastRotateTime: SAW },
    owner,
  );
  const labels = { 's3.cloud37.dev/managed-by': 'wasabi-s3-operator', 's3.cloud37.dev/resource-type': 'access-key' };
  const ownerReferences = [
    { apiVersion: api, kind: 'AccessKey', name: 'old-accesskey', uid: keyUid, controller: true },
  ];
  const metadata = { name: childSecret('old'), labels, ownerReferences };
  const stringData = { 'access-key-id': key.accessKeyId, 'secret-access-key': key.secretAccessKey };
  await world.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData });
}

/** This operator begins. */
async function begin(world: World): Promise<void> {
  for (const [kind, name] of [...childrenOf('old'), ['Bucket', 'old'] as const]) {
    await world.patch(kind, name, { spec: { suspend: null } });
  }
}

test('L47: children of the predecessor are taken over: the key stays, and the policies become those of the access level', async (t) => {
  const world = await startWorld(t);
  await legacyStack(world, { enabled: true });
  await begin(world);
  await world.reaches('Bucket', 'old', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
  assert.ok(await isWorking(world, childSecret('old')));
  assert.deepEqual(Object.values((await userAsIs(world, 'old'))?.inline ?? {}), [
    accessLevelPolicy('readwrite', 'old'),
  ]);
  assert.equal((await bucketStatusOf(world, 'old'))?.credentialsSecret, childSecret('old'));
  for (const [kind, name] of childrenOf('old')) {
    const { metadata } = (await world.get(kind, name)) ?? {};
    assert.equal(metadata?.ownerReferences?.length, 1, kind);
    assert.deepEqual(metadata.finalizers, ['s3.cloud37.dev/finalizer'], kind);
  }
  const writes = [world.kubeWrites(), world.serviceWrites()];
  await world.resync();
  assert.deepEqual([world.kubeWrites(), world.serviceWrites()], writes);
  await world.patch('Bucket', 'old', { spec: { autoManage: { enabled: false } } });
  for (const [kind, name] of childrenOf('old')) await world.gone(kind, name);
  await world.reaches('Bucket', 'old', 'Ready', 'True');
  assert.deepEqual(leftInService(world, 'old'), { user: false, keys: 0, policy: false });
});

test('L46: without the block they stay as they are, and one event says so', async (t) => {
  const world = await startWorld(t);
  await legacyStack(world, undefined);
  const specs = () =>
    Promise.all(
      childrenOf('old').map(async ([kind, name]) => {
        const object = await world.get(kind, name);
        return [object?.metadata.ownerReferences, object?.metadata.labels, { ...object?.spec, suspend: undefined }];
      }),
    );
  const before = await specs();
  await begin(world);
  await world.reaches('Bucket', 'old', 'Ready', 'True');
  await world.settle();
  await world.resync();
  assert.deepEqual(await specs(), before);
  assert.deepEqual(await childrenThere(world, 'old'), ALL);
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
  assert.ok(await isWorking(world, childSecret('old')));
  assert.equal((await bucketStatusOf(world, 'old'))?.credentialsSecret, childSecret('old'));
  const told = () => eventsAbout(world, 'Bucket', 'old').filter(({ reason }) => reason === 'AutoManageAbsent');
  assert.equal(told().length, 1);
  assert.match(told()[0]?.note ?? '', /User old-user, AccessKey old-accesskey, BucketPolicy old-policy stay/);
});

test('deleting a Bucket without the block leaves them too, and their key works on', async (t) => {
  const world = await startWorld(t);
  await legacyStack(world, undefined);
  await begin(world);
  await world.reaches('Bucket', 'old', 'Ready', 'True');
  await world.settle();
  await world.delete('Bucket', 'old');
  await world.gone('Bucket', 'old');
  await world.settle();
  await expectIndependent(world, 'old');
});

test('a Bucket without the block that cannot go yet owns them still: they do not hold it, and stay when it goes', async (t) => {
  const world = await startWorld(t);
  await legacyStack(world, undefined, { deletionPolicy: 'Delete' });
  await begin(world);
  await world.reaches('Bucket', 'old', 'Ready', 'True');
  await world.console.send(new PutObjectCommand({ Bucket: 'old', Key: 'precious', Body: 'x' }));
  await world.settle();
  await world.delete('Bucket', 'old');
  await world.reaches('Bucket', 'old', 'DeletionBlocked', 'BucketNotEmpty');
  await world.elapse(120_000);
  assert.equal((await world.condition('Bucket', 'old', 'DeletionBlocked'))?.reason, 'BucketNotEmpty');
  for (const [kind, name] of childrenOf('old')) {
    assert.equal((await world.get(kind, name))?.metadata.ownerReferences?.length, 1, kind);
  }
  await world.console.send(new DeleteObjectCommand({ Bucket: 'old', Key: 'precious' }));
  await world.elapse(60_000);
  await world.gone('Bucket', 'old');
  await world.settle();
  assert.equal(world.snapshot('old'), undefined);
  await expectIndependent(world, 'old');
  // Independent: each goes by itself, also the policy of a bucket that is gone.
  for (const [kind, name] of childrenOf('old').toReversed()) await world.delete(kind, name);
  for (const [kind, name] of childrenOf('old')) await world.gone(kind, name);
  assert.deepEqual(leftInService(world, 'old'), { user: false, keys: 0, policy: false });
});
