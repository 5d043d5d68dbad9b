import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SECRETS } from '../src/api/core-types.ts';
import type { KubeObject, ResourceType } from '../src/api/meta.ts';
import { kubeconfigText } from '../src/devcluster/kubeconfig.ts';
import { startDevCluster } from '../src/devcluster/server.ts';
import type { KubeClient } from '../src/runtime/kube-client.ts';
import { clientOf, createNamespace, installCrds, staticAccess, until } from '../test/support/cluster.ts';
import { startControlPlane } from '../test/support/control-plane.ts';
import { writeKubeconfig } from '../test/support/control-plane-files.ts';
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

const SERVICE_ACCOUNTS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};
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
    const token = await serviceAccountToken(admin, namespace);
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

/** A ServiceAccount that may do all, and a token of it that does not end with a pod. */
async function serviceAccountToken(admin: KubeClient, namespace: string): Promise<string> {
  const metadata = { name: OPERATOR };
  await admin.create(SERVICE_ACCOUNTS, namespace, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  await admin.create(BINDINGS, '', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace }],
  });
  await admin.create(SECRETS, namespace, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, annotations: { 'kubernetes.io/service-account.name': OPERATOR } },
    type: 'kubernetes.io/service-account-token',
  });
  let token = '';
  await until('the token of the operator', async () => {
    type TokenSecret = KubeObject & { readonly data?: { readonly token?: string } };
    const secret = await admin.get<TokenSecret>(SECRETS, { namespace, name: OPERATOR });
    token = Buffer.from(secret?.data?.token ?? '', 'base64').toString('utf8');
    return token !== '';
  });
  return token;
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
