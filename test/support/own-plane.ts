import type { TestContext } from 'node:test';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { clientOf, createNamespace, installCrds, staticAccess } from './cluster.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { kubeconfigFor, type OperatorProcess, startProcess } from './operator-process.ts';
import { operatorToken } from './operator-rights.ts';

/** A real control plane that no other suite meets: what a test leaves there, thousands of objects, goes with it. */
export interface OwnPlane {
  readonly plane: ControlPlane;
  /** Calls as an administrator. */
  readonly admin: KubeClient;
  /** A namespace where operators have the rights that the preset `minimal` gives. */
  readonly namespace: string;
  /** Starts an operator of that namespace, which elects its leader there; it ends with the test. */
  readonly startOperator: (...flags: readonly string[]) => OperatorProcess;
}

/** Starts one with our definitions; it ends with the test. Only where `npm run test:cluster` runs the test. */
export async function startOwnPlane(t: TestContext, prefix: string): Promise<OwnPlane> {
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  const admin = clientOf(staticAccess(plane.url, plane.adminToken, plane.ca));
  t.after(() => admin.close());
  await installCrds(admin);
  const token = await operatorToken(admin);
  const namespace = await createNamespace(admin, prefix);
  const kubeconfig = kubeconfigFor(t, { url: plane.url, token, ca: plane.ca });
  const startOperator = (...flags: readonly string[]) =>
    startProcess(t, [
      `--kubeconfig=${kubeconfig}`,
      '--metrics-port=0',
      `--watch-namespaces=${namespace}`,
      `--leader-election-namespace=${namespace}`,
      ...flags,
    ]);
  return { plane, admin, namespace, startOperator };
}
