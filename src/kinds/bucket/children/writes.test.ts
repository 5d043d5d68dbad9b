import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { clientOf, createNamespace, installCrds, staticAccess } from '../../../../test/support/cluster.ts';
import type { Bucket } from '../../../api/bucket.ts';
import { keyOf, type OwnerReference } from '../../../api/meta.ts';
import { USERS, type User } from '../../../api/user.ts';
import { startDevCluster } from '../../../devcluster/server.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import type { KubeClient } from '../../../runtime/kube-client.ts';
import { childKey } from './child-kinds.ts';
import { foundChild } from './found.ts';
import { ownerReference } from './manifest.ts';
import { bucketOf } from './testing/sketches.ts';
import { ChildWrites } from './writes.ts';

const signal = new AbortController().signal;

/** A control plane that serves Users and no Buckets, so that the garbage collector leaves references to them alone. */
async function start(t: TestContext): Promise<{ admin: KubeClient; writes: ChildWrites; bucket: Bucket }> {
  const cluster = await startDevCluster();
  const admin = clientOf(staticAccess(cluster.url, cluster.token.reveal()));
  t.after(async () => {
    await admin.close();
    await cluster.stop();
  });
  await installCrds(admin, ['User']);
  const namespace = await createNamespace(admin, 'children');
  const sketch = bucketOf({});
  return { admin, writes: new ChildWrites(admin), bucket: { ...sketch, metadata: { ...sketch.metadata, namespace } } };
}

async function makeUser(admin: KubeClient, bucket: Bucket, owners: readonly OwnerReference[]): Promise<User> {
  const { namespace, name } = childKey('User', bucket);
  const metadata = { name, labels: { app: 'web' }, ownerReferences: owners };
  const spec = { providerRef: { name: 'p' }, name: 'kept-name' };
  const body = { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'User', metadata, spec };
  return admin.create<User>(USERS, namespace, body);
}

const userOf = (admin: KubeClient, bucket: Bucket) => admin.get<User>(USERS, childKey('User', bucket));

test('child writes: a reference to an earlier incarnation of the Bucket gives way, other owners stay', async (t) => {
  const { admin, writes, bucket } = await start(t);
  const other: OwnerReference = { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'Provider', name: 'p', uid: 'other' };
  const user = await makeUser(admin, bucket, [{ ...ownerReference(bucket), uid: 'earlier' }, other]);
  await writes.apply(bucket, 'User', foundChild(bucket, user), signal);
  const found = await userOf(admin, bucket);
  assert.deepEqual(
    found?.metadata.ownerReferences?.map(({ uid }) => uid),
    ['other', 'bucket-uid'],
  );
  assert.equal(found?.spec.name, 'kept-name');
  assert.equal(found?.metadata.labels?.['app'], 'web');
});

test('child writes: an object that appeared since is left alone', async (t) => {
  const { admin, writes, bucket } = await start(t);
  const before = await makeUser(admin, bucket, []);
  await assert.rejects(writes.apply(bucket, 'User', undefined, signal), {
    name: 'ReconcileError',
    type: 'Transient',
    reason: 'Conflict',
  });
  assert.deepEqual(await userOf(admin, bucket), before);
});

test('child writes: an object that took the name since is left alone', async (t) => {
  const { admin, writes, bucket } = await start(t);
  const first = foundChild(bucket, await makeUser(admin, bucket, [ownerReference(bucket)]));
  await admin.delete(USERS, keyOf(first.object));
  const second = await makeUser(admin, bucket, []);
  const refused = (error: unknown) => error instanceof ReconcileError && error.reason !== 'Internal';
  await assert.rejects(writes.apply(bucket, 'User', first, signal), refused);
  await writes.release(bucket, 'User', first, signal);
  assert.deepEqual(await userOf(admin, bucket), second);
});

test('child writes: what the API server refuses is told to the author', async (t) => {
  const { writes, bucket } = await start(t);
  const spec = { ...bucket.spec, autoManage: { enabled: true, accessLevel: 'full' as const, userName: 'a/b' } };
  await assert.rejects(writes.apply({ ...bucket, spec }, 'User', undefined, signal), {
    type: 'InvalidSpec',
    reason: 'Rejected',
    message: /^User logs-user is refused by the API server: .*spec\.name/,
  });
});

test('child writes: nothing is deleted on account of a Bucket that is not as it was read', async (t) => {
  const { admin, writes, bucket } = await start(t);
  await installCrds(admin, ['Bucket']);
  const user = foundChild(bucket, await makeUser(admin, bucket, []));
  await assert.rejects(writes.delete(bucket, 'User', user, signal), { reason: 'Conflict' });
  assert.ok(await userOf(admin, bucket));
});
