import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  IAMClient,
  ListAttachedUserPoliciesCommand,
  ListGroupsForUserCommand,
  ListUserPoliciesCommand,
} from '@aws-sdk/client-iam';
import type { Emulator } from '../../src/emulator/server.ts';
import type { KeyPair } from './account.ts';
import type { World } from './world.ts';

/** Somebody with keys of an account who works on its identities past the operator. Default: the root's. */
export function iamConsole(emulator: Emulator, keys: KeyPair = emulator.account): IAMClient {
  const { accessKeyId, secretAccessKey } = keys;
  return new IAMClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${emulator.port}`,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
}

/** A user as the service has it; `inline` by name, documents parsed. */
export interface UserAsIs {
  readonly userId: string;
  readonly inline: Readonly<Record<string, unknown>>;
  readonly policies: readonly string[];
  readonly groups: readonly string[];
}

/** The user of that name; undefined: there is none. */
export async function userAsIs(world: World, UserName: string): Promise<UserAsIs | undefined> {
  const iam = iamConsole(world.emulator);
  const found = await absentAsUndefined(iam.send(new GetUserCommand({ UserName })));
  if (found === undefined) return undefined;
  const { PolicyNames = [] } = await iam.send(new ListUserPoliciesCommand({ UserName }));
  const inline: Record<string, unknown> = {};
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument = '' } = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName }));
    inline[PolicyName] = JSON.parse(decodeURIComponent(PolicyDocument));
  }
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedUserPoliciesCommand({ UserName }));
  const { Groups = [] } = await iam.send(new ListGroupsForUserCommand({ UserName }));
  return {
    userId: found.User?.UserId ?? '',
    inline,
    policies: AttachedPolicies.map(({ PolicyArn = '' }) => PolicyArn).toSorted(),
    groups: Groups.map(({ GroupName = '' }) => GroupName).toSorted(),
  };
}

/** A managed policy as the service has it. */
export interface PolicyAsIs {
  readonly policyId: string;
  readonly description: string;
  readonly versionId: string;
  readonly document: unknown;
}

/** The managed policy of that name; undefined: there is none. */
export async function policyAsIs(world: World, name: string): Promise<PolicyAsIs | undefined> {
  const iam = iamConsole(world.emulator);
  const PolicyArn = arnOf(world, name);
  const found = await absentAsUndefined(iam.send(new GetPolicyCommand({ PolicyArn })));
  if (found?.Policy === undefined) return undefined;
  const { PolicyId = '', Description = '', DefaultVersionId: VersionId = '' } = found.Policy;
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
  const document: unknown = JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? ''));
  return { policyId: PolicyId, description: Description, versionId: VersionId, document };
}

/** The ARN of a managed policy of the account. */
export function arnOf(world: World, name: string): string {
  return `arn:aws:iam::${world.emulator.account.accountId}:policy/${name}`;
}

/** Calls of operators to IAM by name since the ordinal, in the order of their arrival. */
export function iamCalls(world: World, from = 0): readonly string[] {
  return world
    .operatorCalls()
    .slice(from)
    .filter(({ service }) => service === 'iam')
    .map(({ operation }) => operation);
}

/** Calls of operators to IAM that could have changed something. */
export function iamWrites(world: World, from = 0): readonly string[] {
  return world
    .operatorCalls()
    .slice(from)
    .filter(({ service, mutating }) => service === 'iam' && mutating)
    .map(({ operation }) => operation);
}

async function absentAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('NoSuchEntity')) return undefined;
    throw error;
  }
}
