import type { Cluster } from '../cluster.ts';
import { isEqual, type JsonObject, listOf, objectOf } from '../json.ts';
import { type ApiObject, isDeleting } from '../object.ts';
import type { Resource } from '../resource.ts';
import { NAMESPACE_FINALIZER } from '../resources/namespaces.ts';
import { isFinished, timestamp } from '../writes.ts';
import { KeyQueue } from './queue.ts';

interface Left {
  /** Objects that are still there, by resource. */
  readonly counts: ReadonlyMap<string, number>;
  /** How often each finalizer holds one of them. */
  readonly finalizers: ReadonlyMap<string, number>;
}

/** `a has 2 resource instances, b has 1 resource instances`, in the order of the names. */
function countsText(counts: ReadonlyMap<string, number>, what: string): string {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, count]) => `${name} ${what.replace('%d', String(count))}`).join(', ');
}

/**
 * Empties a namespace that is being deleted, says in its conditions what is left, and lets it go at the end.
 * Source: kubernetes, pkg/controller/namespace/deletion.
 */
export class NamespaceController {
  readonly #cluster: Cluster;
  readonly #queue = new KeyQueue((name) => this.#sync(name));
  readonly #unsubscribe: () => void;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#unsubscribe = cluster.store.subscribe((event, table) => {
      if (table.id === 'namespaces') this.#queue.add(event.key);
      else if (event.type === 'DELETED' || isDeleting(event.object))
        this.#queue.add(event.object.metadata.namespace ?? '');
    });
  }

  stop(): void {
    this.#unsubscribe();
    this.#queue.stop();
  }

  #sync(name: string): void {
    const namespace = this.#cluster.store.table('namespaces').get(name);
    if (namespace === undefined || !isDeleting(namespace)) return;
    if (!listOf(objectOf(namespace.spec).finalizers).includes(NAMESPACE_FINALIZER)) return;
    for (const resource of this.#contents()) this.#deleteAll(resource, name);
    const left = this.#left(name);
    if (left.counts.size === 0) this.#release(this.#withConditions(namespace, left));
    else this.#put(this.#withConditions(namespace, left), namespace);
  }

  #contents(): readonly Resource[] {
    const seen = new Set<string>();
    return this.#cluster.registry.all().filter(({ isNamespaced, table }) => {
      const isNew = isNamespaced && !seen.has(table.id);
      seen.add(table.id);
      return isNew;
    });
  }

  #objects(resource: Resource, namespace: string): readonly ApiObject[] {
    return [...resource.table.objects.values()].filter((object) => object.metadata.namespace === namespace);
  }

  #deleteAll(resource: Resource, namespace: string): void {
    for (const object of this.#objects(resource, namespace))
      if (!isDeleting(object)) this.#cluster.deletes.delete(resource, namespace, object.metadata.name, {});
  }

  #left(namespace: string): Left {
    const counts = new Map<string, number>();
    const finalizers = new Map<string, number>();
    for (const resource of this.#contents()) {
      const objects = this.#objects(resource, namespace);
      const name = `${resource.plural}.${resource.group}`;
      if (objects.length > 0) counts.set(name, objects.length);
      for (const finalizer of objects.flatMap((object) => object.metadata.finalizers ?? []))
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
    return { counts, finalizers };
  }

  #withConditions(namespace: ApiObject, left: Left): ApiObject {
    const now = timestamp(this.#cluster.clock.now());
    const old = new Map(
      listOf(objectOf(namespace.status).conditions).map((item) => [objectOf(item).type, objectOf(item)]),
    );
    const condition = (type: string, isTrue: boolean, reason: string, message: string): JsonObject => {
      const status = isTrue ? 'True' : 'False';
      const before = old.get(type);
      const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
      return { type, status, lastTransitionTime, reason, message };
    };
    const hasContent = left.counts.size > 0;
    const hasFinalizers = left.finalizers.size > 0;
    const conditions = [
      condition(
        'NamespaceDeletionDiscoveryFailure',
        false,
        'ResourcesDiscovered',
        'All resources successfully discovered',
      ),
      condition(
        'NamespaceDeletionGroupVersionParsingFailure',
        false,
        'ParsedGroupVersions',
        'All legacy kube types successfully parsed',
      ),
      condition(
        'NamespaceDeletionContentFailure',
        false,
        'ContentDeleted',
        'All content successfully deleted, may be waiting on finalization',
      ),
      condition(
        'NamespaceContentRemaining',
        hasContent,
        hasContent ? 'SomeResourcesRemain' : 'ContentRemoved',
        hasContent
          ? `Some resources are remaining: ${countsText(left.counts, 'has %d resource instances')}`
          : 'All content successfully removed',
      ),
      condition(
        'NamespaceFinalizersRemaining',
        hasFinalizers,
        hasFinalizers ? 'SomeFinalizersRemain' : 'ContentHasNoFinalizers',
        hasFinalizers
          ? `Some content in the namespace has finalizers remaining: ${countsText(left.finalizers, 'in %d resource instances')}`
          : 'All content-preserving finalizers finished',
      ),
    ];
    return { ...namespace, status: { ...objectOf(namespace.status), conditions } };
  }

  #release(namespace: ApiObject): void {
    const spec = objectOf(namespace.spec);
    const finalizers = listOf(spec.finalizers).filter((finalizer) => finalizer !== NAMESPACE_FINALIZER);
    const { finalizers: _finalizers, ...rest } = spec;
    this.#put({ ...namespace, spec: finalizers.length === 0 ? rest : { ...rest, finalizers } }, namespace);
  }

  #put(next: ApiObject, old: ApiObject): void {
    if (isEqual(next, old)) return;
    const { store, registry } = this.#cluster;
    const table = store.table('namespaces');
    const resource = registry.get('namespaces');
    if (resource !== undefined && isFinished(resource, next)) store.remove(table, next.metadata.name);
    else store.put(table, next);
  }
}
