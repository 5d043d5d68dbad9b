/** The two classes of calls: background ones (sweeps for drift) go only while no foreground one waits. */
export type Priority = 'foreground' | 'background';

/**
 * Waiting entries, taken in turn from each namespace that has any, so that a namespace with a thousand objects delays
 * another's by one call and not by a thousand. Within a namespace the oldest goes first.
 */
export class FairQueue<T> {
  /** A map keeps the order of insertion: its first key is the namespace whose turn it is. */
  readonly #waiting: Readonly<Record<Priority, Map<string, Set<T>>>> = { foreground: new Map(), background: new Map() };
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(priority: Priority, namespace: string, entry: T): void {
    const queue = this.#waiting[priority].get(namespace) ?? new Set();
    this.#waiting[priority].set(namespace, queue.add(entry));
    this.#size += 1;
  }

  /** Nothing happens when the entry is not (any more) in the queue. */
  remove(priority: Priority, namespace: string, entry: T): void {
    const queue = this.#waiting[priority].get(namespace);
    if (queue?.delete(entry) !== true) return;
    this.#size -= 1;
    if (queue.size === 0) this.#waiting[priority].delete(namespace);
  }

  /** Takes the next entry out. `undefined`: none waits. */
  take(): T | undefined {
    return this.#takeFrom('foreground') ?? this.#takeFrom('background');
  }

  #takeFrom(priority: Priority): T | undefined {
    for (const [namespace, queue] of this.#waiting[priority]) {
      for (const entry of queue) {
        this.remove(priority, namespace, entry);
        if (queue.size > 0) {
          this.#waiting[priority].delete(namespace);
          this.#waiting[priority].set(namespace, queue);
        }
        return entry;
      }
    }
    return undefined;
  }
}
