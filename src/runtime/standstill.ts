/** What is due and nobody begins with for this long will not be begun with. */
const LIMIT_MS = 60_000;

/** Notices workers that are free, and begin with nothing though something is due. Looked at now and then. */
export class Standstill {
  #since: { readonly begun: number; readonly atMs: number } | undefined;

  /**
   * @param begun how many passes have begun so far
   * @returns for how long it has been so, as far as was looked, once that is too long; ms
   */
  look(
    now: { readonly due: number; readonly running: number; readonly begun: number },
    nowMs: number,
  ): number | undefined {
    if (now.due === 0 || now.running > 0) {
      this.#since = undefined;
      return undefined;
    }
    if (this.#since?.begun !== now.begun) this.#since = { begun: now.begun, atMs: nowMs };
    const lastedMs = nowMs - this.#since.atMs;
    return lastedMs < LIMIT_MS ? undefined : lastedMs;
  }
}
