import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AddUserToGroupCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  type EntityType,
  GetAccountAuthorizationDetailsCommand,
  GetAccountSummaryCommand,
  GetRoleCommand,
  ListRolesCommand,
  PutGroupPolicyCommand,
  PutUserPolicyCommand,
  paginateGetAccountAuthorizationDetails,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { type Loopback, refusal, startLoopback } from '../testing/loopback-clients.ts';
import { allow, policyText } from '../testing/policies.ts';

const document = policyText(allow('s3:GetObject'));
const vendorArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
const trust = (accountId: string) =>
  policyText({ Effect: 'Allow', Principal: { AWS: accountId }, Action: 'sts:AssumeRole' });

/** One of everything. */
async function fill({ iam, emulator }: Loopback): Promise<string> {
  const client = iam();
  await client.send(new CreateUserCommand({ UserName: 'ann' }));
  await client.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'own', PolicyDocument: document }));
  await client.send(new CreateGroupCommand({ GroupName: 'team' }));
  await client.send(new PutGroupPolicyCommand({ GroupName: 'team', PolicyName: 'ours', PolicyDocument: document }));
  await client.send(new AddUserToGroupCommand({ UserName: 'ann', GroupName: 'team' }));
  const { Policy } = await client.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: document }));
  await client.send(new AttachUserPolicyCommand({ UserName: 'ann', PolicyArn: Policy?.Arn ?? '' }));
  const { accountId } = emulator.account;
  await client.send(new CreateRoleCommand({ RoleName: 'job', AssumeRolePolicyDocument: trust(accountId) }));
  await client.send(new AttachRolePolicyCommand({ RoleName: 'job', PolicyArn: vendorArn }));
  return Policy?.Arn ?? '';
}

test('W29 GetAccountAuthorizationDetails tells who there is and what they may do', async (t) => {
  const loopback = await startLoopback(t);
  const PolicyArn = await fill(loopback);
  const found = await loopback.iam().send(new GetAccountAuthorizationDetailsCommand({}));
  const [user] = found.UserDetailList ?? [];
  assert.deepEqual([user?.UserName, user?.GroupList], ['ann', ['team']]);
  assert.deepEqual(user?.AttachedManagedPolicies, [{ PolicyName: 'p', PolicyArn }]);
  const [inline] = user?.UserPolicyList ?? [];
  assert.deepEqual([inline?.PolicyName, decodeURIComponent(inline?.PolicyDocument ?? '')], ['own', document]);
  const [group] = found.GroupDetailList ?? [];
  assert.deepEqual([group?.GroupName, group?.GroupPolicyList?.[0]?.PolicyName], ['team', 'ours']);
  const [role] = found.RoleDetailList ?? [];
  assert.deepEqual([role?.RoleName, role?.AttachedManagedPolicies?.[0]?.PolicyArn], ['job', vendorArn]);
  const policies = found.Policies?.map(({ Arn, PolicyVersionList }) => [Arn, PolicyVersionList?.length]);
  assert.deepEqual(policies, [
    [PolicyArn, 1],
    [vendorArn, 1],
  ]);
});

test('W29 the details come in pages and by filter', async (t) => {
  const loopback = await startLoopback(t);
  await fill(loopback);
  const client = loopback.iam();
  let count = 0;
  let pages = 0;
  for await (const page of paginateGetAccountAuthorizationDetails({ client, pageSize: 2 }, {})) {
    const lists = [page.UserDetailList, page.GroupDetailList, page.RoleDetailList, page.Policies];
    count += lists.flat().length;
    pages += 1;
  }
  assert.deepEqual([count, pages], [5, 3]);
  const only = await client.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['LocalManagedPolicy'] }));
  assert.deepEqual([only.UserDetailList, only.Policies?.length], [[], 1]);
  const wrong = new GetAccountAuthorizationDetailsCommand({ Filter: ['Everything' as EntityType] });
  assert.equal(await refusal(client.send(wrong)), '400 ValidationError');
});

test('W29 GetAccountSummary counts', async (t) => {
  const loopback = await startLoopback(t);
  await fill(loopback);
  const { SummaryMap } = await loopback.iam().send(new GetAccountSummaryCommand({}));
  const { Users, Groups, Roles, Policies, UsersQuota } = SummaryMap ?? {};
  assert.deepEqual([Users, Groups, Roles, Policies, UsersQuota], [1, 1, 1, 1, 4999]);
});

test('W29 a role is created, changed and deleted', async (t) => {
  const { iam, emulator } = await startLoopback(t);
  const client = iam();
  const { accountId } = emulator.account;
  const create = (AssumeRolePolicyDocument: string, MaxSessionDuration?: number) =>
    client.send(new CreateRoleCommand({ RoleName: 'job', AssumeRolePolicyDocument, MaxSessionDuration }));
  assert.equal(await refusal(create(document)), '400 MalformedPolicyDocumentException');
  assert.equal(await refusal(create(trust(accountId), 43_201)), '400 ValidationError');
  const { Role } = await create(trust(accountId), 43_200);
  assert.equal(Role?.Arn, `arn:aws:iam::${accountId}:role/job`);
  assert.match(Role?.RoleId ?? '', /^AROA[A-Z2-7]{17}$/);
  assert.equal(await refusal(create(trust(accountId))), '409 EntityAlreadyExistsException');
  const other = trust('100000000099');
  await client.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'job', PolicyDocument: other }));
  const found = await client.send(new GetRoleCommand({ RoleName: 'job' }));
  assert.equal(decodeURIComponent(found.Role?.AssumeRolePolicyDocument ?? ''), other);
  assert.equal((await client.send(new ListRolesCommand({}))).Roles?.length, 1);
  await client.send(new AttachRolePolicyCommand({ RoleName: 'job', PolicyArn: vendorArn }));
  const remove = () => client.send(new DeleteRoleCommand({ RoleName: 'job' }));
  assert.equal(await refusal(remove()), '409 DeleteConflictException');
  await client.send(new DetachRolePolicyCommand({ RoleName: 'job', PolicyArn: vendorArn }));
  await remove();
  assert.equal(await refusal(remove()), '404 NoSuchEntityException');
});
