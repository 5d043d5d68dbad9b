import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteUserCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListAttachedUserPoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
  paginateListEntitiesForPolicy,
  SetDefaultPolicyVersionCommand,
} from '@aws-sdk/client-iam';
import type { EmulatorOptions } from '../options.ts';
import { refusal, startLoopback } from '../testing/loopback-clients.ts';
import { allow, policyText } from '../testing/policies.ts';

const UserName = 'ann';
const read = policyText(allow('s3:GetObject'));
const write = policyText(allow('s3:PutObject'));

async function start(t: Parameters<typeof startLoopback>[0], options: EmulatorOptions = {}) {
  const loopback = await startLoopback(t, options);
  const client = loopback.iam();
  await client.send(new CreateUserCommand({ UserName }));
  const create = async (PolicyName: string, PolicyDocument = read) =>
    (await client.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }))).Policy?.Arn ?? '';
  const attach = (PolicyArn: string) => client.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
  const addVersion = async (PolicyArn: string, SetAsDefault = false) => {
    const version = new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: write, SetAsDefault });
    return (await client.send(version)).PolicyVersion;
  };
  return { ...loopback, client, create, attach, addVersion };
}

test('W29 a policy is created, read and deleted, and is another when it is made again', async (t) => {
  const { client, create, emulator } = await start(t);
  const { Policy } = await client.send(
    new CreatePolicyCommand({ PolicyName: 'p', Path: '/team/', Description: 'what for', PolicyDocument: read }),
  );
  const PolicyArn = `arn:aws:iam::${emulator.account.accountId}:policy/team/p`;
  assert.equal(Policy?.Arn, PolicyArn);
  assert.match(Policy?.PolicyId ?? '', /^ANPA[A-Z2-7]{17}$/);
  const found = await client.send(new GetPolicyCommand({ PolicyArn }));
  assert.deepEqual(found.Policy, { ...Policy, Description: 'what for' });
  assert.deepEqual([Policy?.DefaultVersionId, Policy?.AttachmentCount, Policy?.IsAttachable], ['v1', 0, true]);
  const { PolicyVersion } = await client.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));
  assert.equal(decodeURIComponent(PolicyVersion?.Document ?? ''), read);
  await client.send(new DeletePolicyCommand({ PolicyArn }));
  assert.equal(await refusal(client.send(new GetPolicyCommand({ PolicyArn }))), '404 NoSuchEntityException');
  const again = await client.send(new GetPolicyCommand({ PolicyArn: await create('p') }));
  assert.notEqual(again.Policy?.PolicyId, Policy?.PolicyId);
});

test('W33 the name of a policy is taken whatever its path and case', async (t) => {
  const { client, create } = await start(t);
  await create('Reader');
  const again = new CreatePolicyCommand({ PolicyName: 'reader', Path: '/other/', PolicyDocument: read });
  assert.equal(await refusal(client.send(again)), '409 EntityAlreadyExistsException');
});

test('W33 what is not there is told as NoSuchEntity, NoSuchEntityException, or both in turn', async (t) => {
  const both = { NoSuchEntity: [false, false], NoSuchEntityException: [true, true], alternating: [false, true] };
  for (const [missingEntity, expected] of Object.entries(both)) {
    const quirks = { missingEntity: missingEntity as keyof typeof both };
    const { client, emulator } = await start(t, { quirks });
    const PolicyArn = `arn:aws:iam::${emulator.account.accountId}:policy/none`;
    for (const _ of expected) await refusal(client.send(new GetPolicyCommand({ PolicyArn })));
    const codes = emulator.calls.filter(({ operation }) => operation === 'GetPolicy').map(({ code }) => code);
    assert.deepEqual(
      codes.map((code) => code === 'NoSuchEntityException'),
      expected,
    );
  }
});

test('W29 versions: five at most, numbers are never used again, the default stays until it is set', async (t) => {
  const { client, create, addVersion } = await start(t);
  const PolicyArn = await create('p');
  for (const expected of ['v2', 'v3', 'v4']) assert.equal((await addVersion(PolicyArn))?.VersionId, expected);
  const last = await addVersion(PolicyArn, true);
  assert.deepEqual([last?.VersionId, last?.IsDefaultVersion], ['v5', true]);
  assert.equal(await refusal(addVersion(PolicyArn)), '409 LimitExceededException');
  const remove = (VersionId: string) => client.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
  assert.equal(await refusal(remove('v5')), '409 DeleteConflictException');
  await remove('v2');
  assert.equal(await refusal(remove('v2')), '404 NoSuchEntityException');
  assert.equal((await addVersion(PolicyArn))?.VersionId, 'v6');
  await client.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));
  const { Versions } = await client.send(new ListPolicyVersionsCommand({ PolicyArn }));
  assert.deepEqual(
    Versions?.map(({ VersionId, IsDefaultVersion }) => [VersionId, IsDefaultVersion]),
    [
      ['v6', false],
      ['v5', false],
      ['v4', false],
      ['v3', false],
      ['v1', true],
    ],
  );
});

test('W32 a policy with attachments, or with more than one version, is not deleted; nor is its user', async (t) => {
  const { client, create, attach, addVersion } = await start(t);
  const PolicyArn = await create('p');
  await attach(PolicyArn);
  const remove = () => client.send(new DeletePolicyCommand({ PolicyArn }));
  assert.equal(await refusal(remove()), '409 DeleteConflictException');
  assert.equal(await refusal(client.send(new DeleteUserCommand({ UserName }))), '409 DeleteConflictException');
  await client.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
  await addVersion(PolicyArn);
  assert.equal(await refusal(remove()), '409 DeleteConflictException');
  await client.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
  await remove();
});

test('W29 attached twice is attached once; detached twice is NoSuchEntity', async (t) => {
  const { client, create, attach } = await start(t);
  const PolicyArn = await create('p');
  await attach(PolicyArn);
  await attach(PolicyArn);
  const { AttachedPolicies } = await client.send(new ListAttachedUserPoliciesCommand({ UserName }));
  assert.deepEqual(AttachedPolicies, [{ PolicyName: 'p', PolicyArn }]);
  assert.equal((await client.send(new GetPolicyCommand({ PolicyArn }))).Policy?.AttachmentCount, 1);
  const detach = () => client.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
  await detach();
  assert.equal(await refusal(detach()), '404 NoSuchEntityException');
  assert.equal(await refusal(attach(`${PolicyArn}-none`)), '404 NoSuchEntityException');
  assert.equal(await refusal(attach('arn:aws:iam::1:user/not-a-policy')), '400 InvalidInputException');
});

test('W29 whom a policy is attached to comes in pages', async (t) => {
  const { client, create } = await start(t);
  const PolicyArn = await create('p');
  for (const name of ['c', 'b', 'a']) {
    await client.send(new CreateUserCommand({ UserName: name }));
    await client.send(new AttachUserPolicyCommand({ UserName: name, PolicyArn }));
  }
  const found: (string | undefined)[] = [];
  for await (const page of paginateListEntitiesForPolicy({ client, pageSize: 2 }, { PolicyArn })) {
    for (const user of page.PolicyUsers ?? []) {
      assert.match(user.UserId ?? '', /^AIDA/);
      found.push(user.UserName);
    }
  }
  assert.deepEqual(found, ['a', 'b', 'c']);
  const roles = await client.send(new ListEntitiesForPolicyCommand({ PolicyArn, EntityFilter: 'Role' }));
  assert.deepEqual([roles.PolicyUsers, roles.PolicyRoles], [[], []]);
});

test('W29 the policies of the service itself are there, are attached, and cannot be changed', async (t) => {
  const { client, attach, create } = await start(t);
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  await attach(PolicyArn);
  await create('own');
  const names = async (input: { Scope?: 'All' | 'AWS' | 'Local'; OnlyAttached?: boolean }) =>
    (await client.send(new ListPoliciesCommand(input))).Policies?.map(({ PolicyName }) => PolicyName);
  assert.deepEqual(await names({ Scope: 'Local' }), ['own']);
  assert.deepEqual(await names({ OnlyAttached: true }), ['AmazonS3ReadOnlyAccess']);
  assert.ok((await names({ Scope: 'AWS' }))?.includes('AdministratorAccess'));
  const change = new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: write });
  assert.equal(await refusal(client.send(change)), '403 AccessDenied');
  assert.equal(await refusal(client.send(new DeletePolicyCommand({ PolicyArn }))), '403 AccessDenied');
});

test('W40 policies, attachments and the size of a policy have limits', async (t) => {
  const quotas = { policies: 2, attachedPolicies: 1, managedPolicySize: read.length };
  const { create, attach } = await start(t, { quotas });
  const one = await create('one');
  assert.equal(await refusal(create('long', policyText(allow('s3:GetObjectVersion')))), '409 LimitExceededException');
  const two = await create('two');
  assert.equal(await refusal(create('three')), '409 LimitExceededException');
  await attach(one);
  assert.equal(await refusal(attach(two)), '409 LimitExceededException');
  await attach(one);
});

test('W54 an account sees no policy of another', async (t) => {
  const loopback = await start(t);
  const PolicyArn = await loopback.create('p');
  const other = loopback.iam({ keys: loopback.emulator.createAccount() });
  assert.equal(await refusal(other.send(new GetPolicyCommand({ PolicyArn }))), '404 NoSuchEntityException');
  assert.deepEqual((await other.send(new ListPoliciesCommand({ Scope: 'Local' }))).Policies, []);
});

test('W50 W52 faults pick IAM calls by operation, user and policy, and the log tells of them', async (t) => {
  const { create, attach, emulator } = await start(t);
  const [one, two] = [await create('one'), await create('two')];
  const effect = { type: 'error', status: 503, code: 'Unavailable' } as const;
  emulator.faults.add({ service: 'iam', operation: 'AttachUserPolicy', userName: UserName, policy: one, effect });
  assert.equal(await refusal(attach(one)), '503 Unavailable');
  await attach(two);
  const logged = emulator.calls.slice(1).map(({ operation, userName, policy, status }) => {
    return [operation, userName, policy, status];
  });
  assert.deepEqual(logged, [
    ['CreatePolicy', undefined, 'one', 200],
    ['CreatePolicy', undefined, 'two', 200],
    ['AttachUserPolicy', UserName, one, 503],
    ['AttachUserPolicy', UserName, two, 200],
  ]);
});
