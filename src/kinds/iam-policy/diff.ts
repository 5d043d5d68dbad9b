import type { Change } from '../../managed/kind.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { policyDifference } from '../../wasabi/policy/difference.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { descriptionWith } from './description.ts';
import type { DesiredPolicy } from './desired.ts';
import type { ObservedPolicy } from './observe.ts';
import { sidMark, withMark } from './sid-mark.ts';

/** What can be done to a managed policy. */
export type PolicyChange =
  | (Change & { readonly type: 'Create'; readonly document: PolicyDocument; readonly description: string })
  | (Change & { readonly type: 'NewVersion'; readonly document: PolicyDocument });

/**
 * The changes that bring the policy to the wanted state. A description cannot be changed: who takes over a policy with
 * somebody else's marker puts its own mark into a new version, which the former owner sees. A policy without any marker
 * gets it with the next version that is made anyway, so that to adopt it changes nothing that is in force. Pure.
 * @param marker the marker to write; undefined: the one found stays
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
  const isSame = found !== undefined && isSamePolicy(document, found);
  const mark = wantedMark(observed, marker);
  const hasMarker = observed.createdBy !== undefined || observed.sidMark !== undefined;
  const isTakeOver = marker !== undefined && hasMarker && observed.sidMark !== mark;
  if (isSame && !isTakeOver) return [];
  const what = [
    ...(isTakeOver ? ['the mark of its owner'] : []),
    ...(isSame ? [] : [policyDifference(found, document)]),
  ];
  const marked = mark === undefined ? document : withMark(document, mark);
  return [{ type: 'NewVersion', summary: `new version: ${what.join('; ')}`, document: marked }];
}

/** What each new version has to carry: nothing where the description says it, and nobody ever took the policy over. */
function wantedMark({ createdBy, sidMark: found }: ObservedPolicy, marker: string | undefined): string | undefined {
  if (marker === undefined) return found;
  return createdBy === marker && found === undefined ? undefined : sidMark(marker);
}
