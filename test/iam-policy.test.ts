import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AttachGroupPolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DetachGroupPolicyCommand,
  DetachUserPolicyCommand,
  ListPolicyVersionsCommand,
  SetDefaultPolicyVersionCommand,
} from '@aws-sdk/client-iam';
import type { IamPolicy } from '../src/api/iam-policy.ts';
import { sidMark } from '../src/kinds/iam-policy/sid-mark.ts';
import { iamPolicy, user } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { arnOf, iamCalls, iamConsole, iamWrites, policyAsIs, userAsIs } from './support/iam-console.ts';
import { ownMarker, pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();

function reading(...buckets: readonly string[]) {
  return {
    statement: buckets.map((name) => ({ effect: 'Allow', action: 's3:GetObject', resource: `arn:aws:s3:::${name}/*` })),
  };
}

async function made(world: World, name: string, spec: Parameters<typeof iamPolicy>[2] = {}): Promise<IamPolicy> {
  await world.apply(iamPolicy(name, reading('logs'), spec));
  await world.reaches('IAMPolicy', name, 'Ready', 'True');
  await world.settle();
  const found = await world.get('IAMPolicy', name);
  assert.ok(found);
  return found as unknown as IamPolicy;
}

async function versionsOf(world: World, name: string): Promise<readonly string[]> {
  const command = new ListPolicyVersionsCommand({ PolicyArn: arnOf(world, name) });
  const { Versions = [] } = await iamConsole(world.emulator).send(command);
  return Versions.map(({ VersionId = '' }) => VersionId).toSorted();
}

test('L44: the name holds the namespace, the description the owner; the calls of each pass', async (t) => {
  const world = await startWorld(t);
  const { status } = await made(world, 'read-logs', { description: 'Reads the logs' });
  const name = `${world.namespace}.read-logs`;
  const found = await policyAsIs(world, name);
  assert.equal(
    found?.description,
    `Reads the logs [s3.cloud37.dev/owned-by=${await ownMarker(world, 'IAMPolicy', 'read-logs')}]`,
  );
  assert.equal(status?.policyArn, arnOf(world, name));
  assert.equal(status?.policyId, found?.policyId);
  assert.equal(status?.target?.identity, found?.policyId);
  assert.equal(status?.defaultVersionId, 'v1');
  assert.equal(status?.applied, true);
  assert.deepEqual(status?.attachedUsers, []);
  assert.deepEqual(iamWrites(world), ['CreatePolicy']);
  await pass(world, 'IAMPolicy', 'read-logs'); // whose the credentials are was asked meanwhile, too
  const from = world.operatorCalls().length;
  await pass(world, 'IAMPolicy', 'read-logs');
  assert.deepEqual(iamCalls(world, from).toSorted(), ['GetPolicy', 'GetPolicyVersion', 'ListEntitiesForPolicy']);
  await world.expectValid('IAMPolicy', 'read-logs');
});

test('L44: a change makes a new default version, and the oldest of five goes first', async (t) => {
  const world = await startWorld(t);
  await made(world, 'it', { name: 'it' });
  for (const bucket of ['b', 'c', 'd', 'e', 'f', 'g']) {
    await world.patch('IAMPolicy', 'it', { spec: { policy: reading(bucket) } });
    await world.reaches('IAMPolicy', 'it', 'Synced', 'True');
    assert.match(JSON.stringify((await policyAsIs(world, 'it'))?.document), new RegExp(`:::${bucket}/`));
  }
  assert.deepEqual(await versionsOf(world, 'it'), ['v3', 'v4', 'v5', 'v6', 'v7']);
  const { status } = (await world.get('IAMPolicy', 'it')) as unknown as IamPolicy;
  assert.equal(status?.defaultVersionId, 'v7');
});

test('drift is undone: another version in force, the policy deleted', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const PolicyArn = arnOf(world, 'it');
  await made(world, 'it', { name: 'it' });
  const before = await policyAsIs(world, 'it');
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
  await pass(world, 'IAMPolicy', 'it');
  assert.deepEqual((await policyAsIs(world, 'it'))?.document, before?.document);
  await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
  await pass(world, 'IAMPolicy', 'it');
  assert.deepEqual((await policyAsIs(world, 'it'))?.document, before?.document);
  for (const VersionId of ['v1', 'v2', 'v3']) {
    await iam.send(new DeletePolicyVersionCommand({ PolicyArn, VersionId }));
  }
  await iam.send(new DeletePolicyCommand({ PolicyArn }));
  await pass(world, 'IAMPolicy', 'it');
  await world.reaches('IAMPolicy', 'it', 'Ready', 'True');
  const again = await policyAsIs(world, 'it');
  assert.deepEqual(again?.document, before?.document);
  assert.notEqual(again?.policyId, before?.policyId);
});

test('L70: a principal is refused by statement, and nothing is called', async (t) => {
  const world = await startWorld(t);
  const statement = [
    { sid: 'Who', effect: 'Allow', principal: '*', action: 's3:GetObject', resource: 'arn:aws:s3:::a/*' },
  ];
  await world.apply(iamPolicy('it', { statement }));
  await world.reaches('IAMPolicy', 'it', 'Stalled', 'InvalidSpec');
  const { message = '' } = (await world.condition('IAMPolicy', 'it', 'Ready')) ?? {};
  assert.match(message, /statement\[0\] "Who"/);
  await world.apply(user('it', { policy: { statement } }));
  await world.reaches('User', 'it', 'Stalled', 'InvalidSpec');
  assert.deepEqual(iamWrites(world), []);
});

test('L69: a User waits for its policy, is woken by it, and is listed by it; the policy waits for the User to go', async (t) => {
  const world = await startWorld(t);
  await world.apply(user('team-a', { policyRef: { name: 'later' } }));
  await world.reaches('User', 'team-a', 'Synced', 'IAMPolicyNotFound');
  assert.deepEqual(iamWrites(world), []);
  await made(world, 'later', { name: 'later' });
  await world.reaches('User', 'team-a', 'Ready', 'True');
  assert.deepEqual((await userAsIs(world, 'team-a'))?.policies, [arnOf(world, 'later')]);
  await until('the policy lists the user', async () => {
    const { status } = (await world.get('IAMPolicy', 'later')) as unknown as IamPolicy;
    return JSON.stringify(status?.attachedUsers) === '["team-a"]';
  });
  await world.delete('IAMPolicy', 'later');
  await world.reaches('IAMPolicy', 'later', 'DeletionBlocked', 'DependentsExist');
  await world.delete('User', 'team-a');
  await world.gone('User', 'team-a');
  await world.gone('IAMPolicy', 'later');
  assert.equal(await policyAsIs(world, 'later'), undefined);
});

test('Users that are already attached stay so while the document is being changed', async (t) => {
  const world = await startWorld(t);
  await made(world, 'shared', { name: 'shared' });
  await world.apply(user('team-a', { policyRef: { name: 'shared' } }));
  await world.reaches('User', 'team-a', 'Ready', 'True');
  await world.patch('IAMPolicy', 'shared', { spec: { policy: { statement: [{ effect: 'Perhaps' }] } } });
  await world.reaches('IAMPolicy', 'shared', 'Stalled', 'InvalidSpec');
  await pass(world, 'User', 'team-a');
  await world.reaches('User', 'team-a', 'Synced', 'True');
  assert.deepEqual((await userAsIs(world, 'team-a'))?.policies, [arnOf(world, 'shared')]);
});

test('attachments of somebody else keep the policy, and are named', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const PolicyArn = arnOf(world, 'it');
  await made(world, 'it', { name: 'it' });
  await iam.send(new CreateUserCommand({ UserName: 'theirs' }));
  await iam.send(new CreateGroupCommand({ GroupName: 'crowd' }));
  await iam.send(new AttachUserPolicyCommand({ UserName: 'theirs', PolicyArn }));
  await iam.send(new AttachGroupPolicyCommand({ GroupName: 'crowd', PolicyArn }));
  const from = world.operatorCalls().length;
  await world.delete('IAMPolicy', 'it');
  await world.reaches('IAMPolicy', 'it', 'DeletionBlocked', 'ForeignAttachment');
  const { message = '' } = (await world.condition('IAMPolicy', 'it', 'DeletionBlocked')) ?? {};
  assert.match(message, /user theirs, group crowd/);
  assert.deepEqual(iamWrites(world, from), []);
  await iam.send(new DetachUserPolicyCommand({ UserName: 'theirs', PolicyArn }));
  await iam.send(new DetachGroupPolicyCommand({ GroupName: 'crowd', PolicyArn }));
  await world.elapse(61_000);
  await world.gone('IAMPolicy', 'it');
  assert.equal(await policyAsIs(world, 'it'), undefined);
});

test('deletion takes all versions; Retain leaves everything', async (t) => {
  const world = await startWorld(t);
  await made(world, 'it', { name: 'it' });
  await world.patch('IAMPolicy', 'it', { spec: { policy: reading('b') } });
  await world.reaches('IAMPolicy', 'it', 'Synced', 'True');
  const from = world.operatorCalls().length;
  await world.delete('IAMPolicy', 'it');
  await world.gone('IAMPolicy', 'it');
  assert.equal(await policyAsIs(world, 'it'), undefined);
  assert.deepEqual(iamWrites(world, from), ['DeletePolicyVersion', 'DeletePolicy']);

  await made(world, 'kept', { name: 'kept', deletionPolicy: 'Retain' });
  const before = await policyAsIs(world, 'kept');
  await world.delete('IAMPolicy', 'kept');
  await world.gone('IAMPolicy', 'kept');
  assert.deepEqual(await policyAsIs(world, 'kept'), before);
});

test('a policy that exists is left alone; adopted, its mark proves it ours for good, and is asked for again once lost', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const Description = 'x [s3.cloud37.dev/owned-by=other/ns/name/22222222-2222-4222-8222-222222222222]';
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await iam.send(new CreatePolicyCommand({ PolicyName: 'theirs', PolicyDocument, Description }));
  await world.apply(iamPolicy('it', reading('logs'), { name: 'theirs', adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('IAMPolicy', 'it', 'Stalled', 'AlreadyExists');
  assert.deepEqual(iamWrites(world), []);
  const marker = 'other/ns/name/22222222-2222-4222-8222-222222222222';
  await world.patch('IAMPolicy', 'it', { metadata: { annotations: { 's3.cloud37.dev/take-over-from': marker } } });
  await pass(world, 'IAMPolicy', 'it');
  await world.reaches('IAMPolicy', 'it', 'Ready', 'True');
  await world.patch('IAMPolicy', 'it', {
    metadata: { annotations: { 's3.cloud37.dev/take-over-from': null } },
    spec: { adoptionPolicy: null },
  });
  await pass(world, 'IAMPolicy', 'it');
  await world.reaches('IAMPolicy', 'it', 'Ready', 'True');
  const PolicyArn = arnOf(world, 'theirs');
  await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));
  const from = world.operatorCalls().length;
  await pass(world, 'IAMPolicy', 'it');
  await world.reaches('IAMPolicy', 'it', 'Stalled', 'AlreadyExists');
  assert.deepEqual(iamWrites(world, from), []);
  await iam.send(new SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v2' }));
  await pass(world, 'IAMPolicy', 'it');
  await world.delete('IAMPolicy', 'it');
  await world.gone('IAMPolicy', 'it');
  assert.equal(await policyAsIs(world, 'theirs'), undefined);
});

test('an adopted policy without a mark: what is in force stays, the next version says whose it is, and Retain keeps it', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const Statement = [{ Sid: 'Read', Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::logs/*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new CreatePolicyCommand({ PolicyName: 'bare', PolicyDocument }));
  await world.apply(
    iamPolicy('it', reading('logs'), { name: 'bare', adoptionPolicy: 'AdoptOrCreate', deletionPolicy: 'Retain' }),
  );
  await world.reaches('IAMPolicy', 'it', 'Ready', 'True');
  await world.resync();
  assert.deepEqual(iamWrites(world), []);
  await world.patch('IAMPolicy', 'it', { spec: { policy: reading('b') } });
  await world.reaches('IAMPolicy', 'it', 'Synced', 'True');
  await world.resync();
  assert.deepEqual(iamWrites(world), ['CreatePolicyVersion']);
  await world.delete('IAMPolicy', 'it');
  await world.gone('IAMPolicy', 'it');

  const marked = await policyAsIs(world, 'bare');
  const [, mark = ''] = /"Sid":"(S3Cloud37Dev[0-9a-f]{64})"/.exec(JSON.stringify(marked?.document)) ?? [];
  await world.apply(iamPolicy('other', reading('b'), { name: 'bare', adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('IAMPolicy', 'other', 'Stalled', 'AlreadyExists');
  const { message = '' } = (await world.condition('IAMPolicy', 'other', 'Stalled')) ?? {};
  assert.ok(mark !== '' && message.includes(`is owned by ${mark}:`), message);
  assert.deepEqual(await policyAsIs(world, 'bare'), marked);
});

test('a sid that ends like a mark is refused, and nothing is called', async (t) => {
  const world = await startWorld(t);
  const [statement] = reading('logs').statement;
  const sid = `Read${sidMark('cluster/namespace/name/uid')}`;
  await world.apply(iamPolicy('it', { statement: [{ ...statement, sid }] }));
  await world.reaches('IAMPolicy', 'it', 'Stalled', 'InvalidSpec');
  const { message = '' } = (await world.condition('IAMPolicy', 'it', 'Stalled')) ?? {};
  assert.match(message, /the sid that ends in "S3Cloud37Dev[0-9a-f]{64}"/);
  assert.deepEqual(iamWrites(world), []);
});
