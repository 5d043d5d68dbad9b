/**
 * Keys to be looked at, each once however often it was added, in order. Work runs on a later turn of the event loop,
 * never inside the write that caused it: what a controller does is seen as a change of its own, as with the real one.
 */
export class KeyQueue {
  readonly #sync: (key: string) => void;
  readonly #keys = new Set<string>();
  #scheduled: NodeJS.Immediate | undefined;
  #isStopped = false;

  /** `sync` looks at one key. It does not throw. */
  constructor(sync: (key: string) => void) {
    this.#sync = sync;
  }

  add(key: string): void {
    if (this.#isStopped) return;
    this.#keys.add(key);
    this.#scheduled ??= setImmediate(() => this.#run());
  }

  stop(): void {
    this.#isStopped = true;
    this.#keys.clear();
    clearImmediate(this.#scheduled);
  }

  #run(): void {
    this.#scheduled = undefined;
    const keys = [...this.#keys];
    this.#keys.clear();
    for (const key of keys) this.#sync(key);
  }
}
