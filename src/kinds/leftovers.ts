import { findCondition, shorten } from '../managed/conditions.ts';
import type { KindCondition, KindEvent, ManagedResource } from '../managed/kind.ts';

/**
 * Tells of what the predecessor of this operator left in the service and the spec does not ask for: in a condition while
 * it is there, and in an event when it is first seen or becomes another thing. Nothing of it is ever taken away unasked.
 * @param message what it is, and how it goes away; undefined: nothing is left
 */
export function leftoverReport(
  { status }: ManagedResource,
  message: string | undefined,
): { readonly conditions: readonly KindCondition[]; readonly events: readonly KindEvent[] } {
  if (message === undefined) return { conditions: [], events: [] };
  const reason = 'LeftByPredecessor';
  const isNews = findCondition(status?.conditions, reason)?.message !== shorten(message);
  return {
    conditions: [{ type: reason, status: 'True', reason, message }],
    events: isNews ? [{ type: 'Warning', reason, note: message }] : [],
  };
}
