import type { ResourceType } from '../src/api/meta.ts';
import { findCondition } from '../src/managed/conditions.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import { systemClock } from '../src/runtime/clock.ts';
import type { Kube } from '../src/runtime/kube.ts';
import { Reflector } from '../src/runtime/reflector.ts';
import { ObjectStore } from '../src/runtime/store.ts';

/** Which name an object counts under, once it is what is waited for; undefined: it is not yet. */
export type ReadyName = (object: ManagedResource) => string | undefined;

/** Notes when each object of a kind in a namespace was first seen Ready, by the harness's own watch and clock. */
export class ReadyWatch {
  readonly #store = new ObjectStore<ManagedResource>();
  readonly #reflector: Reflector<ManagedResource>;
  readonly #readyMs = new Map<string, number>();
  readonly #goneMs = new Map<string, number>();

  constructor(kube: Kube, type: ResourceType, namespace: string, nameOf: ReadyName = readyName) {
    this.#store.onChange(({ before, after }) => {
      if (before !== undefined && after === undefined) this.#goneMs.set(before.metadata.name, performance.now());
      const name = after && nameOf(after);
      if (name !== undefined && !this.#readyMs.has(name)) this.#readyMs.set(name, performance.now());
    });
    const options = { kube, type, namespace, store: this.#store, clock: systemClock, random: Math.random };
    this.#reflector = new Reflector(options);
  }

  async start(): Promise<void> {
    this.#reflector.start();
    await this.#reflector.whenSynced(new AbortController().signal);
  }

  /** When each was seen Ready, on the clock of `performance.now()`, by name. */
  get readyMs(): ReadonlyMap<string, number> {
    return this.#readyMs;
  }

  /** When each was seen to be gone, on the same clock, by name. */
  get goneMs(): ReadonlyMap<string, number> {
    return this.#goneMs;
  }

  /** What one that is not Ready says of itself; undefined: all are. */
  anyReason(): string | undefined {
    const object = this.#store.list().find((each) => !this.#readyMs.has(each.metadata.name));
    return object && `${object.kind} ${object.metadata.name}: ${JSON.stringify(object.status?.conditions ?? [])}`;
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }
}

/** The Bucket whose key a Secret delivers. Pure. */
export function deliveredFor({ metadata }: ManagedResource): string | undefined {
  return /^(?<bucket>.+)-accesskey-credentials$/.exec(metadata.name)?.groups?.['bucket'];
}

function readyName({ metadata, status }: ManagedResource): string | undefined {
  const ready = findCondition(status?.conditions, 'Ready');
  const isReady = ready?.status === 'True' && ready.observedGeneration === metadata.generation;
  return isReady ? metadata.name : undefined;
}
