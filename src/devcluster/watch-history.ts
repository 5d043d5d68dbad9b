import type { ApiObject } from './object.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One write, as it happened. `object` of a DELETED one is the last state with the revision of the deletion. */
export interface ChangeEvent {
  readonly type: ChangeType;
  readonly revision: number;
  readonly key: string;
  readonly object: ApiObject;
  /** The state before; undefined for ADDED. */
  readonly previous: ApiObject | undefined;
}

/**
 * The last changes of one resource, oldest first. Bounded: what is dropped moves `floor` up, and no one can resume
 * from below it.
 */
export class WatchHistory {
  readonly #limit: number;
  #events: ChangeEvent[] = [];
  #floor: number;

  /** `floor`: the revision at which the history begins. `limit`: events kept, at least. */
  constructor(floor: number, limit: number) {
    this.#floor = floor;
    this.#limit = limit;
  }

  /** The newest revision that can no longer be told apart: resuming after it works, resuming before it does not. */
  get floor(): number {
    return this.#floor;
  }

  /** Adds the newest event. Amortised constant time: the list is cut when it is twice the limit. */
  append(event: ChangeEvent): void {
    this.#events.push(event);
    if (this.#events.length >= 2 * this.#limit) this.#cut(this.#events.length - this.#limit);
  }

  /** All events after `revision`, oldest first; undefined when some of them are forgotten. */
  since(revision: number): readonly ChangeEvent[] | undefined {
    if (revision < this.#floor) return undefined;
    return this.#events.slice(this.#firstAfter(revision));
  }

  /** Forgets every event up to and with `revision`. */
  compact(revision: number): void {
    this.#cut(this.#firstAfter(revision));
    this.#floor = Math.max(this.#floor, revision);
  }

  #cut(count: number): void {
    const last = this.#events[count - 1];
    if (last === undefined) return;
    this.#floor = Math.max(this.#floor, last.revision);
    this.#events = this.#events.slice(count);
  }

  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
