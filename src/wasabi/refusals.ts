import type { Reason } from '../api/reasons.ts';
import type { Clock } from '../runtime/clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { LOCKOUT_MS } from './error-table.ts';

/** Waits after the first, second and third refusal of the same credentials; then hourly. An account lock-out must not be our doing. */
const WAIT_MS = [60_000, 300_000, 3_600_000];
/** When a wait is over, one call goes out; the others wait this much longer for what it shows. No call takes longer. */
const TRIAL_MS = 60_000;
/** A refusal so soon after the same credentials were proven is about that one request. */
const DISPROVED_MS = 60_000;
/** A lock-out is about the key, wherever it is used. */
const EVERYWHERE = '*';

/** Whether that reason of an error says that the credentials are wrong, as against not known. */
export function isRefusal({ reason }: { readonly reason: Reason }): boolean {
  return reason === 'AuthFailed' || reason === 'AuthenticationLockout';
}

/** How long credentials that were refused `count` times, the last time for that reason, stay untried; milliseconds. */
export function refusalWaitMs(count: number, reason: string): number {
  const waitMs = WAIT_MS[Math.min(count, WAIT_MS.length) - 1] ?? 0;
  return reason === 'AuthenticationLockout' ? Math.max(waitMs, LOCKOUT_MS) : waitMs;
}

/**
 * How long credentials stay untried still, by a refusal that was written down; milliseconds, 0: they may be tried. A
 * time that lies ahead (a clock has jumped, or the record is from elsewhere) keeps them no longer than the wait itself,
 * and one that lies further ahead than that says nothing.
 */
export function refusalRestMs(
  { count, reason, atMs }: { readonly count: number; readonly reason: string; readonly atMs: number },
  nowMs: number,
): number {
  const waitMs = refusalWaitMs(count, reason);
  const restMs = atMs + waitMs - nowMs;
  return restMs > 0 && restMs <= 2 * waitMs ? Math.min(restMs, waitMs) : 0;
}

/**
 * What one client asks and tells of its credentials. A place is one API in one region: a key may work in one and not, or
 * not yet, in another. Times are monotonic.
 */
export interface CredentialGate {
  /** @throws DependencyNotReady, reason ProviderNotReady, while a refusal stands there */
  assertOpen(place: string): void;
  /** The same, for a call that goes out now: it may be the one that finds out whether a wait has helped. */
  enter(place: string): void;
  refused(place: string, sentAtMs: number, error: ReconcileError): void;
  accepted(place: string, sentAtMs: number): void;
}

interface Refusal {
  readonly error: ReconcileError;
  readonly count: number;
  readonly atMs: number;
  readonly untilMs: number;
  /** A probe met it, or the service itself named a lock-out. */
  readonly isConfirmed: boolean;
  trialUntilMs: number;
}

/**
 * The refusals of one version of credentials, shared by all its clients: however many objects need them, a refusal costs
 * one call, not one for each object. A probe (the Provider's own pass) goes past them and has the last word.
 */
export class Refusals {
  readonly #clock: Clock;
  readonly #byPlace = new Map<string, Refusal>();
  #disprovedAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param client `onRefused` is called for a refusal that was not known yet and that no probe met */
  gate(client: { readonly isProbe: boolean; readonly onRefused: (() => void) | undefined }): CredentialGate {
    const { isProbe, onRefused } = client;
    return {
      assertOpen: (place) => {
        if (!isProbe) this.#assertOpen(place);
      },
      enter: (place) => {
        if (!isProbe) this.#enter(place);
      },
      refused: (place, sentAtMs, error) => {
        if (this.#refused(place, sentAtMs, error, isProbe) && !isProbe) onRefused?.();
      },
      accepted: (place, sentAtMs) => this.#accepted(place, sentAtMs, isProbe),
    };
  }

  /** The confirmed refusal whose wait is not over, with the time that is left; undefined: a probe may go out. */
  standing(): ReconcileError | undefined {
    const nowMs = this.#clock.monotonicMs();
    const confirmed = [...this.#byPlace.values()].filter(({ isConfirmed, untilMs }) => isConfirmed && untilMs > nowMs);
    const last = confirmed.toSorted((a, b) => b.untilMs - a.untilMs)[0];
    if (last === undefined) return undefined;
    const { type, message, reason } = last.error;
    return new ReconcileError(type, message, { reason, cause: last.error, retryAfterMs: last.untilMs - nowMs });
  }

  #standingAt(place: string): readonly Refusal[] {
    return [EVERYWHERE, place].flatMap((at) => this.#byPlace.get(at) ?? []);
  }

  #assertOpen(place: string): void {
    const nowMs = this.#clock.monotonicMs();
    const holding = this.#standingAt(place).find((one) => Math.max(one.untilMs, one.trialUntilMs) > nowMs);
    if (holding === undefined) return;
    // Told in the words of the refusal. No time: whoever is held back costs no call and may look again when it likes.
    const { message } = holding.error;
    throw new ReconcileError('DependencyNotReady', message, { reason: 'ProviderNotReady', cause: holding.error });
  }

  #enter(place: string): void {
    this.#assertOpen(place);
    for (const refusal of this.#standingAt(place)) refusal.trialUntilMs = this.#clock.monotonicMs() + TRIAL_MS;
  }

  /** @returns whether it is news */
  #refused(place: string, sentAtMs: number, error: ReconcileError, isProbe: boolean): boolean {
    const isLockout = error.reason === 'AuthenticationLockout';
    const isConfirmed = isProbe || isLockout;
    const at = isLockout ? EVERYWHERE : place;
    const before = this.#byPlace.get(at);
    const nowMs = this.#clock.monotonicMs();
    const isConfirmation = isConfirmed && before?.isConfirmed === false && before.untilMs > nowMs;
    const wasUnderWay = before !== undefined && sentAtMs <= before.atMs;
    if (wasUnderWay && !isConfirmation) return false;
    if (!isConfirmed && sentAtMs - this.#disprovedAtMs < DISPROVED_MS) return false;
    const count = (before?.count ?? 0) + (isConfirmation ? 0 : 1);
    const waitMs = Math.max(refusalWaitMs(count, error.reason), error.retryAfterMs ?? 0);
    this.#byPlace.set(at, { error, count, atMs: nowMs, untilMs: nowMs + waitMs, isConfirmed, trialUntilMs: nowMs });
    return true;
  }

  /** Where a refusal stood, the credentials work again: nothing that is older counts any more, wherever it was. */
  #accepted(place: string, sentAtMs: number, isProbe: boolean): void {
    const over = this.#standingAt(place).filter(({ atMs }) => atMs < sentAtMs);
    if (over.length === 0) return;
    if (isProbe && over.some(({ isConfirmed }) => !isConfirmed)) this.#disprovedAtMs = this.#clock.monotonicMs();
    for (const [at, { atMs }] of this.#byPlace) if (atMs < sentAtMs) this.#byPlace.delete(at);
  }
}
