import type { Bucket } from '../../api/bucket.ts';
import { keyOf } from '../../api/meta.ts';
import type { Lookup } from '../../managed/lookup.ts';
import type { Reference } from '../../managed/references.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { AccountAccess } from '../account-access.ts';
import { heldTarget } from '../held-target.ts';
import { providerOf } from '../provider-reference.ts';
import { type Account, isSameAccount } from '../same-account.ts';
import { destinationPath, loggingReference, replicationRules, toBucket } from './references.ts';

/** A bucket as the spec gives it: by a Bucket object, or by its S3 name. */
type Named =
  | { readonly reference: Reference }
  /** `path`: where the name stands; `instead`: the field beside it that takes a reference. */
  | { readonly name: string; readonly path: string; readonly instead: string };

/** The bucket that takes the access log; undefined: none. @throws as `targetBucket` */
export function loggingTarget(lookup: Lookup, access: AccountAccess, resource: Bucket): string | undefined {
  const reference = loggingReference(resource);
  if (reference !== undefined) return targetBucket(lookup, access, resource, { reference });
  const name = resource.spec.logging?.targetBucket;
  if (name === undefined) return undefined;
  const path = 'spec.logging.targetBucket';
  return targetBucket(lookup, access, resource, { name, path, instead: 'targetBucketRef' });
}

/** The bucket that each rule of `spec.replication` copies to, by the rule's id. @throws as `targetBucket`, InvalidSpec */
export function replicationTargets(
  lookup: Lookup,
  access: AccountAccess,
  resource: Bucket,
): ReadonlyMap<string, string> {
  const { metadata, spec } = resource;
  const pairs = replicationRules(spec).flatMap(({ id, destination: { bucketRef, bucket } }): [string, string][] => {
    const at = destinationPath(id);
    if (bucketRef?.name === metadata.name || bucket === spec.name) {
      throw new ReconcileError(
        'InvalidSpec',
        `${at}: bucket "${spec.name}" cannot be copied to itself: name another one`,
      );
    }
    const named: Named =
      bucketRef === undefined
        ? { name: bucket ?? '', path: `${at}.bucket`, instead: 'bucketRef' }
        : { reference: toBucket(metadata.namespace, bucketRef.name, `${at}.bucketRef`) };
    return [[id, targetBucket(lookup, access, resource, named)]];
  });
  return new Map(pairs);
}

/**
 * The S3 name of a bucket that this one has the service write into: one that a Bucket object of this namespace stands
 * for, in the same account, so that nobody writes into a stranger's bucket.
 * @throws DependencyNotReady where there is none (yet), InvalidSpec for another account
 */
function targetBucket(lookup: Lookup, access: AccountAccess, resource: Bucket, named: Named): string {
  const { namespace = '' } = resource.metadata;
  const accountOf = (bucket: Bucket): Account => {
    const provider = providerOf(lookup, bucket);
    return { provider: keyOf(provider), accountId: access.pinnedAccount(provider) };
  };
  const isNextTo = (other: Bucket) => isSameAccount(lookup, accountOf(other), accountOf(resource));
  if ('reference' in named) {
    const { reference } = named;
    const other = lookup.follow<Bucket>(resource, reference);
    if (!hasClaimed(lookup, other)) {
      throw new ReconcileError(
        'DependencyNotReady',
        `${reference.path}: Bucket ${other.metadata.name} does not manage its bucket (yet): look at its conditions`,
        { reason: 'BucketNotReady' },
      );
    }
    if (isNextTo(other)) return other.spec.name;
    throw new ReconcileError(
      'InvalidSpec',
      `${reference.path}: bucket "${other.spec.name}" is in another account than this bucket: name one of the same account`,
      { reason: 'AccountMismatch' },
    );
  }
  const { name, path, instead } = named;
  const isNear = lookup.namesakes<Bucket>('Bucket', name).some((other) => {
    const isOwn = other.metadata.namespace === namespace && hasClaimed(lookup, other);
    return isOwn && isNextTo(other);
  });
  if (isNear) return name;
  throw new ReconcileError(
    'DependencyNotReady',
    `${path}: "${name}" is not the bucket of a Bucket object in namespace ${namespace}: create one, or name it by ${instead}`,
    { reason: 'RefNotPermitted' },
  );
}

/** Whether the object manages the bucket that it names. */
function hasClaimed(lookup: Lookup, bucket: Bucket): boolean {
  return heldTarget(lookup, bucket)?.name === bucket.spec.name;
}
