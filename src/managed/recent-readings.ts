import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../runtime/clock.ts';
import type { ManagedResource, Target } from './kind.ts';

/** So long a pass may rest on what an earlier one read, ms. */
const MAX_AGE_MS = 10_000;

/** What a pass wanted and found, when nothing was left to do about it. */
export interface RecentReading<Desired, Observed> {
  readonly target: Target;
  readonly desired: Desired;
  readonly observed: Observed;
  /** When the read began, on the monotonic clock. */
  readonly readAtMs: number;
}

interface Entry<Desired, Observed> {
  readonly reading: RecentReading<Desired, Observed>;
  readonly generation: number | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/**
 * What the passes of one kind read a moment ago and found as it was meant to be. News of other objects makes passes
 * follow each other closely while a stack comes up; the service is not asked the same again for each.
 */
export class RecentReadings<Desired, Observed> {
  readonly #clock: Clock;
  /** By uid; those that were kept longest stand first. */
  readonly #entries = new Map<string, Entry<Desired, Observed>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What was read of that object a moment ago; undefined: nothing, or too long ago, or somebody has touched the object
   * since: a new spec, or an annotation that asks for a pass, is answered by a new read. It is forgotten with that: a pass
   * that fails, whatever its cause, is followed by one that reads.
   */
  take({ metadata }: ManagedResource): RecentReading<Desired, Observed> | undefined {
    const entry = this.#entries.get(metadata.uid);
    this.#entries.delete(metadata.uid);
    if (entry === undefined || this.#isOld(entry)) return undefined;
    const isTouched =
      entry.generation !== metadata.generation || !isDeepStrictEqual(entry.annotations, metadata.annotations);
    return isTouched ? undefined : entry.reading;
  }

  keep({ metadata }: ManagedResource, reading: RecentReading<Desired, Observed>): void {
    const { uid, generation, annotations } = metadata;
    this.#entries.delete(uid); // to stand last
    this.#entries.set(uid, { reading, generation, annotations });
    for (const [key, entry] of this.#entries) {
      if (!this.#isOld(entry)) break;
      this.#entries.delete(key);
    }
  }

  #isOld({ reading }: Entry<Desired, Observed>): boolean {
    return this.#clock.monotonicMs() - reading.readAtMs > MAX_AGE_MS;
  }
}

/** What a pass has of them. */
export interface Readings<Desired, Observed> {
  /** Takes what this pass reads. */
  readonly recent: RecentReadings<Desired, Observed>;
  /** What an earlier pass read, if this one may rest on it. */
  readonly known: RecentReading<Desired, Observed> | undefined;
}

/** Whether both lead to one resource. A resource that was just made has no identity before its first status. Pure. */
export function isSamePlace({ identity: _one, ...place }: Target, { identity: _other, ...other }: Target): boolean {
  return isDeepStrictEqual(place, other);
}
