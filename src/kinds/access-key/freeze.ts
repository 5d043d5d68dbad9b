import { listsOf, type View } from './accounting.ts';
import type { KeyProblem, KeyStep } from './facts.ts';

/** What a freeze, or the end of one, comes to. */
export interface FreezePlan {
  readonly steps: readonly KeyStep[];
  readonly problem: KeyProblem | undefined;
}

/**
 * What the annotation freeze asks for, before all else; undefined: nothing is frozen, and nothing is left to thaw. Pure.
 *
 * Each object makes active again what it made inactive itself, and no other key: the User those in its own list. A key
 * that somebody else made inactive stays so.
 * @param openUntilMs until when a create that status announces may take effect; a key of it is frozen once it is listed
 */
export function freezePlan(view: View, openUntilMs: number | undefined): FreezePlan | undefined {
  const { freeze, book } = view.facts;
  if (freeze.isAsked) return frozen(view, openUntilMs);
  const isFrozenByUser = freeze.isUserAsked || keysOf(view).some((id) => freeze.byUser.has(id) && !isActive(view, id));
  if (isFrozenByUser) return { steps: [], problem: problemOf(view, openUntilMs, 'User') };
  if (book.frozenKeys.length === 0) return undefined;
  const inactive = book.frozenKeys.filter((id) => view.live.has(id) && !isActive(view, id));
  const steps: KeyStep[] = [
    ...inactive.map((keyId): KeyStep => ({ type: 'ThawKey', keyId })),
    recordFrozen(view, []),
    ...trialAnew(view),
  ];
  return { steps, problem: undefined };
}

function frozen(view: View, openUntilMs: number | undefined): FreezePlan {
  const { frozenKeys } = view.facts.book;
  const active = keysOf(view).filter((id) => isActive(view, id));
  const recorded = [...new Set([...frozenKeys.filter((id) => view.live.has(id)), ...active])];
  const isRecorded = recorded.length === frozenKeys.length && active.every((id) => frozenKeys.includes(id));
  const steps: KeyStep[] = [
    ...(isRecorded ? [] : [recordFrozen(view, recorded)]),
    ...active.map((keyId): KeyStep => ({ type: 'FreezeKey', keyId })),
  ];
  // It counts as frozen once a read says so.
  return { steps, problem: active.length > 0 ? undefined : problemOf(view, openUntilMs, 'AccessKey') };
}

/** A key to come has its time to work from the thaw on. An attempt that is open is not closed by that. */
function trialAnew(view: View): readonly KeyStep[] {
  const { rotation, mint } = view.facts.book;
  if (mint !== undefined || (rotation?.step !== 'Probing' && rotation?.step !== 'Switching')) return [];
  return [{ type: 'Record', lists: listsOf(view, []), addsMinted: false, rotation }];
}

function recordFrozen(view: View, keys: readonly string[]): KeyStep {
  return { type: 'RecordFrozen', keys, lists: listsOf(view, []) };
}

/** Live keys that the object accounts for; those that an attempt of it left behind, unless they may be another one's. */
function keysOf({ facts, live, own, claimed, inherited, candidates, lost }: View): readonly string[] {
  const mayBeOthers = facts.othersBusyUntilMs !== undefined && facts.nowMs < facts.othersBusyUntilMs;
  const made = [...candidates].filter((id) => !mayBeOthers || !lost.includes(id));
  return [...new Set([...own, ...claimed, ...inherited, ...made])].filter((id) => live.has(id));
}

function isActive({ live }: View, id: string): boolean {
  return live.get(id)?.isActive === true;
}

function problemOf(view: View, openUntilMs: number | undefined, frozenBy: 'AccessKey' | 'User'): KeyProblem {
  const isUnusable = keysOf(view).every((id) => !isActive(view, id));
  const until = openUntilMs === undefined ? {} : { untilMs: openUntilMs };
  return { reason: 'Frozen', isUnusable, frozenBy, ...until };
}
