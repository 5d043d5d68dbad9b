import type { Change } from '../../managed/kind.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { policyDifference } from '../../wasabi/policy/difference.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { descriptionWith } from './description.ts';
import type { DesiredPolicy } from './desired.ts';
import type { ObservedPolicy } from './observe.ts';

/** What can be done to a managed policy. */
export type PolicyChange =
  | (Change & { readonly type: 'Create'; readonly document: PolicyDocument; readonly description: string })
  | (Change & { readonly type: 'NewVersion'; readonly document: PolicyDocument });

/**
 * The changes that bring the policy to the wanted state. The marker is written at creation alone: a description cannot be
 * changed, so that of an adopted policy stays, and the PolicyId in status proves it ours. Pure.
 */
export function diffPolicy(
  desired: DesiredPolicy,
  observed: ObservedPolicy | undefined,
  marker: string | undefined,
): readonly PolicyChange[] {
  const { document } = desired;
  if (observed === undefined) {
    // What is not there is ours to make, and then it has a marker.
    const description = descriptionWith(marker ?? '', desired.description);
    return [{ type: 'Create', summary: 'create the policy', isPrerequisite: true, document, description }];
  }
  const found = observed.document?.type === 'Parsed' ? observed.document.document : undefined;
  if (found !== undefined && isSamePolicy(document, found)) return [];
  return [{ type: 'NewVersion', summary: `new version: ${policyDifference(found, document)}`, document }];
}
