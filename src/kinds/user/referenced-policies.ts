import type { IamPolicy } from '../../api/iam-policy.ts';
import { keyText } from '../../api/meta.ts';
import type { User } from '../../api/user.ts';
import { findCondition, isTrue } from '../../managed/conditions.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { heldTarget } from '../held-target.ts';
import { type Account, isSameAccount, toldApart } from '../same-account.ts';
import { policyReferences } from './references.ts';

/** The managed policies behind `policyRef` and `policyRefs`. */
export interface ReferencedPolicies {
  readonly arns: readonly string[];
  /** One of them may not be used (any more): it is left out, and taken away where it is attached. */
  readonly refusal: ReconcileError | undefined;
}

/**
 * What the references lead to. A policy is attached for the first time only while its IAMPolicy is Ready; one that is
 * attached already stays while its document is being changed.
 * @throws DependencyNotReady (IAMPolicyNotFound, IAMPolicyNotReady, RefNotPermitted), InvalidSpec (AccountMismatch)
 */
export function referencedPolicies(lookup: Lookup, resource: User, own: Account): ReferencedPolicies {
  const recorded = resource.status?.attached ?? [];
  const arns: string[] = [];
  let refusal: ReconcileError | undefined;
  for (const reference of policyReferences(resource)) {
    const policy = lookup.follow<IamPolicy>(resource, reference);
    const what = `${reference.path}: IAMPolicy ${keyText(reference.key)}`;
    const { policyArn } = policy.status ?? {};
    const target = heldTarget(lookup, policy);
    if (target !== undefined && !isSameAccount(lookup, target, own)) {
      throw new ReconcileError(
        'InvalidSpec',
        `${what} is in account ${toldApart(target, own)}, and spec.providerRef leads to account ${own.accountId}: name one of the same account`,
        { reason: 'AccountMismatch' },
      );
    }
    if (findCondition(policy.status?.conditions, 'Synced')?.reason === 'NotPermitted') {
      refusal ??= notReady(what, 'its document is not permitted to its namespace');
      continue;
    }
    if (policyArn === undefined || target === undefined || !isItsOwn(policy))
      throw notReady(what, 'it does not manage its policy (yet)');
    if (!isTrue(policy.status?.conditions, 'Ready') && !recorded.includes(policyArn))
      throw notReady(what, whyNot(policy));
    arns.push(policyArn);
  }
  return { arns, refusal };
}

/**
 * Whether the object manages the policy that its status tells of. One that only observes may name any policy of the
 * account, even the administrator's: what it reads is no right to hand it out.
 */
function isItsOwn({ spec, status }: IamPolicy): boolean {
  const { target, policyId } = status ?? {};
  return target?.identity === undefined ? spec.mode !== 'Observe' : target.identity === policyId;
}

function whyNot({ status }: IamPolicy): string {
  return findCondition(status?.conditions, 'Ready')?.reason ?? 'it was not looked at yet';
}

function notReady(what: string, why: string): ReconcileError {
  return new ReconcileError('DependencyNotReady', `${what} is not ready: ${why}`, { reason: 'IAMPolicyNotReady' });
}
