import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CRDS } from '../../src/api/core-types.ts';
import { KINDS } from '../../src/api/kinds.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { clientOf, staticAccess } from '../support/cluster.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { kubeconfigFor } from '../support/operator-process.ts';
import { ensureHelm, helm } from './helm.ts';

/** A control plane of its own, for what Helm does to a whole cluster. `undefined`: neither Helm nor Go is installed. */
export async function helmScene(t: TestContext) {
  const program = await ensureHelm();
  if (program === undefined) return undefined;
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  const admin = clientOf(staticAccess(plane.url, plane.adminToken, plane.ca));
  t.after(() => admin.close());
  const folder = mkdtempSync(join(tmpdir(), 'helm-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const kubeconfig = kubeconfigFor(t, { url: plane.url, token: plane.adminToken, ca: plane.ca });
  const run = (...args: readonly string[]) => helm(program, kubeconfig, folder, args);
  return { plane, admin, folder, kubeconfig, run };
}

/** Our definitions as the cluster has them, in the order of the kinds; `undefined` for one that is not there. */
export async function definitionsOf(admin: KubeClient): Promise<readonly (KubeObject | undefined)[]> {
  const names = KINDS.map(({ type }) => `${type.plural}.${type.group}`);
  return Promise.all(names.map((name) => admin.get(CRDS, { namespace: '', name })));
}
