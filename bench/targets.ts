import type { Target } from './target.ts';
import { TARGETS_OF_MAKING } from './targets-of-making.ts';
import { TARGETS_OF_RUNNING } from './targets-of-running.ts';

/** The figures that are to be reached, in the order of the table. */
export const TARGETS: readonly Target[] = [...TARGETS_OF_MAKING, ...TARGETS_OF_RUNNING];
