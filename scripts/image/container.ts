import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuiltImage } from './stages.ts';

/** How much of a container this machine allows without an engine. */
export type Isolation =
  /** A root of its own that is read-only, /proc of its own, process 1, user of the image. */
  | 'namespaces'
  /** The user of the image, in front of files of root; it sees the rest of the machine. */
  | 'user'
  /** Whoever runs this. */
  | 'none';

/** A process that runs as the image says. */
export interface Container {
  readonly process: ChildProcess;
  /** Of the image's own process; the kernel's number for it out here. */
  pid(): number;
  /** What it wrote so far, to both streams. */
  output(): string;
  /** Its exit code; undefined: a signal ended it. */
  readonly ended: Promise<number | undefined>;
  /** To the image's own process. */
  signal(name: NodeJS.Signals): void;
}

/** What somebody who starts a container says. */
export interface ContainerOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether /tmp is writable, as with `--tmpfs /tmp`; by default nothing is. */
  readonly hasTmp?: boolean;
}

/** A built image, made ready to be started. */
export interface Runnable {
  readonly isolation: Isolation;
  /** The path of a file of the image, as the process sees it. */
  path(inImage: string): string;
  /** Adds a file, as a mounted volume does. */
  mount(path: string, text: string): void;
  start(options: ContainerOptions): Container;
}

const NODE = '/nodejs/bin/node';
/** $0 is the root of the image's files, $1 the user, $2 whether /tmp is writable, the rest the command. */
const ENTER = [
  'mount --bind "$0" "$0"',
  'mount -o remount,bind,ro "$0"',
  'mount -t proc proc "$0/proc"',
  'mount --rbind /dev "$0/dev"',
  'if "$2"; then mount -t tmpfs tmpfs "$0/tmp"; fi',
  'user=$1',
  'shift 2',
  'exec chroot --userspec="$user" "$0" "$@"',
].join(' && ');

/** What this machine allows. */
function isolationHere(): Isolation {
  if (process.getuid?.() !== 0) return 'none';
  const tried = spawnSync('unshare', ['--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/proc']);
  return tried.status === 0 ? 'namespaces' : 'user';
}

/**
 * Adds to the files of the image what its base would bring: Node and its libraries. All of it is owned by root, and
 * nobody may write.
 */
export function prepare(image: BuiltImage, isolation: Isolation = isolationHere()): Runnable {
  const { folder } = image;
  const isOwnRoot = isolation === 'namespaces';
  if (isOwnRoot) addBase(folder);
  seal(folder);
  const path = (inImage: string) => (isOwnRoot ? inImage : join(folder, inImage));
  return {
    isolation,
    path,
    mount: (inImage, text) => {
      const file = join(folder, inImage);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      seal(folder);
    },
    start: (options) => (isOwnRoot ? entered(image, options) : plain(image, isolation, options)),
  };
}

/** Node hands this down by itself while coverage is measured: the image has no place for what would be written. */
const UNMEASURED = { NODE_V8_COVERAGE: '' };

function entered({ folder, user, entrypoint, env: own }: BuiltImage, options: ContainerOptions): Container {
  const { args, env = {}, hasTmp = false } = options;
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
  const entering = ['sh', '-c', ENTER, folder, user, String(hasTmp)];
  const child = spawn('unshare', [...namespaces, ...entering, ...entrypoint, ...args], {
    env: { ...UNMEASURED, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // The child of unshare: it becomes the shell, chroot and the image's own process, one after another.
  const pid = () => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
  return containerOf(child, pid);
}

/** Paths of the image in the entry point become those of its files on this machine. */
function plain(
  { folder, user, entrypoint, env: own }: BuiltImage,
  isolation: Isolation,
  options: ContainerOptions,
): Container {
  const { args, env = {}, hasTmp = false } = options;
  const [uid = 0, gid = 0] = user.split(':').map(Number);
  const words = entrypoint.slice(1).map((word) => (word.startsWith('/') ? join(folder, word) : word));
  const child = spawn(process.execPath, [...words, ...args], {
    cwd: '/',
    env: { ...UNMEASURED, ...(hasTmp ? {} : { TMPDIR: '/nowhere' }), ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(isolation === 'user' ? { uid, gid } : {}),
  });
  return containerOf(child, () => child.pid ?? -1);
}

function containerOf(child: ChildProcess, pid: () => number): Container {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('close', (code) => resolve(code ?? undefined));
    child.once('error', (error) => {
      output += String(error);
      resolve(undefined);
    });
  });
  return { process: child, pid, output: () => output, ended, signal: (name) => process.kill(pid(), name) };
}

function addBase(folder: string): void {
  const node = join(folder, NODE);
  if (existsSync(node)) return;
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
  const needed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [library] of needed.matchAll(/\/\S+/g)) {
    mkdirSync(join(folder, dirname(library)), { recursive: true });
    copyFileSync(library, join(folder, library));
    chmodSync(join(folder, library), 0o755);
  }
  for (const name of ['proc', 'dev', 'tmp']) mkdirSync(join(folder, name));
}

/** As in an image: everybody reads, nobody writes, root owns. */
function seal(path: string): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return;
  if (process.getuid?.() === 0 && found.uid !== 0) chownSync(path, 0, 0);
  if (found.isDirectory()) {
    chmodSync(path, process.getuid?.() === 0 ? 0o555 : 0o755);
    for (const name of readdirSync(path)) seal(join(path, name));
  } else if ((found.mode & 0o111) === 0) chmodSync(path, 0o444);
}
