import { GetObjectLockConfigurationCommand, PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { ReconcileError } from '../../../runtime/errors.ts';
import type { Setting } from '../setting.ts';

/** How long new objects are locked by default; exactly one of days and years. */
export interface DefaultRetention {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly days?: number;
  readonly years?: number;
}

/** Object lock of a bucket. `defaultRetention` undefined: not managed; null: none. */
export interface ObjectLock {
  readonly defaultRetention?: DefaultRetention | null;
}

/**
 * Object lock; `null`: the bucket has none. It can be had at creation only and never be switched off.
 * Source: docs.wasabi.com, "Object Lock on Buckets With the Wasabi S3 API" (2026-02-03).
 */
export const objectLock: Setting<ObjectLock> = {
  desired: (spec) => {
    if (spec.objectLock === undefined) return undefined;
    if (!spec.objectLock.enabled) return null;
    const { defaultRetention } = spec.objectLock;
    if (defaultRetention === undefined || defaultRetention === null) {
      return defaultRetention === null ? { defaultRetention } : {};
    }
    return { defaultRetention: retention(defaultRetention.mode, defaultRetention.days, defaultRetention.years) };
  },
  read: async ({ wasabi, bucket, region, signal }, wanted) => {
    const answer = await wasabi.s3(new GetObjectLockConfigurationCommand({ Bucket: bucket }), {
      region,
      signal,
      absent: ['ObjectLockConfigurationNotFoundError'],
    });
    const found = answer?.ObjectLockConfiguration;
    if (found?.ObjectLockEnabled !== 'Enabled') return null;
    if (wanted?.defaultRetention === undefined) return {};
    const rule = found.Rule?.DefaultRetention;
    return { defaultRetention: rule?.Mode ? retention(rule.Mode, rule.Days, rule.Years) : null };
  },
  write: async (access, value) => {
    const { wasabi, bucket, region, signal } = access;
    if (value === null) {
      throw new ReconcileError(
        'InvalidSpec',
        'spec.objectLock.enabled: false, and the bucket has object lock, which can never be switched off: remove spec.objectLock',
        { reason: 'ObjectLockImmutable' },
      );
    }
    // It can never be undone: a bucket that has no lock must not get one by a write of its default.
    if (!access.isNew && (await objectLock.read(access, value)) === null) {
      throw new ReconcileError(
        'InvalidSpec',
        'spec.objectLock.enabled: true, and the bucket was made without object lock, which can be had at creation only: remove spec.objectLock, or make another bucket',
        { reason: 'ObjectLockImmutable' },
      );
    }
    if (value.defaultRetention === undefined) return;
    const rule = value.defaultRetention;
    const ObjectLockConfiguration = {
      ObjectLockEnabled: 'Enabled' as const,
      ...(rule === null ? {} : { Rule: { DefaultRetention: { Mode: rule.mode, Days: rule.days, Years: rule.years } } }),
    };
    await wasabi.s3(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration }), {
      region,
      signal,
    });
  },
  unsupported: (wanted) => (wanted === null ? [] : ['spec.objectLock']),
};

function retention(mode: string, days: number | undefined, years: number | undefined): DefaultRetention {
  const upper = mode.toUpperCase() === 'COMPLIANCE' ? 'COMPLIANCE' : 'GOVERNANCE';
  return { mode: upper, ...(days === undefined ? {} : { days }), ...(years === undefined ? {} : { years }) };
}
