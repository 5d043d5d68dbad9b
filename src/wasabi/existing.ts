import { ListPoliciesCommand, ListUsersCommand } from '@aws-sdk/client-iam';
import type { BucketIndex } from './buckets.ts';
import type { WasabiClient } from './clients.ts';
import { eachPage } from './iam.ts';

/** What there is of one kind in an account, by name. The value names this very incarnation, where the service has such ids. */
export type Existing = ReadonlyMap<string, string | undefined>;

/** The most that the service gives at once. Source: IAM API Reference, ListUsers and ListPolicies. */
const PAGE_SIZE = 1_000;
/** The credentials may do what they need for each user and policy, and not list them. */
const REFUSED = ['AccessDenied', 'AccessForbidden'] as const;

/**
 * The buckets of an account, listed after this call began. `undefined`: the credentials may not list them.
 * @throws DependencyNotReady, Throttled, Transient, Unsupported
 */
export async function listBuckets(
  index: BucketIndex,
  sinceMs: number,
  signal: AbortSignal,
): Promise<Existing | undefined> {
  const listed = await index.list({ signal, freshSinceMonotonicMs: sinceMs });
  return listed && new Map([...listed.keys()].map((name) => [name, undefined]));
}

/** The IAM users of an account; otherwise as `listBuckets`. */
export async function listUsers(client: WasabiClient, signal: AbortSignal): Promise<Existing | undefined> {
  const users = new Map<string, string | undefined>();
  const isListed = await eachPage(
    (Marker) => client.iam(new ListUsersCommand({ Marker, MaxItems: PAGE_SIZE }), { signal, absent: REFUSED }),
    ({ Users }) => {
      for (const { UserName, UserId } of Users ?? []) if (UserName !== undefined) users.set(UserName, UserId);
    },
  );
  return isListed ? users : undefined;
}

/** The managed policies that the account itself has; otherwise as `listBuckets`. */
export async function listOwnPolicies(client: WasabiClient, signal: AbortSignal): Promise<Existing | undefined> {
  const policies = new Map<string, string | undefined>();
  const isListed = await eachPage(
    (Marker) =>
      client.iam(new ListPoliciesCommand({ Scope: 'Local', Marker, MaxItems: PAGE_SIZE }), { signal, absent: REFUSED }),
    ({ Policies }) => {
      for (const { PolicyName, PolicyId } of Policies ?? []) {
        if (PolicyName !== undefined) policies.set(PolicyName, PolicyId);
      }
    },
  );
  return isListed ? policies : undefined;
}
