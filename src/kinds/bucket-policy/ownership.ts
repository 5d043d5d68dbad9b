import type { BucketPolicy } from '../../api/bucket-policy.ts';
import type { OwnershipFacts } from '../../managed/kind.ts';
import { adoptionNotPermitted, type Ownership } from '../../managed/ownership.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { announcementsOf, isAnnounced } from './announcement.ts';
import { type DesiredPolicy, wantedDocument } from './desired.ts';
import type { ObservedPolicy } from './observe.ts';
import { wasWritten } from './predecessor.ts';

/**
 * May this object have a part in the policy of that bucket? A policy carries no mark and has no identity: what counts is
 * whether we ever wrote there. Where we did, any other document is drift; where we did not, it is somebody else's,
 * unless it is what is wanted anyway, or the very one that a write of ours announced whose outcome is not known. Pure. The
 * rows stand in `docs/ownership.md`.
 * @param resource with what this pass announced, once it has
 */
export function policyOwnership(
  resource: BucketPolicy,
  observed: ObservedPolicy | undefined,
  bucket: string,
  { desired, mayAdopt, nowMs }: OwnershipFacts<DesiredPolicy>,
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
  const announced = [...announcementsOf(resource), ...(desired?.announced ?? [])];
  if (isAnnounced(announced, observed.document, nowMs)) return ours;
  const wantsToAdopt = adoptionPolicy !== 'CreateOnly';
  if (wantsToAdopt && mayAdopt) return ours;
  const wanted = desired && wantedDocument(desired, observed.document);
  if (wanted !== undefined && observed.document !== undefined && isSamePolicy(wanted, observed.document)) return ours;
  if (wantsToAdopt) return adoptionNotPermitted(adoptionPolicy, what);
  const message = `${what} exists and no BucketPolicy wrote it: set spec.adoptionPolicy to AdoptOrCreate to have it replaced by this one`;
  return { mayManage: false, reason: 'AlreadyExists', message };
}
