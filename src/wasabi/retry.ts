import { type Clock, type Random, sleep } from '../runtime/clock.ts';
import { cancelled, inCallRetryOf } from './errors.ts';
import type { ServiceFault } from './service-fault.ts';
import type { ProviderSettings } from './settings.ts';

const BASE_MS = 200;
/** A pass must not sleep: what takes longer than this is left to the workqueue. */
const MAX_DELAY_MS = 2_000;

export interface RetryOptions {
  readonly maxAttempts: number;
  readonly strategy: ProviderSettings['backoffStrategy'];
  /** false: the call must not take effect twice, so an attempt whose end is unknown is not made again. */
  readonly isRepeatable: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * How long to wait before attempt `attempt + 1`, in milliseconds. Exponential: anywhere between 0 and twice as much
 * each time ("full jitter"), so that many callers do not come back together. Linear: one step more each time.
 */
export function retryDelayMs(attempt: number, strategy: RetryOptions['strategy'], random: Random): number {
  if (strategy === 'linear') return Math.min(MAX_DELAY_MS, BASE_MS * attempt);
  return random() * Math.min(MAX_DELAY_MS, BASE_MS * 2 ** (attempt - 1));
}

/** Whether a failed attempt is made again inside its call. A longer `Retry-After` than 2 s is the workqueue's to wait. */
export function mayRetry(fault: ServiceFault, options: Pick<RetryOptions, 'isRepeatable'>): boolean {
  if ((fault.facts.retryAfterMs ?? 0) > MAX_DELAY_MS) return false;
  const retry = inCallRetryOf(fault.facts);
  return retry === 'refused' || (retry === 'ambiguous' && options.isRepeatable);
}

/**
 * Makes up to `maxAttempts` attempts. `attempt` answers the output, or the fault it ended with; what it throws is
 * passed on at once.
 * @returns the output, or the fault of the last attempt
 * @throws Transient, reason Cancelled
 */
export async function withRetries<O>(
  attempt: (number: number) => Promise<O | ServiceFault>,
  isFault: (result: O | ServiceFault) => result is ServiceFault,
  options: RetryOptions,
): Promise<O | ServiceFault> {
  for (let number = 1; ; number += 1) {
    const result = await attempt(number);
    if (!isFault(result) || number >= options.maxAttempts || !mayRetry(result, options)) return result;
    const delayMs = Math.max(retryDelayMs(number, options.strategy, options.random), result.facts.retryAfterMs ?? 0);
    await sleep(options.clock, delayMs, options.signal);
    if (options.signal.aborted) throw cancelled(`retrying ${result.facts.operation}`);
  }
}
