import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyVersionCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  ListPolicyVersionsCommand,
  ListUserPoliciesCommand,
} from '@aws-sdk/client-iam';
import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { IamPolicy } from '../../src/api/iam-policy.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, type Manifest, user } from '../support/builders.ts';
import { childrenOf, childSecret } from '../support/children.ts';
import { until } from '../support/cluster.ts';
import { pairIn } from '../support/keys.ts';
import type { World } from '../support/world.ts';
import { peerIam, peerOptions, peerS3, peerUrl, peerWorld } from './peer.ts';

function statement(name: string, action: string | readonly string[], more: object = {}) {
  return { effect: 'Allow', action, resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`], ...more };
}

function stackOf(name: string, deletionPolicy: 'Delete' | 'Retain' = 'Delete'): readonly Manifest[] {
  const granted = statement(name, 's3:GetObject', { sid: 'Read', principalRefs: [{ name }] });
  const list = { statement: [statement(name, 's3:ListBucket')] };
  return [
    accessKey(name, name, { deletionPolicy }),
    bucketPolicy(name, name, { statement: [granted] }, { deletionPolicy }),
    user(name, { policy: list, policyRef: { name }, deletionPolicy }),
    iamPolicy(name, { statement: [statement(name, 's3:PutObject')] }, { name, deletionPolicy }),
    bucket(name, { deletionPolicy }),
  ];
}

async function applied(world: World, objects: readonly Manifest[]): Promise<void> {
  for (const each of objects) await world.apply(each);
  for (const { kind, metadata } of objects) await world.reaches(kind, metadata.name, 'Ready', 'True');
  await world.settle();
}

const versionsOf = (world: World, objects: readonly Manifest[]) =>
  Promise.all(objects.map(async ({ kind, metadata }) => (await world.get(kind, metadata.name))?.metadata));

async function policyArn(world: World, name: string): Promise<string> {
  return (await world.get<IamPolicy>('IAMPolicy', name))?.status?.policyArn ?? '';
}

/** A user and its bucket as the server has them. */
async function asTheyAre(UserName: string) {
  const { PolicyNames = [] } = await peerIam.send(new ListUserPoliciesCommand({ UserName }));
  const [PolicyName = ''] = PolicyNames;
  const { PolicyDocument = '' } = await peerIam.send(new GetUserPolicyCommand({ UserName, PolicyName }));
  const { AttachedPolicies = [] } = await peerIam.send(new ListAttachedUserPoliciesCommand({ UserName }));
  const PolicyArn = AttachedPolicies[0]?.PolicyArn;
  const { Policy } = await peerIam.send(new GetPolicyCommand({ PolicyArn }));
  const VersionId = Policy?.DefaultVersionId;
  const { PolicyVersion } = await peerIam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
  const { AccessKeyMetadata = [] } = await peerIam.send(new ListAccessKeysCommand({ UserName }));
  const onBucket = await peerS3.send(new GetBucketPolicyCommand({ Bucket: UserName }));
  return {
    inline: [PolicyNames.length, JSON.parse(decodeURIComponent(PolicyDocument)) as unknown],
    managed: [AttachedPolicies.length, JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? '')) as unknown],
    keys: AccessKeyMetadata.map(({ AccessKeyId = '' }) => AccessKeyId),
    onBucket: JSON.parse(onBucket.Policy ?? '') as { Statement: readonly { Principal: unknown }[] },
  };
}

async function isAbsent(answer: Promise<unknown>): Promise<void> {
  await assert.rejects(answer, /NoSuchEntity|NotFound|cannot be found|not found|does not exist/);
}

test(
  'peer: a stack of five kinds converges, its key works, it stays, is repaired, and goes',
  peerOptions,
  async (t) => {
    const world = await peerWorld(t);
    const UserName = 'peer-stack';
    const objects = stackOf(UserName);
    await applied(world, objects);
    const credentials = await pairIn(world, `${UserName}-credentials`);
    const sts = new STSClient({ region: 'us-east-1', endpoint: peerUrl, credentials });
    const { Arn, Account } = await sts.send(new GetCallerIdentityCommand({}));
    assert.equal(Arn, `arn:aws:iam::${Account}:user/${UserName}`);
    const before = await asTheyAre(UserName);
    assert.deepEqual(before.keys, [credentials.accessKeyId]);
    assert.deepEqual(before.onBucket.Statement[0]?.Principal, { AWS: [Arn] });

    const settled = await versionsOf(world, objects);
    await world.resync();
    assert.deepEqual(await versionsOf(world, objects), settled, 'settled: no write');

    const PolicyArn = await policyArn(world, UserName);
    const { PolicyNames = [] } = await peerIam.send(new ListUserPoliciesCommand({ UserName }));
    await peerIam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: PolicyNames[0] }));
    await peerIam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
    await peerS3.send(new DeleteBucketPolicyCommand({ Bucket: UserName }));
    const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    const PolicyDocument = JSON.stringify(all);
    await peerIam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
    await world.resync();
    assert.deepEqual(await asTheyAre(UserName), before, 'drift is undone');

    await peerIam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: credentials.accessKeyId }));
    await until('another key', async () => {
      await world.resync();
      const { accessKeyId } = await pairIn(world, `${UserName}-credentials`);
      return accessKeyId !== credentials.accessKeyId && (await asTheyAre(UserName)).keys.includes(accessKeyId);
    });

    for (const { kind, metadata } of objects.toReversed()) await world.delete(kind, metadata.name);
    for (const { kind, metadata } of objects) await world.gone(kind, metadata.name);
    await isAbsent(peerIam.send(new GetUserCommand({ UserName })));
    await isAbsent(peerIam.send(new GetPolicyCommand({ PolicyArn })));
    await isAbsent(peerS3.send(new HeadBucketCommand({ Bucket: UserName })));
  },
);

test('peer: edits are followed, and no policy gets a sixth version', peerOptions, async (t) => {
  const world = await peerWorld(t);
  const name = 'peer-edits';
  await applied(world, stackOf(name));
  const PolicyArn = await policyArn(world, name);
  const actions = [
    's3:ListBucket',
    's3:DeleteObject',
    's3:GetObject',
    's3:GetBucketTagging',
    's3:GetObjectVersion',
    's3:*',
  ];
  for (const action of actions) {
    await world.patch('IAMPolicy', name, { spec: { policy: { statement: [statement(name, action)] } } });
    await world.reaches('IAMPolicy', name, 'Synced', 'True');
  }
  const { Versions = [] } = await peerIam.send(new ListPolicyVersionsCommand({ PolicyArn }));
  assert.equal(Versions.length, 5);
  assert.match(JSON.stringify((await asTheyAre(name)).managed), /"s3:\*"/);
  const granted = statement(name, 's3:PutObject', { sid: 'Read', principalRefs: [{ name }] });
  await world.patch('BucketPolicy', name, { spec: { policy: { statement: [granted] } } });
  await world.reaches('BucketPolicy', name, 'Synced', 'True');
  await world.patch('User', name, {
    spec: { policyRef: null, policy: { statement: [statement(name, 's3:PutObject')] } },
  });
  await world.reaches('User', name, 'Synced', 'True');
  await world.settle();
  assert.match(JSON.stringify((await peerS3.send(new GetBucketPolicyCommand({ Bucket: name }))).Policy), /PutObject/);
  const { AttachedPolicies } = await peerIam.send(new ListAttachedUserPoliciesCommand({ UserName: name }));
  assert.deepEqual(AttachedPolicies, []);
});

test('peer: autoManage from one object to a key that works, and off again', peerOptions, async (t) => {
  const world = await peerWorld(t);
  const UserName = 'peer-managed';
  await world.apply(
    bucket('managed', { name: UserName, deletionPolicy: 'Delete', autoManage: { accessLevel: 'readonly' } }),
  );
  await world.reaches('Bucket', 'managed', 'Ready', 'True');
  const credentials = await pairIn(world, childSecret('managed'));
  const { AccessKeyMetadata = [] } = await peerIam.send(new ListAccessKeysCommand({ UserName }));
  assert.deepEqual(
    AccessKeyMetadata.map(({ AccessKeyId }) => AccessKeyId),
    [credentials.accessKeyId],
  );
  await world.patch('Bucket', 'managed', { spec: { autoManage: { enabled: false } } });
  for (const [kind, name] of childrenOf('managed')) await world.gone(kind, name);
  await isAbsent(peerIam.send(new GetUserCommand({ UserName })));
  await world.reaches('Bucket', 'managed', 'Ready', 'True');
});

test('peer: Retain leaves user, policies and key as they are', peerOptions, async (t) => {
  const world = await peerWorld(t);
  const name = 'peer-retained';
  const objects = stackOf(name, 'Retain');
  await applied(world, objects);
  const before = await asTheyAre(name);
  for (const { kind, metadata } of objects) await world.delete(kind, metadata.name);
  for (const { kind, metadata } of objects) await world.gone(kind, metadata.name);
  assert.deepEqual(await asTheyAre(name), before);
});

test(
  'peer: what exists is left alone unless it is adopted; foreign keys and policies hold the user',
  peerOptions,
  async (t) => {
    const world = await peerWorld(t);
    const UserName = 'peer-theirs';
    await peerIam.send(new CreateUserCommand({ UserName }));
    await peerIam.send(new CreateAccessKeyCommand({ UserName }));
    await world.apply(user('theirs', { name: UserName }));
    await world.reaches('User', 'theirs', 'Stalled', 'AlreadyExists');
    await world.patch('User', 'theirs', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
    await world.reaches('User', 'theirs', 'Ready', 'True');
    await applied(world, [
      iamPolicy('peer-other', { statement: [statement('x-bucket', 's3:GetObject')] }, { name: 'peer-other' }),
    ]);
    const PolicyArn = await policyArn(world, 'peer-other');
    await peerIam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
    await world.delete('User', 'theirs');
    await world.reaches('User', 'theirs', 'DeletionBlocked', 'ForeignKey');
    const { AccessKeyMetadata = [] } = await peerIam.send(new ListAccessKeysCommand({ UserName }));
    assert.equal(AccessKeyMetadata.length, 1);
    await peerIam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: AccessKeyMetadata[0]?.AccessKeyId }));
    await world.resync();
    await world.reaches('User', 'theirs', 'DeletionBlocked', 'ForeignAttachment');
    await peerIam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
    await world.resync();
    await world.gone('User', 'theirs');
    await isAbsent(peerIam.send(new GetUserCommand({ UserName })));
  },
);
