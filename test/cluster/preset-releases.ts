import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { NAMESPACES } from '../../src/api/core-types.ts';
import { CREDENTIALS, LISTED, OWN, STORAGE, UNLISTED } from '../chart/access-questions.ts';
import { renderText } from '../support/chart.ts';
import { clientOf, installCrds, staticAccess } from '../support/cluster.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { run } from './control-plane/run-command.ts';
import { ensureHelm } from './helm.ts';
import { ensureKubectl } from './kubectl.ts';

const SCOPES = {
  cluster: {},
  namespaced: { operator: { watchScope: 'namespaced', watchNamespaces: [LISTED], clusterId: 'test' } },
} as const;
const PRESETS = {
  minimal: {
    namespaces: [LISTED],
    credentials: [LISTED, STORAGE].map((namespace) => ({ namespace, names: [CREDENTIALS] })),
  },
  scoped: { namespaces: [LISTED, STORAGE] },
  full: {},
} as const;

/** Each preset with each scope, under names of its own. */
export const RELEASES = Object.entries(PRESETS).flatMap(([preset, rbac]) =>
  Object.entries(SCOPES).map(([scope, values]) => {
    const name = `${preset}-${scope}`;
    return { name, scope, values: { ...values, fullnameOverride: name, rbac: { ...rbac, preset } } };
  }),
);

/**
 * A control plane with our definitions, on which they can be installed side by side: each has a ServiceAccount, roles and
 * policies of its own. `undefined`: Helm or kubectl is missing, and Go to build them.
 */
export async function presetScene(t: TestContext) {
  const [helm, program] = [await ensureHelm(), await ensureKubectl()];
  if (helm === undefined || program === undefined) return undefined;
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  const admin = clientOf(staticAccess(plane.url, plane.adminToken, plane.ca));
  t.after(() => admin.close());
  await installCrds(admin);
  for (const name of [OWN, LISTED, UNLISTED, STORAGE]) {
    await admin.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const folder = mkdtempSync(join(tmpdir(), 'presets-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: plane.kubeconfigPath };
  const install = async (values: object) => {
    const file = join(folder, 'release.yaml');
    writeFileSync(file, await renderText(helm, values, '--set=crds.enabled=false'));
    await run(program, ['apply', '-f', file], { env });
  };
  /** Types it into a shell that has this kubectl. */
  const shell = (commands: string) => {
    const bin = `${dirname(program)}:${env.PATH}`;
    return run('bash', ['-euo', 'pipefail', '-c', commands], { env: { ...env, PATH: bin } });
  };
  return { plane, admin, install, shell };
}
