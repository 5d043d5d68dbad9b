import type { TestContext } from 'node:test';
import { REFERENCE_GRANTS } from '../../src/api/core-types.ts';
import { createNamespace, startTestCluster } from './cluster.ts';
import { sharedControlPlane } from './control-plane-environment.ts';
import { type KeyWorld, type KeyWorldOptions, makeUser, openKeyWorld } from './keys.ts';
import { grant, installReferenceGrants } from './reference-grants.ts';

/** Why a test of outputs in another namespace is skipped; undefined: it runs. */
export const noNeighbour =
  sharedControlPlane() === undefined
    ? undefined
    : 'the definition of ReferenceGrants stays on a cluster that others use';

/** A world of AccessKeys beside a namespace of somebody else's. */
export interface NeighbourWorld {
  readonly it: KeyWorld;
  /** The other namespace. */
  readonly apps: string;
  /** Its owner lets the AccessKeys of the world write objects of that kind there, by a grant `keys-KIND`. */
  readonly permit: (kind: 'Secret' | 'ConfigMap') => Promise<void>;
  /** The owner takes that back. */
  readonly forbid: (kind: 'Secret' | 'ConfigMap') => Promise<void>;
}

/** Starts one with the User `team`; the test's end stops it. Not where `noNeighbour` says why. */
export async function neighbourWorldFor(
  t: TestContext,
  iamName: string,
  options: KeyWorldOptions = {},
): Promise<NeighbourWorld> {
  const cluster = await startTestCluster();
  const apps = await createNamespace(cluster.admin, 'apps');
  await installReferenceGrants(cluster);
  const opening = openKeyWorld(cluster, { ...options, neighbours: [apps] });
  t.after(async () => {
    await (await opening.catch(() => undefined))?.close();
    await cluster.stop();
  });
  const it = await opening;
  await makeUser(it.world, iamName);
  const from = { kind: 'AccessKey', namespace: it.world.namespace };
  const name = (kind: string) => `keys-${kind.toLowerCase()}`;
  return {
    it,
    apps,
    permit: async (kind) => {
      await cluster.admin.create(REFERENCE_GRANTS, apps, grant(name(kind), from, { group: '', kind }));
    },
    forbid: async (kind) => {
      await cluster.admin.delete(REFERENCE_GRANTS, { namespace: apps, name: name(kind) });
    },
  };
}
