import type { Clock } from './clock.ts';

/** Silence below this is never taken for death, milliseconds. */
const LEAST_MS = 20_000;
/** Nor is more than this waited for once bookmarks are known to come. */
const MOST_MS = 180_000;

/**
 * Learns how often a server sends bookmarks and tells when a stream has been silent for too long. Bookmarks are no
 * promise of the API (about once a minute where they come): before two were seen on a stream, silence says nothing.
 */
export class IdleWatchdog {
  readonly #clock: Clock;
  #longestGapMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The silence after which a stream is given up, milliseconds; undefined while nothing is known. */
  get limitMs(): number | undefined {
    return this.#longestGapMs === 0 ? undefined : Math.min(MOST_MS, Math.max(LEAST_MS, 2.5 * this.#longestGapMs));
  }

  /** Watches one stream from now on. `onSilent` is called once, unless `stop` comes first. */
  start(onSilent: () => void): { heard(isBookmark: boolean): void; stop(): void } {
    let lastMs = this.#clock.monotonicMs();
    let lastBookmarkMs: number | undefined;
    let cancel: (() => void) | undefined;
    const check = () => {
      cancel = undefined;
      if (this.limitMs === undefined) return;
      const leftMs = lastMs + this.limitMs - this.#clock.monotonicMs();
      if (leftMs <= 0) onSilent();
      else cancel = this.#clock.setTimer(leftMs, check);
    };
    check();
    return {
      heard: (isBookmark) => {
        lastMs = this.#clock.monotonicMs();
        if (!isBookmark) return;
        if (lastBookmarkMs !== undefined) this.#longestGapMs = Math.max(this.#longestGapMs, lastMs - lastBookmarkMs);
        lastBookmarkMs = lastMs;
        if (cancel === undefined) check();
      },
      stop: () => cancel?.(),
    };
  }
}
