import { hasGo, run } from '../cluster/control-plane/run-command.ts';
import { go } from '../cluster/go.ts';
import { ensureProgram } from './program.ts';

const VERSION = 'v1.7.12';

/** The linter of workflows: ACTIONLINT, the cache, or a build from Go modules (ten seconds). See `ensureProgram`. */
export function ensureActionlint(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const build = async (folder: string) => {
    const flags = ['-trimpath', '-ldflags=-s -w'];
    await go(['install', ...flags, `github.com/rhysd/actionlint/cmd/actionlint@${VERSION}`], { ...env, GOBIN: folder });
  };
  const version = `${VERSION}-${process.platform}-${process.arch}`;
  return ensureProgram({ name: 'actionlint', variable: 'ACTIONLINT', version, canBuild: () => hasGo(env), build }, env);
}

/** Lints workflows by themselves, without what else happens to be installed. @throws Error with what it found */
export function actionlint(program: string, files: readonly string[]): Promise<string> {
  return run(program, ['-no-color', '-shellcheck=', '-pyflakes=', ...files], { env: { PATH: process.env['PATH'] } });
}
