import type { IamPolicy } from '../../api/iam-policy.ts';
import { keyOf } from '../../api/meta.ts';
import type { User } from '../../api/user.ts';
import type { ManagedKind, Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ownerOf } from '../../managed/rivals.ts';
import type { AccountAccess } from '../account-access.ts';
import type { AttachmentSignal } from '../attachment-signal.ts';
import { wasObstructed } from '../deletion-obstacle.ts';
import { connectIam, GLOBAL } from '../iam-connection.ts';
import { providerOf } from '../provider-reference.ts';
import type { TenancyContext } from '../tenancy.ts';
import { applyUser } from './apply.ts';
import { attachedByUs } from './attached.ts';
import { deleteUser, userObstacle } from './delete.ts';
import { type DesiredUser, desiredUser, isOfPredecessor } from './desired.ts';
import { diffUser, type UserChange } from './diff.ts';
import { type ObservedUser, observeUser, type UserClient } from './observe.ts';
import { policyReferences, userReferences } from './references.ts';
import { userStatus } from './status.ts';

/** What the kind is made of; see `operator.ts`. */
export interface UserParts {
  readonly lookup: Lookup;
  readonly access: AccountAccess;
  readonly clusterId: string;
  readonly attachments: AttachmentSignal;
}

/** User: one IAM user of a Provider's account, with exactly what its spec grants. */
export function userKind(parts: UserParts): ManagedKind<User, DesiredUser, ObservedUser, UserChange, UserClient> {
  const { lookup, access, clusterId, attachments } = parts;
  const desired = (resource: User, target: Target) =>
    desiredUser(resource, contextOf(lookup, resource, target), ownerOf(resource, clusterId));
  return {
    kind: 'User',
    isExternal: true,
    defaultDeletionPolicy: 'Delete',
    events: {
      created: 'UserCreated',
      updated: 'UserUpdated',
      deleted: 'UserDeleted',
      failed: 'ReconcileFailed',
      repaired: 'DriftRepaired',
      isTakenOver: true,
    },
    references: userReferences,
    hasLegacyClaim,
    resolve(resource): Target {
      const provider = providerOf(lookup, resource);
      return {
        provider: keyOf(provider),
        accountId: access.pinnedAccount(provider),
        region: GLOBAL,
        name: resource.spec.name,
        identity: legacyIdentity(resource),
      };
    },
    desired,
    connect: async (resource, target, signal) => ({
      wasabi: await connectIam({ lookup, access }, resource, target, signal),
      userName: target.name,
      owner: ownerOf(resource, clusterId),
      attachments,
      attachedBefore: undefined,
      observedUserId: undefined,
    }),
    clockOffsetMs: (client) => client.wasabi.clockOffsetMs(),
    observe: (client, _target, wanted, signal) => observeUser(client, wanted, signal),
    evidence: ({ marker, userId, createdAtMs }) => ({ marker, identity: userId, createdAtMs }),
    announce: (_resource, wanted, observed) => {
      const attached = attachedByUs(wanted, observed);
      return attached.length === 0 ? {} : { attached };
    },
    diff: diffUser,
    apply: (client, _target, change, signal) => applyUser(client, change, signal),
    obstacle: async (client, resource, _target, signal) =>
      wasObstructed(resource) ? userObstacle(client, resource, namedPolicies(lookup, resource), signal) : undefined,
    delete: (client, resource, _target, policy, signal) =>
      deleteUser(client, resource, namedPolicies(lookup, resource), policy, signal),
    status: (resource, target, observed, facts) =>
      userStatus(resource, {
        desired: desired(resource, target),
        observed,
        facts,
        keys: keyCount(lookup, resource),
        rejectsUnsupported: providerOf(lookup, resource).spec.unsupportedSettings === 'Reject',
      }),
  };
}

function contextOf(lookup: Lookup, resource: User, { accountId }: Target): TenancyContext {
  return { lookup, resource, provider: providerOf(lookup, resource), accountId };
}

/** The predecessor left `created`, and `inherited` says so after our first status, until something proves the user ours. */
function hasLegacyClaim(resource: User): boolean {
  const { target, intent } = resource.status ?? {};
  return isOfPredecessor(resource) && target?.identity === undefined && intent?.action !== 'Create';
}

/** The predecessor recorded the UserId that its own create was answered with. */
function legacyIdentity(resource: User): string | undefined {
  return isOfPredecessor(resource) ? resource.status?.userId : undefined;
}

/** ARNs of all managed policies that the spec names, as far as the references lead anywhere. */
function namedPolicies(lookup: Lookup, resource: User): readonly string[] {
  const referenced = policyReferences(resource).flatMap((reference) => {
    const policy = lookup.get<IamPolicy>(reference.kind, reference.key);
    return policy !== undefined && lookup.isPermitted(resource, reference) ? (policy.status?.policyArn ?? []) : [];
  });
  return [...referenced, ...(resource.spec.managedPolicyArns ?? [])];
}

/** How many AccessKey objects refer to the User, and may. */
function keyCount(lookup: Lookup, resource: User): number {
  const referrers = [...lookup.referrers(resource)];
  return referrers.filter(
    ({ resource: other, references }) =>
      other.kind === 'AccessKey' && references.some((reference) => lookup.isPermitted(other, reference)),
  ).length;
}
