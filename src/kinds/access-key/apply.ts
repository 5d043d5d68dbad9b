import { LaterPass } from '../../managed/later-pass.ts';
import { Credential } from '../../runtime/credential.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { metadataOnly } from '../../runtime/slim.ts';
import { deleteAccessKey, setKeyActive } from '../../wasabi/access-keys.ts';
import { versionText } from '../provider-secrets.ts';
import { bookOf, legacyKeyOf } from './book.ts';
import type { KeyChange } from './changes.ts';
import { type KeyClient, serviceNowMs, stateOf } from './client.ts';
import { type DesiredKey, metadataFor } from './desired.ts';
import type { KeyStep } from './facts.ts';
import { announce, confirmBasis, mint, record, recordFrozen } from './mint.ts';
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
      return announce(client, desired, step, signal);
    case 'Mint':
      return mint(client, signal);
    case 'WriteSecret':
      return writeSecret(client, desired, step.name, signal);
    case 'CopySecret':
      return copySecret(client, desired, step, signal);
    case 'Prove':
      return prove(client, step.name, signal);
    case 'Record':
      return recordLists(client, step);
    case 'Deactivate':
      return setKeyActive(client.wasabi, client.userName, step.keyId, false, signal);
    case 'Revoke':
      return revoke(client, desired, step, signal);
    case 'RecordFrozen':
      return recordFrozen(client, step.keys, step.lists);
    case 'FreezeKey':
      return setKeyActive(client.wasabi, client.userName, step.keyId, false, signal);
    case 'ThawKey':
      // Somebody may have asked for the freeze anew, and our copy does not have it yet.
      await confirmBasis(client, signal);
      return setKeyActive(client.wasabi, client.userName, step.keyId, true, signal);
    case 'SetMetadata': {
      const standing = client.standing.get(desired.names.wanted);
      if (standing !== undefined) await client.secrets.setMetadata(client.resource, standing, desired.metadata, signal);
      return undefined;
    }
    case 'DropSecret': {
      const standing = client.standing.get(step.name);
      if (standing !== undefined) await client.secrets.remove(client.resource, standing, signal);
      client.standing.delete(step.name);
      client.previousNames = client.previousNames.filter((name) => name !== step.name);
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
  desired: DesiredKey,
  secretName: string,
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
    const metadata = metadataFor(desired, secretName);
    const written = await secrets.write(resource, secretName, before, metadata, { ...key, delivery }, signal);
    standing.set(secretName, metadataOnly(written));
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
  client.deliveredKey = { id: key.id, createdAtMs: key.createdAtMs ?? serviceNowMs(client), isActive: true };
}

/** Writes the key of one Secret of ours into another: the switch of a rotation is one such write. */
async function copySecret(
  client: KeyClient,
  desired: DesiredKey,
  { from, to }: Extract<KeyStep, { type: 'CopySecret' }>,
  signal: AbortSignal,
): Promise<void> {
  const { resource, secrets, standing, proven } = client;
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
  const metadata = metadataFor(desired, to);
  const written = await secrets.write(resource, to, standing.get(to), metadata, content, signal);
  standing.set(to, metadataOnly(written));
  if (to === desired.names.previous) client.previousNames = [...new Set([...client.previousNames, to])];
  // The same key with the same text: it need not be tried again.
  if (proven.keyIn(versionText(source)) === id) proven.add(versionText(written), id);
}

/** A new key has to work before anybody gets it. @throws LaterPass as long as it does not */
async function prove(client: KeyClient, name: string, signal: AbortSignal): Promise<void> {
  const keys = client.deliveredKey === undefined ? [] : [client.deliveredKey];
  const question = { name, keys, isLegacy: false, provenKey: undefined, metadata: undefined };
  const fact = await secretFact(client, question, signal);
  if (fact.type !== 'Ours' || fact.credential !== 'Works') throw new LaterPass();
}

async function recordLists(client: KeyClient, step: Extract<KeyStep, { type: 'Record' }>): Promise<void> {
  const { minted, resource } = client;
  await record(client, step);
  const { uid } = resource.metadata;
  // Its Secret was written, and the answer to that got lost: it stands there as read.
  if (client.deliveredIds.includes(minted.get(uid)?.id ?? '')) minted.drop(uid);
}

/** No key goes on an old copy of the object, and none that is replaced before its successor works. */
async function revoke(
  client: KeyClient,
  { names }: DesiredKey,
  step: Extract<KeyStep, { type: 'Revoke' }>,
  signal: AbortSignal,
): Promise<void> {
  await confirmBasis(client, signal);
  if (step.why === 'Superseded') {
    const keys = [...client.keyIds, ...(client.deliveredKey === undefined ? [] : [client.deliveredKey.id])].map(
      (id) => ({
        id,
        createdAtMs: serviceNowMs(client),
        isActive: true,
      }),
    );
    const question = { name: names.wanted, keys, isLegacy: false, provenKey: undefined, metadata: undefined };
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
