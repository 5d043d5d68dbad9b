import { type Clock, systemClock } from '../../src/runtime/clock.ts';

interface Timer {
  dueMs: number;
  readonly callback: () => void;
  cancelReal: () => void;
}

/**
 * The real clock, with a test's hand on it: time runs by itself, so that sockets and retries work as in production, and
 * `skip` lets minutes pass at once. Timers fire in the order of their due time.
 */
export class SkippingClock implements Clock {
  #skippedMs: number;
  #steppedMs = 0;
  readonly #timers = new Set<Timer>();

  /** @param aheadMs of the real clock, from the start */
  constructor(aheadMs = 0) {
    this.#skippedMs = aheadMs;
  }

  now(): number {
    return Math.round(systemClock.now() + this.aheadMs);
  }

  /** How far its wall clock is ahead of the real one. */
  get aheadMs(): number {
    return this.#skippedMs + this.#steppedMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#skippedMs;
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.monotonicMs() + delayMs, callback, cancelReal: () => undefined };
    this.#arm(timer);
    this.#timers.add(timer);
    return () => {
      timer.cancelReal();
      this.#timers.delete(timer);
    };
  }

  /** Lets that much time pass now: every timer that falls due fires, in order, with the clock at its time. */
  async skip(ms: number): Promise<void> {
    const end = this.monotonicMs() + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#skippedMs += Math.max(0, next.dueMs - this.monotonicMs());
      this.#fire(next);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#skippedMs += Math.max(0, end - this.monotonicMs());
    this.#armAll();
  }

  /** Lets that much time pass as on a machine that slept: what fell due meanwhile fires once, late. */
  wakeAfter(ms: number): void {
    this.#skippedMs += ms;
    const now = this.monotonicMs();
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= now).sort((a, b) => a.dueMs - b.dueMs);
    for (const timer of due) this.#fire(timer);
    this.#armAll();
  }

  /** Somebody sets the wall clock; no time passes. */
  step(ms: number): void {
    this.#steppedMs += ms;
  }

  /** How long until a timer falls due; `undefined`: none is set. */
  untilNextMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : Math.max(0, next.dueMs - this.monotonicMs());
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= end && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  #armAll(): void {
    for (const timer of this.#timers) {
      timer.cancelReal();
      this.#arm(timer);
    }
  }

  #arm(timer: Timer): void {
    timer.cancelReal = systemClock.setTimer(Math.max(0, timer.dueMs - this.monotonicMs()), () => this.#fire(timer));
  }

  #fire(timer: Timer): void {
    if (!this.#timers.delete(timer)) return;
    timer.cancelReal();
    timer.callback();
  }
}
