import { isDeepStrictEqual } from 'node:util';
import type { AccessKey } from './api/access-key.ts';
import type { BucketPolicy } from './api/bucket-policy.ts';
import { type KubeObject, keyOf } from './api/meta.ts';
import type { Provider } from './api/provider.ts';
import { isFreezeAsked } from './kinds/key-freeze.ts';
import { findCondition } from './managed/conditions.ts';
import type { ManagedResource } from './managed/kind.ts';
import type { Change } from './runtime/store-feed.ts';
import type { IndexedKind } from './snapshot.ts';
import type { WakeParts } from './wake.ts';
import { policyNameOf } from './wasabi/policy/arn.ts';

/**
 * Objects whose own pass has something to do because of one that depends on them, or that they depend on without naming
 * it: what a tenant's policies may allow, and what its BucketPolicies may take over.
 */
export function dependedOn(parts: WakeParts, change: Change<ManagedResource>): readonly KubeObject[] {
  if (change.isInitial) return [];
  return [...tenantsOf(parts, change), ...adoptersOf(parts, change), ...sharersOf(parts, change)];
}

/** A BucketPolicy names no Provider, and may replace somebody else's document as the Provider of its Bucket says. */
function adoptersOf({ snapshot }: WakeParts, { before, after }: Change<ManagedResource>): readonly KubeObject[] {
  if (after?.kind !== 'Provider' || adoptionOf(before) === adoptionOf(after)) return [];
  const buckets = [...snapshot.referrers('Provider', keyOf(after))].filter(
    ({ resource }) => resource.kind === 'Bucket',
  );
  const policies = buckets.flatMap(({ resource }) => [...snapshot.referrers('Bucket', keyOf(resource))]);
  return policies.map(({ resource }) => resource).filter(({ kind }) => kind === 'BucketPolicy');
}

/**
 * What a BucketPolicy brings counts for the others of its bucket once the service has accepted it: a younger one may have
 * to give way to it then, and all tell of the whole policy.
 */
function sharersOf({ kinds, snapshot }: WakeParts, { before, after }: Change<ManagedResource>): readonly KubeObject[] {
  if (after?.kind !== 'BucketPolicy' || isDeepStrictEqual(acceptedOf(before), acceptedOf(after))) return [];
  const { uid } = after.metadata;
  const name = kinds.get('BucketPolicy')?.kind.externalName(after) ?? '';
  return [...snapshot.namesakes<ManagedResource>('BucketPolicy', name)].filter(({ metadata }) => metadata.uid !== uid);
}

function acceptedOf(resource: ManagedResource | undefined): readonly string[] | undefined {
  const { status } = (resource ?? {}) as Partial<BucketPolicy>; // of that kind
  return status?.statementHashes;
}

function adoptionOf(provider: KubeObject | undefined): string | undefined {
  const { spec } = (provider ?? {}) as Partial<Provider>; // of that kind; as stored, so that it may lack what is required
  return spec?.tenancy?.adoption;
}

/** An AccessKey that comes or goes is counted by its User; one that is frozen no longer lets its User thaw the keys. */
export function usersCounting(
  { snapshot, lookup }: WakeParts,
  kind: IndexedKind,
  { before, after, isInitial }: Change<ManagedResource>,
): readonly KubeObject[] {
  const resource = after ?? before;
  if (isInitial || resource?.kind !== 'AccessKey') return [];
  const isCounted = before === undefined || after === undefined || isFreezeAsked(before) !== isFreezeAsked(after);
  // A create that was on its way when the User was frozen.
  const isNewKey = !isCounted && !isDeepStrictEqual(ownKeysOf(before), ownKeysOf(after));
  if (!isCounted && !isNewKey) return [];
  return kind.references(resource).flatMap((reference) => {
    if (reference.kind !== 'User' || !lookup.isPermitted(resource, reference)) return [];
    const user = snapshot.get<KubeObject>('User', reference.key);
    return user !== undefined && (isCounted || isFreezeAsked(user)) ? [user] : [];
  });
}

function ownKeysOf(key: ManagedResource): readonly string[] | undefined {
  const { status } = key as AccessKey; // of that kind
  return status?.ownKeys;
}

/** The IAMPolicies that mean the managed policy of that ARN: they list whom it is attached to. */
export function policiesOf({ snapshot }: WakeParts, arn: string): readonly KubeObject[] {
  const name = policyNameOf(arn);
  return name === undefined ? [] : snapshot.namesakes<ManagedResource>('IAMPolicy', name);
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
