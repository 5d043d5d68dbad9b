/** Limits of the queue, in jobs. One namespace must take neither the room nor the turns of all others. */
interface EventQueueLimits {
  /** Waiting. */
  readonly total: number;
  readonly perNamespace: number;
  /** Taken and not done. */
  readonly busyPerNamespace: number;
}

/**
 * Jobs by namespace, served in turn, few of a namespace at a time: a namespace whose calls are slow or refused delays
 * no other.
 */
export class EventQueue<T> {
  readonly #limits: EventQueueLimits;
  /** In the order of the turns. */
  readonly #waiting = new Map<string, T[]>();
  /** Jobs under way. */
  readonly #busy = new Map<string, number>();
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

  /** The next job, under way until `done`. */
  take(): T | undefined {
    for (const [namespace, jobs] of this.#waiting) {
      const busy = this.#busy.get(namespace) ?? 0;
      if (busy >= this.#limits.busyPerNamespace) continue;
      const job = jobs.shift();
      this.#waiting.delete(namespace);
      if (jobs.length > 0) this.#waiting.set(namespace, jobs); // at the end: the others' turn comes first
      this.#busy.set(namespace, busy + 1);
      this.#size -= 1;
      return job;
    }
    return undefined;
  }

  /** A job of that namespace has ended. */
  done(namespace: string): void {
    const busy = (this.#busy.get(namespace) ?? 0) - 1;
    if (busy > 0) this.#busy.set(namespace, busy);
    else this.#busy.delete(namespace);
  }

  /** Takes out everything that waits. @returns how many jobs that were */
  clear(): number {
    const dropped = this.#size;
    this.#waiting.clear();
    this.#size = 0;
    return dropped;
  }
}
