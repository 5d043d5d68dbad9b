import { type Clock, sleep } from './clock.ts';

export interface TokenBucketOptions {
  readonly ratePerSecond: number;
  /** Tokens that may be taken at once after a quiet time. */
  readonly burst: number;
  readonly clock: Clock;
}

/** A limit of calls a second that lets short bursts through. Callers are served in the order in which they came. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAtMs: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAtMs = options.clock.monotonicMs();
  }

  /** Resolves when a token is taken, or when `signal` aborts: then the token is given back. */
  async take(signal: AbortSignal): Promise<void> {
    this.#fill();
    this.#tokens -= 1; // below zero: taken in advance, which keeps the order
    if (this.#tokens >= 0) return;
    await sleep(this.#options.clock, (-this.#tokens * 1000) / this.#options.ratePerSecond, signal);
    if (signal.aborted) this.#tokens += 1;
  }

  #fill(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const gained = ((nowMs - this.#filledAtMs) * this.#options.ratePerSecond) / 1000;
    this.#tokens = Math.min(this.#options.burst, this.#tokens + gained);
    this.#filledAtMs = nowMs;
  }
}
