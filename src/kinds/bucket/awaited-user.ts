import type { Bucket } from '../../api/bucket.ts';
import { keyText, parseKey } from '../../api/meta.ts';
import { findCondition } from '../../managed/conditions.ts';
import type { ManagedResource } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import { type Account, isSameAccount, toldApart } from '../same-account.ts';
import { userReference } from './references.ts';

/** The watch tells when the User comes: a bucket that is there is not read again and again for its sake. */
const RETRY_MS = 3_600_000;

/**
 * What is wrong with `spec.userRef`; undefined: nothing, or the spec has none. A bucket is not made before its User is
 * Ready. One that is there goes on without: the reference grants nothing and nothing is built on it, so that a User
 * that is missing is told, and one that is not Ready is not.
 * @param own the account of the bucket
 */
export function userProblem(lookup: Lookup, resource: Bucket, own: Account): ReconcileError | undefined {
  const reference = userReference(resource);
  if (reference === undefined) return undefined;
  const what = `${reference.path}: User ${keyText(reference.key)}`;
  const user = followed(() => lookup.follow<ManagedResource>(resource, reference));
  if (user instanceof ReconcileError) return user;
  const { target } = user.status ?? {};
  const recorded = target && { ...target, provider: parseKey(target.provider) };
  if (recorded !== undefined && !isSameAccount(lookup, recorded, own)) {
    return new ReconcileError(
      'InvalidSpec',
      `${what} is in account ${toldApart(recorded, own)}, and spec.providerRef leads to account ${own.accountId}: name a User of the same account, or take spec.userRef out`,
      { reason: 'AccountMismatch' },
    );
  }
  const ready = findCondition(user.status?.conditions, 'Ready');
  if (ready?.status === 'True' || isMade(resource)) return undefined;
  return new ReconcileError(
    'DependencyNotReady',
    `${what} is not ready: ${ready?.reason ?? 'it was not looked at yet'}; the bucket is made once it is: look at its conditions`,
    { reason: 'UserNotReady', isExpected: ready === undefined },
  );
}

/**
 * The same before the first call of a pass, for what lets nothing be called: a bucket that is not there yet waits, and
 * without a grant nobody calls.
 * @throws DependencyNotReady, reasons UserNotFound, UserNotReady, RefNotPermitted; InvalidSpec, reason AccountMismatch
 */
export function awaitUser(lookup: Lookup, resource: Bucket, own: Account): void {
  const problem = userProblem(lookup, resource, own);
  if (problem !== undefined && (!isMade(resource) || problem.reason === 'RefNotPermitted')) throw problem;
}

/** Whether the bucket was there when it was last read, by us or by the predecessor. */
function isMade({ status }: Bucket): boolean {
  return status?.exists === true;
}

function followed(follow: () => ManagedResource): ManagedResource | ReconcileError {
  try {
    return follow();
  } catch (thrown) {
    const { type, message, reason } = toReconcileError(thrown);
    return new ReconcileError(type, message, { reason, retryAfterMs: RETRY_MS, cause: thrown });
  }
}
