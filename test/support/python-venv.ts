import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

/** A Python venv with packages in it, or why there is none. */
export type PythonVenv =
  | { readonly type: 'Venv' /** Folder of its programs. */; readonly bin: string }
  | { readonly type: 'NoVenv'; readonly why: string };

/**
 * The venv with the packages of that file: from the user's cache, or made there by the Python and the package index of
 * this machine. One for each content of the file; what was installed by halves is installed again.
 * @param suite names it in the cache
 * @param requirements path of a requirements file of pip
 */
export function ensureVenv(suite: string, requirements: string): PythonVenv {
  const wanted = readFileSync(requirements, 'utf8').trim();
  const folder = cacheFolder(process.env, suite, createHash('sha256').update(wanted).digest('hex').slice(0, 12));
  const bin = join(folder, 'bin');
  const mark = join(folder, 'is-complete');
  if (existsSync(mark)) return { type: 'Venv', bin };
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (python === undefined) return { type: 'NoVenv', why: 'there is no Python on this machine' };
  mkdirSync(folder, { recursive: true });
  console.log(`installing ${wanted.replaceAll('\n', ', ')} into ${folder}`);
  if (!succeeds(python, ['-m', 'venv', folder])) return { type: 'NoVenv', why: 'Python cannot make a venv' };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  if (!succeeds(join(bin, 'python'), pip)) return { type: 'NoVenv', why: 'pip cannot install the packages' };
  writeFileSync(mark, '');
  return { type: 'Venv', bin };
}

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'inherit' }).status === 0;
}
