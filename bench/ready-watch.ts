import type { ResourceType } from '../src/api/meta.ts';
import { findCondition } from '../src/managed/conditions.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import { systemClock } from '../src/runtime/clock.ts';
import type { Kube } from '../src/runtime/kube.ts';
import { Reflector } from '../src/runtime/reflector.ts';
import { ObjectStore } from '../src/runtime/store.ts';

/** Notes when each object of a kind in a namespace was first seen Ready, by the harness's own watch and clock. */
export class ReadyWatch {
  readonly #store = new ObjectStore<ManagedResource>();
  readonly #reflector: Reflector<ManagedResource>;
  readonly #readyMs = new Map<string, number>();

  constructor(kube: Kube, type: ResourceType, namespace: string) {
    this.#store.onChange(({ after }) => {
      if (after === undefined || this.#readyMs.has(after.metadata.name) || !isReady(after)) return;
      this.#readyMs.set(after.metadata.name, performance.now());
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

  /** What one that is not Ready says of itself; undefined: all are. */
  anyReason(): string | undefined {
    const object = this.#store.list().find((each) => !this.#readyMs.has(each.metadata.name));
    return object && `${object.kind} ${object.metadata.name}: ${JSON.stringify(object.status?.conditions ?? [])}`;
  }

  stop(): Promise<void> {
    return this.#reflector.stop();
  }
}

function isReady({ metadata, status }: ManagedResource): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === metadata.generation;
}
