import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateUserCommand, DeleteUserCommand } from '@aws-sdk/client-iam';
import { accessKey, bucket, bucketPolicy, iamPolicy, type Manifest, user } from './support/builders.ts';
import { iamConsole, iamWrites, policyAsIs, userAsIs } from './support/iam-console.ts';
import { keysOf, pairIn } from './support/keys.ts';
import { makeOutside, writesTo } from './support/outside.ts';
import { prepareBuckets, rightsOf } from './support/rights.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { onProvider, withTenant } from './support/tenant.ts';
import type { World } from './support/world.ts';

// Ways by which a tenant, who may use the Provider of another namespace and make any object in its own, might come to
// rights that are not its own. Each of them ends nowhere.

const shared = shareCluster();
const OWN = 'tenant-data';

/** The tenant's own bucket, which it may do everything with. */
async function withOwnBucket(world: World, tenant: string): Promise<void> {
  await world.apply(onProvider(world, bucket('own', { name: OWN })), tenant);
  await world.reaches('Bucket', 'own', 'Ready', 'True', tenant);
}

const everywhere = `arn:aws:s3:::${OWN}`;
const inside = [everywhere, `${everywhere}/*`];

/** Statements that reach beyond the tenant's own bucket, or may do so. */
const statements: Readonly<Record<string, object>> = {
  'all actions': { effect: 'Allow', action: '*', resource: inside },
  'all services by a pattern': { effect: 'Allow', action: '*:*', resource: inside },
  'a service that begins like S3': { effect: 'Allow', action: 's3*', resource: inside },
  'IAM on itself': { effect: 'Allow', action: 'iam:*', resource: '*' },
  'one call of IAM among those of S3': {
    effect: 'Allow',
    action: ['s3:GetObject', 'IAM:PutUserPolicy'],
    resource: inside,
  },
  'other identities by STS': { effect: 'Allow', action: 'sts:AssumeRole', resource: '*' },
  'all but something': { effect: 'Allow', notAction: 'iam:DeleteUser', resource: inside },
  'everywhere but somewhere': { effect: 'Allow', action: 's3:*', notResource: 'arn:aws:s3:::nowhere' },
  'all buckets': { effect: 'Allow', action: 's3:*', resource: '*' },
  'all buckets by ARN': { effect: 'Allow', action: 's3:*', resource: 'arn:aws:s3:::*' },
  'the own bucket and others by a star': { effect: 'Allow', action: 's3:*', resource: `${everywhere}*` },
  'others by a question mark': { effect: 'Allow', action: 's3:*', resource: 'arn:aws:s3:::tenant-dat?/*' },
  'a variable for the name': { effect: 'Allow', action: 's3:*', resource: `arn:aws:s3:::\${aws:username}/*` },
  'a variable behind the own name': { effect: 'Allow', action: 's3:*', resource: `${everywhere}/\${aws:username}` },
  'a bucket of somebody else behind the own one': {
    effect: 'Allow',
    action: 's3:*',
    resource: [...inside, 'arn:aws:s3:::somebody-elses/*'],
  },
  'another partition': { effect: 'Allow', action: 's3:*', resource: `arn:*:s3:::${OWN}` },
  'which buckets there are': { effect: 'Allow', action: 's3:ListAllMyBuckets', resource: '*' },
};

/** These are no actions, and so for nobody. */
const NO_ACTIONS = new Set(['all services by a pattern', 'a service that begins like S3']);

test('L45: a document that reaches, or might reach, beyond the own buckets is never in force, inline or referenced', async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  await withOwnBucket(world, tenant);
  await world.settle();
  const from = world.operatorCalls().length;
  const rows = Object.entries(statements).map(([title, statement], index) => ({
    title,
    statement,
    name: `row-${index}`,
    reason: NO_ACTIONS.has(title) ? 'InvalidSpec' : 'NotPermitted',
  }));
  for (const { statement, name } of rows) {
    const policy = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: inside }, statement] };
    await world.apply(onProvider(world, user(`${name}-inline`, { policy })), tenant);
    await world.apply(onProvider(world, iamPolicy(name, policy, { name })), tenant);
    await world.apply(onProvider(world, user(`${name}-ref`, { policyRef: { name } })), tenant);
    for (const kind of ['inline', 'ref']) {
      await world.apply(onProvider(world, accessKey(`${name}-${kind}`, `${name}-${kind}`)), tenant);
    }
  }
  for (const { title, name, reason } of rows) {
    await t.test(title, async () => {
      await world.reaches('User', `${name}-inline`, 'Stalled', reason, tenant);
      assert.match((await world.condition('User', `${name}-inline`, 'Ready', tenant))?.message ?? '', /statement\[1\]/);
      await world.reaches('IAMPolicy', name, 'Stalled', reason, tenant);
      await world.reaches('User', `${name}-ref`, 'Synced', 'IAMPolicyNotReady', tenant);
      for (const kind of ['inline', 'ref']) {
        await world.reaches('AccessKey', `${name}-${kind}`, 'Synced', 'UserNotReady', tenant);
      }
    });
  }
  assert.deepEqual(iamWrites(world, from), []);
});

test('what was harmless and is edited is taken from the key that is out already', async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  await withOwnBucket(world, tenant);
  await prepareBuckets(world, OWN);
  const harmless = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: inside }] };
  const admin = { statement: [{ effect: 'Allow', action: '*', resource: '*' }] };
  await world.apply(onProvider(world, iamPolicy('shared', harmless, { name: 'shared' })), tenant);
  await world.apply(onProvider(world, user('it', { name: OWN, policyRef: { name: 'shared' } })), tenant);
  await world.apply(onProvider(world, accessKey('it', 'it')), tenant);
  await world.reaches('AccessKey', 'it', 'Ready', 'True', tenant);
  const pair = await pairIn(world, 'it-credentials', tenant);
  assert.deepEqual(await rightsOf(world, pair, OWN), ['get']);

  const before = await policyAsIs(world, 'shared');
  await world.patch('IAMPolicy', 'shared', { spec: { policy: admin } }, tenant);
  await world.reaches('IAMPolicy', 'shared', 'Stalled', 'NotPermitted', tenant);
  await world.reaches('User', 'it', 'Synced', 'IAMPolicyNotReady', tenant);
  await world.settle();
  assert.deepEqual(await policyAsIs(world, 'shared'), before);
  assert.deepEqual(await rightsOf(world, pair, OWN), []);

  await world.patch('User', 'it', { spec: { policy: harmless, policyRef: null } }, tenant);
  await world.reaches('User', 'it', 'Ready', 'True', tenant);
  await world.settle();
  assert.deepEqual(await rightsOf(world, pair, OWN), ['get']);
  await world.patch('User', 'it', { spec: { policy: admin } }, tenant);
  await world.reaches('User', 'it', 'Stalled', 'NotPermitted', tenant);
  await world.settle();
  assert.deepEqual(await rightsOf(world, pair, OWN), []);
});

/** Ways to name the user of somebody else. */
const impostors: Readonly<Record<string, (world: World) => Manifest>> = {
  'a User of that name': () => user('impostor', { name: 'administrator' }),
  'a User that adopts': () => user('impostor', { name: 'administrator', adoptionPolicy: 'AdoptOrCreate' }),
  'a User that consents to the take-over itself': ({ namespace }) =>
    user(
      'impostor',
      { name: 'administrator', adoptionPolicy: 'AdoptOnly' },
      { annotations: { 's3.cloud37.dev/take-over-from': `${namespace}/administrator` } },
    ),
  'a User that only observes': () =>
    user('impostor', { name: 'administrator', mode: 'Observe', adoptionPolicy: 'AdoptOnly' }),
};

for (const [what, impostor] of Object.entries(impostors)) {
  for (const isOurs of [true, false]) {
    test(`no key is made for the user of somebody else by ${what}; it is ${isOurs ? "a User's" : 'made outside'}`, async (t) => {
      const { world, tenant } = await withTenant(shared, t);
      if (isOurs) {
        await world.apply(
          user('administrator', { policy: { statement: [{ effect: 'Allow', action: '*', resource: '*' }] } }),
        );
        await world.reaches('User', 'administrator', 'Ready', 'True');
      } else {
        await iamConsole(world.emulator).send(new CreateUserCommand({ UserName: 'administrator' }));
      }
      await world.settle();
      const before = await userAsIs(world, 'administrator');
      const from = world.operatorCalls().length;
      await world.apply(onProvider(world, impostor(world)), tenant);
      await world.apply(onProvider(world, accessKey('stolen', 'impostor')), tenant);
      await world.reaches('AccessKey', 'stolen', 'Synced', 'UserNotReady', tenant);
      await world.resync();
      assert.deepEqual(iamWrites(world, from), []);
      await world.delete('AccessKey', 'stolen', tenant);
      await world.delete('User', 'impostor', tenant);
      await world.gone('AccessKey', 'stolen', tenant);
      await world.gone('User', 'impostor', tenant);
      assert.deepEqual(iamWrites(world, from), []);
      assert.deepEqual(await userAsIs(world, 'administrator'), before);
    });
  }
}

test('L28: an AccessKey of another namespace leads to no User there without its consent', async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  await world.apply(user('administrator'));
  await world.reaches('User', 'administrator', 'Ready', 'True');
  const userRef = { name: 'administrator', namespace: world.namespace };
  await world.apply(onProvider(world, accessKey('stolen', '', { userRef })), tenant);
  await world.reaches('AccessKey', 'stolen', 'Synced', 'RefNotPermitted', tenant);
  assert.deepEqual(keysOf(world, 'administrator'), []);
  await world.patch('User', 'administrator', { spec: { allowedNamespaces: { from: 'All' } } });
  await world.reaches('AccessKey', 'stolen', 'Ready', 'True', tenant);
});

test('who takes the name of a user that is gone has a user of its own: the old AccessKey gets no key of it', async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  await world.apply(onProvider(world, user('it', { name: 'reused' })), tenant);
  await world.apply(onProvider(world, accessKey('it', 'it')), tenant);
  await world.reaches('AccessKey', 'it', 'Ready', 'True', tenant);
  await world.settle();
  for (const { accessKeyId } of keysOf(world, 'reused')) world.emulator.state.keys.delete(accessKeyId);
  const iam = iamConsole(world.emulator);
  await iam.send(new DeleteUserCommand({ UserName: 'reused' }));
  await iam.send(new CreateUserCommand({ UserName: 'reused' }));
  const from = world.operatorCalls().length;
  await world.delete('Secret', 'it-credentials', tenant);
  await world.resync();
  await world.resync();
  await world.reaches('AccessKey', 'it', 'Synced', 'UserNotReady', tenant);
  await world.reaches('User', 'it', 'Stalled', 'AlreadyExists', tenant);
  assert.deepEqual(keysOf(world, 'reused'), []);
  assert.deepEqual(iamWrites(world, from), []);
});

test('a policy of another namespace is attached by its consent only, and stays when that is withdrawn', async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  const policy = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: '*' }] };
  await world.apply(iamPolicy('readers', policy, { name: 'readers' }));
  await world.reaches('IAMPolicy', 'readers', 'Ready', 'True');
  const policyRef = { name: 'readers', namespace: world.namespace };
  await world.apply(onProvider(world, user('it', { policyRef })), tenant);
  await world.reaches('User', 'it', 'Synced', 'RefNotPermitted', tenant);
  assert.equal(await userAsIs(world, 'it'), undefined);
  await world.patch('IAMPolicy', 'readers', { spec: { allowedNamespaces: { from: 'All' } } });
  await world.reaches('User', 'it', 'Ready', 'True', tenant);
  const granted = await userAsIs(world, 'it');
  assert.equal(granted?.policies.length, 1);
  await world.patch('IAMPolicy', 'readers', { spec: { allowedNamespaces: null } });
  await world.reaches('User', 'it', 'Synced', 'RefNotPermitted', tenant);
  await world.settle();
  assert.deepEqual(await userAsIs(world, 'it'), granted);
});

/** Ways to write a policy onto a bucket of somebody else. */
const trespasses: Readonly<
  Record<string, (world: World) => { readonly objects: readonly Manifest[]; readonly reason: string }>
> = {
  'a reference into its namespace': ({ namespace }) => ({
    objects: [policyOn('theirs', { bucketRef: { name: 'theirs', namespace } })],
    reason: 'RefNotPermitted',
  }),
  'a Bucket of that name': () => ({
    objects: [bucket('mine', { name: 'theirs' }), policyOn('mine')],
    reason: 'BucketNotReady',
  }),
  'a Bucket that observes it': () => ({
    objects: [bucket('mine', { name: 'theirs', mode: 'Observe', adoptionPolicy: 'AdoptOnly' }), policyOn('mine')],
    reason: 'BucketNotReady',
  }),
  'a Bucket that adopts it': () => ({
    objects: [bucket('mine', { name: 'theirs', adoptionPolicy: 'AdoptOrCreate' }), policyOn('mine')],
    reason: 'BucketNotReady',
  }),
};

function policyOn(bucketName: string, spec: object = {}): Manifest {
  const principal = 'arn:aws:iam::wasabi:user/it';
  const statement = { effect: 'Allow', principal, action: 's3:*', resource: 'arn:aws:s3:::theirs' };
  return bucketPolicy('grab', bucketName, { statement: [statement] }, spec);
}

for (const [what, trespass] of Object.entries(trespasses)) {
  for (const isOurs of [true, false]) {
    test(`no policy comes onto the bucket of somebody else by ${what}; it is ${isOurs ? "a Bucket's" : 'made outside'}`, async (t) => {
      const { world, tenant } = await withTenant(shared, t);
      if (isOurs) await world.apply(bucket('theirs'));
      else await makeOutside(world, 'theirs');
      if (isOurs) await world.reaches('Bucket', 'theirs', 'Ready', 'True');
      const { objects, reason } = trespass(world);
      await world.settle();
      const [before, writes] = [world.snapshot('theirs'), writesTo(world, 'theirs').length];
      for (const object of objects) {
        await world.apply(object.kind === 'Bucket' ? onProvider(world, object) : object, tenant);
      }
      await world.reaches('BucketPolicy', 'grab', 'Synced', reason, tenant);
      await world.resync();
      for (const { kind, metadata } of objects.toReversed()) await world.delete(kind, metadata.name, tenant);
      for (const { kind, metadata } of objects) await world.gone(kind, metadata.name, tenant);
      assert.equal(writesTo(world, 'theirs').length, writes);
      assert.deepEqual(world.snapshot('theirs'), before);
    });
  }
}

test('autoManage takes no user of somebody else, whatever it calls its own', async (t) => {
  const { world, tenant } = await withTenant(shared, t);
  await world.apply(
    user('administrator', { policy: { statement: [{ effect: 'Allow', action: '*', resource: '*' }] } }),
  );
  await world.reaches('User', 'administrator', 'Ready', 'True');
  await world.settle();
  const before = await userAsIs(world, 'administrator');
  await world.apply(
    onProvider(world, bucket('grab', { name: OWN, autoManage: { userName: 'administrator' } })),
    tenant,
  );
  await world.reaches('User', 'grab-user', 'Stalled', 'ClaimedByOther', tenant);
  await world.resync();
  assert.deepEqual(keysOf(world, 'administrator'), []);
  await world.delete('Bucket', 'grab', tenant);
  await world.gone('Bucket', 'grab', tenant);
  assert.deepEqual(await userAsIs(world, 'administrator'), before);
});
