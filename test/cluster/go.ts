import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from './control-plane/run-command.ts';

/** A program of ours in Go: `main.go`, `go.mod` and `go.sum`, which alone decide what is built. */
export interface GoModule {
  /** Their paths, in that order. */
  readonly files: readonly string[];
  readonly sources: readonly string[];
}

/**
 * Reads the sources of the program in that folder.
 * @param versions the folder of `go.mod` and `go.sum`, where one program is built against several versions
 */
export async function readGoModule(directory: string, versions = directory): Promise<GoModule> {
  const files = [join(directory, 'main.go'), join(versions, 'go.mod'), join(versions, 'go.sum')];
  return { files, sources: await Promise.all(files.map((file) => readFile(file, 'utf8'))) };
}

/** The version that `go.mod` requires, with its leading v. @throws Error when it requires none */
export function requiredVersion({ files, sources }: GoModule, path: string): string {
  const line = new RegExp(String.raw`^\s*${path.replaceAll('.', String.raw`\.`)} (v\S+)$`, 'm');
  const version = line.exec(sources[1] ?? '')?.[1];
  if (version === undefined) throw new Error(`${files[1]} requires no ${path}`);
  return version;
}

/** Twelve digits that stand for everything that decides the result of a build on this platform. */
export function hashOf({ sources }: GoModule, goFlags: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([sources, goFlags, process.platform, process.arch]));
  return hash.digest('hex').slice(0, 12);
}

/** Flags of a build of a program of Kubernetes. Without the version in it, servers and clients take it for v0.0.0-master. */
export function kubernetesFlags(version: string): readonly string[] {
  const [major, minor] = version.slice(1).split('.');
  const stamp = (name: string, value: string | undefined): string =>
    ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
      .map((at) => `-X ${at}.${name}=${value}`)
      .join(' ');
  const stamps = `${stamp('gitVersion', version)} ${stamp('gitMajor', major)} ${stamp('gitMinor', minor)}`;
  const linked = `-s -w ${stamps} ${stamp('gitTreeState', 'clean')}`;
  return ['-mod=readonly', '-trimpath', '-buildvcs=false', `-ldflags=${linked}`];
}

/** Builds the program; a build runs behind everything else on the machine. @throws Error with the compiler's last lines */
export async function buildGoModule(
  { files }: GoModule,
  output: string,
  goFlags: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const sources = `${output}.source`;
  await mkdir(sources);
  for (const file of files) await copyFile(file, join(sources, basename(file)));
  await go(['build', ...goFlags, '-o', output, '.'], env, sources);
  await rm(sources, { recursive: true });
}

/** Runs Go with nothing of the user's own settings but where modules come from. */
export function go(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): Promise<string> {
  const own = { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '' };
  return run('go', args, { ...(cwd === undefined ? {} : { cwd }), env: own, isNice: true });
}
