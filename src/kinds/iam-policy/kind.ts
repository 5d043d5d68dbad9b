import { type IamPolicy, POLICY_NAME_FIXED } from '../../api/iam-policy.ts';
import { parseKey } from '../../api/meta.ts';
import type { User } from '../../api/user.ts';
import type { ManagedKind, Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { markerText } from '../../managed/marker.ts';
import type { Evidence } from '../../managed/ownership.ts';
import type { Reference } from '../../managed/references.ts';
import { ownerOf } from '../../managed/rivals.ts';
import type { AccountAccess } from '../account-access.ts';
import { wasObstructed } from '../deletion-obstacle.ts';
import { connectIam, resolveIam } from '../iam-connection.ts';
import { providerOf, providerReference } from '../provider-reference.ts';
import { isSameAccount } from '../same-account.ts';
import { applyPolicy } from './apply.ts';
import { deletePolicy, policyObstacle } from './delete.ts';
import { type DesiredPolicy, desiredPolicy } from './desired.ts';
import { diffPolicy, type PolicyChange } from './diff.ts';
import { policyName } from './name.ts';
import { type ObservedPolicy, observePolicy, type PolicyClient } from './observe.ts';
import { isOfPredecessor, policyStatus } from './status.ts';

/** What the kind is made of; see `operator.ts`. */
export interface IamPolicyParts {
  readonly lookup: Lookup;
  readonly access: AccountAccess;
  readonly clusterId: string;
}

/** IAMPolicy: one managed policy of a Provider's account, for Users to be attached to. */
export function iamPolicyKind(
  parts: IamPolicyParts,
): ManagedKind<IamPolicy, DesiredPolicy, ObservedPolicy, PolicyChange, PolicyClient> {
  const { lookup, clusterId } = parts;
  return {
    kind: 'IAMPolicy',
    isExternal: true,
    nameIsFixed: POLICY_NAME_FIXED,
    defaultDeletionPolicy: 'Delete',
    events: {
      created: 'IAMPolicyCreated',
      updated: 'IAMPolicyUpdated',
      deleted: 'IAMPolicyDeleted',
      failed: 'ReconcileFailed',
      repaired: 'DriftRepaired',
      isTakenOver: true,
    },
    references: iamPolicyReferences,
    hasLegacyClaim,
    resolve: (resource) => resolveIam(parts, resource, policyName(resource)),
    desired: (resource, { accountId }) =>
      desiredPolicy(resource, { lookup, resource, provider: providerOf(lookup, resource), accountId }),
    connect: async (resource, target, pass) => ({
      wasabi: await connectIam(parts, resource, target, pass),
      accountId: target.accountId,
      policyName: target.name,
      ownMarker: markerText(ownerOf(resource, clusterId)),
      observed: undefined,
    }),
    clockOffsetMs: (client) => client.wasabi.clockOffsetMs(),
    observe: (client, _target, wanted, signal) => observePolicy(client, wanted, signal),
    evidence: ({ marker, policyId, createdAtMs }): Evidence => ({ marker, identity: policyId, createdAtMs }),
    diff: diffPolicy,
    apply: (client, _target, change, signal) => applyPolicy(client, change, signal),
    obstacle: async (client, resource, target, signal) =>
      wasObstructed(resource)
        ? policyObstacle(client, (userName, arn) => isAttachedByUs(lookup, target, userName, arn), signal)
        : undefined,
    delete: (client, _resource, target, policy, signal) =>
      deletePolicy(client, (userName, arn) => isAttachedByUs(lookup, target, userName, arn), policy, signal),
    status: (resource, _target, desired, observed, facts) => {
      const rejects = providerOf(lookup, resource).spec.unsupportedSettings === 'Reject';
      return policyStatus(resource, desired, observed, facts, rejects);
    },
  };
}

/** Every object that an IAMPolicy's spec names. */
export function iamPolicyReferences({ metadata, spec }: IamPolicy): readonly Reference[] {
  return [providerReference(metadata.namespace, spec.providerRef)];
}

function hasLegacyClaim(resource: IamPolicy): boolean {
  const { target, intent } = resource.status ?? {};
  return isOfPredecessor(resource) && target?.identity === undefined && intent?.action !== 'Create';
}

/** Whether a User object that owns the IAM user of that name recorded that it attached the policy. */
function isAttachedByUs(lookup: Lookup, own: Target, userName: string, arn: string): boolean {
  return lookup.namesakes<User>('User', userName).some(({ spec, status }) => {
    const { target, attached } = status ?? {};
    if (target?.name !== spec.name || attached?.includes(arn) !== true) return false;
    return isSameAccount(lookup, { ...target, provider: parseKey(target.provider) }, own);
  });
}
