import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CRDS, NAMESPACES } from '../../src/api/core-types.ts';
import { KINDS } from '../../src/api/kinds.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { type DevCluster, startDevCluster } from '../../src/devcluster/server.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { ClusterAccess } from '../../src/runtime/cluster-access.ts';
import { Credential } from '../../src/runtime/credential.ts';
import { KubeClient } from '../../src/runtime/kube-client.ts';
import { grantNamespace, operatorToken } from './operator-rights.ts';
import { until } from './until.ts';

export { until, within } from './until.ts';

/** A control plane for the suites: the development one, or the real one that the cluster run started. */
export interface TestCluster {
  readonly isReal: boolean;
  readonly url: string;
  /** What operators connect with; on a real one it has the rights of the preset `minimal` alone. */
  readonly token: string;
  readonly ca: string | undefined;
  /** Calls as an administrator. */
  readonly admin: KubeClient;
  readonly adminToken: string;
  /** The development control plane itself, for what only it can be made to do; absent: a real one. */
  readonly dev?: DevCluster;
  stop(): Promise<void>;
}

/** Our CRDs as generated; read once, since each control plane of a file takes them. */
const OWN_CRDS = KINDS.map(({ type: { plural, kind } }) => {
  const file = new URL(`../../chart/wasabi-s3-operator/crds/${plural}.yaml`, import.meta.url);
  return [kind, parse(readFileSync(file, 'utf8')) as KubeObject] as const; // our own generated file
});

/** Access to an API server with a token that never changes. */
export function staticAccess(server: string, token: string, ca?: string): ClusterAccess {
  return {
    server,
    namespace: undefined,
    origin: 'test',
    tls: () => Promise.resolve({ isInsecure: false, ...(ca === undefined ? {} : { ca }) }),
    authorization: () => Promise.resolve(new Credential(`Bearer ${token}`)),
    invalidate: () => undefined,
  };
}

/** A client with the rights of that token. */
export function clientOf(access: ClusterAccess, userAgent = 'test'): KubeClient {
  return new KubeClient({ access, clock: systemClock, random: Math.random, userAgent });
}

/** The cluster of this run, with our CRDs installed: TEST_CLUSTER_URL names a real one, else one is started here. */
export async function startTestCluster(): Promise<TestCluster> {
  const { TEST_CLUSTER_URL: real, TEST_CLUSTER_TOKEN: realToken = '', TEST_CLUSTER_CA_FILE: caFile } = process.env;
  if (real !== undefined) {
    const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
    const admin = clientOf(staticAccess(real, realToken, ca));
    await installCrds(admin);
    const operator = await operatorToken(admin);
    return { isReal: true, url: real, token: operator, ca, admin, adminToken: realToken, stop: () => admin.close() };
  }
  const cluster = await startDevCluster();
  const token = cluster.token.reveal();
  const admin = clientOf(staticAccess(cluster.url, token));
  await installCrds(admin);
  const stop = async () => {
    await admin.close();
    await cluster.stop();
  };
  return { isReal: false, url: cluster.url, token, ca: undefined, admin, adminToken: token, dev: cluster, stop };
}

/** Applies our CRDs as generated, or those of some kinds alone, and waits until they are served. */
export async function installCrds(
  admin: KubeClient,
  kinds: readonly string[] = KINDS.map(({ type }) => type.kind),
): Promise<void> {
  for (const [kind, crd] of OWN_CRDS) {
    if (!kinds.includes(kind)) continue;
    const key = { namespace: '', name: crd.metadata.name };
    if ((await admin.get(CRDS, key)) === undefined) await admin.create(CRDS, '', crd).catch(() => undefined);
    await until(`CRD ${key.name} established`, async () => {
      const found = await admin.get<KubeObject & { status?: { conditions?: { type: string; status: string }[] } }>(
        CRDS,
        key,
      );
      return (
        found?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true
      );
    });
  }
}

/**
 * Creates a namespace with a name of its own, so that suites share a cluster without meeting. On the real one that they
 * share, operators get the rights there that the chart gives in the namespaces that it lists.
 */
export async function createNamespace(
  admin: KubeClient,
  prefix: string,
  labels: Record<string, string> = {},
): Promise<string> {
  const name = `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
  await admin.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  if (process.env['TEST_CLUSTER_URL'] !== undefined) await grantNamespace(admin, name);
  return name;
}
