import type { LiveKey } from '../../../wasabi/access-keys.ts';
import type { KeyBook, KeyFacts, OpenMint, PreviousSecret, SecretFact, WantedRotation } from '../facts.ts';

/** The service's clock in these tests. */
export const NOW = Date.parse('2026-05-01T12:00:00Z');
/** Milliseconds. */
export const DAY = 86_400_000;
/** The Secrets of the object. */
export const NAMES = { wanted: 'it-credentials', next: 'it-credentials-next', previous: 'it-credentials-previous' };
const me = { identity: 'me', epoch: 3 };

/** A live key of that age, ms. */
export function key(id: string, ageMs = DAY, isActive = true): LiveKey {
  return { id, createdAtMs: NOW - ageMs, isActive };
}

/** An announced create, ten seconds ago, of 30 s. */
export function mint(changes: Partial<OpenMint> = {}): OpenMint {
  const span = { fromMs: NOW - 10_000, untilMs: NOW + 20_000 };
  return {
    attempt: 2,
    holder: me.identity,
    epoch: me.epoch,
    ...span,
    knownKeys: new Set(),
    secretName: NAMES.wanted,
    ...changes,
  };
}

/** The same by a process that is gone, an hour ago. */
export const expired = { holder: 'gone', epoch: 2, fromMs: NOW - 3_600_000, untilMs: NOW - 3_570_000 };
/** Age of a key that the expired attempt made. */
export const INSIDE = 3_590_000;

/** A Secret of ours that holds that key, which works. */
export function secret(
  keyId: string | undefined,
  changes: Partial<Extract<SecretFact, { type: 'Ours' }>> = {},
): SecretFact {
  return { type: 'Ours', keyId, credential: 'Works', mintedAtMs: NOW - DAY, hasDrifted: false, ...changes };
}

/** A Secret of an earlier key that the predecessor left. */
export function previous(keyId: string, isProven = true): PreviousSecret {
  return { name: `it-credentials-previous-${keyId}`, keyId, isProven };
}

/** What status says: nothing but what is given. */
export function book(changes: Partial<KeyBook> = {}): KeyBook {
  const none = {
    ownKeys: [],
    claimedKeys: [],
    inheritedKeys: [],
    frozenKeys: [],
    previousSecrets: [],
    foreignKeys: [],
    handledRequest: undefined,
  };
  return {
    isRecorded: true,
    ...none,
    mint: undefined,
    rotation: undefined,
    attempt: 1,
    currentKey: undefined,
    ...changes,
  };
}

/** Everything that a pass reads: nothing but what is given. */
export function facts(changes: Partial<KeyFacts> = {}): KeyFacts {
  return {
    nowMs: NOW,
    holder: me,
    book: book(),
    legacyKeyId: undefined,
    objectCreatedAtMs: NOW - 30 * DAY,
    keys: [],
    names: NAMES,
    rotate: rotate(),
    wanted: { type: 'Absent' },
    next: { type: 'Absent' },
    previousUsedAtMs: undefined,
    earlier: [],
    previous: [],
    isPreviousTaken: false,
    mintedId: undefined,
    isAnswerOpen: false,
    elsewhere: new Set(),
    othersBusyUntilMs: undefined,
    freeze: { isAsked: false, isUserAsked: false, byUser: new Set() },
    consents: { claim: [], revoke: [] },
    ...changes,
  };
}

/** What is wanted of rotation: nothing but what is given, and a retention of seven days. */
export function rotate(changes: Partial<WantedRotation> = {}): WantedRotation {
  const none = { intervalMs: undefined, isRequested: false, isHandledRequestThere: false, opensAt: (ms: number) => ms };
  return { ...none, retentionMs: 7 * DAY, ...changes };
}
