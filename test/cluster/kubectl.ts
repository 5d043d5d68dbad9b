import { join } from 'node:path';
import { ensureProgram } from '../support/program.ts';
import { hasGo } from './control-plane/run-command.ts';
import { buildGoModule, hashOf, kubernetesFlags, readGoModule, requiredVersion } from './go.ts';

/**
 * The kubectl that tests use: KUBECTL, the cache, or a build from Go modules (half a minute on 2 cores). Its version is
 * that of the control plane. See `ensureProgram`.
 */
export async function ensureKubectl(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const module = await readGoModule(join(import.meta.dirname, 'kubectl'));
  // The staging modules of Kubernetes v1.X.Y are v0.X.Y.
  const kubernetes = requiredVersion(module, 'k8s.io/kubectl').replace(/^v0/, 'v1');
  const flags = kubernetesFlags(kubernetes);
  const version = `${kubernetes}-${hashOf(module, flags)}`;
  const build = (folder: string) => buildGoModule(module, join(folder, 'kubectl'), flags, env);
  return ensureProgram({ name: 'kubectl', variable: 'KUBECTL', version, canBuild: () => hasGo(env), build }, env);
}
