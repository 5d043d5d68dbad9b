/**
 * Waiting entries, taken in turn from each namespace that has any, so that a namespace with a thousand objects delays
 * another's by one call and not by a thousand. Within a namespace the oldest goes first.
 */
export class FairQueue<T> {
  /** A map keeps the order of insertion: its first key is the namespace whose turn it is. */
  readonly #waiting = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(namespace: string, entry: T): void {
    const queue = this.#waiting.get(namespace) ?? new Set();
    this.#waiting.set(namespace, queue.add(entry));
    this.#size += 1;
  }

  /** Nothing happens when the entry is not (any more) in the queue. */
  remove(namespace: string, entry: T): void {
    const queue = this.#waiting.get(namespace);
    if (queue?.delete(entry) !== true) return;
    this.#size -= 1;
    if (queue.size === 0) this.#waiting.delete(namespace);
  }

  /** Takes the next entry out. `undefined`: none waits. */
  take(): T | undefined {
    for (const [namespace, queue] of this.#waiting) {
      for (const entry of queue) {
        this.remove(namespace, entry);
        if (queue.size > 0) {
          this.#waiting.delete(namespace);
          this.#waiting.set(namespace, queue);
        }
        return entry;
      }
    }
    return undefined;
  }
}
