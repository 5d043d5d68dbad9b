import { isDeepStrictEqual } from 'node:util';
import { ACCESS_KEYS, type AccessKey } from '../../api/access-key.ts';
import { keyOf } from '../../api/meta.ts';
import type { KindStatus } from '../../managed/kind.ts';
import { targetStatus } from '../../managed/status.ts';
import { withDeadline } from '../../runtime/deadline.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { createAccessKey, listAccessKeys } from '../../wasabi/access-keys.ts';
import { wasRefused } from '../../wasabi/errors.ts';
import { isFreezeAsked } from '../key-freeze.ts';
import { confirmUser } from './account.ts';
import { SKEW_MS } from './accounting.ts';
import { bookOf, listFields, rotationFields } from './book.ts';
import { type KeyClient, serviceNowMs, stateOf } from './client.ts';
import { consentsOf, type DesiredKey, metadataFor } from './desired.ts';
import type { KeyLists, KeyStep, RotationRecord } from './facts.ts';
import { isRotationRequested, rotateRequestedAt } from './rotation-wanted.ts';

/** The create is sent within this span after its announcement, or never; ms. */
const SPAN_MS = 30_000;
/** No create starts later than this before the end of the span; ms. */
const MARGIN_MS = 10_000;
/** Status lists no more keys. */
const MAX_KNOWN = 16;

/**
 * K1: the intent, guarded by the state that was read, after the API server was asked whether it would take the Secrets.
 * @throws StaleRead when anything changed meanwhile; InvalidSpec when the Secret could not be written; DependencyNotReady
 *   when the user is another one by now
 */
export async function announce(
  client: KeyClient,
  desired: DesiredKey,
  { attempt, lists, secretName, rotation }: Extract<KeyStep, { type: 'Announce' }>,
  signal: AbortSignal,
): Promise<void> {
  const { writes, wasabi, standing, resource, clock } = client;
  await confirmUser(client, signal);
  // A rotation ends in the published Secret: one that takes no other key is found before there is one.
  for (const name of new Set([secretName, desired.names.wanted])) {
    await client.secrets.dryRun(resource, name, standing.get(name), metadataFor(desired, name), signal);
  }
  // Whatever was created between the listing and the intent would later look as if the attempt had made it.
  if (clock.monotonicMs() - client.listedAtMs > SKEW_MS) await confirmKeys(client, signal);
  const base = baseOf(client);
  const announced = await writes.announceCreate(
    ACCESS_KEYS,
    base,
    { attempt, clockOffsetMs: wasabi.clockOffsetMs(), spanMs: SPAN_MS },
    (intent) => ({
      ...listFields(base, lists, client.previousNames),
      target: targetStatus(client.target),
      ...(rotation === undefined ? {} : rotationBegins(client, base, rotation)),
      mint: { ...intent, knownKeys: client.keyIds.slice(0, MAX_KNOWN), secretName },
    }),
  );
  client.written = announced.resource;
  client.remainingMs = announced.remainingMs;
  client.minted.answered(resource.metadata.uid);
}

/**
 * Lists the keys once more: where the limit of calls is low, others come between one call of a pass and the next, and to
 * begin again would only take as long again.
 * @throws StaleRead when they are others than those that the decision rests on
 */
async function confirmKeys(client: KeyClient, signal: AbortSignal): Promise<void> {
  const listed = (await listAccessKeys(client.wasabi, client.userName, signal)) ?? [];
  const ids = listed.map(({ id }) => id);
  if (!isDeepStrictEqual(ids.toSorted(), client.keyIds.toSorted())) {
    throw new ReconcileError('StaleRead', 'the keys of the user changed since the pass began');
  }
  client.listedAtMs = client.clock.monotonicMs();
}

/** A request counts as handled from now on: what was begun for it goes on, whatever happens. */
function rotationBegins(client: KeyClient, base: AccessKey, rotation: RotationRecord): KindStatus['fields'] {
  const requested = rotateRequestedAt(client.resource);
  const book = bookOf(base);
  const reason = book.rotation?.reason ?? (isRotationRequested(client.resource, book) ? 'Requested' : 'Due');
  return {
    ...rotationFields(rotation, reason, serviceNowMs(client)),
    ...(requested === undefined ? {} : { lastHandledRotateAt: requested }),
  };
}

/** S1: creates the key. Its text is in memory from then on, and nowhere else. */
export async function mint(client: KeyClient, signal: AbortSignal): Promise<void> {
  const { remainingMs, minted, clock, wasabi, userName, resource } = client;
  if (remainingMs === undefined) throw new Error('a key is created after its announcement only');
  const { uid } = resource.metadata;
  const late = () =>
    new ReconcileError('Transient', 'the announced time to create the key is over', { reason: 'Timeout' });
  let isSent = false;
  const beforeSend = () => {
    if (remainingMs() < MARGIN_MS) throw late();
    isSent = true;
  };
  const timeoutMs = Math.max(0, remainingMs());
  try {
    const key = await withDeadline({ clock, signal, timeoutMs, timeoutError: late }, (limit) =>
      createAccessKey(wasabi, userName, limit, beforeSend),
    );
    minted.put(uid, key);
  } catch (thrown) {
    if (isSent && !wasRefused(thrown)) minted.unanswered(uid);
    throw thrown;
  }
}

/** K3: who accounts for which key. Closes the intent. */
export async function record(
  client: KeyClient,
  { lists, addsMinted, rotation }: Extract<KeyStep, { type: 'Record' }>,
): Promise<void> {
  const { writes, minted, deliveredKey } = client;
  const mintedId = deliveredKey?.id;
  const base = baseOf(client);
  const { uid } = base.metadata;
  const book = bookOf(base);
  if (addsMinted && mintedId === undefined) throw new Error('no key was delivered that could be recorded');
  const own = addsMinted && mintedId !== undefined ? [...new Set([...lists.own, mintedId])] : lists.own;
  client.written = await writes.record(ACCESS_KEYS, base, {
    ...listFields(base, { ...lists, own }, client.previousNames),
    ...(rotation === undefined ? {} : rotationFields(rotation, book.rotation?.reason ?? 'Due', serviceNowMs(client))),
    mint: null,
    attempt: book.mint?.attempt ?? book.attempt,
  });
  minted.answered(uid);
}

/** Which keys the annotation freeze makes inactive, guarded like the other lists. */
export async function recordFrozen(client: KeyClient, keys: readonly string[], lists: KeyLists): Promise<void> {
  const base = baseOf(client);
  const fields = bookOf(base).isRecorded ? {} : listFields(base, lists, client.previousNames);
  client.written = await client.writes.record(ACCESS_KEYS, base, {
    ...fields,
    frozenKeys: keys.length === 0 ? null : keys,
  });
}

/**
 * The object to write to: as our last write left it, or as the store has it now, if nothing that the decision rests on
 * has changed since the pass began.
 * @throws StaleRead
 */
function baseOf(client: KeyClient): AccessKey {
  if (client.written !== undefined) return client.written;
  const { lookup, resource } = client;
  const now = lookup.get<AccessKey>('AccessKey', keyOf(resource));
  if (now === undefined || !isSameBasis(now, resource)) {
    throw new ReconcileError('StaleRead', 'the object changed since the pass began');
  }
  return now;
}

/** Whether what is decided from one state of the object is right for the other one. Pure. */
function isSameBasis(now: AccessKey, then: AccessKey): boolean {
  return (
    now.metadata.uid === then.metadata.uid &&
    now.metadata.deletionTimestamp === then.metadata.deletionTimestamp &&
    now.metadata.generation === then.metadata.generation &&
    isDeepStrictEqual(bookOf(now), bookOf(then)) &&
    isFreezeAsked(now) === isFreezeAsked(then) &&
    isDeepStrictEqual(consentsOf(now), consentsOf(then))
  );
}

/** @throws StaleRead when the live object tells another story than the one that the pass rests on */
export async function confirmBasis(client: KeyClient, signal: AbortSignal): Promise<void> {
  if (client.written !== undefined) return; // that write was guarded
  const state = stateOf(client);
  const live = await client.writes.live<AccessKey>(ACCESS_KEYS, state, signal);
  if (live === undefined || !isSameBasis(live, state)) {
    throw new ReconcileError('StaleRead', 'the live object changed since the pass began: the store is behind');
  }
}
