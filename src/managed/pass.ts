import type { EventReason } from '../api/event-reasons.ts';
import { keyText, parseKey, type ResourceType } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import type { Reason } from '../api/reasons.ts';
import { ReconcileError, toReconcileError } from '../runtime/errors.ts';
import type { Pass } from '../runtime/turn.ts';
import { ACCEPT_ACCOUNT, TAKE_OVER_FROM } from './annotations.ts';
import type { Change, KindStatus, ManagedKind, ManagedResource, Target } from './kind.ts';
import { LaterPass } from './later-pass.ts';
import { markerText } from './marker.ts';
import { failuresOf, type Outcome, type Reading, worstFirst } from './outcome.ts';
import { type Ownership, ownershipOf } from './ownership.ts';
import { isSamePlace, type Readings } from './recent-readings.ts';
import type { ReconcilerEnv } from './reconciler.ts';
import { ownerOf, rivalMessage, rivalOf } from './rivals.ts';

/** The pass of an object that lives: observe, decide whose it is, diff, apply, observe again. */
export async function observeAndApply<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  type: ResourceType,
  resource: R,
  env: ReconcilerEnv,
  { recent, known }: Readings<D, O>,
  { signal, turn }: Pass,
): Promise<Outcome> {
  const target = served(resource, named(kind, resource, pinned(resource, kind.resolve(resource))), env);
  const desired = kind.desired(resource, target);
  const client = await kind.connect(resource, target, { signal, turn });
  const isObserving = env.observeOnly || resource.spec.mode === 'Observe';
  // Whose of several it is, is asked of the service.
  const mayRecall = !isObserving && env.lookup.namesakes(kind.kind, target.name).length <= 1;
  const isKnown = mayRecall && known !== undefined && isSamePlace(known.target, target);
  const recalled = isKnown ? kind.recall?.(client, desired, known) : undefined;
  const readAtMs = (recalled && known?.readAtMs) ?? env.clock.monotonicMs();
  const found = recalled ?? (await kind.observe(client, target, desired, signal));
  const ownership = decideOwnership(kind, resource, target, desired, found, env);
  if (!ownership.mayManage) {
    const mayBeShown = isObserving && kind.ownership === undefined && mayAdopt(resource, target, env);
    // Taken over, it would carry our marker like one that we made.
    const asOurs = () => kind.diff(desired, found, markerText(ownerOf(resource, env.clusterId)));
    return notOurs(resource, ownership, mayBeShown && found !== undefined ? asOurs() : undefined);
  }

  const changes = kind.diff(desired, found, ownership.marker);
  const read = (made: Target, observed: O | undefined, applied: readonly string[], isProven: boolean): Reading => ({
    target: made,
    kindStatus: kind.status(resource, made, desired, observed, { nowMs: env.clock.now(), applied, isProven }),
    isFound: observed !== undefined,
    identity: observed !== undefined && isProven ? kind.evidence(observed, made).identity : undefined,
    found: changes.map(({ type }) => type),
    applied,
    told: applied.flatMap((type) => toldOf(type, changes)),
  });
  if (isObserving) {
    const reading = read(target, found, [], false); // who observes proves nothing
    return { type: 'Observed', reading, pending: changes.map((change) => change.summary) };
  }
  const willCreate = kind.isExternal && found === undefined && changes.length > 0;
  const clockOffsetMs = kind.clockOffsetMs(client);
  const fields = changes.length === 0 ? {} : (kind.announce?.(resource, desired, found, env.clock.now()) ?? {});
  const needsTarget = kind.isExternal && changes[0]?.recordsTarget !== true;
  const options = { willCreate, needsTarget, clockOffsetMs, fields };
  const claimed = await env.writes.claim(type, resource, target, options);
  const make = (limit: AbortSignal) => applyEach(kind, client, target, changes, limit, env);
  const { applied, errors, isPaused } = await (willCreate
    ? env.writes.withinIntent(claimed, clockOffsetMs, signal, make)
    : make(signal));
  const last = changes.length === 0 ? found : await kind.observe(client, target, desired, signal);
  // What was there before is gone, and with it the identity that was recorded.
  const made = willCreate ? { ...target, identity: undefined } : target;
  // A create that was not answered with success proves nothing of what is there now: it may be a stranger's.
  const isUnproven = willCreate && applied.length === 0 && last !== undefined;
  const now = isUnproven ? decideOwnership(kind, claimed, made, desired, last, env) : ownership;
  if (!now.mayManage) return notOurs(claimed, now);
  const left = changes.length === 0 || isPaused ? [] : kind.diff(desired, last, now.marker);
  const unread = () => failureOf(read(target, found, [], false).kindStatus);
  const outcome = settle(read(made, last, applied, now.mayDestroy), errors, left, unread);
  if (kind.recall !== undefined && last !== undefined && isMet(outcome)) {
    recent.keep(resource, { target, desired, observed: last, readAtMs });
  }
  return outcome;
}

/**
 * The target, unless its Provider is being deleted: that one serves what was made with it, so that it can be changed and
 * undone. With what began after that it would never go. @throws DependencyNotReady, reason ProviderNotReady
 */
function served(resource: ManagedResource, target: Target, env: ReconcilerEnv): Target {
  const { provider } = target;
  const found = env.lookup.get<Provider>('Provider', provider);
  if (resource.status?.target !== undefined || found?.metadata.deletionTimestamp === undefined) return target;
  throw new ReconcileError(
    'DependencyNotReady',
    `spec.providerRef: Provider ${keyText(provider)} is being deleted, and nothing new is made with it: make this object anew with another one, or wait until it is made again`,
    { reason: 'ProviderNotReady' },
  );
}

/**
 * The target, unless it is another one than was recorded before the first write: that one would be nobody's.
 * @throws InvalidSpec
 */
function named(
  { nameIsFixed }: { readonly nameIsFixed?: string },
  { status }: ManagedResource,
  target: Target,
): Target {
  const recorded = status?.target;
  const isAnother = recorded?.accountId === target.accountId && recorded.name !== target.name;
  if (nameIsFixed === undefined || !isAnother) return target;
  throw new ReconcileError('InvalidSpec', `spec.name: ${nameIsFixed}`);
}

/** What the event of the pass says of a change that was made. */
function toldOf(type: string, changes: readonly Change[]): readonly string[] {
  const change = changes.find((each) => each.type === type);
  if (change?.isToldElsewhere === true) return [];
  return [change?.tellsSummary === true ? `${type} (${change.summary})` : type];
}

/** Nothing is left to do about the resource itself, whatever the object waits for in others. */
function isMet(outcome: Outcome): boolean {
  return outcome.type === 'InSync' || (outcome.type === 'OutOfSync' && failuresOf(outcome).length === 0);
}

/** @param onAdoption what taking it over would change; undefined: nothing is said of that */
function notOurs(
  { metadata: { resourceVersion } }: ManagedResource,
  { reason, message }: { readonly reason: Reason & EventReason; readonly message: string },
  onAdoption?: readonly Change[],
): Outcome {
  const pending = onAdoption && [`adoption is needed: ${message}`, ...onAdoption.map(({ summary }) => summary)];
  return { type: 'NotOurs', resourceVersion, reason, message, pending };
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

/**
 * The table of ownership, and before it the question which of several objects has the resource.
 * @param desired undefined: the object is being deleted
 */
export function decideOwnership<R extends ManagedResource, D, O, C extends Change, Client>(
  kind: ManagedKind<R, D, O, C, Client>,
  resource: R,
  target: Target,
  desired: D | undefined,
  observed: O | undefined,
  env: ReconcilerEnv,
): Ownership | { readonly mayManage: false; readonly reason: Reason & EventReason; readonly message: string } {
  if (!kind.isExternal) return { mayManage: true, mayDestroy: true, marker: undefined };
  if (kind.ownership !== undefined) {
    const facts = { desired, mayAdopt: mayAdopt(resource, target, env), nowMs: env.clock.now() };
    return kind.ownership(resource, target, observed, facts);
  }
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
  { log }: ReconcilerEnv,
): Promise<{
  readonly applied: readonly string[];
  readonly errors: readonly ReconcileError[];
  /** The rest is for a later pass. */
  readonly isPaused: boolean;
}> {
  const applied: string[] = [];
  const errors: ReconcileError[] = [];
  for (const change of changes) {
    try {
      await log.within({ reason: change.type }, () => kind.apply(client, target, change, signal));
      applied.push(change.type);
    } catch (thrown) {
      if (thrown instanceof LaterPass) return { applied, errors, isPaused: true };
      const error = toReconcileError(thrown);
      if (error.type !== 'Unsupported') errors.push(error);
      if (change.isPrerequisite === true || signal.aborted) break;
    }
  }
  return { applied, errors, isPaused: false };
}

/**
 * In sync means a read that matched, not a write that returned.
 * @param unread what the first read of the pass failed in: a part that was read only after the writes was not written
 */
function settle(
  reading: Reading,
  errors: readonly ReconcileError[],
  left: readonly Change[],
  unread: () => readonly ReconcileError[],
): Outcome {
  const failures = [...errors, ...failureOf(reading.kindStatus)];
  const isMissed = left.some(({ type }) => !reading.applied.includes(type));
  if (failures.length === 0 && isMissed) failures.push(...unread());
  if (failures.length === 0 && left.length > 0) {
    const names = left.map((change) => change.type).join(', ');
    // Steps that only what was done now has shown, such as the next rotation: they were not written yet.
    const message = isMissed ? `more is left to do: ${names}` : `written, and not yet in effect as read: ${names}`;
    failures.push(new ReconcileError('Transient', message, { reason: 'NotYetInEffect', isExpected: isMissed }));
  }
  const { awaited } = reading.kindStatus;
  const sorted = worstFirst(failures);
  const all = awaited === undefined ? sorted : [...sorted, awaited];
  return all.length === 0 ? { type: 'InSync', reading } : { type: 'OutOfSync', reading, errors: all };
}

function failureOf(status: KindStatus): ReconcileError[] {
  return status.failure === undefined ? [] : [status.failure];
}
