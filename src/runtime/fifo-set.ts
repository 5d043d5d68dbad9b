interface Link {
  readonly item: string;
  before: Link | undefined;
  after: Link | undefined;
}

/**
 * Strings in the order in which they came, each once. All operations take constant time: an iterator over a Set would
 * step over everything that was removed before it.
 */
export class FifoSet {
  readonly #links = new Map<string, Link>();
  #first: Link | undefined;
  #last: Link | undefined;

  get size(): number {
    return this.#links.size;
  }

  /** At the end; nothing happens when it is in already. */
  add(item: string): void {
    if (this.#links.has(item)) return;
    const link: Link = { item, before: this.#last, after: undefined };
    if (this.#last === undefined) this.#first = link;
    else this.#last.after = link;
    this.#last = link;
    this.#links.set(item, link);
  }

  delete(item: string): void {
    const link = this.#links.get(item);
    if (link === undefined) return;
    this.#links.delete(item);
    if (link.before === undefined) this.#first = link.after;
    else link.before.after = link.after;
    if (link.after === undefined) this.#last = link.before;
    else link.after.before = link.before;
  }

  /** Removes the oldest; undefined when there is none. */
  take(): string | undefined {
    const item = this.#first?.item;
    if (item !== undefined) this.delete(item);
    return item;
  }
}
