/** Something that happens once, and that others wait for. */
export class Latch {
  readonly #done = Promise.withResolvers<void>();
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** It has happened. Doing it again changes nothing. */
  open(): void {
    this.#isOpen = true;
    this.#done.resolve();
  }

  /** Resolves when it has happened, or when `signal` aborts: the caller looks. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#isOpen || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const onAbort = () => aborted.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    await Promise.race([this.#done.promise, aborted.promise]);
    signal.removeEventListener('abort', onAbort);
  }
}
