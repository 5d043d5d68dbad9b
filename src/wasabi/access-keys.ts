import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { Credential } from '../runtime/credential.ts';
import { ReconcileError } from '../runtime/errors.ts';
import type { WasabiClient } from './clients.ts';

/** An access key as a listing shows it. */
export interface LiveKey {
  readonly id: string;
  /** On the service's clock, milliseconds since the epoch; undefined where the listing does not say. */
  readonly createdAtMs: number | undefined;
  readonly isActive: boolean;
}

/** A key that was created this moment: nobody is ever told its text again. */
export interface NewKey {
  readonly id: string;
  readonly secret: Credential;
  /** On the service's clock, milliseconds since the epoch. */
  readonly createdAtMs: number | undefined;
}

/** No user has more than two; a listing that goes on and on is none. */
const MAX_PAGES = 20;
/** What an id looks like on Wasabi and on AWS; nothing else of an answer gets into status. */
const KEY_ID = /^[\w-]{1,128}$/;

/** The keys of that user; `undefined`: the service has no such user. */
export async function listAccessKeys(
  client: WasabiClient,
  userName: string,
  signal: AbortSignal,
): Promise<readonly LiveKey[] | undefined> {
  const keys: LiveKey[] = [];
  let marker: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const command = new ListAccessKeysCommand({
      UserName: userName,
      ...(marker === undefined ? {} : { Marker: marker }),
    });
    const answer = await client.iam(command, { signal, absent: ['NoSuchEntity'] });
    if (answer === undefined) return undefined;
    for (const { AccessKeyId = '', CreateDate, Status } of answer.AccessKeyMetadata ?? []) {
      keys.push({ id: knownId(AccessKeyId), createdAtMs: CreateDate?.getTime(), isActive: Status !== 'Inactive' });
    }
    if (answer.IsTruncated !== true) return keys;
    marker = answer.Marker;
  }
  throw unreadable(`IAM ListAccessKeys: the list of keys of user "${userName}" does not end`);
}

/**
 * Creates a key. Cannot be repeated: an attempt whose end is unknown is not made again.
 * @param beforeSend asked before each attempt is sent; throws when it is too late
 */
export async function createAccessKey(
  client: WasabiClient,
  userName: string,
  signal: AbortSignal,
  beforeSend: () => void,
): Promise<NewKey> {
  const command = new CreateAccessKeyCommand({ UserName: userName });
  const { AccessKey } = await client.iam(command, { signal, isRepeatable: false, beforeSend });
  const { AccessKeyId = '', SecretAccessKey = '', CreateDate } = AccessKey ?? {};
  if (SecretAccessKey === '') throw unreadable('IAM CreateAccessKey: the answer holds no key');
  return {
    id: knownId(AccessKeyId),
    secret: new Credential(SecretAccessKey),
    createdAtMs: CreateDate?.getTime(),
  };
}

/**
 * Makes a key active or inactive. One that is gone, with or without its user, is success: it works for nobody.
 * @throws DependencyNotReady, reason Unsupported, where the service cannot: nothing else stops the key but its end
 */
export async function setKeyActive(
  client: WasabiClient,
  userName: string,
  id: string,
  isActive: boolean,
  signal: AbortSignal,
): Promise<void> {
  const Status = isActive ? 'Active' : 'Inactive';
  const command = new UpdateAccessKeyCommand({ UserName: userName, AccessKeyId: id, Status });
  try {
    await client.iam(command, { signal, absent: ['NoSuchEntity'] });
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError) || thrown.type !== 'Unsupported') throw thrown;
    const message = `the service cannot make an access key of user "${userName}" ${Status.toLowerCase()}: to stop it, delete its AccessKey`;
    throw new ReconcileError('DependencyNotReady', message, { reason: 'Unsupported', cause: thrown });
  }
}

/** Revokes a key. One that is gone already, with or without its user, is success. */
export async function deleteAccessKey(
  client: WasabiClient,
  userName: string,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const command = new DeleteAccessKeyCommand({ UserName: userName, AccessKeyId: id });
  await client.iam(command, { signal, absent: ['NoSuchEntity'] });
}

/** When the key last signed a call, milliseconds since the epoch; `undefined`: never, or the service does not say. */
export async function accessKeyLastUsedMs(
  client: WasabiClient,
  id: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const command = new GetAccessKeyLastUsedCommand({ AccessKeyId: id });
  const answer = await client.iam(command, { signal, absent: ['NoSuchEntity'] });
  return answer?.AccessKeyLastUsed?.LastUsedDate?.getTime();
}

/** @throws Transient for an id that cannot be one */
function knownId(id: string): string {
  if (KEY_ID.test(id)) return id;
  throw unreadable('IAM: the answer holds a key id that cannot be one');
}

function unreadable(message: string): ReconcileError {
  return new ReconcileError('Transient', message, { reason: 'UnreadableAnswer' });
}
