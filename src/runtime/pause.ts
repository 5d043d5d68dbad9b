import type { Clock } from './clock.ts';

/** A wait that can be cut short: by a signal, and by whoever knows that waiting has lost its point. */
export class Pause {
  readonly #clock: Clock;
  #finish: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `delayMs`, when `signal` aborts, or at `end`. One wait at a time. */
  wait(delayMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        signal.removeEventListener('abort', finish);
        this.#finish = undefined;
        resolve();
      };
      const cancel = this.#clock.setTimer(delayMs, finish);
      signal.addEventListener('abort', finish, { once: true });
      this.#finish = finish;
    });
  }

  /** Ends the wait that is under way, if there is one. */
  end(): void {
    this.#finish?.();
  }
}
