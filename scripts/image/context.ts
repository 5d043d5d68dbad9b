import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob, posix } from 'node:path';

/**
 * The files that an engine would send to the build, by paths from `root`: all but those that .dockerignore names, where
 * the last line that matches a path or a folder above it decides.
 * @param from where to look: a file or a folder, from the root
 */
export function contextFiles(root: string, from: string): readonly string[] {
  const rules = rulesIn(readFileSync(join(root, '.dockerignore'), 'utf8'));
  const options = { cwd: root, withFileTypes: true } as const;
  const found = globSync([from, `${from}/**/*`], options).filter((entry) => entry.isFile());
  const paths = found.map(({ parentPath, name }) => posix.relative(root, posix.join(parentPath, name)));
  return paths.filter((path) => !isIgnored(path, rules)).sort();
}

interface Rule {
  readonly pattern: string;
  readonly isException: boolean;
}

function rulesIn(text: string): readonly Rule[] {
  const lines = text.split('\n').map((line) => line.trim());
  const meant = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return meant.map((line) => ({ pattern: line.replace(/^!/, ''), isException: line.startsWith('!') }));
}

function isIgnored(path: string, rules: readonly Rule[]): boolean {
  const parts = path.split('/');
  const folders = parts.map((_, index) => parts.slice(0, index + 1).join('/')); // and the path itself
  const last = rules.findLast(({ pattern }) => folders.some((each) => matchesGlob(each, pattern)));
  return last !== undefined && !last.isException;
}
