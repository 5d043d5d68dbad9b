import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from './api/meta.ts';
import type { User } from './api/user.ts';
import { findCondition } from './managed/conditions.ts';
import type { ManagedResource } from './managed/kind.ts';
import type { Change } from './runtime/store-feed.ts';
import type { IndexedKind } from './snapshot.ts';
import type { WakeParts } from './wake.ts';
import { policyNameOf } from './wasabi/policy/arn.ts';

/**
 * Objects whose own pass has something to do because of one that depends on them, or that they depend on without naming
 * it: the count of a user's keys, the list of those that a policy is attached to, and what a tenant's policies may allow.
 */
export function dependedOn(
  parts: WakeParts,
  kind: IndexedKind,
  change: Change<ManagedResource>,
): readonly KubeObject[] {
  if (change.isInitial) return [];
  return [...usersCounting(parts, kind, change), ...policiesAttached(parts, change), ...tenantsOf(parts, change)];
}

/** An AccessKey that comes or goes is counted by its User. */
function usersCounting(
  { snapshot, lookup }: WakeParts,
  kind: IndexedKind,
  { before, after }: Change<ManagedResource>,
): readonly KubeObject[] {
  const resource = after ?? before;
  if (resource?.kind !== 'AccessKey' || (before !== undefined && after !== undefined)) return [];
  return kind.references(resource).flatMap((reference) => {
    if (reference.kind !== 'User' || !lookup.isPermitted(resource, reference)) return [];
    return snapshot.get<KubeObject>('User', reference.key) ?? [];
  });
}

/** What a User attached or detached shows in the `attachedUsers` of the policy, once its pass has ended. */
function policiesAttached({ snapshot }: WakeParts, { before, after }: Change<ManagedResource>): readonly KubeObject[] {
  if ((after ?? before)?.kind !== 'User') return [];
  const [was, is] = [before, after].map((user) => (user as User | undefined)?.status); // the store of Users
  const isSame = was?.lastSyncTime === is?.lastSyncTime && was?.observedGeneration === is?.observedGeneration;
  if (isSame) return [];
  const names = [...(was?.attached ?? []), ...(is?.attached ?? [])].map((one) => policyNameOf(one));
  return [...new Set(names)].flatMap((name) =>
    name === undefined ? [] : snapshot.namesakes<ManagedResource>('IAMPolicy', name),
  );
}

/**
 * Users and IAMPolicies of other namespaces than their Provider's may be open to the buckets of their own namespace only:
 * they look again when a Bucket there gets its bucket, or loses it.
 */
function tenantsOf({ kinds }: WakeParts, { before, after }: Change<ManagedResource>): readonly KubeObject[] {
  const bucket = after ?? before;
  if (bucket?.kind !== 'Bucket' || isDeepStrictEqual(claimOf(before), claimOf(after))) return [];
  const { namespace } = bucket.metadata;
  return ['User', 'IAMPolicy'].flatMap((name) => {
    const found = kinds.get(name);
    if (found === undefined) return [];
    return found.store
      .list(namespace)
      .filter((resource) =>
        found.kind.references(resource).some(({ kind, key }) => kind === 'Provider' && key.namespace !== namespace),
      );
  });
}

function claimOf(bucket: ManagedResource | undefined): unknown {
  if (bucket === undefined) return undefined;
  const { target, conditions } = bucket.status ?? {};
  return [target?.name, target?.accountId, findCondition(conditions, 'Synced')?.reason];
}
