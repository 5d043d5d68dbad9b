import { type KubeObject, keyOf, keyText, type ObjectKey } from '../api/meta.ts';
import { isReason, type Reason } from '../api/reasons.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { FINALIZER, RELEASED_FROM } from './annotations.ts';
import type { ManagedResource } from './kind.ts';
import { type AllowedNamespaces, isPermitted, type Reference, type ReferenceGrant } from './references.ts';

/** An object that names another one, and where. */
export interface Referrer {
  readonly resource: ManagedResource;
  readonly references: readonly Reference[];
}

/** The operator's view of the cluster: reads of the stores, never a call. Objects are not mutated. */
export interface Snapshot {
  get<T extends KubeObject>(kind: string, key: ObjectKey): T | undefined;
  /** Objects of any of our kinds whose spec names that object, each with the references that do; read one by one. */
  referrers(kind: string, key: ObjectKey): Iterable<Referrer>;
  /** Objects of that kind that mean an external resource of that name, in whatever account. */
  namesakes<R extends ManagedResource>(kind: string, externalName: string): readonly R[];
  namespaceLabels(namespace: string): Readonly<Record<string, string>> | undefined;
  isTerminating(namespace: string): boolean;
  referenceGrants(namespace: string): readonly ReferenceGrant[];
}

/** References followed through the gate. */
export class Lookup {
  /** `--observe-only`: this operator writes nothing outside, and records no target. */
  readonly isObserveOnly: boolean;
  readonly #snapshot: Snapshot;
  readonly #allowLegacyCrossNamespace: boolean;
  /** `undefined`: all. */
  readonly #watched: readonly string[] | undefined;

  constructor(
    snapshot: Snapshot,
    options: {
      readonly allowLegacyCrossNamespace: boolean;
      readonly observeOnly?: boolean;
      readonly namespaces?: readonly string[] | undefined;
    },
  ) {
    this.isObserveOnly = options.observeOnly === true;
    this.#watched = options.namespaces;
    this.#snapshot = snapshot;
    this.#allowLegacyCrossNamespace = options.allowLegacyCrossNamespace;
  }

  get<T extends KubeObject>(kind: string, key: ObjectKey): T | undefined {
    return this.#snapshot.get<T>(kind, key);
  }

  namesakes<R extends ManagedResource>(kind: string, externalName: string): readonly R[] {
    return this.#snapshot.namesakes<R>(kind, externalName);
  }

  /** Whether that namespace is being deleted, as far as it is known. */
  isTerminating(namespace: string): boolean {
    return this.#snapshot.isTerminating(namespace);
  }

  /**
   * The object that a reference names. Across namespaces "absent" and "not permitted" read the same, so that nobody
   * learns from an error what a stranger's namespace holds.
   * @throws DependencyNotReady, reason RefNotPermitted across namespaces, `<Kind>NotFound` inside one
   */
  follow<T extends KubeObject>(from: ManagedResource, reference: Reference): T {
    const target = this.#snapshot.get<T>(reference.kind, reference.key);
    if (target !== undefined && this.isPermitted(from, reference)) return target;
    const { namespace } = reference.key;
    const isForeign = namespace !== from.metadata.namespace;
    const what = `${reference.path}: ${reference.kind} ${keyText(reference.key)}`;
    if (this.#watched?.includes(namespace) === false) {
      throw new ReconcileError(
        'DependencyNotReady',
        `${what} cannot be seen: this operator does not watch namespace ${namespace}; add it to --watch-namespaces, or refer to an object of a namespace that is watched`,
        { reason: 'RefNotPermitted' },
      );
    }
    throw isForeign
      ? new ReconcileError(
          'DependencyNotReady',
          `${what} does not exist or does not admit namespace ${from.metadata.namespace}: its owner opens it with spec.allowedNamespaces or a ReferenceGrant`,
          { reason: 'RefNotPermitted' },
        )
      : new ReconcileError('DependencyNotReady', `${what} does not exist: ${remedy(reference)}`, {
          reason: absenceOf(reference.kind),
        });
  }

  /** The gate alone: for references whose target is read elsewhere (Secrets). */
  isPermitted(from: KubeObject, reference: Reference): boolean {
    return this.#isPermitted(from, reference, this.#allowLegacyCrossNamespace);
  }

  /** Whether nobody grants that reference, and only `--allow-legacy-cross-namespace` opens it. */
  isOpenedByFlag(from: KubeObject, reference: Reference): boolean {
    return this.#allowLegacyCrossNamespace && reference.isLegacy && !this.#isPermitted(from, reference, false);
  }

  #isPermitted(from: KubeObject, reference: Reference, allowLegacyCrossNamespace: boolean): boolean {
    const target = this.#snapshot.get<KubeObject & { spec?: { allowedNamespaces?: AllowedNamespaces } }>(
      reference.kind,
      reference.key,
    );
    const namespace = from.metadata.namespace ?? '';
    return isPermitted({ kind: from.kind, namespace }, reference, target?.spec?.allowedNamespaces, {
      namespaceLabels: this.#snapshot.namespaceLabels(namespace),
      grants: this.#snapshot.referenceGrants(reference.key.namespace),
      allowLegacyCrossNamespace,
    });
  }

  /** Objects whose spec names that one, whether they are permitted to or not, each with the references that do. */
  referrers(resource: KubeObject): Iterable<Referrer> {
    return this.#snapshot.referrers(resource.kind, keyOf(resource));
  }

  /**
   * Objects that must go before this one: they refer to it validly and hold our finalizer (a stranger's object cannot
   * block), and it neither owns them nor let go of them. Lazy: whoever needs to know only whether there is one takes the first.
   */
  *dependents(resource: ManagedResource): Generator<ManagedResource> {
    for (const { resource: other, references } of this.#snapshot.referrers(resource.kind, keyOf(resource))) {
      if (!hasFinalizer(other)) continue;
      const { uid } = resource.metadata;
      const { ownerReferences = [], annotations } = other.metadata;
      if (annotations?.[RELEASED_FROM] === uid || ownerReferences.some((owner) => owner.uid === uid)) continue;
      if (references.some((reference) => reference.blocksDeletion && this.isPermitted(other, reference))) yield other;
    }
  }

  hasDependents(resource: ManagedResource): boolean {
    return this.dependents(resource).next().done !== true;
  }
}

/** What to do where a reference leads to nothing. */
function remedy({ isFixed }: Reference): string {
  return `create it, or ${isFixed === true ? 'make this object anew with another reference' : 'correct the reference'}`;
}

/** The reason that names what is missing, where the closed list has one. */
function absenceOf(kind: string): Reason {
  const reason = `${kind}NotFound`;
  return isReason(reason) ? reason : 'NotFound';
}

/** Whether our finalizer holds the object. */
export function hasFinalizer(resource: KubeObject): boolean {
  return resource.metadata.finalizers?.includes(FINALIZER) === true;
}
