import type { LogBatch } from './access-log.ts';
import type { AccessKey, Account } from './accounts.ts';
import { type Bodies, memoryBodies } from './bodies.ts';
import type { Compliance, VersionCompliance } from './compliance.ts';
import type { Replication } from './replicate.ts';
import type { Session } from './sessions.ts';

/** A day, in milliseconds: retention and expiry count in days. */
export const DAY_MS = 24 * 3600 * 1000;

/** One tag of a bucket or an object. */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** How long, and how strictly, a version is kept. */
export interface Retention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly retainUntilMs: number;
}

/** One version of a key: content, or a delete marker. Times in milliseconds since the epoch. */
export interface ObjectVersion {
  /** `null`, or an id in Wasabi's form. */
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  readonly lastModifiedMs: number;
  /** Without quotes; empty for a delete marker. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** What is sent back as it came: content-type, cache-control, x-amz-meta-* and the like. */
  readonly headers: Readonly<Record<string, string>>;
  /** Base64 checksums by header name, such as `x-amz-checksum-crc32`. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Absent for a delete marker. */
  readonly bodyId?: string;
  retention?: Retention | undefined;
  legalHold?: boolean | undefined;
  tags?: readonly Tag[] | undefined;
  /** A canned ACL; absent: private. */
  acl?: string | undefined;
  /** What compliance was told of it (W14). */
  compliance?: VersionCompliance | undefined;
  /** How far its copies to other buckets have come, or that it is such a copy; absent: no rule is about it. */
  replication?: 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA' | undefined;
}

/** One uploaded part. */
export interface Part {
  readonly etag: string;
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly bodyId: string;
}

/** A multipart upload in progress. */
export interface Upload {
  readonly uploadId: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly retention?: Retention | undefined;
  readonly legalHold?: boolean | undefined;
  readonly tags?: readonly Tag[] | undefined;
  readonly acl?: string | undefined;
  readonly parts: Map<number, Part>;
}

/** Object lock of a bucket: there since creation or never. */
export interface ObjectLock {
  readonly rule?:
    | { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days?: number; readonly years?: number }
    | undefined;
}

/** A bucket and all that is in it. */
export interface Bucket {
  readonly name: string;
  readonly region: string;
  /** Account id. */
  readonly ownerId: string;
  readonly createdMs: number;
  acl: string;
  /** Absent: never versioned. */
  versioning?: 'Enabled' | 'Suspended' | undefined;
  mfaDelete?: 'Enabled' | 'Disabled' | undefined;
  objectLock?: ObjectLock | undefined;
  /** Absent: never put. */
  compliance?: Compliance | undefined;
  /** Since when the lifecycle rules are what they are; absent: for ever. */
  lifecycleSinceMs?: number | undefined;
  /** Text of the policy as it was put. */
  policy?: string | undefined;
  /** The configuration documents by subresource (`tagging`, `lifecycle`, …), as plain JSON. */
  readonly documents: Record<string, unknown>;
  /** The versions of each key, newest first. No key has an empty list. */
  readonly objects: Map<string, ObjectVersion[]>;
  readonly uploads: Map<string, Upload>;
}

/** Everything the service remembers. */
export interface State {
  /** Grows by one with every change: two equal readings mean that nothing changed between them. */
  revision: number;
  readonly accounts: Map<string, Account>;
  /** By access key id. */
  readonly keys: Map<string, AccessKey>;
  /** The temporary keys, by access key id. */
  readonly sessions: Map<string, Session>;
  readonly buckets: Map<string, Bucket>;
  readonly bodies: Bodies;
  /** Copies that are still to be made, oldest first. */
  replications: Replication[];
  /** Records of access logs that are still to be delivered, by where from and where to. */
  readonly accessLogs: Map<string, LogBatch>;
  /** By how much the service's clock was moved ahead of the machine's, in milliseconds. */
  advancedMs: number;
  /** What the service does by itself is done up to this instant; undefined: nobody has called yet. */
  workedUntilMs: number | undefined;
  /** The last version id's time, so that ids only grow. */
  lastVersionNanos: bigint;
}

/** A service that remembers nothing yet. */
export function emptyState(bodies: Bodies = memoryBodies()): State {
  return {
    revision: 0,
    accounts: new Map(),
    keys: new Map(),
    sessions: new Map(),
    buckets: new Map(),
    bodies,
    replications: [],
    accessLogs: new Map(),
    advancedMs: 0,
    workedUntilMs: undefined,
    lastVersionNanos: 0n,
  };
}

/** Notes that something changed. Every mutation ends with it. */
export function touch(state: State): void {
  state.revision += 1;
}
