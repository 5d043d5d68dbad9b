import type { AccessKey } from '../../api/access-key.ts';
import type { User } from '../../api/user.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { type LiveKey, listAccessKeys } from '../../wasabi/access-keys.ts';
import { frozenKeysOf, isFreezeAsked } from '../key-freeze.ts';
import { accountedFor } from './accounting.ts';
import { bookOf, legacyKeyOf } from './book.ts';
import { changesOf } from './changes.ts';
import { type KeyClient, serviceNowMs, stateOf } from './client.ts';
import { consentsOf, type DesiredKey } from './desired.ts';
import type {
  FreezeFacts,
  KeyFacts,
  PreviousSecret,
  Recovery,
  SecretFact,
  SecretNames,
  WantedRotation,
} from './facts.ts';
import { lastUseOf } from './last-use.ts';
import { mintOpenUntil, nothingToDo, recover } from './recovery.ts';
import { userReference } from './references.ts';
import { dueByTimeMs, wantedRotation } from './rotation-wanted.ts';
import { previousSecret, type SecretQuestion, secretFact, settledFact } from './secret-facts.ts';
import { previousSelector, secretNamesOf } from './secret-object.ts';
import { keysElsewhere } from './siblings.ts';

/** The keys of the user and the Secrets concerned, as they were read, and what follows from them. */
export interface ObservedKey {
  /** false: the service has no such user, and so none of its keys. */
  readonly hasUser: boolean;
  readonly facts: KeyFacts;
  readonly recovery: Recovery;
}

/** Reads the keys and the Secrets. There is always something to read while the user exists: an absent key is an answer. */
export async function observeKey(client: KeyClient, desired: DesiredKey, signal: AbortSignal): Promise<ObservedKey> {
  const { hasUser, keys } = await readKeys(client, signal);
  const settled = await settledKey(client, keys, desired, signal);
  if (settled !== undefined) return { hasUser, ...settled };
  const facts = await readFacts(client, keys, desired, signal).catch((thrown: unknown) => {
    // An emergency stop does not wait for a Secret that cannot be read, or a key that cannot be tried.
    if (!mayFreezeUnread(client)) throw thrown;
    return factsOf(client, keys, desired, NO_SECRETS, signal);
  });
  return { hasUser, facts, recovery: recover(facts) };
}

/**
 * What is known of a key at rest without a read of its Secret; undefined: it is not at rest, or something is to be done.
 * A watch may be late, so nothing is ever done because of what it says.
 */
async function settledKey(
  client: KeyClient,
  keys: readonly LiveKey[],
  desired: DesiredKey,
  signal: AbortSignal,
): Promise<Pick<ObservedKey, 'facts' | 'recovery'> | undefined> {
  if (client.written !== undefined) return undefined; // the watch does not have yet what this pass did
  const { isRecorded, mint, rotation, currentKey } = bookOf(client.resource);
  if (!isRecorded || mint !== undefined || rotation !== undefined) return undefined;
  const { names, metadata } = desired;
  const question = { name: names.wanted, keys, isLegacy: false, provenKey: currentKey, metadata };
  const wanted = settledFact(client, question);
  if (wanted === undefined || wanted.keyId !== currentKey || mayHaveNext(client, keys, wanted)) return undefined;
  const facts = await readFacts(client, keys, desired, signal, wanted);
  const recovery = recover(facts);
  return changesOf(recovery).length === 0 ? { facts, recovery } : undefined;
}

/**
 * The same for a deletion.
 * @returns undefined when no key and no Secret of the object is left, and none can come any more
 */
export async function observeForDeletion(client: KeyClient, signal: AbortSignal): Promise<ObservedKey | undefined> {
  const { resource, lookup } = client;
  const { hasUser, keys } = await readKeys(client, signal);
  const desired = { names: secretNamesOf(resource), metadata: undefined, consents: consentsOf(client.resource) };
  const facts = await readFacts(client, keys, desired, signal).catch((thrown: unknown) => {
    // In a namespace that is being deleted our rights may be gone before the object: what status knows has to suffice.
    const isRefused = thrown instanceof ReconcileError && thrown.reason === 'Forbidden';
    if (!isRefused || !lookup.isTerminating(resource.metadata.namespace ?? '')) throw thrown;
    client.standing.clear();
    return factsOf(client, keys, desired, NO_SECRETS, signal);
  });
  const { mine, unproven } = accountedFor(facts);
  const standing = [...client.standing.values()].filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const isOver = mintOpenUntil(facts) === undefined;
  if (isOver && mine.length + unproven.length + standing.length === 0) return undefined;
  return { hasUser, facts, recovery: nothingToDo() };
}

/** The keys are to be made inactive, and status says which they are. */
function mayFreezeUnread(client: KeyClient): boolean {
  const state = stateOf(client);
  return isFreezeAsked(state) && bookOf(state).isRecorded;
}

async function readKeys(
  client: KeyClient,
  signal: AbortSignal,
): Promise<{ readonly hasUser: boolean; readonly keys: readonly LiveKey[] }> {
  const listed = await listAccessKeys(client.wasabi, client.userName, signal);
  client.listedAtMs = client.clock.monotonicMs();
  client.keyIds = (listed ?? []).map(({ id }) => id);
  return { hasUser: listed !== undefined, keys: listed ?? [] };
}

interface Question extends Pick<DesiredKey, 'names' | 'consents'> {
  readonly metadata: DesiredKey['metadata'] | undefined;
}

interface SecretFacts {
  readonly wanted: SecretFact;
  readonly next: SecretFact;
  readonly earlier: readonly { readonly name: string; readonly fact: SecretFact }[];
  readonly previous: readonly PreviousSecret[];
  readonly isPreviousTaken: boolean;
}

const NO_SECRETS: SecretFacts = {
  wanted: { type: 'Absent' },
  next: { type: 'Absent' },
  earlier: [],
  previous: [],
  isPreviousTaken: false,
};

/** @param settled the Secret of the wanted name, where it need not be read */
async function readFacts(
  client: KeyClient,
  keys: readonly LiveKey[],
  desired: Question,
  signal: AbortSignal,
  settled?: SecretFact,
): Promise<KeyFacts> {
  const state = stateOf(client);
  const { currentKey } = bookOf(state);
  const isLegacy = legacyKeyOf(state) !== undefined;
  const { names, metadata } = desired;
  const question = (name: string): SecretQuestion => ({ name, keys, isLegacy, provenKey: currentKey, metadata });
  const wanted = settled ?? (await secretFact(client, question(names.wanted), signal));
  const earlier: { name: string; fact: SecretFact }[] = [];
  for (const name of earlierNames(state, names)) {
    const fact = await secretFact(client, question(name), signal);
    if (fact.type === 'Ours') earlier.push({ name, fact });
  }
  const mayRotate = mayHaveNext(client, keys, wanted);
  const previous: PreviousSecret[] = [];
  let isPreviousTaken = false;
  const known = await previousNames(client, state, isLegacy, signal);
  for (const name of new Set([...known, ...(mayRotate ? [names.previous] : [])])) {
    const secret = await previousSecret(client, question(name), isLegacy, signal);
    if (secret === 'NotOurs') isPreviousTaken ||= name === names.previous;
    else if (secret !== undefined) previous.push(secret);
  }
  const next: SecretFact = mayRotate
    ? await secretFact(client, { ...question(names.next), metadata: undefined }, signal)
    : { type: 'Absent' };
  client.deliveredIds = [wanted, next].flatMap((fact) => (fact.type === 'Ours' ? (fact.keyId ?? []) : []));
  client.previousNames = previous.map(({ name }) => name);
  return factsOf(client, keys, desired, { wanted, next, earlier, previous, isPreviousTaken }, signal);
}

async function factsOf(
  client: KeyClient,
  keys: readonly LiveKey[],
  { names, consents }: Pick<DesiredKey, 'names' | 'consents'>,
  secrets: SecretFacts,
  signal: AbortSignal,
): Promise<KeyFacts> {
  const state = stateOf(client);
  const { uid, creationTimestamp } = state.metadata;
  const { minted, fence, resource } = client;
  const book = bookOf(state);
  const rotate = wantedRotation(resource, book);
  const elsewhere = await keysElsewhere(client, siblingsOf(client), keys, signal);
  return {
    nowMs: serviceNowMs(client),
    holder: { identity: fence.identity, epoch: fence.epoch },
    book,
    legacyKeyId: legacyKeyOf(state),
    objectCreatedAtMs: Date.parse(creationTimestamp),
    keys,
    names,
    rotate,
    ...secrets,
    previousUsedAtMs: await previousUse(client, keys, rotate, signal),
    mintedId: minted.get(uid)?.id,
    isAnswerOpen: minted.isUnanswered(uid),
    elsewhere: elsewhere.keys,
    othersBusyUntilMs: elsewhere.busyUntilMs,
    freeze: freezeOf(client.lookup, state),
    consents,
  };
}

/** What the object and its User say of a freeze. Pure. */
function freezeOf(lookup: Lookup, resource: AccessKey): FreezeFacts {
  const reference = userReference(resource);
  const user = reference && lookup.get<User>('User', reference.key);
  const mayFollow = reference !== undefined && lookup.isPermitted(resource, reference);
  return {
    isAsked: isFreezeAsked(resource),
    isUserAsked: mayFollow && user !== undefined && isFreezeAsked(user),
    byUser: new Set(mayFollow && user !== undefined ? frozenKeysOf(user) : []),
  };
}

/** The Secrets of a rotation stand only while one runs; what it would meet there is asked before one begins. */
function mayHaveNext(client: KeyClient, keys: readonly LiveKey[], wanted: SecretFact): boolean {
  const state = stateOf(client);
  const { rotation, mint } = bookOf(state);
  if (rotation !== undefined || mint?.secretName === secretNamesOf(state).next) return true;
  const rotate = wantedRotation(client.resource, bookOf(state));
  const createdAtMs = wanted.type === 'Ours' ? keys.find(({ id }) => id === wanted.keyId)?.createdAtMs : undefined;
  const nowMs = serviceNowMs(client);
  const dueMs = dueByTimeMs(rotate, createdAtMs, nowMs);
  return rotate.isRequested || (dueMs !== undefined && nowMs >= dueMs);
}

/** When the previous key was last used, asked only when it could go. */
async function previousUse(
  client: KeyClient,
  keys: readonly LiveKey[],
  { retentionMs }: WantedRotation,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { rotation } = bookOf(stateOf(client));
  const { previousKey, step, sinceMs } = rotation ?? {};
  if (step !== 'Retaining' || previousKey === undefined || !keys.some(({ id }) => id === previousKey)) return undefined;
  if (serviceNowMs(client) < (sinceMs ?? 0) + retentionMs) return undefined;
  return lastUseOf(client.wasabi, previousKey, signal);
}

/** Other AccessKey objects of the same User. */
function siblingsOf({ lookup, resource }: KeyClient): readonly AccessKey[] {
  const all = lookup.namesakes<AccessKey>('AccessKey', userKeyText(resource));
  return all.filter(({ metadata }) => metadata.uid !== resource.metadata.uid);
}

/** Names under which a key may have been delivered before the spec named another one. */
export function earlierNames({ status }: AccessKey, { wanted, next }: SecretNames): readonly string[] {
  const names = [status?.secretName, status?.mint?.secretName].filter((name) => name !== undefined);
  return [...new Set(names)].filter((name) => name !== wanted && name !== next);
}

/** Secrets of earlier keys: as recorded, or, when the object is taken over, as the predecessor labelled them. */
async function previousNames(
  { secrets }: KeyClient,
  state: AccessKey,
  isLegacy: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!isLegacy) {
    return bookOf(state).previousSecrets;
  }
  return secrets.names(state.metadata.namespace ?? '', previousSelector(state.metadata.name), signal);
}

/** The User that the key belongs to: AccessKeys of one User share its quota. Pure. */
export function userKeyText({ metadata, spec }: AccessKey): string {
  const { userRef }: Partial<AccessKey['spec']> = spec;
  return userRef === undefined ? '' : `${userRef.namespace ?? metadata.namespace ?? ''}/${userRef.name}`;
}
