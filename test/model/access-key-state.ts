import type { KeyBook, KeyStep } from '../../src/kinds/access-key/facts.ts';
import type { NAMES } from '../../src/kinds/access-key/testing/facts.ts';

/**
 * A small model of one AccessKey: its object in Kubernetes, the keys of its user in IAM, its three Secrets, one process
 * that works on it and can die, and people who interfere. What the process decides is the operator's own code.
 */
export interface State {
  /** The service's clock, ms. */
  readonly nowMs: number;
  /** Undefined: it is gone. */
  readonly object: Stored | undefined;
  /** How the object was before, newest first: what a store that is behind may still show. */
  readonly earlier: readonly Stored[];
  readonly keys: readonly ModelKey[];
  readonly secrets: Secrets;
  /** Calls that were sent, and whose answer nobody waits for any more: they may take effect, or never. */
  readonly late: readonly LateCall[];
  readonly process: Process;
  readonly left: Budget;
  /** Keys that were made so far. */
  readonly made: number;
  /** Workloads have had a key that works. */
  readonly hasServed: boolean;
  /** Somebody took the key or the Secret that workloads read, or asked for a freeze or the deletion. */
  readonly isDisturbed: boolean;
  /** The law that the last move broke. */
  readonly broken: string | undefined;
}

/** The object as it is stored; each write makes another one, which is its resourceVersion. */
export interface Stored {
  readonly book: KeyBook;
  readonly isDeleting: boolean;
  readonly isFrozen: boolean;
  /** The text of the request to rotate; 0: none. */
  readonly request: number;
}

/** An access key of the user. */
export interface ModelKey {
  readonly id: string;
  readonly madeMs: number;
  readonly isActive: boolean;
  /** The service accepts it: a new key takes a while. */
  readonly isAccepted: boolean;
  /** `unknowable`: a stranger's, made in the window of an attempt, which nobody could tell from a lost one of ours. */
  readonly by: 'us' | 'stranger' | 'unknowable';
}

/** What a Secret holds. */
export interface Content {
  readonly keyId: string;
  /** The text is that of the key. */
  readonly isRight: boolean;
}

/** By what they are for. */
export type Secrets = Readonly<Record<SecretRole, Content | undefined>>;
export type SecretRole = keyof typeof NAMES;

export type LateCall =
  | { readonly type: 'Mint'; readonly untilMs: number }
  | { readonly type: 'Revoke'; readonly keyId: string; readonly untilMs: number };

/** The operator, and what it has in memory. */
export interface Process {
  readonly epoch: number;
  /** A key whose text it has, and no Secret yet. */
  readonly minted: string | undefined;
  readonly isAnswerOpen: boolean;
  readonly pass: Running | undefined;
}

/** What the steps of a pass that are not in the table are: those of the end of a pass, and of a deletion. */
export type PassStep =
  | KeyStep
  | { readonly type: 'Status' | 'ConfirmDeletion' | 'LookAgain' | 'DropAll' | 'RemoveFinalizer' }
  | { readonly type: 'End'; readonly keyId: string };

/** A pass under way, with what it has read. */
export interface Running {
  /** As it read or last wrote the object. */
  readonly base: Stored;
  readonly hasWritten: boolean;
  readonly steps: readonly PassStep[];
  /** So many of them are not of a rotation. */
  readonly plain: number;
  readonly listed: readonly string[];
  readonly read: Secrets;
  /** The key that it has delivered. */
  readonly delivered: string | undefined;
  /** It sent a create. */
  readonly announcedMs: number | undefined;
}

/** How much may still go wrong, or be asked for. */
export interface Budget {
  readonly crashes: number;
  /** Calls that get lost on the way, their answers, and calls that take effect late. */
  readonly losses: number;
  readonly staleReads: number;
  /** How often time passes in the middle of a pass: a machine that is busy, a process that was stopped. */
  readonly delays: number;
  /** Keys that the service does not accept for as long as a rotation waits. */
  readonly refusals: number;
  /** What strangers do: keys and Secrets that are deleted, changed or made. */
  readonly strangers: number;
  readonly requests: number;
  readonly freezes: number;
  readonly deletions: number;
}

export const NO_FAULTS: Budget = {
  crashes: 0,
  losses: 0,
  staleReads: 0,
  delays: 0,
  refusals: 0,
  strangers: 0,
  requests: 0,
  freezes: 0,
  deletions: 0,
};

/** How much may still go wrong, and how many keys were made: what bounds the search. */
export function budgetTextOf({ left, made }: State): string {
  return `${Object.values(left).join()},${made}`;
}

/** A state as a text in which keys are numbered by where they come first: a mint more makes no other state. */
export function textOf(state: State): string {
  const { nowMs, object, keys, secrets, late, process, left } = state;
  const since = (ms: number) => nowMs - ms;
  const { mint, rotation } = object?.book ?? {};
  const oldMs = AGES_MS[rotation?.step ?? 'none'];
  // The window of an attempt decides about keys that it did not know.
  const ageOf = ({ id, madeMs }: ModelKey) =>
    mint !== undefined && !mint.knownKeys.has(id) ? since(madeMs) : Math.min(since(madeMs), oldMs);
  const parts = [
    object === undefined ? 'gone' : storedText(object, nowMs),
    left.staleReads === 0 ? '' : state.earlier.map((each) => storedText(each, nowMs)).join('<'),
    keys.map((key) => `#${key.id}${ageOf(key)}${key.isActive ? 'a' : 'i'}${key.isAccepted}${key.by}`).join(),
    ROLES.map((role) => contentText(secrets[role])).join(),
    late.map((call) => `${call.type}${call.type === 'Revoke' ? `#${call.keyId}` : ''}${since(call.untilMs)}`).join(),
    `${process.minted === undefined ? '' : `#${process.minted}`}${process.isAnswerOpen}`,
    process.pass === undefined ? '' : passText(state, process.pass),
    `${object?.book.mint === undefined ? '' : process.epoch - object.book.mint.epoch}`,
    `${state.hasServed}${state.isDisturbed}`,
  ];
  return renumbered(parts.join('|'));
}

export const ROLES: readonly SecretRole[] = ['wanted', 'next', 'previous'];
/** By the step of a rotation: no decision tells ages of keys and of the step apart that are greater than this, ms. */
const AGES_MS = {
  none: 61_000,
  Minting: 900_001,
  Probing: 900_001,
  Switching: 900_001,
  Retaining: 14_400_000,
  Deactivated: 14_400_000,
  Failed: 3_600_000,
} as const;

function contentText(content: Content | undefined): string {
  return content === undefined ? '-' : `#${content.keyId}${content.isRight ? '' : '!'}`;
}

function storedText({ book, isDeleting, isFrozen, request }: Stored, nowMs: number): string {
  const { mint, rotation } = book;
  const lists = [book.ownKeys, book.frozenKeys, book.foreignKeys].map((ids) => idsText(ids)).join(';');
  const open =
    mint === undefined
      ? ''
      : `${mint.secretName}${nowMs - mint.fromMs},${nowMs - mint.untilMs},${idsText([...mint.knownKeys])}`;
  const turn =
    rotation === undefined
      ? ''
      : `${rotation.step}${rotation.reason}${Math.min(nowMs - rotation.sinceMs, AGES_MS[rotation.step])}${idsText([rotation.previousKey ?? ''])}`;
  const flags = `${book.isRecorded}${isDeleting}${isFrozen}${request - Number(book.handledRequest ?? 0)}`;
  return `${flags}${lists};${book.previousSecrets.join()};${open};${turn};${idsText([book.currentKey ?? ''])}`;
}

function idsText(ids: readonly string[]): string {
  return ids.map((id) => (id === '' ? '-' : `#${id}`)).join('');
}

function passText(state: State, pass: Running): string {
  const base = pass.base === state.object ? '=' : storedText(pass.base, state.nowMs);
  const read = ROLES.map((role) => (pass.read[role] === state.secrets[role] ? '=' : contentText(pass.read[role])));
  const announced = pass.announcedMs === undefined ? '' : state.nowMs - pass.announcedMs;
  const delivered = idsText([pass.delivered ?? '']);
  const steps = pass.steps.map(stepText).join('>');
  return `${base}${pass.hasWritten}${idsText(pass.listed)}${read.join('')}${announced}${delivered}${pass.plain}${steps}`;
}

const stepTexts = new WeakMap<PassStep, string>();

/** Ids of keys stand in steps as JSON strings of one letter. */
function stepText(step: PassStep): string {
  const known = stepTexts.get(step);
  if (known !== undefined) return known;
  const text = JSON.stringify(step)
    .replace(/"attempt":\d+,/, '')
    .replaceAll(/"([A-Z])"/g, '#$1');
  stepTexts.set(step, text);
  return text;
}

function renumbered(text: string): string {
  const numbers = new Map<string, number>();
  return text.replaceAll(/#([A-Z])/g, (_match, id: string) => {
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    return `#${number}`;
  });
}
