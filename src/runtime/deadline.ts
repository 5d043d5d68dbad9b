import type { Clock } from './clock.ts';

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Aborts the run as well, with its own reason. */
  readonly signal?: AbortSignal | undefined;
  /** The reason of the abort when the time is up. */
  readonly timeoutError: () => Error;
}

/**
 * Runs `run` with a signal that aborts after `timeoutMs` or with the caller's signal. Leaves no timer and no listener
 * behind; `run` has to heed its signal.
 */
export async function withDeadline<T>(options: DeadlineOptions, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { signal } = options;
  const forward = () => controller.abort(signal?.reason);
  if (signal?.aborted === true) forward();
  signal?.addEventListener('abort', forward, { once: true });
  const cancel = options.clock.setTimer(options.timeoutMs, () => controller.abort(options.timeoutError()));
  try {
    return await run(controller.signal);
  } finally {
    cancel();
    signal?.removeEventListener('abort', forward);
  }
}
