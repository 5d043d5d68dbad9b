import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parseAllDocuments } from 'yaml';
import { CRDS, EVENTS, NAMESPACES, SECRETS } from '../../src/api/core-types.ts';
import type { KubeObject, ResourceType } from '../../src/api/meta.ts';
import { isTrue } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { startAccount } from '../support/account.ts';
import { accessKey, bucket, iamPolicy, type Manifest, TYPES, user } from '../support/builders.ts';
import { clientOf, installCrds, staticAccess, until } from '../support/cluster.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { kubeconfigFor, metricsPortOf, probe, startProcess } from '../support/operator-process.ts';
import { SERVICE_ACCOUNTS, serviceAccountToken } from '../support/service-account.ts';
import { consoleOf } from '../support/world.ts';

/** The operator with the rights of `examples/rbac-namespaced.yaml` and no others, started as its first lines say. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const NAME = 'wasabi-s3-operator';
const rbac = (plural: string, kind: string): ResourceType => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural,
  kind,
  namespaced: true,
});
const types: Readonly<Record<string, ResourceType>> = {
  ...TYPES,
  ServiceAccount: SERVICE_ACCOUNTS,
  Role: rbac('roles', 'Role'),
  RoleBinding: rbac('rolebindings', 'RoleBinding'),
};

const READ_ALL = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::kept/*' }],
};

/** A control plane of its own: the test takes its definitions away. */
async function scene(t: TestContext) {
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  const admin = clientOf(staticAccess(plane.url, plane.adminToken, plane.ca));
  t.after(() => admin.close());
  await installCrds(admin);
  const namespace = 'team';
  await admin.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const apply = (manifest: Manifest) => admin.create(types[manifest.kind] ?? assert.fail(), namespace, manifest);
  const example = readFileSync(new URL('../../examples/rbac-namespaced.yaml', import.meta.url), 'utf8');
  for (const document of parseAllDocuments(example.replaceAll('storage-demo', namespace))) {
    const manifest = document.toJS() as Manifest; // our own file
    if (manifest.kind !== 'Namespace') await apply(manifest);
  }
  const token = await serviceAccountToken(admin, { namespace, name: NAME });
  const { emulator, manifests, allowedEndpoints } = await startAccount(t);
  for (const manifest of manifests) await apply(manifest);
  const start = (...flags: string[]) =>
    startProcess(t, [
      `--kubeconfig=${kubeconfigFor(t, { url: plane.url, token, ca: plane.ca })}`,
      '--metrics-port=0',
      `--watch-namespaces=${namespace}`,
      `--leader-election-namespace=${namespace}`,
      allowedEndpoints,
      ...flags,
    ]);
  const read = (name: string, kind: string) =>
    admin.get<ManagedResource>(types[kind] ?? assert.fail(), { namespace, name });
  const ready = (name: string, kind = 'Bucket') =>
    until(`${kind} ${name} is Ready`, async () => {
      const found = await read(name, kind);
      return isTrue(found?.status?.conditions, 'Ready');
    });
  const remove = (name: string, kind = 'Bucket') => admin.delete(types[kind] ?? assert.fail(), { namespace, name });
  const gone = (name: string, kind = 'Bucket') =>
    until(`${kind} ${name} is gone`, async () => (await read(name, kind)) === undefined);
  return { plane, admin, namespace, emulator, apply, start, ready, remove, gone };
}

test('rights in one namespace suffice, and are all that is used', { skip }, async (t) => {
  const { plane, admin, namespace, emulator, apply, start, ready, remove, gone } = await scene(t);
  const nameless = start();
  await until('it says what it lacks', async () => {
    const port = metricsPortOf(nameless);
    return !Number.isNaN(port) && (await probe(port, '/readyz')).body.includes('--cluster-id');
  });
  nameless.child.kill('SIGTERM');
  assert.equal(await nameless.ended, 0);

  const operator = start('--cluster-id=one');
  for (const name of ['kept', 'dropped']) {
    await apply(bucket(name, { deletionPolicy: name === 'kept' ? 'Retain' : 'Delete' }));
  }
  for (const name of ['kept', 'dropped']) await ready(name);
  await until('its events', async () => {
    const { items } = await admin.list<KubeObject & { reason?: string }>(EVENTS, namespace);
    return items.filter(({ reason }) => reason === 'BucketCreated').length === 2;
  });
  await apply(bucket('managed', { deletionPolicy: 'Delete', autoManage: { enabled: true, accessLevel: 'readonly' } }));
  await apply(iamPolicy('read', READ_ALL, { deletionPolicy: 'Delete' }));
  await apply(user('worker', { deletionPolicy: 'Delete', policyRefs: [{ name: 'read' }] }));
  await apply(accessKey('worker-key', 'worker'));
  const others: readonly (readonly [name: string, kind: string])[] = [
    ['managed', 'Bucket'],
    ['managed-accesskey', 'AccessKey'],
    ['managed-policy', 'BucketPolicy'],
    ['worker-key', 'AccessKey'],
    ['worker', 'User'],
    ['read', 'IAMPolicy'],
  ];
  for (const [name, kind] of others) await ready(name, kind);
  for (const [name, kind] of others.filter(([, of]) => of !== 'BucketPolicy')) await remove(name, kind);
  for (const [name, kind] of others) await gone(name, kind);
  await gone('managed-user', 'User');
  const secrets = (await admin.list<KubeObject>(SECRETS, namespace)).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(secrets, ['wasabi-credentials', NAME], 'the account and the token of the operator');

  for (const name of ['kept', 'dropped']) await remove(name);
  for (const name of ['kept', 'dropped']) await gone(name);
  assert.deepEqual([...emulator.state.buckets.keys()], ['kept']);
  operator.child.kill('SIGTERM');
  assert.equal(await operator.ended, 0, operator.output());

  const userName = `system:serviceaccount:${namespace}:${NAME}`;
  const calls = (await plane.readAudit()).filter((event) => event.user.username === userName);
  const refused = calls.flatMap(({ responseStatus, objectRef }) =>
    responseStatus?.code === 403 && objectRef !== undefined ? [objectRef.resource] : [],
  );
  assert.deepEqual([...new Set(refused)].sort(), ['customresourcedefinitions', 'namespaces', 'referencegrants']);
});

test('with rights in one namespace, too, data survives the removal of its definition', { skip }, async (t) => {
  const { admin, emulator, apply, start, ready } = await scene(t);
  start('--cluster-id=one');
  await apply(bucket('survivor', { deletionPolicy: 'Delete', forceDelete: true }));
  await ready('survivor');
  const client = consoleOf(emulator);
  t.after(() => client.destroy());
  await client.send(new PutObjectCommand({ Bucket: 'survivor', Key: 'precious', Body: 'x' }));
  const keys = ['buckets', 'providers'].map((plural) => ({ namespace: '', name: `${plural}.s3.cloud37.dev` }));
  for (const key of keys) await admin.delete(CRDS, key);
  await until('the definitions are gone', async () => {
    const found = await Promise.all(keys.map((key) => admin.get(CRDS, key)));
    return found.every((definition) => definition === undefined);
  });
  assert.equal(emulator.state.buckets.get('survivor')?.objects.size, 1);
});
