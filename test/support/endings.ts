/** What takes how to end something: a test, or what outlives several of them. */
export interface Ending {
  after(end: () => unknown): void;
}

/** Whatever is to be ended later, the last first. */
export class Endings implements Ending {
  readonly #all: (() => unknown)[] = [];

  after(end: () => unknown): void {
    this.#all.push(end);
  }

  async end(): Promise<void> {
    for (const each of this.#all.toReversed()) await each();
  }
}
