import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  type CreateUserCommandInput,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetUserCommand,
  ListAccessKeysCommand,
  ListUsersCommand,
  paginateListUsers,
  UpdateUserCommand,
} from '@aws-sdk/client-iam';
import { createUser } from '../testing/iam-user.ts';
import { refusal, startLoopback } from '../testing/loopback-clients.ts';
import { allow, policyText } from '../testing/policies.ts';

test('W29 a user is created, read, listed, changed and deleted', async (t) => {
  const { iam, emulator } = await startLoopback(t);
  const client = iam();
  const { accountId } = emulator.account;
  const { User } = await client.send(new CreateUserCommand({ UserName: 'ann', Path: '/team/' }));
  assert.equal(User?.Arn, `arn:aws:iam::${accountId}:user/team/ann`);
  assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/);
  assert.equal(User?.CreateDate?.getUTCMilliseconds(), 0);
  assert.deepEqual((await client.send(new GetUserCommand({ UserName: 'ann' }))).User, User);
  await client.send(new UpdateUserCommand({ UserName: 'ann', NewUserName: 'bea', NewPath: '/' }));
  const changed = { ...User, UserName: 'bea', Path: '/', Arn: `arn:aws:iam::${accountId}:user/bea` };
  assert.deepEqual((await client.send(new ListUsersCommand({}))).Users, [changed]);
  assert.equal(await refusal(client.send(new GetUserCommand({ UserName: 'ann' }))), '404 NoSuchEntityException');
  await client.send(new DeleteUserCommand({ UserName: 'bea' }));
  assert.deepEqual((await client.send(new ListUsersCommand({}))).Users, []);
});

test('W29 a name that was deleted is another user when it is made again', async (t) => {
  const client = (await startLoopback(t)).iam();
  const make = async () => (await client.send(new CreateUserCommand({ UserName: 'ann' }))).User?.UserId;
  const first = await make();
  await client.send(new DeleteUserCommand({ UserName: 'ann' }));
  assert.notEqual(await make(), first);
});

test('W29 keys follow a user to its new name', async (t) => {
  const loopback = await startLoopback(t);
  const { keys, userId } = await createUser(loopback, 'ann', allow('iam:GetUser'));
  await loopback.iam().send(new UpdateUserCommand({ UserName: 'ann', NewUserName: 'Ann' }));
  const { User } = await loopback.iam({ keys }).send(new GetUserCommand({}));
  assert.deepEqual([User?.UserName, User?.UserId], ['Ann', userId]);
});

test('W29 users are listed in pages, by path', async (t) => {
  const client = (await startLoopback(t)).iam();
  for (const name of ['e', 'b', 'd', 'a', 'c']) {
    await client.send(new CreateUserCommand({ UserName: name, Path: name === 'd' ? '/other/' : '/team/' }));
  }
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateListUsers({ client, pageSize: 2 }, { PathPrefix: '/team/' })) {
    pages.push((page.Users ?? []).map(({ UserName }) => UserName));
    assert.equal(page.IsTruncated, page.Marker !== undefined);
  }
  assert.deepEqual(pages, [
    ['a', 'b'],
    ['c', 'e'],
  ]);
});

test('W33 a name that differs in case only is taken', async (t) => {
  const client = (await startLoopback(t)).iam();
  await client.send(new CreateUserCommand({ UserName: 'ann' }));
  await client.send(new CreateUserCommand({ UserName: 'bob' }));
  const again = client.send(new CreateUserCommand({ UserName: 'ANN' }));
  assert.equal(await refusal(again), '409 EntityAlreadyExistsException');
  const rename = client.send(new UpdateUserCommand({ UserName: 'bob', NewUserName: 'Ann' }));
  assert.equal(await refusal(rename), '409 EntityAlreadyExistsException');
});

const wrong: Readonly<Record<string, CreateUserCommandInput>> = {
  'a name with a space': { UserName: 'a b' },
  'an empty name': { UserName: '' },
  'a name of 65 signs': { UserName: 'a'.repeat(65) },
  'a path without a slash at its end': { UserName: 'a', Path: '/team' },
};

for (const [title, input] of Object.entries(wrong)) {
  test(`W29 ${title} is ValidationError`, async (t) => {
    const { iam, emulator } = await startLoopback(t);
    const { revision } = emulator.state;
    assert.equal(await refusal(iam().send(new CreateUserCommand(input))), '400 ValidationError');
    assert.equal(emulator.state.revision, revision);
  });
}

test('W30 tags of a new user are ignored, a permissions boundary is refused', async (t) => {
  const client = (await startLoopback(t)).iam();
  const { User } = await client.send(new CreateUserCommand({ UserName: 'a', Tags: [{ Key: 'k', Value: 'v' }] }));
  assert.equal(User?.Tags, undefined);
  const PermissionsBoundary = 'arn:aws:iam::aws:policy/AdministratorAccess';
  const bounded = client.send(new CreateUserCommand({ UserName: 'b', PermissionsBoundary }));
  assert.equal(await refusal(bounded), '400 InvalidInputException');
  assert.equal(await refusal(client.send(new GetUserCommand({ UserName: 'b' }))), '404 NoSuchEntityException');
});

test('W30 with the switch tags of what is new are refused, and nothing is made', async (t) => {
  const { emulator, iam } = await startLoopback(t, { quirks: { iamTags: 'refused' } });
  const client = iam();
  const Tags = [{ Key: 'k', Value: 'v' }];
  const PolicyDocument = policyText(allow('s3:GetObject'));
  const AssumeRolePolicyDocument = policyText({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' });
  for (const call of [
    client.send(new CreateUserCommand({ UserName: 'a', Tags })),
    client.send(new CreatePolicyCommand({ PolicyName: 'a', PolicyDocument, Tags })),
    client.send(new CreateRoleCommand({ RoleName: 'a', AssumeRolePolicyDocument, Tags })),
  ]) {
    assert.equal(await refusal(call), '400 InvalidInputException');
  }
  const { users, policies, roles } = emulator.state.accounts.get(emulator.account.accountId) ?? {};
  assert.deepEqual([users?.size, policies?.size, roles?.size], [0, 0, 0]);
  await client.send(new CreateUserCommand({ UserName: 'a' }));
});

test('W32 a user with keys is not deleted', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.iam();
  const { keys } = await createUser(loopback, 'ann');
  const remove = () => client.send(new DeleteUserCommand({ UserName: 'ann' }));
  assert.equal(await refusal(remove()), '409 DeleteConflictException');
  const { accessKeyId } = keys;
  await client.send(new DeleteAccessKeyCommand({ UserName: 'ann', AccessKeyId: accessKeyId }));
  await remove();
  assert.equal(await refusal(remove()), '404 NoSuchEntityException');
});

test('W40 an account has so many users and no more', async (t) => {
  const client = (await startLoopback(t, { quotas: { users: 1 } })).iam();
  await client.send(new CreateUserCommand({ UserName: 'a' }));
  assert.equal(await refusal(client.send(new CreateUserCommand({ UserName: 'b' }))), '409 LimitExceededException');
});

test('W54 an account sees no users and keys of another', async (t) => {
  const loopback = await startLoopback(t);
  const { keys } = await createUser(loopback, 'ann');
  const other = loopback.iam({ keys: loopback.emulator.createAccount() });
  assert.deepEqual((await other.send(new ListUsersCommand({}))).Users, []);
  const foreign = { UserName: 'ann' };
  assert.equal(await refusal(other.send(new ListAccessKeysCommand(foreign))), '404 NoSuchEntityException');
  assert.equal(await refusal(other.send(new CreateAccessKeyCommand(foreign))), '404 NoSuchEntityException');
  const steal = new DeleteAccessKeyCommand({ AccessKeyId: keys.accessKeyId });
  assert.equal(await refusal(other.send(steal)), '404 NoSuchEntityException');
});

test('W29 a page of no size, of too many, or after a marker that is none is ValidationError', async (t) => {
  const client = (await startLoopback(t)).iam();
  for (const input of [{ MaxItems: 0 }, { MaxItems: 1001 }, { Marker: '*' }]) {
    assert.equal(await refusal(client.send(new ListUsersCommand(input))), '400 ValidationError');
  }
  await client.send(new ListUsersCommand({ MaxItems: 1000 }));
});
