import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { adoptionNotPermitted, type Ownership } from '../../managed/ownership.ts';
import { documentHash, isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { type DesiredPolicy, wantedDocument } from './desired.ts';
import type { ObservedPolicy } from './observe.ts';
import { wasWritten } from './predecessor.ts';

/**
 * May this object have a part in the policy of that bucket? A policy carries no mark and has no identity: what counts is
 * whether we ever wrote there. Where we did, any other document is drift; where we did not, it is somebody else's,
 * unless it is what is wanted anyway. Pure. The rows stand in `docs/ownership.md`.
 * @param desired undefined while the object is being deleted
 * @param mayAdopt false: the Provider does not let objects of that namespace take over what exists
 */
export function policyOwnership(
  resource: BucketPolicy,
  desired: DesiredPolicy | undefined,
  observed: ObservedPolicy | undefined,
  bucket: string,
  mayAdopt: boolean,
): Ownership {
  const ours: Ownership = { mayManage: true, mayDestroy: true, marker: undefined };
  const { adoptionPolicy = 'CreateOnly' } = resource.spec;
  const what = `the policy of bucket "${bucket}"`;
  if (observed === undefined) {
    if (adoptionPolicy !== 'AdoptOnly' || desired?.wasWritten === true) return ours;
    const message = `${what} does not exist and spec.adoptionPolicy is AdoptOnly: write it outside, or use AdoptOrCreate`;
    return { mayManage: false, reason: 'NothingToAdopt', message };
  }
  if (wasWritten(resource, bucket) || desired?.wasWritten === true) return ours;
  const wantsToAdopt = adoptionPolicy !== 'CreateOnly';
  if (wantsToAdopt && mayAdopt) return ours;
  const wanted = desired && wantedDocument(desired, observed.document);
  if (wanted !== undefined && observed.document !== undefined && isSamePolicy(wanted, observed.document)) return ours;
  if (wantsToAdopt) return adoptionNotPermitted(adoptionPolicy, what);
  const message = `${what} exists and no BucketPolicy wrote it: set spec.adoptionPolicy to AdoptOrCreate to have it replaced by this one`;
  return { mayManage: false, reason: 'AlreadyExists', message };
}

/** The hash that status records for a document; none for no document. */
export function recordedHash(document: Parameters<typeof documentHash>[0] | undefined): string | undefined {
  return document === undefined ? undefined : documentHash(document);
}
