import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KindStatus, PassFacts, Target } from '../../managed/kind.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { leftoverReport } from '../leftovers.ts';
import { type DesiredPolicy, wantedDocument } from './desired.ts';
import type { ObservedPolicy } from './observe.ts';
import { recordedHash } from './ownership.ts';
import { isOfPredecessor, type Stray, strayMessage } from './predecessor.ts';

/** The BucketPolicy's own status. Pure. */
export function bucketPolicyStatus(
  resource: BucketPolicy,
  target: Target,
  desired: DesiredPolicy | undefined,
  observed: ObservedPolicy | undefined,
  facts: PassFacts,
  stray: Stray | undefined,
): KindStatus {
  const found = observed?.document;
  const wanted = desired && wantedDocument(desired, found);
  const isAsWanted = wanted !== undefined && found !== undefined && isSamePolicy(wanted, found);
  const hasChanged = facts.applied.length > 0 || resource.status?.lastSyncTime === undefined;
  // Of what somebody else wrote, or nobody, there is no hash of ours. A write that was answered counts, read yet or not.
  const isWritten = facts.isProven && (isAsWanted || facts.applied.length > 0);
  const documentHash = (isWritten ? recordedHash(wanted) : undefined) ?? resource.status?.documentHash;
  const message = strayMessage(stray, target.name);
  return {
    fields: {
      applied: isAsWanted && desired?.failure === undefined,
      bucketName: target.name,
      documentHash,
      inherited: documentHash === undefined && isOfPredecessor(resource) ? true : undefined,
      leftover: stray,
      statements: found?.Statement.length,
      ...(hasChanged && isAsWanted ? { lastSyncTime: rfc3339(facts.nowMs) } : {}),
    },
    ...leftoverReport(message, stray?.bucketName !== resource.status?.leftover?.bucketName),
    failure: desired?.failure,
    isUnusable: desired?.failure !== undefined,
  };
}
