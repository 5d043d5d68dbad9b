import { cutText } from '../runtime/cut-text.ts';
import type { KindCondition, StoredCondition } from './kind.ts';

/** Longer messages are cut: a status is no log, and etcd keeps every byte of it. */
const MESSAGE_MAX = 1_024;

/** Conditions that the predecessor wrote and nobody clears any more. */
const LEGACY_TYPES = new Set([
  'ProviderNotReady',
  'BucketNotReady',
  'UserNotReady',
  'CreationFailed',
  'ApplyFailed',
  'RotationFailed',
  'AttachFailed',
  'PolicyInvalid',
  'PolicyConflict',
]);

/** Abnormal-true conditions: present only while they are True. */
const ABNORMAL_TYPES = new Set([
  'Reconciling',
  'Stalled',
  'Unsupported',
  'ForeignKey',
  'LeftByPredecessor',
  'FreezeIgnored',
  'RestartBlocked',
  'DeletionBlocked',
  'Drifted',
]);

/** One condition, as a kind tells it. */
export function condition(
  type: KindCondition['type'],
  status: KindCondition['status'],
  reason: KindCondition['reason'],
  message: string,
): KindCondition {
  return { type, status, reason, message };
}

/** The condition of that type, if there is one. */
export function findCondition(
  conditions: readonly StoredCondition[] | undefined,
  type: string,
): StoredCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether there is a condition of that type, and it is True, of whichever generation. */
export function isTrue(conditions: readonly StoredCondition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The new list of conditions. What is in `next` is set; abnormal-true conditions and the predecessor's are dropped
 * unless `next` has them; other types stay as they were. `lastTransitionTime` moves only when `status` does.
 */
export function mergeConditions(
  previous: readonly StoredCondition[] | undefined,
  next: readonly KindCondition[],
  generation: number,
  nowMs: number,
): readonly StoredCondition[] {
  const given = new Set<string>(next.map((condition) => condition.type));
  const kept = (previous ?? []).filter(
    ({ type }) => !given.has(type) && !ABNORMAL_TYPES.has(type) && !LEGACY_TYPES.has(type),
  );
  const set = next.map((condition): StoredCondition => {
    const before = findCondition(previous, condition.type);
    return {
      type: condition.type,
      status: condition.status,
      reason: condition.reason,
      message: shorten(condition.message),
      observedGeneration: generation,
      lastTransitionTime: (before?.status === condition.status && before.lastTransitionTime) || rfc3339(nowMs),
    };
  });
  return [...set, ...kept];
}

/** A time as Kubernetes writes it: RFC 3339 in whole seconds. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** A message as a condition carries it. */
export function shorten(message: string): string {
  return cutText(message, MESSAGE_MAX);
}
