import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { ReconcileError } from '../../runtime/errors.ts';
import type { WasabiClient } from '../../wasabi/clients.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { parseServicePolicy } from '../../wasabi/policy/parse.ts';

/** The policy of one bucket, as the service has it. */
export interface ObservedPolicy {
  /** `undefined`: it cannot be read as a policy, and equals none. */
  readonly document: PolicyDocument | undefined;
}

/** Where the calls go. */
export interface PolicyAccess {
  readonly wasabi: WasabiClient;
  readonly bucket: string;
  readonly region: string;
}

/** Without a bucket there is no policy: for who takes one away, that is all there is to know. */
export const NO_POLICY = ['NoSuchBucketPolicy', 'NoSuchBucket'] as const;

/**
 * `undefined`: the bucket has no policy.
 * @param absent the answers that say so
 * @throws Transient when there is no such bucket
 */
export async function readPolicy(
  access: PolicyAccess,
  signal: AbortSignal,
  absent: readonly string[] = ['NoSuchBucketPolicy'],
): Promise<ObservedPolicy | undefined> {
  const { wasabi, bucket, region } = access;
  const answer = await wasabi.s3(new GetBucketPolicyCommand({ Bucket: bucket }), {
    region,
    signal,
    absent,
  });
  if (answer?.Policy === undefined) return undefined;
  const parsed = parseServicePolicy(answer.Policy);
  return { document: parsed.type === 'Parsed' ? parsed.document : undefined };
}

/** Writes the whole policy; `undefined`: the bucket is to have none. Safe to repeat. */
export async function writePolicy(
  { wasabi, bucket, region }: PolicyAccess,
  document: PolicyDocument | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (document === undefined) {
    await wasabi.s3(new DeleteBucketPolicyCommand({ Bucket: bucket }), { region, signal, absent: NO_POLICY });
    return;
  }
  const command = new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(document) });
  await wasabi.s3(command, { region, signal });
}

/** What is to be written was worked out from an older state of the cluster. */
export function changedMeanwhile(): ReconcileError {
  return new ReconcileError('Transient', 'the BucketPolicies of this bucket changed meanwhile', { reason: 'Conflict' });
}
