import type { Change } from '../../managed/kind.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { policyDifference } from '../../wasabi/policy/difference.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { type DesiredPolicy, wantedDocument } from './desired.ts';
import type { ObservedPolicy } from './observe.ts';

/** The whole policy is written, or taken away: a bucket has one document. */
export interface PolicyChange extends Change {
  readonly type: 'Set:policy' | 'Remove:policy';
  readonly document: PolicyDocument | undefined;
}

/** The changes that bring the bucket's policy to the wanted one: one, or none. Pure. */
export function diffPolicy(desired: DesiredPolicy, observed: ObservedPolicy | undefined): readonly PolicyChange[] {
  const found = observed?.document;
  const document = wantedDocument(desired, found);
  if (document === undefined) {
    if (observed === undefined) return [];
    const what = found === undefined ? '- what cannot be read as a policy' : policyDifference(found, undefined);
    return [{ type: 'Remove:policy', tellsSummary: true, summary: `policy: ${what}`, document }];
  }
  if (found !== undefined && isSamePolicy(document, found)) return [];
  const summary = `policy: ${policyDifference(found, document)}`;
  return [{ type: 'Set:policy', tellsSummary: true, summary, document }];
}
