/** One at a time for each key; who waits goes in the order of arrival. Keys are forgotten when nobody needs them. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` when no other work of that key runs. Its outcome is the caller's alone. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const ended = Promise.withResolvers<void>();
    this.#tails.set(key, ended.promise);
    await before;
    try {
      return await work();
    } finally {
      if (this.#tails.get(key) === ended.promise) this.#tails.delete(key);
      ended.resolve();
    }
  }

  /** How many keys are in use. */
  get size(): number {
    return this.#tails.size;
  }
}
