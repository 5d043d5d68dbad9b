import { findCondition } from '../managed/conditions.ts';
import type { Deletion, ManagedResource } from '../managed/kind.ts';

/** What somebody else must take away before a deletion can go on. */
export type Obstacle = Extract<Deletion, { type: 'Blocked' }>;

const NAMED_MAX = 10;

/** Whether an earlier pass found something of somebody else in the way: then it is asked for again before anything else. */
export function wasObstructed({ status }: ManagedResource): boolean {
  const reason = findCondition(status?.conditions, 'DeletionBlocked')?.reason;
  return reason === 'ForeignKey' || reason === 'ForeignAttachment';
}

/** The first of the names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
