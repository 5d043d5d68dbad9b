import { LRUCache } from 'lru-cache';
import type { Clock } from '../../runtime/clock.ts';
import type { EmptyingReport } from '../../wasabi/empty-bucket.ts';

/** Counted as sizes: with `max`, the cache would take the room of all at its start. */
const MAX_OBJECTS = 10_000;
/** After an attempt in vain nobody knows why the service refuses: the next one comes after this long, then twice as long, … */
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 900_000;

interface Rest {
  readonly secretVersion: string;
  readonly restMs: number;
  readonly untilMs: number;
}

/**
 * What a pass over a Bucket under deletion leaves for the next one, by the uid of the object. In memory: after a restart
 * a bucket is emptied from its beginning (what is gone is not listed again), and tried again at once.
 */
export class Deletions {
  readonly #clock: Clock;
  readonly #sweeps = new LRUCache<string, EmptyingReport>({ maxSize: MAX_OBJECTS, sizeCalculation: () => 1 });
  readonly #rests = new LRUCache<string, Rest>({ maxSize: MAX_OBJECTS, sizeCalculation: () => 1 });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The sweep through the bucket that has not come to its end; its counts are those of all its passes. */
  sweepOf(uid: string): EmptyingReport | undefined {
    return this.#sweeps.get(uid);
  }

  /** Adds a run to the sweep, which ends with it when it saw the end. @returns the sweep so far */
  addRun(uid: string, run: EmptyingReport): EmptyingReport {
    const before = this.#sweeps.get(uid);
    const sweep = {
      next: run.next,
      deleted: (before?.deleted ?? 0) + run.deleted,
      failed: (before?.failed ?? 0) + run.failed,
      firstLocked: before?.firstLocked ?? run.firstLocked,
    };
    if (sweep.next === undefined) this.#sweeps.delete(uid);
    else this.#sweeps.set(uid, sweep);
    return sweep;
  }

  /** The service refused these credentials, and nothing has changed: it is left alone for a while, each time for longer. */
  wasInVain(uid: string, secretVersion: string): void {
    const before = this.#rests.get(uid);
    const isAgain = before?.secretVersion === secretVersion;
    const restMs = isAgain ? Math.min(before.restMs * 2, LONGEST_REST_MS) : FIRST_REST_MS;
    this.#rests.set(uid, { secretVersion, restMs, untilMs: this.#clock.monotonicMs() + restMs });
  }

  /** Something was deleted. */
  hasProgressed(uid: string): void {
    this.#rests.delete(uid);
  }

  /** For how long the service is still to be left alone with these credentials; milliseconds, 0: no longer. */
  restMs(uid: string, secretVersion: string): number {
    const rest = this.#rests.get(uid);
    return rest?.secretVersion === secretVersion ? Math.max(0, rest.untilMs - this.#clock.monotonicMs()) : 0;
  }
}
