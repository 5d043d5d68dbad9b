import { SKEW_MS } from '../../src/kinds/access-key/accounting.ts';
import { WRONG_TEXT_MS } from '../../src/kinds/access-key/secret-facts.ts';
import { NAMES } from '../../src/kinds/access-key/testing/facts.ts';
import { served } from './access-key-laws.ts';
import { RETENTION_MS } from './access-key-reads.ts';
import type { Budget, SecretRole, State, Stored } from './access-key-state.ts';
import { MARGIN_MS, SPAN_MS, stored, withKey } from './access-key-steps.ts';
import type { Move } from './explore.ts';

/** Times at which something is decided anew, ms: src/kinds/access-key/rotation.ts and rotation-retiring.ts. */
const NEVER_WORKS_MS = 900_000;
const FAILED_RETRY_MS = 3_600_000;
const INACTIVE_GRACE_MS = 3_600_000;
const YOUNG_MS = 60_000;

/** The service accepts a new key. Pure. */
export function accepted(state: State): readonly Move<State>[] {
  return state.keys
    .filter(({ isAccepted }) => !isAccepted)
    .map(({ id }) => {
      const keys = state.keys.map((key) => (key.id === id ? { ...key, isAccepted: true } : key));
      return { title: `the service accepts key ${id}`, state: served({ ...state, keys }) };
    });
}

/** Time passes until something may be decided in another way; what is under way is over by then. */
export function waits(state: State): readonly Move<State>[] {
  const step = state.process.pass?.steps[0]?.type;
  // A process is slow where it matters: before the create, and with the key in its memory.
  const isSlow = step === 'Mint' || step === 'WriteSecret';
  const isPaused = state.process.pass !== undefined;
  if (isPaused && (!isSlow || state.left.delays === 0)) return [];
  const nextMs = nextMoment(state);
  if (nextMs === undefined || state.late.some(({ untilMs }) => untilMs < nextMs)) return [];
  const { keys, left } = state;
  const isRefused = keys.some(({ madeMs, isAccepted }) => !isAccepted && nextMs > madeMs + NEVER_WORKS_MS);
  if (isRefused && left.refusals === 0) return [];
  const fewer = {
    ...left,
    refusals: left.refusals - (isRefused ? 1 : 0),
    delays: left.delays - (isPaused ? 1 : 0),
  };
  return [{ title: `${(nextMs - state.nowMs) / 1_000} s pass`, state: { ...state, nowMs: nextMs, left: fewer } }];
}

/** When the next decision may be another one, though nothing happens; ms. */
function nextMoment({ nowMs, object, keys, secrets, process }: State): number | undefined {
  if (object === undefined) return undefined;
  const { mint, rotation } = object.book;
  const announcedMs = process.pass?.announcedMs;
  const moments = [
    ...(announcedMs === undefined ? [] : [announcedMs + SPAN_MS - MARGIN_MS + 1]),
    ...(mint === undefined ? [] : [mint.untilMs + SKEW_MS]),
    ...(rotation === undefined ? [] : momentsOf(rotation.step, rotation.sinceMs, keys)),
    ...keys.map(({ madeMs }) => madeMs + YOUNG_MS),
    ...keys
      .filter(({ id }) => secrets.wanted?.keyId === id && !secrets.wanted.isRight)
      .map(({ madeMs }) => madeMs + WRONG_TEXT_MS),
  ];
  const later = moments.filter((ms) => ms > nowMs);
  return later.length === 0 ? undefined : Math.min(...later);
}

function momentsOf(step: string, sinceMs: number, keys: State['keys']): readonly number[] {
  switch (step) {
    case 'Minting':
    case 'Probing':
    case 'Switching':
      return [sinceMs, ...keys.map(({ madeMs }) => madeMs)].map((ms) => ms + NEVER_WORKS_MS + 1);
    case 'Retaining':
      return [sinceMs + RETENTION_MS, sinceMs + 2 * RETENTION_MS];
    case 'Deactivated':
      return [sinceMs + INACTIVE_GRACE_MS, ...keys.map(({ madeMs }) => madeMs + 2 * RETENTION_MS)];
    case 'Failed':
      return [sinceMs + FAILED_RETRY_MS];
    default:
      return [];
  }
}

/** What people do who are not asked: once or so. */
export function strangers(state: State): readonly Move<State>[] {
  const { left, object, secrets, keys } = state;
  if (left.strangers === 0 || object === undefined) return [];
  const fewer = { ...state, left: { ...left, strangers: left.strangers - 1 } };
  const hit = (title: string, changed: Partial<State>, takes: boolean): Move<State> => ({
    title: `somebody ${title}`,
    state: { ...fewer, ...changed, isDisturbed: state.isDisturbed || takes },
  });
  // A key that was tried is published a moment later: to take it then is to take it from workloads.
  const isOfUse = (keyId: string) => [secrets.wanted?.keyId, secrets.next?.keyId].includes(keyId);
  const isOpen = object.book.mint !== undefined || state.process.pass !== undefined;
  return [
    ...(['wanted', 'next', 'previous'] as const).flatMap((role) => taken(state, role, hit)),
    ...keys
      .filter(({ by }) => by === 'us')
      .flatMap(({ id, isActive }) => [
        hit(`revokes key ${id}`, { keys: keys.filter((key) => key.id !== id) }, isOfUse(id)),
        ...(isActive
          ? [
              hit(
                `makes key ${id} inactive`,
                { keys: keys.map((key) => (key.id === id ? { ...key, isActive: false } : key)) },
                true,
              ),
            ]
          : []),
      ]),
    ...(keys.length < 2 ? [hit('makes a key', withKey(fewer, isOpen ? 'unknowable' : 'stranger'), false)] : []),
  ];
}

function taken(
  { secrets }: State,
  role: SecretRole,
  hit: (title: string, changed: Partial<State>, takes: boolean) => Move<State>,
): readonly Move<State>[] {
  const content = secrets[role];
  if (content === undefined) return [];
  const isWanted = role === 'wanted';
  const gone = hit(`deletes the Secret ${NAMES[role]}`, { secrets: { ...secrets, [role]: undefined } }, isWanted);
  const edited = { secrets: { ...secrets, [role]: { ...content, isRight: false } } };
  return [
    gone,
    ...(content.isRight ? [hit(`edits the Secret ${NAMES[role]}`, edited, isWanted || role === 'next')] : []),
  ];
}

/** What the user asks for. */
export function asked(state: State): readonly Move<State>[] {
  const { object, left } = state;
  if (object === undefined || object.isDeleting) return [];
  const edit = (title: string, changed: Partial<Stored>, budget: Partial<Budget>, takes: boolean): Move<State> => {
    const after = stored(state, { ...object, ...changed });
    return { title, state: { ...after, left: { ...left, ...budget }, isDisturbed: state.isDisturbed || takes } };
  };
  return [
    ...(left.requests > 0
      ? [edit('a rotation is asked for', { request: object.request + 1 }, { requests: left.requests - 1 }, false)]
      : []),
    ...(left.freezes > 0 && !object.isFrozen
      ? [edit('a freeze is asked for', { isFrozen: true }, { freezes: left.freezes - 1 }, true)]
      : []),
    ...(object.isFrozen ? [edit('the freeze is taken back', { isFrozen: false }, {}, true)] : []),
    ...(left.deletions > 0
      ? [edit('the object is deleted', { isDeleting: true }, { deletions: left.deletions - 1 }, true)]
      : []),
  ];
}
