import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteBucketPolicyCommand, GetBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { BucketPolicy } from '../src/api/bucket-policy.ts';
import { eventsAbout } from './support/answers.ts';
import { bucket, bucketPolicy, iamPolicy } from './support/builders.ts';
import { createNamespace, until } from './support/cluster.ts';
import { arnOf, iamWrites, policyAsIs } from './support/iam-console.ts';
import { callsTo, makeOutside, pass, writesTo } from './support/outside.ts';
import { allow, type LegacyPolicy, legacyPolicy, makePolicy, putBucketPolicy, store } from './support/predecessor.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, type World } from './support/world.ts';

const shared = shareCluster();
const { startWorld } = shared;

const readers = legacyPolicy(allow('acme-logs', ['s3:GetObject', 's3:ListBucket'], 'arn:aws:iam::*:root'));
/** Its author had found out which bucket the predecessor wrote to. */
const misnamed = legacyPolicy(allow('logs', ['s3:GetObject'], 'arn:aws:iam::*:root'));
const others = legacyPolicy(allow('acme-logs', ['s3:PutObject'], 'arn:aws:iam::*:root'));

async function policyOf(world: World, name: string): Promise<unknown> {
  const { Policy } = await world.console.send(new GetBucketPolicyCommand({ Bucket: name }));
  return JSON.parse(Policy ?? 'null');
}

/** A Bucket object `logs` for the bucket `acme-logs`, and a policy that the predecessor put on the bucket `logs`. */
async function misplaced(world: World, spec: LegacyPolicy): Promise<void> {
  await world.kill();
  for (const name of ['acme-logs', 'logs']) await makeOutside(world, name);
  await store(world, bucket('logs', { name: 'acme-logs' }), { status: { bucketName: 'acme-logs', exists: true } });
  await store(world, bucketPolicy('readers', 'logs', spec), { status: { applied: true } });
}

function told(world: World, kind: string, name: string, reason: string): number {
  return eventsAbout(world, kind, name).filter((event) => event.reason === reason && event.type === 'Warning').length;
}

for (const look of ['at once', 'after a look']) {
  test(`L7 ${look}: a policy on the bucket that has the name of the Bucket object is told, and stays`, async (t) => {
    const world = await startWorld(t);
    await misplaced(world, misnamed);
    await putBucketPolicy(world, 'logs', misnamed);
    const there = await policyOf(world, 'logs');
    if (look === 'after a look') {
      await world.restart(['--observe-only']);
      await world.reaches('BucketPolicy', 'readers', 'LeftByPredecessor', 'True');
      await world.settle();
      assert.equal(told(world, 'BucketPolicy', 'readers', 'LeftByPredecessor'), 1);
    }
    await world.restart();
    // Such a policy is none for the bucket that is meant.
    await world.reaches('BucketPolicy', 'readers', 'Stalled', 'InvalidSpec');
    const { message = '' } = (await world.condition('BucketPolicy', 'readers', 'LeftByPredecessor')) ?? {};
    assert.match(message, /bucket "logs": the predecessor .* which is "acme-logs"/);
    await world.patch('BucketPolicy', 'readers', { spec: { policy: readers } });
    await world.reaches('BucketPolicy', 'readers', 'Ready', 'True');
    await world.settle();
    await world.resync();
    await world.reaches('BucketPolicy', 'readers', 'LeftByPredecessor', 'True');
    assert.equal(
      told(world, 'BucketPolicy', 'readers', 'LeftByPredecessor'),
      look === 'at once' ? 1 : 0,
      'once in all',
    );
    assert.deepEqual(writesTo(world, 'logs'), []);
    assert.deepEqual(await policyOf(world, 'logs'), there);

    await world.console.send(new DeleteBucketPolicyCommand({ Bucket: 'logs' }));
    await pass(world, 'BucketPolicy', 'readers');
    assert.equal(await world.condition('BucketPolicy', 'readers', 'LeftByPredecessor'), undefined);
    const calls = callsTo(world, 'logs').length;
    await world.resync();
    assert.equal(callsTo(world, 'logs').length, calls, 'nobody looks again');
  });
}

test('L7: what the predecessor applied elsewhere proves nothing of the policy that the bucket has', async (t) => {
  const world = await startWorld(t);
  await misplaced(world, readers);
  await putBucketPolicy(world, 'acme-logs', others);
  const there = await policyOf(world, 'acme-logs');
  await world.restart();
  await world.reaches('BucketPolicy', 'readers', 'Stalled', 'AlreadyExists');
  assert.equal(await world.condition('BucketPolicy', 'readers', 'LeftByPredecessor'), undefined);
  await world.delete('BucketPolicy', 'readers');
  await world.gone('BucketPolicy', 'readers');
  assert.deepEqual(await policyOf(world, 'acme-logs'), there);
  assert.deepEqual([...writesTo(world, 'logs'), ...writesTo(world, 'acme-logs')], ['PutBucketTagging']);
});

for (const look of ['at once', 'after a look']) {
  test(`a policy of the predecessor that differs is brought to the spec ${look}`, async (t) => {
    const world = await startWorld(t);
    await world.kill();
    await makeOutside(world, 'acme-logs');
    await putBucketPolicy(world, 'acme-logs', others);
    await store(world, bucket('acme-logs'), { status: { bucketName: 'acme-logs', exists: true } });
    await store(world, bucketPolicy('readers', 'acme-logs', readers), { status: { applied: true } });
    if (look === 'after a look') {
      await world.restart(['--observe-only']);
      await world.reaches('BucketPolicy', 'readers', 'Synced', 'Observed');
      const [change = ''] = (await world.get('BucketPolicy', 'readers'))?.status?.pendingChanges ?? [];
      assert.match(change, /^policy: ~ statement "Allow"/);
      await pass(world, 'BucketPolicy', 'readers');
    }
    await world.restart();
    await world.reaches('BucketPolicy', 'readers', 'Synced', 'InSync');
    const { status } = (await world.get('BucketPolicy', 'readers')) as unknown as BucketPolicy;
    assert.equal(status?.inherited, undefined);
    assert.ok(status?.documentHash);
    assert.deepEqual(world.serviceWrites().toSorted(), ['PutBucketPolicy', 'PutBucketTagging']);
  });
}

for (const look of ['with --observe-only', 'in earnest']) {
  test(`an IAM policy that two namespaces share: one has it, the other is told, ${look}`, async (t) => {
    const neighbour = await createNamespace(shared.cluster.admin, 'neighbour');
    const world = await startWorld(t, { hasProvider: false, neighbours: [neighbour] });
    await world.kill();
    await applyProvider(world, { allowedNamespaces: { from: 'All' }, tenancy: { identityPolicies: 'Any' } });
    const document = legacyPolicy(allow('logs', ['s3:GetObject']));
    await makePolicy(world, 'reading', document);
    const before = await policyAsIs(world, 'reading');
    const status = { applied: true, policyArn: arnOf(world, 'reading'), attachedUsers: [] };
    const providerRef = { name: 'wasabi', namespace: world.namespace };
    const first = await store(world, iamPolicy('reading', document, { providerRef }), { status });
    // The age of objects is told in seconds.
    const isLater = () => Date.now() >= Date.parse(first.metadata.creationTimestamp) + 1_000;
    await until('a second later', () => Promise.resolve(isLater()));
    await store(
      world,
      iamPolicy('reading', legacyPolicy(allow('logs', ['s3:PutObject'])), { providerRef }),
      { status },
      neighbour,
    );
    await world.restart(look === 'in earnest' ? [] : ['--observe-only']);
    await world.reaches('IAMPolicy', 'reading', 'Ready', 'True');
    await world.reaches('IAMPolicy', 'reading', 'Stalled', 'ClaimedByOther', neighbour);
    await world.settle();
    assert.equal(told(world, 'IAMPolicy', 'reading', 'ClaimedByOther'), 1);
    assert.deepEqual(await policyAsIs(world, 'reading'), before);
    if (look !== 'in earnest') return;
    await world.delete('IAMPolicy', 'reading', neighbour);
    await world.gone('IAMPolicy', 'reading', neighbour);
    assert.deepEqual(await policyAsIs(world, 'reading'), before);
    assert.deepEqual(iamWrites(world), []);
  });
}
