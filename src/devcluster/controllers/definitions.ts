import type { Cluster } from '../cluster.ts';
import { customResource } from '../crd/custom-resource.ts';
import { isEqual, type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import { type ApiObject, isDeleting, withMetadata } from '../object.ts';
import { resourceId } from '../registry.ts';
import { groupResource } from '../resource.ts';
import { CLEANUP_FINALIZER, definitions, isConditionTrue, withCondition } from '../resources/definitions.ts';
import { forbiddenError } from '../status.ts';
import type { ChangeEvent } from '../watch-history.ts';
import { isFinished, timestamp } from '../writes.ts';
import { KeyQueue } from './queue.ts';

const ID = resourceId(definitions.group, definitions.plural);

/**
 * Serves the resource of each CustomResourceDefinition: accepts its names, marks it Established, and when it is
 * deleted deletes its objects first. Source: apiextensions-apiserver, pkg/controller/{status,establish,finalizer},
 * pkg/apiserver/customresource_discovery_controller.go.
 */
export class DefinitionController {
  readonly #cluster: Cluster;
  readonly #queue = new KeyQueue((name) => this.#sync(name));
  /** What of a definition is served now: another generation, or its end, makes another resource. */
  readonly #served = new Map<string, { readonly schema: string; readonly isTerminating: boolean }>();
  readonly #unsubscribe: () => void;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const table = cluster.store.table(ID);
    const listener = (event: ChangeEvent) => this.#queue.add(event.key);
    table.listeners.add(listener);
    const unsubscribe = cluster.store.subscribe((event, from) => {
      if (event.type === 'DELETED' && this.#served.has(from.id)) this.#queue.add(from.id);
    });
    this.#unsubscribe = () => {
      table.listeners.delete(listener);
      unsubscribe();
    };
  }

  stop(): void {
    this.#unsubscribe();
    this.#queue.stop();
  }

  #sync(name: string): void {
    const definition = this.#cluster.store.table(ID).get(name);
    if (definition === undefined) {
      this.#forget(name);
      return;
    }
    if (
      !isEqual(objectOf(definition.spec).names, objectOf(definition.status).acceptedNames) &&
      !isDeleting(definition)
    ) {
      if (this.#acceptNames(definition)) return;
    }
    if (isConditionTrue(definition, 'NamesAccepted') && !isConditionTrue(definition, 'Established')) {
      this.#establish(definition);
      return;
    }
    if (isConditionTrue(definition, 'Established')) this.#serve(definition);
    if (isDeleting(definition)) this.#cleanUp(definition);
  }

  #forget(name: string): void {
    if (!this.#served.delete(name)) return;
    this.#cluster.watches.endOf(name);
    this.#cluster.registry.delete(name);
    this.#cluster.store.drop(name);
    // Its names are free now: another definition may have waited for them.
    for (const key of this.#cluster.store.table(ID).sortedKeys()) this.#queue.add(key);
  }

  #put(definition: ApiObject): void {
    const table = this.#cluster.store.table(ID);
    const resource = this.#cluster.registry.get(ID);
    if (resource !== undefined && isFinished(resource, definition))
      this.#cluster.store.remove(table, definition.metadata.name);
    else this.#cluster.store.put(table, definition);
  }

  get #now(): string {
    return timestamp(this.#cluster.clock.now());
  }

  /** Writes NamesAccepted; false when there was nothing to write. */
  #acceptNames(definition: ApiObject): boolean {
    const names = objectOf(objectOf(definition.spec).names);
    const conflict = this.#conflictOf(definition, names);
    const accepted =
      conflict === undefined
        ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
        : { type: 'NamesAccepted', status: 'False', ...conflict };
    const installing =
      conflict === undefined
        ? {
            type: 'Established',
            status: 'False',
            reason: 'Installing',
            message: 'the initial names have been accepted',
          }
        : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
    let next = withCondition(definition, accepted, this.#now);
    if (!isConditionTrue(definition, 'Established')) next = withCondition(next, installing, this.#now);
    if (conflict === undefined) next = { ...next, status: { ...objectOf(next.status), acceptedNames: names } };
    if (isEqual(next, definition)) return false;
    this.#put(next);
    return true;
  }

  #conflictOf(
    definition: ApiObject,
    names: JsonObject,
  ): { readonly reason: string; readonly message: string } | undefined {
    const others = [...this.#cluster.store.table(ID).objects.values()]
      .filter((other) => other !== definition && objectOf(other.spec).group === objectOf(definition.spec).group)
      .map((other) => objectOf(objectOf(other.status).acceptedNames));
    const resources = new Set(
      others.flatMap((other) => [other.plural, other.singular, ...listOf(other.shortNames)]).map(textOf),
    );
    const kinds = new Set(others.flatMap((other) => [other.kind, other.listKind]).map(textOf));
    const checks: readonly (readonly [string, readonly string[], ReadonlySet<string>])[] = [
      ['ListKindConflict', [textOf(names.listKind)], kinds],
      ['KindConflict', [textOf(names.kind)], kinds],
      ['ShortNamesConflict', listOf(names.shortNames).map(textOf), resources],
      ['SingularConflict', [textOf(names.singular)], resources],
      ['PluralConflict', [textOf(names.plural)], resources],
    ];
    for (const [reason, wanted, taken] of checks) {
      const name = wanted.find((text) => text !== '' && taken.has(text));
      if (name !== undefined) return { reason, message: `${JSON.stringify(name)} is already in use` };
    }
    return undefined;
  }

  #establish(definition: ApiObject): void {
    const message = 'the initial names have been accepted';
    const established = { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message };
    const next = withCondition(definition, established, this.#now);
    this.#serve(next);
    this.#put(next);
  }

  #serve(definition: ApiObject): void {
    const { name, uid, generation } = definition.metadata;
    const isTerminating = isConditionTrue(definition, 'Terminating');
    const schema = `${uid} ${generation}`;
    const now = this.#served.get(name);
    if (now?.schema === schema && now.isTerminating === isTerminating) return;
    this.#served.set(name, { schema, isTerminating });
    const resource = customResource(definition, this.#cluster.store.table(name));
    const why = 'create not allowed while custom resource definition is terminating';
    const refusal = (verb: 'create' | 'delete', object: string) =>
      verb === 'create' ? forbiddenError(groupResource(resource), object, why) : undefined;
    if (now?.schema !== schema) this.#cluster.watches.endOf(name); // a watch speaks of one schema, as with the real server
    const terminating = {
      ...resource,
      strategy: { ...resource.strategy, refusal },
      discoveredVerbs: resource.verbs.filter((verb) => !['create', 'patch', 'update'].includes(verb)),
    };
    this.#cluster.registry.set(isTerminating ? terminating : resource);
  }

  #cleanUp(definition: ApiObject): void {
    if (!(definition.metadata.finalizers ?? []).includes(CLEANUP_FINALIZER)) return;
    const { name } = definition.metadata;
    const resource = this.#cluster.registry.get(name);
    const progress = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionInProgress',
      message: 'CustomResource deletion is in progress',
    };
    const marked = withCondition(definition, progress, this.#now);
    if (!isEqual(marked, definition)) {
      this.#put(marked);
      return;
    }
    for (const object of resource?.table.objects.values() ?? []) {
      if (resource === undefined || isDeleting(object)) continue;
      this.#cluster.deletes.delete(resource, object.metadata.namespace ?? '', object.metadata.name, {});
    }
    if ((resource?.table.objects.size ?? 0) > 0) return; // its finalizers: the last one to go wakes us
    const done = {
      type: 'Terminating',
      status: 'False',
      reason: 'InstanceDeletionCompleted',
      message: 'removed all instances',
    };
    const finalizers = (definition.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
    const released = withMetadata(definition, { finalizers: finalizers.length === 0 ? undefined : finalizers });
    this.#put(withCondition(released, done, this.#now));
  }
}
