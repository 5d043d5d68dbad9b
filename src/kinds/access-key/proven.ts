import { LRUCache } from 'lru-cache';

const MAX_SECRETS = 50_000;

/**
 * Which Secrets were found to hold a working key, by uid and resourceVersion, so that a settled key is not tried in
 * every pass. Kept in memory: a restart tries each once.
 */
export class ProvenKeys {
  readonly #versions = new LRUCache<string, true>({ maxSize: MAX_SECRETS, sizeCalculation: () => 1 });

  has(version: string): boolean {
    return this.#versions.has(version);
  }

  /** It works no longer, or is not known to. */
  drop(version: string): void {
    this.#versions.delete(version);
  }

  add(version: string): void {
    this.#versions.set(version, true);
  }
}
