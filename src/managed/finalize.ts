import { keyOf, keyText, parseKey, type ResourceType } from '../api/meta.ts';
import { ReconcileError } from '../runtime/errors.ts';
import type { Pass } from '../runtime/turn.ts';
import { isAbandoned, tellingWrongAbandon } from './abandon.ts';
import { ABANDON, LEGACY_FINALIZER } from './annotations.ts';
import type { Definition } from './definitions.ts';
import { fateOf } from './fate.ts';
import type { Change, Deletion, DeletionPolicy, ManagedKind, ManagedResource, Target } from './kind.ts';
import { hasFinalizer } from './lookup.ts';
import type { Outcome } from './outcome.ts';
import { decideOwnership, pinned } from './pass.ts';
import type { ReconcilerEnv, ServedKind } from './reconciler.ts';

/** Dependents named in one message; the rest is a count. */
const NAMED_DEPENDENTS = 10;

/** What the steps of a deletion look at. */
interface Deleting<R extends ManagedResource> {
  readonly served: ServedKind;
  /** As it is stored, but with an empty spec where that cannot be used. */
  readonly resource: R;
  readonly isSpecUsable: boolean;
  readonly definition: Definition;
  readonly env: ReconcilerEnv;
}

/**
 * The pass of an object that is being deleted. The finalizer goes last, after a read that found the resource gone, or
 * when there is nothing of ours to undo.
 */
export async function finalize<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  served: ServedKind,
  stored: R,
  env: ReconcilerEnv,
  running: Pass,
): Promise<Outcome> {
  const { signal } = running;
  // A spec that cannot be used must not hold an object for ever: what status recorded suffices.
  const isSpecUsable = served.specProblem(stored) === undefined;
  const resource = isSpecUsable ? stored : { ...stored, spec: {} };
  if (!isHeld(resource)) return gone('NeverOwned');
  const definition = isAbandoned(kind, resource) ? undefined : await env.definitions.of(served.type, resource, signal);
  const outcome =
    definition === undefined
      ? gone('Abandoned')
      : await tellingWrongAbandon(kind, resource, () =>
          undo(kind, { served, resource, isSpecUsable, definition, env }, running),
        );
  if (outcome.type !== 'Gone') return outcome;
  await kind.releaseChildren?.(stored, definition?.type === 'Deleted' ? 'All' : 'Unwanted', signal);
  await env.writes.removeFinalizer(served.type, resource);
  return outcome;
}

/** Undoes what the object did, as far as may be. Gone: nothing of it is left to undo. */
async function undo<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  deleting: Deleting<R>,
  running: Pass,
): Promise<Outcome> {
  const { resource, isSpecUsable, definition, env } = deleting;
  const isCrdDeleted = definition.type === 'Deleted';
  const dependents = [...env.lookup.dependents(resource)];
  if (dependents.length > 0 && !isCrdDeleted) return dependentsExist(resource, dependents);
  const isObserver = resource.spec.mode === 'Observe';
  // Children whose part in the spec cannot be read are left to the garbage collector and their own finalizers.
  if (isSpecUsable && !isObserver && !isCrdDeleted && !env.observeOnly) {
    const children = await kind.deleteChildren?.(resource, running.signal);
    if (children !== undefined) return waiting(children);
  }
  if (!kind.isExternal) {
    await undoInCluster(kind, resource, running);
    return gone(isCrdDeleted ? 'CrdDeleted' : 'Deleted');
  }
  // What the predecessor claims is named by the spec alone.
  if (!isSpecUsable && resource.status?.target === undefined && kind.hasLegacyClaim(resource)) {
    return gone('SpecUnusable');
  }
  if (!mayOwn(kind, resource)) return gone('NeverOwned');
  if (isObserver) return gone('Observed');
  // Before its references are followed: what they lead to goes at the same time.
  if (isCrdDeleted) return gone('CrdDeleted');
  return env.observeOnly ? observeOnly() : undoOutside(kind, deleting, running);
}

/** Deletes or lets go of the external resource, once it is proven to be the object's. */
async function undoOutside<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  { served, resource, definition, env }: Deleting<R>,
  running: Pass,
): Promise<Outcome> {
  const { signal } = running;
  const { target, client } = await reach(kind, resource, running);
  const found = await kind.observe(client, target, undefined, signal);
  const ownership = found && decideOwnership(kind, resource, target, undefined, found, env);
  const policy = deletionPolicyOf(kind, resource);
  const fate = fateOf(ownership, policy);
  if (fate === 'Unproven') return unproven(kind.kind, target);
  if (fate !== 'Undo') return gone(fate);

  if (policy === 'Delete' && definition.type === 'Unknown') throw definition.problem;
  const deletion = await carryOut(kind, served.type, resource, client, target, policy, env, signal);
  if (deletion.type !== 'Done') return waiting(deletion);
  if (policy === 'Retain') return gone('Retained');
  if ((await kind.observe(client, target, undefined, signal)) !== undefined) {
    throw new ReconcileError('Transient', `${target.name}: deleted, and still there as read`, {
      reason: 'NotYetInEffect',
    });
  }
  return gone('Deleted', deletion.note);
}

function gone(how: Extract<Outcome, { type: 'Gone' }>['how'], note?: string): Outcome {
  return { type: 'Gone', how, note };
}

/** What it did in the cluster is undone in every case: nothing outside is at stake. */
async function undoInCluster<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  resource: R,
  running: Pass,
): Promise<void> {
  const target = kind.resolve(resource);
  const client = await kind.connect(resource, target, running);
  await kind.delete(client, resource, target, 'Delete', running.signal);
}

function waiting(deletion: Exclude<Deletion, { type: 'Done' }>): Outcome {
  return deletion.type === 'Blocked' ? deletion : { ...deletion, type: 'Deleting' };
}

/**
 * The target and a way to it. What stands in the way may never come back (a Secret cannot be made again in a namespace
 * that is going), so the message tells the way out, too; not where it is on its way.
 */
async function reach<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  resource: R,
  running: Pass,
): Promise<{ readonly target: Target; readonly client: Client }> {
  try {
    const target = targetOf(kind, resource);
    return { target, client: await kind.connect(resource, target, running) };
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError) || thrown.type !== 'DependencyNotReady' || thrown.isExpected) throw thrown;
    const wayOut = `or, to let the object go and leave what it stands for as it is, set its annotation ${ABANDON} to ${resource.metadata.uid}`;
    throw thrown.retold(`${thrown.message}; ${wayOut}`);
  }
}

/** Nothing is destroyed before the live object says so, nor after the deadline of the intent that stands on it. */
async function carryOut<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  type: ResourceType,
  resource: R,
  client: Client,
  target: Target,
  policy: DeletionPolicy,
  env: ReconcilerEnv,
  signal: AbortSignal,
): Promise<Deletion> {
  const remove = (of: R, limit: AbortSignal) =>
    env.log.within({ reason: `deletionPolicy ${policy}` }, () => kind.delete(client, of, target, policy, limit));
  if (policy === 'Retain') return remove(resource, signal);
  const obstacle = await kind.obstacle?.(client, resource, target, signal);
  if (obstacle !== undefined) return obstacle;
  const clockOffsetMs = kind.clockOffsetMs(client);
  const confirmed = await env.writes.confirmDeletion(type, resource, clockOffsetMs, signal);
  return env.writes.withinIntent(confirmed, clockOffsetMs, signal, (limit) => remove(confirmed, limit));
}

/** Whether a finalizer of ours, or of the predecessor that is no longer there to take it off, holds the object. */
function isHeld(resource: ManagedResource): boolean {
  return hasFinalizer(resource) || resource.metadata.finalizers?.includes(LEGACY_FINALIZER) === true;
}

/** What the spec says, else what the kind means by saying nothing. */
function deletionPolicyOf(
  kind: { readonly defaultDeletionPolicy: DeletionPolicy },
  resource: ManagedResource,
): DeletionPolicy {
  return resource.spec.deletionPolicy ?? kind.defaultDeletionPolicy;
}

/** Whether anything can have been created for the object: by us, who record a target before, or by the predecessor. */
function mayOwn<R extends ManagedResource>(kind: { hasLegacyClaim(resource: R): boolean }, resource: R): boolean {
  return resource.status?.target !== undefined || kind.hasLegacyClaim(resource);
}

/**
 * What status recorded before the first write; for a resource that only the predecessor's status claims, what the spec
 * says.
 */
function targetOf<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  resource: R,
): Target {
  const recorded = resource.status?.target;
  if (recorded !== undefined) return { ...recorded, provider: parseKey(recorded.provider) };
  return pinned(resource, kind.resolve(resource));
}

function dependentsExist(resource: ManagedResource, dependents: readonly ManagedResource[]): Outcome {
  const { namespace } = resource.metadata;
  const near = dependents.filter((other) => other.metadata.namespace === namespace);
  const named = near
    .map((other) => `${other.kind} ${keyText(keyOf(other))}`)
    .toSorted()
    .slice(0, NAMED_DEPENDENTS);
  const [more, far] = [near.length - named.length, dependents.length - near.length];
  const elsewhere = far === 1 ? '1 object of another namespace' : `${far} objects of other namespaces`;
  const list = [
    ...named,
    ...(more > 0 ? [`${more} more`] : []),
    ...(far > 0 ? [`${elsewhere} (kubectl get wasabi -A)`] : []),
  ];
  return {
    type: 'Blocked',
    reason: 'DependentsExist',
    message: `${resource.kind} ${resource.metadata.name} is still referred to by ${list.join(', ')}: delete them first`,
  };
}

/** The flag speaks of this run of the operator, the deletion of the object: nobody asked to let go of what it made. */
function observeOnly(): Outcome {
  return {
    type: 'Blocked',
    reason: 'ObserveOnly',
    message: 'the operator runs with --observe-only: deletion goes on when it runs without',
  };
}

function unproven(kind: string, target: Target): Outcome {
  return {
    type: 'Blocked',
    reason: 'OwnershipUnproven',
    message: `nothing proves that this object made ${kind.toLowerCase()} "${target.name}": set spec.deletionPolicy to Retain to let it go, or spec.adoptionPolicy to AdoptOrCreate to claim it`,
  };
}
