import { type ApiObject, keyOfObject, withMetadata } from './object.ts';
import { type ChangeEvent, type ChangeType, WatchHistory } from './watch-history.ts';

type Listener = (event: ChangeEvent, table: Table) => void;

/** All objects of one resource with their recent history. Reads are of immutable objects; writes go through the store. */
export class Table {
  /** `plural.group`. */
  readonly id: string;
  readonly history: WatchHistory;
  readonly objects = new Map<string, ApiObject>();
  readonly listeners = new Set<Listener>();
  #sortedKeys: readonly string[] | undefined;

  constructor(id: string, floor: number, historyLimit: number) {
    this.id = id;
    this.history = new WatchHistory(floor, historyLimit);
  }

  get(key: string): ApiObject | undefined {
    return this.objects.get(key);
  }

  /** The keys in list order (by bytes, as etcd has them); sorted once between two changes of the key set. */
  sortedKeys(): readonly string[] {
    this.#sortedKeys ??= [...this.objects.keys()].sort(compareKeys);
    return this.#sortedKeys;
  }

  keysChanged(): void {
    this.#sortedKeys = undefined;
  }

  /** The state as of an earlier revision, in list order; undefined when the history no longer reaches back to it. */
  snapshot(revision: number): readonly (readonly [string, ApiObject])[] | undefined {
    const later = this.history.since(revision);
    if (later === undefined) return undefined;
    if (later.length === 0) return entriesOf(this.objects, this.sortedKeys());
    const state = new Map(this.objects);
    for (const event of later.toReversed()) {
      if (event.previous === undefined) state.delete(event.key);
      else state.set(event.key, event.previous);
    }
    return entriesOf(state, [...state.keys()].sort(compareKeys));
  }
}

/** By bytes: names and namespaces are ASCII, so the order of UTF-16 units is that of etcd. */
function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function entriesOf(objects: ReadonlyMap<string, ApiObject>, keys: readonly string[]): (readonly [string, ApiObject])[] {
  return keys.flatMap((key) => {
    const object = objects.get(key);
    return object === undefined ? [] : [[key, object] as const];
  });
}

/**
 * Every object of the cluster in memory, with one revision counter over all of them: the resourceVersion. All
 * operations are synchronous, so a caller that reads, decides and writes without awaiting is atomic.
 */
export class Store {
  readonly #tables = new Map<string, Table>();
  readonly #listeners = new Set<Listener>();
  readonly #historyLimit: number;
  #revision = 1;

  /** `historyLimit`: changes kept for each resource, at least. */
  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit;
  }

  /** The newest revision. */
  get revision(): number {
    return this.#revision;
  }

  /** The table of a resource, made at the first call; its history starts then. */
  table(id: string): Table {
    const found = this.#tables.get(id);
    if (found !== undefined) return found;
    const made = new Table(id, this.#revision, this.#historyLimit);
    this.#tables.set(id, made);
    return made;
  }

  /** Forgets an empty resource and its history. */
  drop(id: string): void {
    this.#tables.delete(id);
  }

  /** Calls back after each write to any resource. The returned function ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every object, by the id of its table. */
  objects(): Readonly<Record<string, readonly ApiObject[]>> {
    return Object.fromEntries([...this.#tables].map(([id, { objects }]) => [id, [...objects.values()]]));
  }

  /** Goes on where a store ended: its objects as they were, and no history. Controllers see each as new. */
  restore(revision: number, objects: Readonly<Record<string, readonly ApiObject[]>>): void {
    this.#revision = revision;
    for (const [id, stored] of Object.entries(objects)) {
      const table = this.table(id);
      for (const object of stored) {
        const key = keyOfObject(object);
        table.objects.set(key, object);
        this.#tell({ type: 'ADDED', revision, key, object, previous: undefined }, table);
      }
      table.keysChanged();
    }
    this.compact();
  }

  /** Writes a new object or a new state of one; answers it with its resourceVersion. */
  put(table: Table, object: ApiObject): ApiObject {
    const key = keyOfObject(object);
    const previous = table.objects.get(key);
    const stored = withMetadata(object, { resourceVersion: this.#next() });
    table.objects.set(key, stored);
    if (previous === undefined) table.keysChanged();
    this.#publish(table, previous === undefined ? 'ADDED' : 'MODIFIED', key, stored, previous);
    return stored;
  }

  /** Removes an object; answers its last state, whose resourceVersion is that of the removal. */
  remove(table: Table, key: string): ApiObject | undefined {
    const previous = table.objects.get(key);
    if (previous === undefined) return undefined;
    const last = withMetadata(previous, { resourceVersion: this.#next() });
    table.objects.delete(key);
    table.keysChanged();
    this.#publish(table, 'DELETED', key, last, previous);
    return last;
  }

  /** Forgets all history up to now: watches and paged lists from before are answered with 410. */
  compact(): void {
    for (const table of this.#tables.values()) table.history.compact(this.#revision);
  }

  #next(): string {
    this.#revision += 1;
    return String(this.#revision);
  }

  #publish(table: Table, type: ChangeType, key: string, object: ApiObject, previous: ApiObject | undefined): void {
    const event = { type, revision: this.#revision, key, object, previous };
    table.history.append(event);
    this.#tell(event, table);
  }

  #tell(event: ChangeEvent, table: Table): void {
    for (const listener of table.listeners) listener(event, table);
    for (const listener of this.#listeners) listener(event, table);
  }
}
