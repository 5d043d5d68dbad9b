import type { ConditionType } from '../api/condition-types.ts';
import type { EventReason } from '../api/event-reasons.ts';
import type { KubeObject, ObjectKey } from '../api/meta.ts';
import type { Reason } from '../api/reasons.ts';
import type { ReconcileError } from '../runtime/errors.ts';
import type { Pass } from '../runtime/turn.ts';
import type { Evidence, Ownership } from './ownership.ts';
import type { RecentReading } from './recent-readings.ts';
import type { Reference } from './references.ts';

export type DeletionPolicy = 'Delete' | 'Retain';

/** The spec fields that kinds share (`docs/reference/` describes each). */
export interface ManagedSpec {
  readonly suspend?: boolean | undefined;
  readonly mode?: 'Manage' | 'Observe' | undefined;
  readonly deletionPolicy?: DeletionPolicy | undefined;
  readonly adoptionPolicy?: 'CreateOnly' | 'AdoptOrCreate' | 'AdoptOnly' | undefined;
}

/** What the operator noted in status before its first write: deletion needs no reference because of it. */
export interface TargetStatus {
  /** The Provider as `namespace/name`. */
  readonly provider: string;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly identity?: string | undefined;
}

/** Written before a call that cannot be taken back, by the holder of the Lease; closed by the identity in `target`. */
export interface IntentStatus {
  readonly action: 'Create' | 'Delete';
  readonly attempt: number;
  readonly holder: string;
  readonly epoch: number;
  /** On the service's clock, as is the deadline: it is compared with when the service says that something was made. */
  readonly time: string;
  /** The call was sent before this time or never. */
  readonly deadline: string;
}

/** A condition as it is stored; what the predecessor wrote may lack parts of it. */
export interface StoredCondition {
  readonly type: string;
  readonly status?: 'True' | 'False' | 'Unknown' | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly observedGeneration?: number | undefined;
  readonly lastTransitionTime?: string | undefined;
}

/** The status fields that every kind has. */
export interface ManagedStatus {
  readonly observedGeneration?: number | undefined;
  readonly conditions?: readonly StoredCondition[] | undefined;
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
  /** The changes after this one make no sense when it fails: a bucket that could not be created takes no settings. */
  readonly isPrerequisite?: boolean;
  /**
   * The first change of a pass may itself write the target into status, guarded, together with what it announces: then no
   * write of its own goes before it.
   */
  readonly recordsTarget?: boolean;
  /** An event of its own tells of it, of this object or of another one, so that the event of the pass leaves it out. */
  readonly isToldElsewhere?: boolean;
  /** The event of the pass tells the summary beside the name: of a policy its name alone says nothing. */
  readonly tellsSummary?: boolean;
}

/**
 * The external resource an object means, and by whose rights. `identity`: this very incarnation (an IAM UserId, a
 * bucket's creation time), where the service has one and it was recorded.
 */
export interface Target {
  readonly provider: ObjectKey;
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
  readonly identity?: string | undefined;
}

/** The event reasons of a kind, from the closed list in `src/api/event-reasons.ts`. */
export interface KindEvents {
  readonly created: EventReason;
  readonly updated: EventReason;
  /** Sent instead of `created` when what had been there was gone: somebody else had deleted it, with all that was in it. */
  readonly recreated?: EventReason;
  readonly deleted: EventReason;
  /** What is gone, or stays, when the object is deleted, in the singular; by default the external name alone. */
  readonly what?: (name: string) => string;
  readonly failed: EventReason;
  /** Sent instead of `updated` when the object had been in sync: somebody else had changed the resource. Absent: nobody can. */
  readonly repaired?: EventReason;
  /** The resource may be there before the object is: the first write of all that is no creation takes it over. */
  readonly isTakenOver?: boolean;
  /** Sent when a failing object comes into sync without a change of ours. */
  readonly recovered?: EventReason;
}

export interface KindCondition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
}

/** An event of a kind's own, beside the one that every outcome has. No key id and no credential. */
export interface KindEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  readonly note: string;
}

/** The kind's own part of status. */
export interface KindStatus {
  /** Merged into status; a field that is `undefined` is removed. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Positive conditions beside Ready and Synced. */
  readonly conditions?: readonly KindCondition[] | undefined;
  /** Spec fields that the service cannot do, as last asked; named in the condition `Unsupported`. */
  readonly unsupported?: readonly string[] | undefined;
  /** The read itself shows that this object cannot do its work: counts as the failure of the pass. */
  readonly failure?: ReconcileError | undefined;
  /** What people should hear of besides, on change only: the kind compares with the status that stands there. */
  readonly events?: readonly KindEvent[] | undefined;
  /**
   * What this object set in motion in other objects has not come to its end. It keeps this one from being in sync as
   * `failure` does, and is no failure: the other object tells its own story.
   */
  readonly awaited?: ReconcileError | undefined;
  /**
   * What was read is known to be of no use now: Ready turns False although an earlier read had matched. With `failure` or
   * `awaited`, because of it; without, because what the object means is not there.
   */
  readonly isUnusable?: boolean | undefined;
  /** Something is due then though nothing changes; ms from now. A pass comes at that time, or within a day. */
  readonly wakeAfterMs?: number | undefined;
}

/** What a pass can tell a kind's `status`. */
export interface PassFacts {
  readonly nowMs: number;
  /** Names of the changes it made. */
  readonly applied: readonly string[];
  /** The resource is proven ours: its identity goes into status, where the service has one. */
  readonly isProven: boolean;
}

/** What a pass can tell a kind's `ownership`. */
export interface OwnershipFacts<Desired> {
  /** What the pass wants; undefined: nothing, since the object is being deleted. */
  readonly desired: Desired | undefined;
  /** false: the owner of the account lets no object of that namespace take over what exists. */
  readonly mayAdopt: boolean;
  readonly nowMs: number;
}

/** Where a deletion stands. Fields are merged into status. */
export type Deletion =
  /** `note`: what people should hear of what went. */
  | { readonly type: 'Done'; readonly note?: string }
  /** Another pass goes on from here at once, or after that time where something else wakes it before. */
  | {
      readonly type: 'InProgress';
      readonly reason: Reason;
      readonly message: string;
      readonly fields: KindStatus['fields'];
      readonly retryAfterMs?: number;
    }
  /** Somebody else must act first: the condition `DeletionBlocked` says who and how. */
  | {
      readonly type: 'Blocked';
      readonly reason: Reason;
      readonly message: string;
      readonly fields?: KindStatus['fields'];
      /** The next look; default: after a minute. */
      readonly retryAfterMs?: number;
    };

/** Which of the objects that an object made outlive it; see `ManagedKind.releaseChildren`. */
export type ReleasedChildren = 'All' | 'Unwanted';

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
  /** What is said when the spec names another resource than the one that was made; absent: it may do so. */
  readonly nameIsFixed?: string;
  readonly events: KindEvents;
  /** Pure. Every other object that the spec names, with its place in the spec. */
  references(resource: R): readonly Reference[];
  /** Pure. The predecessor's status says that it made the external resource. */
  hasLegacyClaim(resource: R): boolean;
  /**
   * From spec, references and status. Kept in status before the first write, so that deletion needs no reference.
   * @throws InvalidSpec, DependencyNotReady
   */
  resolve(resource: R): Target;
  /** Pure over the snapshot: the wanted state in canonical form; may read the objects that share the target. @throws InvalidSpec */
  desired(resource: R, target: Target): Desired;
  /** A client with the credentials of `target.provider` and of no other, for that pass. @throws InvalidSpec, DependencyNotReady */
  connect(resource: R, target: Target, pass: Pass): Promise<Client>;
  /** By how much the service's clock is ahead of ours, as its answers to this client showed; milliseconds. */
  clockOffsetMs(client: Client): number;
  /**
   * Reads what `desired` manages, never writes. In canonical form; `undefined`: no such external resource.
   * `desired` undefined: only what ownership and deletion need.
   */
  observe(
    client: Client,
    target: Target,
    desired: Desired | undefined,
    signal: AbortSignal,
  ): Promise<Observed | undefined>;
  /**
   * What stands for `observe` when an earlier pass of this object read it a moment ago, found it as it was meant to be, and
   * nothing has touched the object since. Undefined: other things are wanted now, and the pass reads. Left out: every pass
   * reads.
   */
  recall?(client: Client, desired: Desired, recent: RecentReading<Desired, Observed>): Observed | undefined;
  /** Pure. What the found resource says of its owner. */
  evidence(observed: Observed, target: Target): Evidence;
  /**
   * Pure. Decides instead of the table of ownership, for a kind whose resource several objects share by right (the one
   * policy of a bucket), or who owns parts of it only (the keys of a user). Absent: the table, and one object a resource.
   */
  ownership?(resource: R, target: Target, observed: Observed | undefined, facts: OwnershipFacts<Desired>): Ownership;
  /**
   * Pure. Status fields that must stand there before the first of these changes is made, because nothing else would tell
   * afterwards what was ours: such as what is about to be attached to a user. Written only where they differ.
   */
  announce?(resource: R, desired: Desired, observed: Observed | undefined, nowMs: number): KindStatus['fields'];
  /**
   * Pure. The changes to make, in order; none when in sync. `marker`: the ownership text that the resource must carry;
   * undefined: the marker on it stays as it is.
   * @throws InvalidSpec when what is not there must not be made
   */
  diff(desired: Desired, observed: Observed | undefined, marker: string | undefined): readonly C[];
  /**
   * Makes one change. Safe to repeat.
   * @throws Unsupported where the service lacks the call; LaterPass where this change and those after it have to wait
   */
  apply(client: Client, target: Target, change: C, signal: AbortSignal): Promise<void>;
  /**
   * The objects of the cluster that this one made, and that its spec asks for, go before it, whatever the deletion policy
   * says. Safe to repeat. Undefined: none is left. Left out: the kind makes none, or they go with the external resource.
   */
  deleteChildren?(resource: R, signal: AbortSignal): Promise<Exclude<Deletion, { type: 'Done' }> | undefined>;
  /**
   * Stands right before the finalizer goes: objects that this one made become independent, or the garbage collector would
   * take them along. All: nothing outside may be touched. Unwanted: those that the spec does not ask for any more.
   * Safe to repeat. Left out: the kind makes none.
   * @param resource as it is stored: its spec need not be one that can be used
   */
  releaseChildren?(resource: R, which: ReleasedChildren, signal: AbortSignal): Promise<void>;
  /**
   * Reads, never writes: what still keeps the resource from being deleted, where an earlier pass found that something
   * does, so that a deletion that waits costs reads only. Undefined: nothing known; `delete` finds out.
   * Left out: nothing but dependents ever does.
   */
  obstacle?(
    client: Client,
    resource: R,
    target: Target,
    signal: AbortSignal,
  ): Promise<Extract<Deletion, { type: 'Blocked' }> | undefined>;
  /**
   * What deletion means under that policy; Retain undoes only what must not outlive the object and marks the resource
   * `released`. Safe to repeat; already gone is `Done`. Works in bounded portions.
   */
  delete(client: Client, resource: R, target: Target, policy: DeletionPolicy, signal: AbortSignal): Promise<Deletion>;
  /** Pure. The kind's own status fields and conditions, from what this pass wanted and what it last read. */
  status(resource: R, target: Target, desired: Desired, observed: Observed | undefined, facts: PassFacts): KindStatus;
}
