import type { AccessKey } from '../api/access-key.ts';
import type { KubeObject } from '../api/meta.ts';
import type { User } from '../api/user.ts';
import { FREEZE } from '../managed/annotations.ts';
import { findCondition } from '../managed/conditions.ts';
import type { KindStatus } from '../managed/kind.ts';

/** What asks for a freeze; any other value freezes nothing. */
const ASKED = 'true';
/** So much of another value is told, characters. */
const TOLD_MAX = 32;

/** Whether the object's own annotation asks to keep its keys inactive. Pure. */
export function isFreezeAsked({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[FREEZE] === ASKED;
}

/**
 * The keys that this very object made inactive, as status recorded before the call. Of another incarnation (a copy, a
 * restore under a new uid) it proves nothing. Pure.
 */
export function frozenKeysOf({ metadata, status }: User | AccessKey): readonly string[] {
  return status?.keysOf === metadata.uid ? (status.frozenKeys ?? []) : [];
}

/** The keys that an AccessKey accounts for, as far as its status says. Pure. */
export function accountedKeysOf({ metadata, status }: AccessKey): readonly string[] {
  if (status?.keysOf !== metadata.uid) return [];
  return [...(status.ownKeys ?? []), ...(status.claimedKeys ?? []), ...(status.inheritedKeys ?? [])];
}

/** What status tells of a freeze. Pure. */
export interface FreezeReport {
  readonly frozen: true | undefined;
  readonly conditions: NonNullable<KindStatus['conditions']>;
  readonly events: NonNullable<KindStatus['events']>;
}

/**
 * The status field, the condition and the events of a freeze. Pure.
 * @param state Frozen: all keys are inactive. Between: a change is not yet through. Free: nothing is frozen
 */
export function freezeReport(
  resource: User | AccessKey,
  state: 'Frozen' | 'Between' | 'Free',
  message: string,
): FreezeReport {
  const wasFrozen = resource.status?.frozen === true;
  const isFrozen = state === 'Frozen' || (state === 'Between' && wasFrozen);
  const ignored = ignoredMessage(resource);
  const before = findCondition(resource.status?.conditions, 'FreezeIgnored')?.message;
  return {
    frozen: isFrozen ? true : undefined,
    conditions:
      ignored === undefined
        ? []
        : [{ type: 'FreezeIgnored', status: 'True', reason: 'FreezeIgnored', message: ignored }],
    events: [
      ...(isFrozen && !wasFrozen ? [{ type: 'Warning', reason: 'KeysFrozen', note: message } as const] : []),
      ...(wasFrozen && !isFrozen
        ? [
            {
              type: 'Normal',
              reason: 'KeysThawed',
              note: 'the keys that the freeze had made inactive are active again',
            } as const,
          ]
        : []),
      ...(ignored !== undefined && ignored !== before
        ? [{ type: 'Warning', reason: 'FreezeIgnored', note: ignored } as const]
        : []),
    ],
  };
}

function ignoredMessage({ metadata }: KubeObject): string | undefined {
  const value = metadata.annotations?.[FREEZE];
  if (value === undefined || value === ASKED) return undefined;
  const told = JSON.stringify(value.length > TOLD_MAX ? `${value.slice(0, TOLD_MAX)}…` : value);
  return `the annotation ${FREEZE} is ${told}, which freezes nothing: set it to "${ASKED}", or take it away`;
}
