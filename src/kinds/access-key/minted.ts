import type { NewKey } from '../../wasabi/access-keys.ts';

/**
 * Keys that this process created and could not deliver yet, and creates whose answer is missing. The text of a key is
 * nowhere else: while the process lives its delivery is tried again, and if it ends, the key is revoked by its
 * successor.
 */
export class MintedKeys {
  readonly #keys = new Map<string, NewKey>();
  readonly #unanswered = new Set<string>();

  /** @param uid of the AccessKey object */
  get(uid: string): NewKey | undefined {
    return this.#keys.get(uid);
  }

  /** Whether any object's text is of that key. */
  holds(keyId: string): boolean {
    return [...this.#keys.values()].some(({ id }) => id === keyId);
  }

  put(uid: string, key: NewKey): void {
    this.#unanswered.delete(uid);
    this.#keys.set(uid, key);
  }

  /** Delivered, or revoked. */
  drop(uid: string): void {
    this.#keys.delete(uid);
  }

  /** A create was sent, and it is not known whether it took effect. */
  unanswered(uid: string): void {
    this.#unanswered.add(uid);
  }

  /** What became of it is known, or no longer of interest. */
  answered(uid: string): void {
    this.#unanswered.delete(uid);
  }

  isUnanswered(uid: string): boolean {
    return this.#unanswered.has(uid);
  }
}
