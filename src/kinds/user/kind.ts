import type { IamPolicy } from '../../api/iam-policy.ts';
import { USER_NAME_FIXED, type User } from '../../api/user.ts';
import type { ManagedKind, Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ownerOf } from '../../managed/rivals.ts';
import type { Pass } from '../../runtime/turn.ts';
import type { AccountAccess } from '../account-access.ts';
import type { AttachmentSignal } from '../attachment-signal.ts';
import { wasObstructed } from '../deletion-obstacle.ts';
import { connectIam, resolveIam } from '../iam-connection.ts';
import { providerOf } from '../provider-reference.ts';
import type { TenancyContext } from '../tenancy.ts';
import { applyUser } from './apply.ts';
import { attachedByUs } from './attached.ts';
import { deleteUser, userObstacle } from './delete.ts';
import { type DesiredUser, desiredUser, isOfPredecessor } from './desired.ts';
import { diffUser, type UserChange } from './diff.ts';
import { frozenByUs, frozenFields } from './freeze.ts';
import { type ObservedUser, observeUser, recallUser, type UserClient } from './observe.ts';
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
  const { lookup, clusterId } = parts;
  return {
    kind: 'User',
    isExternal: true,
    nameIsFixed: USER_NAME_FIXED,
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
    resolve: (resource) => ({
      ...resolveIam(parts, resource, resource.spec.name),
      identity: legacyIdentity(resource),
    }),
    desired: (resource, target) =>
      desiredUser(resource, contextOf(lookup, resource, target), ownerOf(resource, clusterId)),
    connect: (resource, target, pass) => connect(parts, resource, target, pass),
    clockOffsetMs: (client) => client.wasabi.clockOffsetMs(),
    observe: (client, _target, wanted, signal) => observeUser(client, wanted, signal),
    recall: recallUser,
    evidence: ({ marker, userId, createdAtMs }) => ({ marker, identity: userId, createdAtMs }),
    announce: (resource, wanted, observed) => {
      const attached = attachedByUs(wanted, observed);
      const frozenKeys = frozenByUs(wanted.freeze, observed, true);
      return {
        ...(attached.length === 0 ? {} : { attached }),
        ...(frozenKeys.length === 0 ? {} : frozenFields(resource, frozenKeys)),
      };
    },
    diff: diffUser,
    apply: (client, _target, change, signal) => applyUser(client, change, signal),
    obstacle: async (client, resource, _target, signal) =>
      wasObstructed(resource) ? userObstacle(client, resource, namedPolicies(lookup, resource), signal) : undefined,
    delete: (client, resource, _target, policy, signal) =>
      deleteUser(client, resource, namedPolicies(lookup, resource), policy, signal),
    status: (resource, _target, desired, observed, facts) =>
      userStatus(resource, {
        desired,
        observed,
        facts,
        keys: keyCount(lookup, resource),
        isActing: resource.spec.mode !== 'Observe' && !lookup.isObserveOnly,
        rejectsUnsupported: providerOf(lookup, resource).spec.unsupportedSettings === 'Reject',
      }),
  };
}

async function connect(parts: UserParts, resource: User, target: Target, pass: Pass): Promise<UserClient> {
  return {
    wasabi: await connectIam(parts, resource, target, pass),
    userName: target.name,
    owner: ownerOf(resource, parts.clusterId),
    attachments: parts.attachments,
    attachedBefore: undefined,
    activeBefore: undefined,
    observedUserId: undefined,
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
