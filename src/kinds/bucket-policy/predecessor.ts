import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { toReconcileError } from '../../runtime/errors.ts';
import { withAccount } from '../../wasabi/policy/arn.ts';
import { meaningOf } from '../../wasabi/policy/canonical.ts';
import type { Statement } from '../../wasabi/policy/document.ts';
import { type PolicyAccess, readPolicy } from './observe.ts';
import { bucketReference } from './references.ts';

/** The predecessor's status says that it wrote the policy; it left no name of a bucket, which our first status has. */
export function isOfPredecessor({ status }: BucketPolicy): boolean {
  return status?.inherited === true || (status?.applied === true && status.bucketName === undefined);
}

/**
 * Whether a pass, ours or the predecessor's, had the statements of that object in the policy of that bucket. The
 * predecessor wrote to the bucket that has the name of the Bucket *object*: where the names differ, not to this one.
 */
export function wasWritten(resource: BucketPolicy, bucket: string): boolean {
  if (resource.status?.documentHash !== undefined) return true;
  return isOfPredecessor(resource) && bucketReference(resource).key.name === bucket;
}

/** What is known of the policy that the predecessor may have put on a bucket that the spec does not mean. */
export interface Stray {
  readonly bucket: string;
  /** Unknown: the credentials may not read it. */
  readonly found: 'Left' | 'Unknown' | 'Nothing';
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The bucket to look at: the one with the name of the Bucket object, once the predecessor has applied the policy. Pure. */
export function strayBucket(resource: BucketPolicy, bucket: string): string | undefined {
  const { name } = bucketReference(resource).key;
  if (name === bucket || !BUCKET_NAME.test(name)) return undefined;
  return isOfPredecessor(resource) || resource.status?.leftovers?.includes(name) === true ? name : undefined;
}

/**
 * Looks whether statements of this object stand in the policy of that bucket. Reads, once a pass, and shows nobody what
 * else stands there.
 */
export async function readStray(
  access: PolicyAccess & { readonly accountId: string },
  own: readonly Statement[],
  signal: AbortSignal,
): Promise<Stray> {
  const { bucket, accountId } = access;
  try {
    const document = (await readPolicy(access, signal))?.document;
    const there = new Set(document && withAccount(document, accountId).document.Statement.map(meaningOf));
    return { bucket, found: own.some((statement) => there.has(meaningOf(statement))) ? 'Left' : 'Nothing' };
  } catch (thrown) {
    const error = toReconcileError(thrown);
    if (error.reason === 'AccessDenied') return { bucket, found: 'Unknown' };
    // No such bucket, or not where the predecessor would have written to it.
    if (error.type === 'InvalidSpec' || error.type === 'Unsupported' || error.type === 'DependencyNotReady') {
      return { bucket, found: 'Nothing' };
    }
    throw thrown;
  }
}

/** What the condition says of it; undefined: nothing is left. Pure. */
export function strayMessage(stray: Stray | undefined, meant: string): string | undefined {
  if (stray === undefined || stray.found === 'Nothing') return undefined;
  const { bucket, found } = stray;
  const what =
    found === 'Left'
      ? `statements of this object stand in the policy of bucket "${bucket}"`
      : `whether statements of this object stand in the policy of bucket "${bucket}" cannot be read`;
  return `${what}: the predecessor of this operator took the name of the Bucket object for that of its bucket, which is "${meant}"; take them away there if they are not meant`;
}
