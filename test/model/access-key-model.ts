import { book } from '../../src/kinds/access-key/testing/facts.ts';
import { brokenLaw, restViolation, served } from './access-key-laws.ts';
import { accepted, asked, strangers, waits } from './access-key-outside.ts';
import { type Decisions, passOf } from './access-key-reads.ts';
import {
  type Budget,
  budgetTextOf,
  type Content,
  type LateCall,
  type PassStep,
  type Running,
  type State,
  textOf,
} from './access-key-state.ts';
import { applyStep, MARGIN_MS, minted, revoked, SPAN_MS } from './access-key-steps.ts';
import type { Model, Move } from './explore.ts';

/** A call that nobody waits for takes effect within the deadline that it carries, or never. */
const LATE_MS = 5_000;
/** After these steps of a pass others go on, whatever became of them. */
const STANDS_ALONE: ReadonlySet<PassStep['type']> = new Set(['SetMetadata', 'DropSecret', 'FreezeKey']);
/** Steps that read only: no fault in them leaves anything behind. */
const READS: ReadonlySet<PassStep['type']> = new Set(['Prove', 'LookAgain']);

/** The model of an AccessKey, from these states on, with what may go wrong. */
export function accessKeyModel(initial: readonly Move<State>[], decisions: Decisions): Model<State> {
  return {
    initial,
    textOf,
    budgetTextOf,
    moves: (state) => [
      ...work(state, decisions),
      ...outcomesOfLate(state),
      ...accepted(state),
      ...waits(state),
      ...strangers(state),
      ...asked(state),
    ],
    violation: brokenLaw,
    calm: (state) => calmMove(state, decisions),
    restViolation,
  };
}

/** An object that was made a moment ago: nothing of it is there yet. */
export function newborn(left: Budget): State {
  return {
    nowMs: START_MS,
    object: { book: book({ isRecorded: false, attempt: 0 }), isDeleting: false, isFrozen: false, request: 0 },
    earlier: [],
    keys: [],
    secrets: { wanted: undefined, next: undefined, previous: undefined },
    late: [],
    process: { epoch: 1, minted: undefined, isAnswerOpen: false, pass: undefined },
    left,
    made: 0,
    hasServed: false,
    isDisturbed: false,
    broken: undefined,
  };
}

/** An object whose key is in use for long. */
export function grown(left: Budget): State {
  const content: Content = { keyId: 'A', isRight: true };
  const young = newborn(left);
  return {
    ...young,
    object: {
      book: book({ ownKeys: ['A'], currentKey: 'A', attempt: 1 }),
      isDeleting: false,
      isFrozen: false,
      request: 0,
    },
    keys: [{ id: 'A', madeMs: START_MS - 86_400_000, isActive: true, isAccepted: true, by: 'us' }],
    secrets: { ...young.secrets, wanted: content },
    made: 1,
    hasServed: true,
  };
}

const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** The operator begins a pass, of a store that may be behind, or makes the next step, which may go wrong. */
function work(state: State, decisions: Decisions): readonly Move<State>[] {
  const { pass } = state.process;
  if (pass === undefined) return begun(state, decisions);
  const [step] = pass.steps;
  if (step === undefined) return [];
  const { left } = state;
  const done = stepMade(state, pass, step, decisions);
  const name = nameOf(step);
  const moves: Move<State>[] = [{ title: name, state: done }];
  const isRead = READS.has(step.type);
  if (left.crashes > 0) {
    const fewer = { ...left, crashes: left.crashes - 1 };
    moves.push({ title: `it dies before ${name}`, state: dead({ ...state, left: fewer }) });
    if (!isRead) {
      moves.push({ title: `it dies after ${name}`, state: dead({ ...done, left: fewer }) });
      moves.push(...late(state, step).map((call) => dies(state, call, fewer, name)));
    }
  }
  if (left.losses > 0 && !isRead) {
    const fewer = { ...left, losses: left.losses - 1 };
    moves.push({ title: `${name}: the call is lost`, state: failed({ ...state, left: fewer }, step) });
    moves.push({ title: `${name}: the answer is lost`, state: unanswered(done, state, step, fewer) });
    moves.push(...late(state, step).map((call) => comesLate(state, step, call, fewer, name)));
  }
  return moves;
}

function begun(state: State, decisions: Decisions): readonly Move<State>[] {
  const { object, earlier, left } = state;
  if (object === undefined) return [];
  const bases = left.staleReads === 0 ? [] : earlier.filter((base) => base !== object);
  const behind = bases.flatMap((base) => {
    const pass = passOf(state, base, decisions);
    const fewer = { ...state, left: { ...left, staleReads: left.staleReads - 1 }, earlier: [] };
    return pass === undefined ? [] : [{ title: 'a pass begins, of an old copy', state: running(fewer, pass) }];
  });
  const pass = passOf(state, object, decisions);
  return [...(pass === undefined ? [] : [{ title: 'a pass begins', state: running(state, pass) }]), ...behind];
}

function running(state: State, pass: Running | undefined): State {
  return { ...state, process: { ...state.process, pass } };
}

/** Those of a rotation are all needed for what comes after them. */
function standsAlone({ plain }: Running, step: PassStep): boolean {
  return plain > 0 && STANDS_ALONE.has(step.type);
}

/** The step has its effect, and its pass goes on or ends. */
function stepMade(state: State, pass: Running, step: PassStep, decisions: Decisions): State {
  const done = applyStep(state, pass, step, decisions);
  const goesOn = done.goesOn || standsAlone(pass, step);
  const now = done.state.process.pass;
  const rest = now?.steps.slice(1) ?? [];
  const isOver = !goesOn || now === undefined || rest.length === 0 || done.state.object === undefined;
  return running(served(done.state), isOver ? undefined : { ...now, steps: rest, plain: Math.max(0, now.plain - 1) });
}

function dead(state: State): State {
  const { epoch } = state.process;
  return { ...state, process: { epoch: epoch + 1, minted: undefined, isAnswerOpen: false, pass: undefined } };
}

/** The call fails; the pass ends, unless what comes after does not depend on it. */
function failed(state: State, step: PassStep): State {
  const { process } = state;
  const isOpen = step.type === 'Mint' || process.isAnswerOpen;
  const rest = process.pass?.steps.slice(1) ?? [];
  const before = process.pass;
  const pass =
    before !== undefined && standsAlone(before, step) && rest.length > 0
      ? { ...before, steps: rest, plain: before.plain - 1 }
      : undefined;
  return { ...state, process: { ...process, isAnswerOpen: isOpen, pass } };
}

/** It had its effect on the service, and none on what the operator knows. */
function unanswered(done: State, before: State, step: PassStep, left: Budget): State {
  const { process } = before;
  const failedOne = failed({ ...before, left }, step).process;
  return { ...done, left, process: { ...failedOne, minted: process.minted } };
}

/** What may be under way without anybody who waits for it. */
function late({ nowMs, process }: State, step: PassStep): readonly LateCall[] {
  const { pass } = process;
  if (step.type === 'Revoke' || step.type === 'End')
    return [{ type: 'Revoke', keyId: step.keyId, untilMs: nowMs + LATE_MS }];
  if (step.type !== 'Mint' || pass?.announcedMs === undefined) return [];
  return nowMs > pass.announcedMs + SPAN_MS - MARGIN_MS ? [] : [{ type: 'Mint', untilMs: pass.announcedMs + SPAN_MS }];
}

function dies(state: State, call: LateCall, left: Budget, name: string): Move<State> {
  const gone = dead({ ...state, left });
  return { title: `it dies, and ${name} is under way`, state: { ...gone, late: [...state.late, call] } };
}

function comesLate(state: State, step: PassStep, call: LateCall, left: Budget, name: string): Move<State> {
  const lost = failed({ ...state, left }, step);
  return { title: `${name}: no answer, it is under way`, state: { ...lost, late: [...state.late, call] } };
}

/** What is under way has its effect, or never will. */
function outcomesOfLate(state: State): readonly Move<State>[] {
  return state.late.flatMap((call) => {
    const others = { ...state, late: state.late.filter((each) => each !== call) };
    const landed = call.type === 'Mint' ? minted(others) : revoked(others, call.keyId);
    return [
      { title: `${call.type} takes effect late`, state: landed },
      { title: `${call.type} never takes effect`, state: others },
    ];
  });
}

/** Nothing goes wrong, nobody interferes, and time passes when nothing else is to be done. */
function calmMove(state: State, decisions: Decisions): Move<State> | undefined {
  const [call] = state.late;
  if (call !== undefined) return { title: `${call.type} never takes effect`, state: { ...state, late: [] } };
  const [acceptance] = accepted(state);
  if (acceptance !== undefined) return acceptance;
  const { pass } = state.process;
  const [step] = pass?.steps ?? [];
  if (pass !== undefined && step !== undefined) {
    return { title: nameOf(step), state: stepMade(state, pass, step, decisions) };
  }
  const next = state.object && passOf(state, state.object, decisions);
  if (next !== undefined) return { title: 'a pass begins', state: running(state, next) };
  return waits({ ...state, process: { ...state.process, pass: undefined } })[0];
}

function nameOf(step: PassStep): string {
  return 'keyId' in step ? `${step.type} ${step.keyId}` : 'name' in step ? `${step.type} ${step.name}` : step.type;
}
