import type { ObjectKey } from '../api/meta.ts';

/** One delivered change. `before` and `after` are what the server showed, our own writes left out of account. */
export interface Change<T> {
  readonly before: T | undefined;
  /** Undefined: the object is gone; `before` is then its last known state. */
  readonly after: T | undefined;
  /** It came with the first list. */
  readonly isInitial: boolean;
}

/** A write of ours to one object, from before it is sent until its answer. Exactly one of the methods is called. */
export interface OwnWrite<T> {
  /** The server answered with this object; one that is being deleted and that no finalizer holds is gone now. */
  finished(object: T): void;
  /** It failed, or nobody knows. */
  failed(): void;
}

/** A read of one object past the source, from before it is sent. Exactly one of the methods is called. */
export interface FreshRead<T> {
  found(object: T): void;
  /** It is not there, or the read failed. */
  failed(): void;
}

/** Which objects one source delivers: all, those of a namespace, or a single one. */
export interface FeedScope {
  readonly namespace?: string | undefined;
  readonly key?: ObjectKey | undefined;
  /** Asked for when only a fresh read of that object can tell how things stand: bracketed by `ObjectStore.beginRead`. */
  readonly refresh: (key: ObjectKey) => void;
  /** Asked for when only a fresh list can tell. */
  readonly relist: () => void;
}

/** Where a source delivers what the server shows, in the server's order. */
export interface Feed<T> {
  /** Called right before the first page is asked for. */
  beginList(): ListSession<T>;
  put(object: T): void;
  remove(object: T): void;
  /** The source ends: what it delivered goes, without a word to the listeners. */
  close(): void;
}

/** One list, page by page. */
export interface ListSession<T> {
  /** Objects of one page. Of the first page on, the state that the list shows is fixed. */
  put(objects: readonly T[]): void;
  /** After the last page: what the list did not show is gone. */
  end(): void;
  /** The list broke off: nothing follows from what it did not show. */
  abandon(): void;
}
