import type { Random } from './clock.ts';

export interface BackoffOptions {
  /** The ceiling of the first wait, milliseconds. */
  readonly baseMs: number;
  /** The ceiling of every wait, milliseconds. */
  readonly capMs: number;
}

/**
 * How long to wait after `failures` failures in a row (0 for the first), in milliseconds: exponential with full jitter,
 * so that many that failed together do not come back together. Never below a quarter of the base: no hot loop.
 */
export function backoffMs(failures: number, random: Random, options: BackoffOptions): number {
  const ceiling = Math.min(options.capMs, options.baseMs * 2 ** Math.min(failures, 30));
  return Math.max(options.baseMs / 4, random() * ceiling);
}
