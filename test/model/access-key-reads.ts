import { accountedFor } from '../../src/kinds/access-key/accounting.ts';
import type { KeyBook, KeyFacts, Recovery, SecretFact } from '../../src/kinds/access-key/facts.ts';
import { mintOpenUntil, type recover } from '../../src/kinds/access-key/recovery.ts';
import { WRONG_TEXT_MS } from '../../src/kinds/access-key/secret-facts.ts';
import { facts, NAMES, rotate } from '../../src/kinds/access-key/testing/facts.ts';
import {
  type Content,
  type PassStep,
  ROLES,
  type Running,
  type SecretRole,
  type State,
  type Stored,
} from './access-key-state.ts';

/** What decides: the operator's own function, or one with a defect that the search must find. */
export interface Decisions {
  readonly recover: typeof recover;
}

/** How long the previous key lives on, ms. */
export const RETENTION_MS = 7_200_000;

/** What a pass that reads now, and finds that object in its store, is going to do; undefined: nothing. */
export function passOf(state: State, base: Stored, { recover }: Decisions): Running | undefined {
  const read = factsOf(state, base);
  const { keys } = state;
  const running = {
    base,
    hasWritten: false,
    listed: keys.map(({ id }) => id),
    read: state.secrets,
    delivered: undefined,
    announcedMs: undefined,
  };
  if (base.isDeleting) {
    if (mintOpenUntil(read) !== undefined) return undefined;
    const isEmpty = leftOf(state, read).length === 0;
    const steps: PassStep[] = isEmpty
      ? [{ type: 'RemoveFinalizer' }]
      : [{ type: 'ConfirmDeletion' }, { type: 'LookAgain' }];
    return { ...running, steps, plain: 0 };
  }
  const recovery = recover(read);
  const { steps, rotation } = recovery;
  const all: PassStep[] = [...steps, ...rotation];
  if (all.length === 0 && statusOf(base.book, base, read, recovery) === base.book) return undefined;
  return { ...running, steps: [...all, { type: 'Status' }], plain: steps.length };
}

/** What keeps the object: keys that are accounted to it, and Secrets of it. */
export function leftOf(state: State, read: KeyFacts): readonly string[] {
  const { mine, unproven } = accountedFor(read);
  return [...mine, ...unproven, ...ROLES.filter((role) => mayRead(state, read.book, role) && state.secrets[role])];
}

/** Everything that a pass reads. */
export function factsOf(state: State, { book, request, isFrozen }: Stored): KeyFacts {
  const { nowMs, keys, process } = state;
  const requested = request === 0 ? undefined : String(request);
  const isSeen = book.isRecorded && book.currentKey !== undefined;
  const wants = {
    retentionMs: RETENTION_MS,
    isRequested: isSeen && requested !== undefined && requested !== book.handledRequest,
    isHandledRequestThere: requested !== undefined && requested === book.handledRequest,
  };
  const next = mayRotate(book, wants.isRequested)
    ? factOf(state, book, state.secrets.next)
    : ({ type: 'Absent' } as const);
  const kept = mayRead(state, book, 'previous', wants.isRequested) ? state.secrets.previous : undefined;
  return facts({
    nowMs,
    holder: { identity: 'operator', epoch: process.epoch },
    book,
    objectCreatedAtMs: 0,
    keys: keys.map(({ id, madeMs, isActive }) => ({ id, createdAtMs: madeMs, isActive })),
    rotate: rotate(wants),
    wanted: factOf(state, book, state.secrets.wanted),
    next,
    previous: kept === undefined ? [] : [{ name: NAMES.previous, keyId: kept.keyId, isProven: false }],
    mintedId: process.minted,
    isAnswerOpen: process.isAnswerOpen,
    freeze: { isAsked: isFrozen, isUserAsked: false, byUser: new Set() },
  });
}

/** The Secret of a key to come is read only while it may be there. */
function mayRotate({ rotation, mint }: KeyBook, isRequested: boolean): boolean {
  return rotation !== undefined || mint?.secretName === NAMES.next || isRequested;
}

function mayRead(state: State, book: KeyBook, role: SecretRole, isRequested = false): boolean {
  if (role === 'wanted') return true;
  if (role === 'previous' && book.previousSecrets.includes(NAMES.previous)) return true;
  return mayRotate(book, isRequested) && state.object !== undefined;
}

export function factOf({ keys, nowMs }: State, { currentKey }: KeyBook, content: Content | undefined): SecretFact {
  if (content === undefined) return { type: 'Absent' };
  const key = keys.find(({ id }) => id === content.keyId);
  const common = { type: 'Ours', keyId: content.keyId, mintedAtMs: undefined, hasDrifted: false } as const;
  if (key === undefined) return { ...common, credential: 'Untried' };
  if (!key.isActive) return { ...common, credential: 'Inactive' };
  const isOld = key.isAccepted && nowMs - key.madeMs >= WRONG_TEXT_MS;
  if (!content.isRight) return { ...common, credential: content.keyId === currentKey || isOld ? 'Wrong' : 'Pending' };
  return { ...common, credential: key.isAccepted ? 'Works' : 'Pending' };
}

/** What status says after a pass that read this; the same book where it says so already. */
export function statusOf(
  book: KeyBook,
  { request }: Stored,
  read: KeyFacts,
  { current, foreign }: Pick<Recovery, 'current' | 'foreign'>,
): KeyBook {
  const works = current !== undefined && read.wanted.type === 'Ours' && read.wanted.credential === 'Works';
  const currentKey = works ? current : book.currentKey;
  const handledRequest = read.rotate.isRequested || request === 0 ? book.handledRequest : String(request);
  const isSame =
    currentKey === book.currentKey &&
    handledRequest === book.handledRequest &&
    foreign.join() === book.foreignKeys.join();
  return isSame ? book : { ...book, foreignKeys: foreign, currentKey, handledRequest };
}
