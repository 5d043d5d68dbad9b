import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import type { IamPolicy } from '../src/api/iam-policy.ts';
import type { User } from '../src/api/user.ts';
import { providerSecret } from './support/account.ts';
import { eventsAbout } from './support/answers.ts';
import { iamPolicy, type Manifest, provider, user } from './support/builders.ts';
import { arnOf, iamConsole, iamWrites, policyAsIs, userAsIs } from './support/iam-console.ts';
import { pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, type World } from './support/world.ts';

const { startWorld } = shareCluster();
const LEGACY_FINALIZER = 'kopf.zalando.org/KopfFinalizerMarker';
const PAST = 's3.cloud37.dev/reconcile-requested-at';

const read = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' }] };
const asIs = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::logs/*' }],
};

const write = { statement: [{ effect: 'Allow', action: 's3:PutObject', resource: 'arn:aws:s3:::logs/*' }] };
const writeAsIs = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:PutObject'], Resource: ['arn:aws:s3:::logs/*'] }],
};

/** An object as the predecessor stored it, its operator gone. */
async function stored(world: World, manifest: Manifest, status: object): Promise<void> {
  await world.kill();
  await world.apply({ ...manifest, metadata: { ...manifest.metadata, finalizers: [LEGACY_FINALIZER] } });
  await world.patchStatus(manifest.kind, manifest.metadata.name, status);
  await world.restart();
}

test('a user of the predecessor is known by its UserId, and its policy is kept up under the old name', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const UserName = 'team-a';
  const PolicyName = 'team-a-policy';
  const { User: made } = await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument: JSON.stringify(asIs) }));
  await stored(world, user(UserName, { policy: read }), { userId: made?.UserId, created: true });
  await world.reaches('User', UserName, 'Ready', 'True');
  await world.settle();
  assert.deepEqual(iamWrites(world), []);
  const { metadata, status } = (await world.get('User', UserName)) as unknown as User;
  assert.deepEqual(metadata.finalizers, ['s3.cloud37.dev/finalizer']);
  assert.deepEqual(status?.attached, ['inline/team-a-policy']);
  assert.equal(status?.target?.identity, made?.UserId);
  // An edit of the spec is followed there, and so is the end of the policy.
  await world.patch('User', UserName, { spec: { policy: write } });
  await world.reaches('User', UserName, 'Synced', 'True');
  assert.deepEqual((await userAsIs(world, UserName))?.inline, { [PolicyName]: writeAsIs });
  await world.patch('User', UserName, { spec: { policy: null } });
  await world.reaches('User', UserName, 'Synced', 'True');
  assert.deepEqual((await userAsIs(world, UserName))?.inline, {});
  assert.deepEqual(iamWrites(world), ['PutUserPolicy', 'DeleteUserPolicy']);
  // What is written anew has the name that marks the user as ours.
  await world.patch('User', UserName, { spec: { policy: read } });
  await world.reaches('User', UserName, 'Synced', 'True');
  const found = await userAsIs(world, UserName);
  assert.equal(found?.userId, made?.UserId);
  assert.match(Object.keys(found?.inline ?? {}).join(), /^s3\.cloud37\.dev\.[^,]*$/);
  await world.delete('User', UserName);
  await world.gone('User', UserName);
  assert.equal(await userAsIs(world, UserName), undefined);
});

test('a grant that the predecessor gave unasked is told, and stays until the user goes', async (t) => {
  const world = await startWorld(t);
  const iam = iamConsole(world.emulator);
  const UserName = 'team-a';
  const { User: made } = await iam.send(new CreateUserCommand({ UserName }));
  const PolicyDocument = JSON.stringify(asIs);
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'team-a-policy', PolicyDocument }));
  await iam.send(new CreatePolicyCommand({ PolicyName: 'old', PolicyDocument }));
  await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: arnOf(world, 'old') }));
  await stored(world, iamPolicy('old', read), { applied: true, policyArn: 'arn:aws:iam::*:policy/old' });
  await world.reaches('IAMPolicy', 'old', 'Ready', 'True');
  await stored(world, user(UserName, { policyRef: { name: 'old' } }), { userId: made?.UserId, created: true });
  await world.reaches('User', UserName, 'Ready', 'True');
  await world.reaches('User', UserName, 'LeftByPredecessor', 'True');
  await world.resync();
  assert.deepEqual(iamWrites(world), []);
  const { status } = (await world.get('User', UserName)) as unknown as User;
  assert.deepEqual(status?.attached, [arnOf(world, 'old')]);
  assert.deepEqual(status?.leftovers, ['team-a-policy']);
  const told = eventsAbout(world, 'User', UserName).filter(({ reason }) => reason === 'LeftByPredecessor');
  assert.equal(told.length, 1);
  assert.match(told[0]?.note ?? '', /inline policy "team-a-policy", which the spec does not describe/);
  await world.delete('User', UserName);
  await world.gone('User', UserName);
  assert.equal(await userAsIs(world, UserName), undefined);
});

for (const end of ['somebody takes it away', 'the spec describes it'] as const) {
  test(`a grant that the predecessor gave unasked is told no more once ${end}`, async (t) => {
    const world = await startWorld(t);
    const iam = iamConsole(world.emulator);
    const [UserName, PolicyName] = ['team-a', 'team-a-policy'];
    const { User: made } = await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument: JSON.stringify(asIs) }));
    await stored(world, user(UserName), { userId: made?.UserId, created: true });
    await world.reaches('User', UserName, 'LeftByPredecessor', 'True');
    if (end === 'somebody takes it away') await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
    else await world.patch('User', UserName, { spec: { policy: write } });
    await pass(world, 'User', UserName);
    assert.equal(await world.condition('User', UserName, 'LeftByPredecessor'), undefined);
    assert.equal(((await world.get('User', UserName)) as unknown as User).status?.leftovers, undefined);
    const inline = end === 'somebody takes it away' ? {} : { [PolicyName]: writeAsIs };
    assert.deepEqual((await userAsIs(world, UserName))?.inline, inline);
  });
}

test('a user that took the place of the predecessor’s is not touched', async (t) => {
  const world = await startWorld(t);
  await iamConsole(world.emulator).send(new CreateUserCommand({ UserName: 'team-a' }));
  await stored(world, user('team-a', { policy: read }), { userId: 'AIDAOFSOMEBODYELSE', created: true });
  await world.reaches('User', 'team-a', 'Stalled', 'AlreadyExists');
  assert.deepEqual(iamWrites(world), []);
});

test('a managed policy of the predecessor keeps its name, whatever account its ARN has', async (t) => {
  const world = await startWorld(t);
  const PolicyDocument = JSON.stringify(asIs);
  await iamConsole(world.emulator).send(new CreatePolicyCommand({ PolicyName: 'read-logs', PolicyDocument }));
  const before = await policyAsIs(world, 'read-logs');
  const status = { applied: true, policyArn: 'arn:aws:iam::*:policy/read-logs', attachedUsers: [] };
  await stored(world, iamPolicy('read-logs', read), status);
  await world.reaches('IAMPolicy', 'read-logs', 'Ready', 'True');
  assert.deepEqual(iamWrites(world), []);
  assert.deepEqual(await policyAsIs(world, 'read-logs'), before);
  const after = (await world.get('IAMPolicy', 'read-logs')) as unknown as IamPolicy;
  assert.equal(after.status?.policyArn, arnOf(world, 'read-logs'));
  assert.equal(after.status?.target?.identity, before?.policyId, 'it is no older than its object');
});

test('Observe tells what Manage would change, and changes nothing', async (t) => {
  const world = await startWorld(t);
  await world.apply(iamPolicy('shared', read, { name: 'shared', mode: 'Observe' }));
  await world.apply(user('team-a', { policy: read, mode: 'Observe' }));
  for (const [kind, name, change] of [
    ['IAMPolicy', 'shared', 'create the policy'],
    ['User', 'team-a', 'create the user'],
  ] as const) {
    await world.reaches(kind, name, 'Synced', 'Observed');
    const object = await world.get(kind, name);
    assert.equal(object?.status?.pendingChanges?.[0], change);
    assert.equal(object.metadata.finalizers, undefined);
    await world.delete(kind, name);
    await world.gone(kind, name);
  }
  assert.deepEqual(iamWrites(world), []);
});

test('references into two accounts are refused, and nothing is attached', async (t) => {
  const world = await startWorld(t);
  const other = world.emulator.createAccount();
  await world.apply(providerSecret('other-credentials', other));
  const auth = {
    accessKeySecretRef: { name: 'other-credentials' },
    secretKeySecretRef: { name: 'other-credentials' },
  };
  await world.apply(provider('other', { ...endpointsOf(world), auth }));
  await world.reaches('Provider', 'other', 'Ready', 'True');
  await world.apply(iamPolicy('theirs', read, { providerRef: { name: 'other' } }));
  await world.reaches('IAMPolicy', 'theirs', 'Ready', 'True');
  const from = world.operatorCalls().length;
  await world.apply(user('team-a', { policyRef: { name: 'theirs' } }));
  await world.reaches('User', 'team-a', 'Stalled', 'AccountMismatch');
  assert.deepEqual(iamWrites(world, from), []);
});

test('a status that was lost: the marker in the policy gives the user back, a bare user waits for adoption', async (t) => {
  const world = await startWorld(t);
  await world.apply(user('marked', { policy: read }));
  await world.apply(user('bare'));
  for (const name of ['marked', 'bare']) await world.reaches('User', name, 'Ready', 'True');
  await world.settle();
  const writes = iamWrites(world);
  for (const name of ['marked', 'bare']) {
    const lost = { target: null, intent: null, userId: null, arn: null, created: null };
    await world.patchStatus('User', name, lost);
    await world.patch('User', name, { metadata: { annotations: { [PAST]: 'now' } } });
  }
  await world.reaches('User', 'bare', 'Stalled', 'AlreadyExists');
  await pass(world, 'User', 'marked');
  const { status } = (await world.get('User', 'marked')) as unknown as User;
  assert.equal(status?.target?.identity, status?.userId);
  assert.deepEqual(iamWrites(world), writes);
});
