import type { Bucket } from '../api/bucket.ts';
import { keyOf, keyText } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import type { ManagedResource } from '../managed/kind.ts';
import type { Lookup } from '../managed/lookup.ts';
import type { Reference } from '../managed/references.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { heldTarget } from './held-target.ts';
import { providerOf } from './provider-reference.ts';

/** The bucket that a reference to a Bucket object means. */
export interface ClaimedBucket {
  readonly bucket: Bucket;
  readonly provider: Provider;
  /** The account that the bucket was recorded in. */
  readonly accountId: string;
  readonly region: string;
}

/**
 * Follows a reference to a Bucket that manages its bucket. To write down a stranger's name is no right to it: only an
 * object that has its bucket by the table of ownership has the target in status.
 * @throws DependencyNotReady
 */
export function followBucket(lookup: Lookup, from: ManagedResource, reference: Reference): ClaimedBucket {
  const bucket = lookup.follow<Bucket>(from, reference);
  const target = heldTarget(lookup, bucket);
  const isGoing = bucket.metadata.deletionTimestamp !== undefined;
  if (isGoing || target === undefined || target.name !== bucket.spec.name) {
    const why = isGoing ? 'is being deleted' : 'does not manage its bucket (yet): look at its conditions';
    throw new ReconcileError('DependencyNotReady', `${reference.path}: Bucket ${keyText(keyOf(bucket))} ${why}`, {
      reason: 'BucketNotReady',
    });
  }
  const provider = providerOf(lookup, bucket);
  return {
    bucket,
    provider,
    accountId: target.accountId,
    region: bucket.status?.region ?? bucket.status?.target?.region ?? provider.spec.region,
  };
}
