import type { EventReason } from '../api/event-reasons.ts';
import type { Reason } from '../api/reasons.ts';
import type { Result } from '../runtime/controller.ts';
import type { ReconcileError, ReconcileErrorType } from '../runtime/errors.ts';
import type { KindStatus, Target } from './kind.ts';

/** What the last read of a pass showed, and what the pass did before it. */
export interface Reading {
  readonly target: Target;
  readonly kindStatus: KindStatus;
  /** Whether that read found the external resource. */
  readonly isFound: boolean;
  /** The identity that status may record: present only when ownership is proven. */
  readonly identity?: string | undefined;
  /** Names of the changes that the first read of the pass asked for. */
  readonly found: readonly string[];
  /** Names of the changes made. */
  readonly applied: readonly string[];
  /** Those of them that the event of the pass names, some with what they changed. */
  readonly told: readonly string[];
}

/** How a pass ended: a closed set, of which status, queue, event and metric are pure functions. */
export type Outcome =
  /** A read matched the spec. */
  | { readonly type: 'InSync'; readonly reading: Reading }
  /** The resource was read, and something is left that could not be done; `errors` is never empty, worst first. */
  | { readonly type: 'OutOfSync'; readonly reading: Reading; readonly errors: readonly ReconcileError[] }
  /**
   * The resource exists and belongs to somebody else: nothing was written. `resourceVersion`: of the object whose status
   * showed no right to it. `pending`: under mode Observe, what Manage would change.
   */
  | {
      readonly type: 'NotOurs';
      readonly resourceVersion: string;
      readonly reason: Reason & EventReason;
      readonly message: string;
      readonly pending?: readonly string[] | undefined;
    }
  /** Mode Observe: `pending` is what Manage would change. */
  | { readonly type: 'Observed'; readonly reading: Reading; readonly pending: readonly string[] }
  | { readonly type: 'Suspended' }
  /** Deletion waits for somebody. */
  | {
      readonly type: 'Blocked';
      readonly reason: Reason;
      readonly message: string;
      readonly fields?: KindStatus['fields'] | undefined;
      readonly retryAfterMs?: number | undefined;
    }
  /** Deletion goes on in the next pass: at once, or after that time where something else wakes it before. */
  | {
      readonly type: 'Deleting';
      readonly reason: Reason;
      readonly message: string;
      readonly fields: KindStatus['fields'];
      readonly retryAfterMs?: number | undefined;
    }
  /** The pass ended before it could read the resource. */
  | { readonly type: 'Failed'; readonly error: ReconcileError }
  /** Nothing holds the object any more. `how`: what became of the external resource, or why it was left untouched. */
  | {
      readonly type: 'Gone';
      readonly how: 'Deleted' | 'Retained' | 'NeverOwned' | 'Observed' | 'Abandoned' | 'CrdDeleted' | 'SpecUnusable';
      /** What the kind has to say of it. */
      readonly note?: string | undefined;
    };

/** What went wrong in a pass, without what it waits for in other objects. */
export function failuresOf({ reading, errors }: Extract<Outcome, { type: 'OutOfSync' }>): readonly ReconcileError[] {
  return errors.filter((error) => error !== reading.kindStatus.awaited);
}

/** Whoever has to act first comes first; what time heals comes last. */
const SEVERITY: Readonly<Record<ReconcileErrorType, number>> = {
  InvalidSpec: 0,
  Internal: 1,
  DependencyNotReady: 2,
  Unsupported: 3,
  Throttled: 4,
  Transient: 5,
  StaleRead: 6,
};

/** What the pass failed in, worst first. Pure. */
export function errorsOf(outcome: Outcome): readonly ReconcileError[] {
  if (outcome.type === 'Failed') return [outcome.error];
  return outcome.type === 'OutOfSync' ? failuresOf(outcome) : [];
}

/** The errors of one pass in the order in which people should read them. Pure. */
export function worstFirst(errors: readonly ReconcileError[]): readonly ReconcileError[] {
  return errors.toSorted((a, b) => SEVERITY[a.type] - SEVERITY[b.type]);
}

/** Someone elsewhere has to act; their watch event comes sooner than this. */
const DEPENDENCY_RETRY_MS = 60_000;

/** What comes next after that outcome. Pure. */
export function resultFor(outcome: Outcome): Result {
  switch (outcome.type) {
    case 'NotOurs':
    case 'Suspended':
    case 'Gone':
      return { type: 'done' };
    case 'InSync':
      return soonest(wakeOf(outcome.reading));
    case 'Observed': {
      const { failure } = outcome.reading.kindStatus;
      return failure === undefined ? { type: 'done' } : resultForError(failure);
    }
    case 'Blocked':
      return { type: 'requeueAfter', ms: outcome.retryAfterMs ?? DEPENDENCY_RETRY_MS };
    case 'Deleting':
      return { type: 'requeueAfter', ms: outcome.retryAfterMs ?? 0 };
    case 'OutOfSync':
      return soonest([...outcome.errors.map(resultForError), ...wakeOf(outcome.reading)]);
    case 'Failed':
      return resultForError(outcome.error);
  }
}

/** Timers of a month and more overflow; a pass that comes too early costs reads only. */
const LONGEST_WAKE_MS = 86_400_000;

function wakeOf({ kindStatus: { wakeAfterMs } }: Reading): readonly Result[] {
  if (wakeAfterMs === undefined) return [];
  return [{ type: 'requeueAfter', ms: Math.min(LONGEST_WAKE_MS, Math.max(0, wakeAfterMs)) }];
}

function resultForError(error: ReconcileError): Result {
  switch (error.type) {
    case 'InvalidSpec':
    case 'Unsupported':
      return { type: 'done' };
    case 'DependencyNotReady':
      return { type: 'requeueAfter', ms: error.retryAfterMs ?? DEPENDENCY_RETRY_MS };
    case 'Throttled':
    case 'Transient':
    case 'StaleRead':
    case 'Internal':
      return error.retryAfterMs === undefined ? { type: 'retry' } : { type: 'retry', atLeastMs: error.retryAfterMs };
  }
}

/** One failure that heals by itself is reason enough to come back: retry before requeueAfter before done. */
function soonest(results: readonly Result[]): Result {
  const retry = results.find((result) => result.type === 'retry');
  if (retry !== undefined) return retry;
  const waits = results.flatMap((result) => (result.type === 'requeueAfter' ? [result.ms] : []));
  return waits.length === 0 ? { type: 'done' } : { type: 'requeueAfter', ms: Math.min(...waits) };
}
