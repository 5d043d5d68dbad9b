import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Agent, request } from 'undici';
import { CRDS, NAMESPACES } from '../../src/api/core-types.ts';
import { crdOf } from '../../src/api/crd.ts';
import { KINDS } from '../../src/api/kinds.ts';
import type { KubeObject, ResourceType } from '../../src/api/meta.ts';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { accessKey, bucket, iamPolicy, type Manifest, provider, typeOf, user } from '../support/builders.ts';
import { objectsOf, RELEASE_NAMESPACE, renderText } from '../support/chart.ts';
import { clientOf, installCrds, staticAccess, until } from '../support/cluster.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { loosenDefinitions } from '../support/looser-definitions.ts';
import { packagedProgram } from '../support/packaged-program.ts';
import { SERVICE_ACCOUNTS, serviceAccountToken } from '../support/service-account.ts';

/** The admission policy of `admission.tenancy`, as the golden files have it. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const NAME = 'wasabi-s3-operator';
const POLICY = `${NAME}-tenancy.${RELEASE_NAMESPACE}`;
const LABELS: Readonly<Record<string, Record<string, string>>> = {
  platform: {},
  'team-a': {},
  other: {},
  batch: { tier: 'batch', region: 'eu', owner: 'somebody' },
  'batch-frozen': { tier: 'batch', region: 'eu', owner: 'somebody', frozen: '' },
  'batch-test': { tier: 'batch', region: 'eu', owner: 'somebody', stage: 'test' },
  'batch-far': { tier: 'batch', region: 'ap', owner: 'somebody' },
  'batch-nobodys': { tier: 'batch', region: 'eu' },
};
const policyType = (kind: string): ResourceType => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: kind.endsWith('Binding') ? 'validatingadmissionpolicybindings' : 'validatingadmissionpolicies',
  kind,
  namespaced: false,
});

/** A control plane of its own: the policy is about the whole cluster. */
async function scene(t: TestContext) {
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  const admin = clientOf(staticAccess(plane.url, plane.adminToken, plane.ca));
  t.after(() => admin.close());
  await installCrds(admin);
  for (const [name, labels] of Object.entries(LABELS)) {
    await admin.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  }
  return { plane, admin };
}

const golden = (name: string) => readFileSync(new URL(`../chart/golden/${name}.yaml`, import.meta.url), 'utf8');

/** Applies the policy of tenants of a rendered chart, if there is one. */
async function applyPolicy(admin: KubeClient, text: string): Promise<void> {
  for (const object of objectsOf(text).filter(({ metadata }) => metadata.name === POLICY)) {
    await admin.create(policyType(object.kind), '', object);
  }
}

const at = (namespace: string, name = 'wasabi-eu') => ({ providerRef: { name, namespace } });
const create = (by: KubeClient, namespace: string, manifest: Manifest) =>
  by.create(typeOf(manifest.kind), namespace, manifest);
const insecure = provider('insecure', { tls: { insecureSkipVerify: true } });
const LISTED = 'others are listed in admission.tenancy.tenants of the operator chart';
const notYours = (ref: string, namespace: string, others = '') =>
  `spec.providerRef: ${ref} is no Provider that ${namespace} may use: name one of its own${others}; ${LISTED}`;
const notItsName = (name: string, namespace: string, patterns: string) =>
  `spec.name: ${name} is no name for a bucket of ${namespace}: choose one like ${patterns}; ${LISTED}`;
const NOT_VERIFIED =
  'spec.tls.insecureSkipVerify: true is not permitted in this namespace: leave it out, and name the CA of the endpoint in ' +
  'spec.tls.caCertSecretRef; namespaces that may are listed in admission.tenancy.tenants of the operator chart';

/** What the policy says to each; '': nothing. */
const cases: readonly (readonly [namespace: string, manifest: Manifest, message: string])[] = [
  ['team-a', bucket('team-a-logs', at('platform')), ''],
  ['team-a', bucket('team-a', { providerRef: { name: 'own' } }), ''],
  ['team-a', user('worker', at('platform')), ''],
  ['team-a', bucket('team-b-logs', at('team-a')), notItsName('team-b-logs', 'team-a', 'team-a or team-a-*')],
  ['team-a', bucket('team-axlogs'), notItsName('team-axlogs', 'team-a', 'team-a or team-a-*')],
  [
    'team-a',
    bucket('team-a-x', at('platform', 'wasabi-us')),
    notYours('platform/wasabi-us', 'team-a', ', or one of platform/wasabi-eu'),
  ],
  [
    'team-a',
    iamPolicy('read', { Version: '2012-10-17', Statement: [] }, at('other')),
    notYours('other/wasabi-eu', 'team-a', ', or one of platform/wasabi-eu'),
  ],
  ['team-a', insecure, NOT_VERIFIED],
  ['team-a', provider('verified', {}), ''],
  ['other', user('worker', at('platform')), notYours('platform/wasabi-eu', 'other')],
  ['other', accessKey('key', 'worker', at('platform')), notYours('platform/wasabi-eu', 'other')],
  ['other', accessKey('key', 'worker'), ''],
  ['batch', bucket('batch.nightly', at('platform', 'any')), ''],
  ['batch', bucket('batchxnightly'), notItsName('batchxnightly', 'batch', 'batch or batch-* or batch.*')],
  [
    'batch',
    user('worker', at('archive', 'warm')),
    notYours('archive/warm', 'batch', ', or one of platform/*, archive/cold'),
  ],
  ['batch', user('worker', at('archive', 'cold')), ''],
  ['batch', insecure, ''],
  ...['batch-frozen', 'batch-test', 'batch-far', 'batch-nobodys'].map(
    (namespace) => [namespace, user('worker', at('platform')), notYours('platform/wasabi-eu', namespace)] as const,
  ),
];

/** What the server says to it, which it does not keep; '': nothing. */
const said = (by: KubeClient, namespace: string, manifest: Manifest): Promise<string> =>
  by.create(typeOf(manifest.kind), namespace, manifest, { isDryRun: true }).then(() => '', String);

const inForce = (admin: KubeClient) =>
  until('the policy is in force', async () => (await said(admin, 'other', user('probe', at('platform')))) !== '');

test('tenancy policy: it says what each namespace may not, and lets the rest through', { skip }, async (t) => {
  const { plane, admin } = await scene(t);
  await applyPolicy(admin, golden('defaults'));
  for (const [namespace, manifest] of cases) assert.equal(await said(admin, namespace, manifest), '', 'switched off');

  await applyPolicy(admin, golden('tenancy'));
  await inForce(admin);
  for (const [namespace, manifest, message] of cases) {
    const what = `${namespace}: ${manifest.kind} ${manifest.metadata.name}`;
    const answer = await said(admin, namespace, manifest);
    if (message === '') assert.equal(answer, '', what);
    else assert.ok(answer.includes(`denied request: ${message}`), `${what}: ${answer}`);
  }
  await until('the server has checked the types in its expressions', async () => {
    const key = { namespace: '', name: POLICY };
    const policy = await admin.get<Policy>(policyType('ValidatingAdmissionPolicy'), key);
    if (policy?.status?.observedGeneration === undefined) return false;
    assert.deepEqual(policy.status.typeChecking?.expressionWarnings ?? [], []);
    return true;
  });

  // What the operator makes, objects ask for that were admitted: a child of a Bucket that is older than the policy.
  const key = { namespace: RELEASE_NAMESPACE, name: NAME };
  const operator = clientOf(staticAccess(plane.url, await tokenOfEverything(admin, key), plane.ca));
  t.after(() => operator.close());
  assert.equal(await said(operator, 'other', user('child', at('platform'))), '');
});

test('tenancy policy: what is older than it can be edited, reported on and deleted', { skip }, async (t) => {
  const { admin } = await scene(t);
  const held = { finalizers: ['s3.cloud37.dev/finalizer'] };
  const old = [bucket('old', at('platform'), held), { ...insecure, metadata: { ...insecure.metadata, ...held } }];
  for (const manifest of old) await create(admin, 'other', manifest);
  await applyPolicy(admin, golden('tenancy'));
  await inForce(admin);
  for (const { kind, metadata } of old) {
    const key = { namespace: 'other', name: metadata.name };
    const edit = (body: object, subresource?: 'status') =>
      admin.patch(typeOf(kind), key, { type: 'merge', body }, subresource === undefined ? {} : { subresource });
    await edit({ metadata: { labels: { team: 'x' } } });
    await edit({ spec: { suspend: true } });
    await edit({ status: { observedGeneration: 1 } }, 'status');
    await admin.delete(typeOf(kind), key);
    await edit({ metadata: { finalizers: null } });
    await until(`${kind} is gone`, async () => (await admin.get(typeOf(kind), key)) === undefined);
  }
  await create(admin, 'other', provider('verified', {}));
  const body = { spec: { tls: { insecureSkipVerify: true } } };
  const patched = admin.patch(typeOf('Provider'), { namespace: 'other', name: 'verified' }, { type: 'merge', body });
  await assert.rejects(patched, /spec\.tls\.insecureSkipVerify/, 'who sets the field anew is refused');
});

test('tenancy policy: what the predecessor stored without a spec can be labelled, let go of and deleted', {
  skip,
}, async (t) => {
  const { admin } = await scene(t);
  const { apiVersion } = insecure;
  const old = ['Provider', 'Bucket', 'User', 'IAMPolicy', 'AccessKey'].map(
    (kind): Manifest => ({ apiVersion, kind, metadata: { name: 'bare', finalizers: ['s3.cloud37.dev/finalizer'] } }),
  );
  await loosenDefinitions({ admin });
  for (const manifest of old) {
    await until(`${manifest.kind} is stored`, () => create(admin, 'team-a', manifest).then(Boolean, () => false));
  }
  for (const { metadata, spec } of KINDS.map(crdOf)) {
    await admin.patch(CRDS, { namespace: '', name: metadata.name }, { type: 'merge', body: { spec } });
  }
  for (const manifest of old) {
    await until(`${manifest.kind} needs a spec`, async () =>
      (await said(admin, 'other', manifest)).includes('spec is missing'),
    );
  }
  await applyPolicy(admin, golden('tenancy'));
  await inForce(admin);
  for (const { kind, metadata } of old) {
    const key = { namespace: 'team-a', name: metadata.name };
    const edit = (labelsAndFinalizers: object) =>
      admin.patch(typeOf(kind), key, { type: 'merge', body: { metadata: labelsAndFinalizers } });
    await edit({ labels: { team: 'x' } });
    await admin.delete(typeOf(kind), key);
    await edit({ finalizers: null });
    await until(`${kind} is gone`, async () => (await admin.get(typeOf(kind), key)) === undefined);
  }
});

test('tenancy policy: with the action Warn it warns, in the namespaces of the operator alone', { skip }, async (t) => {
  const { plane, admin } = await scene(t);
  await applyPolicy(admin, golden('tenancy-namespaced'));
  const dispatcher = new Agent({ connect: { ca: plane.ca } });
  t.after(() => dispatcher.close());
  const warning = async (namespace: string) => {
    const path = `/apis/s3.cloud37.dev/v1alpha1/namespaces/${namespace}/users?dryRun=All`;
    const { statusCode, headers, body } = await request(`${plane.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${plane.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(user('worker', at('platform'))),
      dispatcher,
    });
    assert.equal(statusCode, 201, await body.text());
    return String(headers['warning'] ?? '');
  };
  await until('it warns', async () => (await warning('team-a')).includes(notYours('platform/wasabi-eu', 'team-a')));
  assert.equal(await warning('other'), '');
});

test('tenancy policy: three hundred tenants are within what the server lets an expression cost', {
  skip,
}, async (t) => {
  const { admin } = await scene(t);
  const helm = await packagedProgram('helm');
  if (helm === undefined) return t.skip('no Helm for this platform: HELM=/path/to/helm');
  const tenants = Array.from({ length: 300 }, (_, index) => ({
    namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: [`number-${index}`] }] },
    providers: [`platform-${index}/wasabi-eu`, `platform-${index}/wasabi-us`],
    bucketNames: [`number-${index}-*`, '{namespace}-*-logs'],
  }));
  const text = await renderText(
    helm,
    { admission: { tenancy: { enabled: true, tenants } } },
    '--set=crds.enabled=false',
  );
  await applyPolicy(admin, text);
  await inForce(admin);
  assert.equal(await said(admin, 'other', bucket('number-299-data', at('platform-299', 'wasabi-us'))), '');
  assert.match(await said(admin, 'other', bucket('data')), /spec\.name: /);
});

interface Policy extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] };
  };
}

/** The ServiceAccount of the operator, with every right there is. @returns its token */
async function tokenOfEverything(admin: KubeClient, key: { namespace: string; name: string }): Promise<string> {
  const { namespace, name } = key;
  await admin.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
  await admin.create(SERVICE_ACCOUNTS, namespace, account);
  const apiGroup = 'rbac.authorization.k8s.io';
  const type = {
    group: apiGroup,
    version: 'v1',
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  };
  await admin.create(type, '', {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...key }],
  });
  return serviceAccountToken(admin, key);
}
