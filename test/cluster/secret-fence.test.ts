import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CONFIG_MAPS, SECRETS } from '../../src/api/core-types.ts';
import type { KubeObject, ResourceType } from '../../src/api/meta.ts';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { accessKey, typeOf } from '../support/builders.ts';
import { clientOf, createNamespace, startTestCluster, staticAccess, until } from '../support/cluster.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';

/** The admission policy that keeps the operator's own token from every Secret and ConfigMap that is not the operator's. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const MARKS = {
  labels: { 'app.kubernetes.io/managed-by': 'wasabi-s3-operator' },
  annotations: { 's3.cloud37.dev/owner-uid': 'some-uid' },
};
const DATA = { key: 'dmFsdWU=' };
const OTHER = { data: { key: 'b3RoZXI=' } };
const OWNER = { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'AccessKey', name: 'key', uid: 'no-such-uid' };
const IN_USE = 's3.cloud37.dev/in-use';
const CONSENT = { annotations: { 's3.cloud37.dev/accept-merge': 'team-a/key' } };
const POLICIES: ResourceType = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  namespaced: false,
};
const DENIED = /403 .*wasabi-s3-operator-secret-fence/;

async function scene(t: TestContext) {
  const cluster = await startTestCluster();
  t.after(() => cluster.stop());
  const namespace = await createNamespace(cluster.admin, 'fence');
  const operator = clientOf(staticAccess(cluster.url, cluster.token, cluster.ca));
  t.after(() => operator.close());
  const create = (by: KubeClient, name: string, metadata: object = {}, type = SECRETS) =>
    by.create(type, namespace, { apiVersion: 'v1', kind: type.kind, metadata: { name, ...metadata }, data: DATA });
  const patch = (name: string, body: object, type = SECRETS) =>
    operator.patch(type, { namespace, name }, { type: 'merge', body });
  const remove = (name: string, type = SECRETS) => operator.delete(type, { namespace, name });
  /** An AccessKey that exists: the garbage collector takes away what has an owner that does not. */
  const ownedByKey = async () => {
    const { metadata } = await cluster.admin.create(typeOf('AccessKey'), namespace, accessKey('key', 'nobody'));
    return { ownerReferences: [{ ...OWNER, uid: metadata.uid }] };
  };
  let tries = 0;
  await until('the policy is in force', () =>
    create(operator, `try-${(tries += 1)}`).then(
      () => false,
      () => true,
    ),
  );
  return { admin: cluster.admin, operator, ownedByKey, create, patch, remove };
}

test('secret fence: Secrets of the operator can be made, changed and removed with its token', { skip }, async (t) => {
  const { operator, create, patch, remove } = await scene(t);
  await create(operator, 'own', MARKS);
  await patch('own', { data: { key: 'b3RoZXI=' } });
  await remove('own');
});

test('secret fence: other Secrets cannot, whatever the roles allow', { skip }, async (t) => {
  const { admin, operator, create, patch, remove } = await scene(t);
  await assert.rejects(create(operator, 'unmarked'), DENIED);
  await assert.rejects(create(operator, 'half', { labels: MARKS.labels }), DENIED);
  await create(admin, 'foreign');
  await assert.rejects(patch('foreign', { data: { key: 'b3RoZXI=' } }), DENIED);
  await assert.rejects(patch('foreign', { metadata: MARKS }), DENIED);
  await assert.rejects(remove('foreign'), DENIED);
  await create(operator, 'own', MARKS);
  await assert.rejects(patch('own', { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } }), DENIED);
});

/** First steps of a theft: what would make a Secret of somebody else's look like one of the operator's, or break it. */
const FIRST_STEPS: Readonly<Record<string, object>> = {
  'an owner of our group': { metadata: { ownerReferences: [OWNER] } },
  'an owner of our group beside the finalizer': { metadata: { ownerReferences: [OWNER], finalizers: [IN_USE] } },
  'an owner of another group, for the garbage collector': {
    metadata: { ownerReferences: [{ ...OWNER, apiVersion: 'v1', kind: 'ConfigMap' }] },
  },
  'our label': { metadata: { labels: MARKS.labels } },
  'our annotation': { metadata: { annotations: MARKS.annotations } },
  'the label of the predecessor': { metadata: { labels: { 's3.cloud37.dev/managed-by': 'wasabi-s3-operator' } } },
  'consent to keys': { metadata: CONSENT },
  'all marks at once': { metadata: { ...MARKS, ownerReferences: [OWNER] } },
  'that nobody can change it': { immutable: true },
  'a finalizer of somebody else': { metadata: { finalizers: ['example.com/held'] } },
  'other content': OTHER,
};

for (const [what, before] of Object.entries<{ readonly metadata: object }>({
  'a Secret of somebody else': { metadata: {} },
  'credentials in use': { metadata: { finalizers: [IN_USE], annotations: { [IN_USE]: 'for a Provider' } } },
  'a Secret that takes keys': { metadata: CONSENT },
})) {
  test(`secret fence: ${what} gets no mark, and is neither changed nor deleted after the try`, { skip }, async (t) => {
    const { admin, create, patch, remove } = await scene(t);
    await create(admin, 'foreign', before.metadata);
    for (const [step, body] of Object.entries(FIRST_STEPS)) {
      if (step === 'consent to keys' && before.metadata === CONSENT) continue;
      await assert.rejects(patch('foreign', body), DENIED, step);
      await assert.rejects(patch('foreign', { ...OTHER, metadata: MARKS }), DENIED, `${step}: then other data`);
      await assert.rejects(remove('foreign'), DENIED, `${step}: then its deletion`);
    }
  });
}

test('secret fence: owners and finalizers of others stay, and are not taken off', { skip }, async (t) => {
  const { admin, create, patch } = await scene(t);
  const owner = await create(admin, 'owner', {}, CONFIG_MAPS);
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
  const finalizers = ['example.com/first', 'example.com/second'];
  const held = (...names: readonly string[]) => ({ metadata: { finalizers: names } });
  await create(admin, 'credentials', { finalizers, ownerReferences });
  await assert.rejects(patch('credentials', { metadata: { ownerReferences: [] } }), DENIED);
  await assert.rejects(patch('credentials', held('example.com/first', IN_USE)), DENIED);
  await assert.rejects(patch('credentials', held()), DENIED);
  const { metadata } = await patch('credentials', {
    metadata: { finalizers: [...finalizers, IN_USE], annotations: { [IN_USE]: 'for a Provider' } },
  });
  assert.deepEqual(metadata.finalizers, [...finalizers, IN_USE]);
  await patch('credentials', { metadata: { finalizers, annotations: { [IN_USE]: null } } });
  await assert.rejects(patch('credentials', held()), DENIED);
});

test('secret fence: those of the predecessor are taken over, released and removed', { skip }, async (t) => {
  const { admin, ownedByKey, create, patch, remove } = await scene(t);
  const legacy = { labels: { 's3.cloud37.dev/managed-by': 'wasabi-s3-operator' }, ...(await ownedByKey()) };
  for (const name of ['taken', 'released', 'removed']) await create(admin, name, legacy);
  await patch('taken', { ...OTHER, metadata: MARKS });
  await patch('taken', { metadata: { ownerReferences: [] } });
  await assert.rejects(patch('released', { ...OTHER, metadata: { ownerReferences: [] } }), DENIED);
  const { metadata } = await patch('released', { metadata: { ownerReferences: [] } });
  assert.equal(metadata.ownerReferences, undefined);
  await remove('removed');
});

test('secret fence: one of ours that lost all marks but its owner is mended', { skip }, async (t) => {
  const { admin, ownedByKey, create, patch } = await scene(t);
  await create(admin, 'bare', await ownedByKey());
  await patch('bare', { ...OTHER, metadata: MARKS });
});

test('secret fence: ConfigMaps of the operator alone can be made, changed and removed', { skip }, async (t) => {
  const { admin, operator, ownedByKey, create, patch, remove } = await scene(t);
  await create(operator, 'own', { ...MARKS, ...(await ownedByKey()) }, CONFIG_MAPS);
  await patch('own', OTHER, CONFIG_MAPS);
  await patch('own', { metadata: { ownerReferences: [] } }, CONFIG_MAPS);
  await remove('own', CONFIG_MAPS);
  await assert.rejects(create(operator, 'unmarked', {}, CONFIG_MAPS), DENIED);
  await create(admin, 'foreign', CONSENT, CONFIG_MAPS);
  const more = [{ data: { more: 'x' } }, { binaryData: { more: 'eA==' } }, { metadata: { finalizers: [IN_USE] } }];
  const steps = Object.entries(FIRST_STEPS).filter(([step]) => step !== 'consent to keys');
  for (const body of [...more, ...steps.map(([, step]) => step)]) {
    await assert.rejects(patch('foreign', body, CONFIG_MAPS), DENIED, JSON.stringify(body));
    await assert.rejects(remove('foreign', CONFIG_MAPS), DENIED);
  }
});

test('secret fence: credentials are held with a finalizer, and the Secrets that accept keys take them', {
  skip,
}, async (t) => {
  const { admin, create, patch } = await scene(t);
  await create(admin, 'credentials');
  await patch('credentials', { metadata: { finalizers: ['s3.cloud37.dev/in-use'] } });
  await patch('credentials', { metadata: { finalizers: [] } });
  const mergedKeys = (...keys: readonly string[]) => ({
    metadata: { annotations: { 's3.cloud37.dev/merged-keys': JSON.stringify({ uid: 'some-uid', keys }) } },
  });
  await create(admin, 'merged', CONSENT);
  await assert.rejects(patch('merged', mergedKeys('key')), DENIED, 'what was there before is not noted as added');
  await assert.rejects(patch('merged', { data: { key: null } }), DENIED);
  await patch('merged', { ...mergedKeys('more', 'uid'), data: { more: 'bW9yZQ==', uid: 'eA==' } });
  await patch('merged', { ...mergedKeys('more'), data: { more: 'eA==', uid: null } });
  await assert.rejects(patch('merged', { ...mergedKeys('more', 'key'), ...OTHER }), DENIED);
  const taken = { metadata: { annotations: { 's3.cloud37.dev/accept-merge': 'team-b/other' } } };
  await assert.rejects(patch('merged', taken), DENIED, 'whom it accepts is not for the operator to say');
  const none = {
    metadata: { annotations: { 's3.cloud37.dev/merged-keys': null, 's3.cloud37.dev/content-hash': null } },
  };
  const left = await patch('merged', { ...none, data: { more: null } });
  assert.deepEqual((left as KubeObject & { data?: unknown }).data, DATA);
});

test('secret fence: the API server has nothing to say against its expressions', { skip }, async (t) => {
  const { admin } = await scene(t);
  type Policy = KubeObject & {
    status?: { observedGeneration?: number; typeChecking?: { expressionWarnings?: readonly unknown[] } };
  };
  const key = { namespace: '', name: 'wasabi-s3-operator-secret-fence.wasabi-system' };
  await until('the types are checked', async () => {
    const status = (await admin.get<Policy>(POLICIES, key))?.status;
    if (status?.observedGeneration === undefined) return false;
    assert.deepEqual(status.typeChecking?.expressionWarnings ?? [], []);
    return true;
  });
});
