import { CRDS } from '../api/core-types.ts';
import type { ResourceType } from '../api/meta.ts';
import type { Clock } from '../runtime/clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { type Kube, KubeError } from '../runtime/kube.ts';
import { toKubeReconcileError } from '../runtime/kube-errors.ts';
import type { ManagedResource } from './kind.ts';

/** What is known of the CustomResourceDefinition of an object. */
export type Definition =
  | { readonly type: 'Kept' }
  /** It is being deleted, and all its objects with it: nobody asked for the end of what they stand for. */
  | { readonly type: 'Deleted' }
  /** Nothing may be destroyed; `problem` says why it is not known. */
  | { readonly type: 'Unknown'; readonly problem: ReconcileError };

/**
 * Discovery is told by the API server's own watch of definitions, and each replica has one: what it says counts once
 * the deletion of the object is this old. The definition is marked before the first of its objects is deleted.
 * Source: apiextensions-apiserver, pkg/controller/finalizer and customresource_discovery_controller.go.
 */
const SETTLED_MS = 10_000;

/**
 * Whether objects are deleted because their definition is. By the definition itself, read live; an operator with rights
 * in some namespaces only may not read that, and asks discovery, which everybody may: there a definition that is being
 * deleted takes no creates.
 */
export class Definitions {
  readonly #kube: Pick<Kube, 'get' | 'servedVerbs' | 'clockOffsetMs'>;
  readonly #clock: Clock;

  constructor(parts: { kube: Pick<Kube, 'get' | 'servedVerbs' | 'clockOffsetMs'>; clock: Clock }) {
    this.#kube = parts.kube;
    this.#clock = parts.clock;
  }

  /** For an object that is being deleted. @throws Transient, Throttled */
  async of(type: ResourceType, resource: ManagedResource, signal: AbortSignal): Promise<Definition> {
    const name = nameOf(type);
    const definition = await orForbidden(this.#kube.get(CRDS, { namespace: '', name }, { signal }));
    if (definition instanceof KubeError) return this.#byDiscovery(type, resource, definition, signal);
    const isDeleted = definition === undefined || definition.metadata.deletionTimestamp !== undefined;
    return { type: isDeleted ? 'Deleted' : 'Kept' };
  }

  async #byDiscovery(
    type: ResourceType,
    resource: ManagedResource,
    cause: KubeError,
    signal: AbortSignal,
  ): Promise<Definition> {
    const verbs = await orForbidden(this.#kube.servedVerbs(type, { signal }));
    if (verbs instanceof KubeError) {
      const advice = `grant get on ${CRDS.plural}.${CRDS.group} ${nameOf(type)}, or set spec.deletionPolicy to Retain`;
      return unknown(type, `the operator may read neither it nor discovery: ${advice}`, { cause: verbs });
    }
    if (verbs === undefined) {
      return unknown(type, 'discovery does not name the kind, which a server that starts does not yet', { cause });
    }
    if (!verbs.includes('create')) return { type: 'Deleted' };
    const nowMs = this.#clock.now() + this.#kube.clockOffsetMs;
    const waitMs = Date.parse(resource.metadata.deletionTimestamp ?? '') + SETTLED_MS - nowMs;
    if (waitMs <= 0) return { type: 'Kept' };
    const why = `the operator may not read it, and what discovery says counts ${SETTLED_MS / 1_000} s after the deletion`;
    return unknown(type, why, { cause, isExpected: true, retryAfterMs: waitMs });
  }
}

function unknown(
  type: ResourceType,
  why: string,
  options: ConstructorParameters<typeof ReconcileError>[2],
): Definition {
  const message = `whether the CustomResourceDefinition ${nameOf(type)} is being deleted is not known: ${why}`;
  const problem = new ReconcileError('DependencyNotReady', message, { ...options, reason: 'DefinitionUnknown' });
  return { type: 'Unknown', problem };
}

function nameOf({ plural, group }: ResourceType): string {
  return `${plural}.${group}`;
}

/** The answer, or the refusal: this account may not ask. @throws ReconcileError for every other failure */
async function orForbidden<T>(call: Promise<T>): Promise<T | KubeError> {
  try {
    return await call;
  } catch (thrown) {
    if (thrown instanceof KubeError && thrown.code === 403) return thrown;
    throw toKubeReconcileError(thrown);
  }
}
