/** Time as an effect: handed down from `main.ts`, replaced by a fake in tests. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. For what users read and for signatures only; never for durations. */
  now(): number;
  /** Monotonic milliseconds from an arbitrary origin; runs on while the process is stopped. For durations and deadlines. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. The returned function cancels it; calling that again does nothing. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

/** A number in [0, 1): jitter as an effect, fixed in tests. */
export type Random = () => number;

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts: waiting is no failure, the caller looks at its signal. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.setTimer(delayMs, finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}
