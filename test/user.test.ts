import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import type { User } from '../src/api/user.ts';
import { accessKey, iamPolicy, user } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { arnOf, iamCalls, iamConsole, iamWrites, userAsIs } from './support/iam-console.ts';
import { pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();

const read = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' }] };
const readAsIs = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::logs/*'] }],
};
const list = { statement: [{ effect: 'Allow', action: 's3:ListBucket', resource: 'arn:aws:s3:::logs' }] };

async function inlineName(world: World, name: string): Promise<string> {
  const found = await userAsIs(world, name);
  return Object.keys(found?.inline ?? {})[0] ?? '';
}

async function made(world: World, name: string, spec: Parameters<typeof user>[1] = {}): Promise<User> {
  await world.apply(user(name, spec));
  await world.reaches('User', name, 'Ready', 'True');
  await world.settle();
  const found = await world.get('User', name);
  assert.ok(found);
  return found as unknown as User;
}

test('a user gets its inline policy, and not a thing more; the calls of each pass', async (t) => {
  const world = await startWorld(t);
  const { status } = await made(world, 'team-a', { policy: read });
  const found = await userAsIs(world, 'team-a');
  const name = await inlineName(world, 'team-a');
  assert.deepEqual(found, { userId: status?.userId, inline: { [name]: readAsIs }, policies: [], groups: [] });
  assert.match(name, /^s3\.cloud37\.dev\.[0-9a-f]{32}\.[0-9a-f-]{36}$/);
  assert.equal(status?.created, true);
  assert.equal(status?.keys, 0);
  assert.equal(status?.arn, `arn:aws:iam::${world.emulator.account.accountId}:user/team-a`);
  assert.equal(status?.target?.identity, status?.userId);
  // Is it there? Make it, with its policy. Is it as it should be?
  assert.deepEqual(
    iamCalls(world)
      .filter((one) => one !== 'GetUser')
      .toSorted(),
    ['CreateUser', 'GetUserPolicy', 'PutUserPolicy'],
  );
  await pass(world, 'User', 'team-a'); // whose the credentials are was asked meanwhile, too
  const from = world.operatorCalls().length;
  await pass(world, 'User', 'team-a');
  assert.deepEqual(iamCalls(world, from), ['GetUser', 'GetUserPolicy']);
  await world.expectValid('User', 'team-a');
});

test('L40, L73: without a policy nothing is granted', async (t) => {
  const world = await startWorld(t);
  await made(world, 'bare', { tags: { Bucket: 'logs' } });
  assert.deepEqual((await userAsIs(world, 'bare'))?.inline, {});
  const unsupported = await world.condition('User', 'bare', 'Unsupported');
  assert.match(unsupported?.message ?? '', /spec\.tags/);
});

test('L42: edits of every part are followed', async (t) => {
  const world = await startWorld(t, { signer: { groups: ['writers', 'readers'] } });
  const iam = iamConsole(world.emulator);
  await iam.send(new CreateGroupCommand({ GroupName: 'writers' }));
  await iam.send(new CreateGroupCommand({ GroupName: 'readers' }));
  await world.apply(iamPolicy('shared', read, { name: 'shared' }));
  const vendor = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  await made(world, 'team-a', {
    policy: read,
    policyRef: { name: 'shared' },
    managedPolicyArns: [vendor],
    groups: ['writers'],
  });
  const full = await userAsIs(world, 'team-a');
  assert.deepEqual(full?.policies, [arnOf(world, 'shared'), vendor].toSorted());
  assert.deepEqual(full?.groups, ['writers']);
  const { status } = (await world.get('User', 'team-a')) as unknown as User;
  assert.deepEqual(status?.attached, [arnOf(world, 'shared'), vendor, 'group/writers'].toSorted());

  await world.patch('User', 'team-a', {
    spec: { policy: { ...list, Statement: null }, policyRef: null, managedPolicyArns: null, groups: ['readers'] },
  });
  await world.reaches('User', 'team-a', 'Synced', 'True');
  const edited = await userAsIs(world, 'team-a');
  assert.deepEqual(edited?.policies, []);
  assert.deepEqual(edited?.groups, ['readers']);
  assert.match(JSON.stringify(edited?.inline), /s3:ListBucket/);

  await world.patch('User', 'team-a', { spec: { policy: null, groups: null } });
  await world.reaches('User', 'team-a', 'Synced', 'True');
  const bare = await userAsIs(world, 'team-a');
  assert.deepEqual([bare?.inline, bare?.policies, bare?.groups], [{}, [], []]);
  const after = (await world.get('User', 'team-a')) as unknown as User;
  assert.equal(after.status?.attached, undefined);
});

test('what somebody else attached stays, even when the spec named it too for a while', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const vendor = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  await made(world, 'team-a', { policy: read });
  await iam.send(new AttachUserPolicyCommand({ UserName: 'team-a', PolicyArn: vendor }));
  await world.patch('User', 'team-a', { spec: { managedPolicyArns: [vendor] } });
  await world.reaches('User', 'team-a', 'Synced', 'True');
  await world.patch('User', 'team-a', { spec: { managedPolicyArns: null } });
  await world.reaches('User', 'team-a', 'Synced', 'True');
  assert.deepEqual((await userAsIs(world, 'team-a'))?.policies, [vendor]);
});

test('drift is undone: policy edited, deleted, detached; the user deleted outside', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const UserName = 'team-a';
  await world.apply(iamPolicy('shared', list, { name: 'shared' }));
  await made(world, UserName, { policy: read, policyRef: { name: 'shared' } });
  const before = await userAsIs(world, UserName);
  const PolicyName = await inlineName(world, UserName);
  const PolicyDocument = JSON.stringify({ ...readAsIs, Statement: [{ ...readAsIs.Statement[0], Action: 's3:*' }] });
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }));
  await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn: arnOf(world, 'shared') }));
  await pass(world, 'User', UserName);
  assert.deepEqual(await userAsIs(world, UserName), before);
  await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
  await pass(world, 'User', UserName);
  assert.deepEqual(await userAsIs(world, UserName), before);

  await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
  await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn: arnOf(world, 'shared') }));
  await iam.send(new DeleteUserCommand({ UserName }));
  await pass(world, 'User', UserName);
  await world.reaches('User', UserName, 'Ready', 'True');
  const again = await userAsIs(world, UserName);
  assert.notEqual(again?.userId, before?.userId);
  assert.deepEqual({ ...again, userId: '' }, { ...before, userId: '' });
  const { status } = (await world.get('User', UserName)) as unknown as User;
  assert.equal(status?.target?.identity, again?.userId);
});

test('L41: a user of the same name that somebody else made is never touched, at deletion neither', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const UserName = 'team-a';
  await made(world, UserName);
  await iam.send(new DeleteUserCommand({ UserName }));
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new CreateAccessKeyCommand({ UserName }));
  const theirs = await userAsIs(world, UserName);
  const from = world.operatorCalls().length;
  await pass(world, 'User', UserName);
  await world.reaches('User', UserName, 'Stalled', 'AlreadyExists');
  await world.delete('User', UserName);
  await world.gone('User', UserName);
  assert.deepEqual(iamWrites(world, from), []);
  assert.deepEqual(await userAsIs(world, UserName), theirs);
});

test('L43: a user that exists is left alone without adoption, and taken over with it', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  await iam.send(new CreateUserCommand({ UserName: 'theirs' }));
  await world.apply(user('theirs', { policy: read }));
  await world.reaches('User', 'theirs', 'Stalled', 'AlreadyExists');
  assert.deepEqual(iamWrites(world), []);
  await world.patch('User', 'theirs', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.reaches('User', 'theirs', 'Ready', 'True');
  assert.deepEqual(iamWrites(world), ['PutUserPolicy']);
  await world.delete('User', 'theirs');
  await world.gone('User', 'theirs');
  assert.equal(await userAsIs(world, 'theirs'), undefined);
});

test('a policy that is made again is attached again, however short ago its user was read', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  await world.apply(iamPolicy('shared', read, { name: 'shared' }));
  await made(world, 'team-a', { policy: read, policyRef: { name: 'shared' } });
  await pass(world, 'User', 'team-a');
  const PolicyArn = arnOf(world, 'shared');
  await iam.send(new DetachUserPolicyCommand({ UserName: 'team-a', PolicyArn }));
  await iam.send(new DeletePolicyCommand({ PolicyArn }));
  await pass(world, 'IAMPolicy', 'shared');
  await until('it is attached again', async () => (await userAsIs(world, 'team-a'))?.policies.length === 1);
});

test('L57: a drift check reads, however short its interval is', async (t) => {
  const world = await startWorld(t, { flags: ['--drift-check-interval-seconds=10'] });
  await made(world, 'team-a', { policy: read });
  const reads = () => iamCalls(world).filter((one) => one === 'GetUserPolicy').length;
  const before = reads();
  for (let interval = 0; interval < 10; interval += 1) await world.elapse(10_000);
  assert.ok(reads() - before >= 9, `${reads() - before} reads in ten intervals`);
});

test('deletion leaves nothing: policies, groups and the user go', async (t) => {
  const world = await startWorld(t, { signer: { groups: ['writers'] } });
  const iam = iamConsole(world.emulator);
  await iam.send(new CreateGroupCommand({ GroupName: 'writers' }));
  await world.apply(iamPolicy('shared', read, { name: 'shared' }));
  await made(world, 'team-a', { policy: read, policyRef: { name: 'shared' }, groups: ['writers'] });
  const from = world.operatorCalls().length;
  await world.delete('User', 'team-a');
  await world.gone('User', 'team-a');
  assert.equal(await userAsIs(world, 'team-a'), undefined);
  assert.deepEqual(iamWrites(world, from), [
    'RemoveUserFromGroup',
    'DetachUserPolicy',
    'DeleteUserPolicy',
    'DeleteUser',
  ]);
});

test('Retain leaves the user as it is; the same name may manage it again, and destroy it with adoption alone', async (t) => {
  const world = await startWorld(t);
  await made(world, 'team-a', { policy: read, deletionPolicy: 'Retain' });
  const before = await userAsIs(world, 'team-a');
  await world.delete('User', 'team-a');
  await world.gone('User', 'team-a');
  assert.deepEqual(await userAsIs(world, 'team-a'), before);

  await made(world, 'team-a', { policy: list });
  const name = Object.keys(before?.inline ?? {})[0] ?? '';
  const managed = await userAsIs(world, 'team-a');
  assert.deepEqual(
    Object.keys(managed?.inline ?? {}),
    [name],
    'under the old name, which proves nothing for the new object',
  );
  assert.match(JSON.stringify(managed?.inline), /ListBucket/);
  await world.delete('User', 'team-a');
  await world.reaches('User', 'team-a', 'DeletionBlocked', 'OwnershipUnproven');
  await world.patch('User', 'team-a', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.gone('User', 'team-a');
  assert.equal(await userAsIs(world, 'team-a'), undefined);
});

test('adoption after Retain marks the user anew and leaves no second policy', async (t) => {
  const world = await startWorld(t);
  await made(world, 'team-a', { policy: read, deletionPolicy: 'Retain' });
  const before = await inlineName(world, 'team-a');
  await world.delete('User', 'team-a');
  await world.gone('User', 'team-a');
  await made(world, 'team-a', { policy: list, adoptionPolicy: 'AdoptOrCreate' });
  const after = await userAsIs(world, 'team-a');
  assert.equal(Object.keys(after?.inline ?? {}).length, 1);
  assert.notEqual(await inlineName(world, 'team-a'), before);
});

test('keys that no AccessKey made keep the user: ForeignKey names them, and nothing is taken away', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  await made(world, 'team-a', { policy: read });
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'team-a' }));
  const before = await userAsIs(world, 'team-a');
  const from = world.operatorCalls().length;
  await world.delete('User', 'team-a');
  await world.reaches('User', 'team-a', 'DeletionBlocked', 'ForeignKey');
  const { message = '' } = (await world.condition('User', 'team-a', 'DeletionBlocked')) ?? {};
  assert.ok(message.includes(AccessKey?.AccessKeyId ?? 'none'), message);
  assert.deepEqual(iamWrites(world, from), []);
  assert.deepEqual(await userAsIs(world, 'team-a'), before);
  await world.patch('User', 'team-a', { spec: { deletionPolicy: 'Retain' } });
  await world.gone('User', 'team-a');
  assert.deepEqual(await userAsIs(world, 'team-a'), before);
});

test('what somebody else attached keeps the user until it is taken away', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const UserName = 'team-a';
  await iam.send(new CreateGroupCommand({ GroupName: 'theirs' }));
  await made(world, UserName, { policy: read });
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
  await iam.send(new AddUserToGroupCommand({ UserName, GroupName: 'theirs' }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument: JSON.stringify(readAsIs) }));
  const before = await userAsIs(world, UserName);
  await world.delete('User', UserName);
  await world.reaches('User', UserName, 'DeletionBlocked', 'ForeignAttachment');
  const { message = '' } = (await world.condition('User', UserName, 'DeletionBlocked')) ?? {};
  assert.match(message, /inline policy own, policy arn:aws:iam::aws:policy\/AmazonS3FullAccess, group theirs/);
  assert.deepEqual(await userAsIs(world, UserName), before);
});

test('of two objects for one user the one that has it keeps it, and the other takes nothing away', async (t) => {
  const world = await startWorld(t);
  await world.apply(user('first', { name: 'shared-name', suspend: true }));
  await made(world, 'second', { name: 'shared-name' });
  const before = await userAsIs(world, 'shared-name');
  await world.patch('User', 'first', { spec: { suspend: null, adoptionPolicy: 'AdoptOrCreate', policy: read } });
  await world.reaches('User', 'first', 'Stalled', 'ClaimedByOther');
  await pass(world, 'User', 'second');
  await world.reaches('User', 'second', 'Ready', 'True');
  await world.delete('User', 'first');
  await world.gone('User', 'first');
  assert.deepEqual(await userAsIs(world, 'shared-name'), before);
});

test('a User counts the AccessKeys that refer to it, waits for them at deletion, and goes with the last', async (t) => {
  const world = await startWorld(t);
  await made(world, 'team-a', { policy: read });
  const keysAre = (count: number) =>
    until(`the User counts ${count}`, async () => {
      const { status } = (await world.get('User', 'team-a')) as unknown as User;
      return status?.keys === count;
    });
  await world.apply(accessKey('app', 'team-a'));
  await world.reaches('AccessKey', 'app', 'Ready', 'True');
  await keysAre(1);
  await world.delete('User', 'team-a');
  await world.reaches('User', 'team-a', 'DeletionBlocked', 'DependentsExist');
  await world.delete('AccessKey', 'app');
  await world.gone('AccessKey', 'app');
  await world.gone('User', 'team-a');
  assert.equal(await userAsIs(world, 'team-a'), undefined);
});

test('a key that its AccessKey left behind under Retain keeps the user, and is named', async (t) => {
  const world = await startWorld(t);
  await made(world, 'team-a', { policy: read });
  await world.apply(accessKey('app', 'team-a', { deletionPolicy: 'Retain' }));
  await world.reaches('AccessKey', 'app', 'Ready', 'True');
  await world.delete('AccessKey', 'app');
  await world.gone('AccessKey', 'app');
  await world.delete('User', 'team-a');
  await world.reaches('User', 'team-a', 'DeletionBlocked', 'ForeignKey');
});
