import { childCrashPaths } from './support/child-crash-paths.ts';
import { testCrashes } from './support/crash-suite.ts';

/** Wherever the operator dies on a path of a Bucket and its children, the end is the same. */
testCrashes(childCrashPaths);
