import type { PolicyDocument } from './document.ts';

/** Where a document belongs: to a bucket, to a managed policy, or into a user. */
export type PolicyPlace = 'Bucket' | 'Managed' | 'Inline';

/**
 * The largest documents. Wasabi publishes no numbers, so these are those of AWS: S3 User Guide, "Bucket policies"
 * (20 KB); IAM User Guide, "IAM and AWS STS quotas" (6,144 and 2,048 characters, white space not counted; the latter
 * for all inline policies of a user together).
 */
export const POLICY_LIMITS: Readonly<Record<PolicyPlace, { readonly size: number; readonly unit: string }>> = {
  Bucket: { size: 20_480, unit: 'bytes' },
  Managed: { size: 6_144, unit: 'characters without white space' },
  Inline: { size: 2_048, unit: 'characters without white space' },
};

/** A document's size in the unit of its limit. */
export function policySize(document: PolicyDocument, place: PolicyPlace): number {
  const text = JSON.stringify(document);
  return place === 'Bucket' ? Buffer.byteLength(text) : text.replaceAll(/\s/g, '').length;
}
