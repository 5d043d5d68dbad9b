import { ensureProgram } from '../support/program.ts';
import { hasGo, run } from './control-plane/run-command.ts';
import { go } from './go.ts';

/** The version of Helm that the tests build; HELM names another one. */
const VERSION = 'v3.22.0';

/** The Helm that tests use: HELM, the cache, or a build from Go modules (some minutes on 2 cores). See `ensureProgram`. */
export function ensureHelm(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const build = async (folder: string) => {
    await go(['install', '-trimpath', '-ldflags=-s -w', `helm.sh/helm/v3/cmd/helm@${VERSION}`], {
      ...env,
      GOBIN: folder,
    });
  };
  const version = `${VERSION}-${process.platform}-${process.arch}`;
  return ensureProgram({ name: 'helm', variable: 'HELM', version, canBuild: () => hasGo(env), build }, env);
}

/** Runs Helm against a cluster, with nothing of the user's own configuration. @throws Error with what it printed */
export function helm(path: string, kubeconfig: string, folder: string, args: readonly string[]): Promise<string> {
  const homes = { HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder };
  return run(path, args, { env: { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: kubeconfig, ...homes } });
}
