import { attemptOf, listsOf, usable, type View } from './accounting.ts';
import type { KeyStep, OpenRotation, RotationProblem, RotationRecord } from './facts.ts';
import { dropped, end, IDLE, type RotationPlan, record, rotationDueMs } from './rotation-plan.ts';
import { retiring } from './rotation-retiring.ts';

/** A key that does not work for so long never will, ms. */
const NEVER_WORKS_MS = 900_000;
/** After a rotation whose key never worked, ms. */
const FAILED_RETRY_MS = 3_600_000;
/** A new key that does not work yet is tried again after as long as it is old, within these, ms. */
const PROBE_MS = { least: 1_000, most: 30_000 } as const;
/**
 * The next steps of a rotation, from everything that was read, while the published Secret holds a key that works: the
 * table of docs/access-keys.md. Pure. The published Secret changes in one write, and only to a key that was tried.
 */
export function planRotation(view: View, current: string): RotationPlan {
  const { rotation } = view.facts.book;
  switch (rotation?.step) {
    case undefined:
      return begin(view, current);
    case 'Minting':
      return minting(view, current);
    case 'Probing':
      return probing(view, current, rotation);
    case 'Switching':
      return switching(view, current, rotation);
    case 'Retaining':
    case 'Deactivated':
      return retiring(view, current, rotation);
    case 'Failed':
      return failed(view, current, rotation);
  }
}

/** It is tried again while it is still due, in its window, or still asked for. */
function failed(view: View, current: string, { sinceMs, reason }: OpenRotation): RotationPlan {
  const { nowMs, rotate } = view.facts;
  if (rotate.isRequested) return begin(view, current);
  const isAsked = reason === 'Requested' && rotate.isHandledRequestThere;
  const dueMs = isAsked ? nowMs : rotationDueMs(view, current);
  if (dueMs === undefined) return { ...IDLE, steps: end(view) };
  const untilMs = Math.max(dueMs, sinceMs + FAILED_RETRY_MS);
  if (nowMs >= untilMs) return begin(view, current);
  return { ...blocked('RotationFailed', untilMs), steps: dropped(view.facts.next, view.facts.names.next) };
}

function begin(view: View, current: string): RotationPlan {
  const { facts, own, claimed } = view;
  const { nowMs, names, next, book } = facts;
  // What was begun goes on, whatever had asked for it.
  const isBegun = book.rotation?.step === 'Minting' || book.rotation?.step === 'Failed';
  const dueMs = isBegun ? nowMs : rotationDueMs(view, current);
  const earlier = facts.previous.find(({ keyId = '' }) => keyId !== current && isOwnLive(view, keyId));
  // A key that the predecessor had replaced fills the quota: it is retired like one of ours, which always is.
  if (earlier?.keyId !== undefined && (dueMs !== undefined || earlier.name === names.previous)) {
    const steps = [record(view, { step: 'Retaining', previousKey: earlier.keyId })];
    return { ...IDLE, keeps: [earlier.keyId], steps };
  }
  if (dueMs === undefined) return IDLE;
  if (nowMs < dueMs) return { ...IDLE, wakeAtMs: dueMs };
  if (!own.includes(current) && !claimed.includes(current)) return blocked('OwnershipUnproven');
  if (next.type === 'NotOurs') return blocked('SecretNotOurs');
  if (facts.isPreviousTaken) return blocked('PreviousNotOurs');
  if (view.live.size - view.lost.length > 1) return blocked('ForeignKey');
  const minting: RotationRecord = { step: 'Minting' };
  const steps: KeyStep[] = [
    {
      type: 'Announce',
      attempt: attemptOf(facts),
      lists: listsOf(view, view.lost),
      secretName: names.next,
      rotation: minting,
    },
    { type: 'Mint', why: 'Rotation' },
    ...deliverSteps(view, current),
  ];
  return { ...IDLE, steps };
}

/** A key was announced; it is in memory, in its Secret, or was never made. */
function minting(view: View, current: string): RotationPlan {
  const next = unrecordedMint(view);
  if (next === undefined) return begin(view, current);
  if (next === view.facts.mintedId) return { ...IDLE, keeps: [next], steps: deliverSteps(view, current) };
  const takesIn = [next, ...view.lost];
  // A key that no book of ours has is believed when it works.
  if (!worksNext(view)) {
    const madeAtMs = view.live.get(next)?.createdAtMs ?? view.facts.nowMs;
    return hadItsTime(view, madeAtMs)
      ? neverWorks(view, next, takesIn)
      : { ...IDLE, keeps: [next], ...polled(view, next) };
  }
  const steps = [record(view, { step: 'Probing' }, takesIn), ...switchSteps(view, current, takesIn)];
  return { ...IDLE, keeps: [next], steps };
}

/**
 * The announced key of a rotation, in memory or in its Secret, that is still to be recorded: nothing else may close its
 * intent. Undefined: there is none, or what there is delivers nothing. Pure.
 */
export function unrecordedMint(view: View): string | undefined {
  const { facts, candidates, current } = view;
  const { book, mintedId, next, names } = facts;
  if (book.mint?.secretName !== names.next) return undefined;
  const made = [mintedId, usable(next, view)];
  return made.find((id) => id !== undefined && id !== current && candidates.has(id));
}

/** The new key is in its Secret and recorded; it has to work before anybody gets it. */
function probing(view: View, current: string, { sinceMs }: OpenRotation): RotationPlan {
  const { facts } = view;
  const next = nextKey(view, current);
  // Its text is lost, or somebody revoked it: another one is made, and it goes like any key that is replaced.
  if (next === undefined) {
    return {
      ...IDLE,
      steps: [...dropped(facts.next, facts.names.next), record(view, { step: 'Minting' })],
      wakeAtMs: facts.nowMs,
    };
  }
  if (worksNext(view)) return { ...IDLE, keeps: [next], steps: switchSteps(view, current) };
  // A freeze that ended counts anew.
  const triedFromMs = Math.max(view.live.get(next)?.createdAtMs ?? sinceMs, sinceMs);
  return hadItsTime(view, triedFromMs) ? neverWorks(view, next) : { ...IDLE, keeps: [next], ...polled(view, next) };
}

function hadItsTime({ facts: { nowMs } }: View, fromMs: number): boolean {
  return nowMs - fromMs > NEVER_WORKS_MS;
}

/** From the record on nobody publishes it, whatever it is worth when its revocation takes effect. */
function neverWorks(view: View, next: string, takesIn: readonly string[] = []): RotationPlan {
  const { nowMs, names } = view.facts;
  const steps: KeyStep[] = [
    record(view, { step: 'Failed' }, takesIn),
    { type: 'Revoke', keyId: next, why: 'NeverWorked' },
    { type: 'DropSecret', name: names.next },
  ];
  return { ...IDLE, keeps: [next], steps, wakeAtMs: nowMs + FAILED_RETRY_MS };
}

/** From here on status names the key that goes; the switch itself is one write. */
function switching(view: View, current: string, rotation: OpenRotation): RotationPlan {
  const { previousKey } = rotation;
  const { facts } = view;
  if (previousKey !== undefined && current !== previousKey) {
    const steps = [...dropped(facts.next, facts.names.next), record(view, { step: 'Retaining', previousKey })];
    return { ...IDLE, keeps: [previousKey], steps, wakeAtMs: facts.nowMs + facts.rotate.retentionMs };
  }
  const next = nextKey(view, current);
  if (next === undefined || !worksNext(view)) return probing(view, current, rotation);
  return { ...IDLE, keeps: [next], steps: publishSteps(view, current) };
}

/** The key in memory into its Secret, the record, the trial, then the switch. */
function deliverSteps(view: View, current: string): readonly KeyStep[] {
  const { next } = view.facts.names;
  const probing = record(view, { step: 'Probing' }, view.lost, true);
  const switched = switchSteps(view, current, view.lost, true);
  return [{ type: 'WriteSecret', name: next }, probing, { type: 'Prove', name: next }, ...switched];
}

/** The key in use into the Secret of the previous one, the record, then the switch. */
function switchSteps(
  view: View,
  current: string,
  takesIn: readonly string[] = [],
  addsMinted = false,
): readonly KeyStep[] {
  const { names } = view.facts;
  return [
    { type: 'CopySecret', from: names.wanted, to: names.previous, as: 'Keep' },
    record(view, { step: 'Switching', previousKey: current }, takesIn, addsMinted),
    ...publishSteps(view, current, takesIn, addsMinted),
  ];
}

/** The switch itself, and what is done then. */
function publishSteps(
  view: View,
  current: string,
  takesIn: readonly string[] = [],
  addsMinted = false,
): readonly KeyStep[] {
  const { names } = view.facts;
  return [
    { type: 'CopySecret', from: names.next, to: names.wanted, as: 'Switch' },
    { type: 'DropSecret', name: names.next },
    record(view, { step: 'Retaining', previousKey: current }, takesIn, addsMinted),
  ];
}

/** The key to come, when its Secret holds one that can be used. */
function nextKey(view: View, current: string): string | undefined {
  const id = usable(view.facts.next, view);
  return id === current ? undefined : id;
}

function worksNext({ facts: { next } }: View): boolean {
  return next.type === 'Ours' && next.credential === 'Works';
}

function isOwnLive({ own, live }: View, id: string): boolean {
  return own.includes(id) && live.has(id);
}

function blocked(reason: RotationProblem['reason'], untilMs?: number): RotationPlan {
  const problem = { isOfRotation: true, isUnusable: false, reason } as const;
  return untilMs === undefined
    ? { ...IDLE, problem }
    : { ...IDLE, problem: { ...problem, untilMs }, wakeAtMs: untilMs };
}

function polled(view: View, keyId: string): Pick<RotationPlan, 'wakeAtMs'> {
  const { nowMs } = view.facts;
  const ageMs = nowMs - (view.live.get(keyId)?.createdAtMs ?? nowMs);
  return { wakeAtMs: nowMs + Math.min(PROBE_MS.most, Math.max(PROBE_MS.least, ageMs)) };
}
