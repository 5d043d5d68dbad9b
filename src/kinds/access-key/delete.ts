import type { AccessKey } from '../../api/access-key.ts';
import { keyText } from '../../api/meta.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { Deletion, DeletionPolicy } from '../../managed/kind.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { deleteAccessKey, listAccessKeys } from '../../wasabi/access-keys.ts';
import { accountedFor } from './accounting.ts';
import type { KeyClient } from './client.ts';
import { lastUseOf } from './last-use.ts';
import { waitMessage } from './messages.ts';
import { type ObservedKey, observeForDeletion } from './observe.ts';
import { mintOpenUntil } from './recovery.ts';
import { tolerateIn } from './refused-write.ts';

/** What keeps the keys from being revoked: reads only. @throws Transient while a create may still take effect */
export async function obstacleTo(
  client: KeyClient,
  signal: AbortSignal,
): Promise<Extract<Deletion, { type: 'Blocked' }> | undefined> {
  const observed = await observeForDeletion(client, signal);
  if (observed === undefined) return undefined;
  checkSettled(observed);
  const { unproven } = accountedFor(observed.facts);
  if (unproven.length === 0) return undefined;
  return {
    type: 'Blocked',
    reason: 'OwnershipUnproven',
    message: `nothing proves that this object made ${unproven.join(', ')}: set spec.deletionPolicy to Retain to let it live, or list it in the annotation s3.cloud37.dev/claim-keys to have it revoked`,
  };
}

/**
 * Delete: every key that is accounted to the object is revoked, a listing confirms it, and only then the Secrets go.
 * Retain: the keys live on with their Secrets, which the cluster no longer removes; a key that was never delivered, or
 * that a rotation had not published yet, goes in any case, since nobody uses it.
 */
export async function deleteKey(
  client: KeyClient,
  resource: AccessKey,
  policy: DeletionPolicy,
  signal: AbortSignal,
): Promise<Deletion> {
  const observed = await observeForDeletion(client, signal);
  if (observed === undefined) return { type: 'Done' };
  checkSettled(observed);
  const { mine, undelivered } = accountedFor(observed.facts);
  const { wasabi, userName, minted, secrets, standing } = client;
  const doomed = policy === 'Retain' ? undelivered : mine;
  const note = await lastUseNote(client, doomed, signal);
  for (const id of doomed) await deleteAccessKey(wasabi, userName, id, signal);
  const left = doomed.length === 0 ? [] : await listAccessKeys(wasabi, userName, signal);
  if (left?.some(({ id }) => doomed.includes(id)) === true) {
    const message = `the keys of user "${userName}" are revoked, and still listed`;
    throw new ReconcileError('Transient', message, { reason: 'NotYetInEffect' });
  }
  minted.drop(resource.metadata.uid);
  minted.answered(resource.metadata.uid);
  for (const [name, secret] of standing) {
    const isKept = policy === 'Retain' && name !== observed.facts.names.next;
    const act = isKept ? secrets.release(resource, secret, signal) : secrets.remove(resource, secret, signal);
    await act.catch((thrown: unknown) => tolerateIn(client.lookup, resource, thrown));
  }
  return { type: 'Done', note };
}

function checkSettled({ facts }: ObservedKey): void {
  const untilMs = mintOpenUntil(facts);
  if (untilMs === undefined) return;
  throw new ReconcileError('Transient', waitMessage(untilMs), {
    reason: 'MintUnderWay',
    retryAfterMs: Math.max(1_000, untilMs - facts.nowMs),
  });
}

/** For people: when what goes now was last at work. No key id. */
async function lastUseNote(client: KeyClient, ids: readonly string[], signal: AbortSignal): Promise<string> {
  const { wasabi, resource } = client;
  const what = `AccessKey ${keyText({ namespace: resource.metadata.namespace ?? '', name: resource.metadata.name })}`;
  if (ids.length === 0) return `${what}: no key of it was left`;
  const times: number[] = [];
  for (const id of ids) {
    const time = await lastUseOf(wasabi, id, signal);
    if (time !== undefined) times.push(time);
  }
  const last = times.length === 0 ? 'no use of them is known' : `last used at ${rfc3339(Math.max(...times))}`;
  return `${what}: ${ids.length} key(s) revoked, ${last}`;
}
