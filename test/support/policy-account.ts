import { type TestContext } from 'node:test';
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  type IAMClient,
  PutGroupPolicyCommand,
} from '@aws-sdk/client-iam';
import type { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import {
  OPERATOR_NAME,
  operatorPolicy,
  type PolicyAdditions,
  type PolicyPreset,
} from '../../src/wasabi/operator-policy.ts';
import { iamConsole } from './iam-console.ts';
import { consoleOf } from './world.ts';

const region = 'eu-central-2';
/** A policy that allows everything. */
export const EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
/** An object of a tenant. */
export const SECRET = { Bucket: 'team-a-data', Key: 'secret' };
/** The same, of a bucket without versioning: the permission is another one than for the object. */
export const SECRET_VERSION = { ...SECRET, VersionId: 'null' };

/** Somebody with a user of that policy, made as the page says. */
export interface Operator {
  readonly s3: S3Client;
  readonly iam: IAMClient;
  readonly sts: STSClient;
}

/** Makes user, policy and key as docs/reference/operator-policy.md says. */
export async function operatorWith(
  emulator: Emulator,
  preset: PolicyPreset,
  additions: PolicyAdditions = {},
): Promise<Operator> {
  const root = iamConsole(emulator);
  const PolicyDocument = JSON.stringify(operatorPolicy(preset, additions));
  const { Policy } = await root.send(new CreatePolicyCommand({ PolicyName: OPERATOR_NAME, PolicyDocument }));
  await root.send(new CreateUserCommand({ UserName: OPERATOR_NAME }));
  await root.send(new AttachUserPolicyCommand({ UserName: OPERATOR_NAME, PolicyArn: Policy?.Arn }));
  const { AccessKey } = await root.send(new CreateAccessKeyCommand({ UserName: OPERATOR_NAME }));
  const keys = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  const sts = new STSClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${emulator.port}`,
    credentials: keys,
    maxAttempts: 1,
  });
  return { s3: consoleOf(emulator, keys, region), iam: iamConsole(emulator, keys), sts };
}

/** The ARN of something of IAM in that account: `user/NAME`. */
export const arnOf = ({ account }: Emulator, entity: string) => `arn:aws:iam::${account.accountId}:${entity}`;

/** An account with things of two teams, of which the role and the group may do everything. */
export async function startAccount(t: TestContext): Promise<Emulator> {
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  for (const name of ['team-a-data', 'team-b-data']) emulator.console.createBucket({ name, region });
  emulator.console.putObject(SECRET.Bucket, SECRET.Key, 'x');
  const root = iamConsole(emulator);
  for (const UserName of ['team-a-user', 'team-b-user']) await root.send(new CreateUserCommand({ UserName }));
  for (const PolicyName of ['team-a-policy', 'team-b-policy'])
    await root.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: EVERYTHING }));
  await root.send(new CreateRoleCommand({ RoleName: 'admin', AssumeRolePolicyDocument: trustOf(emulator) }));
  await root.send(new CreateGroupCommand({ GroupName: 'admins' }));
  const admins = { GroupName: 'admins', PolicyName: 'all', PolicyDocument: EVERYTHING };
  await root.send(new PutGroupPolicyCommand(admins));
  await root.send(new CreateGroupCommand({ GroupName: 'writers' }));
  return emulator;
}

/** The account may choose who takes on the role. */
function trustOf(emulator: Emulator): string {
  const Principal = { AWS: arnOf(emulator, 'root') };
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal }],
  });
}
