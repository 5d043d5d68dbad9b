import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { UserSpecInput } from '../src/api/user.ts';
import type { Quirks } from '../src/emulator/quirks.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, type Manifest, user } from './support/builders.ts';
import { childrenOf, childSecret, makeStack } from './support/children.ts';
import { until } from './support/cluster.ts';
import { keysOf, pairIn } from './support/keys.ts';
import { prepareBuckets, type Right, rightsOf } from './support/rights.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

// What somebody can do with the Secret that is delivered, and nothing else: a real client tries it all.

const shared = shareCluster();

type Reading = Quirks['bucketPolicies'];
const READINGS: readonly Reading[] = ['union', 'strict'];

const OBJECTS: readonly Right[] = ['get', 'put', 'delete'];
const BUCKET: readonly Right[] = ['list', ...OBJECTS, 'getPolicy'];

/** One stack: a bucket, a user of the same name, its key, and what else the row needs. */
interface Case {
  readonly user?: Partial<UserSpecInput>;
  readonly objects?: readonly Manifest[];
  readonly may: readonly Right[] | Readonly<Record<Reading, readonly Right[]>>;
}

/** A statement on the bucket of the row and what lies in it. */
function statement(name: string, action: string | readonly string[], more: object = {}) {
  const resource = [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`];
  return { effect: 'Allow', action, resource, ...more };
}
/** Both casings are accepted; the schema's type tells of one. */
const ofAws = (document: object): NonNullable<UserSpecInput['policy']> => document;
const READ = ['s3:ListBucket', 's3:GetObject'];
const toItself = (name: string) => ({ principalRefs: [{ name }] });

const cases: Readonly<Record<string, (name: string) => Case>> = {
  'no policy': () => ({ may: [] }),
  'no policy, and a tag that names the bucket': (name) => ({ user: { tags: { Bucket: name } }, may: [] }),
  'an inline policy to read': (name) => ({
    user: { policy: { statement: [statement(name, READ)] } },
    may: ['list', 'get'],
  }),
  'an inline policy to write, not to read': (name) => ({
    user: { policy: { statement: [statement(name, 's3:PutObject')] } },
    may: ['put'],
  }),
  'an inline policy for all of the bucket': (name) => ({
    user: { policy: { statement: [statement(name, 's3:*')] } },
    may: BUCKET,
  }),
  'an inline policy in the casing of AWS': (name) => ({
    user: {
      policy: ofAws({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${name}/*` },
      }),
    },
    may: ['get'],
  }),
  'an inline policy with an element that the lower case spells its own way': (name) => ({
    user: { policy: { statement: [{ ...statement(name, []), action: undefined, notAction: 's3:DeleteObject' }] } },
    may: ['list', 'get', 'put', 'getPolicy'],
  }),
  'an inline policy that allows all and denies one thing': (name) => ({
    user: { policy: { statement: [statement(name, 's3:*'), statement(name, 's3:PutObject', { effect: 'Deny' })] } },
    may: ['list', 'get', 'delete', 'getPolicy'],
  }),
  'an inline policy with a condition that holds, and one that does not': (name) => ({
    user: {
      policy: {
        statement: [
          statement(name, 's3:GetObject', { condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } } }),
          statement(name, 's3:PutObject', { condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }),
        ],
      },
    },
    may: ['get'],
  }),
  'an inline policy that lets it see which buckets there are': () => ({
    user: { policy: { statement: [{ effect: 'Allow', action: 's3:ListAllMyBuckets', resource: '*' }] } },
    may: ['listBuckets'],
  }),
  'a policyRef': (name) => ({
    user: { policyRef: { name } },
    objects: [iamPolicy(name, { statement: [statement(name, READ)] })],
    may: ['list', 'get'],
  }),
  'an inline policy, a policyRef and policyRefs': (name) => ({
    user: {
      policy: { statement: [statement(name, 's3:ListBucket')] },
      policyRef: { name: `${name}-get` },
      policyRefs: [{ name: `${name}-put` }],
    },
    objects: [
      iamPolicy(`${name}-get`, { statement: [statement(name, 's3:GetObject')] }),
      iamPolicy(`${name}-put`, { statement: [statement(name, 's3:PutObject')] }),
    ],
    may: ['list', 'get', 'put'],
  }),
  'a BucketPolicy that allows it by principalRefs': (name) => ({
    objects: [bucketPolicy(name, name, { statement: [statement(name, READ, toItself(name))] })],
    may: ['list', 'get'],
  }),
  'a BucketPolicy that names it as the predecessor did': (name) => ({
    objects: [
      bucketPolicy(name, name, {
        statement: [statement(name, OBJECTS_OF_S3, { principal: `arn:aws:iam::wasabi:user/${name}` })],
      }),
    ],
    may: OBJECTS,
  }),
  'an inline policy for all, and a BucketPolicy that allows and denies': (name) => ({
    user: { policy: { statement: [statement(name, 's3:*')] } },
    objects: [
      bucketPolicy(name, name, {
        statement: [
          statement(name, 's3:ListBucket', { sid: 'List', ...toItself(name) }),
          statement(name, 's3:DeleteObject', { sid: 'NoDelete', effect: 'Deny', ...toItself(name) }),
        ],
      }),
    ],
    may: ['list', 'get', 'put', 'getPolicy'],
  }),
  'an inline policy for all, and a BucketPolicy that only denies': (name) => ({
    user: { policy: { statement: [statement(name, 's3:*')] } },
    objects: [
      bucketPolicy(name, name, {
        statement: [statement(name, 's3:GetObject', { effect: 'Deny', ...toItself(name) })],
      }),
    ],
    may: { union: ['list', 'put', 'delete', 'getPolicy'], strict: [] },
  }),
  'an inline policy to read, and a BucketPolicy for somebody else': (name) => ({
    user: { policy: { statement: [statement(name, READ)] } },
    objects: [
      user(`${name}-else`),
      bucketPolicy(name, name, { statement: [statement(name, 's3:PutObject', toItself(`${name}-else`))] }),
    ],
    may: { union: ['list', 'get'], strict: [] },
  }),
  'two BucketPolicies, each with its part': (name) => ({
    objects: [
      bucketPolicy(`${name}-a`, name, { statement: [statement(name, 's3:ListBucket', toItself(name))] }),
      bucketPolicy(`${name}-b`, name, { statement: [statement(name, 's3:PutObject', toItself(name))] }),
    ],
    may: ['list', 'put'],
  }),
};
const OBJECTS_OF_S3 = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];

async function worldOf(t: TestContext, reading: Reading): Promise<World> {
  // By the strict reading a user is shut out of a bucket whose policy does not name it, the operator's own as well (W20).
  const signer = reading === 'strict' ? 'Root' : 'full';
  return shared.startWorld(t, { signer, emulator: { quirks: { bucketPolicies: reading } } });
}

/** Applies the stack and waits until its key is delivered and its policies are in effect. */
async function made(world: World, name: string, spec: Partial<UserSpecInput> = {}, objects: readonly Manifest[] = []) {
  const all = [bucket(name), user(name, spec), accessKey(name, name), ...objects];
  for (const each of all) await world.apply(each);
  for (const { kind, metadata } of all) await world.reaches(kind, metadata.name, 'Ready', 'True');
  await world.settle();
  await prepareBuckets(world, name);
}

/** The rights of the key that is in the Secret now. */
async function rights(world: World, name: string): Promise<readonly Right[]> {
  return rightsOf(world, await pairIn(world, `${name}-credentials`), name);
}

for (const reading of READINGS) {
  test(`L40, L47: a delivered key may do what its spec says, and nothing else (${reading})`, async (t) => {
    const world = await worldOf(t, reading);
    for (const [index, [title, caseOf]] of Object.entries(cases).entries()) {
      await t.test(title, async () => {
        const name = `case-${index}`;
        const { user: spec, objects, may } = caseOf(name);
        await made(world, name, spec, objects);
        assert.deepEqual(await rights(world, name), 'union' in may ? may[reading] : may);
      });
    }
  });

  test(`rights follow the edits of every policy (${reading})`, async (t) => {
    const world = await worldOf(t, reading);
    const name = 'edited';
    await made(world, name);
    assert.deepEqual(await rights(world, name), []);
    const edit = async (kind: string, object: string, policy: object | null, spec: object = {}) => {
      await world.patch(kind, object, { spec: { policy, ...spec } });
      await world.reaches(kind, object, 'Synced', 'True');
      await world.settle();
      return rights(world, name);
    };
    const only = (action: string | readonly string[], more: object = {}) => ({
      statement: [statement(name, action, more)],
    });

    assert.deepEqual(await edit('User', name, only(READ)), ['list', 'get']);
    assert.deepEqual(await edit('User', name, only('s3:PutObject')), ['put']);
    assert.deepEqual(await edit('User', name, null), []);

    await world.apply(iamPolicy('shared', only('s3:GetObject'), { name: 'shared' }));
    await world.reaches('IAMPolicy', 'shared', 'Ready', 'True');
    assert.deepEqual(await edit('User', name, null, { policyRef: { name: 'shared' } }), ['get']);
    assert.deepEqual(await edit('IAMPolicy', 'shared', only('s3:ListBucket')), ['list']);
    assert.deepEqual(await edit('User', name, null, { policyRef: null }), []);

    const more = toItself(name);
    await world.apply(bucketPolicy('on-bucket', name, only('s3:PutObject', more)));
    await world.reaches('BucketPolicy', 'on-bucket', 'Ready', 'True');
    assert.deepEqual(await rights(world, name), ['put']);
    assert.deepEqual(await edit('BucketPolicy', 'on-bucket', only(READ, more)), ['list', 'get']);
    assert.deepEqual(await edit('User', name, only('s3:*')), BUCKET);
    const denied = {
      statement: [...only(READ, more).statement, statement(name, 's3:PutObject', { effect: 'Deny', ...more })],
    };
    assert.deepEqual(await edit('BucketPolicy', 'on-bucket', denied), ['list', 'get', 'delete', 'getPolicy']);
    await world.delete('BucketPolicy', 'on-bucket');
    await world.gone('BucketPolicy', 'on-bucket');
    assert.deepEqual(await rights(world, name), BUCKET);
  });

  test(`autoManage gives what its level says, edits of the level are followed, off is off (${reading})`, async (t) => {
    const world = await worldOf(t, reading);
    const name = 'managed';
    await makeStack(world, name, { autoManage: { accessLevel: 'readonly' } });
    await prepareBuckets(world, name);
    const pair = await pairIn(world, childSecret(name));
    const levels = {
      readwrite: ['list', 'get', 'put', 'delete'],
      full: BUCKET,
      readonly: ['list', 'get'],
    } as const;
    assert.deepEqual(await rightsOf(world, pair, name), levels.readonly);
    for (const accessLevel of ['readwrite', 'full', 'readonly'] as const) {
      await world.patch('Bucket', name, { spec: { autoManage: { accessLevel } } });
      await world.reaches('Bucket', name, 'Ready', 'True');
      await world.settle();
      assert.deepEqual(await rightsOf(world, pair, name), levels[accessLevel], accessLevel);
    }
    await world.patch('Bucket', name, { spec: { autoManage: { enabled: false } } });
    for (const [kind, child] of childrenOf(name)) await world.gone(kind, child);
    await assert.rejects(rightsOf(world, pair, name), { name: 'InvalidAccessKeyId' });
  });
}

test('a key is dead once its AccessKey is gone, and its Secret with it', async (t) => {
  const world = await worldOf(t, 'union');
  await made(world, 'gone', { policy: { statement: [statement('gone', READ)] } });
  const pair = await pairIn(world, 'gone-credentials');
  assert.deepEqual(await rightsOf(world, pair, 'gone'), ['list', 'get']);
  await world.delete('AccessKey', 'gone');
  await world.gone('AccessKey', 'gone');
  await assert.rejects(rightsOf(world, pair, 'gone'), { name: 'InvalidAccessKeyId' });
  assert.equal(await world.get('Secret', 'gone-credentials'), undefined);
});

test('a User that goes takes nothing away while an AccessKey holds it; without it the key is dead', async (t) => {
  const world = await worldOf(t, 'union');
  await made(world, 'gone', { policy: { statement: [statement('gone', READ)] } });
  const pair = await pairIn(world, 'gone-credentials');
  await world.delete('User', 'gone');
  await world.reaches('User', 'gone', 'DeletionBlocked', 'DependentsExist');
  assert.deepEqual(await rightsOf(world, pair, 'gone'), ['list', 'get']);
  await world.delete('AccessKey', 'gone');
  await world.gone('User', 'gone');
  await world.gone('AccessKey', 'gone');
  await assert.rejects(rightsOf(world, pair, 'gone'), { name: 'InvalidAccessKeyId' });
  assert.deepEqual(keysOf(world, 'gone'), []);
});

test('L55: a key whose text was lost is replaced: the new one has the same rights, the old one none', async (t) => {
  const world = await worldOf(t, 'union');
  await made(world, 'again', { policy: { statement: [statement('again', READ)] } });
  const old = await pairIn(world, 'again-credentials');
  await world.delete('Secret', 'again-credentials');
  await until('another key is delivered', async () => {
    const { accessKeyId } = await pairIn(world, 'again-credentials');
    return accessKeyId !== '' && accessKeyId !== old.accessKeyId && keysOf(world, 'again').length === 1;
  });
  assert.deepEqual(await rights(world, 'again'), ['list', 'get']);
  await assert.rejects(rightsOf(world, old, 'again'), { name: 'InvalidAccessKeyId' });
});
