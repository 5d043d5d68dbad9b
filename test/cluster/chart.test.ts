import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import {
  PodMonitor,
  PrometheusRule,
  ServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Agent, request } from 'undici';
import { CRDS, NAMESPACES, SECRETS } from '../../src/api/core-types.ts';
import { isTrue } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { COMBINATIONS } from '../chart/combinations.ts';
import { startAccount } from '../support/account.ts';
import { bucket, typeOf } from '../support/builders.ts';
import { CHART, objectsOf, RELEASE_NAMESPACE, type Rendered } from '../support/chart.ts';
import { clientOf, staticAccess, until } from '../support/cluster.ts';
import type { ControlPlane } from '../support/control-plane.ts';
import { auditEvents } from '../support/control-plane-audit.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { DEPLOYMENTS, startDeployed } from '../support/deployed-operator.ts';
import { metricsPortOf, probe } from '../support/operator-process.ts';
import { SERVICE_ACCOUNTS, serviceAccountToken } from '../support/service-account.ts';
import { rightsReport } from '../support/used-rights.ts';
import { definitionsOf, helmScene } from './helm-scene.ts';

/** The chart on a real control plane; pods are played by a process with the arguments and the token of its Deployment. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const NAME = 'wasabi-s3-operator';
const TEAM = 'team-a';
const USER = `system:serviceaccount:${RELEASE_NAMESPACE}:${NAME}`;
const createNamespace = (admin: KubeClient, name: string, labels: Record<string, string> = {}) =>
  admin.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });

test('chart: installed, upgraded and uninstalled; the operator has the rights that it needs and asks for no others', {
  skip,
}, async (t) => {
  const it = await helmScene(t);
  if (it === undefined) return t.skip('neither Helm nor Go is installed');
  const { plane, admin, run } = it;
  const { manifests, allowedEndpoints } = await startAccount(t);
  await createNamespace(admin, TEAM);
  const endpoints = allowedEndpoints.split('=')[1] ?? '';
  const values = [
    '--set=rbac.preset=minimal',
    `--set=rbac.namespaces={${TEAM}}`,
    `--set=rbac.credentials[0].namespace=${TEAM},rbac.credentials[0].names={wasabi-credentials}`,
    `--set-string=operator.allowedEndpoints={${endpoints}}`,
  ];
  const startedAtMs = performance.now();
  await run('install', NAME, CHART, '-n', RELEASE_NAMESPACE, '--create-namespace', ...values);
  const key = { namespace: RELEASE_NAMESPACE, name: NAME };
  const operator = await startDeployed(t, { plane, admin });
  for (const manifest of manifests) await admin.create(typeOf(manifest.kind), TEAM, manifest);
  await admin.create(typeOf('Bucket'), TEAM, bucket('data', { autoManage: { enabled: true } }));
  const isReady = async () => {
    const found = await admin.get<ManagedResource>(typeOf('Bucket'), { namespace: TEAM, name: 'data' });
    return isTrue(found?.status?.conditions, 'Ready');
  };
  await until('the first bucket is Ready', isReady, 90_000);
  t.diagnostic(`from helm install to the first Ready bucket: ${Math.round(performance.now() - startedAtMs)} ms`);
  assert.equal((await probe(metricsPortOf(operator), '/readyz')).status, 200);

  const delivered = { namespace: TEAM, name: 'data-accesskey-credentials' };
  const before = (await admin.get(SECRETS, delivered)) ?? assert.fail('no Secret');
  await admin.delete(SECRETS, delivered);
  await until('the Secret that was deleted is there again, at once', async () => {
    const now = await admin.get(SECRETS, delivered);
    return now !== undefined && now.metadata.uid !== before.metadata.uid;
  });
  // The right to let go of credentials reaches every namespace; the admission policy lets nothing else through.
  const foreign = { namespace: 'default', name: 'foreign' };
  await admin.create(SECRETS, 'default', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'foreign' } });
  const thief = clientOf(staticAccess(plane.url, await serviceAccountToken(admin, key), plane.ca));
  t.after(() => thief.close());
  for (const body of [{}, { metadata: { finalizers: ['s3.cloud37.dev/in-use'] } }]) {
    await assert.rejects(thief.patch(SECRETS, foreign, { type: 'merge', body }), /403 .*secret-fence/);
  }
  const { refused } = await rightsReport(auditEvents(plane.auditLogPath), USER);
  assert.deepEqual(refused, []);

  // A definition as an older release had it: the upgrade renews it.
  const body = [{ op: 'remove' as const, path: '/spec/versions/0/additionalPrinterColumns' }];
  await admin.patch(CRDS, { namespace: '', name: 'buckets.s3.cloud37.dev' }, { type: 'json', body });
  await run(
    'upgrade',
    NAME,
    CHART,
    '-n',
    RELEASE_NAMESPACE,
    '--set=rbac.preset=scoped',
    `--set=rbac.namespaces={${TEAM}}`,
  );
  const definition = (await definitionsOf(admin)).find((found) => found?.metadata.name === 'buckets.s3.cloud37.dev');
  assert.match(JSON.stringify(definition), /additionalPrinterColumns/);

  await run('uninstall', NAME, '-n', RELEASE_NAMESPACE);
  assert.equal(await admin.get(DEPLOYMENTS, key), undefined);
  const kept = await definitionsOf(admin);
  assert.ok(kept.every((found) => found !== undefined && found.metadata.deletionTimestamp === undefined));
  assert.ok(await isReady());
  await run('install', NAME, CHART, '-n', RELEASE_NAMESPACE);
  assert.ok(await isReady());
});

test('chart: every rendered object of every combination is valid to the last field, and its pods are restricted', {
  skip,
}, async (t) => {
  const it = await helmScene(t);
  if (it === undefined) return t.skip('neither Helm nor Go is installed');
  const { plane, admin } = it;
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await createNamespace(admin, RELEASE_NAMESPACE, restricted);
  for (const name of ['storage', 'team-a', 'team-b']) await createNamespace(admin, name);
  const tryOut = dryRunner(t, plane);
  const account = { namespace: RELEASE_NAMESPACE, name: 'default' };
  await until('pods have an account', async () => (await admin.get(SERVICE_ACCOUNTS, account)) !== undefined);
  for (const name of Object.keys(COMBINATIONS)) {
    const golden = readFileSync(new URL(`../chart/golden/${name}.yaml`, import.meta.url), 'utf8');
    for (const object of objectsOf(golden)) {
      const what = `${name}: ${object.kind} ${object.metadata.name}`;
      if (object.kind === 'ServiceMonitor') new ServiceMonitor(object as never).validate();
      else if (object.kind === 'PodMonitor') new PodMonitor(object as never).validate();
      else if (object.kind === 'PrometheusRule') new PrometheusRule(object as never).validate();
      else assert.equal(await tryOut(object), '', what);
      if (object.kind === 'Deployment') assert.equal(await tryOut(podOf(object)), '', `${what}: its pod`);
    }
  }
  const spec = { containers: [{ name: 'x', image: 'x' }] };
  const open = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'open', namespace: RELEASE_NAMESPACE }, spec };
  assert.match(await tryOut(open), /violates PodSecurity/, 'the namespace would let anything in');
});

function podOf({ metadata, spec }: Rendered): Rendered {
  const { template } = spec as { readonly template: { readonly spec: { serviceAccountName?: string } } };
  // The ServiceAccount of the release is not there; admission asks for one that is.
  const { serviceAccountName: _serviceAccountName, ...rest } = template.spec;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: metadata.name, namespace: RELEASE_NAMESPACE }, spec: rest };
}

const PLURALS: Readonly<Record<string, string>> = {
  NetworkPolicy: 'networkpolicies',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
};

/** Has the server validate an object strictly and store nothing. @returns what the server objects to; '' for nothing */
function dryRunner(t: TestContext, { url, ca, adminToken }: ControlPlane): (object: Rendered) => Promise<string> {
  const dispatcher = new Agent({ connect: { ca } });
  t.after(() => dispatcher.close());
  return async (object) => {
    const { apiVersion, kind, metadata } = object;
    const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
    const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`;
    const answer = await request(`${url}${group}${scope}/${plural}?dryRun=All&fieldValidation=Strict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(object),
      dispatcher,
    });
    const text = await answer.body.text();
    return answer.statusCode === 201 ? '' : text;
  };
}
