import { testCrashes } from './support/crash-suite.ts';
import { policyCrashPaths } from './support/policy-crash-paths.ts';

/** Wherever the operator dies on a path of a BucketPolicy, the end is the same. */
testCrashes(policyCrashPaths);
