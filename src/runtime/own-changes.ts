import { LRUCache } from 'lru-cache';
import { type KubeObject, keyOf, keyText, type ObjectKey } from '../api/meta.ts';
import { versionOf } from './store-entry.ts';
import type { Change } from './store-feed.ts';

/** Far more than are made between a write and its watch event. As a size: `max` would take the room of all at the start. */
const MAX_MADE = 10_000;

/**
 * Tells the changes that this process made from those of others, so that a pass does not wake itself: it has looked at
 * what it wrote. A watch event may overtake the answer to the write that caused it; it is judged after that answer. A
 * write whose answer is lost counts as somebody else's.
 */
export class OwnChanges {
  readonly #made = new LRUCache<string, true>({ maxSize: MAX_MADE, sizeCalculation: () => 1 });
  readonly #underWay = new Map<string, Set<Promise<void>>>();

  /** Makes a write. @param call answers with the object as it stands then */
  write<T extends KubeObject>(key: ObjectKey, call: () => Promise<T>): Promise<T> {
    return this.#bracketed(key, async () => {
      const object = await call();
      this.#made.set(writtenId(object), true);
      return object;
    });
  }

  /** Removes that very incarnation of an object. */
  remove(key: ObjectKey, uid: string, call: () => Promise<void>): Promise<void> {
    return this.#bracketed(key, async () => {
      await call();
      this.#made.set(removedId(uid), true);
    });
  }

  /** Calls `tell`, now or when the writes that are under way are answered, unless the change is one of ours. */
  ifForeign({ before, after }: Pick<Change<KubeObject>, 'before' | 'after'>, tell: () => void): void {
    const object = after ?? before;
    if (object === undefined) return;
    const id = after === undefined ? removedId(object.metadata.uid) : writtenId(after);
    const judge = () => {
      if (!this.#made.has(id)) tell();
    };
    const writes = this.#underWay.get(keyText(keyOf(object)));
    if (writes === undefined || this.#made.has(id)) judge();
    else void Promise.all(writes).then(judge);
  }

  async #bracketed<T>(key: ObjectKey, call: () => Promise<T>): Promise<T> {
    const text = keyText(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    const writes = this.#underWay.get(text) ?? new Set();
    this.#underWay.set(text, writes.add(promise));
    try {
      return await call();
    } finally {
      writes.delete(promise);
      if (writes.size === 0) this.#underWay.delete(text);
      resolve();
    }
  }
}

function writtenId(object: KubeObject): string {
  return `${object.metadata.uid} ${versionOf(object)}`;
}

function removedId(uid: string): string {
  return `gone ${uid}`;
}
