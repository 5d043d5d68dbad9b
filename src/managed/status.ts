import { isDeepStrictEqual } from 'node:util';
import { keyText } from '../api/meta.ts';
import { isReason, type Reason } from '../api/reasons.ts';
import type { ReconcileError } from '../runtime/errors.ts';
import { FREEZE } from './annotations.ts';
import { condition, findCondition, mergeConditions } from './conditions.ts';
import type { KindCondition, ManagedResource, Target, TargetStatus } from './kind.ts';
import type { Outcome, Reading } from './outcome.ts';
import { requestedAt } from './requested.ts';
import { unsupportedCondition } from './unsupported-condition.ts';

/** The body of a status patch: fields to set, `null` for fields to remove. */
export type StatusPatch = Readonly<Record<string, unknown>>;

/**
 * The patch that brings the object's status to that outcome; `undefined` when it says so already (no write then: a
 * settled object costs reads only), or when the outcome is no verdict (a stale read, an object that is gone).
 */
export function statusFor(resource: ManagedResource, outcome: Outcome, nowMs: number): StatusPatch | undefined {
  const verdict = verdictOf(resource, outcome);
  if (verdict === undefined) return undefined;
  const generation = resource.metadata.generation ?? 0;
  const requested = requestedAt(resource);
  const next: Record<string, unknown> = {
    ...verdict.fields,
    conditions: mergeConditions(resource.status?.conditions, verdict.conditions, generation, nowMs),
  };
  if (verdict.isFinal) next['observedGeneration'] = generation;
  if (requested !== undefined) next['lastHandledReconcileAt'] = requested;
  return changedFields({ ...resource.status }, next);
}

/** Who asks for an emergency stop must not take silence for it. */
function suspendedMessage({ metadata }: ManagedResource): string {
  const message = 'spec.suspend is true: no calls are made.';
  if (metadata.annotations?.[FREEZE] === undefined) return message;
  return `${message} The annotation ${FREEZE} has no effect before spec.suspend is taken out.`;
}

/** The recorded form of a target. */
export function targetStatus(target: Target, identity?: string): TargetStatus {
  return {
    provider: keyText(target.provider),
    accountId: target.accountId,
    region: target.region,
    name: target.name,
    ...(identity === undefined ? {} : { identity }),
  };
}

/** Ready where the pass failed and showed nothing against it. Tables of kubectl show its reason, and no other one. */
const READY_BEFORE = condition(
  'Ready',
  'True',
  'NotSynced',
  'It was usable when it was last read. The last pass failed: the condition Synced says why.',
);

interface Verdict {
  readonly conditions: readonly KindCondition[];
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether this generation has its verdict: in sync, or stalled until someone edits it. */
  readonly isFinal: boolean;
}

function verdictOf(resource: ManagedResource, outcome: Outcome): Verdict | undefined {
  switch (outcome.type) {
    case 'Gone':
      return undefined;
    case 'InSync':
      return {
        conditions: [
          condition('Ready', 'True', 'Available', 'The external resource matches the spec as last read.'),
          condition('Synced', 'True', 'InSync', 'The last pass found nothing left to change.'),
          ...readingConditions(outcome.reading),
        ],
        fields: readingFields(outcome.reading),
        isFinal: true,
      };
    case 'OutOfSync':
      return outOfSync(resource, outcome.reading, outcome.errors);
    case 'Observed':
      return observed(resource, outcome.reading, outcome.pending);
    case 'NotOurs':
      return {
        ...failed(resource, outcome.reason, outcome.message, true, false),
        fields: { pendingChanges: outcome.pending },
      };
    case 'Suspended':
      return {
        conditions: [condition('Synced', 'False', 'Suspended', suspendedMessage(resource))],
        fields: {},
        isFinal: true,
      };
    case 'Blocked':
      return deleting(outcome.reason, outcome.message, outcome.fields, true);
    case 'Deleting':
      return deleting(outcome.reason, outcome.message, outcome.fields, false);
    case 'Failed':
      return failedPass(resource, outcome.error);
  }
}

function outOfSync(resource: ManagedResource, reading: Reading, errors: readonly ReconcileError[]): Verdict {
  const [worst] = errors;
  const reason = worst?.reason ?? 'Internal';
  // What two writes of a pass met is told once.
  const message = [...new Set(errors.map((error) => error.message))].join('; ');
  const isStalled = errors.every((error) => error.type === 'InvalidSpec');
  return {
    conditions: [
      mayLeaveReady(resource, reading) ? READY_BEFORE : condition('Ready', 'False', reason, message),
      condition('Synced', 'False', reason, message),
      condition(isStalled ? 'Stalled' : 'Reconciling', 'True', reason, message),
      ...readingConditions(reading),
    ],
    fields: readingFields(reading),
    isFinal: isStalled,
  };
}

function observed(resource: ManagedResource, reading: Reading, pending: readonly string[]): Verdict {
  const { failure } = reading.kindStatus;
  const inSync = pending.length === 0;
  const changes = inSync ? 'Nothing would be changed.' : `${pending.length} change(s) pending: ${pending.join('; ')}`;
  return {
    conditions: [
      failure !== undefined && mayLeaveReady(resource, reading) ? READY_BEFORE : readyAsRead(reading, inSync),
      failure === undefined
        ? condition('Synced', inSync ? 'True' : 'False', 'Observed', changes)
        : condition('Synced', 'False', failure.reason, failure.message),
      ...(failure?.type === 'InvalidSpec' ? [condition('Stalled', 'True', failure.reason, failure.message)] : []),
      ...(inSync ? [] : [condition('Drifted', 'True', 'Observed', changes)]),
      ...readingConditions(reading),
    ],
    // The target is recorded only by who manages it: an observing object never owned anything.
    fields: { ...reading.kindStatus.fields, pendingChanges: inSync ? undefined : pending },
    isFinal: true,
  };
}

function readyAsRead(
  { isFound, kindStatus: { failure, awaited, isUnusable } }: Reading,
  inSync: boolean,
): KindCondition {
  if (!isFound || (isUnusable === true && failure === undefined && awaited === undefined))
    return condition('Ready', 'False', 'NotFound', 'The external resource does not exist.');
  if (failure !== undefined) return condition('Ready', 'False', failure.reason, failure.message);
  return inSync
    ? condition('Ready', 'True', 'Available', 'The external resource exists as last read.')
    : condition('Ready', 'True', 'NotSynced', 'The external resource exists, and differs from the spec: see Synced.');
}

function failedPass(resource: ManagedResource, error: ReconcileError): Verdict | undefined {
  if (error.type === 'StaleRead') return undefined;
  if (resource.metadata.deletionTimestamp !== undefined) {
    return deleting(error.reason, error.message, undefined, error.type !== 'Transient' && error.type !== 'Throttled');
  }
  const isStalled = error.type === 'InvalidSpec';
  // A verdict, no failed call: what was made is certain not to be where the Provider leads now.
  const isElsewhere = isStalled && error.reason === 'AccountChanged';
  return failed(resource, error.reason, error.message, isStalled, wasReady(resource) && !isElsewhere);
}

/** What an earlier read showed stays as it is while nothing can be read. */
const LASTING = ['Unsupported', 'ForeignKey', 'LeftByPredecessor', 'FreezeIgnored', 'RestartBlocked'] as const;

function failed(
  resource: ManagedResource,
  reason: Reason,
  message: string,
  isStalled: boolean,
  leavesReady: boolean,
): Verdict {
  return {
    conditions: [
      leavesReady ? READY_BEFORE : condition('Ready', 'False', reason, message),
      condition('Synced', 'False', reason, message),
      condition(isStalled ? 'Stalled' : 'Reconciling', 'True', reason, message),
      ...LASTING.flatMap((type) => {
        const { reason: before = '', message: found } = findCondition(resource.status?.conditions, type) ?? {};
        return found === undefined || !isReason(before) ? [] : [condition(type, 'True', before, found)];
      }),
    ],
    fields: {},
    isFinal: isStalled,
  };
}

function deleting(
  reason: Reason,
  message: string,
  fields: Readonly<Record<string, unknown>> | undefined,
  isBlocked: boolean,
): Verdict {
  return {
    conditions: [
      condition('Ready', 'False', 'Deleting', 'The object is being deleted.'),
      condition('Synced', 'False', reason, message),
      condition(isBlocked ? 'DeletionBlocked' : 'Reconciling', 'True', reason, message),
    ],
    fields: fields ?? {},
    isFinal: false,
  };
}

function readingConditions(reading: Reading): readonly KindCondition[] {
  const { conditions = [], unsupported = [] } = reading.kindStatus;
  return [...conditions, ...unsupportedCondition(unsupported)];
}

function readingFields(reading: Reading): Readonly<Record<string, unknown>> {
  const { target, kindStatus, identity } = reading;
  return {
    ...kindStatus.fields,
    pendingChanges: undefined,
    ...(target.accountId === '' ? {} : { target: targetStatus(target, identity ?? target.identity) }),
  };
}

/** What failed says nothing of the resource, which was found and is known to be usable. */
function mayLeaveReady(resource: ManagedResource, { isFound, kindStatus }: Reading): boolean {
  return isFound && kindStatus.isUnusable !== true && wasReady(resource);
}

/** Ready was found True for this very generation: a failed call since then is no evidence against it. */
function wasReady(resource: ManagedResource): boolean {
  const ready = findCondition(resource.status?.conditions, 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === resource.metadata.generation;
}

/** The fields of `next` that differ from `previous`, `null` where they go; undefined when none does. */
function changedFields(
  previous: Readonly<Record<string, unknown>>,
  next: Readonly<Record<string, unknown>>,
): StatusPatch | undefined {
  const changed = Object.entries(next).filter(([name, value]) => !isDeepStrictEqual(previous[name], value));
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map(([name, value]) => [name, value ?? null]));
}
