import type { Bucket } from '../api/bucket.ts';
import { keyOf } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import { findCondition } from '../managed/conditions.ts';
import type { ManagedResource } from '../managed/kind.ts';
import type { Lookup } from '../managed/lookup.ts';
import { ReconcileError } from '../runtime/errors.ts';
import type { PolicyDocument } from '../wasabi/policy/document.ts';
import { accessBeyond } from '../wasabi/policy/own-buckets.ts';
import { heldTarget } from './held-target.ts';
import { isSameAccount } from './same-account.ts';

/** What the gate of `Provider.spec.tenancy` reads. */
export interface TenancyContext {
  readonly lookup: Lookup;
  /** The object that wants something of the account. */
  readonly resource: ManagedResource;
  readonly provider: Provider;
  readonly accountId: string;
}

/** A bucket's ARN, or that of what lies in it. */
const BUCKET_NAME = /^arn:aws:s3:::([a-z0-9.-]+)/;
/** A Bucket whose bucket belongs to somebody else says so with one of these. */
const NOT_ITS_OWN = new Set(['AlreadyExists', 'ClaimedByOther', 'NothingToAdopt', 'NotPermitted', 'AccountChanged']);

/** Whether `spec.tenancy` decides: in the namespace of its Provider an object may do everything. */
function isTenant({ resource, provider }: TenancyContext): boolean {
  return resource.metadata.namespace !== provider.metadata.namespace;
}

/**
 * Refuses names (groups, ARNs of policies) that a tenant may not use.
 * @param path where they stand in the spec
 * @throws InvalidSpec, reason NotPermitted, naming the first that is not listed
 */
export function checkNames(
  context: TenancyContext,
  list: 'groups' | 'managedPolicyArns',
  names: readonly string[],
): ReconcileError | undefined {
  if (!isTenant(context)) return undefined;
  const allowed = context.provider.spec.tenancy?.[list] ?? [];
  const wrong = names.find((name) => !allowed.includes(name));
  return wrong === undefined ? undefined : notPermitted(`spec.${list}: "${wrong}"`, `spec.tenancy.${list} list it`);
}

/**
 * Whether a tenant's policy of identities stays inside its own buckets, where nothing more is open to it. A bucket is a
 * namespace's own when an object of that namespace manages it: to write down a stranger's name is no right to it.
 * @returns the refusal: InvalidSpec, reason NotPermitted, or DependencyNotReady while a Bucket is still to get its bucket
 */
export function documentRefusal(context: TenancyContext, document: PolicyDocument): ReconcileError | undefined {
  if (!isTenant(context) || context.provider.spec.tenancy?.identityPolicies === 'Any') return undefined;
  const names = document.Statement.flatMap(({ Resource = [] }) =>
    Resource.flatMap((arn) => BUCKET_NAME.exec(arn)?.[1] ?? []),
  );
  const claims = [...new Set(names)].flatMap((name) => bucketsOf(context, name));
  const own = new Set(claims.filter((bucket) => owns(context, bucket)).map(({ spec }) => spec.name));
  const beyond = accessBeyond(document, own);
  if (beyond.length === 0) return undefined;
  const wanted = new Set(claims.filter(isUndecided).map(({ spec }) => spec.name));
  if (accessBeyond(document, new Set([...own, ...wanted])).length === 0) {
    const [first = ''] = [...wanted].filter((name) => !own.has(name)).toSorted();
    return new ReconcileError(
      'DependencyNotReady',
      `spec.policy: the Bucket for "${first}" does not manage its bucket yet: look at its conditions`,
      { reason: 'BucketNotReady' },
    );
  }
  return notPermitted(`spec.policy: ${beyond.join('; ')}`, 'spec.tenancy.identityPolicies be Any');
}

function bucketsOf({ lookup, resource }: TenancyContext, name: string): readonly Bucket[] {
  return lookup
    .namesakes<Bucket>('Bucket', name)
    .filter(({ metadata }) => metadata.namespace === resource.metadata.namespace);
}

function owns({ accountId, provider, lookup }: TenancyContext, bucket: Bucket): boolean {
  const target = heldTarget(lookup, bucket);
  const own = { provider: keyOf(provider), accountId };
  return target?.name === bucket.spec.name && isSameAccount(lookup, target, own) && !isLost(bucket.status?.conditions);
}

/** It has not been looked at yet, or waits for something. */
function isUndecided({ spec, status }: Bucket): boolean {
  return status?.target?.name !== spec.name && spec.mode !== 'Observe' && !isLost(status?.conditions);
}

function isLost(conditions: NonNullable<Bucket['status']>['conditions']): boolean {
  const reason = findCondition(conditions, 'Synced')?.reason;
  return reason !== undefined && NOT_ITS_OWN.has(reason);
}

function notPermitted(what: string, remedy: string): ReconcileError {
  return new ReconcileError(
    'InvalidSpec',
    `${what}: the Provider of another namespace does not permit that to this one; its owner can let ${remedy}`,
    { reason: 'NotPermitted' },
  );
}
