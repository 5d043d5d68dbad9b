import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildGoModule } from '../go.ts';
import { type Binaries, missingPrograms, programs, type Release, readRelease } from './binaries.ts';
import { download } from './download.ts';
import { withLock } from './lock.ts';
import { hasGo } from './run-command.ts';

/** How the binaries are looked for. */
export interface EnsureOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Gets one line at a time: where it looked, why it went on, how long a build has run. */
  readonly log?: (line: string) => void;
}

/** No binaries were found, and there is no Go to build them with. The message says what was tried. */
export class NoControlPlane extends Error {
  override readonly name = 'NoControlPlane';
}

const progressMs = 20_000;
const multiCall = 'kube-control-plane';

/**
 * Finds the binaries of a real control plane, of the version in KUBERNETES_VERSION: KUBEBUILDER_ASSETS, the cache, the official download (only with
 * CONTROL_PLANE_DOWNLOAD=1), a build from Go modules (once a machine, about 7 minutes on 2 cores). Safe to be called by
 * several processes at the same time: the first works, the others wait.
 * @throws NoControlPlane when nothing was found and Go is not installed; Error when a build fails.
 */
export async function ensureControlPlane(options: EnsureOptions = {}): Promise<Binaries> {
  const env = options.env ?? process.env;
  const log = options.log ?? ((): void => undefined);
  const tried: string[] = [];
  const note = (line: string): void => {
    tried.push(line);
    log(line);
  };
  const assets = env['KUBEBUILDER_ASSETS'];
  const isVersionAsked = (env['KUBERNETES_VERSION'] ?? '') !== '';
  if (assets !== undefined && assets !== '' && isVersionAsked) {
    note(
      `KUBEBUILDER_ASSETS=${assets} is passed over: KUBERNETES_VERSION=${env['KUBERNETES_VERSION']} asks for a version`,
    );
  } else if (assets !== undefined && assets !== '') {
    const missing = await missingPrograms(assets);
    if (missing.length === 0) return { directory: assets, source: `KUBEBUILDER_ASSETS=${assets}` };
    note(`KUBEBUILDER_ASSETS=${assets} lacks ${missing.join(', ')}: looking further`);
  }
  const release = await readRelease(env);
  const directory = release.cacheDirectory;
  const cached: Binaries = { directory, source: `the cache ${directory}` };
  if ((await missingPrograms(directory)).length === 0) return cached;
  note(`no control plane in the cache ${directory}`);
  await mkdir(dirname(directory), { recursive: true });
  const onWait = everyTwentySeconds((elapsed) =>
    log(`another process makes the control plane: waiting for ${elapsed}`),
  );
  return withLock(`${directory}.lock`, onWait, async () => {
    if ((await missingPrograms(directory)).length === 0) return cached;
    const source = await fill(release, env, note, tried);
    return { directory, source };
  });
}

async function fill(
  release: Release,
  env: NodeJS.ProcessEnv,
  note: (line: string) => void,
  tried: readonly string[],
): Promise<string> {
  const working = await mkdtemp(`${release.cacheDirectory}.partial-`);
  try {
    let source = 'the official download';
    if (!(await downloaded(release, working, env, note))) {
      if (!(await hasGo(env))) {
        throw new NoControlPlane(`${tried.join('; ')}; Go, which could build it, is not installed`);
      }
      await build(release, working, env, note);
      source = 'a build from Go modules';
    }
    await putInPlace(working, release.cacheDirectory);
    return `${source}, kept in ${release.cacheDirectory}`;
  } finally {
    await rm(working, { recursive: true, force: true });
  }
}

async function downloaded(
  release: Release,
  directory: string,
  env: NodeJS.ProcessEnv,
  note: (line: string) => void,
): Promise<boolean> {
  if (env['CONTROL_PLANE_DOWNLOAD'] !== '1') {
    note('the official download is off (CONTROL_PLANE_DOWNLOAD=1 turns it on)');
    return false;
  }
  return download(release, directory).then(
    () => true,
    (error: Error) => {
      note(`the official download failed: ${error.message}`);
      return false;
    },
  );
}

async function build(
  release: Release,
  directory: string,
  env: NodeJS.ProcessEnv,
  note: (line: string) => void,
): Promise<void> {
  note(
    `building Kubernetes ${release.kubernetes} and etcd ${release.etcd} from Go modules: once a machine, about 7 min on 2 cores`,
  );
  const onTick = everyTwentySeconds((elapsed) => note(`building the control plane: ${elapsed}`));
  const startedAtMs = performance.now();
  const ticking = setInterval(() => onTick(performance.now() - startedAtMs), 1000);
  try {
    await buildGoModule(release.module, join(directory, multiCall), release.goFlags, env);
  } finally {
    clearInterval(ticking);
  }
  for (const program of programs) await symlink(multiCall, join(directory, program));
  note(`built the control plane in ${elapsedText(performance.now() - startedAtMs)}`);
}

/** A rename is atomic: nobody sees half a folder. When another process was first, its folder is as good as ours. */
async function putInPlace(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: unknown) => {
    if ((await missingPrograms(to)).length > 0) throw error;
  });
}

function everyTwentySeconds(report: (elapsed: string) => void): (elapsedMs: number) => void {
  let reported = 0;
  return (elapsedMs) => {
    const due = Math.floor(elapsedMs / progressMs);
    if (due <= reported) return;
    reported = due;
    report(elapsedText(elapsedMs));
  };
}

function elapsedText(elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
