import { type KubeObject, keyText, type ObjectKey, type ResourceType } from '../api/meta.ts';
import type {
  CallOptions,
  DeletePreconditions,
  DryRun,
  Kube,
  ListOptions,
  ListPage,
  Patch,
  WatchEvent,
  WatchOptions,
} from './kube.ts';
import type { ObjectStore } from './store.ts';

/** The store that readers of that kind use; undefined when the kind is not watched. */
export type StoreOf = (type: ResourceType) => ObjectStore | undefined;

/**
 * The same API, whose answers to our writes the readers of the stores see at once. Writes to one object go one after
 * another, whoever makes them: only then it is known which answer is the newer one.
 */
export class RememberingKube implements Kube {
  readonly #kube: Kube;
  readonly #storeOf: StoreOf;
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(kube: Kube, storeOf: StoreOf) {
    this.#kube = kube;
    this.#storeOf = storeOf;
  }

  get clockOffsetMs(): number {
    return this.#kube.clockOffsetMs;
  }

  servedVerbs(type: ResourceType, options?: CallOptions): Promise<readonly string[] | undefined> {
    return this.#kube.servedVerbs(type, options);
  }

  get<T extends KubeObject>(type: ResourceType, key: ObjectKey, options?: CallOptions): Promise<T | undefined> {
    return this.#kube.get<T>(type, key, options);
  }

  list<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    options?: ListOptions,
  ): Promise<ListPage<T>> {
    return this.#kube.list<T>(type, namespace, options);
  }

  watch<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent<T>> {
    return this.#kube.watch<T>(type, namespace, options);
  }

  create<T extends KubeObject>(
    type: ResourceType,
    namespace: string,
    body: object,
    options?: CallOptions & DryRun,
  ): Promise<T> {
    const { metadata } = body as { readonly metadata?: { readonly name?: string } }; // a Kubernetes object by contract
    const call = () => this.#kube.create<T>(type, namespace, body, options);
    if (metadata?.name === undefined || options?.isDryRun === true) return call();
    return this.#write(type, { namespace, name: metadata.name }, call);
  }

  patch<T extends KubeObject>(
    type: ResourceType,
    key: ObjectKey,
    patch: Patch,
    options?: CallOptions & DryRun & { readonly subresource?: 'status' },
  ): Promise<T> {
    const call = () => this.#kube.patch<T>(type, key, patch, options);
    return options?.isDryRun === true ? call() : this.#write(type, key, call);
  }

  delete(
    type: ResourceType,
    key: ObjectKey,
    options?: CallOptions & { readonly preconditions?: DeletePreconditions },
  ): Promise<void> {
    return this.#kube.delete(type, key, options);
  }

  #write<T extends KubeObject>(type: ResourceType, key: ObjectKey, call: () => Promise<T>): Promise<T> {
    const store = this.#storeOf(type);
    if (store === undefined) return call();
    return this.#inTurn(`${type.group}/${type.plural}/${keyText(key)}`, async () => {
      const write = store.beginWrite(key);
      try {
        const object = await call();
        write.finished(object);
        return object;
      } catch (error) {
        write.failed();
        throw error;
      }
    });
  }

  async #inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const mine = before === undefined ? task() : before.then(task, task);
    this.#tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    }
  }
}
