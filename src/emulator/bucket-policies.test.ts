import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CopyObjectCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketAclCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { EmulatorOptions } from './options.ts';
import { createUser, type UserWithKey } from './testing/iam-user.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow, policyText } from './testing/policies.ts';

const Bucket = 'shared';
const Key = 'a/b';
const where = { Bucket, Key };
const inside = `arn:aws:s3:::${Bucket}/*`;
const both = [`arn:aws:s3:::${Bucket}`, inside];

async function start(t: TestContext, options: EmulatorOptions = {}) {
  const loopback = await startLoopback(t, options);
  const { emulator, s3 } = loopback;
  emulator.console.createBucket({ name: Bucket });
  emulator.console.putObject(Bucket, Key, 'content');
  const putPolicy = (...statements: readonly unknown[]) =>
    s3().send(new PutBucketPolicyCommand({ Bucket, Policy: policyText(...statements) }));
  const get = (user?: Pick<UserWithKey, 'keys'>) => refusal(s3(user).send(new GetObjectCommand(where)));
  const put = (user?: Pick<UserWithKey, 'keys'>) =>
    refusal(s3(user).send(new PutObjectCommand({ ...where, Body: 'x' })));
  return { ...loopback, putPolicy, get, put };
}

const granted = 'no error';
const denied = '403 AccessDenied';

test('W20 a bucket policy grants to the user that it names, and to no other', async (t) => {
  const world = await start(t);
  const [ann, bob] = [await createUser(world, 'ann'), await createUser(world, 'bob')];
  await world.putPolicy({ Effect: 'Allow', Principal: { AWS: ann.arn }, Action: 's3:GetObject', Resource: inside });
  assert.deepEqual([await world.get(ann), await world.put(ann), await world.get(bob)], [granted, denied, denied]);
  await world.s3().send(new DeleteBucketPolicyCommand({ Bucket }));
  assert.equal(await world.get(ann), denied);
});

test('W20 a user is named by its unique id too, and by no ARN but its own', async (t) => {
  const world = await start(t);
  const ann = await createUser(world, 'ann');
  const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: inside };
  await world.putPolicy({ ...statement, Principal: { AWS: ann.userId } });
  assert.equal(await world.get(ann), granted);
  await world.putPolicy({ ...statement, Principal: { AWS: [`${ann.arn}x`] } });
  assert.equal(await world.get(ann), denied);
});

const readings = { union: [granted, granted, denied], strict: [denied, granted, denied] } as const;

for (const [bucketPolicies, expected] of Object.entries(readings)) {
  test(`W20 ${bucketPolicies}: users with the right policy of their own, unnamed, named, and denied`, async (t) => {
    const world = await start(t, { quirks: { bucketPolicies: bucketPolicies as keyof typeof readings } });
    const users = ['unnamed', 'named', 'refused'].map((name) => createUser(world, name, allow('s3:*')));
    const [unnamed, named, refused] = await Promise.all(users);
    assert.ok(unnamed && named && refused);
    for (const user of [unnamed, named, refused]) assert.equal(await world.put(user), granted, 'before');
    await world.putPolicy(
      { Effect: 'Allow', Principal: { AWS: [named.arn, refused.arn] }, Action: 's3:GetObject', Resource: inside },
      { Effect: 'Deny', Principal: { AWS: refused.arn }, Action: 's3:PutObject', Resource: inside },
    );
    assert.deepEqual([await world.put(unnamed), await world.put(named), await world.put(refused)], expected);
    assert.equal(await world.put(), granted, 'the root is not shut out');
  });
}

for (const bucketPolicies of ['union', 'strict'] as const) {
  test(`W20 ${bucketPolicies}: a deny reaches the root, but never from the policy itself`, async (t) => {
    const world = await start(t, { quirks: { bucketPolicies } });
    await world.putPolicy({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: both });
    assert.equal(await world.get(), denied);
    assert.equal(await refusal(world.s3().send(new HeadBucketCommand({ Bucket }))), '403 Unknown');
    await world.s3().send(new GetBucketPolicyCommand({ Bucket }));
    await world.s3().send(new DeleteBucketPolicyCommand({ Bucket }));
    assert.equal(await world.get(), granted);
  });
}

test('W20 NotPrincipal spares the one that it names', async (t) => {
  const world = await start(t);
  const [ann, bob] = [await createUser(world, 'ann', allow('s3:*')), await createUser(world, 'bob', allow('s3:*'))];
  await world.putPolicy({ Effect: 'Deny', NotPrincipal: { AWS: ann.arn }, Action: 's3:GetObject', Resource: inside });
  assert.deepEqual([await world.get(ann), await world.get(bob)], [granted, denied]);
});

test('W20 W54 another account gets in when both sides allow it', async (t) => {
  const world = await start(t);
  const other = world.emulator.createAccount();
  const there = { ...world, iam: () => world.iam({ keys: other }) };
  const [may, mayNot] = [await createUser(there, 'may', allow('s3:*')), await createUser(there, 'may-not')];
  assert.equal(await world.get({ keys: other }), denied);
  for (const principal of [other.accountId, `arn:aws:iam::${other.accountId}:root`]) {
    await world.putPolicy({ Effect: 'Allow', Principal: { AWS: principal }, Action: 's3:GetObject', Resource: inside });
    const outcomes = [await world.get({ keys: other }), await world.get(may), await world.get(mayNot)];
    assert.deepEqual(outcomes, [granted, granted, denied]);
    assert.equal(await world.put(may), denied);
  }
  const { Buckets } = await world.s3(may).send(new ListBucketsCommand({}));
  assert.deepEqual(Buckets, [], 'what is lent is not listed');
});

test('W20 an account that is named leaves it to its own policies which users it means', async (t) => {
  const world = await start(t);
  const ann = await createUser(world, 'ann');
  const AWS = world.emulator.account.accountId;
  await world.putPolicy({ Effect: 'Allow', Principal: { AWS }, Action: 's3:GetObject', Resource: inside });
  assert.equal(await world.get(ann), denied);
  await world.putPolicy({ Effect: 'Deny', Principal: { AWS }, Action: 's3:GetObject', Resource: inside });
  assert.equal(await world.get(await createUser(world, 'bob', allow('s3:*'))), denied);
});

test('W20 conditions: prefix of a listing, source address, time, HTTPS', async (t) => {
  const clock = new FakeClock(Date.now());
  const world = await start(t, { clock });
  const list = { Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' };
  const listed = (name: string, Condition: unknown) => createUser(world, name, { ...list, Condition });
  const tryList = (user: UserWithKey, Prefix?: string) =>
    refusal(world.s3(user).send(new ListObjectsV2Command({ Bucket, Prefix })));
  const byPrefix = await listed('prefix', { StringLike: { 's3:prefix': ['a/*', 'a'] } });
  assert.deepEqual(await Promise.all(['a/b', 'a', 'b', undefined].map((prefix) => tryList(byPrefix, prefix))), [
    granted,
    granted,
    denied,
    denied,
  ]);
  const home = await createUser(world, 'home', {
    Effect: 'Allow',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${Bucket}/home/\${aws:username}/*`,
  });
  const putAt = (key: string) => refusal(world.s3(home).send(new PutObjectCommand({ Bucket, Key: key })));
  assert.deepEqual([await putAt('home/home/x'), await putAt('home/other/x')], [granted, denied]);
  const here = await listed('here', { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '127.0.0.1/32'] } });
  const elsewhere = await listed('elsewhere', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } });
  assert.deepEqual([await tryList(here), await tryList(elsewhere)], [granted, denied]);
  const soon = new Date(clock.now() + 60_000).toISOString();
  const brief = await listed('brief', { DateLessThan: { 'aws:CurrentTime': soon } });
  assert.equal(await tryList(brief), granted);
  clock.advance(61_000);
  assert.equal(await tryList(brief), denied);
});

test('W20 a policy that forces HTTPS: requests count as what they are, as a proxy says, or as HTTPS throughout', async (t) => {
  const secure = { Bool: { 'aws:SecureTransport': 'false' } };
  const force = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: both, Condition: secure };
  const plain = await start(t);
  await plain.putPolicy(force);
  assert.equal(await plain.get(), denied);
  const behindTls = await start(t, { assumesTls: true });
  await behindTls.putPolicy(force);
  assert.equal(await behindTls.get(), granted);
  const ann = await createUser(behindTls, 'ann', allow('s3:*'));
  assert.equal(await behindTls.get(ann), granted, 'a deny that names nobody leaves users their own policies');
});

test('W20 a copy takes the right to read its source, wherever that is', async (t) => {
  const world = await start(t);
  world.emulator.console.createBucket({ name: 'target' });
  const target = { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::target/*' };
  const ann = await createUser(world, 'ann', target);
  const copy = () =>
    refusal(world.s3(ann).send(new CopyObjectCommand({ Bucket: 'target', Key, CopySource: `${Bucket}/${Key}` })));
  assert.equal(await copy(), denied);
  await world.putPolicy({ Effect: 'Allow', Principal: { AWS: ann.arn }, Action: 's3:GetObject', Resource: inside });
  assert.equal(await copy(), granted);
});

test('W20 a copy takes tags along for those who may read and write them', async (t) => {
  const world = await start(t);
  await world.s3().send(new PutObjectCommand({ ...where, Tagging: 'a=b' }));
  const copy = (user: UserWithKey, TaggingDirective?: 'REPLACE') =>
    refusal(
      world
        .s3(user)
        .send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/${Key}`, TaggingDirective })),
    );
  const actions = ['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging'];
  const ann = await createUser(world, 'ann', allow(...actions));
  const bob = await createUser(world, 'bob', allow(...actions, 's3:GetObjectTagging'));
  assert.deepEqual([await copy(ann), await copy(ann, 'REPLACE'), await copy(bob)], [denied, granted, granted]);
});

test('W20 W48 DeleteObjects asks for each key', async (t) => {
  const world = await start(t);
  world.emulator.console.putObject(Bucket, 'keep/me', 'x');
  const Resource = `arn:aws:s3:::${Bucket}/a/*`;
  const ann = await createUser(world, 'ann', { Effect: 'Allow', Action: 's3:DeleteObject', Resource });
  const Delete = { Objects: [{ Key }, { Key: 'keep/me' }] };
  const { Deleted, Errors } = await world.s3(ann).send(new DeleteObjectsCommand({ Bucket, Delete }));
  assert.deepEqual(
    Deleted?.map((each) => each.Key),
    [Key],
  );
  assert.deepEqual(
    Errors?.map((each) => [each.Key, each.Code]),
    [['keep/me', 'AccessDenied']],
  );
});

test('W13 W20 governance is bypassed by those who may', async (t) => {
  const world = await start(t);
  world.emulator.console.createBucket({ name: 'locked', objectLock: true });
  const { versionId } = world.emulator.console.putObject('locked', Key, 'x');
  const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: new Date(Date.now() + 86_400_000) } as const;
  await world.s3().send(new PutObjectRetentionCommand({ Bucket: 'locked', Key, Retention }));
  const ann = await createUser(world, 'ann', allow('s3:DeleteObjectVersion'));
  const bob = await createUser(world, 'bob', allow('s3:DeleteObjectVersion', 's3:BypassGovernanceRetention'));
  const remove = (user: UserWithKey) => {
    const input = { Bucket: 'locked', Key, VersionId: versionId, BypassGovernanceRetention: true };
    return refusal(world.s3(user).send(new DeleteObjectCommand(input)));
  };
  assert.deepEqual([await remove(ann), await remove(bob)], [denied, granted]);
});

test('W20 W21 a public policy lets those in who did not sign, to what it says and no further', async (t) => {
  const world = await start(t, { quirks: { publicAccess: 'accepted' } });
  assert.equal((await world.raw({ path: `/${Bucket}/${Key}` })).status, 403);
  await world.putPolicy({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: inside });
  const answer = await world.raw({ path: `/${Bucket}/${Key}` });
  assert.deepEqual([answer.status, answer.body], [200, 'content']);
  assert.equal(world.emulator.calls.at(-1)?.accountId, undefined);
  assert.equal((await world.raw({ path: `/${Bucket}/none` })).status, 403, 'no word of what is not there');
  assert.equal((await world.raw({ path: `/${Bucket}` })).status, 403);
  assert.equal((await world.raw({ path: `/${Bucket}/${Key}`, method: 'DELETE' })).status, 403);
  assert.equal((await world.raw({ path: '/' })).status, 403);
  assert.equal((await world.raw({ path: '/none-such' })).status, 403);
  assert.equal((await world.raw({ path: '/made', method: 'PUT' })).status, 403);
  const headers = { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' };
  const chunks = await world.raw({ path: `/${Bucket}/${Key}`, method: 'PUT', headers, body: '0;chunk-signature=x' });
  assert.equal(chunks.status, 403, 'chunks of a request that is not signed');
});

test('W20 W21 public ACLs of buckets and objects let those in who did not sign', async (t) => {
  const world = await start(t, { quirks: { publicAccess: 'accepted' } });
  const client = world.s3();
  const status = async (path: string) => (await world.raw({ path })).status;
  await client.send(new PutObjectAclCommand({ ...where, ACL: 'public-read' }));
  assert.deepEqual([await status(`/${Bucket}/${Key}`), await status(`/${Bucket}`)], [200, 403]);
  await client.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
  assert.equal(await status(`/${Bucket}`), 200);
  const write = { path: `/${Bucket}/new`, method: 'PUT', body: 'x' };
  assert.equal((await world.raw(write)).status, 403);
  await client.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read-write' }));
  assert.equal((await world.raw(write)).status, 200);
  await client.send(new PutObjectCommand({ Bucket, Key: 'signed', ACL: 'authenticated-read' }));
  assert.equal(await status(`/${Bucket}/signed`), 403);
  const other = { keys: world.emulator.createAccount() };
  await world.s3(other).send(new GetObjectCommand({ Bucket, Key: 'signed' }));
  await client.send(new PutObjectCommand({ ...where, Body: 'new' }));
  assert.equal(await status(`/${Bucket}/${Key}`), 403, 'a new version has an ACL of its own');
  const { Owner } = await client.send(new GetBucketAclCommand({ Bucket }));
  assert.equal(Owner?.ID, world.emulator.account.accountId);
});

test('W20 a switch refuses principals that are not there', async (t) => {
  const world = await start(t, { quirks: { unknownPrincipals: 'refused' } });
  const ann = await createUser(world, 'ann');
  const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: inside };
  const put = (AWS: string) => refusal(world.putPolicy({ ...statement, Principal: { AWS } }));
  assert.deepEqual(
    [await put(ann.arn), await put(ann.userId), await put(`${ann.arn}x`)],
    [granted, granted, '400 MalformedPolicy'],
  );
  assert.deepEqual(
    [await put('100000000099'), await put('arn:aws:iam::100000000099:root')],
    ['400 MalformedPolicy', '400 MalformedPolicy'],
  );
});

test('W20 a policy that came in by hand and is none grants nothing and harms nobody', async (t) => {
  const world = await start(t);
  const ann = await createUser(world, 'ann', allow('s3:*'));
  world.emulator.console.editBucket(Bucket, (bucket) => {
    bucket.policy = '{"half';
  });
  assert.deepEqual([await world.get(), await world.get(ann)], [granted, granted]);
});
