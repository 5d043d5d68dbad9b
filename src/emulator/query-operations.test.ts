import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetUserCommand, TagUserCommand } from '@aws-sdk/client-iam';
import { HeadBucketCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { createUser, type UserWithKey } from './testing/iam-user.ts';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow } from './testing/policies.ts';
import { signedRequest } from './testing/signed-request.ts';
import { parseXml } from './xml.ts';

type Keys = UserWithKey['keys'];

test('W37 GetCallerIdentity tells the account, the id and the ARN of a root key and of a user', async (t) => {
  const loopback = await startLoopback(t);
  const { accountId } = loopback.emulator.account;
  const who = async (keys: Keys = loopback.emulator.account) => {
    const client = loopback.sts({ keys });
    const { Account, UserId, Arn } = await client.send(new GetCallerIdentityCommand({}));
    return [Account, UserId, Arn];
  };
  assert.deepEqual(await who(), [accountId, accountId, `arn:aws:iam::${accountId}:root`]);
  const { keys, userId } = await createUser(loopback, 'ann');
  assert.deepEqual(await who(keys), [accountId, userId, `arn:aws:iam::${accountId}:user/ann`]);
});

test('W29 GetUser without a name is the caller; a root key has no user name and an ARN that ends in :root', async (t) => {
  const loopback = await startLoopback(t);
  const { User } = await loopback.iam().send(new GetUserCommand({}));
  assert.equal(User?.UserName, undefined);
  assert.match(User?.Arn ?? '', /^arn:aws:iam::\d{12}:root$/);
  assert.ok(User?.CreateDate instanceof Date);
  const { keys, userId } = await createUser(loopback, 'ann', allow('iam:GetUser'));
  const own = await loopback.iam({ keys }).send(new GetUserCommand({}));
  const named = await loopback.iam().send(new GetUserCommand({ UserName: 'ann' }));
  assert.deepEqual(own.User, named.User);
  assert.deepEqual([own.User?.UserName, own.User?.UserId], ['ann', userId]);
});

test('W29 an unknown user is NoSuchEntity, an unknown action InvalidAction', async (t) => {
  const loopback = await startLoopback(t);
  const iam = loopback.iam();
  assert.equal(await refusal(iam.send(new GetUserCommand({ UserName: 'bob' }))), '404 NoSuchEntityException');
  const tag = new TagUserCommand({ UserName: 'bob', Tags: [{ Key: 'a', Value: 'b' }] });
  assert.equal(await refusal(iam.send(tag)), '400 InvalidAction');
  const { emulator } = loopback;
  const request = { method: 'POST', service: 'iam', host: `iam.localhost:${emulator.port}` };
  const answer = await signedRequest(emulator, { ...request, body: 'Version=2010-05-08' });
  assert.equal(answer.status, 400);
  assert.match(answer.body, /<Code>InvalidAction</);
  assert.match(answer.headers['content-type']?.toString() ?? '', /text\/xml/);
  assert.match(answer.headers['x-amzn-requestid']?.toString() ?? '', /^[0-9A-F]{16}$/);
});

test('W1 an address without a name serves S3, IAM and STS by the scope of the signature', async (t) => {
  const loopback = await startLoopback(t);
  const { port } = loopback.emulator;
  const endpoint = `http://127.0.0.1:${port}`;
  await loopback.s3({ endpoint }).send(new ListBucketsCommand({}));
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const sts = await signedRequest(loopback.emulator, { method: 'POST', service: 'sts', body, headers });
  assert.match(sts.body, /<GetCallerIdentityResult>/);
  const iam = await signedRequest(loopback.emulator, {
    method: 'POST',
    service: 'iam',
    body: 'Action=GetUser&Version=2010-05-08',
    headers,
  });
  assert.match(iam.body, /<GetUserResult>/);
});

test('W29 a call is a POST or a GET of the version that the service has', async (t) => {
  const { emulator } = await startLoopback(t);
  const host = `iam.localhost:${emulator.port}`;
  const call = (method: string, parameters: string) => {
    const place = method === 'GET' ? { query: parameters } : { body: parameters };
    return signedRequest(emulator, { method, service: 'iam', host, ...place });
  };
  for (const method of ['GET', 'POST']) {
    assert.match((await call(method, 'Action=GetUser&Version=2010-05-08')).body, /<GetUserResult>/, method);
    assert.equal(codeOf(await call(method, 'Action=GetUser&Version=2011-06-15')), '400 InvalidAction', method);
    assert.equal(codeOf(await call(method, 'Action=GetUser')), '400 InvalidAction', method);
  }
  assert.equal(codeOf(await call('PUT', 'Action=GetUser&Version=2010-05-08')), '405 MethodNotAllowed');
});

const unknownHosts = ['s3.eu-central-9.localhost', 'iam.eu-central-1.localhost', 'b.sts.localhost', 'example.com'];

test('W1 a host that is no endpoint is BadRequest and names those that are', async (t) => {
  const loopback = await startLoopback(t);
  for (const host of unknownHosts) {
    const answer = await loopback.raw({ host });
    assert.equal(answer.status, 400, host);
    assert.match(answer.body, /<Code>BadRequest<.*use s3\.REGION\.localhost/, host);
  }
});

test('W35 errors of S3 come in either shape, or in both in turn; clients read both', async (t) => {
  const roots = { Error: ['Error', 'Error'], ErrorResponse: ['ErrorResponse', 'ErrorResponse'] };
  const both = { ...roots, alternating: ['Error', 'ErrorResponse'] };
  for (const [errorShape, expected] of Object.entries(both)) {
    const loopback = await startLoopback(t, { quirks: { errorShape: errorShape as keyof typeof both } });
    const bodies = [(await loopback.raw({ path: '/b' })).body, (await loopback.raw({ path: '/b' })).body];
    assert.deepEqual(
      bodies.map((body) => parseXml(Buffer.from(body)).name),
      expected,
    );
    for (const body of bodies) {
      const names = ['Code', 'Message', 'Resource', 'RequestId', 'HostId'];
      for (const name of names) assert.match(body, new RegExp(`<Error>.*<${name}>[^<]+</${name}>.*</Error>`));
    }
    assert.equal(await refusal(loopback.s3().send(new HeadBucketCommand({ Bucket: 'none-such' }))), '404 NotFound');
  }
});

test('W35 an answer to HEAD has no body, and every answer a request id', async (t) => {
  const loopback = await startLoopback(t);
  const answer = await loopback.raw({ method: 'HEAD', path: '/b' });
  assert.deepEqual([answer.status, answer.body], [403, '']);
  assert.match(answer.headers['x-amz-request-id']?.toString() ?? '', /^[0-9A-F]{16}$/);
  assert.ok(answer.headers['x-amz-id-2']);
});
