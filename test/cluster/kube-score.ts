import { ensureProgram } from '../support/program.ts';
import { hasGo } from './control-plane/run-command.ts';
import { go } from './go.ts';

/** The version of kube-score that the tests build; KUBE_SCORE names another one. */
export const KUBE_SCORE_VERSION = 'v1.20.0';

/** The linter of manifests: KUBE_SCORE, the cache, or a build from Go modules (under a minute). See `ensureProgram`. */
export function ensureKubeScore(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const module = `github.com/zegl/kube-score/cmd/kube-score@${KUBE_SCORE_VERSION}`;
  const build = async (folder: string) => {
    await go(['install', '-trimpath', '-ldflags=-s -w', module], { ...env, GOBIN: folder });
  };
  const version = `${KUBE_SCORE_VERSION}-${process.platform}-${process.arch}`;
  return ensureProgram({ name: 'kube-score', variable: 'KUBE_SCORE', version, canBuild: () => hasGo(env), build }, env);
}
