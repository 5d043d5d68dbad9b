import { childCrashPaths } from '../support/child-crash-paths.ts';
import { type CrashPath, crashPaths } from '../support/crash-paths.ts';
import { iamCrashPaths } from '../support/iam-crash-paths.ts';
import { keyCrashPaths } from '../support/key-crash-paths.ts';
import { outputCrashPaths } from '../support/output-crash-paths.ts';
import { policyCrashPaths } from '../support/policy-crash-paths.ts';
import { takeOverCrashPaths } from '../support/take-over-crash-paths.ts';

/** Every path on which something is made to go wrong, by its title. */
export const PATHS: ReadonlyMap<string, CrashPath> = new Map(
  [crashPaths, policyCrashPaths, iamCrashPaths, childCrashPaths, keyCrashPaths, outputCrashPaths, takeOverCrashPaths]
    .flat()
    .map((path) => [path.title, path]),
);

/** What cannot be made good again happens on these: a second crash is tried at every pair of their writes. */
export const IRREVERSIBLE: ReadonlySet<string> = new Set([
  'create a key',
  'replace a key after the Secret was deleted',
  'rotate a key',
  'retire the previous key, and rotate again',
  'delete a key',
  'delete an empty bucket',
  'force delete where one call does it',
  'force delete where the bucket has to be emptied first',
]);
