import type { Clock } from './clock.ts';
import type { LoopShare } from './loop-share.ts';
import { higher, type Priority } from './priority.ts';

/** What a pass is given to run with. */
export interface Pass {
  /** Aborts when its time is up, or the process stops. */
  readonly signal: AbortSignal;
  readonly turn: Turn;
}

/**
 * How urgent one pass is, for whatever serves passes in turn, how long it has waited there (that is not the pass's own
 * time), and how many calls it was granted. All three change while the pass runs.
 */
export class Turn {
  readonly #clock: Clock;
  readonly #loop: LoopShare | undefined;
  #priority: Priority;
  #waiting = 0;
  #sinceMs = 0;
  #waitedMs = 0;
  #calls = 0;

  /**
   * @param priority why the pass was asked for
   * @param loop divides the event loop among the passes of the process; default: nobody does
   */
  constructor(clock: Clock, priority: Priority, loop?: LoopShare) {
    this.#clock = clock;
    this.#loop = loop;
    this.#priority = priority;
  }

  get priority(): Priority {
    return this.#priority;
  }

  /** Somebody asks for the object's next pass, which begins when this one ends: it is as urgent from now on. */
  raise(priority: Priority): void {
    this.#priority = higher(this.#priority, priority);
  }

  /** Before a piece of work that keeps the event loop busy. Undefined: it may begin now. */
  enterLoop(): Promise<void> | undefined {
    return this.#loop?.enter(this.#priority);
  }

  /**
   * Something of the pass waits until the returned function is called, once. What waits at the same time counts once.
   */
  wait(): () => void {
    if (this.#waiting === 0) this.#sinceMs = this.#clock.monotonicMs();
    this.#waiting += 1;
    return () => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#waitedMs += this.#clock.monotonicMs() - this.#sinceMs;
    };
  }

  /** The pass may make one call. */
  granted(): void {
    this.#calls += 1;
  }

  /** The calls that it was granted so far. */
  get calls(): number {
    return this.#calls;
  }

  /** How long it has waited so far; ms. */
  waitedMs(): number {
    return this.#waitedMs + (this.#waiting === 0 ? 0 : this.#clock.monotonicMs() - this.#sinceMs);
  }
}
