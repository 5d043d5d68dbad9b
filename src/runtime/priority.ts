/**
 * Why a key is queued, the most urgent first: somebody changed the object ('user'); a pass failed, or the object is not
 * what it should be as this process begins to lead ('retry'); it is, and this process begins to lead ('initial'); or it is
 * time to look again ('resync').
 */
export type Priority = 'user' | 'retry' | 'initial' | 'resync';

/** All priorities, the most urgent first. */
export const PRIORITIES: readonly Priority[] = ['user', 'retry', 'initial', 'resync'];

/** The place in that order: 0 is the most urgent. */
export const RANK: { readonly [P in Priority]: number } = { user: 0, retry: 1, initial: 2, resync: 3 };

/** The more urgent one of two. */
export function higher(one: Priority, other: Priority): Priority {
  return RANK[one] <= RANK[other] ? one : other;
}
