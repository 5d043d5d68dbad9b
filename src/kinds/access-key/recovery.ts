import { attemptOf, listsOf, type Ours, SKEW_MS, usable, type View, viewOf } from './accounting.ts';
import type { KeyFacts, KeyProblem, KeyStep, MintReason, OpenMint, Recovery } from './facts.ts';
import { freezePlan } from './freeze.ts';
import { planRotation, unrecordedMint } from './rotation.ts';
import type { RotationPlan } from './rotation-plan.ts';

/** No user has more keys on Wasabi and AWS: no third one is ever asked for. */
const MAX_KEYS = 2;

/**
 * What to do next, from everything that was read: the recovery table of docs/access-keys.md. Pure. Each row is a test
 * beside it. No step destroys a key that status does not account for, by its lists or by the window of its intent:
 * annotations, labels and Secrets are other people's to edit, and decide at most that something is left alone.
 */
export function recover(facts: KeyFacts): Recovery {
  const view = viewOf(facts);
  const { mint } = facts.book;
  const openUntilMs = mintOpenUntil(facts);
  const freeze = freezePlan(view, openUntilMs);
  if (freeze !== undefined) return result(view, freeze.steps, freeze.problem);
  if (openUntilMs !== undefined && mint !== undefined && !isOwn(mint, facts)) return waiting(view, openUntilMs);
  if (view.lost.length > 0 && facts.othersBusyUntilMs !== undefined && facts.nowMs < facts.othersBusyUntilMs) {
    return waiting(view, facts.othersBusyUntilMs);
  }
  if (facts.wanted.type === 'NotOurs') return nameTaken(view);
  if (view.current !== undefined) return delivered(view, view.current);
  // One that a rotation gave up is about to be revoked.
  const next = facts.book.rotation?.step === 'Failed' ? [] : [{ name: facts.names.next, fact: facts.next }];
  const others = [...facts.earlier, ...next];
  const source = others.find(({ fact }) => usable(fact, view) !== undefined);
  return source === undefined ? undelivered(view) : copied(view, source.name);
}

/** Until when a create that status announces may take effect without our knowing, on the service's clock; else undefined. Pure. */
export function mintOpenUntil(facts: KeyFacts): number | undefined {
  const { mint } = facts.book;
  if (mint === undefined || (isOwn(mint, facts) && !facts.isAnswerOpen)) return undefined;
  const untilMs = mint.untilMs + SKEW_MS;
  return facts.nowMs < untilMs ? untilMs : undefined;
}

function isOwn(mint: OpenMint, { holder }: KeyFacts): boolean {
  return mint.holder === holder.identity && mint.epoch === holder.epoch;
}

/** A Secret of the wanted name is not ours: it is left alone, and what cannot be delivered is not kept either. */
function nameTaken(view: View): Recovery {
  const doomed = [...view.candidates].filter((id) => !view.facts.earlier.some(({ fact }) => usable(fact, view) === id));
  return result(view, [...endOf(view, doomed), ...asked(view)], { reason: 'SecretNotOurs', isUnusable: true });
}

/** The wanted Secret holds a key of ours. What is left: the record, other keys, other Secrets. */
function delivered(view: View, current: string): Recovery {
  const { facts, lost } = view;
  const fact = facts.wanted as Ours; // `current` is the key of a Secret that is ours
  const works = fact.credential === 'Works';
  const isNew = view.candidates.has(current);
  // A key that no book of ours has is believed when it works: until then the intent stays open.
  if ((isNew || !facts.book.isRecorded) && !works) return result(view, [], pending(fact));
  const openUntilMs = mintOpenUntil(facts);
  if (openUntilMs !== undefined && !isNew) return waiting(view, openUntilMs);
  const takesIn = [...(isNew ? [current] : []), ...lost];
  // The key in the Secret must work before another one goes, which somebody may still use, and before it is replaced.
  const isRotationsMint = unrecordedMint(view) !== undefined;
  // What is recorded first stays recorded: what a rotation writes after it has the same keys.
  const then = isRotationsMint ? view : { ...view, own: [...new Set([...view.own, ...takesIn])] };
  const rotation = works && facts.book.isRecorded ? planRotation(then, current) : undefined;
  const kept = new Set([current, ...(rotation?.keeps ?? [])]);
  const others = view.own.filter((id) => view.live.has(id) && !kept.has(id));
  const steps: KeyStep[] = [
    // The key of a rotation that is not recorded yet is its rotation's to record, with all that its intent made.
    ...(isRotationsMint ? [] : recordOf(view, takesIn)),
    ...(fact.hasDrifted ? [{ type: 'SetMetadata' } as const] : []),
    ...(isRotationsMint ? [] : lost.map((keyId): KeyStep => ({ type: 'Revoke', keyId, why: 'Lost' }))),
    ...(works ? replaced(view, others) : []),
    ...asked(view),
    ...leftovers(view),
  ];
  return result(view, steps, pending(fact) ?? rotation?.problem, rotation);
}

/** Why the key that is delivered cannot be used. A text that is wrong delivers none. */
function pending({ credential }: Ours): KeyProblem | undefined {
  if (credential === 'Works') return undefined;
  return { reason: credential === 'Inactive' ? 'KeyInactive' : 'KeyNotUsable', isUnusable: true };
}

/** The wanted Secret is gone, or got another name: one of another name has a key of ours. */
function copied(view: View, from: string): Recovery {
  const { facts } = view;
  const isNext = from === facts.names.next;
  const { rotation } = facts.book;
  // It had been about to take the place of a key that others may still have. Where it had not, the rotation ends as after
  // its time, so that a crash before the last step leaves no Secret behind that nobody looks for.
  const previousKey = rotation?.step === 'Switching' ? rotation.previousKey : undefined;
  const takesOver = record(view, [...view.candidates], false);
  const steps: KeyStep[] = [
    { type: 'CopySecret', from, to: facts.names.wanted, as: 'Copy' },
    ...(isNext ? [{ ...takesOver, rotation: { step: 'Retaining', previousKey } as const }] : []),
    { type: 'DropSecret', name: from },
  ];
  return result(view, steps, undefined);
}

/** No Secret holds a key of ours: the one in memory is delivered, or a new one is made. */
function undelivered(view: View): Recovery {
  const { facts, lost } = view;
  const own = view.own.filter((id) => view.live.has(id));
  if (facts.mintedId !== undefined && view.candidates.has(facts.mintedId)) {
    const extra = lost.map((keyId): KeyStep => ({ type: 'Revoke', keyId, why: 'Lost' }));
    return result(
      view,
      [{ type: 'WriteSecret', name: facts.names.wanted }, record(view, lost, true), ...extra, ...replaced(view, own)],
      undefined,
    );
  }
  const openUntilMs = mintOpenUntil(facts);
  // An unknown key need not be the one that is awaited: a stranger may have made it.
  if (openUntilMs !== undefined) return waiting(view, openUntilMs);
  const others = view.live.size - lost.length - own.length;
  const room = MAX_KEYS - 1 - others;
  if (room < 0) {
    const steps = [...endOf(view, lost), ...asked(view)];
    return result(view, steps, { reason: 'ForeignKey', isUnusable: true });
  }
  // The key whose text was lost a moment ago may still be at work somewhere: it goes last, earlier ones make room. It goes
  // all the same where nothing else can: a Secret that is lost for ever helps nobody. Outputs that still hold one that goes
  // cannot be rewritten before: the text of the key in use is lost, a third key is never made, and the previous one is not
  // delivered anew, since it may have been replaced because it leaked.
  const isLast = (id: string) => id === facts.book.currentKey;
  const spare = [...own.filter((id) => !isLast(id)), ...own.filter(isLast)];
  const ended = spare.slice(0, Math.max(0, own.length - room));
  const steps: KeyStep[] = [
    ...asked(view),
    { type: 'Announce', attempt: attemptOf(facts), lists: listsOf(view, lost), secretName: facts.names.wanted },
    ...lost.map((keyId): KeyStep => ({ type: 'Revoke', keyId, why: 'Lost' })),
    ...ended.map((keyId): KeyStep => ({ type: 'Revoke', keyId, why: 'EndedEarly' })),
    { type: 'Mint', why: reasonOf(view) },
    { type: 'WriteSecret', name: facts.names.wanted },
    record(view, lost, true),
    ...replaced(
      view,
      own.filter((id) => !ended.includes(id)),
    ),
    ...facts.earlier.map(({ name }): KeyStep => ({ type: 'DropSecret', name })),
  ];
  return result(view, steps, undefined);
}

/** The keys whose place another one takes. Keys of Secrets that the predecessor left live on as long as it meant them to. */
function replaced({ facts }: View, own: readonly string[]): readonly KeyStep[] {
  const previous = new Set(facts.previous.map(({ keyId }) => keyId));
  return own.filter((id) => !previous.has(id)).map((keyId) => ({ type: 'Revoke', keyId, why: 'Superseded' }));
}

function reasonOf({ facts, live }: View): MintReason {
  const { wanted, book } = facts;
  if (wanted.type === 'Ours') return wanted.keyId !== undefined && live.has(wanted.keyId) ? 'SecretEdited' : 'KeyGone';
  return book.currentKey === undefined && book.ownKeys.length === 0 ? 'New' : 'SecretLost';
}

/** Keys of ours that nobody can use: into the book first, so that a crash in between leaves none behind. */
function endOf(view: View, doomed: readonly string[]): readonly KeyStep[] {
  const { book } = view.facts;
  if (doomed.length === 0 && view.claimed.length === book.claimedKeys.length) return [];
  return [record(view, doomed, false), ...doomed.map((keyId): KeyStep => ({ type: 'Revoke', keyId, why: 'Lost' }))];
}

/** The record, where it says something else than the book. */
function recordOf(view: View, takesIn: readonly string[]): readonly KeyStep[] {
  const { book } = view.facts;
  const isSame =
    book.isRecorded &&
    book.mint === undefined &&
    takesIn.length === 0 &&
    view.facts.previous.length === book.previousSecrets.length &&
    view.claimed.length === book.claimedKeys.length &&
    view.inherited.length === book.inheritedKeys.length;
  return isSame ? [] : [record(view, takesIn, false)];
}

/**
 * Where no key is delivered, a rotation that ran is over: its key goes, or takes the place of the lost one. A previous key
 * is retired all the same.
 */
function record(view: View, takesIn: readonly string[], addsMinted: boolean): Extract<KeyStep, { type: 'Record' }> {
  const step = view.facts.book.rotation?.step;
  const isOver = view.current === undefined && step !== undefined && step !== 'Retaining' && step !== 'Deactivated';
  // The Secret of the key to come is looked for while a rotation runs: its end removes it.
  const ended = view.facts.next.type === 'Ours' ? ({ step: 'Retaining' } as const) : null;
  return { type: 'Record', lists: listsOf(view, takesIn), addsMinted, ...(isOver ? { rotation: ended } : {}) };
}

/** Revocations that somebody consented to: of keys that the last status named as nobody's, and that are still so. */
function asked({ facts, foreign }: View): readonly KeyStep[] {
  const named = new Set(facts.book.foreignKeys);
  return facts.consents.revoke
    .filter((id) => named.has(id) && foreign.includes(id))
    .map((keyId) => ({ type: 'Revoke', keyId, why: 'Asked' }));
}

/** Keys that the last status named as nobody's and somebody claims for this object; the book does not say so yet. */
function claimedNow({ facts: { book }, claimed }: View): readonly string[] {
  return claimed.filter((id) => book.foreignKeys.includes(id) && !book.claimedKeys.includes(id));
}

/** Secrets of ours that deliver nothing any more. */
function leftovers(view: View): readonly KeyStep[] {
  const { facts, live } = view;
  // A copy that was made before a switch which never came is of no use.
  const isSwitching = facts.book.rotation !== undefined;
  const ended = facts.previous.filter(
    ({ keyId }) => keyId === undefined || !live.has(keyId) || (keyId === view.current && !isSwitching),
  );
  return [...facts.earlier, ...ended].map(({ name }) => ({ type: 'DropSecret', name }));
}

function waiting(view: View, untilMs: number): Recovery {
  return result(view, [], { reason: 'MintUnderWay', isUnusable: view.current === undefined, untilMs });
}

/** What an object wants that is being deleted. */
export function nothingToDo(): Recovery {
  return {
    steps: [],
    rotation: [],
    problem: undefined,
    current: undefined,
    foreign: [],
    wakeAtMs: undefined,
    retireAtMs: undefined,
    isPreviousInUse: false,
  };
}

function result(
  view: View,
  steps: readonly KeyStep[],
  problem: KeyProblem | undefined,
  rotation?: RotationPlan,
): Recovery {
  return {
    steps,
    problem,
    current: view.current,
    // Named until it was done, so that what somebody consented to counts in the pass after one that failed, too.
    foreign: [...view.foreign, ...claimedNow(view)].toSorted(),
    rotation: rotation?.steps ?? [],
    wakeAtMs: rotation?.wakeAtMs,
    retireAtMs: rotation?.retireAtMs,
    isPreviousInUse: rotation?.isPreviousInUse ?? false,
  };
}
