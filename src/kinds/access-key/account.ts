import type { AccessKey } from '../../api/access-key.ts';
import { keyOf, keyText } from '../../api/meta.ts';
import type { User } from '../../api/user.ts';
import { findCondition } from '../../managed/conditions.ts';
import type { Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { readUser } from '../../wasabi/iam-users.ts';
import type { AccountAccess } from '../account-access.ts';
import { heldTarget } from '../held-target.ts';
import { frozenKeysOf, isFreezeAsked } from '../key-freeze.ts';
import { providerOf } from '../provider-reference.ts';
import { isSameAccount, toldApart } from '../same-account.ts';
import type { KeyClient } from './client.ts';
import { userReference } from './references.ts';

/**
 * The user that the key belongs to, by both references, which must lead to one account. A key that works goes on while
 * its User has trouble of its own; none is made for a User that is not Ready.
 * @throws DependencyNotReady, reasons UserNotFound, UserNotReady, ProviderNotReady, RefNotPermitted; InvalidSpec, reason
 *   AccountMismatch
 */
export function targetOf(lookup: Lookup, access: AccountAccess, resource: AccessKey): Target {
  const provider = providerOf(lookup, resource);
  const accountId = access.pinnedAccount(provider);
  const toUser = userReference(resource);
  if (toUser === undefined) {
    throw new ReconcileError('InvalidSpec', 'spec.userRef is missing: name the User that the key belongs to');
  }
  const user = lookup.follow<User>(resource, toUser);
  const what = `${toUser.path}: User ${keyText(toUser.key)}`;
  const target = heldTarget(lookup, user);
  const own = { provider: keyOf(provider), accountId };
  if (target !== undefined && !isSameAccount(lookup, target, own)) {
    throw new ReconcileError(
      'InvalidSpec',
      `${what} is in account ${toldApart(target, own)}, and spec.providerRef leads to account ${accountId}: make a new AccessKey whose references lead to one account`,
      { reason: 'AccountMismatch' },
    );
  }
  const ready = findCondition(user.status?.conditions, 'Ready');
  const isKnown = target !== undefined && user.status?.arn !== undefined;
  // Whoever is frozen makes no key, and must be able to stop those that it has.
  const isFrozen = ready?.reason === 'Frozen' || isFreezeAsked(resource) || frozenKeysOf(resource).length > 0;
  if (!isKnown || (ready?.status !== 'True' && resource.status?.created !== true && !isFrozen)) {
    throw new ReconcileError(
      'DependencyNotReady',
      `${what} is not ready: ${ready?.reason ?? 'it was not looked at yet'}; look at its conditions`,
      { reason: 'UserNotReady' },
    );
  }
  return { ...own, region: provider.spec.region, name: user.spec.name };
}

/**
 * Makes sure, right before a key is created, that the user of that name is still the one that the User object has: names
 * are used again, and a key of the next one would be somebody else's.
 * @throws DependencyNotReady, reason UserNotReady
 */
export async function confirmUser(
  { lookup, wasabi, userName, resource }: Pick<KeyClient, 'lookup' | 'wasabi' | 'userName' | 'resource'>,
  signal: AbortSignal,
): Promise<void> {
  const reference = userReference(resource);
  const { target, userId } = (reference && lookup.follow<User>(resource, reference).status) ?? {};
  const found = await readUser(wasabi, userName, signal);
  if (found !== undefined && found.userId === (target?.identity ?? userId)) return;
  const why = found === undefined ? 'is gone' : 'is another one than its User has';
  throw new ReconcileError(
    'DependencyNotReady',
    `spec.userRef: the IAM user "${userName}" ${why}, so no key is created: look at the conditions of the User`,
    { reason: 'UserNotReady' },
  );
}
