import { Credential } from '../../runtime/credential.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { deleteAccessKey } from '../../wasabi/access-keys.ts';
import { bookOf, legacyKeyOf } from './book.ts';
import type { KeyChange } from './changes.ts';
import { type KeyClient, serviceNowMs, stateOf } from './client.ts';
import type { DesiredKey } from './desired.ts';
import type { KeyStep } from './facts.ts';
import { announce, confirmBasis, mint, record } from './mint.ts';
import { secretFact } from './secret-facts.ts';
import { deliveryOf, ID_KEY, isOurs, TEXT_KEY, valueIn } from './secret-object.ts';
import { holdsKey } from './secrets.ts';

/** Makes one step. Each is safe to repeat, but for the creation of a key, which its announcement brackets. */
export async function applyKey(
  client: KeyClient,
  desired: DesiredKey,
  { step }: KeyChange,
  signal: AbortSignal,
): Promise<void> {
  switch (step.type) {
    case 'Announce':
      return announce(client, desired, step.attempt, step.lists, signal);
    case 'Mint':
      return mint(client, signal);
    case 'WriteSecret':
      return writeSecret(client, desired, signal);
    case 'CopySecret':
      return copySecret(client, desired, step.from, signal);
    case 'Record':
      return recordLists(client, step);
    case 'Revoke':
      return revoke(client, desired, step, signal);
    case 'SetMetadata': {
      const standing = client.standing.get(desired.secretName);
      if (standing !== undefined) await client.secrets.setMetadata(client.resource, standing, desired.metadata, signal);
      return undefined;
    }
    case 'DropSecret': {
      const standing = client.standing.get(step.name);
      if (standing !== undefined) await client.secrets.remove(client.resource, standing, signal);
      return undefined;
    }
  }
}

/**
 * K2: delivers the key whose text is in memory. Where another key of ours was delivered meanwhile, another process was
 * first, and our own key goes.
 */
async function writeSecret(
  client: KeyClient,
  { secretName, metadata }: DesiredKey,
  signal: AbortSignal,
): Promise<void> {
  const { resource, secrets, minted, standing, wasabi, userName } = client;
  const { uid, namespace = '' } = resource.metadata;
  const key = minted.get(uid);
  if (key === undefined) throw new Error('there is no key in memory that could be delivered');
  const before = standing.get(secretName);
  const { mint: open, attempt } = bookOf(stateOf(client));
  const delivery = { attempt: open?.attempt ?? attempt, mintedAtMs: key.createdAtMs ?? serviceNowMs(client) };
  try {
    await secrets.write(resource, secretName, before, metadata, { ...key, delivery }, signal);
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError) || thrown.type !== 'StaleRead') throw thrown;
    const found = await secrets.read({ namespace, name: secretName }, signal);
    if (!holdsKey(found, key.id)) {
      // The same Secret with another label, or none: the next pass tries again. A Secret that came or was delivered
      // meanwhile: another process was first.
      const isOther =
        found !== undefined &&
        (before === undefined || deliveryOf(found)?.mintedAtMs !== deliveryOf(before)?.mintedAtMs);
      if (!isOther) throw thrown;
      await deleteAccessKey(wasabi, userName, key.id, signal);
      minted.drop(uid);
      throw thrown;
    }
  }
  minted.drop(uid);
  client.mintedId = key.id;
}

async function copySecret(client: KeyClient, desired: DesiredKey, from: string, signal: AbortSignal): Promise<void> {
  const { resource, secrets, standing } = client;
  const { namespace = '' } = resource.metadata;
  const source = await secrets.read({ namespace, name: from }, signal);
  const isLegacy = legacyKeyOf(stateOf(client)) !== undefined;
  const id = source !== undefined && isOurs(source, resource, isLegacy) ? valueIn(source, ID_KEY) : undefined;
  const text = source === undefined ? undefined : valueIn(source, TEXT_KEY);
  if (source === undefined || id === undefined || text === undefined) {
    throw new ReconcileError('StaleRead', `Secret "${from}" changed meanwhile`);
  }
  const delivery = deliveryOf(source) ?? { attempt: bookOf(stateOf(client)).attempt, mintedAtMs: serviceNowMs(client) };
  const content = { id, secret: new Credential(text), delivery };
  await secrets.write(
    resource,
    desired.secretName,
    standing.get(desired.secretName),
    desired.metadata,
    content,
    signal,
  );
}

async function recordLists(client: KeyClient, step: Extract<KeyStep, { type: 'Record' }>): Promise<void> {
  const { minted, resource } = client;
  await record(client, step.lists, step.addsMinted);
  const { uid } = resource.metadata;
  // Its Secret was written, and the answer to that got lost: it stands there as read.
  if (minted.get(uid)?.id === client.deliveredId) minted.drop(uid);
}

/** No key goes on an old copy of the object, and none that is replaced before its successor works. */
async function revoke(
  client: KeyClient,
  { secretName }: DesiredKey,
  step: Extract<KeyStep, { type: 'Revoke' }>,
  signal: AbortSignal,
): Promise<void> {
  await confirmBasis(client, signal);
  if (step.why === 'Superseded') {
    const keys = [...client.keyIds, ...(client.mintedId === undefined ? [] : [client.mintedId])].map((id) => ({
      id,
      createdAtMs: serviceNowMs(client),
      isActive: true,
    }));
    const question = { name: secretName, keys, isLegacy: false, provenKey: undefined, metadata: undefined };
    const fact = await secretFact(client, question, signal);
    if (fact.type !== 'Ours' || fact.credential !== 'Works' || fact.keyId === step.keyId) {
      throw new ReconcileError('Transient', 'the new key does not work yet: the old one stays until it does', {
        reason: 'KeyNotUsable',
      });
    }
  }
  await deleteAccessKey(client.wasabi, client.userName, step.keyId, signal);
  const { uid } = client.resource.metadata;
  if (client.minted.get(uid)?.id === step.keyId) client.minted.drop(uid);
}
