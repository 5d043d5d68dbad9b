import { type KubeObject, keyOf, keyText, type ObjectKey } from '../api/meta.ts';
import { PendingWrite, PendingWrites } from './pending-write.ts';
import { slim } from './slim.ts';
import {
  covers,
  type Entry,
  forget,
  isOvertaken,
  isVersion,
  keyFrom,
  type OpenList,
  type Own,
  uidOf,
  versionOf,
  visible,
} from './store-entry.ts';
import type { Change, Feed, FeedScope, FreshRead, ListSession, OwnWrite } from './store-feed.ts';
import { type IndexFunction, StoreIndex } from './store-index.ts';

export interface ObjectStoreOptions<T> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What is kept of an object; by default all but managedFields and the last-applied annotation. */
  readonly transform?: (object: T) => T;
  /** Told when a listener or an index function throws: a defect in one must not stop the events of all. */
  readonly onDefect?: (error: unknown) => void;
}

/**
 * The objects of one kind as the server showed them, overlaid with our own writes: a reader never sees a state older
 * than the last write of this process, so that a cache that lags never makes a pass act twice. The overlay of an object
 * goes when its source delivers that very version, its deletion, or a list that began after the write. Versions are
 * compared for equality alone. Objects are shared, and never mutated.
 */
export class ObjectStore<T extends KubeObject = KubeObject> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #index: StoreIndex<T>;
  readonly #transform: (object: T) => T;
  readonly #onDefect: (error: unknown) => void;
  readonly #listeners = new Set<(change: Change<T>) => void>();
  readonly #pending = new PendingWrites();
  readonly #scopes = new Set<FeedScope>();
  readonly #openLists = new Set<OpenList>();
  #step = 0;

  constructor(options: ObjectStoreOptions<T> = {}) {
    this.#onDefect = options.onDefect ?? (() => undefined);
    this.#transform = options.transform ?? slim;
    this.#index = new StoreIndex<T>(options.indexes ?? {}, this.#onDefect);
  }

  get(key: ObjectKey): T | undefined {
    const entry = this.#entries.get(keyText(key));
    return entry === undefined ? undefined : visible(entry);
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): readonly T[] {
    const found: T[] = [];
    for (const entry of this.#entries.values()) {
      const object = visible(entry);
      if (object !== undefined && (namespace === undefined || object.metadata.namespace === namespace))
        found.push(object);
    }
    return found;
  }

  /** The objects that have that value in that index. @throws Error when there is no such index */
  byIndex(name: string, value: string): readonly T[] {
    const found: T[] = [];
    for (const key of this.#index.keys(name, value)) {
      const entry = this.#entries.get(key);
      const object = entry === undefined ? undefined : visible(entry);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Calls `listener` for each delivered change, after readers see it. The returned function ends that. */
  onChange(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called right before a write is sent. Writes to one object must not overlap: their order would be unknown. */
  beginWrite(key: ObjectKey): OwnWrite<T> {
    const { write, close } = this.#open(key);
    return {
      finished: (object) => {
        close();
        this.#written(key, this.#transform(object), write);
      },
      failed: close,
    };
  }

  /** To be called right before a read that a source was asked for by `refresh`. */
  beginRead(key: ObjectKey): FreshRead<T> {
    const { write, close } = this.#open(key);
    const own = this.#entries.get(keyText(key))?.own;
    const isStillOpen = () => own !== undefined && this.#entries.get(keyText(key))?.own === own;
    return {
      found: (object) => {
        close();
        if (isStillOpen()) this.#written(key, this.#transform(object), write);
      },
      failed: () => {
        close();
        if (isStillOpen()) for (const scope of this.#scopes) if (covers(scope, key)) scope.relist();
      },
    };
  }

  /** A new source of objects. Scopes of sources that deliver at the same time must not overlap. */
  addFeed(scope: FeedScope): Feed<T> {
    this.#scopes.add(scope);
    let hasListed = false;
    const ifOpen = (deliver: () => void) => {
      if (this.#scopes.has(scope)) deliver();
    };
    return {
      beginList: () => {
        const session = this.#beginList(scope, !hasListed);
        return {
          put: (objects) => ifOpen(() => session.put(objects)),
          end: () => {
            ifOpen(() => session.end());
            hasListed = true;
          },
          abandon: () => session.abandon(),
        };
      },
      put: (object) => ifOpen(() => this.#put(object, undefined)),
      remove: (object) => ifOpen(() => this.#remove(object)),
      close: () => {
        this.#scopes.delete(scope);
        for (const list of this.#openLists) if (list.scope === scope) this.#openLists.delete(list);
        for (const [text, entry] of this.#covered(scope)) this.#show(text, entry, () => forget(entry));
      },
    };
  }

  #beginList(scope: FeedScope, isInitial: boolean): ListSession<T> {
    const list: OpenList = { scope, beganAtStep: ++this.#step, isInitial, isFirstPageDue: true };
    this.#openLists.add(list);
    this.#pending.listBegan(scope);
    return {
      put: (objects) => {
        list.isFirstPageDue = false;
        for (const object of objects) this.#put(object, list);
      },
      end: () => {
        this.#openLists.delete(list);
        for (const [text, entry] of this.#covered(scope)) if (entry.list !== list) this.#missing(text, entry, list);
      },
      abandon: () => this.#openLists.delete(list),
    };
  }

  #put(raw: T, list: OpenList | undefined): void {
    const object = this.#transform(raw);
    const text = keyText(keyOf(object));
    const entry = this.#entry(text);
    const before = entry.delivered;
    for (const write of this.#pending.to(text)) write.delivered(versionOf(object));
    this.#show(text, entry, () => {
      entry.delivered = object;
      if (list !== undefined) entry.list = list;
      if (isOvertaken(entry.own, list) || isVersion(entry.own, versionOf(object))) entry.own = undefined;
    });
    if (before === undefined || versionOf(before) !== versionOf(object)) {
      this.#notify({ before, after: object, isInitial: list?.isInitial === true });
    }
  }

  #remove(object: T): void {
    const { uid } = object.metadata;
    const text = keyText(keyOf(object));
    for (const write of this.#pending.to(text)) write.deleted(uid);
    const entry = this.#entries.get(text);
    if (entry === undefined) return;
    const before = entry.delivered;
    this.#show(text, entry, () => {
      entry.delivered = undefined;
      if (uidOf(entry.own) === uid) entry.own = undefined;
    });
    if (before !== undefined) this.#notify({ before, after: undefined, isInitial: false });
  }

  /** The list did not show this object. */
  #missing(text: string, entry: Entry<T>, list: OpenList): void {
    const before = entry.delivered;
    this.#show(text, entry, () => {
      entry.delivered = undefined;
      if (isOvertaken(entry.own, list)) entry.own = undefined;
    });
    if (before !== undefined) this.#notify({ before, after: undefined, isInitial: false });
  }

  #open(key: ObjectKey): { readonly write: PendingWrite; readonly close: () => void } {
    const isListBeginning = [...this.#openLists].some((list) => list.isFirstPageDue && covers(list.scope, key));
    const version = this.#entries.get(keyText(key))?.delivered?.metadata.resourceVersion;
    const write = new PendingWrite(version, isListBeginning);
    return { write, close: this.#pending.open(key, write) };
  }

  #written(key: ObjectKey, object: T, write: PendingWrite): void {
    const { uid, deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers.length === 0) return this.#goneByUs(key, uid, write);
    const isPassed = write.hasSeen(versionOf(object)) || write.hasSeenDeletionOf(uid);
    this.#overlay(key, isPassed ? undefined : { type: 'object', object, atStep: ++this.#step }, write);
  }

  #goneByUs(key: ObjectKey, uid: string, write: PendingWrite): void {
    const isPassed = write.hasSeenDeletionOf(uid);
    this.#overlay(key, isPassed ? undefined : { type: 'gone', uid, atStep: ++this.#step }, write);
  }

  #overlay(key: ObjectKey, own: Own<T> | undefined, write: PendingWrite): void {
    const text = keyText(key);
    const entry = this.#entry(text);
    this.#show(text, entry, () => {
      entry.own = own;
    });
    if (own === undefined || !write.isAmbiguous) return;
    for (const scope of this.#scopes) if (covers(scope, key)) scope.refresh(key);
  }

  #entry(text: string): Entry<T> {
    const known = this.#entries.get(text);
    if (known !== undefined) return known;
    const entry: Entry<T> = { delivered: undefined, own: undefined, list: undefined };
    this.#entries.set(text, entry);
    return entry;
  }

  /** Makes a change to an entry and keeps indexes and size in step with what readers see. */
  #show(text: string, entry: Entry<T>, change: () => void): void {
    const before = visible(entry);
    change();
    const after = visible(entry);
    if (before !== after) this.#index.move(text, before, after);
    if (entry.delivered === undefined && entry.own === undefined) this.#entries.delete(text);
  }

  #covered(scope: FeedScope): [string, Entry<T>][] {
    if (scope.key === undefined) return [...this.#entries].filter(([text]) => covers(scope, keyFrom(text)));
    const entry = this.#entries.get(keyText(scope.key));
    return entry === undefined ? [] : [[keyText(scope.key), entry]];
  }

  #notify(change: Change<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#onDefect(error);
      }
    }
  }
}
