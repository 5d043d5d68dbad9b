import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Agent, request } from 'undici';
import { CONFIG_MAPS, SECRETS } from '../../src/api/core-types.ts';
import { isTrue } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { ACCESS_QUESTIONS, accessTable, attributesOf, LISTED, OWN, UNLISTED } from '../chart/access-questions.ts';
import { startAccount } from '../support/account.ts';
import {
  accessKey,
  bucket,
  bucketPolicy,
  iamPolicy,
  type Manifest,
  secret,
  typeOf,
  user,
} from '../support/builders.ts';
import { until } from '../support/cluster.ts';
import { auditEvents } from '../support/control-plane-audit.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { startDeployed } from '../support/deployed-operator.ts';
import { isAllowed } from '../support/operator-rights.ts';
import { serviceAccountToken } from '../support/service-account.ts';
import { rightsReport } from '../support/used-rights.ts';
import { presetScene, RELEASES } from './preset-releases.ts';

/** The presets of the chart as a real API server sees them: what they may, what they may not, and that it suffices. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const GOLDEN = new URL('../chart/access-reviews.md', import.meta.url);
const isUpdating = process.env['UPDATE_GOLDEN'] === '1';
const userOf = (name: string) => `system:serviceaccount:${OWN}:${name}`;
const reviewOf = (name: string, attributes: object) => ({
  user: userOf(name),
  groups: ['system:serviceaccounts', `system:serviceaccounts:${OWN}`, 'system:authenticated'],
  ...attributes,
});

test('rights: what each preset may and may not is as in test/chart/access-reviews.md', { skip }, async (t) => {
  const it = await presetScene(t);
  if (it === undefined) return t.skip('neither Helm and kubectl nor Go is installed');
  const { admin, install } = it;
  for (const { values } of RELEASES) await install(values);
  const last = { fullnameOverride: 'last', rbac: { namespaces: [LISTED] } };
  await install(last); // the authorizer sees roles and bindings in the order in which they were made
  for (const on of ['secrets', 'buckets.s3.cloud37.dev']) {
    const question = reviewOf('last', attributesOf({ verb: 'list', on, namespace: LISTED }));
    await until('the authorizer knows the roles', () => isAllowed(admin, question));
  }
  const answers: Record<string, readonly boolean[]> = {};
  for (const { name } of RELEASES) {
    const asked = ACCESS_QUESTIONS.map((question) => isAllowed(admin, reviewOf(name, attributesOf(question))));
    answers[name.replace('-', ', ')] = await Promise.all(asked);
  }
  const table = accessTable(answers);
  if (isUpdating) writeFileSync(GOLDEN, table);
  assert.equal(table, readFileSync(GOLDEN, 'utf8'));
});

const CORE = '/api/v1/namespaces';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const EVIL = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };

/** One that the operator may make. */
const MARKED = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'marked',
    labels: { 'app.kubernetes.io/managed-by': 'wasabi-s3-operator' },
    annotations: { 's3.cloud37.dev/owner-uid': 'some-uid' },
  },
};

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

/** What somebody with the operator's token would try next. */
const ATTEMPTS: Readonly<
  Record<
    string,
    { method?: 'POST' | 'PATCH' | 'DELETE'; path: string; body?: object; as?: string; allowedFor?: readonly string[] }
  >
> = {
  'read the Secrets of the system': { path: `${CORE}/kube-system/secrets`, allowedFor: ['full-cluster'] },
  'read the Secrets of a namespace that nobody told it of': {
    path: `${CORE}/${UNLISTED}/secrets`,
    allowedFor: ['full-cluster'],
  },
  'list ConfigMaps of the system': { path: `${CORE}/kube-system/configmaps` },
  'answer the names of the whole cluster': {
    method: 'PATCH',
    path: `${CORE}/kube-system/configmaps/coredns`,
    body: { data: { Corefile: 'x' } },
  },
  'change a ConfigMap of somebody else': {
    method: 'PATCH',
    path: `${CORE}/${LISTED}/configmaps/foreign`,
    body: { data: { key: 'x' } },
  },
  'delete a ConfigMap of somebody else': { method: 'DELETE', path: `${CORE}/${LISTED}/configmaps/foreign` },
  'give a Secret an owner of ours': {
    method: 'PATCH',
    path: `${CORE}/${LISTED}/secrets/foreign`,
    body: {
      metadata: {
        ownerReferences: [{ apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'AccessKey', name: 'x', uid: 'x' }],
      },
    },
  },
  'give a Secret elsewhere other content': {
    method: 'PATCH',
    path: `${CORE}/${UNLISTED}/secrets/foreign`,
    body: { data: { key: 'eA==' } },
  },
  'take a Secret elsewhere over': {
    method: 'PATCH',
    path: `${CORE}/${UNLISTED}/secrets/foreign`,
    body: { metadata: { labels: { 'app.kubernetes.io/managed-by': 'wasabi-s3-operator' } } },
  },
  'delete a Secret of somebody else': { method: 'DELETE', path: `${CORE}/${LISTED}/secrets/foreign` },
  'make a token of another account': {
    method: 'POST',
    path: `${CORE}/kube-system/serviceaccounts/namespace-controller/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  },
  'have a token made by a Secret that it may write': {
    method: 'POST',
    path: `${CORE}/${LISTED}/secrets`,
    body: {
      ...MARKED,
      type: 'kubernetes.io/service-account-token',
      metadata: {
        ...MARKED.metadata,
        annotations: { ...MARKED.metadata.annotations, 'kubernetes.io/service-account.name': 'default' },
      },
    },
  },
  'make a bootstrap token': {
    method: 'POST',
    path: `${CORE}/${LISTED}/secrets`,
    body: { ...MARKED, type: 'bootstrap.kubernetes.io/token' },
  },
  'become an administrator': { path: CORE, as: 'admin' },
  'widen its own role': {
    method: 'PATCH',
    path: `${RBAC}/namespaces/${OWN}/roles/RELEASE-leader-election`,
    body: { rules: [EVIL] },
  },
  'bind itself': {
    method: 'POST',
    path: `${RBAC}/clusterrolebindings`,
    body: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'evil' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    },
  },
  'run a pod': {
    method: 'POST',
    path: `${CORE}/${OWN}/pods`,
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'evil' },
      spec: { containers: [{ name: 'x', image: 'x' }] },
    },
  },
  'run a command in a pod': { method: 'POST', path: `${CORE}/${OWN}/pods/any/exec?command=sh` },
  'reach a node': { path: '/api/v1/nodes/any/proxy/' },
  'take the admission policy away': {
    method: 'DELETE',
    path: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/RELEASE-secret-fence.wasabi-system',
  },
  'change the image of its Deployment': {
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/${OWN}/deployments/RELEASE`,
    body: { spec: { template: { metadata: { labels: { x: 'y' } } } } },
  },
};

test('rights: what a thief of the token would try is refused, with every preset and scope, but reading with full', {
  skip,
}, async (t) => {
  const it = await presetScene(t);
  if (it === undefined) return t.skip('neither Helm and kubectl nor Go is installed');
  const { plane, admin, install } = it;
  const dispatcher = new Agent({ connect: { ca: plane.ca } });
  t.after(() => dispatcher.close());
  for (const namespace of [LISTED, UNLISTED]) {
    await admin.create(SECRETS, namespace, secret('foreign', { key: 'value' }));
    await admin.create(CONFIG_MAPS, namespace, configMap('foreign'));
  }
  await admin.create(CONFIG_MAPS, 'kube-system', configMap('coredns'));
  for (const { name, values } of RELEASES) {
    await install(values);
    const token = await serviceAccountToken(admin, { namespace: OWN, name });
    const call = async ({ method, path, body, as }: (typeof ATTEMPTS)[string]) => {
      const { statusCode, body: answer } = await request(`${plane.url}${path.replace('RELEASE', name)}`, {
        method: method ?? 'GET',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
          ...(as === undefined ? {} : { 'impersonate-user': as, 'impersonate-group': 'system:masters' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        dispatcher,
      });
      return { statusCode, text: await answer.text() };
    };
    await until('its rights and its policy are in force', async () => {
      const path = `${CORE}/${LISTED}/secrets?dryRun=All`;
      const { text } = await call({ method: 'POST', path, body: secret('unmarked', {}) });
      return text.includes(`${name}-secret-fence`);
    });
    for (const [what, attempt] of Object.entries(ATTEMPTS)) {
      const { statusCode, text } = await call(attempt);
      assert.equal(statusCode, attempt.allowedFor?.includes(name) === true ? 200 : 403, `${name}: ${what}: ${text}`);
    }
  }
});

/** One object of each kind, and what it refers to, in the order in which they can go again. */
const objects: readonly Manifest[] = [
  accessKey('worker-key', 'worker'),
  user('worker', { deletionPolicy: 'Delete', policyRefs: [{ name: 'read' }] }),
  iamPolicy(
    'read',
    {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::data/*' }],
    },
    { deletionPolicy: 'Delete' },
  ),
  bucketPolicy('lock', 'data', {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket', Resource: 'arn:aws:s3:::data', Sid: 'Locked' },
    ],
  }),
  bucket('managed', { deletionPolicy: 'Delete', autoManage: { enabled: true } }),
  bucket('data', { deletionPolicy: 'Delete' }),
];

/** An operator of single namespaces asks, is refused, and goes on without; see docs/ownership.md, Deletion. */
const ASKED_ANYWAY = ['get customresourcedefinitions.apiextensions.k8s.io', 'list namespaces.'];

test('rights: with every preset and scope each kind comes and goes, and no call is refused', { skip }, async (t) => {
  const it = await presetScene(t);
  if (it === undefined) return t.skip('neither Helm and kubectl nor Go is installed');
  const { plane, admin, install } = it;
  for (const { name, scope, values } of RELEASES) {
    await t.test(name, async (release) => {
      await install(values);
      const { manifests, allowedEndpoints, emulator } = await startAccount(release);
      const operator = await startDeployed(release, { plane, admin, name, flags: [allowedEndpoints] });
      const all = [...objects, ...manifests].map((manifest) => {
        const key = { namespace: LISTED, name: manifest.metadata.name };
        return { manifest, what: `${manifest.kind} ${key.name}`, type: typeOf(manifest.kind), key };
      });
      for (const { type, manifest } of all) await admin.create(type, LISTED, manifest);
      for (const { what, type, key } of all.filter(({ manifest }) => manifest.kind !== 'Secret')) {
        await until(`${what} is Ready`, async () => {
          return isTrue((await admin.get<ManagedResource>(type, key))?.status?.conditions, 'Ready');
        });
      }
      for (const { type, key } of all) await admin.delete(type, key);
      for (const { what, type, key } of all) {
        await until(`${what} is gone`, async () => (await admin.get(type, key)) === undefined);
      }
      assert.deepEqual([...emulator.state.buckets.keys()], []);
      operator.child.kill('SIGTERM');
      assert.equal(await operator.ended, 0, operator.output());
      const { refused } = await rightsReport(auditEvents(plane.auditLogPath), userOf(name));
      const expected = scope === 'cluster' ? [] : ASKED_ANYWAY.map((call) => `${call} in the cluster`);
      assert.deepEqual([...refused].sort(), expected);
    });
  }
});
