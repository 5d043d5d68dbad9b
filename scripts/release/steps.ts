import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sectionOf } from './changelog.ts';
import { frozenPath, frozenText } from './frozen.ts';
import {
  chartVersionOf,
  RENDERED_FOLDER,
  versionOf,
  versionProblems,
  withLockVersion,
  withRenderedVersion,
} from './in-step.ts';

/** What a pipeline asks before it does anything. */
export interface ReleaseState {
  readonly version: string;
  /** There are changesets: a next version is to be made of them. */
  readonly next: boolean;
  /** This version is to be published: it has no tag, and its changelog does not say that it is not published yet. */
  readonly publish: boolean;
}

/** The state of the checkout in that folder. @throws Error when the changelog has no section of its version */
export function stateOf(root: string): ReleaseState {
  const version = versionOf(root);
  const next = pendingIn(root).length > 0;
  const isHeldBack = /not\s+published\s+yet/.test(notesOf(root));
  return { version, next, publish: !next && !isHeldBack && !isReleased(root, version) };
}

/** What keeps the checkout in that folder from being a release: one sentence each, with what to do. */
export function releaseProblems(root: string): readonly string[] {
  const left = pendingIn(root).map(
    (file) => `.changeset/${file}: is in no version yet: run "npm run release -- version"`,
  );
  return [...versionProblems(root), ...left];
}

/** What the changelog says of the version in that folder. @throws Error when it has no such section */
export function notesOf(root: string): string {
  return sectionOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), versionOf(root));
}

/** Makes the next version of the changesets, in `package.json` and the changelog, and brings all else in step. */
export function makeVersion(root: string): void {
  execFileSync('changeset', ['version'], { cwd: root, stdio: 'inherit' });
  sync(root);
}

/** Brings the lockfile, rendered and generated files and frozen definitions in step with `package.json`. */
export function sync(root: string): void {
  const version = versionOf(root);
  const lock = join(root, 'package-lock.json');
  writeFileSync(lock, withLockVersion(readFileSync(lock, 'utf8'), version));
  const before = chartVersionOf(root);
  const folder = join(root, RENDERED_FOLDER);
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    writeFileSync(path, withRenderedVersion(readFileSync(path, 'utf8'), before, version));
  }
  // A process of its own: the generators import the version.
  execFileSync(process.execPath, ['scripts/generate.ts'], { cwd: root, stdio: 'inherit' });
  if (!existsSync(join(root, frozenPath(version)))) writeFileSync(join(root, frozenPath(version)), frozenText(version));
}

/** Freezes today's definitions as those of the version in that folder. @throws Error when it is released */
export function freeze(root: string): void {
  const version = versionOf(root);
  if (isReleased(root, version)) {
    throw new Error(`v${version} is released: what its definitions took must be taken for ever`);
  }
  writeFileSync(join(root, frozenPath(version)), frozenText(version));
}

function pendingIn(root: string): readonly string[] {
  return readdirSync(join(root, '.changeset')).filter((file) => file.endsWith('.md') && file !== 'README.md');
}

function isReleased(root: string, version: string): boolean {
  return execFileSync('git', ['tag', '--list', `v${version}`], { cwd: root, encoding: 'utf8' }).trim() !== '';
}
