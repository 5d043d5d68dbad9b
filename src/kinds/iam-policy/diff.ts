import type { Change } from '../../managed/kind.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { policyDifference } from '../../wasabi/policy/difference.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { POLICY_LIMITS, policySize } from '../../wasabi/policy/limits.ts';
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
 * @throws InvalidSpec when the document leaves no room for a mark that it needs
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
  const isSame = isInForce(desired, observed);
  const mark = fittingMark(document, observed, marker);
  const isTakeOver = marker !== undefined && hasMarker(observed) && observed.sidMark !== mark;
  if (isSame && !isTakeOver) return [];
  const what = [
    ...(isTakeOver ? ['the mark of its owner'] : []),
    ...(isSame ? [] : [policyDifference(documentIn(observed), document)]),
  ];
  const marked = mark === undefined ? document : withMark(document, mark);
  return [{ type: 'NewVersion', tellsSummary: true, summary: `new version: ${what.join('; ')}`, document: marked }];
}

/** Whether the version in force is what the spec says, whoever's mark it carries. Pure. */
export function isInForce({ document }: DesiredPolicy, observed: ObservedPolicy): boolean {
  const found = documentIn(observed);
  return found !== undefined && isSamePolicy(document, found);
}

function documentIn({ document }: ObservedPolicy): PolicyDocument | undefined {
  return document.type === 'Parsed' ? document.document : undefined;
}

function hasMarker({ createdBy, sidMark: found }: ObservedPolicy): boolean {
  return createdBy !== undefined || found !== undefined;
}

/**
 * The wanted mark where the document leaves room for it. Without it goes what no mark or the own one in the description
 * makes ours; else a version without it would give the policy back to whoever had it before.
 */
function fittingMark(
  document: PolicyDocument,
  observed: ObservedPolicy,
  marker: string | undefined,
): string | undefined {
  const mark = wantedMark(observed, marker);
  if (mark === undefined) return undefined;
  const { size, unit } = POLICY_LIMITS.Managed;
  const marked = policySize(withMark(document, mark), 'Managed');
  if (marked <= size) return mark;
  const isNeeded = hasMarker(observed) && (marker === undefined || observed.createdBy !== marker);
  if (!isNeeded) return undefined;
  throw new ReconcileError(
    'InvalidSpec',
    `spec.policy has ${policySize(document, 'Managed')} ${unit}, ${marked} with the mark of its owner in a sid, which a policy that was taken over needs, and at most ${size} are possible; shorten it with wildcards, or split it`,
  );
}

/** What each new version has to carry: nothing where the description says it, and nobody ever took the policy over. */
function wantedMark({ createdBy, sidMark: found }: ObservedPolicy, marker: string | undefined): string | undefined {
  if (marker === undefined) return found;
  return createdBy === marker && found === undefined ? undefined : sidMark(marker);
}
