import type { Bucket } from '../../../api/bucket.ts';
import { readCompliance, writeCompliance } from '../../../wasabi/compliance.ts';
import type { Setting } from '../setting.ts';

/** How long every object of a bucket is kept; days are whole days. */
export interface Compliance {
  readonly retentionDays: number;
  readonly conditionalHold: boolean;
  readonly deleteAfterRetention: boolean;
}

/**
 * Compliance, which Wasabi alone has; `null`: not enabled. Another server would take the call for one on the bucket
 * itself, so it is never made there. When the settings are locked is not ours to say: what is there stays.
 */
export const compliance: Setting<Compliance> = {
  desired: (spec, { providerType }) => {
    if (spec.compliance === undefined || providerType !== 'wasabi') return undefined;
    if (spec.compliance === null || !spec.compliance.enabled) return null;
    const { retentionDays = 0, conditionalHold, deleteAfterRetention } = spec.compliance;
    return { retentionDays, conditionalHold, deleteAfterRetention };
  },
  read: async ({ wasabi, ...place }) => {
    const { isEnabled, retentionDays, conditionalHold, deleteAfterRetention } = await readCompliance(wasabi, place);
    return isEnabled ? { retentionDays, conditionalHold, deleteAfterRetention } : null;
  },
  write: async ({ wasabi, isNew, ...place }, value) => {
    const found = isNew ? undefined : await readCompliance(wasabi, place);
    const { lockTime = 'off', retentionDays = 0, conditionalHold = false, deleteAfterRetention = false } = found ?? {};
    const kept = { lockTime, retentionDays, conditionalHold, deleteAfterRetention };
    await writeCompliance(wasabi, place, { ...kept, ...value, isEnabled: value !== null });
  },
  unsupported: (wanted) => (wanted === null ? [] : ['spec.compliance']),
};

/** Compliance elsewhere than on Wasabi cannot be had. */
export function unsupportedCompliance(spec: Bucket['spec'], providerType: 'wasabi' | 's3'): readonly string[] {
  return providerType !== 'wasabi' && spec.compliance?.enabled === true ? ['spec.compliance'] : [];
}
