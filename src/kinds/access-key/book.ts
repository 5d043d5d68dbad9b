import type { AccessKey, AccessKeyStatus } from '../../api/access-key.ts';
import type { KeyBook, KeyLists } from './facts.ts';

/** No list of keys in status is longer; the oldest go first. */
const MAX_KEYS = 16;

/**
 * What status says of the object's keys. Of another incarnation (a copy, a restore under a new uid) it proves nothing:
 * those keys may belong to an object that lives. Pure.
 */
export function bookOf({ metadata, status }: AccessKey): KeyBook {
  const isRecorded = status?.keysOf === metadata.uid;
  const own: AccessKeyStatus = isRecorded ? status : {};
  const { mint } = own;
  return {
    isRecorded,
    ownKeys: own.ownKeys ?? [],
    claimedKeys: own.claimedKeys ?? [],
    inheritedKeys: own.inheritedKeys ?? [],
    previousSecrets: own.previousSecrets ?? [],
    // Named to everybody: whose status it was does not matter.
    foreignKeys: status?.foreignKeys ?? [],
    mint:
      mint === undefined
        ? undefined
        : {
            attempt: mint.attempt,
            holder: mint.holder,
            epoch: mint.epoch,
            fromMs: Date.parse(mint.time),
            untilMs: Date.parse(mint.deadline),
            knownKeys: new Set(mint.knownKeys ?? []),
          },
    attempt: own.attempt ?? 0,
    currentKey: isRecorded || status?.keysOf === undefined ? status?.accessKeyId : undefined,
  };
}

/** The key that the predecessor's status names; undefined on an object that has a book of anybody's. Pure. */
export function legacyKeyOf({ status }: AccessKey): string | undefined {
  return status?.keysOf === undefined ? status?.accessKeyId : undefined;
}

/** The status fields of lists. Keys that still live are never cut off: there are two of them at most. Pure. */
export function listFields(
  uid: string,
  { own, claimed, inherited }: KeyLists,
  previousSecrets: readonly string[],
): Readonly<Record<string, unknown>> {
  return {
    keysOf: uid,
    ownKeys: own.slice(-MAX_KEYS),
    claimedKeys: claimed.length === 0 ? null : claimed.slice(-MAX_KEYS),
    inheritedKeys: inherited.length === 0 ? null : inherited.slice(-MAX_KEYS),
    previousSecrets: previousSecrets.length === 0 ? null : previousSecrets.slice(-MAX_KEYS),
  };
}
