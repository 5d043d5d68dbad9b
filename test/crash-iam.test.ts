import { testCrashes } from './support/crash-suite.ts';
import { iamCrashPaths } from './support/iam-crash-paths.ts';

/** Wherever the operator dies on a path of IAMPolicy and User, the end is the same. */
testCrashes(iamCrashPaths);
