import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { ReconcileError } from '../../runtime/errors.ts';
import type { WasabiClient } from '../../wasabi/clients.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { isPolicyText, parseServicePolicy } from '../../wasabi/policy/parse.ts';

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
 * @throws Transient when there is no such bucket, and for an answer that is no policy at all
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
  if (answer === undefined) return undefined;
  const { Policy: text = '' } = answer;
  if (!isPolicyText(text)) {
    const what = `S3 GetBucketPolicy: the answer for bucket "${bucket}" is no policy; a proxy or another server may be in the way`;
    throw new ReconcileError('Transient', what, { reason: 'UnreadableAnswer' });
  }
  const parsed = parseServicePolicy(text);
  return { document: parsed.type === 'Parsed' ? parsed.document : undefined };
}

/**
 * Writes the whole policy; `undefined`: the bucket is to have none. Safe to repeat.
 * @param beforeSend called right before each attempt
 */
export async function writePolicy(
  { wasabi, bucket, region }: PolicyAccess,
  document: PolicyDocument | undefined,
  signal: AbortSignal,
  beforeSend: () => void = () => undefined,
): Promise<void> {
  if (document === undefined) {
    await wasabi.s3(new DeleteBucketPolicyCommand({ Bucket: bucket }), { region, signal, absent: NO_POLICY });
    return;
  }
  const command = new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(document) });
  await wasabi.s3(command, { region, signal, beforeSend });
}

/** What is to be written was worked out from an older state of the cluster, or of the service. */
export function changedMeanwhile(what: 'BucketPolicies' | 'policy'): ReconcileError {
  return new ReconcileError('Transient', `the ${what} of this bucket changed meanwhile`, { reason: 'Conflict' });
}

/** Another object of the bucket may have written the very document, while this one waited for the lock. */
export function isAsWanted(found: ObservedPolicy | undefined, wanted: PolicyDocument | undefined): boolean {
  if (wanted === undefined) return found === undefined;
  return found?.document !== undefined && isSamePolicy(wanted, found.document);
}
