import type { Clock } from '../runtime/clock.ts';
import { isEqual } from './json.ts';
import { type ApiObject, isDeleting, storageKey, withMetadata } from './object.ts';
import { groupResource, type Resource } from './resource.ts';
import { conflictError, notFoundError } from './status.ts';
import type { Store } from './store.ts';
import { timestamp } from './writes.ts';

export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** metav1.DeleteOptions as far as this server heeds them. */
export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: PropagationPolicy;
  /** The old form of propagationPolicy; comes first when both are read. */
  readonly orphanDependents?: boolean;
  readonly isDryRun?: boolean;
}

/** The finalizer that makes the garbage collector cut the dependents loose. */
export const ORPHAN = 'orphan';
/** The finalizer that makes the object wait for its dependents. */
export const FOREGROUND = 'foregroundDeletion';

function policyOf(object: ApiObject, options: DeleteOptions): PropagationPolicy {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? 'Orphan' : 'Background';
  if (options.propagationPolicy !== undefined) return options.propagationPolicy;
  const asked = (object.metadata.finalizers ?? []).find((name) => name === ORPHAN || name === FOREGROUND);
  if (asked === undefined) return 'Background';
  return asked === ORPHAN ? 'Orphan' : 'Foreground';
}

function finalizersFor(object: ApiObject, options: DeleteOptions): readonly string[] {
  const others = (object.metadata.finalizers ?? []).filter((name) => name !== ORPHAN && name !== FOREGROUND);
  const policy = policyOf(object, options);
  if (policy === 'Orphan') return [...others, ORPHAN];
  return policy === 'Foreground' ? [...others, FOREGROUND] : others;
}

function checkPreconditions(resource: Resource, object: ApiObject, options: DeleteOptions): void {
  // The real server names the Kind here, where every other conflict names the plural.
  const of = { group: resource.group, resource: resource.kind };
  const { uid, resourceVersion, name } = object.metadata;
  if (options.uid !== undefined && options.uid !== uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflictError(of, name, why);
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflictError(of, name, why);
  }
}

/** Deletion as the real server does it: at once, or marked while finalizers hold the object. */
export class Deletes {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Answers the last known state, and whether the object is gone. @throws ApiError 403, 404, 409 */
  delete(
    resource: Resource,
    namespace: string,
    name: string,
    options: DeleteOptions,
  ): { readonly object: ApiObject; readonly isGone: boolean } {
    const key = storageKey(namespace, name);
    const refusal = resource.strategy.refusal?.('delete', name);
    if (refusal !== undefined) throw refusal;
    const object = resource.table.get(key);
    if (object === undefined) throw notFoundError(groupResource(resource), name);
    checkPreconditions(resource, object, options);
    const finalizers = finalizersFor(object, options);
    if (finalizers.length === 0 && !resource.strategy.holds(object)) {
      if (options.isDryRun === true) return { object, isGone: true };
      return { object: this.#store.remove(resource.table, key) ?? object, isGone: true };
    }
    const marked = resource.strategy.prepareDelete(this.#marked(object, finalizers), object);
    if (isEqual(marked, object)) return { object, isGone: false };
    if (options.isDryRun === true) return { object: marked, isGone: false };
    return { object: this.#store.put(resource.table, marked), isGone: false };
  }

  #marked(object: ApiObject, finalizers: readonly string[]): ApiObject {
    const { generation, deletionTimestamp } = object.metadata;
    return withMetadata(object, {
      finalizers: finalizers.length === 0 ? undefined : finalizers,
      deletionTimestamp: deletionTimestamp ?? timestamp(this.#clock.now()),
      deletionGracePeriodSeconds: 0,
      ...(isDeleting(object) || generation === undefined ? {} : { generation: generation + 1 }),
    });
  }
}
