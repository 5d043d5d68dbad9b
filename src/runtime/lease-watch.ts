import { LEASES } from '../api/core-types.ts';
import type { ObjectKey } from '../api/meta.ts';
import type { Clock, Random } from './clock.ts';
import type { Kube } from './kube.ts';
import type { Lease } from './lease.ts';
import { Reflector } from './reflector.ts';
import { ObjectStore } from './store.ts';

export interface LeaseWatchOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly random: Random;
  readonly key: ObjectKey;
  /** A Lease that is held changes more often than that; after a longer silence it is read. */
  readonly silenceMs: number;
  /** Each new state, undefined when there is no Lease. Also once at the beginning. */
  readonly onSeen: (lease: Lease | undefined) => void;
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** The pauses between attempts while the API fails: a release is seen this soon after it is back. */
const MAX_PAUSE_MS = 2000;

/** Watches one Lease, and reads it again when the watch brings nothing: its connection may be dead. */
export class LeaseWatch {
  readonly #options: LeaseWatchOptions;
  readonly #reflector: Reflector<Lease>;
  readonly #stopped = new AbortController();
  #hasSeen = false;
  #cancelSilence: () => void = () => undefined;

  constructor(options: LeaseWatchOptions) {
    const { kube, clock, random, key, onFailure } = options;
    this.#options = options;
    const store = new ObjectStore<Lease>();
    store.onChange(({ after }) => this.#seen(after));
    this.#reflector = new Reflector<Lease>({
      kube,
      type: LEASES,
      store,
      clock,
      random,
      namespace: key.namespace,
      name: key.name,
      maxBackoffMs: MAX_PAUSE_MS,
      ...(onFailure === undefined ? {} : { onFailure }),
    });
  }

  start(): void {
    this.#reflector.start();
    this.#expectNews();
    void this.#reflector.whenSynced(this.#stopped.signal).then(() => {
      if (!this.#hasSeen && !this.#stopped.signal.aborted) this.#seen(undefined);
    });
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#cancelSilence();
    await this.#reflector.stop();
  }

  #seen(lease: Lease | undefined): void {
    this.#hasSeen = true;
    this.#expectNews();
    this.#options.onSeen(lease);
  }

  #expectNews(): void {
    const { clock, silenceMs } = this.#options;
    this.#cancelSilence();
    if (this.#stopped.signal.aborted) return;
    this.#cancelSilence = clock.setTimer(silenceMs, () => {
      this.#reflector.relist('Requested');
      this.#expectNews();
    });
  }
}
