import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withLock } from '../cluster/control-plane/lock.ts';
import { cacheFolder } from './cache-folder.ts';

/** A program that tests run, and how it comes to be. */
export interface TestProgram {
  readonly name: string;
  /** The variable that names another one. */
  readonly variable: string;
  /** Names the folder in the cache: all that decides the result. */
  readonly version: string;
  /** Whether this machine can make it. */
  canBuild(): Promise<boolean>;
  /** Puts the program into that folder. */
  build(folder: string): Promise<void>;
}

/**
 * The program that the variable names, that of the cache, or a build (once a machine). Safe to be called by several
 * processes at the same time.
 * @returns its path; `undefined`: there is none, and this machine cannot make one
 * @throws Error when a build fails
 */
export async function ensureProgram(program: TestProgram, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const given = env[program.variable];
  if (given !== undefined && given !== '') return given;
  const path = cacheFolder(env, program.name, program.version, program.name);
  if (await isThere(path)) return path;
  if (!(await program.canBuild())) return undefined;
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  return withLock(
    `${folder}.lock`,
    () => undefined,
    async () => {
      if (await isThere(path)) return path;
      const working = await mkdtemp(`${folder}.partial-`);
      try {
        await program.build(working);
        await rename(join(working, program.name), path); // nobody sees half a program
      } finally {
        await rm(working, { recursive: true, force: true });
      }
      return path;
    },
  );
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
