import type { Bucket } from '../../api/bucket.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KindStatus, PassFacts, Target } from '../../managed/kind.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { isChildChange } from './children/desired.ts';
import { type DesiredBucket, rejection } from './desired.ts';
import type { ObservedBucket } from './observe.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';

/** The Bucket's own status. Pure. */
export function bucketStatus(
  resource: Bucket,
  target: Target,
  desired: DesiredBucket,
  observed: ObservedBucket | undefined,
  facts: PassFacts,
): KindStatus {
  const unsupported = [...desired.unsupported, ...(observed === undefined ? [] : unsupportedFields(desired, observed))];
  const isFirst = resource.status?.lastSyncTime === undefined;
  const hasChanged = isFirst || facts.applied.some((type) => !isChildChange(type));
  return {
    fields: {
      bucketName: target.name,
      arn: `arn:aws:s3:::${target.name}`,
      exists: observed !== undefined,
      region: observed?.region,
      creationTime: observed?.createdAtMs === undefined ? resource.status?.creationTime : rfc3339(observed.createdAtMs),
      ...(hasChanged && observed !== undefined ? { lastSyncTime: rfc3339(facts.nowMs) } : {}),
    },
    unsupported,
    failure: observed === undefined ? undefined : failureOf(target, desired, observed, unsupported),
  };
}

function unsupportedFields(desired: DesiredBucket, observed: ObservedBucket): readonly string[] {
  const ofTags = !observed.canTag && desired.tags !== undefined ? ['spec.tagging'] : [];
  const ofSettings = observed.unsupported.flatMap((name) => {
    // A setting and its wanted value go by the same name, which the compiler cannot follow through the union.
    const setting = settings[name] as Setting<unknown>;
    return setting.unsupported(desired.settings[name] ?? null);
  });
  return [...ofTags, ...ofSettings];
}

function failureOf(
  target: Target,
  desired: DesiredBucket,
  observed: ObservedBucket,
  unsupported: readonly string[],
): ReconcileError | undefined {
  if (observed.isWrongRegion) {
    const message = `bucket "${target.name}" is in region ${observed.region}, the spec leads to ${target.region}: set spec.region to ${observed.region}`;
    return new ReconcileError('InvalidSpec', message, { reason: 'WrongRegion' });
  }
  return rejection(desired, unsupported) ?? observed.failures[0]?.error;
}
