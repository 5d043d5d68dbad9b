import { type KubeObject, keyText, type ObjectKey, type ResourceType } from '../api/meta.ts';
import type { Clock, Random } from './clock.ts';
import type { Kube } from './kube.ts';
import { Reflector, type RelistReason } from './reflector.ts';
import { metadataOnly } from './slim.ts';
import { ObjectStore } from './store.ts';

export interface NamedWatchesOptions {
  readonly kube: Kube;
  readonly type: ResourceType;
  readonly clock: Clock;
  readonly random: Random;
  readonly onRelist?: (reason: RelistReason) => void;
  readonly onFailure?: (error: unknown) => void;
  /** A listener threw: a defect of ours. */
  readonly onDefect?: (error: unknown) => void;
}

/**
 * Single objects watched by their names, as metadata only: for Secrets that specs refer to, so that rights on those very
 * names suffice and no value of a Secret is kept. The set follows what owners want.
 */
export class NamedWatches {
  /** Metadata alone, also of what is assumed after a write of ours: no value of a Secret stays in memory. */
  readonly store: ObjectStore;
  readonly #options: NamedWatchesOptions;
  readonly #wanted = new Map<string, readonly ObjectKey[]>();
  readonly #watches = new Map<string, Reflector>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: NamedWatchesOptions) {
    this.#options = options;
    this.store = new ObjectStore({
      transform: metadataOnly,
      ...(options.onDefect === undefined ? {} : { onDefect: options.onDefect }),
    });
  }

  /** From now on `owner` wants exactly these objects; none: it is gone. */
  want(owner: string, keys: readonly ObjectKey[]): void {
    const before = this.#wanted.get(owner) ?? [];
    if (keys.length === 0) this.#wanted.delete(owner);
    else this.#wanted.set(owner, keys);
    for (const key of keys) this.#open(key);
    const needed = new Set([...this.#wanted.values()].flat().map(keyText));
    for (const key of before) if (!needed.has(keyText(key))) this.#close(key);
  }

  /** Whether any owner wants that object. */
  isWanted(key: ObjectKey): boolean {
    return this.#watches.has(keyText(key));
  }

  /** Whether the server has said once whether the object is there. */
  hasSynced(key: ObjectKey): boolean {
    return this.#watches.get(keyText(key))?.hasSynced === true;
  }

  /** When the server last answered that watch of ours which it has not answered for longest; undefined: there is none. */
  get lastContactMs(): number | undefined {
    let earliest: number | undefined;
    for (const { lastContactMs } of this.#watches.values())
      earliest = Math.min(earliest ?? lastContactMs, lastContactMs);
    return earliest;
  }

  /** A watch of ours has stood still for too long. */
  get standsStill(): boolean {
    return [...this.#watches.values()].some((watch) => watch.standsStill);
  }

  async stop(): Promise<void> {
    this.#wanted.clear();
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
    await Promise.all(this.#ending);
  }

  #open(key: ObjectKey): void {
    const text = keyText(key);
    if (this.#watches.has(text)) return;
    const { kube, type, clock, random, onRelist, onFailure } = this.#options;
    const watch = new Reflector<KubeObject>({
      kube,
      type,
      store: this.store,
      clock,
      random,
      namespace: key.namespace,
      name: key.name,
      metadataOnly: true,
      ...(onRelist === undefined ? {} : { onRelist }),
      ...(onFailure === undefined ? {} : { onFailure }),
    });
    this.#watches.set(text, watch);
    watch.start();
  }

  #close(key: ObjectKey): void {
    const text = keyText(key);
    const watch = this.#watches.get(text);
    if (watch === undefined) return;
    this.#watches.delete(text);
    const ended = watch.discard().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}
