import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the tests keep what is made once a machine: `names` below the project's folder in the user's cache
 * (XDG_CACHE_HOME, else ~/.cache). Nothing is made.
 */
export function cacheFolder(env: NodeJS.ProcessEnv, ...names: readonly string[]): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasabi-s3-operator', ...names);
}
