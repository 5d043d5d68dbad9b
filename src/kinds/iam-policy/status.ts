import type { IamPolicy } from '../../api/iam-policy.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KindStatus, PassFacts } from '../../managed/kind.ts';
import { rejectedSettings, unsupportedTagFields } from '../iam-status.ts';
import type { DesiredPolicy } from './desired.ts';
import { isInForce } from './diff.ts';
import type { ObservedPolicy } from './observe.ts';

/** The predecessor named its policies in status, and never their PolicyId, which our first status has. */
export function isOfPredecessor({ status }: IamPolicy): boolean {
  if (status?.inherited === true) return true;
  return (status?.applied === true || status?.policyArn !== undefined) && status.policyId === undefined;
}

/** `status.attachedUsers` holds so many. */
const USERS_MAX = 1_000;

/** The IAMPolicy's own status. Pure. */
export function policyStatus(
  resource: IamPolicy,
  desired: DesiredPolicy,
  observed: ObservedPolicy | undefined,
  facts: PassFacts,
  rejectsUnsupported: boolean,
): KindStatus {
  const unsupported = unsupportedTagFields(resource.spec.tags);
  const hasChanged = facts.applied.length > 0 || resource.status?.lastSyncTime === undefined;
  const isInherited = observed !== undefined && isOfPredecessor(resource) && !facts.isProven;
  return {
    fields: {
      // Of a policy that is gone the name stays: without spec.name it is what the policy is made again by.
      policyArn: observed?.arn ?? resource.status?.policyArn,
      policyId: observed?.policyId,
      applied: observed !== undefined && isInForce(desired, observed),
      defaultVersionId: observed?.defaultVersionId,
      attachedUsers: observed?.entities?.users.slice(0, USERS_MAX),
      inherited: isInherited ? true : undefined,
      ...(hasChanged && observed !== undefined ? { lastSyncTime: rfc3339(facts.nowMs) } : {}),
    },
    unsupported,
    failure: rejectsUnsupported ? rejectedSettings(unsupported) : undefined,
  };
}
