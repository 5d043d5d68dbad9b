/** Which values an object is found under; the same object may have none or several. */
export type IndexFunction<T> = (object: T) => readonly string[];

const NONE: ReadonlySet<string> = new Set();

/** The named indexes of a store: from a value to the keys of the objects that have it. */
export class StoreIndex<T> {
  readonly #functions: ReadonlyMap<string, IndexFunction<T>>;
  readonly #keys: ReadonlyMap<string, Map<string, Set<string>>>;
  readonly #onError: (error: unknown) => void;

  /** @param onError told when an index function throws; the object is then in that index under no value */
  constructor(functions: Readonly<Record<string, IndexFunction<T>>>, onError: (error: unknown) => void) {
    this.#functions = new Map(Object.entries(functions));
    this.#keys = new Map(Object.keys(functions).map((name) => [name, new Map<string, Set<string>>()]));
    this.#onError = onError;
  }

  /** Puts the object of that key under the values it has now instead of those it had before. */
  move(key: string, before: T | undefined, after: T | undefined): void {
    for (const [name, values] of this.#functions) {
      if (before !== undefined) for (const value of this.#valuesOf(values, before)) this.#remove(name, value, key);
      if (after !== undefined) for (const value of this.#valuesOf(values, after)) this.#add(name, value, key);
    }
  }

  /** The keys under that value. @throws Error when there is no index of that name */
  keys(name: string, value: string): ReadonlySet<string> {
    const index = this.#keys.get(name);
    if (index === undefined) throw new Error(`no index "${name}"; there are: ${[...this.#keys.keys()].join(', ')}`);
    return index.get(value) ?? NONE;
  }

  #valuesOf(values: IndexFunction<T>, object: T): readonly string[] {
    try {
      return values(object);
    } catch (error) {
      this.#onError(error);
      return [];
    }
  }

  #add(name: string, value: string, key: string): void {
    const index = this.#keys.get(name);
    const keys = index?.get(value);
    if (keys === undefined) index?.set(value, new Set([key]));
    else keys.add(key);
  }

  #remove(name: string, value: string, key: string): void {
    const index = this.#keys.get(name);
    const keys = index?.get(value);
    if (keys?.delete(key) === true && keys.size === 0) index?.delete(value);
  }
}
