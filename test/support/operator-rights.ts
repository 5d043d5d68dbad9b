import { readFileSync } from 'node:fs';
import { NAMESPACES, SECRETS } from '../../src/api/core-types.ts';
import type { KubeObject, ResourceType } from '../../src/api/meta.ts';
import { policyRules, type RightScope } from '../../src/kube-rights.ts';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { objectsOf } from './chart.ts';
import { SERVICE_ACCOUNTS, serviceAccountToken } from './service-account.ts';
import { until } from './until.ts';

const NAME = 'wasabi-s3-operator';
const NAMESPACE = 'wasabi-system';
const GROUP = 'rbac.authorization.k8s.io';
/** As whom operators of the tests call a real control plane. */
export const OPERATOR_USER = `system:serviceaccount:${NAMESPACE}:${NAME}`;
const SUBJECT_ACCESS_REVIEWS: ResourceType = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

/**
 * A ServiceAccount for operators on a real control plane, with the rights that the preset `minimal` gives cluster-wide.
 * Those on Secrets come namespace by namespace: `grantNamespace`. @returns its token
 */
export async function operatorToken(admin: KubeClient): Promise<string> {
  const key = { namespace: NAMESPACE, name: NAME };
  const existing = await admin.get<KubeObject & { data?: { token?: string } }>(SECRETS, key);
  if (existing?.data?.token !== undefined) return Buffer.from(existing.data.token, 'base64').toString('utf8');
  await admin.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME } };
  await admin.create(SERVICE_ACCOUNTS, NAMESPACE, account);
  await fenceSecrets(admin);
  await bind(admin, '', ['objects', 'cluster', 'release']);
  await effective(admin, { resource: 'namespaces', verb: 'get' });
  return serviceAccountToken(admin, key);
}

/** The admission policy of the chart for this very ServiceAccount, as it is where credentials may lie everywhere. */
async function fenceSecrets(admin: KubeClient): Promise<void> {
  const golden = readFileSync(new URL('../chart/golden/full.yaml', import.meta.url), 'utf8');
  const policies = objectsOf(golden).filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
  for (const policy of policies) {
    const plural = policy.kind.endsWith('Binding')
      ? 'validatingadmissionpolicybindings'
      : 'validatingadmissionpolicies';
    const group = 'admissionregistration.k8s.io';
    await admin.create({ group, version: 'v1', plural, kind: policy.kind, namespaced: false }, '', policy);
  }
}

/** What the preset `minimal` gives in a namespace that the chart lists, restarts included. */
export async function grantNamespace(admin: KubeClient, namespace: string): Promise<void> {
  await bind(admin, namespace, ['credentials', 'deliveries', 'restarts', 'own']);
  await effective(admin, { namespace, resource: 'secrets', verb: 'get' });
}

/** @param namespace '' binds cluster-wide */
async function bind(admin: KubeClient, namespace: string, scopes: readonly RightScope[]): Promise<void> {
  const namespaced = namespace !== '';
  const kind = namespaced ? 'Role' : 'ClusterRole';
  const plural = kind.toLowerCase();
  const typeOf = (suffix: string): ResourceType => ({
    group: GROUP,
    version: 'v1',
    plural: `${plural}${suffix.toLowerCase()}s`,
    kind: `${kind}${suffix}`,
    namespaced,
  });
  const object = (suffix: string, parts: object) => ({
    apiVersion: `${GROUP}/v1`,
    kind: `${kind}${suffix}`,
    metadata: { name: NAME },
    ...parts,
  });
  await admin.create(typeOf(''), namespace, object('', { rules: policyRules(scopes) }));
  const roleRef = { apiGroup: GROUP, kind, name: NAME };
  const subjects = [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }];
  await admin.create(typeOf('Binding'), namespace, object('Binding', { roleRef, subjects }));
}

/** Waits until the authorizer knows of what was bound: it follows by watches of its own. */
async function effective(admin: KubeClient, resourceAttributes: object): Promise<void> {
  const spec = { user: OPERATOR_USER, resourceAttributes };
  await until(`${OPERATOR_USER} may ${JSON.stringify(resourceAttributes)}`, () => isAllowed(admin, spec));
}

/** What the API server answers to a SubjectAccessReview with that spec. */
export async function isAllowed(admin: KubeClient, spec: object): Promise<boolean> {
  type Review = KubeObject & { readonly status?: { readonly allowed?: boolean } };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec,
  };
  const answer = await admin.create<Review>(SUBJECT_ACCESS_REVIEWS, '', review);
  return answer.status?.allowed === true;
}
