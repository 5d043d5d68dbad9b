import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResourceType } from '../src/api/meta.ts';
import { kubeconfigText } from '../src/devcluster/kubeconfig.ts';
import { startDevCluster } from '../src/devcluster/server.ts';
import type { KubeClient } from '../src/runtime/kube-client.ts';
import { clientOf, createNamespace, installCrds, staticAccess } from '../test/support/cluster.ts';
import { startControlPlane } from '../test/support/control-plane.ts';
import { writeKubeconfig } from '../test/support/control-plane-files.ts';
import { SERVICE_ACCOUNTS, serviceAccountToken } from '../test/support/service-account.ts';
import { callsOfAudit, callsOfRequests, type KubeCall } from './kube-calls.ts';

/** A control plane for one run, whichever it is. */
export interface BenchControlPlane {
  /** Calls as an administrator. */
  readonly admin: KubeClient;
  /** The operator's rights, under a name of its own. */
  readonly kubeconfig: string;
  /** That name, as the server notes it. */
  readonly operatorUser: string;
  /** The namespace of the operator's Lease. */
  readonly namespace: string;
  /** All calls that were answered since the last time this was asked. */
  take(): Promise<readonly KubeCall[]>;
  stop(): Promise<void>;
}

const BINDINGS: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  namespaced: false,
};
const OPERATOR = 'operator';

/** Starts a control plane with our CRDs. @param directory takes the kubeconfig */
export function startBenchControlPlane(
  kind: 'real' | 'dev',
  directory: string,
  log: (line: string) => void,
): Promise<BenchControlPlane> {
  return kind === 'real' ? startReal(directory, log) : startDev(directory);
}

async function startReal(directory: string, log: (line: string) => void): Promise<BenchControlPlane> {
  const plane = await startControlPlane({ log });
  const admin = clientOf(staticAccess(plane.url, plane.adminToken, plane.ca), 'bench');
  try {
    await installCrds(admin);
    const namespace = await createNamespace(admin, OPERATOR);
    const token = await operatorToken(admin, namespace);
    let taken = 0;
    return {
      admin,
      kubeconfig: await writeKubeconfig(join(directory, 'kubeconfig'), plane.url, plane.caFile, token),
      operatorUser: `system:serviceaccount:${namespace}:${OPERATOR}`,
      namespace,
      take: async () => {
        const all = await plane.readAudit();
        const fresh = callsOfAudit(all.slice(taken));
        taken = all.length;
        return fresh;
      },
      stop: async () => {
        await admin.close();
        await plane.stop();
      },
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

/** The operator may do all. @returns its token */
async function operatorToken(admin: KubeClient, namespace: string): Promise<string> {
  await admin.create(SERVICE_ACCOUNTS, namespace, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: OPERATOR },
  });
  await admin.create(BINDINGS, '', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: OPERATOR },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace }],
  });
  return serviceAccountToken(admin, { namespace, name: OPERATOR });
}

async function startDev(directory: string): Promise<BenchControlPlane> {
  const token = randomBytes(24).toString('base64url');
  const cluster = await startDevCluster({ tokens: new Map([[token, OPERATOR]]) });
  const admin = clientOf(staticAccess(cluster.url, cluster.token.reveal()), 'bench');
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(cluster.url, token), { mode: 0o600 });
  await installCrds(admin);
  let taken = 0;
  return {
    admin,
    kubeconfig,
    operatorUser: OPERATOR,
    namespace: await createNamespace(admin, OPERATOR),
    take: () => {
      const fresh = callsOfRequests(cluster.requests.slice(taken));
      taken = cluster.requests.length;
      return Promise.resolve(fresh);
    },
    stop: async () => {
      await admin.close();
      await cluster.stop();
    },
  };
}
