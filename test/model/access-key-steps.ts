import { isDeepStrictEqual } from 'node:util';
import { accountedFor } from '../../src/kinds/access-key/accounting.ts';
import type { KeyBook, KeyStep, RotationRecord } from '../../src/kinds/access-key/facts.ts';
import { mintOpenUntil } from '../../src/kinds/access-key/recovery.ts';
import { NAMES } from '../../src/kinds/access-key/testing/facts.ts';
import { type Decisions, factOf, factsOf, leftOf, statusOf } from './access-key-reads.ts';
import {
  type Content,
  type PassStep,
  ROLES,
  type Running,
  type SecretRole,
  type State,
  type Stored,
} from './access-key-state.ts';

/** From the announcement of a create to its deadline, and how long before that none is sent any more; ms: src/kinds/access-key/mint.ts. */
export const SPAN_MS = 30_000;
export const MARGIN_MS = 10_000;
/** Of keys: one letter each. */
const IDS = Array.from({ length: 26 }, (_, index) => String.fromCharCode('A'.charCodeAt(0) + index));
/** A user has no more keys. */
const MAX_KEYS = 2;

/** What a step came to: the pass goes on, or ends with an error. */
export interface Done {
  readonly state: State;
  readonly goesOn: boolean;
}

/** Makes the first step of the pass under way, as `applyKey` and the kernel make it. */
export function applyStep(state: State, pass: Running, step: PassStep, decisions: Decisions): Done {
  switch (step.type) {
    case 'Announce':
      return announce(state, pass, step);
    case 'Mint':
      return mint(state, pass);
    case 'WriteSecret':
      return writeSecret(state, pass, step.name);
    case 'CopySecret':
      return copySecret(state, pass, step);
    case 'Prove': {
      const fact = factOf(state, pass.base.book, state.secrets[roleOf(step.name)]);
      return { state, goesOn: fact.type === 'Ours' && fact.credential === 'Works' };
    }
    case 'Record':
      return record(state, pass, step);
    case 'RecordFrozen': {
      const lists = pass.base.book.isRecorded ? {} : { isRecorded: true, ownKeys: step.lists.own };
      return guarded(state, pass, { ...pass.base.book, ...lists, frozenKeys: step.keys });
    }
    case 'Deactivate':
    case 'FreezeKey':
      return { state: setActive(state, step.keyId, false, step.type), goesOn: true };
    case 'ThawKey':
      if (!isBasis(state, pass)) return { state, goesOn: false };
      return { state: setActive(state, step.keyId, true, step.type), goesOn: true };
    case 'Revoke': {
      if (!isBasis(state, pass)) return { state, goesOn: false };
      const fact = factOf(state, pass.base.book, state.secrets.wanted);
      const hasSuccessor = fact.type === 'Ours' && fact.credential === 'Works' && fact.keyId !== step.keyId;
      if (step.why === 'Superseded' && !hasSuccessor) return { state, goesOn: false };
      return { state: revoked(state, step.keyId), goesOn: true };
    }
    case 'End':
      return { state: revoked(state, step.keyId), goesOn: true };
    case 'SetMetadata':
      return { state, goesOn: true };
    case 'DropSecret':
      return { state: withSecret(state, roleOf(step.name), undefined), goesOn: true };
    case 'DropAll':
      return {
        state: { ...state, secrets: { wanted: undefined, next: undefined, previous: undefined } },
        goesOn: true,
      };
    case 'Status':
      return writeStatus(state, pass, decisions);
    case 'ConfirmDeletion':
      return guarded(state, pass, pass.base.book);
    case 'LookAgain':
      return lookAgain(state, pass);
    case 'RemoveFinalizer': {
      const isLeft = state.object !== undefined && leftOf(state, factsOf(state, state.object)).length > 0;
      return isLeft ? { state, goesOn: false } : { state: { ...state, object: undefined }, goesOn: false };
    }
  }
}

/** A write that only goes through to the object as it was read. */
function guarded(state: State, pass: Running, book: KeyBook): Done {
  if (state.object === undefined || pass.base !== state.object) return { state, goesOn: false };
  const object = { ...state.object, book };
  const running = { ...pass, base: object, hasWritten: true };
  const written = { ...stored(state, object), process: { ...state.process, pass: running } };
  return { state: written, goesOn: true };
}

/** The object has changed; a store that is behind shows what it was. */
export function stored(state: State, object: Stored): State {
  const before = state.object === undefined ? [] : [state.object];
  return { ...state, object, earlier: state.left.staleReads === 0 ? [] : [...before, ...state.earlier].slice(0, 2) };
}

function isBasis({ object }: State, { base, hasWritten }: Running): boolean {
  if (hasWritten || base === object) return true;
  return object !== undefined && isDeepStrictEqual({ ...object, request: 0 }, { ...base, request: 0 });
}

function announce(state: State, pass: Running, step: Extract<KeyStep, { type: 'Announce' }>): Done {
  const { nowMs, process } = state;
  const { lists, attempt, secretName, rotation } = step;
  const { book, request } = pass.base;
  const span = { fromMs: nowMs, untilMs: nowMs + SPAN_MS };
  const holder = { holder: 'operator', epoch: process.epoch };
  const done = guarded(state, pass, {
    ...book,
    isRecorded: true,
    ownKeys: lists.own,
    ...(rotation === undefined
      ? {}
      : { ...turned(book, rotation, nowMs), ...(request === 0 ? {} : { handledRequest: String(request) }) }),
    mint: { attempt, ...holder, ...span, knownKeys: new Set(pass.listed), secretName },
  });
  if (!done.goesOn || done.state.process.pass === undefined) return done;
  const running = { ...done.state.process.pass, announcedMs: nowMs };
  return { ...done, state: { ...done.state, process: { ...process, isAnswerOpen: false, pass: running } } };
}

function turned(book: KeyBook, rotation: RotationRecord, nowMs: number): Pick<KeyBook, 'rotation'> {
  const { step, previousKey } = rotation;
  return { rotation: { step, reason: book.rotation?.reason ?? 'Requested', sinceMs: nowMs, previousKey } };
}

/** Too late it is not sent. */
function mint(state: State, { announcedMs = 0 }: Running): Done {
  if (state.nowMs > announcedMs + SPAN_MS - MARGIN_MS) return { state, goesOn: false };
  const made = minted(state);
  if (made === state) return { state, goesOn: false };
  const id = made.keys.at(-1)?.id;
  return { state: { ...made, process: { ...made.process, minted: id, isAnswerOpen: false } }, goesOn: true };
}

/** The service makes a key, if there is room. */
export function minted(state: State): State {
  if (state.keys.length >= MAX_KEYS) return state;
  return withKey(state, 'us');
}

/** One key more. */
export function withKey(state: State, by: State['keys'][number]['by']): State {
  const free = IDS.find((id) => !isMentioned(state, id)) ?? '?';
  const key = { id: free, madeMs: state.nowMs, isActive: true, isAccepted: false, by };
  return { ...state, keys: [...state.keys, key], made: state.made + (by === 'us' ? 1 : 0) };
}

function isMentioned({ keys, object, secrets, process, late, earlier }: State, id: string): boolean {
  const books = [object, process.pass?.base, ...earlier].flatMap((each) => (each === undefined ? [] : [each.book]));
  const told = books.flatMap(({ ownKeys, frozenKeys, foreignKeys, currentKey, rotation, mint }) => [
    ...ownKeys,
    ...frozenKeys,
    ...foreignKeys,
    currentKey,
    rotation?.previousKey,
    ...(mint?.knownKeys ?? []),
  ]);
  const held = [...ROLES.map((role) => secrets[role]), ...Object.values(process.pass?.read ?? {})];
  const calls = late.map((call) => (call.type === 'Revoke' ? call.keyId : undefined));
  const inSteps = process.pass?.steps.some((step) => JSON.stringify(step).includes(`"${id}"`)) === true;
  const named = [...keys.map((key) => key.id), ...told, ...held.map((each) => each?.keyId), ...calls];
  return inSteps || named.includes(id) || process.minted === id || process.pass?.delivered === id;
}

/** The Secret is created, or overwritten as it was read; where another key of ours came first, our own goes. */
function writeSecret(state: State, pass: Running, name: string): Done {
  const role = roleOf(name);
  const { minted: id } = state.process;
  if (id === undefined) return { state, goesOn: false };
  const standing = state.secrets[role];
  if (standing !== pass.read[role]) {
    if (standing?.keyId === id) return delivered(state, pass, id);
    if (standing === undefined) return { state, goesOn: false };
    const without = revoked(state, id);
    return { state: { ...without, process: { ...without.process, minted: undefined } }, goesOn: false };
  }
  return delivered(withSecret(state, role, { keyId: id, isRight: true }), pass, id);
}

function delivered(state: State, pass: Running, id: string): Done {
  const process = { ...state.process, minted: undefined, pass: { ...pass, delivered: id, read: state.secrets } };
  return { state: { ...state, process }, goesOn: true };
}

function copySecret(state: State, pass: Running, { from, to }: Extract<KeyStep, { type: 'CopySecret' }>): Done {
  const source = state.secrets[roleOf(from)];
  const role = roleOf(to);
  const isChanged = state.secrets[role] !== pass.read[role] && state.secrets[role]?.keyId !== source?.keyId;
  if (source === undefined || isChanged) return { state, goesOn: false };
  const copied = withSecret(state, role, source);
  return { state: { ...copied, process: { ...state.process, pass: { ...pass, read: copied.secrets } } }, goesOn: true };
}

function record(state: State, pass: Running, step: Extract<KeyStep, { type: 'Record' }>): Done {
  const { book } = pass.base;
  if (step.addsMinted && pass.delivered === undefined) return { state, goesOn: false };
  const added = step.addsMinted && pass.delivered !== undefined ? [pass.delivered] : [];
  const { rotation } = step;
  const turn =
    rotation === undefined ? {} : rotation === null ? { rotation: undefined } : turned(book, rotation, state.nowMs);
  const done = guarded(state, pass, {
    ...book,
    isRecorded: true,
    ownKeys: [...new Set([...step.lists.own, ...added])],
    previousSecrets: state.secrets.previous === undefined ? [] : [NAMES.previous],
    ...turn,
    mint: undefined,
    attempt: book.mint?.attempt ?? book.attempt,
  });
  if (!done.goesOn) return done;
  const held = [pass.read.wanted?.keyId, pass.read.next?.keyId];
  const { process } = done.state;
  const isHeld = process.minted !== undefined && held.includes(process.minted);
  return {
    ...done,
    state: { ...done.state, process: { ...process, isAnswerOpen: false, minted: isHeld ? undefined : process.minted } },
  };
}

/** The end of a pass: what it saw last. The lists are not its to write. */
function writeStatus(state: State, pass: Running, { recover }: Decisions): Done {
  const { object } = state;
  if (object === undefined) return { state, goesOn: false };
  const read = factsOf(state, pass.base);
  const book = statusOf(object.book, pass.base, read, recover(read));
  if (book === object.book) return { state, goesOn: true };
  return { state: stored(state, { ...object, book }), goesOn: true };
}

/** The pass of a deletion goes on from what it reads after it was confirmed. */
function lookAgain(state: State, pass: Running): Done {
  const read = factsOf(state, pass.base);
  if (mintOpenUntil(read) !== undefined) return { state, goesOn: false };
  const ends = accountedFor(read).mine.map((keyId): PassStep => ({ type: 'End', keyId }));
  const steps: PassStep[] = [{ type: 'LookAgain' }, ...ends, { type: 'DropAll' }, { type: 'RemoveFinalizer' }];
  return {
    state: {
      ...state,
      process: { ...state.process, minted: undefined, isAnswerOpen: false, pass: { ...pass, steps } },
    },
    goesOn: true,
  };
}

/** The key is gone, if it was there; a law is broken where it was not ours to take. */
export function revoked(state: State, keyId: string): State {
  const key = state.keys.find(({ id }) => id === keyId);
  const left = { ...state, keys: state.keys.filter(({ id }) => id !== keyId) };
  const forgotten =
    state.process.minted === keyId ? { ...left, process: { ...left.process, minted: undefined } } : left;
  return { ...forgotten, broken: broken(state, key?.by, keyId, 'revoked') };
}

function setActive(state: State, keyId: string, isActive: boolean, why: string): State {
  const key = state.keys.find(({ id }) => id === keyId);
  const keys = state.keys.map((each) => (each.id === keyId ? { ...each, isActive } : each));
  const law = why === 'Deactivate' ? broken(state, key?.by, keyId, 'made inactive') : strangersLaw(key?.by, why);
  return { ...state, keys, broken: law };
}

function broken({ secrets, object }: State, by: string | undefined, keyId: string, what: string): string | undefined {
  const { wanted } = secrets;
  const isInUse = wanted?.keyId === keyId && wanted.isRight && object?.isDeleting === false;
  if (isInUse) return `the key in the Secret that workloads read is not ${what}`;
  return strangersLaw(by, what);
}

function strangersLaw(by: string | undefined, what: string): string | undefined {
  return by === 'stranger' ? `no stranger's key is touched: ${what}` : undefined;
}

function withSecret(state: State, role: SecretRole, content: Content | undefined): State {
  return { ...state, secrets: { ...state.secrets, [role]: content } };
}

function roleOf(name: string): SecretRole {
  const role = ROLES.find((each) => NAMES[each] === name);
  if (role === undefined) throw new Error(`no Secret of the model is called ${name}`);
  return role;
}
