import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { type ClusterAccess, inClusterAccess } from './cluster-access.ts';
import { StartError } from './errors.ts';

const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface LoadClusterAccessOptions {
  /** A file named by the user (`--kubeconfig`): it alone counts then, also inside a cluster. */
  readonly kubeconfig?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** Where the service account is mounted; by default the place where every pod has it. */
  readonly serviceAccountDirectory?: string;
}

/**
 * How to reach the cluster: the named file, else the pod's service account, else `KUBECONFIG` (a list, merged as kubectl
 * does), else `~/.kube/config`. The kubeconfig loader with its exec and OIDC plugins is imported only when one is read.
 * @throws StartError that says which places were looked at, or what is wrong with the file
 */
export async function loadClusterAccess(options: LoadClusterAccessOptions): Promise<ClusterAccess> {
  const { env, clock = systemClock } = options;
  const directory = options.serviceAccountDirectory ?? SERVICE_ACCOUNT_DIRECTORY;
  const host = env.KUBERNETES_SERVICE_HOST;
  if (options.kubeconfig === undefined && host !== undefined && existsSync(join(directory, 'token'))) {
    return inClusterAccess({ host, port: env.KUBERNETES_SERVICE_PORT ?? '443', directory, clock });
  }
  const paths = kubeconfigPaths(options.kubeconfig, env);
  const found = paths.filter((path) => existsSync(path));
  if (found.length === 0) {
    const places = [...(options.kubeconfig === undefined ? [join(directory, 'token')] : []), ...paths];
    throw new StartError(
      `no way to reach a cluster: none of these files exists: ${places.join(', ')}. Pass --kubeconfig FILE`,
    );
  }
  const { kubeconfigAccess } = await import('./kubeconfig-access.ts');
  return kubeconfigAccess(found, clock);
}

function kubeconfigPaths(named: string | undefined, env: LoadClusterAccessOptions['env']): string[] {
  if (named !== undefined) return [named];
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return listed;
  const home = env.HOME ?? ownHome();
  return home === undefined ? [] : [join(home, '.kube', 'config')];
}

/** The home folder by the list of users; in a container the user often is not on it. */
function ownHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}
