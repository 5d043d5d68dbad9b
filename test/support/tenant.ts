import type { TestContext } from 'node:test';
import type { Manifest } from './builders.ts';
import { createNamespace } from './cluster.ts';
import type { Signer } from './operator-user.ts';
import type { SharedCluster } from './shared-cluster.ts';
import type { World } from './world.ts';

/** A tenant whose objects may use the Provider of the world's namespace, within `spec.tenancy`. @param signer as in WorldOptions */
export async function withTenant(
  shared: SharedCluster,
  t: TestContext,
  tenancy?: object,
  signer?: Signer,
): Promise<{ world: World; tenant: string }> {
  const tenant = await createNamespace(shared.cluster.admin, 'tenant');
  const world = await shared.startWorld(t, {
    neighbours: [tenant],
    ...(signer === undefined ? {} : { signer }),
    providerSpec: { allowedNamespaces: { from: 'All' }, ...(tenancy === undefined ? {} : { tenancy }) },
  });
  return { world, tenant };
}

/** The manifest with the Provider of the world's namespace. */
export function onProvider(world: World, manifest: Manifest): Manifest {
  return { ...manifest, spec: { ...manifest.spec, providerRef: { name: 'wasabi', namespace: world.namespace } } };
}
