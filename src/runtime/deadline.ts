import type { Clock } from './clock.ts';

export interface DeadlineOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** So many of the milliseconds since the start do not count. Default: all count. */
  readonly uncountedMs?: () => number;
  /** Aborts the run as well, with its own reason. */
  readonly signal?: AbortSignal | undefined;
  /** The reason of the abort when the time is up. */
  readonly timeoutError: () => Error;
}

/** While time that does not count goes by, what is left stays the same: it is looked at no oftener than this. */
const SHORTEST_LOOK_MS = 100;

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
  const cancel = setDeadline(options, () => controller.abort(options.timeoutError()));
  try {
    return await run(controller.signal);
  } finally {
    cancel();
    signal?.removeEventListener('abort', forward);
  }
}

/** Calls `onEnd` once when the time is up. The returned function cancels it. */
export function setDeadline(
  { clock, timeoutMs, uncountedMs = () => 0 }: Pick<DeadlineOptions, 'clock' | 'timeoutMs' | 'uncountedMs'>,
  onEnd: () => void,
): () => void {
  const startedMs = clock.monotonicMs();
  const look = () => {
    const leftMs = timeoutMs + uncountedMs() - (clock.monotonicMs() - startedMs);
    // A timer may come a fraction of a millisecond early.
    if (leftMs < 1) onEnd();
    else cancel = clock.setTimer(Math.max(leftMs, SHORTEST_LOOK_MS), look);
  };
  let cancel = clock.setTimer(timeoutMs, look);
  return () => cancel();
}
