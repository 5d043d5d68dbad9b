/**
 * Why a key is queued, the most urgent first: somebody changed the object ('user'), a pass failed ('retry'), the
 * process has just started ('initial'), or it is time to look again ('resync').
 */
export type Priority = 'user' | 'retry' | 'initial' | 'resync';

/** All priorities, the most urgent first. */
export const PRIORITIES: readonly Priority[] = ['user', 'retry', 'initial', 'resync'];
