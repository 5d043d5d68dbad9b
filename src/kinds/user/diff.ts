import type { Change } from '../../managed/kind.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { policyDifference } from '../../wasabi/policy/difference.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { attachedByUs, GROUP_PREFIX, INLINE_PREFIX } from './attached.ts';
import { type DesiredUser, recordedInlineNames } from './desired.ts';
import { freezeChanges } from './freeze.ts';
import type { ObservedUser } from './observe.ts';

/** What can be done to a user in one call each. */
export type UserChange =
  | (Change & { readonly type: 'Create' })
  | (Change & { readonly type: 'PutPolicy'; readonly name: string; readonly document: PolicyDocument })
  | (Change & { readonly type: 'DeletePolicy'; readonly name: string })
  | (Change & { readonly type: 'AttachPolicy' | 'DetachPolicy'; readonly arn: string })
  | (Change & { readonly type: 'FreezeKey' | 'ThawKey'; readonly keyId: string })
  | (Change & { readonly type: 'JoinGroup' | 'LeaveGroup'; readonly group: string });

/**
 * The changes that bring the user to the wanted state. What is added comes before what is taken away, so that who works
 * with the user is never without rights between two policies that both allow what it does. Pure.
 */
export function diffUser(
  desired: DesiredUser,
  observed: ObservedUser | undefined,
  marker: string | undefined,
): readonly UserChange[] {
  const attached = observed?.attached ?? new Set<string>();
  const name = inlineNameOf(desired, observed, marker);
  const isOurs = (one: string) => desired.recorded.includes(one) && !desired.attached.includes(one);
  return [
    ...(observed === undefined ? [{ type: 'Create', summary: 'create the user', isPrerequisite: true } as const] : []),
    ...freezeChanges(desired.freeze, observed),
    ...putPolicy(desired, observed, name),
    ...desired.attached.filter((one) => !attached.has(one)).map((one) => attachment(one, true)),
    ...[...attached].filter(isOurs).map((one) => attachment(one, false)),
    ...unwantedPolicies(desired, observed, name, marker !== undefined).map(
      (old): UserChange => ({ type: 'DeletePolicy', summary: `inline policy ${old}: taken away`, name: old }),
    ),
  ];
}

/**
 * The name under which our inline policy stands. Our own name is a proof of ownership, so it is written only where
 * ownership is proven; otherwise the policy that is there is kept up. So is the predecessor's in any case, as long as it
 * is there: to take a user over, nothing need be taken away.
 */
function inlineNameOf(desired: DesiredUser, observed: ObservedUser | undefined, marker: string | undefined): string {
  const { inlineName, legacyInlineName } = desired;
  if (observed === undefined) return inlineName;
  if (marker === undefined) return observed.markedNames[0] ?? legacyInlineName;
  const isKept =
    attachedByUs(desired, observed).includes(INLINE_PREFIX + legacyInlineName) &&
    observed.inlineNames.includes(legacyInlineName) &&
    !observed.inlineNames.includes(inlineName);
  return isKept ? legacyInlineName : inlineName;
}

function putPolicy(desired: DesiredUser, observed: ObservedUser | undefined, name: string): readonly UserChange[] {
  const { inline } = desired;
  if (inline === undefined) return [];
  const read = observed?.documents.get(name);
  const found = read?.type === 'Parsed' ? read.document : undefined;
  if (found !== undefined && isSamePolicy(inline, found)) return [];
  const summary = `inline policy: ${policyDifference(found, inline)}`;
  return [{ type: 'PutPolicy', tellsSummary: true, summary, name, document: inline }];
}

/** Inline policies that are ours to take away: ours when none is wanted, and those that ours takes the place of. */
function unwantedPolicies(
  desired: DesiredUser,
  observed: ObservedUser | undefined,
  name: string,
  isProven: boolean,
): readonly string[] {
  const recorded = recordedInlineNames(desired.recorded);
  const isOurs = (one: string) => isMarked(observed, one) || recorded.includes(one);
  return (observed?.inlineNames ?? []).filter((one) => {
    if (one === name) return desired.inline === undefined && isOurs(one);
    // Where ownership is not proven the policy that is kept up is all that is ours.
    return isProven && one !== desired.inlineName && isOurs(one);
  });
}

function isMarked(observed: ObservedUser | undefined, name: string): boolean {
  return observed?.markedNames.includes(name) === true;
}

function attachment(one: string, isWanted: boolean): UserChange {
  if (one.startsWith(GROUP_PREFIX)) {
    const group = one.slice(GROUP_PREFIX.length);
    return isWanted
      ? { type: 'JoinGroup', summary: `group ${group}: join`, group }
      : { type: 'LeaveGroup', summary: `group ${group}: leave`, group };
  }
  return isWanted
    ? { type: 'AttachPolicy', summary: `policy ${one}: attach`, arn: one }
    : { type: 'DetachPolicy', summary: `policy ${one}: detach`, arn: one };
}
