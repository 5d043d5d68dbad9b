import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { CRDS, SECRETS } from '../../src/api/core-types.ts';
import { KINDS } from '../../src/api/kinds.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { isTrue } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { startAccount } from '../support/account.ts';
import { bucket, type Manifest, typeOf } from '../support/builders.ts';
import { createNamespace, until } from '../support/cluster.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { startProcess } from '../support/operator-process.ts';
import { consoleOf } from '../support/world.ts';
import { helmScene } from './helm-scene.ts';

/** `helm uninstall` of a chart that has the definitions among its templates, as the predecessor's has. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const CRD_FOLDER = new URL('../../chart/wasabi-s3-operator/crds/', import.meta.url);
const definitions = KINDS.map(({ type }) => ({ namespace: '', name: `${type.plural}.s3.cloud37.dev` }));
const NAMES = { Bucket: 'data', User: 'data-user', AccessKey: 'data-accesskey', BucketPolicy: 'data-policy' };

/** A chart with nothing but the definitions. @returns its folder */
function writeChart(folder: string): string {
  const chart = join(folder, 'chart');
  mkdirSync(join(chart, 'templates'), { recursive: true });
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: predecessor\nversion: 1.0.0\n');
  for (const file of readdirSync(CRD_FOLDER)) {
    // Descriptions hold examples of templates, which are none for Helm.
    const text = readFileSync(new URL(file, CRD_FOLDER), 'utf8').replaceAll('{{', '{{ "{{" }}');
    writeFileSync(join(chart, 'templates', file), text);
  }
  return chart;
}

/** The definitions come with the chart; a Bucket, its children and an object in it are there, and the operator runs. */
async function installed(t: TestContext) {
  const scene = await helmScene(t);
  if (scene === undefined) return undefined;
  const { admin, folder, kubeconfig, run } = scene;
  await run('install', 'predecessor', writeChart(folder), '--wait');
  const namespace = await createNamespace(admin, 'team');
  const { emulator, manifests, allowedEndpoints } = await startAccount(t);
  const operator = startProcess(t, [`--kubeconfig=${kubeconfig}`, '--metrics-port=0', allowedEndpoints]);
  const apply = (manifest: Manifest) => admin.create(typeOf(manifest.kind), namespace, manifest);
  for (const manifest of manifests) await apply(manifest);
  await apply(bucket('data', { deletionPolicy: 'Delete', forceDelete: true, autoManage: { enabled: true } }));
  const areReady = async () => {
    const found = await Promise.all(
      Object.entries(NAMES).map(([kind, name]) => admin.get<ManagedResource>(typeOf(kind), { namespace, name })),
    );
    return found.every((object) => isTrue(object?.status?.conditions, 'Ready'));
  };
  await until('all are Ready', areReady, 90_000);
  const client = consoleOf(emulator);
  t.after(() => client.destroy());
  await client.send(new PutObjectCommand({ Bucket: 'data', Key: 'precious', Body: 'x' }));
  const outside = () => {
    const { state, account } = emulator;
    const { users } = state.accounts.get(account.accountId) ?? assert.fail();
    const found = state.buckets.get('data');
    const keys = [...state.keys.values()]
      .filter(({ userName }) => userName !== undefined)
      .map((key) => key.accessKeyId);
    return { objects: found?.objects.size, policy: found?.documents['policy'], users: [...users.keys()], keys };
  };
  return { admin, run, operator, outside, areReady };
}

test('helm uninstall deletes the definitions, annotated or not, and every object, and nothing outside', {
  skip,
}, async (t) => {
  const scene = await installed(t);
  if (scene === undefined) return t.skip('neither Helm nor Go is installed');
  const { admin, run, operator, outside } = scene;
  const before = outside();
  assert.equal(before.objects, 1);
  assert.equal(before.keys.length, 1);
  // Helm asks its own record of the release what to keep, not the cluster.
  const annotations = { 'helm.sh/resource-policy': 'keep' };
  for (const key of definitions) await admin.patch(CRDS, key, { type: 'merge', body: { metadata: { annotations } } });
  await run('uninstall', 'predecessor');
  await until('the definitions are gone', async () => {
    const found = await Promise.all(definitions.map((key) => admin.get(CRDS, key)));
    return found.every((definition) => definition === undefined);
  });
  assert.deepEqual(outside(), before);
  operator.child.kill('SIGTERM');
  assert.equal(await operator.ended, 0, operator.output());
});

test('a release whose record is deleted, as the guide says, takes nothing with it', { skip }, async (t) => {
  const scene = await installed(t);
  if (scene === undefined) return t.skip('neither Helm nor Go is installed');
  const { admin, run, outside, areReady } = scene;
  const before = outside();
  const selector = { labelSelector: 'owner=helm,name=predecessor' };
  const records = await admin.list<KubeObject>(SECRETS, 'default', selector);
  assert.equal(records.items.length, 1);
  for (const { metadata } of records.items) await admin.delete(SECRETS, { namespace: 'default', name: metadata.name });
  await assert.rejects(run('uninstall', 'predecessor'), /release: not found/);
  for (const key of definitions) {
    const definition = await admin.get<KubeObject>(CRDS, key);
    assert.ok(definition !== undefined && definition.metadata.deletionTimestamp === undefined, key.name);
  }
  assert.ok(await areReady());
  assert.deepEqual(outside(), before);
});
