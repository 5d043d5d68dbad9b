import type { TestContext } from 'node:test';
import { startEmulator } from '../../src/emulator/server.ts';
import { clientOf, staticAccess, type TestCluster } from './cluster.ts';
import { startControlPlane } from './control-plane.ts';
import { startProxy } from './proxy.ts';
import { openWorld, type World } from './world.ts';

/** A real control plane for one guide alone, without our definitions. */
export interface GuideCluster {
  readonly cluster: TestCluster;
  readonly kubeconfig: string;
}

/** Starts one; it ends with the test, or before. */
export async function startGuideCluster(t: TestContext): Promise<GuideCluster> {
  const plane = await startControlPlane();
  const admin = clientOf(staticAccess(plane.url, plane.adminToken, plane.ca));
  const stop = async () => {
    await admin.close();
    await plane.stop();
  };
  t.after(stop);
  const { url, adminToken, ca } = plane;
  // Alone on it, as administrators who try the guides are.
  const cluster = { isReal: true, url, token: adminToken, ca, admin, adminToken, stop };
  return { cluster, kubeconfig: plane.kubeconfigPath };
}

/** An operator between that cluster and a Wasabi of the test's own, with nothing in it. */
export async function openGuideWorld(t: TestContext, cluster: TestCluster): Promise<World> {
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  const world = await openWorld({ cluster, emulator }, { hasProvider: false });
  t.after(() => world.console.destroy());
  return world;
}

/** The way to Wasabi that Providers name, which ended with the operator that was killed. */
export async function reopenWay(t: TestContext, { emulator, operator }: World): Promise<void> {
  const way = await startProxy({ url: `http://127.0.0.1:${emulator.port}`, server: operator.wasabi.retire() });
  t.after(() => way.stop());
}
