import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { NAMESPACES } from '../../src/api/core-types.ts';
import type { KubeObject, ResourceType } from '../../src/api/meta.ts';
import { isTrue } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { LISTED } from '../chart/access-questions.ts';
import { startAccount } from '../support/account.ts';
import { bucket, typeOf } from '../support/builders.ts';
import { CHART } from '../support/chart.ts';
import { until } from '../support/cluster.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { startDeployed } from '../support/deployed-operator.ts';
import { presetScene, RELEASES } from './preset-releases.ts';

/** The end of a namespace whose operator has its rights there alone: the section "Single namespaces" of the chart's page. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const KEY = { namespace: LISTED, name: 'data' };
const SELF = { namespace: '', name: LISTED };
const ROLES: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'roles',
  kind: 'Role',
  namespaced: true,
};

const page = readFileSync(`${CHART}/README.md`, 'utf8').split('## Single namespaces')[1] ?? '';
const [inOrder = '', late = ''] = [...page.matchAll(/```sh[^\n]*\n([^]*?)```/g)].map(([, block]) => block);

/** An operator of one namespace, and a Ready bucket with a user and a key in it. */
async function scene(t: TestContext) {
  const it = await presetScene(t);
  const release = RELEASES.find(({ name }) => name === 'scoped-namespaced') ?? assert.fail('no such release');
  if (it === undefined) return undefined;
  const { plane, admin, install } = it;
  await install(release.values);
  const { manifests, allowedEndpoints, emulator } = await startAccount(t);
  await startDeployed(t, { plane, admin, name: release.name, flags: [allowedEndpoints] });
  for (const manifest of manifests) await admin.create(typeOf(manifest.kind), LISTED, manifest);
  await admin.create(typeOf('Bucket'), LISTED, bucket('data', { autoManage: { enabled: true } }));
  await until('the bucket is Ready', async () => {
    return isTrue((await admin.get<ManagedResource>(typeOf('Bucket'), KEY))?.status?.conditions, 'Ready');
  });
  const isGone = () => until('the namespace is gone', async () => (await admin.get(NAMESPACES, SELF)) === undefined);
  return { ...it, emulator, isGone };
}

test('single namespaces: objects first, then their namespace, and nothing hangs', { skip }, async (t) => {
  const it = await scene(t);
  if (it === undefined) return t.skip('neither Helm and kubectl nor Go is installed');
  await it.shell(inOrder);
  await it.isGone();
  assert.deepEqual([...it.emulator.state.buckets.keys()], ['data'], 'deletionPolicy is Retain');
});

test('single namespaces: deleted whole it hangs, and goes as the page says', { skip }, async (t) => {
  const it = await scene(t);
  if (it === undefined) return t.skip('neither Helm and kubectl nor Go is installed');
  const { admin, shell, isGone } = it;
  await admin.delete(NAMESPACES, SELF);
  await until('its roles are gone', async () => (await admin.list(ROLES, LISTED)).items.length === 0);
  await until('the namespace waits for finalizers', async () => {
    const found = await admin.get<Namespace>(NAMESPACES, SELF);
    const { conditions = [] } = found?.status ?? {};
    return conditions.some(({ type, status }) => type === 'NamespaceFinalizersRemaining' && status === 'True');
  });
  await shell(late);
  await isGone();
});

interface Namespace extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
