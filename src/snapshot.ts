import type { KubeObject, ObjectKey } from './api/meta.ts';
import type { ManagedResource } from './managed/kind.ts';
import type { Referrer, Snapshot } from './managed/lookup.ts';
import { type Reference, type ReferenceGrant, referenceIndexValue } from './managed/references.ts';
import type { ObjectStore } from './runtime/store.ts';
import type { IndexFunction } from './runtime/store-index.ts';

/** What the snapshot has to know of a kind to index it. */
export interface IndexedKind {
  references(resource: ManagedResource): readonly Reference[];
  /** The name of the external resource: two objects of one account with the same name mean the same thing. */
  externalName(resource: ManagedResource): string;
  /** External names of the same kind that the spec gives without naming their objects, such as the target of an access log. */
  mentions(resource: ManagedResource): readonly string[];
}

const REFERENCES = 'references';
const EXTERNAL_NAME = 'externalName';
const MENTIONS = 'mentions';

/** The indexes that the snapshot reads: by what a spec names, and by the external resources that it means or mentions. */
export function indexesOf(kind: IndexedKind): Readonly<Record<string, IndexFunction<ManagedResource>>> {
  return {
    [REFERENCES]: (resource) => kind.references(resource).map(({ kind: to, key }) => referenceIndexValue(to, key)),
    [EXTERNAL_NAME]: (resource) => [kind.externalName(resource)],
    [MENTIONS]: (resource) => kind.mentions(resource),
  };
}

/** The stores of the operator as the lookup reads them. */
export class StoreSnapshot implements Snapshot {
  readonly #kinds: ReadonlyMap<string, { readonly kind: IndexedKind; readonly store: ObjectStore<ManagedResource> }>;
  readonly #namespaces: ObjectStore;
  readonly #grants: ObjectStore<ReferenceGrant>;

  constructor(parts: {
    kinds: ReadonlyMap<string, { readonly kind: IndexedKind; readonly store: ObjectStore<ManagedResource> }>;
    namespaces: ObjectStore;
    grants: ObjectStore<ReferenceGrant>;
  }) {
    this.#kinds = parts.kinds;
    this.#namespaces = parts.namespaces;
    this.#grants = parts.grants;
  }

  get<T extends KubeObject>(kind: string, key: ObjectKey): T | undefined {
    // The store of a kind holds objects of that kind.
    return this.#kinds.get(kind)?.store.get(key) as T | undefined;
  }

  *referrers(kind: string, key: ObjectKey): Generator<Referrer> {
    const value = referenceIndexValue(kind, key);
    for (const { kind: from, store } of this.#kinds.values()) {
      for (const resource of store.byIndex(REFERENCES, value)) {
        const references = from.references(resource).filter((one) => referenceIndexValue(one.kind, one.key) === value);
        yield { resource, references };
      }
    }
  }

  namesakes<R extends ManagedResource>(kind: string, externalName: string): readonly R[] {
    // The store of a kind holds objects of that kind.
    return (this.#kinds.get(kind)?.store.byIndex(EXTERNAL_NAME, externalName) ?? []) as readonly R[];
  }

  /** Objects of that kind, in that namespace, whose spec mentions an external resource of that name. */
  mentioning(kind: string, namespace: string, externalName: string): readonly ManagedResource[] {
    const found = this.#kinds.get(kind)?.store.byIndex(MENTIONS, externalName) ?? [];
    return found.filter(({ metadata }) => metadata.namespace === namespace);
  }

  namespaceLabels(namespace: string): Readonly<Record<string, string>> | undefined {
    const found = this.#namespaces.get({ namespace: '', name: namespace });
    return found === undefined ? undefined : (found.metadata.labels ?? {});
  }

  isTerminating(namespace: string): boolean {
    return this.#namespaces.get({ namespace: '', name: namespace })?.metadata.deletionTimestamp !== undefined;
  }

  referenceGrants(namespace: string): readonly ReferenceGrant[] {
    return this.#grants.list(namespace);
  }
}
