import type { View } from './accounting.ts';
import type { KeyStep, OpenRotation } from './facts.ts';
import { end, IDLE, type RotationPlan, record, rotationDueMs } from './rotation-plan.ts';

/** A use of the previous key so long after the switch is a workload that still has it, ms. */
const SWITCH_GRACE_MS = 3_600_000;
/** How long a previous key is inactive before it is revoked: long enough to be missed, and made active again, ms. */
const INACTIVE_GRACE_MS = 3_600_000;
/** How often a previous key that is still used is asked after, ms. */
const IN_USE_RETRY_MS = 3_600_000;
/** The previous key is gone this long before the next rotation, ms. */
const LEAD_MS = 86_400_000;

/** The previous key lives on for its retention, is made inactive, and goes. Pure. */
export function retiring(view: View, current: string, { step, sinceMs, previousKey }: OpenRotation): RotationPlan {
  const { facts, live } = view;
  const { nowMs, rotate, names, previousUsedAtMs } = facts;
  const previous = previousKey === undefined ? undefined : live.get(previousKey);
  const drop: readonly KeyStep[] = facts.previous.some(({ name }) => name === names.previous)
    ? [{ type: 'DropSecret', name: names.previous }]
    : [];
  // It is gone; its Secret goes with all that deliver nothing. Or somebody went back to it.
  if (previousKey === undefined || previous === undefined) return { ...IDLE, steps: end(view), wakeAtMs: nowMs };
  if (previousKey === current) return { ...IDLE, steps: [...drop, ...end(view)], wakeAtMs: nowMs };
  const keeps = [previousKey];
  const dueMs = rotationDueMs(view, current);
  const isDue = dueMs !== undefined && nowMs >= dueMs;
  const revoked: readonly KeyStep[] = [{ type: 'Revoke', keyId: previousKey, why: 'Retired' }, ...drop, ...end(view)];
  const switchedAtMs = step === 'Retaining' ? sinceMs : (live.get(current)?.createdAtMs ?? sinceMs);
  const retireAtMs = switchedAtMs + rotate.retentionMs;
  const latestMs = latestEnd(retireAtMs, rotate.retentionMs, dueMs);
  if (step === 'Deactivated') {
    const endMs = previous.isActive ? latestMs : sinceMs + INACTIVE_GRACE_MS;
    if (nowMs >= endMs || isDue) return { ...IDLE, keeps, steps: revoked, wakeAtMs: nowMs };
    return { ...IDLE, keeps, wakeAtMs: endMs, retireAtMs: endMs, isPreviousInUse: previous.isActive };
  }
  if (nowMs < retireAtMs) return { ...IDLE, keeps, wakeAtMs: retireAtMs, retireAtMs };
  const isInUse = previousUsedAtMs !== undefined && previousUsedAtMs > switchedAtMs + SWITCH_GRACE_MS;
  if (isInUse && nowMs < latestMs) {
    const wakeAtMs = Math.min(latestMs, nowMs + IN_USE_RETRY_MS);
    return { ...IDLE, keeps, wakeAtMs, retireAtMs: latestMs, isPreviousInUse: true };
  }
  const steps: readonly KeyStep[] = isDue
    ? revoked
    : [{ type: 'Deactivate', keyId: previousKey }, record(view, { step: 'Deactivated', previousKey })];
  return {
    ...IDLE,
    keeps,
    steps,
    wakeAtMs: isDue ? nowMs : nowMs + INACTIVE_GRACE_MS,
    retireAtMs: nowMs + INACTIVE_GRACE_MS,
  };
}

/**
 * A key that is still used lives on until twice its retention, and is gone a day before the next rotation; never before
 * its retention has passed.
 */
function latestEnd(retireAtMs: number, retentionMs: number, dueMs: number | undefined): number {
  const latestMs = Math.min(retireAtMs + retentionMs, dueMs === undefined ? Number.POSITIVE_INFINITY : dueMs - LEAD_MS);
  return Math.max(retireAtMs, latestMs);
}
