import type { AccessKey } from '../../api/access-key.ts';
import { keyText } from '../../api/meta.ts';
import { FREEZE } from '../../managed/annotations.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { LossProblem } from './facts.ts';
import { userReference } from './references.ts';

/** Why a create that may still take effect is waited for. The same text as long as it is the same create. */
export function waitMessage(untilMs: number): string {
  return `a key was announced and may still be created: nothing is done before ${rfc3339(untilMs)}`;
}

/** Who froze the keys, and how that ends. */
export function frozenMessage(resource: AccessKey, { frozenBy, isUnusable }: LossProblem): string {
  if (frozenBy !== 'User') {
    return `frozen by the annotation ${FREEZE} on this object: its keys are inactive, and none is created or replaced; take the annotation away to make them active again`;
  }
  const user = userReference(resource)?.key;
  const who = `User ${user === undefined ? '' : keyText(user)}`;
  return isUnusable
    ? `frozen by the annotation ${FREEZE} on ${who}: the keys are inactive, and none is created or replaced; take the annotation away there to make them active again`
    : `${who} is being frozen by its annotation ${FREEZE}: no key is created or replaced, and not all are inactive yet; look at the conditions of the User`;
}

/** Who has the keys that fill the quota, and what to do. @param foreign keys that no AccessKey accounts for */
export function holdersText({ spec }: AccessKey, foreign: readonly string[]): string {
  const others = `the other AccessKeys of User ${spec.userRef?.name}`;
  return foreign.length > 0
    ? `see the condition ForeignKey and ${others}`
    : `they belong to ${others}, whose previous keys go at their status.retireTime`;
}
