import type { Bucket } from '../../api/bucket.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { DesiredChildren } from './children/desired.ts';
import type { SettingContext } from './setting.ts';
import { unsupportedCompliance } from './settings/compliance.ts';
import { unsupportedTransitions } from './settings/lifecycle.ts';
import { type Tags, wantedTags } from './settings/tags.ts';
import { type SettingName, settingNames, settings, type Wanted } from './settings.ts';

/** The wanted state of a bucket, in canonical form. */
export interface DesiredBucket {
  readonly settings: Wanted;
  /** The user's tags; undefined: not managed. */
  readonly tags: Tags | undefined;
  /** Object lock can be had at creation only. */
  readonly hasObjectLock: boolean;
  /** What is to become of the objects that `spec.autoManage` makes. */
  readonly children: DesiredChildren;
  /** Fields that cannot be had whatever the service answers. */
  readonly unsupported: readonly string[];
  /** A field that cannot be had makes the spec invalid. */
  readonly rejectsUnsupported: boolean;
}

/** The wanted state of a bucket. Pure. */
export function desiredBucket(spec: Bucket['spec'], context: SettingContext, children: DesiredChildren): DesiredBucket {
  const pairs = settingNames.flatMap((name): [SettingName, unknown][] => {
    const value = settings[name].desired(spec, context);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    // Each value comes from the setting of its own name.
    settings: Object.fromEntries(pairs) as Wanted,
    tags: wantedTags(spec),
    hasObjectLock: spec.objectLock?.enabled === true,
    children,
    unsupported: [
      ...(spec.versioning?.mfaDelete === true ? ['spec.versioning.mfaDelete'] : []),
      ...unsupportedTransitions(spec, context.providerType),
      ...unsupportedCompliance(spec, context.providerType),
    ],
    rejectsUnsupported: context.rejectsUnsupported,
  };
}

/** What `unsupportedSettings: Reject` makes of those fields; undefined: nothing. Pure. */
export function rejection(desired: DesiredBucket, unsupported: readonly string[]): ReconcileError | undefined {
  if (!desired.rejectsUnsupported || unsupported.length === 0) return undefined;
  const message = `the service cannot do ${unsupported.join(', ')}, and the Provider says unsupportedSettings: Reject: take the field out`;
  return new ReconcileError('InvalidSpec', message, { reason: 'Unsupported' });
}
