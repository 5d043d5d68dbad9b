import { isDeepStrictEqual } from 'node:util';
import type { User } from '../../api/user.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KindStatus, PassFacts } from '../../managed/kind.ts';
import { rejectedSettings, unsupportedTagFields } from '../iam-status.ts';
import { leftoverReport } from '../leftovers.ts';
import { attachedByUs, leftoversOf } from './attached.ts';
import { type DesiredUser, isOfPredecessor } from './desired.ts';
import { frozenByUs, frozenFields, userFreezeReport } from './freeze.ts';
import type { ObservedUser } from './observe.ts';

/** What the status of a User is made of, beside the User itself. */
export interface UserStatusParts {
  readonly desired: DesiredUser;
  readonly observed: ObservedUser | undefined;
  readonly facts: PassFacts;
  /** How many AccessKey objects refer to the User. */
  readonly keys: number;
  /** The operator writes to the service for this object. */
  readonly isActing: boolean;
  /** The Provider says `unsupportedSettings: Reject`. */
  readonly rejectsUnsupported: boolean;
}

/** The User's own status. Pure. */
export function userStatus(resource: User, parts: UserStatusParts): KindStatus {
  const { desired, observed, facts, keys, isActing, rejectsUnsupported } = parts;
  const attached = attachedByUs(desired, observed);
  const leftovers = leftoversOf(desired, observed);
  const freeze = userFreezeReport(resource, desired.freeze, observed);
  const left = leftoverReport(
    leftoverMessage(resource, leftovers),
    !isDeepStrictEqual(leftovers, resource.status?.leftovers),
  );
  const failure =
    desired.refusal ?? (rejectsUnsupported ? rejectedSettings(unsupportedTagFields(resource.spec.tags)) : undefined);
  const unsupported = unsupportedTagFields(resource.spec.tags);
  const hasChanged = facts.applied.length > 0 || resource.status?.lastSyncTime === undefined;
  const isInherited = observed !== undefined && isOfPredecessor(resource) && !facts.isProven;
  return {
    fields: {
      // What the predecessor did not record proves nothing, and is not to look later as if it had been.
      userId: isInherited && resource.status?.userId === undefined ? undefined : observed?.userId,
      arn: observed?.arn,
      created: observed !== undefined,
      attached: attached.length === 0 ? undefined : attached,
      leftovers: leftovers.length === 0 ? undefined : leftovers,
      keys,
      ...frozenFields(resource, frozenByUs(desired.freeze, observed, isActing)),
      frozen: freeze.frozen,
      inherited: isInherited ? true : undefined,
      ...(hasChanged && observed !== undefined ? { lastSyncTime: rfc3339(facts.nowMs) } : {}),
    },
    conditions: [...(left.conditions ?? []), ...freeze.conditions],
    events: [...(left.events ?? []), ...freeze.events],
    unsupported,
    failure: failure ?? freeze.failure,
    isUnusable: desired.refusal !== undefined || freeze.failure !== undefined,
  };
}

function leftoverMessage({ spec }: User, leftovers: readonly string[]): string | undefined {
  if (leftovers.length === 0) return undefined;
  const names = leftovers.map((name) => `"${name}"`).join(', ');
  return `user "${spec.name}" has the inline policy ${names}, which the spec does not describe: the predecessor of this operator gave it unasked; take it away once nobody needs it, or describe it in spec.policy`;
}
