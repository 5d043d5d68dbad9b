import { execFileSync } from 'node:child_process';
import type { Cores } from './cores.ts';
import type { BenchOptions, OptionName } from './options.ts';

/** Where a run was made. */
export interface Shape {
  readonly cores: number;
  readonly isPinned: boolean;
  readonly node: string;
  readonly platform: string;
}

/** What the result of every mode begins with. */
export interface Header {
  readonly mode: string;
  /** The commit that was run; with `+` when the tree had changes; '' when it is not known. */
  readonly commit: string;
  /** The operator that was measured; see `operatorOf`. */
  readonly operator: string;
  readonly at: string;
  /** Those that mean something to the mode, and change what is found. */
  readonly options: Partial<BenchOptions>;
  readonly shape: Shape;
}

const NO_PART: ReadonlySet<string> = new Set(['operator', 'quick', 'write', 'limitMinutes'] satisfies OptionName[]);
/** What the operator is made of. */
const BUILT = ['../src', '../Dockerfile', '../scripts/build', '../package.json', '../package-lock.json'];
/** Of `src`, what is no part of the operator: its changes leave results as good as they were. */
const OTHERS = ['emulator', 'devcluster', 'cli'];

/** The beginning of a result. */
export function headerOf(options: BenchOptions, cores: Cores, takes: readonly OptionName[]): Header {
  return {
    mode: options.mode,
    commit: commitOf(),
    operator: operatorOf(options.operator),
    at: new Date().toISOString().slice(0, 10),
    options: Object.fromEntries(takes.filter((name) => !NO_PART.has(name)).map((name) => [name, options[name]])),
    shape: shapeOf(cores),
  };
}

/** Where this run is made. */
export function shapeOf(cores: Cores): Shape {
  return {
    cores: cores.count,
    isPinned: cores.operator !== undefined,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** The commit that runs, with `+` when the tree has changes; '' when it is not known. */
export function commitOf(): string {
  return git('rev-parse', '--short', 'HEAD') + changes('../src');
}

/**
 * What tells one operator from another: the command it was started by, else the last commit that changed it, with `+`
 * when the tree has changes of it; '' when that is not known.
 */
export function operatorOf(command: readonly string[]): string {
  if (command.length > 0) return command.join(' ');
  const paths = [...BUILT, ...OTHERS.map((folder) => `:!../src/${folder}`), ':!../src/**/*.test.ts'];
  return git('log', '-1', '--format=%h', '--', ...paths) + changes(...paths);
}

function changes(...paths: readonly string[]): string {
  return git('status', '--porcelain', '--', ...paths) === '' ? '' : '+';
}

function git(...args: readonly string[]): string {
  try {
    const cwd = import.meta.dirname;
    return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return ''; // no git, or no repository
  }
}
