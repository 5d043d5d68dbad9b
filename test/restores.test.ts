import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GetBucketPolicyCommand } from '@aws-sdk/client-s3';
import { bucket, bucketPolicy, iamPolicy, type Manifest, user } from './support/builders.ts';
import { createNamespace } from './support/cluster.ts';
import { iamWrites, policyAsIs, userAsIs } from './support/iam-console.ts';
import { annotate, pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { openWorld, type World, type WorldOptions } from './support/world.ts';

const shared = shareCluster();
const { startWorld } = shared;

const reading = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' }] };
const writing = { statement: [{ effect: 'Allow', action: 's3:PutObject', resource: 'arn:aws:s3:::logs/*' }] };
const onBucket = (action: string) => ({
  statement: [
    { sid: 'Root', effect: 'Allow', principal: 'arn:aws:iam::wasabi:root', action, resource: 'arn:aws:s3:::logs/*' },
  ],
});

/** The way to what an object stands for, as the service has it. */
type Find<F> = (world: World) => Promise<F>;

/** One object of each kind that IAM marks, with that way. */
const marked: readonly (readonly [Manifest, Find<unknown>])[] = [
  [user('team', { policy: reading }), (world) => userAsIs(world, 'team')],
  [iamPolicy('reading', reading, { name: 'reading' }), (world) => policyAsIs(world, 'reading')],
];

/** A BucketPolicy with its Bucket before it. */
const readers = bucketPolicy('readers', 'logs', onBucket('s3:GetObject'));
const withBucket = [bucket('logs'), readers];

async function documentOf(world: World): Promise<string | undefined> {
  return (await world.console.send(new GetBucketPolicyCommand({ Bucket: 'logs' }))).Policy;
}

/** A world in which the objects were applied in turn and the last is settled, with what the service has of that one. */
async function settledWorld<F>(t: TestContext, objects: readonly Manifest[], find: Find<F>, options?: WorldOptions) {
  const world = await startWorld(t, options);
  for (const each of objects) await world.apply(each);
  const { kind, metadata } = objects.at(-1) ?? assert.fail();
  await world.reaches(kind, metadata.name, 'Ready', 'True');
  await world.settle();
  const writes = () => world.operatorCalls().flatMap(({ mutating, operation }) => (mutating ? operation : []));
  const [before, writesBefore] = [await find(world), writes()];
  const expectUntouched = async () => assert.deepEqual([await find(world), writes()], [before, writesBefore]);
  return { world, before, expectUntouched };
}

/** The cluster loses the object, and nobody tells the operator's finalizer: then it is applied again. */
async function restore(world: World, manifest: Manifest, status?: object): Promise<void> {
  const { kind, metadata } = manifest;
  await world.kill();
  await world.patch(kind, metadata.name, { metadata: { finalizers: null } });
  await world.delete(kind, metadata.name);
  await world.apply(manifest);
  if (status !== undefined) await world.patchStatus(kind, metadata.name, status);
  await world.restart();
}

/** The status of an object as a backup has it; its namespace there has the name of that of the other world. */
async function backedUpStatus(world: World, { kind, metadata }: Manifest, into: World): Promise<object> {
  const { status } = (await world.get(kind, metadata.name)) ?? {};
  const { target } = status ?? {};
  assert.ok(status?.target?.identity !== undefined && target !== undefined);
  return { ...status, target: { ...target, provider: target.provider.replace(world.namespace, into.namespace) } };
}

/** Another cluster with the keys of the same account. */
async function secondCluster(t: TestContext, { cluster, emulator }: World): Promise<World> {
  const opening = openWorld({ cluster, emulator }, { flags: ['--cluster-id=another-cluster'] });
  t.after(async () => (await opening.catch(() => undefined))?.close());
  return opening;
}

for (const [manifest, find] of marked) {
  const { kind, metadata } = manifest;
  const { name } = metadata;

  test(`${kind}: a second cluster on the account takes nothing without two consents`, async (t) => {
    const { world, expectUntouched } = await settledWorld(t, [manifest], find);
    const other = await secondCluster(t, world);
    await other.apply(manifest);
    await other.reaches(kind, name, 'Stalled', 'AlreadyExists');
    await other.patch(kind, name, { spec: { adoptionPolicy: 'AdoptOrCreate' } });
    await other.reaches(kind, name, 'Stalled', 'AlreadyExists');
    await expectUntouched();
    const { message = '' } = (await other.condition(kind, name, 'Stalled')) ?? {};
    const [, marker = ''] = /is owned by (\S+): /.exec(message) ?? [];
    await annotate(other, kind, name, { 's3.cloud37.dev/take-over-from': marker });
    await other.reaches(kind, name, 'Ready', 'True');
    await other.settle();
    // Who had it does not take it back, whatever its spec says by then, and does not destroy it.
    const taken = await find(world);
    const from = world.operatorCalls().length;
    await world.patch(kind, name, { spec: { policy: writing, adoptionPolicy: 'AdoptOrCreate' } });
    await pass(world, kind, name);
    await world.reaches(kind, name, 'Stalled', 'AlreadyExists');
    await other.resync();
    assert.deepEqual([await find(world), iamWrites(world, from)], [taken, []]);
    await world.delete(kind, name);
    await world.gone(kind, name);
    assert.deepEqual(await find(world), taken);
  });

  test(`${kind}: restored without its status it manages what it had, and destroys it only once it adopts it`, async (t) => {
    const { world, before, expectUntouched } = await settledWorld(t, [manifest], find);
    await restore(world, manifest);
    await world.reaches(kind, name, 'Ready', 'True');
    await world.settle();
    await expectUntouched();
    await world.delete(kind, name);
    await world.reaches(kind, name, 'DeletionBlocked', 'OwnershipUnproven');
    assert.deepEqual(await find(world), before);
    await world.patch(kind, name, { spec: { adoptionPolicy: 'AdoptOrCreate' } });
    await world.gone(kind, name);
    assert.equal(await find(world), undefined);
  });

  test(`${kind}: restored with its status into a cluster of another name it touches nothing`, async (t) => {
    const { world, expectUntouched } = await settledWorld(t, [manifest], find);
    const other = await secondCluster(t, world);
    const status = await backedUpStatus(world, manifest, other);
    await other.kill();
    await other.apply({ ...manifest, spec: { ...manifest.spec, policy: writing } });
    await other.patchStatus(kind, name, status);
    await other.restart();
    await other.reaches(kind, name, 'Stalled', 'AlreadyExists');
    await other.delete(kind, name);
    await other.gone(kind, name);
    await pass(world, kind, name);
    await world.reaches(kind, name, 'Ready', 'True');
    await expectUntouched();
  });

  test(`${kind}: restored with its status it manages what it had, and destroys it only once it adopts it`, async (t) => {
    const { world, expectUntouched } = await settledWorld(t, [manifest], find);
    await restore(world, manifest, await backedUpStatus(world, manifest, world));
    await pass(world, kind, name);
    await world.settle();
    await expectUntouched();
    await world.delete(kind, name);
    await world.reaches(kind, name, 'DeletionBlocked', 'OwnershipUnproven');
    await expectUntouched();
    await world.patch(kind, name, { spec: { adoptionPolicy: 'AdoptOrCreate' } });
    await world.gone(kind, name);
    assert.equal(await find(world), undefined);
  });

  test(`${kind}: a copy in another namespace has nothing of it, and its end touches nothing`, async (t) => {
    const copies = await createNamespace(shared.cluster.admin, 'copies');
    const { world, expectUntouched } = await settledWorld(t, [manifest], find, {
      neighbours: [copies],
      providerSpec: { allowedNamespaces: { from: 'All' }, tenancy: { identityPolicies: 'Any', adoption: 'All' } },
    });
    const providerRef = { name: 'wasabi', namespace: world.namespace };
    await world.apply(
      { ...manifest, spec: { ...manifest.spec, providerRef, adoptionPolicy: 'AdoptOrCreate' } },
      copies,
    );
    await world.reaches(kind, name, 'Stalled', 'ClaimedByOther', copies);
    await world.delete(kind, name, copies);
    await world.gone(kind, name, copies);
    await expectUntouched();
  });
}

test('User without a policy of its own: restored without its status it waits for adoption', async (t) => {
  const { world, before } = await settledWorld(t, [user('bare')], (own) => userAsIs(own, 'bare'));
  await restore(world, user('bare'));
  await world.reaches('User', 'bare', 'Stalled', 'AlreadyExists');
  await world.patch('User', 'bare', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.reaches('User', 'bare', 'Ready', 'True');
  assert.deepEqual(await userAsIs(world, 'bare'), before);
});

test('BucketPolicy: restored without its status it goes on while the bucket has what it says, and not else', async (t) => {
  const { world, before, expectUntouched } = await settledWorld(t, withBucket, documentOf);
  await restore(world, readers);
  await world.reaches('BucketPolicy', 'readers', 'Ready', 'True');
  await world.settle();
  await expectUntouched();
  const older = bucketPolicy('readers', 'logs', onBucket('s3:ListBucketVersions'));
  await restore(world, { ...older, spec: { ...older.spec, policy: onBucket('s3:GetObjectVersion') } });
  await world.reaches('BucketPolicy', 'readers', 'Stalled', 'AlreadyExists');
  assert.equal(await documentOf(world), before);
  await world.patch('BucketPolicy', 'readers', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.reaches('BucketPolicy', 'readers', 'Ready', 'True');
  assert.match((await documentOf(world)) ?? '', /GetObjectVersion/);
});

test('BucketPolicy: in a second cluster its Bucket has no bucket, so that it writes nothing', async (t) => {
  const { world, expectUntouched } = await settledWorld(t, withBucket, documentOf);
  const other = await secondCluster(t, world);
  await other.apply(bucket('logs'));
  await other.apply({ ...readers, spec: { ...readers.spec, adoptionPolicy: 'AdoptOrCreate' } });
  await other.reaches('Bucket', 'logs', 'Stalled', 'AlreadyExists');
  await other.reaches('BucketPolicy', 'readers', 'Synced', 'BucketNotReady');
  await other.delete('BucketPolicy', 'readers');
  await other.gone('BucketPolicy', 'readers');
  await expectUntouched();
});

test('BucketPolicy: a copy adds nothing, and its end leaves the policy to the other one', async (t) => {
  const { world, before } = await settledWorld(t, withBucket, documentOf);
  await world.apply({ ...readers, metadata: { name: 'copy' } });
  await world.reaches('BucketPolicy', 'copy', 'Synced', 'True');
  await world.delete('BucketPolicy', 'copy');
  await world.gone('BucketPolicy', 'copy');
  await world.settle();
  assert.equal(await documentOf(world), before);
  await world.reaches('BucketPolicy', 'readers', 'Ready', 'True');
});
