import { keyOf, keyText, type ObjectKey, type ResourceType } from '../api/meta.ts';
import type { SpecProblem } from '../api/spec-problem.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Reconcile } from '../runtime/controller.ts';
import { ReconcileError, toReconcileError } from '../runtime/errors.ts';
import type { Pass } from '../runtime/turn.ts';
import type { Log } from '../telemetry/logger.ts';
import type { ActiveSpan, Tracer } from '../telemetry/tracer.ts';
import { FINALIZER, LEGACY_FINALIZER } from './annotations.ts';
import type { Definitions } from './definitions.ts';
import { finalize } from './finalize.ts';
import type { Change, ManagedKind, ManagedResource } from './kind.ts';
import type { Lookup } from './lookup.ts';
import type { NewsWakes } from './news-wakes.ts';
import { errorsOf, type Outcome, resultFor } from './outcome.ts';
import { observeAndApply } from './pass.ts';
import { type Readings, RecentReadings } from './recent-readings.ts';
import type { Reporter } from './reporter.ts';
import { type StatusPatch, statusFor } from './status.ts';
import type { ObjectWrites } from './writes.ts';

/** A kind as the API server serves it, and what its schema says of stored objects. */
export interface ServedKind {
  readonly type: ResourceType;
  readonly specProblem: SpecProblem;
  readonly brokenRule: SpecProblem;
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
  /** For what the lines of a pass have in common; its lines are the reporter's. */
  readonly log: Pick<Log, 'within' | 'note'>;
  readonly tracer: Tracer;
  readonly newsWakes: NewsWakes;
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
  const recent = new RecentReadings<D, O>(env.clock);
  const reconcile = async (key: ObjectKey, running: Pass, span: ActiveSpan): ReturnType<Reconcile> => {
    const isNewsOnly = env.newsWakes.take(kind.kind, key);
    const resource = env.lookup.get<R>(kind.kind, key);
    if (resource === undefined) return { type: 'done' };
    env.log.note({ uid: resource.metadata.uid, ...span.ids });
    const known = recent.take(resource);
    const readings = { recent, known: isNewsOnly ? known : undefined };
    const startedMs = env.clock.monotonicMs();
    const lastedMs = () => env.clock.monotonicMs() - startedMs;
    const reached = await pass(kind, served, resource, env, readings, running).catch(
      (thrown: unknown): Outcome => ({ type: 'Failed', error: toReconcileError(thrown) }),
    );
    // The pass may have written to the object: what it says of it now is compared with what stands there now.
    const current = env.lookup.get<R>(kind.kind, keyOf(resource)) ?? resource;
    const isSame = current.metadata.uid === resource.metadata.uid;
    const status = isSame ? statusFor(asRead(current, resource), reached, env.clock.now()) : undefined;
    const outcome =
      status === undefined
        ? reached
        : await written(env, type, current, status, reached).catch((thrown: unknown) => {
            env.reporter.unwritten(resource, reached, lastedMs());
            throw thrown;
          });
    env.reporter.passed(resource, outcome, status, lastedMs());
    tellSpan(span, resource, outcome);
    if (served.specProblem(resource) === undefined) {
      const legacy = kind.references(resource).filter((reference) => env.lookup.isOpenedByFlag(resource, reference));
      env.reporter.openedByFlag(resource, legacy);
    }
    return resultFor(outcome);
  };
  return (key, running) => {
    const attributes = { 'k8s.namespace.name': key.namespace, 'wasabi.kind': kind.kind, 'wasabi.name': key.name };
    const object = `${kind.kind} ${keyText(key)}`;
    return env.tracer.trace(`reconcile ${kind.kind}`, object, attributes, (span) => reconcile(key, running, span));
  };
}

/**
 * Writes that status. @returns the outcome, or that nothing can be said yet
 * @throws what the write throws, but where it was a verdict on an object that has changed meanwhile
 */
async function written(
  { writes }: ReconcilerEnv,
  type: ResourceType,
  resource: ManagedResource,
  status: StatusPatch,
  outcome: Outcome,
): Promise<Outcome> {
  if (outcome.type !== 'NotOurs') {
    await writes.patchStatus(type, resource, status);
    return outcome;
  }
  try {
    // A process that ran beside this one may have made the resource since, and recorded it: nothing else wakes the object.
    await writes.patchStatus(type, resource, status, outcome.resourceVersion);
    return outcome;
  } catch (thrown) {
    const error = toReconcileError(thrown);
    if (error.type !== 'StaleRead') throw thrown;
    return { type: 'Failed', error };
  }
}

function tellSpan(span: ActiveSpan, { metadata }: ManagedResource, outcome: Outcome): void {
  const applied = outcome.type === 'InSync' || outcome.type === 'OutOfSync' ? outcome.reading.applied.join(',') : '';
  span.set({
    'k8s.object.uid': metadata.uid,
    'wasabi.generation': metadata.generation,
    'wasabi.outcome': outcome.type,
    ...(applied === '' ? {} : { 'wasabi.changes': applied }),
  });
  const [error] = errorsOf(outcome);
  if (error !== undefined) span.fail(error.type, `${error.reason}: ${error.message}`);
}

function pass<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  served: ServedKind,
  resource: R,
  env: ReconcilerEnv,
  readings: Readings<D, O>,
  running: Pass,
): Promise<Outcome> {
  if (resource.metadata.deletionTimestamp !== undefined) return finalize(kind, served, resource, env, running);
  // What is managed goes on, and each setting tells for itself: a rule keeps out what is new, as admission does.
  const broken = isManaged(resource) ? undefined : served.brokenRule(resource);
  const problem = served.specProblem(resource) ?? broken;
  if (problem !== undefined) return Promise.reject(new ReconcileError('InvalidSpec', problem));
  if (resource.spec.suspend === true) return Promise.resolve({ type: 'Suspended' });
  return observeAndApply(kind, served.type, resource, env, readings, running);
}

/** An operator has begun with it, this one or the one before. */
function isManaged({ metadata }: ManagedResource): boolean {
  return [FINALIZER, LEGACY_FINALIZER].some((name) => metadata.finalizers?.includes(name));
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
