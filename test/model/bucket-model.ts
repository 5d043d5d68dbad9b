import { fateOf } from '../../src/managed/fate.ts';
import { type Ownership, ownershipOf } from '../../src/managed/ownership.ts';
import {
  type BucketPass,
  type BucketState,
  type BucketStep,
  bucketBudgetText,
  bucketText,
  type ModelBucket,
  markerOf,
  NO_BUCKET_FAULTS,
  ownerOf,
  releasedMarkerOf,
  type StoredBucket,
} from './bucket-state.ts';
import type { Model, Move } from './explore.ts';

/** What decides: the operator's own functions, or ones with a defect that the search must find. */
export interface BucketDecisions {
  readonly ownershipOf: typeof ownershipOf;
  readonly fateOf: typeof fateOf;
}

export const OWN_DECISIONS: BucketDecisions = { ownershipOf, fateOf };

const START_MS = Date.parse('2026-01-01T00:00:00Z');
/** From the announcement of a create to its deadline, ms. */
const SPAN_MS = 30_000;
/** Longer than the span of an announced create and what clocks may differ; ms. */
const LONG_MS = 60_000;

/** The model of a Bucket, from these states on, with what may go wrong. */
export function bucketModel(initial: readonly Move<BucketState>[], decisions: BucketDecisions): Model<BucketState> {
  return {
    initial,
    textOf: bucketText,
    budgetTextOf: bucketBudgetText,
    moves: (state) => [...work(state, decisions), ...waits(state), ...strangers(state), ...asked(state)],
    violation: ({ broken }) => broken,
    calm: (state) => calmMove(state, decisions),
    restViolation: (state) => restViolation(state, decisions),
  };
}

/** An object that was made a moment ago; `bucket`: what has its name already. */
export function newBucket(
  left: Partial<BucketState['left']>,
  spec: Partial<Pick<StoredBucket, 'policy' | 'isForced' | 'adopts'>> = {},
  bucket?: ModelBucket,
): BucketState {
  const object = objectOf(1, spec);
  const budget = { ...NO_BUCKET_FAULTS, ...left };
  return { nowMs: START_MS, object, earlier: [], bucket, pass: undefined, left: budget, objects: 1, broken: undefined };
}

function objectOf(ordinal: number, spec: Partial<StoredBucket>): StoredBucket {
  return {
    uid: `uid-${ordinal}`,
    isDeleting: false,
    hasFinalizer: false,
    policy: 'Delete',
    isForced: false,
    adopts: false,
    generation: 1,
    hasTarget: false,
    identityMs: undefined,
    intent: undefined,
    ...spec,
  };
}

/** Whose the bucket is, as a pass decides that finds this object in its store. */
function ownershipIn(
  { bucket }: BucketState,
  object: StoredBucket,
  { ownershipOf: decide }: BucketDecisions,
): Ownership {
  const claim = {
    owner: ownerOf(object),
    adoptionPolicy: object.adopts ? ('AdoptOrCreate' as const) : ('CreateOnly' as const),
    mayAdopt: true,
    recordedIdentity: object.identityMs === undefined ? undefined : String(object.identityMs),
    createIntent: object.intent,
  };
  const evidence = bucket && { marker: bucket.marker, identity: String(bucket.madeMs), createdAtMs: bucket.madeMs };
  return decide(claim, evidence, 'bucket "logs"');
}

/** What a pass that reads now is going to do; undefined: nothing. */
function passOf(state: BucketState, base: StoredBucket, decisions: BucketDecisions): BucketPass | undefined {
  const steps = base.isDeleting ? deletionOf(state, base, decisions) : upkeepOf(state, base, decisions);
  return steps.length === 0 ? undefined : { base, steps, create: 'none' };
}

function upkeepOf(state: BucketState, base: StoredBucket, decisions: BucketDecisions): readonly BucketStep[] {
  const { bucket } = state;
  const ownership = ownershipIn(state, base, decisions);
  if (!ownership.mayManage) return [];
  const claims: BucketStep[] = base.hasFinalizer ? ['Target'] : ['Finalizer', 'Target'];
  if (bucket === undefined) return [...claims, 'Create', 'Mark', 'LookAgain'];
  const isMarked = ownership.marker === undefined || bucket.marker === ownership.marker;
  if (!isMarked) return [...claims, 'Mark', 'LookAgain'];
  const isRecorded = base.hasTarget && base.hasFinalizer;
  const isKnown = !ownership.mayDestroy || base.identityMs === bucket.madeMs;
  if (isRecorded && isKnown && base.intent === undefined) return [];
  return [...(isRecorded ? [] : claims), 'LookAgain'];
}

function deletionOf(state: BucketState, base: StoredBucket, decisions: BucketDecisions): readonly BucketStep[] {
  if (!base.hasFinalizer) return [];
  if (!base.hasTarget) return ['RemoveFinalizer'];
  const ownership = state.bucket && ownershipIn(state, base, decisions);
  const fate = decisions.fateOf(ownership, base.policy);
  if (fate === 'Unproven') return [];
  if (fate !== 'Undo') return ['RemoveFinalizer'];
  if (base.policy === 'Retain') return ['Release', 'RemoveFinalizer'];
  if (state.bucket?.hasData === true && !base.isForced) return []; // blocked: it says what to do
  return ['ConfirmDeletion', base.isForced ? 'ForceDelete' : 'Delete', 'LookForIt', 'RemoveFinalizer'];
}

interface Done {
  readonly state: BucketState;
  readonly goesOn: boolean;
}

/** Makes the first step of the pass, as the kernel and the kind make it. */
function applyStep(state: BucketState, pass: BucketPass, step: BucketStep, decisions: BucketDecisions): Done {
  const { bucket, nowMs } = state;
  const { base } = pass;
  switch (step) {
    case 'Finalizer':
      return guarded(state, pass, { hasFinalizer: true });
    case 'Target': {
      if (bucket !== undefined && pass.steps[1] !== 'Create') return guarded(state, pass, { hasTarget: true });
      const intent = { fromMs: nowMs, toMs: nowMs + SPAN_MS };
      const done = guarded(state, pass, { hasTarget: true, intent, identityMs: undefined });
      return done.state.pass === undefined
        ? done
        : { ...done, state: { ...done.state, pass: { ...done.state.pass, create: 'announced' } } };
    }
    case 'Create': {
      const isOver = base.intent === undefined || nowMs > base.intent.toMs;
      // It fails; what is there is looked at once more.
      if (bucket !== undefined || isOver)
        return { state: { ...state, pass: { ...pass, steps: ['Create', 'LookAgain'] } }, goesOn: true };
      const made = { madeMs: nowMs, marker: undefined, hasData: false, madeBy: base.uid };
      return { state: { ...state, bucket: made, pass: { ...pass, create: 'made' } }, goesOn: true };
    }
    case 'Mark':
      if (bucket === undefined) return { state, goesOn: false };
      return {
        state: { ...state, bucket: { ...bucket, marker: markerOf(base) }, broken: takenOver(bucket, base) },
        goesOn: true,
      };
    case 'LookAgain':
      return lookAgain(state, pass, decisions);
    case 'Release':
      if (bucket?.marker !== markerOf(base)) return { state, goesOn: true };
      return { state: { ...state, bucket: { ...bucket, marker: releasedMarkerOf(base) } }, goesOn: true };
    case 'ConfirmDeletion': {
      const { object } = state;
      const isAsked = object?.uid === base.uid && object.isDeleting && object.generation === base.generation;
      return isAsked ? guarded(state, { ...pass, base: object }, {}) : { state, goesOn: false };
    }
    case 'Delete':
    case 'ForceDelete':
      if (bucket === undefined) return { state, goesOn: true };
      if (bucket.hasData && step === 'Delete') return { state, goesOn: false };
      return { state: { ...state, bucket: undefined, broken: destroyed(bucket, base) }, goesOn: true };
    case 'LookForIt':
      return { state, goesOn: bucket === undefined };
    case 'RemoveFinalizer':
      return state.object?.uid === base.uid && state.object.isDeleting
        ? { state: { ...state, object: undefined, broken: leftBehind(state, base) }, goesOn: false }
        : { state, goesOn: false };
  }
}

/** A write that only goes through to the object as it was read. */
function guarded(state: BucketState, pass: BucketPass, changed: Partial<StoredBucket>): Done {
  if (state.object === undefined || pass.base !== state.object) return { state, goesOn: false };
  const object = { ...state.object, ...changed };
  return { state: { ...stored(state, object), pass: { ...pass, base: object } }, goesOn: true };
}

function stored(state: BucketState, object: StoredBucket): BucketState {
  const before = state.object === undefined ? [] : [state.object];
  return { ...state, object, earlier: state.left.staleReads === 0 ? [] : [...before, ...state.earlier].slice(0, 2) };
}

/** What the pass found in the end: the identity is recorded where it is proven, and the intent goes. */
function lookAgain(state: BucketState, pass: BucketPass, decisions: BucketDecisions): Done {
  const { object, bucket } = state;
  if (object === undefined || object.uid !== pass.base.uid || bucket === undefined) return { state, goesOn: false };
  const ownership = ownershipIn(state, pass.base, decisions);
  if (!ownership.mayManage) return { state, goesOn: false };
  const proven = ownership.mayDestroy ? { identityMs: bucket.madeMs } : {};
  return { state: stored(state, { ...object, ...proven, intent: undefined }), goesOn: true };
}

function takenOver(bucket: ModelBucket, { uid, adopts }: StoredBucket): string | undefined {
  const mayBeTaken = bucket.madeBy === uid || bucket.madeBy === 'unknowable' || adopts;
  return mayBeTaken ? undefined : "no stranger's bucket is marked as ours";
}

function destroyed(bucket: ModelBucket, base: StoredBucket): string | undefined {
  if (base.policy !== 'Delete' || !base.isDeleting) return 'a bucket goes only where its object says so';
  if (bucket.hasData && !base.isForced) return 'data goes only where its object says so';
  const isOurs = bucket.madeBy === base.uid || bucket.madeBy === 'unknowable' || base.adopts;
  return isOurs ? undefined : "no stranger's bucket is deleted";
}

/** Of an object that goes, the bucket that it made is gone, or stays as its policy says. */
function leftBehind({ bucket }: BucketState, { uid, policy }: StoredBucket): string | undefined {
  if (bucket?.madeBy !== uid) return undefined;
  return policy === 'Retain' ? undefined : 'an object under Delete takes its bucket with it';
}

function work(state: BucketState, decisions: BucketDecisions): readonly Move<BucketState>[] {
  const { pass, left } = state;
  if (pass === undefined) return begun(state, decisions);
  const [step] = pass.steps;
  if (step === undefined) return [];
  const done = stepMade(state, pass, step, decisions);
  const moves: Move<BucketState>[] = [{ title: step, state: done }];
  const ended = (from: BucketState, budget: BucketState['left']) => ({ ...from, left: budget, pass: undefined });
  for (const [fault, title] of [
    ['crashes', 'it dies'],
    ['losses', 'the call fails'],
  ] as const) {
    if (left[fault] === 0) continue;
    const fewer = { ...left, [fault]: left[fault] - 1 };
    moves.push({ title: `${title} before ${step}`, state: ended(state, fewer) });
    moves.push({ title: `${title} after ${step}`, state: ended(done, fewer) });
  }
  return moves;
}

function begun(state: BucketState, decisions: BucketDecisions): readonly Move<BucketState>[] {
  const { object, earlier, left } = state;
  const behind = left.staleReads === 0 ? [] : earlier.filter((base) => base !== object);
  const stale = behind.flatMap((base) => {
    const pass = passOf(state, base, decisions);
    const fewer = { ...state, left: { ...left, staleReads: left.staleReads - 1 }, earlier: [] };
    return pass === undefined ? [] : [{ title: 'a pass begins, of an old copy', state: { ...fewer, pass } }];
  });
  const pass = object && passOf(state, object, decisions);
  return [...(pass === undefined ? [] : [{ title: 'a pass begins', state: { ...state, pass } }]), ...stale];
}

function stepMade(state: BucketState, pass: BucketPass, step: BucketStep, decisions: BucketDecisions): BucketState {
  const { state: after, goesOn } = applyStep(state, pass, step, decisions);
  const rest = after.pass?.steps.slice(1) ?? [];
  const isOver = !goesOn || after.pass === undefined || rest.length === 0;
  return { ...after, pass: isOver ? undefined : { ...after.pass, steps: rest } };
}

/** An announced create is over. */
function waits(state: BucketState): readonly Move<BucketState>[] {
  if (state.object?.intent === undefined || state.nowMs > state.object.intent.toMs + LONG_MS) return [];
  return [{ title: 'a minute passes', state: { ...state, nowMs: state.nowMs + LONG_MS } }];
}

function strangers(state: BucketState): readonly Move<BucketState>[] {
  const { left, bucket, object, pass, nowMs } = state;
  if (left.strangers === 0) return [];
  const fewer = { ...state, left: { ...left, strangers: left.strangers - 1 } };
  if (bucket === undefined) {
    // In the span of a create of ours, or while a pass is about to delete, nobody can tell it from ours.
    const isUnknowable = object?.intent !== undefined || pass !== undefined;
    const made = {
      madeMs: nowMs,
      marker: undefined,
      hasData: true,
      madeBy: isUnknowable ? 'unknowable' : 'a stranger',
    };
    return [{ title: 'somebody makes a bucket of that name', state: { ...fewer, bucket: made } }];
  }
  return [
    { title: 'somebody deletes the bucket', state: { ...fewer, bucket: undefined, nowMs: nowMs + LONG_MS } },
    { title: 'somebody takes the tags off', state: { ...fewer, bucket: { ...bucket, marker: undefined } } },
    ...(bucket.hasData ? [] : [{ title: 'data comes', state: { ...fewer, bucket: { ...bucket, hasData: true } } }]),
  ];
}

function asked(state: BucketState): readonly Move<BucketState>[] {
  const { object, left, objects } = state;
  if (object === undefined) {
    if (left.successors === 0) return [];
    const next = objectOf(objects + 1, {});
    const fewer = { ...left, successors: left.successors - 1 };
    return [
      { title: 'an object of that name is made', state: { ...state, object: next, objects: objects + 1, left: fewer } },
    ];
  }
  const edit = (title: string, changed: Partial<StoredBucket>, kind: 'edits' | 'deletions'): Move<BucketState>[] => {
    if (left[kind] === 0) return [];
    const after = stored(state, { ...object, ...changed });
    return [{ title, state: { ...after, left: { ...left, [kind]: left[kind] - 1 } } }];
  };
  const generation = object.generation + 1;
  const policy = object.policy === 'Delete' ? 'Retain' : 'Delete';
  return [
    ...edit(`deletionPolicy: ${policy}`, { policy, generation }, 'edits'),
    ...edit(`forceDelete: ${!object.isForced}`, { isForced: !object.isForced, generation }, 'edits'),
    ...(object.isDeleting ? [] : edit('the object is deleted', gone(object), 'deletions')),
  ];
}

/** Without a finalizer the API server removes it at once: the model asks for a pass that finds it has none. */
function gone(object: StoredBucket): Partial<StoredBucket> {
  return { isDeleting: true, generation: object.generation + 1 };
}

function calmMove(state: BucketState, decisions: BucketDecisions): Move<BucketState> | undefined {
  const { pass, object } = state;
  const [step] = pass?.steps ?? [];
  if (pass !== undefined && step !== undefined) return { title: step, state: stepMade(state, pass, step, decisions) };
  const next = object && passOf(state, object, decisions);
  if (next !== undefined) return { title: 'a pass begins', state: { ...state, pass: next } };
  return undefined;
}

function restViolation(state: BucketState, decisions: BucketDecisions): string | undefined {
  const { object, bucket } = state;
  if (object === undefined) return undefined;
  if (object.isDeleting) {
    if (!object.hasFinalizer) return undefined;
    const ownership = bucket && ownershipIn(state, object, decisions);
    const isBlocked = bucket?.hasData === true && !object.isForced;
    const isUnproven = ownership?.mayManage === true && !ownership.mayDestroy && object.policy === 'Delete';
    return isBlocked || isUnproven ? undefined : 'a deletion ends';
  }
  if (bucket === undefined) return 'there is a bucket in the end';
  if (bucket.madeBy === object.uid && bucket.marker !== markerOf(object)) return 'our bucket has our marker';
  return undefined;
}
