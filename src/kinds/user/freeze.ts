import type { AccessKey } from '../../api/access-key.ts';
import { keyText } from '../../api/meta.ts';
import type { User } from '../../api/user.ts';
import { FREEZE } from '../../managed/annotations.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { accountedKeysOf, type FreezeReport, freezeReport, frozenKeysOf, isFreezeAsked } from '../key-freeze.ts';
import type { UserChange } from './diff.ts';
import type { ObservedUser } from './observe.ts';

/** What the annotation freeze of a User asks for. */
export interface DesiredFreeze {
  /** All keys of the IAM user are to be inactive, also those that no AccessKey accounts for. */
  readonly isAsked: boolean;
  /** Keys that this object made inactive, as status recorded before the call. */
  readonly recorded: readonly string[];
  /** Those of them that an AccessKey keeps inactive by an annotation of its own: they wait for its end, too. */
  readonly held: readonly string[];
}

/** Pure over the snapshot. */
export function desiredFreeze(resource: User, lookup: Lookup): DesiredFreeze {
  const recorded = frozenKeysOf(resource);
  const held = recorded.length === 0 ? new Set<string>() : heldBy(resource, lookup);
  return { isAsked: isFreezeAsked(resource), recorded, held: recorded.filter((id) => held.has(id)) };
}

function heldBy(resource: User, lookup: Lookup): ReadonlySet<string> {
  const frozen = [...lookup.referrers(resource)].filter(
    ({ resource: other, references }) =>
      other.kind === 'AccessKey' &&
      isFreezeAsked(other) &&
      references.some((reference) => lookup.isPermitted(other, reference)),
  );
  return new Set(frozen.flatMap(({ resource: other }) => accountedKeysOf(other as AccessKey))); // of that kind
}

/** Whether the keys have to be listed. Pure. */
export function concernsKeys({ isAsked, recorded }: DesiredFreeze): boolean {
  return isAsked || recorded.length > 0;
}

/** The keys to make inactive, or active again: those alone that this object made inactive. Pure. */
export function freezeChanges(freeze: DesiredFreeze, observed: ObservedUser | undefined): readonly UserChange[] {
  const keys = observed?.keys ?? [];
  const about = { isToldElsewhere: true } as const;
  if (freeze.isAsked) {
    const summary = 'freeze: make a key inactive';
    return keys
      .filter(({ isActive }) => isActive)
      .map(({ id }) => ({ type: 'FreezeKey', summary, keyId: id, ...about }));
  }
  const summary = 'thaw: make a key active again';
  const isOurs = (id: string) => freeze.recorded.includes(id) && !freeze.held.includes(id);
  return keys
    .filter(({ id, isActive }) => !isActive && isOurs(id))
    .map(({ id }) => ({ type: 'ThawKey', summary, keyId: id, ...about }));
}

/**
 * The keys that this object has made inactive, or is about to: what status had recorded, and what was active when the
 * pass looked first. Once the freeze is over, those that are still to be made active. Pure.
 * @param isActing false: mode Observe, which makes nothing inactive
 */
export function frozenByUs(
  { isAsked, recorded, held }: DesiredFreeze,
  observed: ObservedUser | undefined,
  isActing: boolean,
): readonly string[] {
  const live = new Map((observed?.keys ?? []).map(({ id, isActive }) => [id, isActive]));
  const kept = recorded.filter((id) => live.has(id) && (isAsked || held.includes(id) || live.get(id) === false));
  const found = isAsked && isActing ? [...(observed?.activeBefore ?? [])].filter((id) => live.has(id)) : [];
  return [...new Set([...kept, ...found])];
}

/** The status fields of that list. Pure. */
export function frozenFields({ metadata }: User, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (keys.length === 0) return { frozenKeys: undefined, keysOf: undefined };
  return { frozenKeys: keys, keysOf: metadata.uid };
}

/** What status says of the freeze. Pure. */
export function userFreezeReport(
  resource: User,
  freeze: DesiredFreeze,
  observed: ObservedUser | undefined,
): FreezeReport & { readonly failure: ReconcileError | undefined } {
  const isPending = freezeChanges(freeze, observed).length > 0;
  const isFrozen = freeze.isAsked && !isPending && observed !== undefined;
  const message = frozenMessage(resource);
  const report = freezeReport(resource, isFrozen ? 'Frozen' : isPending ? 'Between' : 'Free', message);
  // The event KeysFrozen tells of it.
  const options = { reason: 'Frozen', isExpected: true } as const;
  return { ...report, failure: isFrozen ? new ReconcileError('DependencyNotReady', message, options) : undefined };
}

function frozenMessage({ metadata, spec }: User): string {
  const who = keyText({ namespace: metadata.namespace ?? '', name: metadata.name });
  return `frozen by the annotation ${FREEZE} on User ${who}: all keys of user "${spec.name}" are inactive, and none is created; take the annotation away to make those active again that it made inactive`;
}
