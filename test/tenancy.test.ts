import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateGroupCommand, CreatePolicyCommand, CreateUserCommand } from '@aws-sdk/client-iam';
import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { bucket, bucketPolicy, iamPolicy, user } from './support/builders.ts';
import { arnOf, iamConsole, iamWrites, policyAsIs, userAsIs } from './support/iam-console.ts';
import { makeOutside, pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { onProvider, withTenant } from './support/tenant.ts';

const shared = shareCluster();

function allow(action: string, ...resource: readonly string[]) {
  return { statement: [{ effect: 'Allow', action, resource }] };
}

/** An element that the schema keeps without naming it. */
const notAction = { notAction: 's3:GetObject' };
const admin = allow('*', '*');
const SECRETS_OF_TENANT = 'arn:aws:s3:::tenant-data/secret/*';
const READER = 'arn:aws:iam::wasabi:user/reader';
const vendor = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';

const refusals: Readonly<Record<string, { readonly spec: Parameters<typeof user>[1]; readonly says: RegExp }>> = {
  'an inline policy for everything': { spec: { policy: admin }, says: /statement\[0\] allows "\*"/ },
  'IAM by way of NotAction': {
    spec: { policy: { statement: [{ effect: 'Allow', resource: '*', ...notAction }] } },
    says: /notAction/,
  },
  "a bucket that is no Bucket's of the namespace": {
    spec: { policy: allow('s3:*', 'arn:aws:s3:::stranger/*') },
    says: /arn:aws:s3:::stranger/,
  },
  'a managed policy by ARN': { spec: { managedPolicyArns: [vendor] }, says: /spec\.managedPolicyArns/ },
  'a group': { spec: { groups: ['admins'] }, says: /spec\.groups: "admins"/ },
};

for (const [what, { spec, says }] of Object.entries(refusals)) {
  test(`L45: a tenant's User is refused ${what}, and is not made`, async (t) => {
    const { world, tenant } = await withTenant(shared, t);
    await iamConsole(world.emulator).send(new CreateGroupCommand({ GroupName: 'admins' }));
    await makeOutside(world, 'stranger');
    await world.apply(onProvider(world, user('it', spec)), tenant);
    await world.reaches('User', 'it', 'Stalled', 'NotPermitted', tenant);
    assert.match((await world.condition('User', 'it', 'Ready', tenant))?.message ?? '', says);
    assert.deepEqual(iamWrites(world), []);
  });
}

test('the namespace of the Provider may do everything', async (t) => {
  const { world } = await withTenant(shared, t, undefined, { groups: ['admins'] });
  await iamConsole(world.emulator).send(new CreateGroupCommand({ GroupName: 'admins' }));
  await world.apply(user('it', { policy: admin, managedPolicyArns: [vendor], groups: ['admins'] }));
  await world.reaches('User', 'it', 'Ready', 'True');
});

test('what the owner of the Provider opens is open, each for itself; taken back, it is taken away', async (t) => {
  const groups = ['admins'];
  const opened = { groups, managedPolicyArns: [vendor], identityPolicies: 'Any' };
  const { world, tenant } = await withTenant(shared, t, opened, { groups });
  await iamConsole(world.emulator).send(new CreateGroupCommand({ GroupName: 'admins' }));
  await world.apply(
    onProvider(world, user('it', { policy: admin, managedPolicyArns: [vendor], groups: ['admins'] })),
    tenant,
  );
  await world.reaches('User', 'it', 'Ready', 'True', tenant);
  const full = await userAsIs(world, 'it');
  assert.deepEqual([full?.policies, full?.groups], [[vendor], ['admins']]);

  await world.patch('Provider', 'wasabi', { spec: { tenancy: { groups: null } } });
  await world.reaches('User', 'it', 'Stalled', 'NotPermitted', tenant);
  await world.settle();
  const less = await userAsIs(world, 'it');
  assert.deepEqual([less?.policies, less?.groups, less?.inline], [[vendor], [], full?.inline]);
  await world.patch('Provider', 'wasabi', { spec: { tenancy: null } });
  await world.settle();
  await pass(world, 'User', 'it', tenant);
  const none = await userAsIs(world, 'it');
  assert.deepEqual([none?.policies, none?.groups, none?.inline], [[], [], {}]);
  await world.reaches('User', 'it', 'Ready', 'False', tenant);
});

test("a tenant's policy may name its own buckets: it waits for them, and ends with them", async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  const policy = allow('s3:*', 'arn:aws:s3:::tenant-data', 'arn:aws:s3:::tenant-data/*');
  await world.apply(onProvider(world, user('it', { policy })), tenant);
  await world.reaches('User', 'it', 'Stalled', 'NotPermitted', tenant);
  await world.apply(onProvider(world, bucket('own', { name: 'tenant-data' })), tenant);
  await world.reaches('User', 'it', 'Ready', 'True', tenant);
  assert.equal(Object.keys((await userAsIs(world, 'it'))?.inline ?? {}).length, 1);
  await world.delete('Bucket', 'own', tenant);
  await world.gone('Bucket', 'own', tenant);
  await world.reaches('User', 'it', 'Synced', 'NotPermitted', tenant);
  await world.settle();
  assert.deepEqual((await userAsIs(world, 'it'))?.inline, {}, 'the bucket may be of somebody else next');
});

test('to write down the name of a stranger’s bucket is no right to it', async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  await makeOutside(world, 'stranger');
  await world.apply(onProvider(world, bucket('claim', { name: 'stranger' })), tenant);
  await world.reaches('Bucket', 'claim', 'Stalled', 'AlreadyExists', tenant);
  await world.apply(onProvider(world, bucket('look', { name: 'stranger', mode: 'Observe' })), tenant);
  await world.reaches('Bucket', 'look', 'Stalled', 'AlreadyExists', tenant);
  const look = await world.get('Bucket', 'look', tenant);
  assert.equal(look?.status?.pendingChanges, undefined, 'what differs would tell how it is set');
  await world.apply(onProvider(world, user('it', { policy: allow('s3:*', 'arn:aws:s3:::stranger/*') })), tenant);
  await world.reaches('User', 'it', 'Stalled', 'NotPermitted', tenant);
  assert.deepEqual(iamWrites(world), []);
});

test('adoption is closed to tenants until the Provider opens it; what was taken over stays theirs', async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  const iam = iamConsole(world.emulator);
  await iam.send(new CreateUserCommand({ UserName: 'root-helper' }));
  await makeOutside(world, 'found');
  await world.apply(onProvider(world, user('root-helper', { adoptionPolicy: 'AdoptOrCreate' })), tenant);
  await world.apply(onProvider(world, bucket('found', { adoptionPolicy: 'AdoptOnly' })), tenant);
  for (const [kind, name] of [
    ['User', 'root-helper'],
    ['Bucket', 'found'],
  ] as const) {
    await world.reaches(kind, name, 'Stalled', 'NotPermitted', tenant);
    assert.match((await world.condition(kind, name, 'Ready', tenant))?.message ?? '', /spec\.tenancy\.adoption/);
  }
  await world.apply(onProvider(world, user('fresh', { adoptionPolicy: 'AdoptOrCreate' })), tenant);
  await world.reaches('User', 'fresh', 'Ready', 'True', tenant);
  await world.patch('Provider', 'wasabi', { spec: { tenancy: { adoption: 'All' } } });
  await world.reaches('User', 'root-helper', 'Ready', 'True', tenant);
  await world.reaches('Bucket', 'found', 'Ready', 'True', tenant);
  await world.patch('Provider', 'wasabi', { spec: { tenancy: null } });
  await world.settle();
  await pass(world, 'User', 'root-helper', tenant);
  await pass(world, 'Bucket', 'found', tenant);
  await world.reaches('User', 'root-helper', 'Ready', 'True', tenant);
  await world.reaches('Bucket', 'found', 'Ready', 'True', tenant);
});

test("a tenant's BucketPolicy replaces somebody else's document only where the Provider opens adoption", async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  await world.apply(onProvider(world, bucket('own', { name: 'tenant-data' })), tenant);
  await world.reaches('Bucket', 'own', 'Ready', 'True', tenant);
  const guard = { Sid: 'Guard', Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: SECRETS_OF_TENANT };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [guard] });
  await world.console.send(new PutBucketPolicyCommand({ Bucket: 'tenant-data', Policy }));
  const isGuarded = async () =>
    (await world.console.send(new GetBucketPolicyCommand({ Bucket: 'tenant-data' }))).Policy?.includes('Guard');

  const statement = [
    { effect: 'Allow', principal: READER, action: 's3:ListBucket', resource: 'arn:aws:s3:::tenant-data' },
  ];
  await world.apply(bucketPolicy('it', 'own', { statement }, { adoptionPolicy: 'AdoptOrCreate' }), tenant);
  await world.reaches('BucketPolicy', 'it', 'Stalled', 'NotPermitted', tenant);
  const { message = '' } = (await world.condition('BucketPolicy', 'it', 'Ready', tenant)) ?? {};
  assert.match(message, /^the policy of bucket "tenant-data" exists.*spec\.tenancy\.adoption: All$/);
  assert.ok(await isGuarded());
  await world.patch('Provider', 'wasabi', { spec: { tenancy: { adoption: 'All' } } });
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True', tenant);
  assert.ok(!(await isGuarded()));
  await world.patch('Provider', 'wasabi', { spec: { tenancy: null } });
  await world.settle();
  await pass(world, 'BucketPolicy', 'it', tenant);
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True', tenant);
});

test('an IAMPolicy that only observes hands nothing out: not even to its own User', async (t) => {
  const { world, tenant } = await withTenant(shared, t, { adoption: 'All' });
  const iam = iamConsole(world.emulator);
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  });
  await iam.send(new CreatePolicyCommand({ PolicyName: 'administrators', PolicyDocument }));
  await world.apply(onProvider(world, bucket('own', { name: 'tenant-data' })), tenant);
  await world.reaches('Bucket', 'own', 'Ready', 'True', tenant);
  const harmless = allow('s3:GetObject', 'arn:aws:s3:::tenant-data/*');
  await world.apply(
    onProvider(
      world,
      iamPolicy('look', harmless, { name: 'administrators', mode: 'Observe', adoptionPolicy: 'AdoptOnly' }),
    ),
    tenant,
  );
  await world.reaches('IAMPolicy', 'look', 'Ready', 'True', tenant);
  await world.apply(onProvider(world, user('it', { policyRef: { name: 'look' } })), tenant);
  await world.reaches('User', 'it', 'Synced', 'IAMPolicyNotReady', tenant);
  assert.deepEqual(iamWrites(world), []);
});

test("a tenant's IAMPolicy is held to its own buckets too, and is taken from its Users when it is no longer", async (t) => {
  const { world, tenant } = await withTenant(shared, t, { identityPolicies: 'Any' });
  await world.apply(onProvider(world, iamPolicy('wide', admin, { name: 'wide' })), tenant);
  await world.apply(onProvider(world, user('it', { policyRef: { name: 'wide' } })), tenant);
  await world.reaches('User', 'it', 'Ready', 'True', tenant);
  assert.ok(await policyAsIs(world, 'wide'));
  assert.deepEqual((await userAsIs(world, 'it'))?.policies, [arnOf(world, 'wide')]);
  await world.patch('Provider', 'wasabi', { spec: { tenancy: null } });
  await world.reaches('IAMPolicy', 'wide', 'Synced', 'NotPermitted', tenant);
  await world.reaches('User', 'it', 'Synced', 'IAMPolicyNotReady', tenant);
  await world.settle();
  assert.deepEqual((await userAsIs(world, 'it'))?.policies, []);
});
