import type { AccessKey } from '../../api/access-key.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { type LiveKey, listAccessKeys } from '../../wasabi/access-keys.ts';
import { accountedFor } from './accounting.ts';
import { bookOf, legacyKeyOf } from './book.ts';
import { type KeyClient, serviceNowMs, stateOf } from './client.ts';
import { consentsOf, type DesiredKey } from './desired.ts';
import type { KeyFacts, PreviousSecret, Recovery, SecretFact } from './facts.ts';
import { mintOpenUntil, recover } from './recovery.ts';
import { previousSecret, type SecretQuestion, secretFact } from './secret-facts.ts';
import { previousSelector, secretNameOf } from './secret-object.ts';
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
  const facts = await readFacts(client, keys, desired, signal);
  return { hasUser, facts, recovery: recover(facts) };
}

/**
 * The same for a deletion.
 * @returns undefined when no key and no Secret of the object is left, and none can come any more
 */
export async function observeForDeletion(client: KeyClient, signal: AbortSignal): Promise<ObservedKey | undefined> {
  const { resource, lookup } = client;
  const { hasUser, keys } = await readKeys(client, signal);
  const desired = { secretName: secretNameOf(resource), metadata: undefined, consents: consentsOf(client.resource) };
  const facts = await readFacts(client, keys, desired, signal).catch((thrown: unknown) => {
    // In a namespace that is being deleted our rights may be gone before the object: what status knows has to suffice.
    const isRefused = thrown instanceof ReconcileError && thrown.reason === 'Forbidden';
    if (!isRefused || !lookup.isTerminating(resource.metadata.namespace ?? '')) throw thrown;
    client.standing.clear();
    return factsOf(client, keys, desired, { wanted: { type: 'Absent' }, earlier: [], previous: [] }, signal);
  });
  const { mine, unproven } = accountedFor(facts);
  const standing = [...client.standing.values()].filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const isOver = mintOpenUntil(facts) === undefined;
  if (isOver && mine.length + unproven.length + standing.length === 0) return undefined;
  return { hasUser, facts, recovery: { steps: [], problem: undefined, current: undefined, foreign: [] } };
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

interface Question extends Pick<DesiredKey, 'secretName' | 'consents'> {
  readonly metadata: DesiredKey['metadata'] | undefined;
}

interface SecretFacts {
  readonly wanted: SecretFact;
  readonly earlier: readonly { readonly name: string; readonly fact: SecretFact }[];
  readonly previous: readonly PreviousSecret[];
}

async function readFacts(
  client: KeyClient,
  keys: readonly LiveKey[],
  desired: Question,
  signal: AbortSignal,
): Promise<KeyFacts> {
  const state = stateOf(client);
  const { currentKey } = bookOf(state);
  const isLegacy = legacyKeyOf(state) !== undefined;
  const { secretName, metadata } = desired;
  const question = (name: string): SecretQuestion => ({ name, keys, isLegacy, provenKey: currentKey, metadata });
  const wanted = await secretFact(client, question(secretName), signal);
  const earlier: { name: string; fact: SecretFact }[] = [];
  for (const name of earlierNames(state, secretName)) {
    const fact = await secretFact(client, question(name), signal);
    if (fact.type === 'Ours') earlier.push({ name, fact });
  }
  const previous: PreviousSecret[] = [];
  for (const name of await previousNames(client, state, isLegacy, signal)) {
    const secret = await previousSecret(client, question(name), isLegacy, signal);
    if (secret !== undefined) previous.push(secret);
  }
  client.deliveredId = wanted.type === 'Ours' ? wanted.keyId : undefined;
  client.previousNames = previous.map(({ name }) => name);
  return factsOf(client, keys, desired, { wanted, earlier, previous }, signal);
}

async function factsOf(
  client: KeyClient,
  keys: readonly LiveKey[],
  { consents }: Pick<DesiredKey, 'consents'>,
  secrets: SecretFacts,
  signal: AbortSignal,
): Promise<KeyFacts> {
  const state = stateOf(client);
  const { uid, creationTimestamp } = state.metadata;
  const { minted, fence } = client;
  const elsewhere = await keysElsewhere(client, siblingsOf(client), keys, signal);
  return {
    nowMs: serviceNowMs(client),
    holder: { identity: fence.identity, epoch: fence.epoch },
    book: bookOf(state),
    legacyKeyId: legacyKeyOf(state),
    objectCreatedAtMs: Date.parse(creationTimestamp),
    keys,
    ...secrets,
    mintedId: minted.get(uid)?.id,
    isAnswerOpen: minted.isUnanswered(uid),
    elsewhere: elsewhere.keys,
    othersBusyUntilMs: elsewhere.busyUntilMs,
    consents,
  };
}

/** Other AccessKey objects of the same User. */
function siblingsOf({ lookup, resource }: KeyClient): readonly AccessKey[] {
  const all = lookup.namesakes<AccessKey>('AccessKey', userKeyText(resource));
  return all.filter(({ metadata }) => metadata.uid !== resource.metadata.uid);
}

/** Names under which a key may have been delivered before the spec named another one. */
export function earlierNames({ status }: AccessKey, wanted: string): readonly string[] {
  const names = [status?.secretName, status?.mint?.secretName].filter((name) => name !== undefined && name !== wanted);
  return [...new Set(names)].filter((name) => name !== undefined);
}

/** Secrets of earlier keys: as recorded, or, when the object is taken over, as the predecessor labelled them. */
async function previousNames(
  { secrets }: KeyClient,
  state: AccessKey,
  isLegacy: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!isLegacy) return bookOf(state).previousSecrets;
  return secrets.names(state.metadata.namespace ?? '', previousSelector(state.metadata.name), signal);
}

/** The User that the key belongs to: AccessKeys of one User share its quota. Pure. */
export function userKeyText({ metadata, spec }: AccessKey): string {
  const { userRef }: Partial<AccessKey['spec']> = spec;
  return userRef === undefined ? '' : `${userRef.namespace ?? metadata.namespace ?? ''}/${userRef.name}`;
}
