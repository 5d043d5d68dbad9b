import { type KubeObject, keyOf, keyText, type ObjectKey } from '../api/meta.ts';
import type { Clock } from './clock.ts';
import type { ObjectStore } from './store.ts';

const SLOT_MS = 1_000;

export interface ResyncOptions {
  readonly clock: Clock;
  /** How often each object is due. */
  readonly intervalMs: number;
  readonly onDue: (key: ObjectKey) => void;
  /** It is due no more. */
  readonly onGone?: (key: ObjectKey) => void;
}

/**
 * Makes each object of a store due once an interval, spread evenly: an object has the second that its uid hashes to,
 * for life, so that neither a restart nor a mass creation makes a crowd.
 */
export class Resync {
  readonly #options: ResyncOptions;
  readonly #slots: readonly Map<string, ObjectKey>[];
  readonly #forget: () => void;
  #current = 0;
  #cancel: (() => void) | undefined;

  constructor(store: Pick<ObjectStore, 'onChange'>, options: ResyncOptions) {
    this.#options = options;
    const count = Math.max(1, Math.round(options.intervalMs / SLOT_MS));
    this.#slots = Array.from({ length: count }, () => new Map<string, ObjectKey>());
    this.#forget = store.onChange(({ before, after }) => {
      if (before !== undefined && before.metadata.uid !== after?.metadata.uid)
        this.#slotOf(before).delete(textOf(before));
      if (after !== undefined) this.#slotOf(after).set(textOf(after), keyOf(after));
      else if (before !== undefined) options.onGone?.(keyOf(before));
    });
  }

  start(): void {
    this.#cancel ??= this.#options.clock.setTimer(this.#stepMs, () => this.#step());
  }

  stop(): void {
    this.#cancel?.();
    this.#forget();
  }

  get #stepMs(): number {
    return this.#options.intervalMs / this.#slots.length;
  }

  #step(): void {
    this.#cancel = this.#options.clock.setTimer(this.#stepMs, () => this.#step());
    for (const key of this.#slots[this.#current]?.values() ?? []) this.#options.onDue(key);
    this.#current = (this.#current + 1) % this.#slots.length;
  }

  #slotOf(object: KubeObject): Map<string, ObjectKey> {
    const slot = this.#slots[slotOf(object.metadata.uid, this.#slots.length)];
    if (slot === undefined) throw new Error(`no slot for ${textOf(object)}`);
    return slot;
  }
}

/** FNV-1a: even enough for seconds of an interval. */
function slotOf(uid: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < uid.length; index += 1) {
    hash = Math.imul(hash ^ uid.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % count;
}

function textOf(object: KubeObject): string {
  return keyText(keyOf(object));
}
