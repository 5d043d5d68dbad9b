import { testCrashes } from './support/crash-suite.ts';
import { keyCrashPaths } from './support/key-crash-paths.ts';

/** Wherever the operator dies on a path of an AccessKey, or a call or its answer is lost, the end is the same. */
testCrashes(keyCrashPaths, { prefix: 'L50: AccessKey: ' });
