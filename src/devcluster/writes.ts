import { randomUUID } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';
import { invalid } from './field-error.ts';
import { isEqual, type Json, omit } from './json.ts';
import { metadataErrors, metadataUpdateErrors } from './metadata.ts';
import { pathSegmentProblems } from './names.ts';
import { type ApiObject, isDeleting, storageKey, withMetadata } from './object.ts';
import { groupResource, type Resource, type ResourceVersion, type Subresource } from './resource.ts';
import {
  ApiError,
  alreadyExistsError,
  badRequestError,
  conflictError,
  invalidError,
  notFoundError,
  STALE,
  unparsableVersionError,
} from './status.ts';
import type { Store } from './store.ts';

/** Which resource, in which version, in which namespace ('' for cluster-scoped): what a write is about. */
export interface WriteScope {
  readonly resource: Resource;
  readonly version: ResourceVersion;
  readonly namespace: string;
  /** Everything is checked, nothing is stored. */
  readonly isDryRun: boolean;
  /** metadata.managedFields of the new state; by default those of the old one. */
  readonly managedFields?: (old: ApiObject | undefined, updated: ApiObject) => readonly Json[] | undefined;
}

/** Gives the new state from the current one, both in the scope's version; undefined: there is none yet. */
export type Change = (current: ApiObject | undefined) => ApiObject;

/** The time as metadata has it: whole seconds, UTC. */
export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function generatedName(base: string): string {
  const suffix = Array.from({ length: 5 }, () => SUFFIX_LETTERS[Math.floor(Math.random() * SUFFIX_LETTERS.length)]);
  return `${base.slice(0, 58)}${suffix.join('')}`;
}

/**
 * The order of checks and changes that every kind goes through on its way into the store: what the real server calls
 * the generic registry. Synchronous from the read to the write, so no write comes between.
 * Source: apiserver, pkg/registry/rest/{create,update}.go and pkg/registry/generic/registry/store.go.
 */
export class Writes {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Stores a new object. Answers it as stored. @throws ApiError 400, 409, 422 */
  create(scope: WriteScope, body: ApiObject): ApiObject {
    const { resource, version } = scope;
    const named = this.#withSystemFields(scope, body);
    const prepared = resource.strategy.prepareCreate(named);
    const name = prepared.metadata.name;
    const errors = [
      ...metadataErrors(prepared, resource.isNamespaced, resource.strategy.nameProblems),
      ...version.errors(prepared, undefined, undefined),
      ...resource.strategy.errors(prepared),
    ];
    const inPath = pathSegmentProblems(name).map((text) => invalid('metadata.name', name, text));
    const all = errors.length > 0 ? errors : inPath;
    if (all.length > 0) throw invalidError(resource.storedGroup, resource.kind, name, all);
    const refusal = resource.strategy.refusal?.('create', name);
    if (refusal !== undefined) throw refusal;
    const taken = resource.table.get(storageKey(scope.namespace, name));
    if (taken !== undefined) throw alreadyExistsError(groupResource(resource), name, isDeleting(taken));
    if (prepared.metadata.resourceVersion !== '') throw versionOnCreateError();
    const managedFields = scope.managedFields?.(undefined, prepared);
    const object = version.write(managedFields === undefined ? prepared : withMetadata(prepared, { managedFields }));
    return scope.isDryRun ? withMetadata(object, { resourceVersion: undefined }) : this.#put(scope, object);
  }

  #withSystemFields(scope: WriteScope, body: ApiObject): ApiObject {
    const { metadata } = body;
    const namespace = namespaceFor(scope, metadata.namespace ?? '');
    const isUnnamed = metadata.name === '' && (metadata.generateName ?? '') !== '';
    return withMetadata(body, {
      name: isUnnamed ? generatedName(metadata.generateName ?? '') : metadata.name,
      namespace: namespace === '' ? undefined : namespace,
      uid: randomUUID(),
      creationTimestamp: timestamp(this.#clock.now()),
      deletionTimestamp: undefined,
      deletionGracePeriodSeconds: undefined,
      generation: undefined,
      managedFields: undefined,
    });
  }

  /**
   * Stores a new state of an object, or of one of its subresources. A state that equals the current one is not
   * written. Answers the object, and whether it was created by this call.
   * @throws ApiError 400, 404, 409, 422
   */
  update(
    scope: WriteScope,
    name: string,
    change: Change,
    subresource?: Subresource,
  ): { readonly object: ApiObject; readonly isCreated: boolean } {
    const { resource, version } = scope;
    const stored = resource.table.get(storageKey(scope.namespace, name));
    if (stored === undefined) {
      if (!resource.strategy.allowsCreateOnUpdate || subresource !== undefined)
        throw notFoundError(groupResource(resource), name);
      return { object: this.create(scope, change(undefined)), isCreated: true };
    }
    const old = version.read(stored);
    const changed = change(old);
    this.#checkVersion(resource, changed, old);
    const updated = this.#prepareUpdate(scope, changed, old, subresource);
    const next = version.write(updated);
    if (isFinished(resource, next)) {
      if (!scope.isDryRun) this.#store.remove(resource.table, storageKey(scope.namespace, name));
      return { object: next, isCreated: false };
    }
    if (isSame(next, stored)) return { object: stored, isCreated: false };
    return { object: this.#put(scope, next), isCreated: false };
  }

  #checkVersion(resource: Resource, changed: ApiObject, old: ApiObject): void {
    const given = changed.metadata.resourceVersion;
    const name = old.metadata.name;
    if (given === '') {
      if (resource.strategy.allowsUnconditionalUpdate) return;
      const error = invalid('metadata.resourceVersion', 0, 'must be specified for an update');
      // The real server names the plural here, where every other refusal names the Kind.
      throw invalidError(resource.group, resource.plural, name, [error]);
    }
    if (!/^\d+$/.test(given)) throw unparsableVersionError('', given);
    if (given !== old.metadata.resourceVersion) throw conflictError(groupResource(resource), name, STALE);
  }

  #prepareUpdate(
    scope: WriteScope,
    changed: ApiObject,
    old: ApiObject,
    subresource: Subresource | undefined,
  ): ApiObject {
    const { resource, version } = scope;
    const namespace = namespaceFor(scope, changed.metadata.namespace ?? '');
    const based = withMetadata(changed, {
      namespace: namespace === '' ? undefined : namespace,
      generation: old.metadata.generation,
      resourceVersion: old.metadata.resourceVersion,
    });
    const prepared = resource.strategy.prepareUpdate(based, old, subresource);
    const { metadata } = prepared;
    const updated = withMetadata(prepared, {
      uid: metadata.uid === '' ? old.metadata.uid : metadata.uid,
      creationTimestamp: old.metadata.creationTimestamp,
      ...(isDeleting(old) ? { deletionTimestamp: old.metadata.deletionTimestamp } : {}),
      deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds ?? old.metadata.deletionGracePeriodSeconds,
    });
    const errors = [
      ...metadataErrors(updated, resource.isNamespaced, resource.strategy.nameProblems),
      ...metadataUpdateErrors(updated, old),
      ...version.errors(updated, old, subresource),
      ...resource.strategy.updateErrors(updated, old, subresource),
    ];
    if (errors.length > 0) throw invalidError(resource.storedGroup, resource.kind, old.metadata.name, errors);
    const managedFields =
      scope.managedFields === undefined ? old.metadata.managedFields : scope.managedFields(old, updated);
    return withMetadata(updated, { managedFields });
  }

  #put(scope: WriteScope, object: ApiObject): ApiObject {
    if (scope.isDryRun) return object;
    return this.#store.put(scope.resource.table, object);
  }
}

/** Whether a deletion has nothing left to wait for. */
export function isFinished(resource: Resource, object: ApiObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (deletionGracePeriodSeconds ?? 0) > 0) return false; // a hold of seconds
  return (finalizers ?? []).length === 0 && !resource.strategy.holds(object);
}

function isSame(next: ApiObject, stored: ApiObject): boolean {
  return isEqual(next.metadata, stored.metadata) && isEqual(omit(next, 'metadata'), omit(stored, 'metadata'));
}

function namespaceFor(scope: WriteScope, given: string): string {
  if (!scope.resource.isNamespaced) return '';
  if (given === '' || given === scope.namespace) return scope.namespace;
  throw badRequestError('the namespace of the provided object does not match the namespace sent on the request');
}

function versionOnCreateError(): ApiError {
  return new ApiError({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' });
}
