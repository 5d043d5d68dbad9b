import type { LiveKey } from '../../wasabi/access-keys.ts';
import type { KeyFacts, KeyLists, OpenMint, SecretFact } from './facts.ts';

/** Clocks of two machines, the whole seconds in which the service gives times, and a call that lands late; ms. */
export const SKEW_MS = 5_000;
/** A key that was made so long ago and is not listed is gone; before that, the listing may be behind; ms. */
const LISTING_LAG_MS = 60_000;
/** How much older than its object a key of the predecessor may be, ms. */
const LEGACY_SKEW_MS = 300_000;

/** A Secret of this very object. */
export type Ours = Extract<SecretFact, { readonly type: 'Ours' }>;

/** What deleting the object means: everything that is accounted to it, but what nothing proves. Pure. */
export function accountedFor(facts: KeyFacts): {
  readonly mine: readonly string[];
  /** Those of them that nobody can use, or nobody uses yet. */
  readonly undelivered: readonly string[];
  readonly unproven: readonly string[];
} {
  const { own, claimed, inherited, candidates, lost, live } = viewOf(facts);
  const isThere = (id: string) => live.has(id) || id === facts.mintedId;
  const [published, toCome] = [facts.wanted, facts.next].map((fact) => (fact.type === 'Ours' ? fact.keyId : undefined));
  const isNew = toCome !== undefined && published !== undefined && toCome !== published && own.includes(toCome);
  return {
    mine: [...new Set([...own, ...claimed, ...candidates])].filter(isThere),
    undelivered: [...lost, ...(isNew ? [toCome] : [])].filter(isThere),
    unproven: inherited.filter(isThere),
  };
}

/** The facts, sorted by who accounts for which key. */
export interface View {
  readonly facts: KeyFacts;
  readonly live: ReadonlyMap<string, LiveKey>;
  /** Keys of ours by the book and, at take-over, by proof. */
  readonly own: readonly string[];
  readonly claimed: readonly string[];
  readonly inherited: readonly string[];
  /** Made by the announced attempt: its window, and nobody else accounts for them. */
  readonly candidates: ReadonlySet<string>;
  /** Candidates whose text is nowhere. */
  readonly lost: readonly string[];
  readonly foreign: readonly string[];
  readonly current: string | undefined;
}

/** Sorts the facts. Pure. */
export function viewOf(facts: KeyFacts): View {
  const { book, elsewhere, consents } = facts;
  const live = new Map(facts.keys.map((key) => [key.id, key]));
  const takenOver = facts.legacyKeyId === undefined ? undefined : takeOver(facts, live);
  const own = [...book.ownKeys, ...(takenOver?.own ?? [])];
  const kept = [...book.inheritedKeys, ...(takenOver?.inherited ?? [])];
  // Claimed are keys that the last status named to everybody as nobody's, or inherited ones.
  const mayClaim = new Set([...book.foreignKeys.filter((id) => !elsewhere.has(id)), ...kept]);
  const asked = consents.claim.filter((id) => live.has(id) && mayClaim.has(id));
  const claimed = [...new Set([...book.claimedKeys, ...asked])];
  const inherited = kept.filter((id) => !claimed.includes(id));
  const accounted = new Set([...own, ...claimed, ...inherited, ...elsewhere]);
  const candidates = new Set(
    facts.keys.filter((key) => !accounted.has(key.id) && isInWindow(key, book.mint)).map(({ id }) => id),
  );
  if (facts.mintedId !== undefined && !accounted.has(facts.mintedId)) candidates.add(facts.mintedId);
  const partial = { facts, live, own, claimed, inherited, candidates };
  const current = usable(facts.wanted, partial);
  const held = new Set([
    ...[facts.wanted, facts.next, ...facts.earlier.map(({ fact }) => fact)].flatMap(
      (fact) => usable(fact, partial) ?? [],
    ),
    // It is to be delivered; else another process was first.
    ...(current === undefined || book.mint?.secretName === facts.names.next ? [facts.mintedId] : []),
  ]);
  return {
    ...partial,
    current,
    lost: [...candidates].filter((id) => !held.has(id)),
    // A listing has no order of its own, and status must not change with it.
    foreign: [...live.keys()].filter((id) => !accounted.has(id) && !candidates.has(id)).toSorted(),
  };
}

/**
 * What the predecessor's object brings: the key that its status names and its Secret holds, if it is no older than the
 * object, and keys of earlier Secrets whose text was tried. All else is left alone and named.
 */
function takeOver(
  { wanted, previous, legacyKeyId, objectCreatedAtMs }: KeyFacts,
  live: ReadonlyMap<string, LiveKey>,
): { readonly own: readonly string[]; readonly inherited: readonly string[] } {
  const keyId = wanted.type === 'Ours' && wanted.credential !== 'Wrong' ? wanted.keyId : undefined;
  if (keyId === undefined || !live.has(keyId)) return { own: provenOf(previous), inherited: [] };
  const createdAtMs = live.get(keyId)?.createdAtMs;
  const isProven =
    keyId === legacyKeyId && createdAtMs !== undefined && createdAtMs >= objectCreatedAtMs - LEGACY_SKEW_MS;
  return {
    own: [...(isProven ? [keyId] : []), ...provenOf(previous).filter((id) => id !== keyId)],
    inherited: isProven ? [] : [keyId],
  };
}

/** The same attempt goes on until a key of it is recorded. Pure. */
export function attemptOf({ book }: KeyFacts): number {
  return book.mint?.attempt ?? book.attempt + 1;
}

/** A list of status holds 16 keys; one is for the key that is made next. */
const MAX_LISTED = 15;

/** The lists as they stand with those keys taken in. What is revoked long ago goes; a key that lives never does. Pure. */
export function listsOf({ own, claimed, inherited, live }: View, takesIn: readonly string[]): KeyLists {
  const listed = (ids: readonly string[]) => {
    const gone = ids.filter((id) => !live.has(id) && !takesIn.includes(id));
    const dropped = new Set(gone.slice(0, Math.max(0, ids.length - MAX_LISTED)));
    return ids.filter((id) => !dropped.has(id));
  };
  return { own: listed([...new Set([...own, ...takesIn])]), claimed: listed(claimed), inherited: listed(inherited) };
}

function provenOf(previous: KeyFacts['previous']): readonly string[] {
  return previous.flatMap(({ keyId, isProven }) => (isProven && keyId !== undefined ? [keyId] : []));
}

/** The key that a Secret delivers: one of ours, with its text as far as anybody can tell. */
export function usable(
  fact: SecretFact,
  view: Pick<View, 'facts' | 'live' | 'own' | 'claimed' | 'inherited' | 'candidates'>,
): string | undefined {
  if (fact.type !== 'Ours' || fact.keyId === undefined || fact.credential === 'Wrong') return undefined;
  const { keyId } = fact;
  if (!view.live.has(keyId) && !isYoung(fact, view.facts.nowMs)) return undefined;
  const isRecorded = [...view.own, ...view.claimed, ...view.inherited].includes(keyId);
  return isRecorded || view.candidates.has(keyId) ? keyId : undefined;
}

/** Its key was made a moment ago: a listing need not have it yet. */
function isYoung({ mintedAtMs }: Ours, nowMs: number): boolean {
  return mintedAtMs !== undefined && mintedAtMs <= nowMs + SKEW_MS && nowMs < mintedAtMs + LISTING_LAG_MS;
}

function isInWindow({ id, createdAtMs }: LiveKey, mint: OpenMint | undefined): boolean {
  if (mint === undefined || createdAtMs === undefined || mint.knownKeys.has(id)) return false;
  return createdAtMs >= mint.fromMs - SKEW_MS && createdAtMs <= mint.untilMs + SKEW_MS;
}
