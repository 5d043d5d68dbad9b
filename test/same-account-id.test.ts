import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startEmulator } from '../src/emulator/server.ts';
import { endpointsAt, providerSecret } from './support/account.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, provider, user } from './support/builders.ts';
import { createNamespace } from './support/cluster.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { openWorld, type World } from './support/world.ts';

const shared = shareCluster();
const there = { providerRef: { name: 'there' } };

/** Two servers that call their account by the same id, and a Provider of type s3 for each: `wasabi` (here) and `there`. */
async function withTwoServers(t: TestContext) {
  const tenant = await createNamespace(shared.cluster.admin, 'tenant');
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  const { accountId, accessKeyId, secretAccessKey } = emulator.account;
  const other = await startEmulator({ account: { accountId, accessKeyId, secretAccessKey } });
  t.after(() => other.stop());
  const allowed = [emulator, other].map(({ port }) => `http://*.localhost:${port}`);
  const flags = [`--allowed-endpoints=${allowed.join(',')}`];
  const options = { hasProvider: false, flags, neighbours: [tenant] };
  const world = await openWorld({ cluster: shared.cluster, emulator }, options);
  t.after(() => world.close());
  for (const namespace of [world.namespace, tenant]) {
    await world.apply(providerSecret('wasabi-credentials', emulator.account), namespace);
  }
  await applyServer(world, 'wasabi', emulator.port);
  await applyServer(world, 'there', other.port);
  return { world, other, tenant };
}

async function applyServer(world: World, name: string, port: number, namespace = world.namespace): Promise<void> {
  const rateLimit = { requestsPerSecond: 1_000 };
  const allowedNamespaces = { from: 'All' as const };
  const spec = { type: 's3' as const, ...endpointsAt(port), iamRegion: 'us-east-1', rateLimit, allowedNamespaces };
  await world.apply(provider(name, spec), namespace);
  await world.reaches('Provider', name, 'Ready', 'True', namespace);
}

test('one bucket name at two servers with the same account id is two buckets', async (t) => {
  const { world, other } = await withTwoServers(t);
  await world.apply(bucket('first', { name: 'same-name' }));
  await world.reaches('Bucket', 'first', 'Ready', 'True');
  await world.apply(bucket('second', { name: 'same-name', ...there }));
  await world.reaches('Bucket', 'second', 'Ready', 'True');
  assert.deepEqual([...other.state.buckets.keys()], ['same-name']);
  assert.deepEqual([...world.emulator.state.buckets.keys()], ['same-name']);
  // At one server it still has one owner.
  await world.apply(bucket('third', { name: 'same-name', ...there }));
  await world.reaches('Bucket', 'third', 'Synced', 'ClaimedByOther');
});

test('no reference leads to another server, whatever its account is called', async (t) => {
  const { world } = await withTwoServers(t);
  const Allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::near/*' };
  await world.apply(user('far', there));
  await world.apply(bucket('far', there));
  await world.apply(iamPolicy('far', { Statement: [Allow] }, there));
  await world.apply(bucket('near'));
  for (const kind of ['User', 'Bucket', 'IAMPolicy']) await world.reaches(kind, 'far', 'Ready', 'True');
  await world.reaches('Bucket', 'near', 'Ready', 'True');

  await world.apply(bucket('logged', { logging: { targetBucketRef: { name: 'far' } } }));
  await world.apply(bucket('by-name', { logging: { targetBucket: 'far' } }));
  await world.apply(bucket('of-user', { userRef: { name: 'far' } }));
  await world.apply(user('attached', { policyRefs: [{ name: 'far' }] }));
  await world.apply(accessKey('key', 'far'));
  const principal = {
    effect: 'Allow',
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::near/*',
    principalRefs: [{ name: 'far' }],
  };
  await world.apply(bucketPolicy('policy', 'near', { statement: [principal] }));
  await world.reaches('Bucket', 'logged', 'Stalled', 'AccountMismatch');
  await world.reaches('Bucket', 'by-name', 'Synced', 'RefNotPermitted');
  await world.reaches('Bucket', 'of-user', 'Stalled', 'AccountMismatch');
  await world.reaches('User', 'attached', 'Stalled', 'AccountMismatch');
  await world.reaches('AccessKey', 'key', 'Stalled', 'AccountMismatch');
  await world.reaches('BucketPolicy', 'policy', 'Stalled', 'AccountMismatch');
  const { message = '' } = (await world.condition('User', 'attached', 'Stalled')) ?? {};
  assert.match(message, /is in account \d+ of another service, and spec\.providerRef leads to account/);
});

test("a bucket of the same name at a tenant's own server gives no right to the one here", async (t) => {
  const { world, other, tenant } = await withTwoServers(t);
  await world.apply(bucket('theirs', { name: 'coveted' }));
  await world.reaches('Bucket', 'theirs', 'Ready', 'True');
  await applyServer(world, 'own', other.port, tenant);
  await world.apply(bucket('lever', { name: 'coveted', providerRef: { name: 'own' } }), tenant);
  await world.reaches('Bucket', 'lever', 'Ready', 'True', tenant);
  const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::coveted/*' }];
  const providerRef = { name: 'wasabi', namespace: world.namespace };
  await world.apply(iamPolicy('grab', { Statement }, { providerRef }), tenant);
  await world.reaches('IAMPolicy', 'grab', 'Stalled', 'NotPermitted', tenant);
});
