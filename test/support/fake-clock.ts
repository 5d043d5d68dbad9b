import type { Clock } from '../../src/runtime/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * Time that stands still until the test moves it. Timers fire in the order of their due time, each with the clock
 * set to exactly that time, so that a test sees what a busy process would see.
 */
export class FakeClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer, or undefined when there is none. */
  get nextTimerMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.dueMs - this.#monotonicMs;
  }

  /** Moves both clocks and fires what falls due, without letting promises run in between. */
  advance(ms: number): void {
    const end = this.#monotonicMs + ms;
    for (let timer = this.#next(); timer !== undefined && timer.dueMs <= end; timer = this.#next()) this.#fire(timer);
    this.#moveTo(end);
  }

  /** As `advance`, and lets promises and pending input and output settle before and after each timer. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#monotonicMs + ms;
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.dueMs <= end; timer = this.#next()) {
      this.#fire(timer);
      await settle();
    }
    this.#moveTo(end);
    await settle();
  }

  /** Both clocks jump and no timer fires: the process was stopped and has just gone on. */
  stopProcessFor(ms: number): void {
    this.#moveTo(this.#monotonicMs + ms);
  }

  /** The wall clock alone is set, as by an administrator. */
  stepWallClock(ms: number): void {
    this.#nowMs += ms;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      const isEarlier = next === undefined || timer.dueMs < next.dueMs;
      if (isEarlier || (timer.dueMs === next?.dueMs && timer.order < next.order)) next = timer;
    }
    return next;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#moveTo(Math.max(timer.dueMs, this.#monotonicMs));
    timer.callback();
  }

  #moveTo(monotonicMs: number): void {
    this.#nowMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

/** Lets promises and ready input and output run; a few rounds, since each may start the next. */
export async function settle(rounds = 5): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Waits in real time until `condition` holds: for what depends on real sockets.
 * @throws Error naming `what` when it does not hold within `timeoutMs`
 */
export async function waitFor(what: string, condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
