/** Limits of the queue, in jobs. */
interface EventQueueLimits {
  readonly total: number;
  /** One namespace must not take the room of all others. */
  readonly perNamespace: number;
}

/**
 * Jobs by namespace, served in turn, one of a namespace at a time: a namespace whose calls are slow or refused delays
 * no other.
 */
export class EventQueue<T> {
  readonly #limits: EventQueueLimits;
  /** In the order of the turns. */
  readonly #waiting = new Map<string, T[]>();
  readonly #busy = new Set<string>();
  #size = 0;

  constructor(limits: EventQueueLimits) {
    this.#limits = limits;
  }

  /** Jobs that wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether nothing waits and nothing is worked on. */
  get isIdle(): boolean {
    return this.#size === 0 && this.#busy.size === 0;
  }

  /** false: there is no room. */
  push(namespace: string, job: T): boolean {
    const jobs = this.#waiting.get(namespace) ?? [];
    if (this.#size >= this.#limits.total || jobs.length >= this.#limits.perNamespace) return false;
    jobs.push(job);
    this.#waiting.set(namespace, jobs);
    this.#size += 1;
    return true;
  }

  /** The next job; its namespace is busy until `done`. */
  take(): T | undefined {
    for (const [namespace, jobs] of this.#waiting) {
      if (this.#busy.has(namespace)) continue;
      const job = jobs.shift();
      this.#waiting.delete(namespace);
      if (jobs.length > 0) this.#waiting.set(namespace, jobs); // at the end: the others' turn comes first
      this.#busy.add(namespace);
      this.#size -= 1;
      return job;
    }
    return undefined;
  }

  /** The job of that namespace has ended. */
  done(namespace: string): void {
    this.#busy.delete(namespace);
  }

  /** Takes out everything that waits. @returns how many jobs that were */
  clear(): number {
    const dropped = this.#size;
    this.#waiting.clear();
    this.#size = 0;
    return dropped;
  }
}
