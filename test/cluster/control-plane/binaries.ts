import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../support/cache-folder.ts';
import { type GoModule, hashOf, kubernetesFlags, readGoModule, requiredVersion } from '../go.ts';

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
  /** `main.go` beside this file, with the `go.mod` and `go.sum` of the version. */
  readonly module: GoModule;
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

/** The minor versions of Kubernetes that can be built, oldest first; each has a folder with its `go.mod` and `go.sum`. */
export const KUBERNETES_VERSIONS = ['1.35', '1.36', '1.37'] as const;
/** What is built when KUBERNETES_VERSION says nothing. */
const DEFAULT_KUBERNETES_VERSION = '1.36';

/** The minor version that KUBERNETES_VERSION asks for. @throws Error when it is none that we can build */
export function askedVersion({ KUBERNETES_VERSION: asked }: NodeJS.ProcessEnv): string {
  if (asked === undefined || asked === '') return DEFAULT_KUBERNETES_VERSION;
  const version = KUBERNETES_VERSIONS.find((known) => known === asked.replace(/^v/, ''));
  if (version !== undefined) return version;
  throw new Error(`KUBERNETES_VERSION=${asked} is none of ${KUBERNETES_VERSIONS.join(', ')}`);
}

/**
 * Reads the versions from the `go.mod` of the version asked for. The cache folder is named by the version and a hash of all
 * that decides the result.
 */
export async function readRelease(env: NodeJS.ProcessEnv): Promise<Release> {
  const module = await readGoModule(import.meta.dirname, join(import.meta.dirname, `v${askedVersion(env)}`));
  const kubernetes = requiredVersion(module, 'k8s.io/kubernetes');
  const goFlags = kubernetesFlags(kubernetes);
  return {
    module,
    kubernetes,
    etcd: requiredVersion(module, 'go.etcd.io/etcd/server/v3'),
    goFlags,
    cacheDirectory: cacheFolder(env, 'control-plane', `${kubernetes}-${hashOf(module, goFlags)}`),
  };
}
