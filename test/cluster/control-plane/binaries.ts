import { createHash } from 'node:crypto';
import { access, constants, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of this file: main.go, go.mod and go.sum stand beside it. */
export const sourceDirectory = import.meta.dirname;

/** The three programs of a control plane, in the order in which they start. */
export const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager'] as const;

/** One of the three programs. */
export type Program = (typeof programs)[number];

/** A folder that holds the three programs, and where it came from (one sentence for the reader of a log). */
export interface Binaries {
  readonly directory: string;
  readonly source: string;
}

/** What is built: the versions that go.mod names, and the folder of the cache that belongs to exactly these sources. */
export interface Release {
  /** With the leading v: `v1.36.3`. */
  readonly kubernetes: string;
  /** With the leading v: `v3.6.8`. */
  readonly etcd: string;
  readonly goFlags: readonly string[];
  readonly cacheDirectory: string;
}

/** The path of one program. */
export function programPath(binaries: Binaries, program: Program): string {
  return join(binaries.directory, program);
}

/** The programs that the folder lacks, or that are not executable. Empty: the folder is complete. */
export async function missingPrograms(directory: string): Promise<readonly Program[]> {
  const isMissing = await Promise.all(
    programs.map((program) =>
      access(join(directory, program), constants.X_OK).then(
        () => false,
        () => true,
      ),
    ),
  );
  return programs.filter((_, index) => isMissing[index]);
}

/** Reads the versions from go.mod. The cache folder is named by the version and a hash of all that decides the result. */
export async function readRelease(env: NodeJS.ProcessEnv): Promise<Release> {
  const sources = await Promise.all(
    ['main.go', 'go.mod', 'go.sum'].map((file) => readFile(join(sourceDirectory, file), 'utf8')),
  );
  const goMod = sources[1] ?? '';
  const kubernetes = requiredVersion(goMod, 'k8s.io/kubernetes');
  const goFlags = ['-mod=readonly', '-trimpath', '-buildvcs=false', `-ldflags=${linkFlags(kubernetes)}`];
  const hash = createHash('sha256').update(JSON.stringify([sources, goFlags, process.platform, process.arch]));
  const cacheHome = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return {
    kubernetes,
    etcd: requiredVersion(goMod, 'go.etcd.io/etcd/server/v3'),
    goFlags,
    cacheDirectory: join(
      cacheHome,
      'wasabi-s3-operator',
      'control-plane',
      `${kubernetes}-${hash.digest('hex').slice(0, 12)}`,
    ),
  };
}

function requiredVersion(goMod: string, module: string): string {
  const version = new RegExp(String.raw`^\s*${module.replaceAll('.', String.raw`\.`)} (v\S+)$`, 'm').exec(goMod)?.[1];
  if (version === undefined) throw new Error(`${join(sourceDirectory, 'go.mod')} requires no ${module}`);
  return version;
}

/** Without them /version answers v0.0.0-master, which clients refuse as too old. */
function linkFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.');
  const stamp = (name: string, value: string | undefined): string =>
    ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
      .map((at) => `-X ${at}.${name}=${value}`)
      .join(' ');
  return `-s -w ${stamp('gitVersion', version)} ${stamp('gitMajor', major)} ${stamp('gitMinor', minor)} ${stamp('gitTreeState', 'clean')}`;
}
