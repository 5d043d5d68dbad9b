import type { KindCondition, KindEvent } from '../managed/kind.ts';

/**
 * Tells of what the predecessor of this operator left in the service and the spec does not ask for: in a condition while
 * it is there, and in an event when it is first seen or becomes another thing. Nothing of it is ever taken away unasked.
 * @param message what it is, and how it goes away; undefined: nothing is left
 * @param isNews status did not name it yet
 */
export function leftoverReport(
  message: string | undefined,
  isNews: boolean,
): { readonly conditions: readonly KindCondition[]; readonly events: readonly KindEvent[] } {
  if (message === undefined) return { conditions: [], events: [] };
  const reason = 'LeftByPredecessor';
  return {
    conditions: [{ type: reason, status: 'True', reason, message }],
    events: isNews ? [{ type: 'Warning', reason, note: message }] : [],
  };
}
