import type { Clock } from './clock.ts';

/**
 * A value that is read again once it is older than `maxAgeMs`. Callers at the same time share one read. When a
 * re-read fails, the last value serves until it is invalidated: a token that cannot be read right now may still be good.
 */
export class Refreshed<T extends object> {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #read: () => Promise<T>;
  #value: T | undefined;
  #readAtMs = 0;
  #reading: Promise<T> | undefined;
  #epoch = 0;

  constructor(clock: Clock, maxAgeMs: number, read: () => Promise<T>) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
    this.#read = read;
  }

  /** @throws whatever the read throws, when there is no value to fall back on */
  get(): Promise<T> {
    const isFresh = this.#clock.monotonicMs() - this.#readAtMs < this.#maxAgeMs;
    if (this.#value !== undefined && isFresh) return Promise.resolve(this.#value);
    this.#reading ??= this.#refresh();
    return this.#reading;
  }

  /** The next `get` reads, and a read that is under way serves only those who wait for it already. */
  invalidate(): void {
    this.#epoch++;
    this.#value = undefined;
    this.#reading = undefined;
  }

  async #refresh(): Promise<T> {
    const epoch = this.#epoch;
    try {
      const value = await this.#read();
      if (epoch === this.#epoch) this.#keep(value);
      return value;
    } catch (error) {
      if (this.#value === undefined || epoch !== this.#epoch) throw error;
      this.#keep(this.#value);
      return this.#value;
    } finally {
      if (epoch === this.#epoch) this.#reading = undefined;
    }
  }

  #keep(value: T): void {
    this.#value = value;
    this.#readAtMs = this.#clock.monotonicMs();
  }
}
