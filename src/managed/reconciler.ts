import { keyOf, type ObjectKey, type ResourceType } from '../api/meta.ts';
import type { SpecProblem } from '../api/spec-problem.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Reconcile } from '../runtime/controller.ts';
import { ReconcileError, toReconcileError } from '../runtime/errors.ts';
import type { Definitions } from './definitions.ts';
import { finalize } from './finalize.ts';
import type { Change, ManagedKind, ManagedResource } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { type Outcome, resultFor } from './outcome.ts';
import { observeAndApply } from './pass.ts';
import type { Reporter } from './reporter.ts';
import { statusFor } from './status.ts';
import type { ObjectWrites } from './writes.ts';

/** A kind as the API server serves it, and what its schema says of stored objects. */
export interface ServedKind {
  readonly type: ResourceType;
  readonly specProblem: SpecProblem;
}

/** Everything a pass may touch; made in `operator.ts`. */
export interface ReconcilerEnv {
  readonly lookup: Lookup;
  readonly writes: ObjectWrites;
  readonly definitions: Definitions;
  readonly clock: Clock;
  readonly clusterId: string;
  /** `--observe-only`: every object is treated as if its mode were Observe. */
  readonly observeOnly: boolean;
  readonly reporter: Reporter;
  /** Whether two Providers are pinned to one service, where the same account id is the same account. */
  readonly isSameService: (other: ObjectKey, own: ObjectKey) => boolean;
}

/**
 * The one loop of all kinds. Level-triggered: a pass reads all it needs, whatever event woke it; it waits for nothing,
 * makes each change on its own, and ends in one outcome, from which status, events, metrics and the next pass follow.
 * The one thing that it throws for is a status that could not be written: the queue backs off then.
 */
export function managedReconciler<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  served: ServedKind,
  env: ReconcilerEnv,
): Reconcile {
  const { type } = served;
  return async (key, signal) => {
    const resource = env.lookup.get<R>(kind.kind, key);
    if (resource === undefined) return { type: 'done' };
    const startedMs = env.clock.monotonicMs();
    const outcome = await pass(kind, served, resource, env, signal).catch(
      (thrown: unknown): Outcome => ({ type: 'Failed', error: toReconcileError(thrown) }),
    );
    // The pass may have written to the object: what it says of it now is compared with what stands there now.
    const current = env.lookup.get<R>(kind.kind, keyOf(resource)) ?? resource;
    const isSame = current.metadata.uid === resource.metadata.uid;
    const status = isSame ? statusFor(asRead(current, resource), outcome, env.clock.now()) : undefined;
    if (status !== undefined) await env.writes.patchStatus(type, current, status);
    env.reporter.passed(resource, outcome, status, env.clock.monotonicMs() - startedMs);
    if (served.specProblem(resource) === undefined) {
      const legacy = kind.references(resource).filter((reference) => env.lookup.isOpenedByFlag(resource, reference));
      env.reporter.openedByFlag(resource, legacy);
    }
    return resultFor(outcome);
  };
}

function pass<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  served: ServedKind,
  resource: R,
  env: ReconcilerEnv,
  signal: AbortSignal,
): Promise<Outcome> {
  if (resource.metadata.deletionTimestamp !== undefined) return finalize(kind, served, resource, env, signal);
  const problem = served.specProblem(resource);
  if (problem !== undefined) return Promise.reject(new ReconcileError('InvalidSpec', problem));
  if (resource.spec.suspend === true) return Promise.resolve({ type: 'Suspended' });
  return observeAndApply(kind, served.type, resource, env, signal);
}

/** A verdict speaks of the generation and the requests that the pass read, even when newer ones arrived meanwhile. */
function asRead<R extends ManagedResource>(current: R, read: R): R {
  const { generation, annotations } = read.metadata;
  const { generation: _generation, annotations: _annotations, ...metadata } = current.metadata;
  return {
    ...current,
    metadata: {
      ...metadata,
      ...(generation === undefined ? {} : { generation }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}
