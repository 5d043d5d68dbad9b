import { isDeepStrictEqual } from 'node:util';
import { keyOf, type ResourceType } from '../api/meta.ts';
import type { Clock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { ReconcileError } from '../runtime/errors.ts';
import type { Fence } from '../runtime/fence.ts';
import { type Kube, KubeError, type Patch } from '../runtime/kube.ts';
import { toKubeReconcileError } from '../runtime/kube-errors.ts';
import { ABANDON, FINALIZER, LEGACY_ANNOTATIONS, LEGACY_FINALIZER } from './annotations.ts';
import { rfc3339 } from './conditions.ts';
import type { IntentStatus, KindStatus, ManagedResource, Target } from './kind.ts';
import { hasFinalizer } from './lookup.ts';
import { type StatusPatch, targetStatus } from './status.ts';

/** A create or delete is sent within this span after its intent, or never; milliseconds. */
const INTENT_SPAN_MS = 60_000;
/** No series of such calls starts later than this before the end of the span; a deletion may empty first. Milliseconds. */
const INTENT_MARGIN_MS = { Create: 10_000, Delete: 30_000 } as const;

/**
 * The operator's writes to its own objects. Each carries the uid, so that none ever lands on a namesake. `kube` remembers
 * what it wrote, so that the next pass reads it however far the watch is behind.
 */
export class ObjectWrites {
  readonly #kube: Kube;
  readonly #fence: Fence;
  readonly #clock: Clock;

  constructor(parts: { kube: Kube; fence: Fence; clock: Clock }) {
    this.#kube = parts.kube;
    this.#fence = parts.fence;
    this.#clock = parts.clock;
  }

  /**
   * Sends that status. An object that is gone meanwhile needs none.
   * @param resourceVersion the only one that it may be written to; undefined: any
   * @throws StaleRead, Transient, Throttled
   */
  async patchStatus(
    type: ResourceType,
    resource: ManagedResource,
    patch: StatusPatch,
    resourceVersion?: string,
  ): Promise<void> {
    const { uid } = resource.metadata;
    const body = { metadata: resourceVersion === undefined ? { uid } : { uid, resourceVersion }, status: patch };
    await this.#patch(type, resource, { type: 'merge', body }, 'status').catch((thrown: unknown) => {
      if (!isNotFound(thrown)) throw toWriteError(thrown);
    });
  }

  /**
   * Claims the external resource before the first write to it, in this order: finalizer, then the target (and, before
   * a create, the intent) in status, which tenants cannot write. No call is made for what is there already.
   * @param options needsTarget false: no target and no intent, for a kind without an external resource, or because the
   *   first change records them. clockOffsetMs: by how much the service's clock is ahead of ours. fields: status fields of
   *   the kind that must stand there in any case
   * @returns the object as it stands after the writes
   * @throws StaleRead when someone changed the object meanwhile
   */
  async claim<R extends ManagedResource>(
    type: ResourceType,
    resource: R,
    target: Target,
    options: {
      readonly willCreate: boolean;
      readonly needsTarget: boolean;
      readonly clockOffsetMs: number;
      readonly fields: KindStatus['fields'];
    },
  ): Promise<R> {
    let current = resource;
    const finalizers = current.metadata.finalizers ?? [];
    const legacy = Object.keys(current.metadata.annotations ?? {}).filter((key) => key.startsWith(LEGACY_ANNOTATIONS));
    if (!hasFinalizer(current) || finalizers.includes(LEGACY_FINALIZER) || legacy.length > 0) {
      const wanted = [...finalizers.filter((name) => name !== FINALIZER && name !== LEGACY_FINALIZER), FINALIZER];
      const annotations = Object.fromEntries(legacy.map((key) => [key, null]));
      const metadata = { finalizers: wanted, ...(legacy.length === 0 ? {} : { annotations }) };
      current = await this.#guarded(type, current, metadata, undefined);
    }
    const status: Record<string, unknown> = {
      ...differing(current.status, options.fields),
      ...(options.needsTarget ? this.#claimed(current, target, options) : {}),
    };
    if (Object.keys(status).length === 0) return current;
    return this.#guarded(type, current, {}, status);
  }

  /**
   * Makes the calls that the object's open intent announces: none is sent after its deadline.
   * @param clockOffsetMs see `claim`
   */
  withinIntent<T>(
    resource: ManagedResource,
    clockOffsetMs: number,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { intent } = resource.status ?? {};
    const serviceNowMs = this.#clock.now() + clockOffsetMs;
    const timeoutMs = intent === undefined ? 0 : Math.max(0, Date.parse(intent.deadline) - serviceNowMs);
    const timeoutError = () =>
      new ReconcileError('Transient', 'the intent ran out before its call was answered', { reason: 'Timeout' });
    return withDeadline({ clock: this.#clock, signal, timeoutMs, timeoutError }, run);
  }

  /**
   * Announces a create that cannot be repeated, in a status field of the kind's own that nothing else overwrites. The
   * write is guarded by the resourceVersion that the decision was made on: of several processes one goes on.
   * @param announce the fields of status, given the intent: it ends `spanMs` after now on the service's clock
   * @returns the object as it stands now, and how long the call may run from now on, milliseconds
   * @throws StaleRead when somebody wrote to the object meanwhile: nothing may be created then
   */
  async announceCreate<R extends ManagedResource>(
    type: ResourceType,
    resource: R,
    options: { readonly attempt: number; readonly clockOffsetMs: number; readonly spanMs: number },
    announce: (intent: Omit<IntentStatus, 'action'>) => KindStatus['fields'],
  ): Promise<{ readonly resource: R; readonly remainingMs: () => number }> {
    const startedMs = this.#clock.monotonicMs();
    const serviceNowMs = this.#clock.now() + options.clockOffsetMs;
    const intent = {
      attempt: options.attempt,
      holder: this.#fence.identity,
      epoch: this.#fence.epoch,
      time: rfc3339(serviceNowMs),
      deadline: rfc3339(serviceNowMs + options.spanMs),
    };
    const written = await this.#guarded(type, resource, {}, announce(intent));
    // What is written is whole seconds; others count from there, and no step of the wall clock moves our own end.
    const spanMs = Date.parse(intent.deadline) - serviceNowMs;
    return { resource: written, remainingMs: () => startedMs + spanMs - this.#clock.monotonicMs() };
  }

  /** Writes fields of status on which calls that cannot be taken back rest, guarded as `announceCreate`. @throws StaleRead */
  record<R extends ManagedResource>(type: ResourceType, resource: R, fields: KindStatus['fields']): Promise<R> {
    return this.#guarded(type, resource, {}, fields);
  }

  /** The object as the server has it now; undefined: it is gone. Stands before what must not rest on an old copy. */
  live<R extends ManagedResource>(type: ResourceType, resource: R, signal: AbortSignal): Promise<R | undefined> {
    return this.#kube.get<R>(type, keyOf(resource), { signal }).catch((thrown: unknown) => {
      throw toKubeReconcileError(thrown);
    });
  }

  /**
   * Stands before every destructive call: the live object (not the store's) has this uid and is being deleted, and a
   * write guarded by its resourceVersion, with our lease epoch, goes through; and nobody has edited it since we read it.
   * @throws StaleRead when the live object tells another story
   */
  async confirmDeletion<R extends ManagedResource>(
    type: ResourceType,
    resource: R,
    clockOffsetMs: number,
    signal: AbortSignal,
  ): Promise<R> {
    const live = await this.live(type, resource, signal);
    if (
      live === undefined ||
      live.metadata.uid !== resource.metadata.uid ||
      live.metadata.deletionTimestamp === undefined
    ) {
      throw new ReconcileError('StaleRead', 'the live object is not being deleted: the store is behind');
    }
    // What was decided from the store must still be asked for: a policy set to Retain a moment ago saves the data.
    if (
      live.metadata.generation !== resource.metadata.generation ||
      live.metadata.annotations?.[ABANDON] !== resource.metadata.annotations?.[ABANDON]
    ) {
      throw new ReconcileError('StaleRead', 'the live object was edited since: the store is behind');
    }
    const serviceNowMs = this.#clock.now() + clockOffsetMs;
    if (this.#isOpen(live.status?.intent, 'Delete', serviceNowMs)) return live;
    return this.#guarded(type, live, {}, { intent: this.#intent('Delete', live.status?.intent, serviceNowMs) });
  }

  /** Takes our finalizer (and the predecessor's) off; other people's stay. An object that is gone already is success. */
  async removeFinalizer(type: ResourceType, resource: ManagedResource): Promise<void> {
    const finalizers = resource.metadata.finalizers ?? [];
    const kept = finalizers.filter((name) => name !== FINALIZER && name !== LEGACY_FINALIZER);
    if (kept.length === finalizers.length) return;
    const { uid } = resource.metadata;
    const body = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/metadata/finalizers', value: finalizers },
      { op: 'replace', path: '/metadata/finalizers', value: kept },
    ] as const;
    try {
      await this.#patch(type, resource, { type: 'json', body });
    } catch (thrown) {
      if (isNotFound(thrown)) return;
      // A failed `test` answers 422: someone else's finalizer came or went meanwhile.
      if (thrown instanceof KubeError && thrown.code === 422) {
        throw new ReconcileError('StaleRead', 'the finalizers changed meanwhile', { cause: thrown });
      }
      throw toKubeReconcileError(thrown);
    }
  }

  /** The target and, before a create, its intent: as far as they do not stand there. */
  #claimed(
    { status }: ManagedResource,
    target: Target,
    { willCreate, clockOffsetMs }: { readonly willCreate: boolean; readonly clockOffsetMs: number },
  ): Record<string, unknown> {
    const recorded = status?.target;
    const claimed: Record<string, unknown> = {};
    if (
      recorded?.accountId !== target.accountId ||
      recorded.name !== target.name ||
      recorded.region !== target.region
    ) {
      claimed['target'] = { identity: null, ...targetStatus(target, willCreate ? undefined : target.identity) };
    }
    if (!willCreate) return claimed;
    const serviceNowMs = this.#clock.now() + clockOffsetMs;
    if (!this.#isOpen(status?.intent, 'Create', serviceNowMs)) {
      claimed['intent'] = this.#intent('Create', status?.intent, serviceNowMs);
    }
    // A resource that is about to be created has another identity than the one that was there before.
    if (recorded?.identity !== undefined) claimed['target'] = { ...targetStatus(target), identity: null };
    return claimed;
  }

  #intent(action: IntentStatus['action'], previous: IntentStatus | undefined, serviceNowMs: number): IntentStatus {
    return {
      action,
      attempt: (previous?.attempt ?? 0) + 1,
      holder: this.#fence.identity,
      epoch: this.#fence.epoch,
      time: rfc3339(serviceNowMs),
      deadline: rfc3339(serviceNowMs + INTENT_SPAN_MS),
    };
  }

  /** An intent of ours in whose span another call may still be started. */
  #isOpen(intent: IntentStatus | undefined, action: IntentStatus['action'], serviceNowMs: number): boolean {
    return (
      intent?.action === action &&
      intent.holder === this.#fence.identity &&
      intent.epoch === this.#fence.epoch &&
      Date.parse(intent.deadline) - INTENT_MARGIN_MS[action] > serviceNowMs
    );
  }

  async #guarded<R extends ManagedResource>(
    type: ResourceType,
    resource: R,
    metadata: object,
    status: object | undefined,
  ): Promise<R> {
    const guard = { uid: resource.metadata.uid, resourceVersion: resource.metadata.resourceVersion };
    const body = { metadata: { ...guard, ...metadata }, ...(status === undefined ? {} : { status }) };
    try {
      return await this.#patch<R>(type, resource, { type: 'merge', body }, status === undefined ? undefined : 'status');
    } catch (thrown) {
      if (isNotFound(thrown)) throw new ReconcileError('StaleRead', 'the object is gone', { cause: thrown });
      throw toWriteError(thrown);
    }
  }

  #patch<R extends ManagedResource>(
    type: ResourceType,
    resource: ManagedResource,
    patch: Patch,
    subresource?: 'status',
  ): Promise<R> {
    return this.#kube.patch<R>(type, keyOf(resource), patch, subresource === undefined ? {} : { subresource });
  }
}

/** Those of the fields that the status does not have already. */
function differing(status: object | undefined, fields: KindStatus['fields']): Record<string, unknown> {
  const there: Readonly<Record<string, unknown>> = { ...status };
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !isDeepStrictEqual(there[name], value)));
}

function isNotFound(thrown: unknown): boolean {
  return thrown instanceof KubeError && thrown.code === 404;
}

/** The API server takes a foreign uid in a patch for an attempt to change it, and answers 422 where a stale version is a 409. */
function toWriteError(thrown: unknown): ReconcileError {
  if (thrown instanceof KubeError && thrown.code === 422 && thrown.message.includes('metadata.uid')) {
    return new ReconcileError('StaleRead', 'another object has the name by now', { cause: thrown });
  }
  return toKubeReconcileError(thrown);
}
