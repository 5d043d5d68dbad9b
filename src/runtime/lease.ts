import type { KubeObject } from '../api/meta.ts';

/** A Lease as anybody may have left it: every field can be missing. Times are RFC 3339 with microseconds. */
export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number | null;
  };
}

/** One acquisition by this process; both go into every write of the Lease. */
export interface Claim {
  /** Tells our own acquisition, the answer to which was lost, from anything that only bears our name. */
  readonly acquireTime: string;
  /** Greater with each acquisition by anybody: the Lease's leaseTransitions. */
  readonly epoch: number;
}

/** What was last seen of the Lease. Its own times are of a foreign clock, so only the time of seeing counts. */
export interface Sighting {
  /** Undefined: there is none. */
  readonly lease: Lease | undefined;
  /** On our monotonic clock, when this state was first seen. */
  readonly atMs: number;
  /** Nothing was seen before. */
  readonly isFirst: boolean;
  /** How long a holder may rely on it, at most. */
  readonly durationMs: number;
}

/** Whether that is another state than the last one. Versions are compared for equality alone. */
export function isNews(before: Sighting | undefined, lease: Lease | undefined): boolean {
  return before === undefined || before.lease?.metadata.resourceVersion !== lease?.metadata.resourceVersion;
}

/** What is seen now, after what was seen before. */
export function sighting(
  before: Sighting | undefined,
  lease: Lease | undefined,
  nowMs: number,
  durationMs: number,
): Sighting {
  // A holder may be of a release with longer times. Of a deleted Lease the last known ones hold on.
  const theirsMs = lease === undefined ? (before?.durationMs ?? 0) : 1000 * (lease.spec?.leaseDurationSeconds ?? 0);
  return { lease, atMs: nowMs, isFirst: before === undefined, durationMs: Math.max(durationMs, theirsMs) };
}

/**
 * Whether nobody has led yet, as far as anyone can tell: the first look shows no Lease, or one that was never held. So a
 * new installation works at once. The price: a process whose first look falls into the moment between a deletion by hand
 * and the holder's putting the Lease back takes it for new, and for at most the holder's deadline both lead.
 */
export function isNewInstallation({ lease, isFirst }: Sighting): boolean {
  return isFirst && (lease === undefined || (hasNoHolder(lease) && (lease.spec?.renewTime ?? null) === null));
}

/**
 * From when on a Lease that is there may be taken, on our monotonic clock. Only a release is believed at once. One that
 * lost its holder otherwise was edited by hand: whoever held it may rely on it until its time is over.
 */
export function freeAtMs(seen: Sighting): number {
  const { lease, atMs, durationMs } = seen;
  // As client-go leaves it: without holder, for one second.
  const isReleased = lease !== undefined && hasNoHolder(lease) && lease.spec?.leaseDurationSeconds === 1;
  return isReleased || isNewInstallation(seen) ? atMs : atMs + durationMs;
}

/** Nobody is named, and nobody has acquired it after that claim. */
export function isUnheldSince(lease: Lease, claim: Claim): boolean {
  return hasNoHolder(lease) && (lease.spec?.leaseTransitions ?? 0) <= claim.epoch;
}

/** Whether that is our own acquisition. */
export function isOurs(lease: Lease | undefined, identity: string, claim: Claim | undefined): boolean {
  const spec = lease?.spec;
  return claim !== undefined && spec?.holderIdentity === identity && spec.acquireTime === claim.acquireTime;
}

/** Who holds it, for messages. */
export function holderOf(lease: Lease): string {
  return hasNoHolder(lease) ? 'nobody' : JSON.stringify(lease.spec?.holderIdentity);
}

/** A time as a Lease has it: `2026-01-01T00:00:00.000000Z`. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}

function hasNoHolder({ spec }: Lease): boolean {
  return (spec?.holderIdentity ?? '') === '';
}
