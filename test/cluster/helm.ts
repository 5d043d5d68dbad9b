import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './control-plane/lock.ts';
import { run } from './control-plane/run-command.ts';

/** The version of Helm that the tests build; HELM names another one. */
const VERSION = 'v3.22.0';

/**
 * The Helm that tests use: HELM, the cache, or a build from Go modules (once a machine, some minutes on 2 cores). Safe to
 * be called by several processes at the same time.
 * @returns the path of the program; `undefined`: there is none, and no Go to build it with
 * @throws Error when a build fails
 */
export async function ensureHelm(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const given = env['HELM'];
  if (given !== undefined && given !== '') return given;
  const cacheHome = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cacheHome, 'wasabi-s3-operator/helm', `${VERSION}-${process.platform}-${process.arch}`);
  const path = join(folder, 'helm');
  if (await isThere(path)) return path;
  if (!(await hasGo(env))) return undefined;
  await mkdir(folder, { recursive: true });
  return withLock(
    `${folder}.lock`,
    () => undefined,
    async () => {
      if (await isThere(path)) return path;
      const flags = ['-trimpath', '-ldflags=-s -w', `helm.sh/helm/v3/cmd/helm@${VERSION}`];
      const working = await mkdtemp(`${folder}.partial-`);
      try {
        await run('go', ['install', ...flags], {
          env: { ...env, GOBIN: working, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' },
          isNice: true,
        });
        await rename(join(working, 'helm'), path); // nobody sees half a program
      } finally {
        await rm(working, { recursive: true, force: true });
      }
      return path;
    },
  );
}

/** Runs Helm against a cluster, with nothing of the user's own configuration. @throws Error with what it printed */
export function helm(path: string, kubeconfig: string, folder: string, args: readonly string[]): Promise<string> {
  const homes = { HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder };
  return run(path, args, { env: { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: kubeconfig, ...homes } });
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function hasGo(env: NodeJS.ProcessEnv): Promise<boolean> {
  return run('go', ['version'], { env }).then(
    () => true,
    () => false,
  );
}
