import type { TestContext } from 'node:test';
import { type DevCluster, startDevCluster } from '../../devcluster/server.ts';
import { Lookup } from '../../managed/lookup.ts';
import { systemClock } from '../../runtime/clock.ts';
import { Credential } from '../../runtime/credential.ts';
import { KubeClient } from '../../runtime/kube-client.ts';

/** A lookup that knows of no object: for references that stay inside a namespace. */
export const noObjects = new Lookup(
  {
    get: () => undefined,
    referrers: () => [],
    namesakes: () => [],
    namespaceLabels: () => undefined,
    isTerminating: () => false,
    referenceGrants: () => [],
  },
  { allowLegacyCrossNamespace: false },
);

/** A development control plane and a client of it; both end with the test. */
export async function startDevKube(
  t: TestContext,
): Promise<{ readonly cluster: DevCluster; readonly kube: KubeClient }> {
  const cluster = await startDevCluster();
  const authorization = new Credential(`Bearer ${cluster.token.reveal()}`);
  const kube = new KubeClient({
    access: {
      server: cluster.url,
      namespace: undefined,
      origin: 'test',
      tls: () => Promise.resolve({ isInsecure: false }),
      authorization: () => Promise.resolve(authorization),
      invalidate: () => undefined,
    },
    clock: systemClock,
    random: Math.random,
    userAgent: 'test',
  });
  t.after(async () => {
    await kube.close();
    await cluster.stop();
  });
  return { cluster, kube };
}
