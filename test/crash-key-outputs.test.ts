import { testCrashes } from './support/crash-suite.ts';
import { outputCrashPaths } from './support/output-crash-paths.ts';

/** Wherever the operator dies on a path of outputs, they come to the same end, and each workload is restarted once. */
testCrashes(outputCrashPaths, { prefix: 'AccessKey: ' });
