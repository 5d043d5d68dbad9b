/** Strings in the order in which they came, each once. All operations take constant time. */
export class FifoSet {
  readonly #items = new Set<string>();
  // One iterator for many takes: a new one would step over all that was taken before, which makes draining quadratic.
  #cursor: Iterator<string, undefined> = this.#items.values();

  get size(): number {
    return this.#items.size;
  }

  /** At the end; nothing happens when it is in already. */
  add(item: string): void {
    this.#items.add(item);
  }

  delete(item: string): void {
    this.#items.delete(item);
  }

  /** Removes the oldest; undefined when there is none. */
  take(): string | undefined {
    const next = this.#cursor.next();
    if (next.done !== true) {
      this.#items.delete(next.value);
      return next.value;
    }
    // A cursor that has met the end stays there, and what was before it has been taken: start anew.
    this.#cursor = this.#items.values();
    return this.#items.size === 0 ? undefined : this.take();
  }
}
