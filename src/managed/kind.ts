import type { Condition, KubeObject, ObjectKey } from '../api/meta.ts';
import type { Evidence } from './ownership.ts';

export type DeletionPolicy = 'Delete' | 'Retain';

/** The spec fields that every kind has (`docs/reference/` describes each). */
export interface ManagedSpec {
  readonly suspend?: boolean | undefined;
  readonly mode?: 'Manage' | 'Observe' | undefined;
  readonly deletionPolicy?: DeletionPolicy | undefined;
  readonly adoptionPolicy?: 'CreateOnly' | 'AdoptOrCreate' | 'AdoptOnly' | undefined;
}

/** What the operator noted in status before its first write: deletion needs no reference because of it. */
export interface TargetStatus {
  readonly provider: string;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly identity?: string | undefined;
}

/** Written before a call that cannot be taken back, by the holder of the Lease; closed by the identity in status. */
export interface IntentStatus {
  readonly attempt: number;
  readonly holder: string;
  readonly epoch: number;
  readonly time: string;
  readonly action: 'Create' | 'Delete';
}

/** The status fields that every kind has. */
export interface ManagedStatus {
  readonly observedGeneration?: number | undefined;
  readonly conditions?: readonly Condition[] | undefined;
  readonly target?: TargetStatus | undefined;
  readonly intent?: IntentStatus | undefined;
  readonly pendingChanges?: readonly string[] | undefined;
  readonly lastHandledReconcileAt?: string | undefined;
}

/** One object of one of our kinds, as the store has it. */
export interface ManagedResource extends KubeObject {
  readonly spec: ManagedSpec;
  readonly status?: ManagedStatus | undefined;
}

/** One step from observed to desired. `type` is its name in logs, events and metrics, such as `Set:versioning`. */
export interface Change {
  readonly type: string;
  /** What it does, for `status.pendingChanges` and events, such as `versioning: Suspended -> Enabled`. No credential. */
  readonly summary: string;
  /** The changes after this one make no sense when it fails (a bucket that could not be created). */
  readonly isPrerequisite?: boolean;
}

/**
 * The external resource an object means, and by whose rights. `identity`: this very incarnation (an IAM UserId, a
 * bucket's creation time), where the service has one.
 */
export interface Target {
  readonly provider: ObjectKey;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly identity?: string | undefined;
}

/** The kind's own part of status: fields that are merged into it and positive conditions beside Ready and Synced. */
export interface KindStatus {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly conditions?: readonly KindCondition[];
  /** Spec fields that the service cannot do, as last asked; named in the condition `Unsupported`. */
  readonly unsupported?: readonly string[];
  /** Why the resource as read is not usable although in sync, or absent when it is. */
  readonly notReady?: { readonly reason: string; readonly message: string };
}

export interface KindCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** Another object in the way of a deletion. */
export interface Dependent {
  readonly kind: string;
  readonly key: ObjectKey;
}

/**
 * What differs between kinds; everything else (queueing, finalizer, ownership, references, retry, status, events,
 * metrics, logs) is the reconciler's. A kind that writes Kubernetes objects too is given `Kube` when it is made.
 */
export interface ManagedKind<R extends ManagedResource, Desired, Observed, C extends Change, Client> {
  readonly kind: string;
  /** Whether the service keeps a thing that has to be owned. A Provider has none: nothing is claimed, created or destroyed. */
  readonly isExternal: boolean;
  /** What deletion means when `spec.deletionPolicy` is absent. */
  readonly defaultDeletionPolicy: DeletionPolicy;
  /**
   * From spec, references and status. Kept in status before the first write, so that deletion needs no reference.
   * @throws InvalidSpec, DependencyNotReady
   */
  resolve(resource: R): Target;
  /** Pure over the snapshot: the wanted state in canonical form; may read the objects that share the target. @throws InvalidSpec */
  desired(resource: R, target: Target): Desired;
  /** A client with the credentials of `target.provider` and of no other. @throws DependencyNotReady */
  connect(resource: R, target: Target): Promise<Client>;
  /**
   * Reads what `desired` manages, never writes. In canonical form; `undefined`: no such external resource.
   * `desired` is undefined on the way to deletion: only what ownership needs is read then.
   */
  observe(
    client: Client,
    target: Target,
    desired: Desired | undefined,
    signal: AbortSignal,
  ): Promise<Observed | undefined>;
  /** Pure. What the found resource says of its owner. */
  evidence(observed: Observed): Evidence;
  /**
   * Pure. The changes to make, in order; none when in sync. `marker`: the ownership text that the resource must carry;
   * undefined: the marker on it stays as it is.
   */
  diff(desired: Desired, observed: Observed | undefined, marker: string | undefined): readonly C[];
  /** Makes one change. Safe to repeat. @throws Unsupported where the service lacks the call */
  apply(client: Client, target: Target, change: C, signal: AbortSignal): Promise<void>;
  /**
   * What deletion means under that policy; Retain undoes only what must not outlive the object and releases the marker.
   * Safe to repeat; already gone is success. Resolves once it is done.
   * @throws DeletionBlocked-reasoned errors while it may not be done, Transient while it is not yet
   */
  delete(client: Client, resource: R, target: Target, policy: DeletionPolicy, signal: AbortSignal): Promise<void>;
  /** Pure. The kind's own status fields and conditions. */
  status(resource: R, target: Target, observed: Observed | undefined): KindStatus;
}
