import type { Clock } from '../runtime/clock.ts';

/** A call that the service lacks is asked for again after a day: services learn. */
const MEMORY_MS = 86_400_000;
const MAX_PROVIDERS = 10_000;

/**
 * Which calls the service behind a Provider was found to lack (405, 501, `NotImplemented`, …), so that a settled object
 * does not ask again in every pass. Kept in memory: a restart asks anew.
 */
export class UnsupportedCalls {
  readonly #clock: Clock;
  readonly #foundAtMs = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether the call was found unsupported within the last day.
   * @param provider names the Provider and outlives a change of its credentials (its uid)
   * @param call any name for it, the same one that `remember` was given
   */
  isKnown(provider: string, call: string): boolean {
    const calls = this.#foundAtMs.get(provider);
    const foundAtMs = calls?.get(call);
    if (foundAtMs === undefined) return false;
    if (this.#clock.monotonicMs() - foundAtMs < MEMORY_MS) return true;
    calls?.delete(call);
    return false;
  }

  /** Notes that the call was just answered as unsupported. */
  remember(provider: string, call: string): void {
    const calls = this.#foundAtMs.get(provider) ?? new Map<string, number>();
    this.#foundAtMs.delete(provider);
    this.#foundAtMs.set(provider, calls.set(call, this.#clock.monotonicMs()));
    const oldest = this.#foundAtMs.keys().next();
    if (this.#foundAtMs.size > MAX_PROVIDERS && oldest.done !== true) this.#foundAtMs.delete(oldest.value);
  }

  /** Forgets all of one Provider: its endpoint changed, so another service answers. */
  forget(provider: string): void {
    this.#foundAtMs.delete(provider);
  }
}
