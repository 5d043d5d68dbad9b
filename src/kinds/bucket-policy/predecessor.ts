import type { BucketPolicy, BucketPolicyStatus } from '../../api/bucket-policy.ts';
import { toReconcileError } from '../../runtime/errors.ts';
import { withAccount } from '../../wasabi/policy/arn.ts';
import { documentHash, meaningOf } from '../../wasabi/policy/canonical.ts';
import type { Statement } from '../../wasabi/policy/document.ts';
import { NO_POLICY, type PolicyAccess, readPolicy } from './observe.ts';
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

/** A policy that the predecessor put on a bucket that the spec does not mean. */
export type Stray = NonNullable<BucketPolicyStatus['leftover']>;

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The bucket to look at: the one with the name of the Bucket object, once the predecessor has applied the policy. Pure. */
export function strayBucket(resource: BucketPolicy, bucket: string): string | undefined {
  const { name } = bucketReference(resource).key;
  if (name === bucket || !BUCKET_NAME.test(name)) return undefined;
  return isOfPredecessor(resource) || resource.status?.leftover !== undefined ? name : undefined;
}

/**
 * Looks whether the policy of that bucket is the one that was found there before, or has statements of this object; it
 * shows nobody what else stands there. `undefined`: it is not, or the bucket has none.
 * @param before what status says
 */
export async function readStray(
  access: PolicyAccess & { readonly accountId: string },
  own: readonly Statement[],
  before: Stray | undefined,
  signal: AbortSignal,
): Promise<Stray | undefined> {
  const { bucket: bucketName, accountId } = access;
  try {
    const read = (await readPolicy(access, signal, NO_POLICY))?.document;
    const document = read && withAccount(read, accountId).document;
    const hash = document && documentHash(document);
    const there = new Set(document?.Statement.map(meaningOf));
    const isLeft = hash !== undefined && hash === before?.documentHash;
    return isLeft || own.some((statement) => there.has(meaningOf(statement)))
      ? { bucketName, documentHash: hash }
      : undefined;
  } catch (thrown) {
    const error = toReconcileError(thrown);
    if (error.reason === 'AccessDenied') return { bucketName };
    // In another region: the predecessor could not have written to it.
    if (error.type === 'InvalidSpec' || error.type === 'Unsupported') return undefined;
    throw thrown;
  }
}

/** What the condition says of it; undefined: nothing is left. Pure. */
export function strayMessage(stray: Stray | undefined, meant: string): string | undefined {
  if (stray === undefined) return undefined;
  const { bucketName, documentHash: hash } = stray;
  const what =
    hash === undefined
      ? `whether statements of this object stand in the policy of bucket "${bucketName}" cannot be read`
      : `statements of this object stand in the policy of bucket "${bucketName}"`;
  return `${what}: the predecessor of this operator took the name of the Bucket object for that of its bucket, which is "${meant}"; take them away there if they are not meant`;
}
