import type { Cluster } from '../cluster.ts';
import { type DeleteOptions, FOREGROUND, ORPHAN } from '../deletes.ts';
import { type ApiObject, groupOf, isDeleting, type OwnerRef, storageKey, withMetadata } from '../object.ts';
import type { Resource } from '../resource.ts';
import type { Table } from '../store.ts';
import type { ChangeEvent } from '../watch-history.ts';
import { isFinished } from '../writes.ts';
import { OwnerIndex, type Reference } from './owners.ts';
import { KeyQueue } from './queue.ts';

type OwnerState = 'solid' | 'waiting' | 'absent' | 'unknown';

/**
 * Deletes what has lost all its owners, and carries out the finalizers `orphan` and `foregroundDeletion`. An owner is
 * who has the uid; a namespaced one must be of the dependent's own namespace, else it counts as absent; a
 * cluster-scoped object with a namespaced owner is left alone. Source: kubernetes, pkg/controller/garbagecollector.
 */
export class GarbageCollector {
  readonly #cluster: Cluster;
  readonly #index = new OwnerIndex();
  readonly #queue = new KeyQueue((key) => this.#sync(key));
  readonly #unsubscribe: () => void;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#unsubscribe = cluster.store.subscribe((event, table) => this.#observe(event, table));
  }

  stop(): void {
    this.#unsubscribe();
    this.#queue.stop();
  }

  #observe(event: ChangeEvent, table: Table): void {
    this.#index.update(event, table);
    const { metadata } = event.object;
    if ((metadata.ownerReferences ?? []).length > 0 && event.type !== 'DELETED')
      this.#add({ tableId: table.id, key: event.key });
    if (event.type !== 'DELETED' && !isDeleting(event.object)) return;
    this.#add({ tableId: table.id, key: event.key });
    for (const dependent of this.#index.dependentsOf(metadata.uid)) this.#add(dependent);
    // The owners of what goes may wait for it.
    for (const owner of metadata.ownerReferences ?? []) this.#addOwner(owner, metadata.namespace ?? '');
  }

  #add(reference: Reference): void {
    this.#queue.add(`${reference.tableId} ${reference.key}`);
  }

  #addOwner(owner: OwnerRef, namespace: string): void {
    const resource = this.#cluster.registry.findKind(groupOf(owner.apiVersion), owner.kind);
    if (resource === undefined) return;
    this.#add({ tableId: resource.table.id, key: storageKey(resource.isNamespaced ? namespace : '', owner.name) });
  }

  #find(key: string): { readonly resource: Resource; readonly object: ApiObject } | undefined {
    const space = key.indexOf(' ');
    const tableId = key.slice(0, space);
    const resource = this.#cluster.registry.all().find(({ table }) => table.id === tableId);
    const object = resource?.table.get(key.slice(space + 1));
    return resource === undefined || object === undefined ? undefined : { resource, object };
  }

  #sync(key: string): void {
    const found = this.#find(key);
    if (found === undefined) return;
    const { resource, object } = found;
    const finalizers = object.metadata.finalizers ?? [];
    if (isDeleting(object) && finalizers.includes(ORPHAN)) this.#orphan(resource, object);
    else if (isDeleting(object) && finalizers.includes(FOREGROUND)) this.#deleteDependents(resource, object);
    else if (!isDeleting(object)) this.#collect(resource, object);
  }

  /** Deletes an object none of whose owners is there, and drops references to absent ones from one that has others. */
  #collect(resource: Resource, object: ApiObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    const states = owners.map((owner) => this.#stateOf(owner, object));
    if (owners.length === 0 || states.includes('unknown')) return;
    if (states.includes('solid')) {
      const solid = owners.filter((_owner, index) => states[index] === 'solid');
      if (solid.length < owners.length) this.#put(resource, withMetadata(object, { ownerReferences: solid }));
      return;
    }
    const isWaitedFor = states.includes('waiting') && this.#index.dependentsOf(object.metadata.uid).length > 0;
    this.#delete(resource, object, isWaitedFor ? { propagationPolicy: 'Foreground' } : {});
  }

  #stateOf(owner: OwnerRef, dependent: ApiObject): OwnerState {
    const resource = this.#cluster.registry.findKind(groupOf(owner.apiVersion), owner.kind);
    if (resource === undefined) return 'unknown'; // a kind that nobody serves now: its objects may come back
    const namespace = dependent.metadata.namespace ?? '';
    if (resource.isNamespaced && namespace === '') return 'unknown';
    const found = resource.table.get(storageKey(resource.isNamespaced ? namespace : '', owner.name));
    if (found === undefined || found.metadata.uid !== owner.uid) return 'absent';
    const isWaiting = isDeleting(found) && (found.metadata.finalizers ?? []).includes(FOREGROUND);
    return isWaiting ? 'waiting' : 'solid';
  }

  #dependentsOf(owner: ApiObject): readonly { readonly resource: Resource; readonly object: ApiObject }[] {
    return this.#index.dependentsOf(owner.metadata.uid).flatMap(({ tableId, key }) => {
      const found = this.#find(`${tableId} ${key}`);
      return found === undefined ? [] : [found];
    });
  }

  #orphan(resource: Resource, owner: ApiObject): void {
    for (const { resource: of, object } of this.#dependentsOf(owner)) {
      const left = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
      this.#put(of, withMetadata(object, { ownerReferences: left.length === 0 ? undefined : left }));
    }
    this.#release(resource, owner, ORPHAN);
  }

  #deleteDependents(resource: Resource, owner: ApiObject): void {
    const dependents = this.#dependentsOf(owner);
    const blocking = dependents.filter(({ object }) =>
      (object.metadata.ownerReferences ?? []).some(
        (reference) => reference.uid === owner.metadata.uid && reference.blockOwnerDeletion === true,
      ),
    );
    for (const dependent of dependents)
      if (!isDeleting(dependent.object)) this.#collect(dependent.resource, dependent.object);
    if (blocking.length === 0) this.#release(resource, owner, FOREGROUND);
  }

  #release(resource: Resource, object: ApiObject, finalizer: string): void {
    const left = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    const next = withMetadata(object, { finalizers: left.length === 0 ? undefined : left });
    this.#put(resource, next);
  }

  #put(resource: Resource, object: ApiObject): void {
    const { store } = this.#cluster;
    const key = storageKey(object.metadata.namespace ?? '', object.metadata.name);
    if (isFinished(resource, object)) store.remove(resource.table, key);
    else store.put(resource.table, object);
  }

  #delete(resource: Resource, object: ApiObject, options: DeleteOptions): void {
    const { name, namespace, uid } = object.metadata;
    this.#cluster.deletes.delete(resource, namespace ?? '', name, { ...options, uid });
  }
}
