import {
  GetUserCommand,
  GetUserPolicyCommand,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  ListGroupsForUserCommand,
  ListUserPoliciesCommand,
} from '@aws-sdk/client-iam';
import type { WasabiClient } from './clients.ts';
import { ABSENT, allPages, plainArn, plainId, present } from './iam.ts';

/** An IAM user as GetUser tells it. */
export interface IamUser {
  /** This very incarnation: a user of the same name made later has another one. */
  readonly userId: string;
  /** Undefined when the answer holds none that has the shape of an ARN. */
  readonly arn: string | undefined;
  /** On the service's clock, milliseconds since the epoch, whole seconds. */
  readonly createdAtMs: number | undefined;
}

/** `undefined`: the service says that there is no such user. */
export async function readUser(
  client: WasabiClient,
  userName: string,
  signal: AbortSignal,
): Promise<IamUser | undefined> {
  const answer = await client.iam(new GetUserCommand({ UserName: userName }), { signal, absent: ABSENT });
  if (answer === undefined) return undefined;
  const user = present(answer.User, 'GetUser');
  return {
    userId: plainId(present(user.UserId, 'GetUser')),
    arn: plainArn(user.Arn),
    createdAtMs: user.CreateDate?.getTime(),
  };
}

/** The document of one inline policy as the service sends it, percent-encoded or not; `undefined`: no such policy. */
export async function readInlinePolicy(
  client: WasabiClient,
  userName: string,
  policyName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const command = new GetUserPolicyCommand({ UserName: userName, PolicyName: policyName });
  const answer = await client.iam(command, { signal, absent: ABSENT });
  return answer === undefined ? undefined : present(answer.PolicyDocument, 'GetUserPolicy');
}

/** Names of the user's inline policies. A user that is gone has none. */
export function listInlinePolicies(client: WasabiClient, UserName: string, signal: AbortSignal): Promise<string[]> {
  return allPages(
    (Marker) => client.iam(new ListUserPoliciesCommand({ UserName, Marker }), { signal, absent: ABSENT }),
    ({ PolicyNames }) => PolicyNames ?? [],
  );
}

/** ARNs of the managed policies attached to the user. A user that is gone has none. */
export function listAttachedPolicies(client: WasabiClient, UserName: string, signal: AbortSignal): Promise<string[]> {
  return allPages(
    (Marker) => client.iam(new ListAttachedUserPoliciesCommand({ UserName, Marker }), { signal, absent: ABSENT }),
    ({ AttachedPolicies }) => (AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []),
  );
}

/** Names of the groups that the user belongs to. A user that is gone belongs to none. */
export function listGroups(client: WasabiClient, UserName: string, signal: AbortSignal): Promise<string[]> {
  return allPages(
    (Marker) => client.iam(new ListGroupsForUserCommand({ UserName, Marker }), { signal, absent: ABSENT }),
    ({ Groups }) => (Groups ?? []).flatMap(({ GroupName }) => GroupName ?? []),
  );
}

/** Ids of the user's access keys. A user that is gone has none. */
export function listAccessKeyIds(client: WasabiClient, UserName: string, signal: AbortSignal): Promise<string[]> {
  return allPages(
    (Marker) => client.iam(new ListAccessKeysCommand({ UserName, Marker }), { signal, absent: ABSENT }),
    ({ AccessKeyMetadata }) => (AccessKeyMetadata ?? []).flatMap(({ AccessKeyId }) => AccessKeyId ?? []),
  );
}
