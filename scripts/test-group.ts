import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
/** The longest limit there is, milliseconds: `Infinity` takes over that of a test. */
const NO_LIMIT_MS = 2 ** 31 - 1;
/** A process that still lives so long after its last suite never ends by itself. */
const END_MS = 60_000;

/**
 * Runs the suites, paths below the project's folder, one after another, but for those that another process has claimed
 * in that folder: whoever is free takes the next, and all processes end at about the same time. Hooks of a suite are its
 * own, since each is a `describe`; so is a suite that cannot be imported, whose failure keeps no other from running.
 */
export async function runSuites(suites: readonly string[], claims: string): Promise<void> {
  mkdirSync(claims, { recursive: true });
  for (const suite of suites) {
    if (!isOurs(join(claims, suite.replaceAll('/', '+')))) continue;
    // The limit of `--test-timeout` is each test's, not the suite's.
    await describe(suite, { timeout: NO_LIMIT_MS }, () => import(pathToFileURL(join(ROOT, suite)).href));
  }
  setTimeout(() => {
    console.error(
      `what a suite has left behind keeps its process alive: ${process.getActiveResourcesInfo().join(', ')}`,
    );
    process.exit(1);
  }, END_MS).unref();
}

/** Makes the file. @returns whether this process made it; else another one has */
function isOurs(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
