import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  CreateRoleCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  GetUserCommand,
  ListUsersCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { EmulatorOptions } from './options.ts';
import { createUser, type UserWithKey } from './testing/iam-user.ts';
import { type Loopback, refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow, policyText } from './testing/policies.ts';

const Bucket = 'shared';
const where = { Bucket, Key: 'k' };

type Keys = UserWithKey['keys'];

function keysOf(credentials: Credentials | undefined): Keys {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

async function start(t: TestContext, options: EmulatorOptions = {}) {
  const loopback = await startLoopback(t, options);
  loopback.emulator.console.createBucket({ name: Bucket });
  loopback.emulator.console.putObject(Bucket, 'k', 'content');
  return loopback;
}

async function sessionOf({ sts }: Loopback, keys: Keys, DurationSeconds?: number): Promise<Keys> {
  const { Credentials } = await sts({ keys }).send(new GetSessionTokenCommand({ DurationSeconds }));
  return keysOf(Credentials);
}

const get = ({ s3 }: Loopback, keys: Keys) => refusal(s3({ keys }).send(new GetObjectCommand(where)));

test('W37 GetSessionToken gives the rights of its user, for so long', async (t) => {
  const clock = new FakeClock(Date.now() - 450_000); // so that the client's own clock is never too far off
  const loopback = await start(t, { clock });
  const ann = await createUser(loopback, 'ann', allow('s3:GetObject'));
  const keys = await sessionOf(loopback, ann.keys, 900);
  assert.equal(await get(loopback, keys), 'no error');
  assert.equal(await refusal(loopback.s3({ keys }).send(new ListBucketsCommand({}))), '403 AccessDenied');
  const { Arn } = await loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
  assert.equal(Arn, ann.arn);
  clock.advance(899_999);
  assert.equal(await get(loopback, keys), 'no error');
  clock.advance(1);
  assert.equal(await get(loopback, keys), '400 ExpiredToken');
  const call = loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
  assert.equal(await refusal(call), '403 ExpiredToken');
});

test('W37 a temporary key needs its own token', async (t) => {
  const loopback = await start(t);
  const ann = await createUser(loopback, 'ann', allow('s3:GetObject'));
  const session = await sessionOf(loopback, ann.keys);
  const { accessKeyId, secretAccessKey } = session;
  assert.equal(await get(loopback, { accessKeyId, secretAccessKey }), '403 InvalidAccessKeyId');
  assert.equal(await get(loopback, { ...session, sessionToken: 'x' }), '400 InvalidToken');
  assert.equal(await get(loopback, { ...session, secretAccessKey: 'x' }), '403 SignatureDoesNotMatch');
  assert.equal(await get(loopback, { ...ann.keys, sessionToken: session.sessionToken ?? '' }), '400 InvalidToken');
});

test('W37 a session makes no session and does not reach IAM; it ends with its user', async (t) => {
  const loopback = await start(t);
  const ann = await createUser(loopback, 'ann', allow('*'));
  const keys = await sessionOf(loopback, ann.keys);
  const again = loopback.sts({ keys }).send(new GetSessionTokenCommand({}));
  assert.equal(await refusal(again), '403 AccessDenied');
  assert.equal(await refusal(loopback.iam({ keys }).send(new ListUsersCommand({}))), '403 InvalidAccessKeyId');
  const iam = loopback.iam();
  await iam.send(new DeleteUserPolicyCommand({ UserName: 'ann', PolicyName: 'own' }));
  assert.equal(await get(loopback, keys), '403 AccessDenied');
  await iam.send(new DeleteAccessKeyCommand({ UserName: 'ann', AccessKeyId: ann.keys.accessKeyId }));
  await iam.send(new DeleteUserCommand({ UserName: 'ann' }));
  assert.equal(await get(loopback, keys), '403 InvalidAccessKeyId');
});

test('W37 a root has sessions of an hour at most, a user of twelve', async (t) => {
  const loopback = await start(t);
  const { emulator } = loopback;
  assert.equal(await get(loopback, await sessionOf(loopback, emulator.account)), 'no error');
  const ann = await createUser(loopback, 'ann');
  const ask = (keys: Keys, seconds: number) => refusal(sessionOf(loopback, keys, seconds));
  assert.equal(await ask(emulator.account, 3601), '400 ValidationError');
  assert.equal(await ask(ann.keys, 43_200), 'no error');
  assert.equal(await ask(ann.keys, 43_201), '400 ValidationError');
  assert.equal(await ask(ann.keys, 899), '400 ValidationError');
});

/** A role that lets in whom the principal names, and may read objects. */
async function addRole({ iam }: Loopback, principal: string, MaxSessionDuration?: number): Promise<string> {
  const trust = { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' };
  const input = { RoleName: 'reader', AssumeRolePolicyDocument: policyText(trust), MaxSessionDuration };
  const { Role } = await iam().send(new CreateRoleCommand(input));
  const PolicyDocument = policyText(allow('s3:GetObject', 's3:PutObject', 'iam:ListUsers'));
  await iam().send(new PutRolePolicyCommand({ RoleName: 'reader', PolicyName: 'p', PolicyDocument }));
  return Role?.Arn ?? '';
}

const assume = (
  { sts }: Loopback,
  keys: Keys,
  input: Pick<AssumeRoleCommandInput, 'RoleArn' | 'Policy' | 'DurationSeconds'>,
) => sts({ keys }).send(new AssumeRoleCommand({ RoleSessionName: 'job', ...input }));

test('W37 AssumeRole gives the rights of the role, and not those of who took it on', async (t) => {
  const loopback = await start(t);
  const ann = await createUser(loopback, 'ann', allow('s3:ListAllMyBuckets'));
  const RoleArn = await addRole(loopback, ann.arn);
  const { Credentials, AssumedRoleUser } = await assume(loopback, ann.keys, { RoleArn });
  const keys = keysOf(Credentials);
  const { accountId } = loopback.emulator.account;
  assert.equal(AssumedRoleUser?.Arn, `arn:aws:sts::${accountId}:assumed-role/reader/job`);
  assert.match(AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z2-7]{17}:job$/);
  const identity = await loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
  assert.deepEqual([identity.Arn, identity.UserId], [AssumedRoleUser?.Arn, AssumedRoleUser?.AssumedRoleId]);
  assert.equal(await get(loopback, keys), 'no error');
  assert.equal(await refusal(loopback.s3({ keys }).send(new ListBucketsCommand({}))), '403 AccessDenied');
  await loopback.iam({ keys }).send(new ListUsersCommand({}));
  assert.equal(await refusal(loopback.iam({ keys }).send(new GetUserCommand({ UserName: 'ann' }))), '403 AccessDenied');
});

test('W37 AssumeRole is never for a root, and for those whom the role trusts', async (t) => {
  const loopback = await start(t);
  const { account } = loopback.emulator;
  const RoleArn = await addRole(loopback, account.accountId);
  assert.equal(await refusal(assume(loopback, account, { RoleArn })), '403 AccessDenied');
  const ann = await createUser(loopback, 'ann');
  assert.equal(await refusal(assume(loopback, ann.keys, { RoleArn })), '403 AccessDenied', 'the account must let her');
  const bob = await createUser(loopback, 'bob', allow('sts:AssumeRole'));
  assert.equal(await refusal(assume(loopback, bob.keys, { RoleArn })), 'no error');
  assert.equal(await refusal(assume(loopback, bob.keys, { RoleArn: `${RoleArn}x` })), '403 AccessDenied');
  const other = loopback.emulator.createAccount();
  const there = { ...loopback, iam: () => loopback.iam({ keys: other }) };
  const stranger = await createUser(there, 'stranger', allow('sts:AssumeRole'));
  assert.equal(await refusal(assume(loopback, stranger.keys, { RoleArn })), '403 AccessDenied');
});

test('W37 a session policy narrows a role down, a role has its longest session, and its sessions end with it', async (t) => {
  const loopback = await start(t);
  const ann = await createUser(loopback, 'ann');
  const RoleArn = await addRole(loopback, ann.arn, 7200);
  const Policy = policyText(allow('s3:Get*', 's3:ListAllMyBuckets'));
  const keys = keysOf((await assume(loopback, ann.keys, { RoleArn, Policy, DurationSeconds: 7200 })).Credentials);
  assert.equal(await get(loopback, keys), 'no error');
  assert.equal(await refusal(loopback.s3({ keys }).send(new PutObjectCommand(where))), '403 AccessDenied');
  assert.equal(await refusal(loopback.s3({ keys }).send(new ListBucketsCommand({}))), '403 AccessDenied');
  assert.equal(await refusal(loopback.iam({ keys }).send(new ListUsersCommand({}))), '403 AccessDenied');
  assert.equal(await refusal(assume(loopback, ann.keys, { RoleArn, DurationSeconds: 7201 })), '400 ValidationError');
  const malformed = assume(loopback, ann.keys, { RoleArn, Policy: '{}' });
  assert.equal(await refusal(malformed), '400 MalformedPolicyDocumentException');
  loopback.emulator.state.accounts
    .get(loopback.emulator.account.accountId)
    ?.roles.get('reader')
    ?.inlinePolicies.clear();
  await loopback.iam().send(new DeleteRoleCommand({ RoleName: 'reader' }));
  assert.equal(await get(loopback, keys), '403 InvalidAccessKeyId');
});

test('W53 users, policies and sessions outlive a restart', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulator-'));
  const first = await start(t, { dataDir });
  const ann = await createUser(first, 'ann', allow('s3:GetObject'));
  const session = await sessionOf(first, ann.keys);
  const before = first.emulator.snapshot();
  await first.emulator.stop();
  const second = await startLoopback(t, { dataDir });
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  assert.deepEqual(second.emulator.snapshot(), before);
  for (const keys of [ann.keys, session]) assert.equal(await get(second, keys), 'no error');
});
