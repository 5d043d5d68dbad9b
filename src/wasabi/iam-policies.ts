import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListEntitiesForPolicyCommand,
  ListPolicyVersionsCommand,
} from '@aws-sdk/client-iam';
import type { WasabiClient } from './clients.ts';
import { ABSENT, allPages, plainArn, plainId, present } from './iam.ts';

/** A managed policy as GetPolicy tells it. */
export interface ManagedPolicy {
  readonly arn: string;
  /** This very incarnation: a policy of the same name made later has another one. */
  readonly policyId: string;
  readonly defaultVersionId: string;
  readonly description: string;
  /** On the service's clock, milliseconds since the epoch, whole seconds. */
  readonly createdAtMs: number | undefined;
}

/** Names of those that a managed policy is attached to, each list sorted. */
export interface PolicyEntities {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly roles: readonly string[];
}

/** One version of a managed policy. */
export interface PolicyVersion {
  readonly versionId: string;
  readonly isDefault: boolean;
}

/** The ARN of a managed policy without a path, which is what this operator makes. Policies are found by it. */
export function policyArn(accountId: string, policyName: string): string {
  return `arn:aws:iam::${accountId}:policy/${policyName}`;
}

/** `undefined`: the service says that there is no such policy. */
export async function readPolicy(
  client: WasabiClient,
  arn: string,
  signal: AbortSignal,
): Promise<ManagedPolicy | undefined> {
  const answer = await client.iam(new GetPolicyCommand({ PolicyArn: arn }), { signal, absent: ABSENT });
  if (answer === undefined) return undefined;
  const policy = present(answer.Policy, 'GetPolicy');
  return {
    arn: plainArn(policy.Arn) ?? arn,
    policyId: plainId(present(policy.PolicyId, 'GetPolicy')),
    defaultVersionId: plainId(present(policy.DefaultVersionId, 'GetPolicy')),
    description: policy.Description ?? '',
    createdAtMs: policy.CreateDate?.getTime(),
  };
}

/** The document of one version as the service sends it, percent-encoded or not; `undefined`: no such version. */
export async function readPolicyVersion(
  client: WasabiClient,
  arn: string,
  versionId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const command = new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: versionId });
  const answer = await client.iam(command, { signal, absent: ABSENT });
  return answer === undefined ? undefined : present(answer.PolicyVersion?.Document, 'GetPolicyVersion');
}

/** Everybody that the policy is attached to, from one listing. A policy that is gone is attached to nobody. */
export async function listPolicyEntities(
  client: WasabiClient,
  PolicyArn: string,
  signal: AbortSignal,
): Promise<PolicyEntities> {
  const found = await allPages(
    (Marker) => client.iam(new ListEntitiesForPolicyCommand({ PolicyArn, Marker }), { signal, absent: ABSENT }),
    ({ PolicyUsers = [], PolicyGroups = [], PolicyRoles = [] }) => [
      ...PolicyUsers.map(({ UserName = '' }) => `user/${UserName}`),
      ...PolicyGroups.map(({ GroupName = '' }) => `group/${GroupName}`),
      ...PolicyRoles.map(({ RoleName = '' }) => `role/${RoleName}`),
    ],
  );
  const named = (prefix: string) =>
    found.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
  return { users: named('user/'), groups: named('group/'), roles: named('role/') };
}

/** All versions, oldest first. A policy that is gone has none. */
export async function listPolicyVersions(
  client: WasabiClient,
  PolicyArn: string,
  signal: AbortSignal,
): Promise<readonly PolicyVersion[]> {
  const found = new Map<string, PolicyVersion>();
  const ids = await allPages(
    (Marker) => client.iam(new ListPolicyVersionsCommand({ PolicyArn, Marker }), { signal, absent: ABSENT }),
    ({ Versions = [] }) =>
      Versions.map(({ VersionId, IsDefaultVersion }) => {
        const versionId = plainId(present(VersionId, 'ListPolicyVersions'));
        found.set(versionId, { versionId, isDefault: IsDefaultVersion === true });
        return versionId;
      }),
  );
  const versions = ids.flatMap((id) => found.get(id) ?? []);
  return versions.toSorted((a, b) => numberOf(a.versionId) - numberOf(b.versionId));
}

/** Versions are named `v1`, `v2`, … in the order in which they were made. */
function numberOf(versionId: string): number {
  return Number(/\d+/.exec(versionId)?.[0] ?? 0);
}
