import { crashPaths } from './support/crash-paths.ts';
import { testCrashes } from './support/crash-suite.ts';

/** Wherever the operator dies on a path of Provider and Bucket, the end is the same. */
testCrashes(crashPaths, { everyWriteOnCluster: true });
