import type { BucketPolicy, BucketPolicyStatus } from '../../api/bucket-policy.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KindStatus } from '../../managed/kind.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { type DesiredPolicy, recordedHash, wantedDocument } from './desired.ts';

/** A document that was about to be written, while nothing shows whether it was. */
export type Announcement = NonNullable<BucketPolicyStatus['announced']>[number];

/**
 * A write may take effect so long after it was announced: a retry may begin a minute later, the announcement takes half a
 * minute to write, `withinAnnouncement` bounds the write, and the service may work on a call whose caller has given up.
 * Wasabi publishes no bound. Milliseconds.
 */
const LATE_MS = 300_000;
/** From the announcement on: whatever the write waits for, it is not under way any more after this. Milliseconds. */
const WRITE_MS = 120_000;
/**
 * So long after that time a document still proves the write that was announced: the operator may have been away, while the
 * spec was edited. A week, in milliseconds.
 */
const PROOF_MS = 604_800_000;
/** A retry within this time goes by the announcement that stands there. Milliseconds. */
const RENEW_MS = 60_000;
/** As many as the schema admits; of more the oldest goes, and what it announced would count as somebody else's. */
const ANNOUNCEMENTS_MAX = 8;

/**
 * Makes the write that has just been announced; its signal aborts when the write would come too late for that. How long a
 * pass waits for the limit of calls has no bound of its own.
 */
export function withinAnnouncement<T>(
  clock: Clock,
  signal: AbortSignal,
  write: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutError = () =>
    new ReconcileError('Transient', 'the announced time to write the policy is over', { reason: 'Timeout' });
  return withDeadline({ clock, timeoutMs: WRITE_MS, signal, timeoutError }, write);
}

/** What this very object announced; what another incarnation left (a restore) says nothing. Pure. */
export function announcementsOf({ metadata, status }: BucketPolicy): readonly Announcement[] {
  return (status?.announced ?? []).filter(({ uid }) => uid === metadata.uid);
}

/** Whether one of these announcements proves that document: the very same one, and not too long ago. Pure. */
export function isAnnounced(
  announced: readonly Announcement[],
  document: PolicyDocument | undefined,
  nowMs: number,
): boolean {
  const hash = recordedHash(document);
  return announced.some((one) => one.documentHash === hash && Date.parse(one.until) + PROOF_MS > nowMs);
}

/** Until when a write that was announced may still take effect; undefined: none can. Milliseconds since the epoch. Pure. */
export function lateUntilMs(resource: BucketPolicy, nowMs: number): number | undefined {
  const open = announcementsOf(resource).flatMap(({ until }) => (Date.parse(until) > nowMs ? [Date.parse(until)] : []));
  return open.length === 0 ? undefined : Math.max(...open);
}

/** Status fields that must stand there before the policy is written. Pure. */
export function announcement(
  resource: BucketPolicy,
  desired: DesiredPolicy,
  found: PolicyDocument | undefined,
  nowMs: number,
): KindStatus['fields'] {
  const foundHash = recordedHash(found);
  // What came late of an earlier write is proven by its announcement now, and by nothing once the next one is made.
  const isProof = resource.status?.documentHash === undefined && isAnnounced(announcementsOf(resource), found, nowMs);
  const proof = isProof ? { documentHash: foundHash } : {};
  const documentHash = recordedHash(wantedDocument(desired, found));
  if (documentHash === undefined) return proof;
  const before = announcementsOf(resource).filter((one) => one.documentHash !== foundHash);
  const same = before.find((one) => one.documentHash === documentHash);
  if (same !== undefined && Date.parse(same.until) > nowMs + LATE_MS - RENEW_MS) return { ...proof, announced: before };
  const others = before.filter((one) => one !== same);
  const added = { uid: resource.metadata.uid, documentHash, until: rfc3339(nowMs + LATE_MS) };
  return { ...proof, announced: [...others, added].slice(-ANNOUNCEMENTS_MAX) };
}

/**
 * Those that are left open: what they announced may still come, or was found and not yet recorded. Each ends on evidence of
 * its own. Pure.
 * @param found what the last read showed
 * @param known isRecorded: `documentHash` says that what is found is ours, or was. settled: the hash of the document whose
 *   write this pass knows the end of
 */
export function openAnnouncements(
  resource: BucketPolicy,
  found: PolicyDocument | undefined,
  nowMs: number,
  known: { readonly isRecorded: boolean; readonly settled: string | undefined },
): readonly Announcement[] {
  const foundHash = recordedHash(found);
  return announcementsOf(resource).filter(({ documentHash, until }) => {
    if (documentHash === known.settled) return false;
    return documentHash === foundHash ? !known.isRecorded : Date.parse(until) > nowMs;
  });
}
