import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  CreateGroupCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeleteGroupPolicyCommand,
  DeleteUserCommand,
  DetachGroupPolicyCommand,
  GetGroupCommand,
  GetGroupPolicyCommand,
  ListAttachedGroupPoliciesCommand,
  ListGroupPoliciesCommand,
  ListGroupsCommand,
  ListGroupsForUserCommand,
  PutGroupPolicyCommand,
  paginateGetGroup,
  RemoveUserFromGroupCommand,
  UpdateGroupCommand,
} from '@aws-sdk/client-iam';
import type { EmulatorOptions } from '../options.ts';
import { refusal, startLoopback } from '../testing/loopback-clients.ts';
import { allow, policyText } from '../testing/policies.ts';

const GroupName = 'readers';
const UserName = 'ann';
const member = { GroupName, UserName };

async function start(t: Parameters<typeof startLoopback>[0], options: EmulatorOptions = {}) {
  const loopback = await startLoopback(t, options);
  const client = loopback.iam();
  await client.send(new CreateUserCommand({ UserName }));
  const { Group } = await client.send(new CreateGroupCommand({ GroupName }));
  return { ...loopback, client, Group };
}

test('W29 a group takes users in and lets them go', async (t) => {
  const { client, Group, emulator } = await start(t);
  assert.equal(Group?.Arn, `arn:aws:iam::${emulator.account.accountId}:group/${GroupName}`);
  assert.match(Group?.GroupId ?? '', /^AGPA[A-Z2-7]{17}$/);
  const groups = async () => (await client.send(new ListGroupsForUserCommand({ UserName }))).Groups;
  assert.deepEqual(await groups(), []);
  await client.send(new AddUserToGroupCommand(member));
  await client.send(new AddUserToGroupCommand(member));
  assert.deepEqual(await groups(), [Group]);
  const found = await client.send(new GetGroupCommand({ GroupName }));
  assert.deepEqual([found.Group, found.Users?.map((user) => user.UserName)], [Group, [UserName]]);
  await client.send(new RemoveUserFromGroupCommand(member));
  assert.deepEqual(await groups(), []);
  assert.equal(await refusal(client.send(new RemoveUserFromGroupCommand(member))), '404 NoSuchEntityException');
});

test('W29 a switch refuses a user that is in the group already', async (t) => {
  const { client } = await start(t, { quirks: { repeatedMembership: 'refused' } });
  await client.send(new AddUserToGroupCommand(member));
  assert.equal(await refusal(client.send(new AddUserToGroupCommand(member))), '409 EntityAlreadyExistsException');
});

test('W29 a group has another name and keeps its users', async (t) => {
  const { client } = await start(t);
  await client.send(new AddUserToGroupCommand(member));
  await client.send(new CreateGroupCommand({ GroupName: 'taken' }));
  const rename = (NewGroupName: string) => client.send(new UpdateGroupCommand({ GroupName, NewGroupName }));
  assert.equal(await refusal(rename('Taken')), '409 EntityAlreadyExistsException');
  await rename('Readers');
  const { Groups } = await client.send(new ListGroupsCommand({}));
  assert.deepEqual(
    Groups?.map((group) => group.GroupName),
    ['Readers', 'taken'],
  );
  const { Users } = await client.send(new GetGroupCommand({ GroupName: 'Readers' }));
  assert.equal(Users?.length, 1);
});

test('W29 the users of a group come in pages', async (t) => {
  const { client } = await start(t);
  for (const name of ['b', 'a', 'c']) {
    await client.send(new CreateUserCommand({ UserName: name }));
    await client.send(new AddUserToGroupCommand({ GroupName, UserName: name }));
  }
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateGetGroup({ client, pageSize: 2 }, { GroupName })) {
    pages.push((page.Users ?? []).map((user) => user.UserName));
  }
  assert.deepEqual(pages, [['a', 'b'], ['c']]);
});

test('W29 a group has inline and attached policies', async (t) => {
  const { client } = await start(t);
  const PolicyDocument = policyText(allow('s3:ListAllMyBuckets'));
  await client.send(new PutGroupPolicyCommand({ GroupName, PolicyName: 'p', PolicyDocument }));
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  await client.send(new AttachGroupPolicyCommand({ GroupName, PolicyArn }));
  const found = await client.send(new GetGroupPolicyCommand({ GroupName, PolicyName: 'p' }));
  assert.equal(decodeURIComponent(found.PolicyDocument ?? ''), PolicyDocument);
  assert.deepEqual((await client.send(new ListGroupPoliciesCommand({ GroupName }))).PolicyNames, ['p']);
  const { AttachedPolicies } = await client.send(new ListAttachedGroupPoliciesCommand({ GroupName }));
  assert.deepEqual(AttachedPolicies, [{ PolicyName: 'AmazonS3FullAccess', PolicyArn }]);
});

test('W32 a group with users or policies is not deleted, nor a user in a group', async (t) => {
  const { client } = await start(t);
  const remove = () => client.send(new DeleteGroupCommand({ GroupName }));
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  await client.send(new AddUserToGroupCommand(member));
  await client.send(new PutGroupPolicyCommand({ GroupName, PolicyName: 'p', PolicyDocument: policyText(allow('*')) }));
  await client.send(new AttachGroupPolicyCommand({ GroupName, PolicyArn }));
  assert.equal(await refusal(client.send(new DeleteUserCommand({ UserName }))), '409 DeleteConflictException');
  assert.equal(await refusal(remove()), '409 DeleteConflictException');
  await client.send(new RemoveUserFromGroupCommand(member));
  assert.equal(await refusal(remove()), '409 DeleteConflictException');
  await client.send(new DeleteGroupPolicyCommand({ GroupName, PolicyName: 'p' }));
  assert.equal(await refusal(remove()), '409 DeleteConflictException');
  await client.send(new DetachGroupPolicyCommand({ GroupName, PolicyArn }));
  await remove();
  assert.equal(await refusal(remove()), '404 NoSuchEntityException');
});

test('W40 a user is in so many groups, and an account has so many', async (t) => {
  const { client } = await start(t, { quotas: { groups: 2, groupsPerUser: 1 } });
  const create = (name: string) => client.send(new CreateGroupCommand({ GroupName: name }));
  await create('other');
  assert.equal(await refusal(create('third')), '409 LimitExceededException');
  await client.send(new AddUserToGroupCommand(member));
  const second = client.send(new AddUserToGroupCommand({ UserName, GroupName: 'other' }));
  assert.equal(await refusal(second), '409 LimitExceededException');
});
