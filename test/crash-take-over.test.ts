import { testCrashes } from './support/crash-suite.ts';
import { takeOverCrashPaths } from './support/take-over-crash-paths.ts';

/** Wherever the operator dies while it takes over what the predecessor left, the end is the same. */
testCrashes(takeOverCrashPaths);
