import type { Setting } from './setting.ts';
import { type Compliance, compliance } from './settings/compliance.ts';
import { type CorsRule, cors } from './settings/cors.ts';
import { type Encryption, encryption } from './settings/encryption.ts';
import { type LifecycleRule, lifecycle } from './settings/lifecycle.ts';
import { type Logging, logging } from './settings/logging.ts';
import { notification } from './settings/notification.ts';
import { type ObjectLock, objectLock } from './settings/object-lock.ts';
import { type PublicAccess, publicAccess } from './settings/public-access.ts';
import { type ReplicationRule, replication } from './settings/replication.ts';
import { versioning } from './settings/versioning.ts';

/** The settings of a bucket that are read and written one by one, by their name in the spec. Tags are apart: they hold the marker. */
export interface BucketSettings {
  readonly versioning: 'Enabled' | 'Suspended';
  readonly encryption: Encryption;
  readonly publicAccess: PublicAccess;
  readonly objectLock: ObjectLock;
  readonly lifecycle: readonly LifecycleRule[];
  readonly cors: readonly CorsRule[];
  readonly compliance: Compliance;
  readonly logging: Logging;
  readonly replication: readonly ReplicationRule[];
  readonly notification: 'Some';
}

export type SettingName = keyof BucketSettings;

/** To add a setting: one file in `settings/`, one line in the type and one here. The order is the order of the writes. */
export const settings: { readonly [N in SettingName]: Setting<BucketSettings[N]> } = {
  versioning,
  encryption,
  publicAccess,
  objectLock,
  lifecycle,
  cors,
  compliance,
  logging,
  replication,
  notification,
};

// The table has no other keys than those of its type.
export const settingNames = Object.keys(settings) as readonly SettingName[];

/** Absent: not managed, left alone. `null`: must be gone. A value: must be equal. */
export type Wanted = { readonly [N in SettingName]?: BucketSettings[N] | null };
/** What was read of the managed ones; `null`: nothing configured. Absent: not read, or not readable. */
export type Found = { readonly [N in SettingName]?: BucketSettings[N] | null };
