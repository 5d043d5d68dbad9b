import { SECRETS } from '../../api/core-types.ts';
import type { KubeObject, ObjectKey } from '../../api/meta.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Manager } from '../../runtime/manager.ts';
import type { ObjectStore } from '../../runtime/store.ts';
import { KEY_SECRETS } from './secret-object.ts';

/** A watch that says nothing for so long is not believed: where bookmarks come, they come about once a minute. */
const SILENT_MS = 180_000;

export interface WatchedSecretsParts {
  readonly manager: Manager;
  readonly clock: Clock;
  /** Where Secrets may be read; none: in all namespaces of the manager. */
  readonly namespaces: readonly string[];
}

/**
 * What a watch knows of the Secrets that keys are delivered in, so that a key with which all is well need not have its
 * Secret read in every comparison. It may be late: it suffices to find that nothing is to be done, and for nothing else.
 */
export class WatchedSecrets {
  /** Their metadata. Read rights may be by name only: then nothing is in it. */
  readonly store: ObjectStore;
  readonly #parts: WatchedSecretsParts;

  constructor(parts: WatchedSecretsParts) {
    this.#parts = parts;
    const { manager, namespaces } = parts;
    const ofKeys = { labelSelector: KEY_SECRETS, namespaces };
    this.store = manager.watch(SECRETS, { metadataOnly: true, isOptional: true, ...ofKeys });
  }

  /** Metadata of the Secret; undefined: there is none, we may not watch it, or the watch has been silent for too long. */
  get(key: ObjectKey): KubeObject | undefined {
    const { manager, clock } = this.#parts;
    const contactMs = manager.lastContactMs(SECRETS.kind);
    if (contactMs === undefined || clock.monotonicMs() - contactMs > SILENT_MS) return undefined;
    return this.store.get(key);
  }
}
