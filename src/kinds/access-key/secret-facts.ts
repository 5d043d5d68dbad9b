import type { AccessKey } from '../../api/access-key.ts';
import { Credential } from '../../runtime/credential.ts';
import { metadataOnly } from '../../runtime/slim.ts';
import type { LiveKey } from '../../wasabi/access-keys.ts';
import { type KeyAnswer, probeKey } from '../../wasabi/key-probe.ts';
import { type SecretObject, versionText } from '../provider-secrets.ts';
import type { Ours } from './accounting.ts';
import { type KeyClient, serviceNowMs } from './client.ts';
import type { Credential as CredentialFact, PreviousSecret, SecretFact } from './facts.ts';
import { deliveryOf, ID_KEY, isOurs, metadataPatch, type SecretMetadata, TEXT_KEY, valueIn } from './secret-object.ts';

/** A fresh key answers AccessDenied for a while (seen live on Wasabi); after this it means that the key works. */
const SETTLING_MS = 60_000;

/** A service that knows a key knows its text, too. Once it has known one for so long, another text was put there by somebody. */
export const WRONG_TEXT_MS = 900_000;

/** What is asked of a Secret. */
export interface SecretQuestion {
  readonly name: string;
  readonly keys: readonly LiveKey[];
  /** The predecessor had given the object a key. */
  readonly isLegacy: boolean;
  /** The key that was last found to work: then a text that does not fit was put there by somebody else. */
  readonly provenKey: string | undefined;
  /** What the Secret must carry; undefined: it does not matter. */
  readonly metadata: SecretMetadata | undefined;
}

/** Reads one Secret and tries the key in it, unless this very state of it was tried before. */
export async function secretFact(
  client: KeyClient,
  question: SecretQuestion,
  signal: AbortSignal,
): Promise<SecretFact> {
  const { resource, secrets, standing } = client;
  const secret = await secrets.read({ namespace: resource.metadata.namespace ?? '', name: question.name }, signal);
  standing.delete(question.name);
  if (secret === undefined) return { type: 'Absent' };
  if (!isOurs(secret, resource, question.isLegacy)) return { type: 'NotOurs' };
  standing.set(question.name, metadataOnly(secret));
  const { metadata } = question;
  return {
    type: 'Ours',
    keyId: valueIn(secret, ID_KEY),
    credential: await credentialIn(client, secret, question, signal),
    mintedAtMs: deliveryOf(secret)?.mintedAtMs,
    hasDrifted: metadata !== undefined && metadataPatch(secret, resource, metadata) !== undefined,
  };
}

/** Reads a Secret that keeps an earlier key; undefined: it is not there. */
export async function previousSecret(
  client: KeyClient,
  question: SecretQuestion,
  mustProve: boolean,
  signal: AbortSignal,
): Promise<PreviousSecret | 'NotOurs' | undefined> {
  const { resource, secrets, standing } = client;
  const { name } = question;
  const secret = await secrets.read({ namespace: resource.metadata.namespace ?? '', name }, signal);
  standing.delete(name);
  if (secret === undefined) return undefined;
  if (!isOurs(secret, resource, true)) return 'NotOurs';
  standing.set(name, metadataOnly(secret));
  const isProven = mustProve && (await credentialIn(client, secret, question, signal)) === 'Works';
  return { name, keyId: valueIn(secret, ID_KEY), isProven };
}

/** The id of the key that another AccessKey object delivers in that Secret; undefined: none. */
export function keyHeldBy(secret: SecretObject | undefined, owner: AccessKey): string | undefined {
  return secret !== undefined && isOurs(secret, owner, true) ? valueIn(secret, ID_KEY) : undefined;
}

/**
 * The Secret as its watch has it, where that is the very state whose key was tried, and all is well with it. No call.
 * @returns undefined when it has to be read
 */
export function settledFact(client: KeyClient, { name, keys, metadata }: SecretQuestion): Ours | undefined {
  const { resource, proven, standing, watchedSecrets } = client;
  const secret = watchedSecrets.get({ namespace: resource.metadata.namespace ?? '', name });
  const keyId = secret && proven.keyIn(versionText(secret));
  if (secret === undefined || keyId === undefined || !isOurs(secret, resource, false)) return undefined;
  if (keys.find(({ id }) => id === keyId)?.isActive !== true) return undefined;
  if (metadata !== undefined && metadataPatch(secret, resource, metadata) !== undefined) return undefined;
  standing.set(name, secret);
  const mintedAtMs = deliveryOf(secret)?.mintedAtMs;
  return { type: 'Ours', keyId, credential: 'Works', mintedAtMs, hasDrifted: false };
}

async function credentialIn(
  client: KeyClient,
  secret: SecretObject,
  { keys, provenKey }: SecretQuestion,
  signal: AbortSignal,
): Promise<CredentialFact> {
  const id = valueIn(secret, ID_KEY);
  const text = valueIn(secret, TEXT_KEY);
  if (id === undefined || text === undefined) return 'Wrong';
  const key = keys.find((candidate) => candidate.id === id);
  if (key === undefined) return 'Untried';
  const version = versionText(secret);
  // Made active again it may take a while to work: it is tried anew.
  if (!key.isActive) client.proven.drop(version);
  if (!key.isActive) return 'Inactive';
  if (client.proven.keyIn(version) === id) return 'Works';
  const credentials = { accessKeyId: id, secretAccessKey: new Credential(text), sessionToken: undefined };
  const answer = await probeKey(client.as(credentials, version), signal);
  const meaning = meaningOf(answer, key, id === provenKey, client);
  if (meaning === 'Works') client.proven.add(version, id);
  return meaning;
}

function meaningOf(answer: KeyAnswer, key: LiveKey, hadWorked: boolean, client: KeyClient): CredentialFact {
  switch (answer.type) {
    case 'Works':
      // A key that is listed for the user signs as that user; another answer is another key's.
      return answer.arn === undefined || answer.arn.endsWith(`/${client.userName}`) ? 'Works' : 'Wrong';
    case 'Unknown':
      return 'Pending';
    case 'WrongText':
      return hadWorked || ageMs(key, client, 0) >= WRONG_TEXT_MS ? 'Wrong' : 'Pending';
    case 'Denied':
      return ageMs(key, client, Number.POSITIVE_INFINITY) >= SETTLING_MS ? 'Works' : 'Pending';
  }
}

function ageMs({ createdAtMs }: LiveKey, client: KeyClient, unknown: number): number {
  return createdAtMs === undefined ? unknown : serviceNowMs(client) - createdAtMs;
}
