import type { EventReason } from '../api/event-reasons.ts';
import type { Reason } from '../api/reasons.ts';
import type { ReconcileError } from '../runtime/errors.ts';
import { findCondition, isTrue, rfc3339, shorten } from './conditions.ts';
import type { KindEvents, ManagedResource } from './kind.ts';
import { failuresOf, type Outcome } from './outcome.ts';

/** An event for people: what happened to the object, on change only. */
export interface EventDraft {
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  /** What was done or tried, one CamelCase word. */
  readonly action: 'Reconcile' | 'Delete';
  readonly note: string;
}

/** A failure that heals by itself is worth an event only when it lasts this long. */
const LASTING_MS = 60_000;

/** What is applied together waits for one another: that is worth telling only when it lasts this long. */
const LASTING_WAIT_MS = 30_000;

/** What a person must put right; all else that an object waits for is another object's story, or may be on its way. */
const NEEDS_A_PERSON: ReadonlySet<Reason> = new Set([
  'AuthFailed',
  'AuthenticationLockout',
  'AccessDenied',
  'AccountProblem',
  'SecretNotFound',
  'SecretKeyMissing',
  'SecretInvalid',
  'EndpointNotAllowed',
  'InsecureNotAllowed',
  'TLSVerificationFailed',
  'Forbidden',
  'QuotaExceeded',
]);

/** The events of a pass, on change only. What was made is told also when a setting of it failed. Pure. */
export function eventsFor(
  events: KindEvents,
  resource: ManagedResource,
  outcome: Outcome,
  nowMs: number,
): readonly EventDraft[] {
  const main = eventFor(events, resource, outcome, nowMs);
  const made = outcome.type === 'OutOfSync' && failuresOf(outcome).length > 0 && isMade(outcome.reading.applied);
  const first = made ? inSync(events, resource, outcome.reading.applied) : undefined;
  return [first, main].filter((draft) => draft !== undefined);
}

function eventFor(
  events: KindEvents,
  resource: ManagedResource,
  outcome: Outcome,
  nowMs: number,
): EventDraft | undefined {
  switch (outcome.type) {
    case 'InSync':
      return inSync(events, resource, outcome.reading.told);
    case 'OutOfSync': {
      const [worst] = failuresOf(outcome);
      if (worst === undefined) return inSync(events, resource, outcome.reading.told);
      return failed(events, resource, worst, nowMs);
    }
    case 'Failed':
      return failed(events, resource, outcome.error, nowMs);
    case 'NotOurs':
      return isNews(resource, outcome.reason)
        ? { type: 'Warning', reason: outcome.reason, action: 'Reconcile', note: outcome.message }
        : undefined;
    case 'Blocked':
      return isNews(resource, outcome.reason)
        ? { type: 'Warning', reason: 'DeletionBlocked', action: 'Delete', note: outcome.message }
        : undefined;
    case 'Gone':
      return gone(events, resource, outcome.how, outcome.note);
    case 'Observed': {
      const { failure } = outcome.reading.kindStatus;
      return failure && failed(events, resource, failure, nowMs);
    }
    case 'Suspended':
    case 'Deleting':
      return undefined;
  }
}

function inSync(events: KindEvents, resource: ManagedResource, applied: readonly string[]): EventDraft | undefined {
  const before = findCondition(resource.status?.conditions, 'Synced');
  if (applied.length > 0) {
    const wasInSync = before?.status === 'True' && before.observedGeneration === resource.metadata.generation;
    // What was in sync and has not been edited was changed by somebody else.
    const repaired = wasInSync ? (events.repaired ?? events.updated) : events.updated;
    if (isMade(applied) && events.recreated !== undefined && wasThere(resource)) {
      const { name = resource.metadata.name } = resource.status?.target ?? {};
      const note = `${resource.kind.toLowerCase()} "${name}" had vanished and was created again, empty`;
      return { type: 'Warning', reason: events.recreated, action: 'Reconcile', note };
    }
    const reason = isMade(applied) ? events.created : repaired;
    const isTakeOver = events.isTakenOver === true && resource.status?.target === undefined && !isMade(applied);
    const note = `${isTakeOver ? 'Taken over. ' : ''}Changes made: ${applied.join(', ')}`;
    return { type: 'Normal', reason, action: 'Reconcile', note };
  }
  if (events.recovered === undefined || before?.status === 'True') return undefined;
  return {
    type: 'Normal',
    reason: events.recovered,
    action: 'Reconcile',
    note: 'Everything was found as it should be.',
  };
}

function isMade(applied: readonly string[]): boolean {
  return applied.includes('Create');
}

/** Status tells of an external resource that was there before this pass: by its identity, or as one that was usable. */
function wasThere({ status }: ManagedResource): boolean {
  return status?.target?.identity !== undefined || isTrue(status?.conditions, 'Ready');
}

function failed(
  events: KindEvents,
  resource: ManagedResource,
  error: ReconcileError,
  nowMs: number,
): EventDraft | undefined {
  const { type, reason, message } = error;
  const note = reason === type ? message : `${reason}: ${message}`;
  switch (type) {
    case 'StaleRead':
    case 'Throttled':
      return undefined;
    case 'Transient':
      return lasts(resource, reason, nowMs, LASTING_MS)
        ? { type: 'Warning', reason: events.failed, action: 'Reconcile', note }
        : undefined;
    case 'DependencyNotReady':
      if (error.isExpected) return undefined;
      if (isWait(error)) {
        return isLastingWait(resource, error, nowMs)
          ? { type: 'Normal', reason: events.failed, action: 'Reconcile', note }
          : undefined;
      }
      return isNews(resource, reason) || isOtherMessage(resource, message)
        ? { type: 'Warning', reason: events.failed, action: 'Reconcile', note }
        : undefined;
    case 'InvalidSpec':
    case 'Unsupported':
    case 'Internal':
      return isNews(resource, reason)
        ? { type: 'Warning', reason: events.failed, action: 'Reconcile', note }
        : undefined;
  }
}

function gone(
  events: KindEvents,
  resource: ManagedResource,
  how: string,
  note: string | undefined,
): EventDraft | undefined {
  const external = resource.status?.target?.name ?? resource.metadata.name;
  const name = events.what?.(external) ?? external;
  switch (how) {
    case 'Deleted':
      return { type: 'Normal', reason: events.deleted, action: 'Delete', note: note ?? `${name} is gone` };
    case 'Retained':
      return { type: 'Normal', reason: 'Retained', action: 'Delete', note: `${name} stays, and is no longer managed` };
    case 'Abandoned':
      return {
        type: 'Warning',
        reason: 'Abandoned',
        action: 'Delete',
        note: `${name} was let go without a call to the service`,
      };
    case 'SpecUnusable':
      return {
        type: 'Warning',
        reason: 'Retained',
        action: 'Delete',
        note: `${name} was let go without a call to the service: its spec cannot be used, and status does not say what it had made; look whether something is left`,
      };
    case 'CrdDeleted':
      return {
        type: 'Warning',
        reason: 'Retained',
        action: 'Delete',
        note: `the CustomResourceDefinition is being deleted: ${name} was left untouched`,
      };
    default:
      return undefined;
  }
}

/** Whether the object waits for another one, and nobody need act yet. Pure. */
export function isWait({ type, reason, isToldElsewhere }: ReconcileError): boolean {
  return type === 'DependencyNotReady' && (isToldElsewhere || !NEEDS_A_PERSON.has(reason));
}

/** Whether it has waited for so long that people should know. Pure. */
export function isLastingWait(resource: ManagedResource, error: ReconcileError, nowMs: number): boolean {
  return isWait(error) && !error.isExpected && lasts(resource, error.reason, nowMs, LASTING_WAIT_MS);
}

/** The failure differs from the one that status told before this pass, or concerns another generation. */
function isNews(resource: ManagedResource, reason: string): boolean {
  const before = findCondition(resource.status?.conditions, 'Synced');
  return before?.reason !== reason || before.observedGeneration !== resource.metadata.generation;
}

/** What is waited for stands otherwise than status told before this pass. */
function isOtherMessage(resource: ManagedResource, message: string): boolean {
  return findCondition(resource.status?.conditions, 'Synced')?.message !== shorten(message);
}

/** The same failure stands in status for some time; the recorder folds what repeats into one series. */
function lasts(resource: ManagedResource, reason: string, nowMs: number, leastMs: number): boolean {
  const before = findCondition(resource.status?.conditions, 'Synced');
  if (before?.reason !== reason || before.status !== 'False') return false;
  return (before.lastTransitionTime ?? '') <= rfc3339(nowMs - leastMs);
}
