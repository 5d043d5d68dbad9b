import type { Fence } from './fence.ts';

/** Leadership without election, for a single replica: held from the start and for ever. */
export function alwaysLeader(identity: string): Fence {
  return { identity, epoch: 0, assertHeld: () => {}, remainingMs: () => Number.POSITIVE_INFINITY };
}
