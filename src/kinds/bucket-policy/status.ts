import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KindStatus, PassFacts, Target } from '../../managed/kind.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { leftoverReport } from '../leftovers.ts';
import { statementHash } from './acceptance.ts';
import { announcementsOf, isAnnounced, openAnnouncements } from './announcement.ts';
import { type DesiredPolicy, recordedHash, wantedDocument } from './desired.ts';
import type { ObservedPolicy } from './observe.ts';
import { isOfPredecessor, type Stray, strayMessage } from './predecessor.ts';

/** What a pass came to know beside what it read of the policy. */
export interface PassNotes {
  readonly stray: Stray | undefined;
  /** The hash of the document whose write was answered, or refused before it could take effect. */
  readonly settled: string | undefined;
  /** The service refused what this object brings: another pass goes on without it. */
  readonly isRefused: boolean;
}

/**
 * The BucketPolicy's own status. Pure.
 * @param resource with what this pass recorded before it wrote
 */
export function bucketPolicyStatus(
  resource: BucketPolicy,
  target: Target,
  desired: DesiredPolicy,
  observed: ObservedPolicy | undefined,
  facts: PassFacts,
  { stray, settled, isRefused }: PassNotes,
): KindStatus {
  const found = observed?.document;
  const wanted = wantedDocument(desired, found);
  const isAsWanted = wanted !== undefined && found !== undefined && isSamePolicy(wanted, found);
  const hasChanged = facts.applied.length > 0 || resource.status?.lastSyncTime === undefined;
  // Of what somebody else wrote, or nobody, there is no hash of ours. A write that was answered counts, read yet or not.
  const isWritten = facts.isProven && (isAsWanted || facts.applied.length > 0);
  const isProof = facts.isProven && isAnnounced(announcementsOf(resource), found, facts.nowMs);
  const documentHash =
    (isWritten ? recordedHash(wanted) : undefined) ??
    resource.status?.documentHash ??
    (isProof ? recordedHash(found) : undefined);
  const known = { isRecorded: documentHash !== undefined, settled };
  const open = openAnnouncements(resource, found, facts.nowMs, known);
  const message = strayMessage(stray, target.name);
  return {
    fields: {
      applied: isAsWanted && desired.failure === undefined,
      bucketName: target.name,
      documentHash,
      statementHashes: isWritten ? acceptedOf(resource, desired) : resource.status?.statementHashes,
      announced: open.length === 0 ? undefined : open,
      inherited: documentHash === undefined && isOfPredecessor(resource) ? true : undefined,
      leftover: stray,
      statements: found?.Statement.length,
      ...(hasChanged && isAsWanted ? { lastSyncTime: rfc3339(facts.nowMs) } : {}),
    },
    ...leftoverReport(message, stray?.bucketName !== resource.status?.leftover?.bucketName),
    failure: desired.failure,
    isUnusable: desired.failure !== undefined,
    ...(isRefused ? { wakeAfterMs: 0 } : {}),
  };
}

/** What the service has accepted of this object, now that a policy of ours is in force. */
function acceptedOf({ status }: BucketPolicy, { own }: DesiredPolicy): readonly string[] {
  if (own === undefined) return status?.statementHashes ?? [];
  return [...new Set(own.document.Statement.map(statementHash))].toSorted();
}
