import type { Reason } from '../api/reasons.ts';

/**
 * Why a pass failed, by who must act next. The set is closed: `docs/architecture.md` has the table of what each
 * type does to the queue and to the conditions.
 */
export type ReconcileErrorType =
  /** The object's author must change the spec. Retried at the next generation, when a referent changes, at each resync. */
  | 'InvalidSpec'
  /** Someone elsewhere must act: a Provider is not Ready, a Secret is missing, access is denied. */
  | 'DependencyNotReady'
  /** Time heals: the service says slow down. Waits at least `retryAfterMs`. */
  | 'Throttled'
  /** Time heals: network, timeout, 5xx, a write not yet in effect. */
  | 'Transient'
  /** Our own read was stale (Kubernetes answered 409). Retried without a status write. */
  | 'StaleRead'
  /** The service lacks the call. Leaves the diff; asked again daily. */
  | 'Unsupported'
  /** A defect of ours: anything not foreseen. */
  | 'Internal';

export interface ReconcileErrorOptions {
  /** What users see as the condition's reason, PascalCase; by default the type itself. */
  readonly reason?: Reason;
  /** The least time until the next pass, in milliseconds (a `Retry-After` of the other side). */
  readonly retryAfterMs?: number;
  /** What is missing is on its way, as far as anybody knows: conditions say so, and no event does. */
  readonly isExpected?: boolean;
  /** It is the failure of another object, which tells of it: to this one it is a wait, whatever the reason is. */
  readonly isToldElsewhere?: boolean;
  /** The service's name of the call that failed, for its support. The log tells it; never the message, which must not vary. */
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error that a kind throws. `message` says what, where and with which value on one line, holds no credential,
 * and is the same text for the same failure (else the status patch would become a hot loop).
 */
export class ReconcileError extends Error {
  override readonly name = 'ReconcileError';
  readonly type: ReconcileErrorType;
  readonly reason: Reason;
  readonly retryAfterMs: number | undefined;
  readonly isExpected: boolean;
  readonly isToldElsewhere: boolean;
  readonly requestId: string | undefined;

  constructor(type: ReconcileErrorType, message: string, options: ReconcileErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.reason = options.reason ?? type;
    this.retryAfterMs = options.retryAfterMs;
    this.isExpected = options.isExpected ?? false;
    this.isToldElsewhere = options.isToldElsewhere ?? false;
    this.requestId = options.requestId;
  }

  /** The same failure in other words. @param more what else is said of it */
  retold(message: string, more: Pick<ReconcileErrorOptions, 'isToldElsewhere'> = {}): ReconcileError {
    const { type, reason, isExpected, isToldElsewhere, retryAfterMs, requestId, cause } = this;
    return new ReconcileError(type, message, {
      reason,
      isExpected,
      isToldElsewhere,
      cause,
      requestId,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...more,
    });
  }
}

/**
 * Why the process cannot start, for the person who starts it: `message` says what is wrong and what to do, so that no
 * stack is worth printing.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Anything thrown, as an Error: itself when it is one, else an Error with the original as `cause`. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('a value that is no Error was thrown', { cause: thrown });
}

/** Anything thrown, as a ReconcileError: itself when it is one, else `Internal` with the original as `cause`. */
export function toReconcileError(thrown: unknown): ReconcileError {
  if (thrown instanceof ReconcileError) return thrown;
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'a value that is no Error was thrown';
  return new ReconcileError('Internal', text, { cause: thrown });
}
