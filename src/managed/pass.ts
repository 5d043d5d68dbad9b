import { parseKey, type ResourceType } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import type { Reason } from '../api/reasons.ts';
import { ReconcileError, toReconcileError } from '../runtime/errors.ts';
import { ACCEPT_ACCOUNT, TAKE_OVER_FROM } from './annotations.ts';
import type { Change, KindStatus, ManagedKind, ManagedResource, Target } from './kind.ts';
import { markerText } from './marker.ts';
import { type Outcome, type Reading, worstFirst } from './outcome.ts';
import { type Ownership, ownershipOf } from './ownership.ts';
import type { ReconcilerEnv } from './reconciler.ts';
import { ownerOf, rivalMessage, rivalOf } from './rivals.ts';

/** The pass of an object that lives: observe, decide whose it is, diff, apply, observe again. */
export async function observeAndApply<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  type: ResourceType,
  resource: R,
  env: ReconcilerEnv,
  signal: AbortSignal,
): Promise<Outcome> {
  const target = pinned(resource, kind.resolve(resource));
  const desired = kind.desired(resource, target);
  const client = await kind.connect(resource, target, signal);
  const found = await kind.observe(client, target, desired, signal);
  const ownership = decideOwnership(kind, resource, target, found, env);
  const isObserving = env.observeOnly || resource.spec.mode === 'Observe';
  if (!ownership.mayManage) {
    const mayBeShown = isObserving && kind.ownership === undefined && found !== undefined;
    if (!mayBeShown || !mayAdopt(resource, target, env)) return notOurs(ownership);
    // Taken over, it would carry our marker like one that we made.
    const asOurs = kind.diff(desired, found, markerText(ownerOf(resource, env.clusterId)));
    return notOurs(ownership, [`adoption is needed: ${ownership.message}`, ...asOurs.map(({ summary }) => summary)]);
  }

  const changes = kind.diff(desired, found, ownership.marker);
  const read = (made: Target, observed: O | undefined, applied: readonly string[], isProven: boolean): Reading => ({
    target: made,
    kindStatus: kind.status(resource, made, observed, { nowMs: env.clock.now(), applied, isProven }),
    isFound: observed !== undefined,
    identity: observed !== undefined && isProven ? kind.evidence(observed, made).identity : undefined,
    applied,
    told: applied.filter((type) => !changes.some((change) => change.type === type && change.isToldElsewhere === true)),
  });
  if (isObserving) {
    const reading = read(target, found, [], false); // who observes proves nothing
    return { type: 'Observed', reading, pending: changes.map((change) => change.summary) };
  }
  const willCreate = kind.isExternal && found === undefined && changes.length > 0;
  const clockOffsetMs = kind.clockOffsetMs(client);
  const fields = changes.length === 0 ? {} : (kind.announce?.(resource, desired, found) ?? {});
  const options = { willCreate, isExternal: kind.isExternal, clockOffsetMs, fields };
  const claimed = await env.writes.claim(type, resource, target, options);
  const make = (limit: AbortSignal) => applyEach(kind, client, target, changes, limit);
  const { applied, errors } = await (willCreate
    ? env.writes.withinIntent(claimed, clockOffsetMs, signal, make)
    : make(signal));
  const last = changes.length === 0 ? found : await kind.observe(client, target, desired, signal);
  // What was there before is gone, and with it the identity that was recorded.
  const made = willCreate ? { ...target, identity: undefined } : target;
  // A create that was not answered with success proves nothing of what is there now: it may be a stranger's.
  const isUnproven = willCreate && applied.length === 0 && last !== undefined;
  const now = isUnproven ? decideOwnership(kind, claimed, made, last, env) : ownership;
  if (!now.mayManage) return notOurs(now);
  const left = changes.length === 0 ? [] : kind.diff(desired, last, now.marker);
  return settle(read(made, last, applied, now.mayDestroy), errors, left);
}

function notOurs(
  { reason, message }: { readonly reason: Reason; readonly message: string },
  pending?: readonly string[],
): Outcome {
  return { type: 'NotOurs', reason, message, pending };
}

/**
 * The target with the identity that status recorded for it. An object whose resource was made in one account is never
 * acted on in another one: absence there would say nothing.
 * @throws InvalidSpec, reason AccountChanged
 */
export function pinned(resource: ManagedResource, target: Target): Target {
  const recorded = resource.status?.target;
  if (recorded === undefined || recorded.accountId === '') return target;
  if (recorded.accountId === target.accountId) {
    return recorded.name === target.name && recorded.identity !== undefined
      ? { ...target, identity: recorded.identity }
      : target;
  }
  if (resource.metadata.annotations?.[ACCEPT_ACCOUNT] === target.accountId) return target;
  throw new ReconcileError(
    'InvalidSpec',
    `spec.providerRef leads to account ${target.accountId}, and the resource was made in account ${recorded.accountId}: give the Provider its old account back, or set the annotation ${ACCEPT_ACCOUNT} to ${target.accountId}`,
    { reason: 'AccountChanged' },
  );
}

/** The table of ownership, and before it the question which of several objects has the resource. */
export function decideOwnership<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  resource: R,
  target: Target,
  observed: O | undefined,
  env: ReconcilerEnv,
): Ownership | { readonly mayManage: false; readonly reason: Reason; readonly message: string } {
  if (!kind.isExternal) return { mayManage: true, mayDestroy: true, marker: undefined };
  if (kind.ownership !== undefined) return kind.ownership(resource, target, observed, mayAdopt(resource, target, env));
  const evidence = observed === undefined ? undefined : kind.evidence(observed, target);
  const what = `${kind.kind.toLowerCase()} "${target.name}"`;
  const contenders = env.lookup.namesakes<R>(kind.kind, target.name).map((other) => ({
    resource: other,
    accountId: accountOf(kind, other, target, env),
  }));
  // With --observe-only the plan shows who would have it.
  const winner =
    resource.spec.mode === 'Observe'
      ? undefined
      : rivalOf(resource, target.accountId, contenders, evidence, env.clusterId);
  if (winner !== undefined) {
    return { mayManage: false, reason: 'ClaimedByOther', message: rivalMessage(resource, winner, what) };
  }
  const { intent } = resource.status ?? {};
  const recorded = resource.status?.target?.accountId;
  return ownershipOf(
    {
      owner: ownerOf(resource, env.clusterId),
      adoptionPolicy: resource.spec.adoptionPolicy ?? 'CreateOnly',
      mayAdopt: mayAdopt(resource, target, env),
      takeOverFrom: resource.metadata.annotations?.[TAKE_OVER_FROM],
      recordedIdentity: target.identity,
      createIntent:
        intent?.action === 'Create' && recorded === target.accountId
          ? { fromMs: Date.parse(intent.time), toMs: Date.parse(intent.deadline) }
          : undefined,
      legacyClaimSinceMs:
        kind.hasLegacyClaim(resource) && (recorded === undefined || recorded === target.accountId)
          ? Date.parse(resource.metadata.creationTimestamp)
          : undefined,
    },
    evidence,
    what,
  );
}

/** In the namespace of its Provider an object may take over what it likes; in others as `spec.tenancy` of the Provider says. */
function mayAdopt(resource: ManagedResource, { provider }: Target, env: ReconcilerEnv): boolean {
  if (resource.metadata.namespace === provider.namespace) return true;
  return env.lookup.get<Provider>('Provider', provider)?.spec.tenancy?.adoption === 'All';
}

/**
 * The account of a contender: as recorded, else as its references say; undefined when they lead nowhere, to another service,
 * where account ids are other ones, or are not granted.
 */
function accountOf<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  resource: R,
  own: Target,
  env: ReconcilerEnv,
): string | undefined {
  if (!kind.references(resource).every((reference) => env.lookup.isPermitted(resource, reference))) return undefined;
  const recorded = resource.status?.target;
  try {
    const { provider, accountId } =
      recorded === undefined ? kind.resolve(resource) : { ...recorded, provider: parseKey(recorded.provider) };
    return env.isSameService(provider, own.provider) ? accountId : undefined;
  } catch (thrown) {
    if (thrown instanceof ReconcileError) return undefined;
    throw thrown;
  }
}

/** Makes each change on its own: one that fails keeps no other from being made, unless they depend on it. */
async function applyEach<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  client: Client,
  target: Target,
  changes: readonly C[],
  signal: AbortSignal,
): Promise<{ readonly applied: readonly string[]; readonly errors: readonly ReconcileError[] }> {
  const applied: string[] = [];
  const errors: ReconcileError[] = [];
  for (const change of changes) {
    try {
      await kind.apply(client, target, change, signal);
      applied.push(change.type);
    } catch (thrown) {
      const error = toReconcileError(thrown);
      if (error.type !== 'Unsupported') errors.push(error);
      if (change.isPrerequisite === true || signal.aborted) break;
    }
  }
  return { applied, errors };
}

/** In sync means a read that matched, not a write that returned. */
function settle(reading: Reading, errors: readonly ReconcileError[], left: readonly Change[]): Outcome {
  const failures = [...errors, ...failureOf(reading.kindStatus)];
  if (failures.length === 0 && left.length > 0) {
    const names = left.map((change) => change.type).join(', ');
    failures.push(
      new ReconcileError('Transient', `written, and not yet in effect as read: ${names}`, { reason: 'NotYetInEffect' }),
    );
  }
  const { awaited } = reading.kindStatus;
  const sorted = worstFirst(failures);
  const all = awaited === undefined ? sorted : [...sorted, awaited];
  return all.length === 0 ? { type: 'InSync', reading } : { type: 'OutOfSync', reading, errors: all };
}

function failureOf(status: KindStatus): ReconcileError[] {
  return status.failure === undefined ? [] : [status.failure];
}
