import type { AccessKey, AccessKeyStatus } from '../../api/access-key.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KeyBook, KeyLists, OpenRotation, RotationRecord } from './facts.ts';

/** The list of Secrets in status is no longer; the oldest go first. */
const MAX_PREVIOUS = 16;

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
    frozenKeys: own.frozenKeys ?? [],
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
            secretName: mint.secretName,
          },
    rotation:
      own.rotation === undefined
        ? undefined
        : {
            step: own.rotation.step,
            reason: own.rotation.reason,
            sinceMs: Date.parse(own.rotation.time),
            previousKey: own.previousAccessKeyId,
          },
    attempt: own.attempt ?? 0,
    handledRequest: status?.lastHandledRotateAt,
    currentKey: isRecorded || status?.keysOf === undefined ? status?.accessKeyId : undefined,
  };
}

/** The key that the predecessor's status names; undefined on an object that has a book of anybody's. Pure. */
export function legacyKeyOf({ status }: AccessKey): string | undefined {
  return status?.keysOf === undefined ? status?.accessKeyId : undefined;
}

/** The status fields of lists, which speak of this object from then on. Pure. */
export function listFields(
  { metadata: { uid }, status }: AccessKey,
  { own, claimed, inherited }: KeyLists,
  previousSecrets: readonly string[],
): Readonly<Record<string, unknown>> {
  return {
    keysOf: uid,
    // Those of another incarnation.
    ...(status?.keysOf === uid || status?.frozenKeys === undefined ? {} : { frozenKeys: null }),
    ...(status?.keysOf === uid || status?.rotation === undefined ? {} : { rotation: null, previousAccessKeyId: null }),
    ownKeys: own,
    claimedKeys: claimed.length === 0 ? null : claimed,
    inheritedKeys: inherited.length === 0 ? null : inherited,
    previousSecrets: previousSecrets.length === 0 ? null : previousSecrets.slice(-MAX_PREVIOUS),
  };
}

/**
 * The status fields of a rotation; `null`: there is none. Pure.
 * @param reason what had asked for it
 * @param nowMs on the service's clock, when the step begins
 */
export function rotationFields(
  rotation: RotationRecord | null,
  reason: OpenRotation['reason'],
  nowMs: number,
): Readonly<Record<string, unknown>> {
  return {
    rotation: rotation === null ? null : { step: rotation.step, reason, time: rfc3339(nowMs) },
    previousAccessKeyId: rotation?.previousKey ?? null,
  };
}
