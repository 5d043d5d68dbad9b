import { type Bucket, DAY_MS, type ObjectVersion, type State } from './state.ts';
import { removeVersion } from './versions.ts';

/** What a bucket with compliance demands of all that is in it (W14). */
export interface Compliance {
  readonly isEnabled: boolean;
  /** From then on nothing of it can be reduced. */
  readonly lockTimeMs: number | 'off';
  /** Days that each version is kept, from its creation or from the release of its hold. */
  readonly retentionDays: number;
  /** New versions are kept until their hold is released. */
  readonly conditionalHold: boolean;
  /** Versions go by themselves when their retention is over. */
  readonly deleteAfterRetention: boolean;
}

/** What was said of one version. */
export interface VersionCompliance {
  readonly isOnHold?: boolean;
  /** When its hold was released: its retention counts from then. */
  readonly releasedMs?: number;
  readonly legalHold?: boolean;
  /** Longer than the bucket asks for. */
  readonly retainUntilMs?: number;
}

/** What a new version of a bucket begins with. */
export function holdOfWrite({ compliance }: Bucket): Pick<ObjectVersion, 'compliance'> {
  return compliance?.isEnabled === true && compliance.conditionalHold ? { compliance: { isOnHold: true } } : {};
}

/** The end of the retention of a version, as far as time alone decides; holds may last longer. */
export function retainedUntilMs({ compliance }: Bucket, version: ObjectVersion): number {
  const sinceMs = version.compliance?.releasedMs ?? version.lastModifiedMs;
  return Math.max(sinceMs + (compliance?.retentionDays ?? 0) * DAY_MS, version.compliance?.retainUntilMs ?? 0);
}

/** Whether compliance keeps a version from being deleted or overwritten, whoever asks. */
export function isHeld(bucket: Bucket, version: ObjectVersion, nowMs: number): boolean {
  if (bucket.compliance?.isEnabled !== true || version.isDeleteMarker) return false;
  const { isOnHold = false, legalHold = false } = version.compliance ?? {};
  return isOnHold || legalHold || nowMs < retainedUntilMs(bucket, version);
}

/** Whether versions of the bucket go by themselves. */
export function deletesAfterRetention({ compliance }: Bucket): boolean {
  return compliance?.isEnabled === true && compliance.deleteAfterRetention;
}

/** Takes the versions away whose retention is over, where the bucket asks for that. */
export function deleteRetained(state: State, bucket: Bucket, nowMs: number): void {
  if (!deletesAfterRetention(bucket)) return;
  for (const [key, versions] of bucket.objects) {
    for (const version of versions) {
      if (!version.isDeleteMarker && !isHeld(bucket, version, nowMs)) removeVersion(state, bucket, key, version);
    }
  }
}
