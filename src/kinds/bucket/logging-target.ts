import type { Bucket } from '../../api/bucket.ts';
import { keyOf } from '../../api/meta.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { AccountAccess } from '../account-access.ts';
import { heldTarget } from '../held-target.ts';
import { providerOf } from '../provider-reference.ts';
import { type Account, isSameAccount } from '../same-account.ts';
import { loggingReference } from './references.ts';

/**
 * The bucket that takes the access log: one that a Bucket object of this namespace stands for, so that nobody writes
 * into a stranger's bucket.
 */
export function loggingTarget(lookup: Lookup, access: AccountAccess, resource: Bucket): string | undefined {
  const { logging } = resource.spec;
  if (logging === undefined || logging === null) return undefined;
  const { namespace = '' } = resource.metadata;
  const accountOf = (bucket: Bucket): Account => {
    const provider = providerOf(lookup, bucket);
    return { provider: keyOf(provider), accountId: access.pinnedAccount(provider) };
  };
  const isNextTo = (other: Bucket) => isSameAccount(lookup, accountOf(other), accountOf(resource));
  const reference = loggingReference(resource);
  if (reference !== undefined) {
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
  const name = logging.targetBucket;
  if (name === undefined) return undefined;
  const isNear = lookup.namesakes<Bucket>('Bucket', name).some((other) => {
    const isOwn = other.metadata.namespace === namespace && hasClaimed(lookup, other);
    return isOwn && isNextTo(other);
  });
  if (isNear) return name;
  throw new ReconcileError(
    'DependencyNotReady',
    `spec.logging.targetBucket: "${name}" is not the bucket of a Bucket object in namespace ${namespace}: create one, or name it by targetBucketRef`,
    { reason: 'RefNotPermitted' },
  );
}

/** Whether the object manages the bucket that it names. */
function hasClaimed(lookup: Lookup, bucket: Bucket): boolean {
  return heldTarget(lookup, bucket)?.name === bucket.spec.name;
}
