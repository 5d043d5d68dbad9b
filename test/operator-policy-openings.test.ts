import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AddUserToGroupCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  GetAccountAuthorizationDetailsCommand,
  PutUserPolicyCommand,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import { GetObjectCommand, HeadObjectCommand, PutBucketPolicyCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { OPERATOR_NAME } from '../src/wasabi/operator-policy.ts';
import { user } from './support/builders.ts';
import { iamConsole, userAsIs } from './support/iam-console.ts';
import { arnOf, EVERYTHING, operatorWith, SECRET, SECRET_VERSION, startAccount } from './support/policy-account.ts';
import { shareCluster } from './support/shared-cluster.ts';

const { startWorld } = shareCluster();

/** What docs/reference/operator-policy.md says that a key opens beyond what the operator does with it. */

test('operator policy, with a group: that one is open to every user, the own one too, and no other is', async (t) => {
  const emulator = await startAccount(t);
  const { iam } = await operatorWith(emulator, 'full', { prefix: 'team-a-', groups: ['writers'] });
  for (const UserName of ['team-a-user', OPERATOR_NAME]) {
    await iam.send(new AddUserToGroupCommand({ GroupName: 'writers', UserName }));
    const joining = iam.send(new AddUserToGroupCommand({ GroupName: 'admins', UserName }));
    await assert.rejects(joining, { name: /^AccessDenied/ });
  }
});

test('operator policy, with locks: they can be seen, and the content of versions with them', async (t) => {
  const emulator = await startAccount(t);
  const without = await operatorWith(emulator, 'buckets');
  // The answer to HEAD has no body that names a code.
  await assert.rejects(
    without.s3.send(new HeadObjectCommand(SECRET_VERSION)),
    (error) => error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403,
  );
  const other = await startAccount(t);
  const { s3 } = await operatorWith(other, 'buckets', { seesLocks: true });
  await s3.send(new HeadObjectCommand(SECRET_VERSION));
  assert.equal(await (await s3.send(new GetObjectCommand(SECRET_VERSION))).Body?.transformToString(), 'x');
  await assert.rejects(s3.send(new GetObjectCommand(SECRET)), { name: 'AccessDenied' });
});

test('operator policy buckets: who may write the policy of a bucket can open what is in it', async (t) => {
  const emulator = await startAccount(t);
  const { s3 } = await operatorWith(emulator, 'buckets');
  await assert.rejects(s3.send(new GetObjectCommand(SECRET)), { name: 'AccessDenied' });
  const Principal = { AWS: arnOf(emulator, `user/${OPERATOR_NAME}`) };
  const Resource = `arn:aws:s3:::${SECRET.Bucket}/*`;
  const Statement = [{ Effect: 'Allow', Principal, Action: 's3:GetObject', Resource }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket: SECRET.Bucket, Policy }));
  assert.equal(await (await s3.send(new GetObjectCommand(SECRET))).Body?.transformToString(), 'x');
});

test('operator policy full: who may write policies of users has everything, by way of another user', async (t) => {
  const emulator = await startAccount(t);
  const { iam } = await operatorWith(emulator, 'full', { prefix: 'team-a-' });
  await assert.rejects(iam.send(new GetAccountAuthorizationDetailsCommand({})), { name: /^AccessDenied/ });
  const UserName = 'team-a-user';
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'all', PolicyDocument: EVERYTHING }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const keys = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  const everything = await iamConsole(emulator, keys).send(new GetAccountAuthorizationDetailsCommand({}));
  assert.equal(everything.UserDetailList?.length, 3);
});

test('operator policy full: a User with groups says what is lacking, gets the rest, and waits to be taken out', async (t) => {
  const world = await startWorld(t);
  const root = iamConsole(world.emulator);
  const membership = { GroupName: 'writers', UserName: 'team-a' };
  await root.send(new CreateGroupCommand(membership));
  const policy = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' }] };
  await world.apply(user('team-a', { policy, groups: ['writers'] }));
  await world.reaches('User', 'team-a', 'Synced', 'AccessDenied');
  const found = await userAsIs(world, 'team-a');
  assert.deepEqual([found?.groups, Object.keys(found?.inline ?? {}).length], [[], 1]);

  await root.send(new AddUserToGroupCommand(membership));
  await world.delete('User', 'team-a');
  await world.reaches('User', 'team-a', 'DeletionBlocked', 'AccessDenied');
  await root.send(new RemoveUserFromGroupCommand(membership));
  await world.resync();
  await world.gone('User', 'team-a');
});
