import type { Bucket } from '../../api/bucket.ts';
import type { WasabiClient } from '../../wasabi/clients.ts';

/** One bucket on the wire, for one pass: what every setting reads and writes through. */
export interface BucketAccess {
  readonly wasabi: WasabiClient;
  readonly bucket: string;
  /** Decides endpoint and signing region. */
  readonly region: string;
  readonly signal: AbortSignal;
  /** This pass made the bucket, and nobody else can have made it: it has what it was asked for at its creation. */
  readonly isNew: boolean;
  /** Whether the service was found to lack that call lately; settings with a second way ask before they try. */
  isUnsupported(setting: string): boolean;
  /** Notes that the service lacks the call of that setting. */
  rememberUnsupported(setting: string): void;
}

/** What reading and writing tags needs of it. */
export type TagAccess = Pick<BucketAccess, 'wasabi' | 'bucket' | 'region' | 'signal'>;

/** What a spec means for a setting, beside the spec itself. */
export interface SettingContext {
  readonly providerType: 'wasabi' | 's3';
  /** The bucket that `spec.logging` names, resolved; undefined where there is none. */
  readonly loggingTarget: string | undefined;
  /** The bucket of each rule of `spec.replication`, resolved, by the rule's id. */
  readonly replicationTargets: ReadonlyMap<string, string>;
  /** The Provider's `unsupportedSettings: Reject`. */
  readonly rejectsUnsupported: boolean;
}

/**
 * One sub-resource of a bucket that the service reads and writes by itself. Values are canonical (defaults filled,
 * order fixed), so that two of them mean the same exactly when they are deeply equal.
 */
export interface Setting<V> {
  /** Pure. Absent: not managed, left alone. `null`: must be gone. A value: must be equal. */
  desired(spec: Bucket['spec'], context: SettingContext): V | null | undefined;
  /**
   * What the bucket has; `null`: nothing is configured.
   * @param wanted what `desired` gave, for settings that only look at what they manage
   * @throws Unsupported where the service lacks the call
   */
  read(access: BucketAccess, wanted: V | null): Promise<V | null>;
  /** Writes the value, or removes it (`null`). Safe to repeat. @throws Unsupported, InvalidSpec */
  write(access: BucketAccess, value: V | null): Promise<void>;
  /** Pure. Whether the found value does what the wanted one asks; deep equality when left out. */
  isMet?(wanted: V | null, found: V | null): boolean;
  /** Pure. The spec fields that cannot be had where the service lacks the call; none when left as it is satisfies the value. */
  unsupported(wanted: V | null): readonly string[];
}
