import type { Clock } from '../runtime/clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { Turn } from '../runtime/turn.ts';
import { cancelled } from './errors.ts';
import { FairQueue, type Place } from './fair-queue.ts';
import type { RateLimit } from './settings.ts';

/** Below this the limit never falls, however often the service asks to slow down; requests a second. */
const FLOOR_PER_SECOND = 0.5;
/** The share of the configured rate that a second full of successes gives back. */
const RECOVERY_PER_SECOND = 0.05;
/** A pause longer than this ends the calls that wait: the workqueue waits better than a pass. */
const MAX_WAITED_PAUSE_MS = 2_000;
/** So many refusals in a row, without one success between, pause the account; each further one twice as long. */
const REFUSALS_BEFORE_PAUSE = 5;
const MAX_OWN_PAUSE_MS = 60_000;
/** A Provider that asked for no client in this time has no say in the limit any more. */
const DECLARATION_LIFE_MS = 900_000;

/** The right to one attempt. Exactly one of its methods is called, once, when the attempt is over. */
export interface Permit {
  /** The service did what was asked, or refused it for a reason of its own. */
  succeeded(): void;
  /** The service asked to slow down. */
  throttled(retryAfterMs: number | undefined): void;
  /** No answer, or a failure that says nothing about load. */
  failed(): void;
}

export interface AcquireOptions {
  readonly namespace: string;
  /** Of the pass that calls; default: a new one, as urgent as a user's change. */
  readonly turn?: Turn | undefined;
  readonly signal: AbortSignal;
}

/** What the limiter of an account is doing now, for metrics. */
export interface LimiterState {
  /** Requests a second: as configured, and as allowed at present. */
  readonly configuredPerSecond: number;
  readonly currentPerSecond: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly pausedForMs: number;
}

interface Waiter extends Place {
  readonly grant: (permit: Permit) => void;
  readonly refuse: (error: ReconcileError) => void;
}

/**
 * One account's share of the service: a token bucket whose rate halves when the service asks to slow down and grows
 * back while calls succeed, and a bound on calls in flight. Who waits is served as `FairQueue` says. Every attempt counts, retries too.
 */
export class AccountLimiter {
  readonly #clock: Clock;
  readonly #onRateLimited: (source: 'waited' | 'throttled') => void;
  readonly #declared = new Map<string, { readonly limit: RateLimit; readonly atMs: number }>();
  readonly #queue = new FairQueue<Waiter>();
  #limit: RateLimit;
  #rate: number;
  #tokens: number;
  #refilledAtMs: number;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;
  #refusals = 0;
  #inFlight = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, limit: RateLimit, onRateLimited: (source: 'waited' | 'throttled') => void = () => {}) {
    this.#clock = clock;
    this.#limit = limit;
    this.#rate = limit.requestsPerSecond;
    this.#tokens = limit.burst;
    this.#refilledAtMs = clock.monotonicMs();
    this.#onRateLimited = onRateLimited;
  }

  /** The limit that one Provider of the account asks for. The lowest of those declared in the last 15 minutes holds. */
  declare(by: string, limit: RateLimit): void {
    const now = this.#clock.monotonicMs();
    this.#declared.set(by, { limit, atMs: now });
    for (const [name, { atMs }] of this.#declared) {
      if (now - atMs > DECLARATION_LIFE_MS) this.#declared.delete(name);
    }
    const limits = [...this.#declared.values()].map((declared) => declared.limit);
    const wasFull = this.#rate >= this.#limit.requestsPerSecond;
    this.#refill();
    this.#limit = {
      requestsPerSecond: Math.min(...limits.map((each) => each.requestsPerSecond)),
      burst: Math.min(...limits.map((each) => each.burst)),
      maxInFlight: Math.min(...limits.map((each) => each.maxInFlight)),
    };
    this.#rate = wasFull ? this.#limit.requestsPerSecond : Math.min(this.#rate, this.#limit.requestsPerSecond);
    this.#tokens = Math.min(this.#tokens, this.#limit.burst);
    this.#pump();
  }

  /**
   * Resolves when the attempt may be made.
   * @throws Throttled, with the time left, while the account is paused for longer than 2 s; Transient, reason Cancelled
   */
  acquire({ namespace, turn: own, signal }: AcquireOptions): Promise<Permit> {
    if (signal.aborted) return Promise.reject(cancelled('waiting for the rate limit'));
    const paused = this.#pausedForMs();
    if (paused > MAX_WAITED_PAUSE_MS) return Promise.reject(pausedError(paused));
    const turn = own ?? new Turn(this.#clock, 'user');
    return new Promise((resolve, reject) => {
      const stopWaiting = () => {
        endWait();
        this.#queue.remove(waiter);
        reject(cancelled('waiting for the rate limit'));
      };
      const endWait = turn.wait();
      let isWaiting = true;
      const settled = () => {
        isWaiting = false;
        endWait();
        signal.removeEventListener('abort', stopWaiting);
      };
      const waiter: Waiter = {
        namespace,
        turn,
        grant: (permit) => {
          settled();
          resolve(permit);
        },
        refuse: (error) => {
          settled();
          reject(error);
        },
      };
      signal.addEventListener('abort', stopWaiting, { once: true });
      this.#queue.add(waiter);
      this.#pump();
      if (isWaiting) this.#onRateLimited('waited');
    });
  }

  state(): LimiterState {
    return {
      configuredPerSecond: this.#limit.requestsPerSecond,
      currentPerSecond: this.#rate,
      inFlight: this.#inFlight,
      waiting: this.#queue.size,
      pausedForMs: this.#pausedForMs(),
    };
  }

  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#refill();
    while (this.#canGrant()) {
      const waiter = this.#queue.take();
      if (waiter === undefined) return;
      this.#tokens -= 1;
      this.#inFlight += 1;
      waiter.turn.granted();
      waiter.grant(this.#permit());
    }
    if (this.#queue.size === 0 || this.#inFlight >= this.#limit.maxInFlight) return;
    const forTokenMs = Math.max(0, ((1 - this.#tokens) / this.#rate) * 1000);
    const delayMs = Math.max(1, Math.ceil(Math.max(forTokenMs, this.#pausedForMs())));
    this.#cancelTimer = this.#clock.setTimer(delayMs, () => this.#pump());
  }

  #canGrant(): boolean {
    return this.#inFlight < this.#limit.maxInFlight && this.#tokens >= 1 && this.#pausedForMs() === 0;
  }

  #refill(): void {
    const now = this.#clock.monotonicMs();
    const gained = ((now - this.#refilledAtMs) / 1000) * this.#rate;
    this.#tokens = Math.min(Math.max(1, this.#limit.burst), this.#tokens + gained);
    this.#refilledAtMs = now;
  }

  #permit(): Permit {
    const grantedAtMs = this.#clock.monotonicMs();
    let isOver = false;
    const over = (effect: () => void) => () => {
      if (isOver) return;
      isOver = true;
      this.#inFlight -= 1;
      effect();
      this.#pump();
    };
    return {
      succeeded: over(() => this.#speedUp()),
      throttled: (retryAfterMs) => over(() => this.#slowDown(grantedAtMs, retryAfterMs))(),
      failed: over(() => {}),
    };
  }

  #speedUp(): void {
    this.#refusals = 0;
    const configured = this.#limit.requestsPerSecond;
    this.#rate = Math.min(configured, this.#rate + (RECOVERY_PER_SECOND * configured) / Math.max(this.#rate, 1));
  }

  /** Attempts that went out before the last slowdown tell of the same congestion, and slow down no further. */
  #slowDown(grantedAtMs: number, retryAfterMs: number | undefined): void {
    this.#onRateLimited('throttled');
    const now = this.#clock.monotonicMs();
    this.#refill();
    this.#tokens = 0;
    if (grantedAtMs > this.#decreasedAtMs) {
      this.#decreasedAtMs = now;
      this.#refusals += 1;
      this.#rate = Math.max(Math.min(FLOOR_PER_SECOND, this.#limit.requestsPerSecond), this.#rate / 2);
    }
    const excess = this.#refusals - REFUSALS_BEFORE_PAUSE;
    const ownPauseMs = excess < 0 ? 0 : Math.min(MAX_OWN_PAUSE_MS, 1000 * 2 ** excess);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, now + Math.max(retryAfterMs ?? 0, ownPauseMs));
    const pausedMs = this.#pausedForMs();
    if (pausedMs <= MAX_WAITED_PAUSE_MS) return;
    for (let waiter = this.#queue.take(); waiter !== undefined; waiter = this.#queue.take()) {
      waiter.refuse(pausedError(pausedMs));
    }
  }

  #pausedForMs(): number {
    return Math.max(0, this.#pausedUntilMs - this.#clock.monotonicMs());
  }
}

function pausedError(pausedMs: number): ReconcileError {
  return new ReconcileError('Throttled', 'the service asked this account to slow down; no call is made for a while', {
    retryAfterMs: Math.ceil(pausedMs),
  });
}
