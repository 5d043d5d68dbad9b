/** Something that is due at a time. The heap keeps its place in `heapIndex`: -1 while it is in no heap. */
export interface Delayed {
  dueMs: number;
  heapIndex: number;
  /** Breaks ties: what came first is due first. */
  readonly order: number;
}

/** A binary heap, the earliest first, from the middle of which an item can be removed. Logarithmic time. */
export class DelayHeap<T extends Delayed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest, which stays. */
  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#put(this.#items.length, item);
    this.#rise(item);
  }

  /** Takes an item out, wherever it is. */
  remove(item: T): void {
    const index = item.heapIndex;
    const last = this.#items.pop();
    item.heapIndex = -1;
    if (last === undefined || last === item) return;
    this.#put(index, last);
    this.#rise(last);
    this.#sink(last);
  }

  /** Makes an item of this heap due at another time. */
  move(item: T, dueMs: number): void {
    item.dueMs = dueMs;
    this.#rise(item);
    this.#sink(item);
  }

  #put(index: number, item: T): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #rise(item: T): void {
    for (;;) {
      const index = item.heapIndex;
      const parent = this.#items[(index - 1) >> 1];
      if (index === 0 || parent === undefined || !isBefore(item, parent)) return;
      this.#swap(item, parent);
    }
  }

  #sink(item: T): void {
    for (;;) {
      const left = this.#items[2 * item.heapIndex + 1];
      const right = this.#items[2 * item.heapIndex + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, item)) return;
      this.#swap(item, child);
    }
  }

  #swap(one: T, other: T): void {
    const index = one.heapIndex;
    this.#put(other.heapIndex, one);
    this.#put(index, other);
  }
}

function isBefore(one: Delayed, other: Delayed): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}
