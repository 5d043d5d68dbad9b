import { keyText, type ObjectKey } from '../api/meta.ts';
import { covers, keyFrom } from './store-entry.ts';
import type { FeedScope } from './store-feed.ts';

/**
 * What the watch has brought of one object while a write of ours to it was under way. Events may overtake the answer:
 * only with this record it can be told afterwards whether the store is behind the write or already at or past it.
 */
export class PendingWrite {
  readonly #seenVersions = new Set<string>();
  readonly #deletedUids = new Set<string>();
  #isAmbiguous: boolean;

  /**
   * @param version the resourceVersion that the store has now: a write that changes nothing answers with it
   * @param isListBeginning a list of this kind is being asked for right now
   */
  constructor(version: string | undefined, isListBeginning: boolean) {
    if (version !== undefined) this.#seenVersions.add(version);
    this.#isAmbiguous = isListBeginning;
  }

  /** That version was delivered. */
  delivered(version: string): void {
    this.#seenVersions.add(version);
  }

  /** The deletion of that incarnation was delivered. */
  deleted(uid: string): void {
    this.#deletedUids.add(uid);
  }

  /** A list began: it may show the object before or after the write, and versions in between may never be delivered. */
  listBegan(): void {
    this.#isAmbiguous = true;
  }

  hasSeen(version: string): boolean {
    return this.#seenVersions.has(version);
  }

  hasSeenDeletionOf(uid: string): boolean {
    return this.#deletedUids.has(uid);
  }

  /** Only a list that begins after the write tells for certain. */
  get isAmbiguous(): boolean {
    return this.#isAmbiguous;
  }
}

/** All that is under way, by key. */
export class PendingWrites {
  readonly #byKey = new Map<string, Set<PendingWrite>>();

  /** @returns the record, and what ends it */
  open(key: ObjectKey, write: PendingWrite): () => void {
    const text = keyText(key);
    const writes = this.#byKey.get(text) ?? new Set();
    this.#byKey.set(text, writes.add(write));
    return () => {
      writes.delete(write);
      if (writes.size === 0 && this.#byKey.get(text) === writes) this.#byKey.delete(text);
    };
  }

  /** Those to the object of that key text. */
  to(text: string): Iterable<PendingWrite> {
    return this.#byKey.get(text) ?? [];
  }

  listBegan(scope: FeedScope): void {
    for (const [text, writes] of this.#byKey) {
      if (covers(scope, keyFrom(text))) for (const write of writes) write.listBegan();
    }
  }
}
