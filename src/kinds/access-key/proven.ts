import { LRUCache } from 'lru-cache';

const MAX_SECRETS = 50_000;

/**
 * Which Secrets were found to hold a working key, by uid and resourceVersion, so that a settled key is not tried in
 * every pass. Kept in memory: a restart tries each once.
 */
export class ProvenKeys {
  readonly #ids = new LRUCache<string, string>({ maxSize: MAX_SECRETS, sizeCalculation: () => 1 });

  /** The id of the key that works in that state of a Secret; undefined: none, or it is not known. */
  keyIn(version: string): string | undefined {
    return this.#ids.get(version);
  }

  /** It works no longer, or is not known to. */
  drop(version: string): void {
    this.#ids.delete(version);
  }

  add(version: string, keyId: string): void {
    this.#ids.set(version, keyId);
  }
}
