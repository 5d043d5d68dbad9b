import type { Clock } from '../runtime/clock.ts';

/** A call that the service lacks is asked for again after a day: services learn. */
const MEMORY_MS = 86_400_000;
const MAX_SERVICES = 10_000;

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
   * @param service names the service behind a Provider: the same when its credentials change, another when its endpoint does
   * @param call any name for it, the same one that `remember` was given
   */
  isKnown(service: string, call: string): boolean {
    const calls = this.#foundAtMs.get(service);
    const foundAtMs = calls?.get(call);
    if (foundAtMs === undefined) return false;
    if (this.#clock.monotonicMs() - foundAtMs < MEMORY_MS) return true;
    calls?.delete(call);
    return false;
  }

  /** Notes that the call was just answered as unsupported. */
  remember(service: string, call: string): void {
    const calls = this.#foundAtMs.get(service) ?? new Map<string, number>();
    this.#foundAtMs.delete(service);
    this.#foundAtMs.set(service, calls.set(call, this.#clock.monotonicMs()));
    const oldest = this.#foundAtMs.keys().next();
    if (this.#foundAtMs.size > MAX_SERVICES && oldest.done !== true) this.#foundAtMs.delete(oldest.value);
  }
}
