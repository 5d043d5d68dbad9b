import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetUserCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import * as fc from 'fast-check';
import { systemClock } from '../runtime/clock.ts';
import { canonicalRequest, scopeText, sha256Hex, signatureOf, signingKey, stringToSign } from './sigv4.ts';
import { createUser } from './testing/iam-user.ts';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow } from './testing/policies.ts';

const Bucket = 'signature-bucket';

interface SignedRequest {
  method: string;
  path: string;
  query: Record<string, string | null>;
  headers: Record<string, string>;
  body: unknown;
}

/** Changes a request after the SDK has signed it. */
function tamper(client: S3Client, change: (request: SignedRequest) => void): S3Client {
  client.middlewareStack.add(
    (next) => (args) => {
      change(args.request as SignedRequest);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  return client;
}

test('W42 the right secret is let in, by path and by virtual host, at every service', async (t) => {
  const { emulator, s3, iam, sts } = await startLoopback(t);
  await s3().send(new CreateBucketCommand({ Bucket }));
  for (const forcePathStyle of [true, false]) {
    const client = s3({ forcePathStyle });
    await client.send(new PutObjectCommand({ Bucket, Key: 'a/b c+d', Body: 'x' }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'a/b c+d' }));
    assert.equal(await got.Body?.transformToString(), 'x');
  }
  const { accountId } = emulator.account;
  const arn = `arn:aws:iam::${accountId}:root`;
  const who = await sts().send(new GetCallerIdentityCommand({}));
  assert.deepEqual([who.Account, who.UserId, who.Arn], [accountId, accountId, arn]);
  assert.equal((await iam().send(new GetUserCommand({}))).User?.Arn, arn);
});

const tampers: readonly { title: string; change: (request: SignedRequest) => void; refused: string }[] = [
  { title: 'method', change: (r) => void (r.method = 'DELETE'), refused: '403 SignatureDoesNotMatch' },
  { title: 'path', change: (r) => void (r.path += 'x'), refused: '403 SignatureDoesNotMatch' },
  { title: 'query', change: (r) => void (r.query['acl'] = ''), refused: '403 SignatureDoesNotMatch' },
  {
    title: 'signed header',
    change: (r) => void (r.headers['x-amz-meta-a'] = '2'),
    refused: '403 SignatureDoesNotMatch',
  },
  { title: 'body', change: (r) => void (r.body = 'y'), refused: '400 XAmzContentSHA256Mismatch' },
  {
    title: 'hash of the body',
    change: (r) => void (r.headers['x-amz-content-sha256'] = sha256Hex('other')),
    refused: '403 SignatureDoesNotMatch',
  },
  {
    title: 'hash of the body to UNSIGNED-PAYLOAD',
    change: (r) => void (r.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'),
    refused: '403 SignatureDoesNotMatch',
  },
  {
    title: 'signature',
    change: (r) => {
      r.headers['authorization'] = (r.headers['authorization'] ?? '').replace(/.$/u, (c) => (c === '0' ? '1' : '0'));
    },
    refused: '403 SignatureDoesNotMatch',
  },
  {
    title: 'unsigned x-amz header',
    change: (r) => void (r.headers['x-amz-acl'] = 'private'),
    refused: '403 AccessDenied',
  },
];

for (const { title, change, refused } of tampers) {
  test(`W42 a changed ${title} is ${refused}`, async (t) => {
    const { emulator, s3 } = await startLoopback(t);
    await s3().send(new CreateBucketCommand({ Bucket }));
    const before = emulator.snapshot();
    const put = new PutObjectCommand({ Bucket, Key: 'a', Body: 'x', Metadata: { a: '1' } });
    assert.equal(await refusal(tamper(s3(), change).send(put)), refused);
    assert.deepEqual(emulator.snapshot(), before);
  });
}

test('W42 a header that is not of S3 may be added on the way', async (t) => {
  const { s3 } = await startLoopback(t);
  const client = tamper(s3(), (request) => void (request.headers['x-forwarded-for'] = '127.0.0.1'));
  assert.deepEqual((await client.send(new ListBucketsCommand({}))).Buckets, []);
});

const refusals: readonly { title: string; s3: string; query: string; options: (account: Keys) => object }[] = [
  {
    title: 'a wrong secret',
    s3: '403 SignatureDoesNotMatch',
    query: '403 SignatureDoesNotMatch',
    options: ({ accessKeyId }) => ({ keys: { accessKeyId, secretAccessKey: 'x'.repeat(40) } }),
  },
  {
    title: 'an unknown key',
    s3: '403 InvalidAccessKeyId',
    query: '403 InvalidAccessKeyId',
    options: ({ secretAccessKey }) => ({ keys: { accessKeyId: 'NOBODYNOBODYNOBODY00', secretAccessKey } }),
  },
  {
    title: 'another region',
    s3: '400 AuthorizationHeaderMalformed',
    query: '400 AuthorizationHeaderMalformed',
    options: () => ({ signingRegion: 'eu-central-2' }),
  },
];
interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

for (const { title, s3: s3Code, query, options } of refusals) {
  test(`W1 ${title} is ${s3Code}, at IAM and STS too`, async (t) => {
    const { emulator, s3, iam, sts } = await startLoopback(t);
    const given = options(emulator.account);
    assert.equal(await refusal(s3(given).send(new ListBucketsCommand({}))), s3Code);
    assert.equal(await refusal(iam(given).send(new GetUserCommand({}))), query);
    assert.equal(await refusal(sts(given).send(new GetCallerIdentityCommand({}))), query);
  });
}

test('W1 an unknown key at IAM is InvalidClientTokenId with the switch', async (t) => {
  const { iam } = await startLoopback(t, { quirks: { queryAuthErrors: 'aws' } });
  const keys = { accessKeyId: 'NOBODYNOBODYNOBODY00', secretAccessKey: 'x' };
  assert.equal(await refusal(iam({ keys }).send(new GetUserCommand({}))), '403 InvalidClientTokenId');
});

test('W1 a signature for S3 does not open IAM', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const client = s3({ endpoint: emulator.iamUrl });
  assert.equal(await refusal(client.send(new ListBucketsCommand({}))), '400 AuthorizationHeaderMalformed');
});

for (const { minutes, refused } of [
  { minutes: 14, refused: 'no error' },
  { minutes: 16, refused: '403 RequestTimeTooSkewed' },
  { minutes: -14, refused: 'no error' },
  { minutes: -16, refused: '403 RequestTimeTooSkewed' },
]) {
  test(`W42 a clock that differs by ${minutes} minutes: ${refused}`, async (t) => {
    const clock = { ...systemClock, now: () => systemClock.now() + minutes * 60_000 };
    const { s3, sts } = await startLoopback(t, { clock });
    assert.equal(await refusal(s3().send(new ListBucketsCommand({}))), refused);
    assert.equal(await refusal(sts().send(new GetCallerIdentityCommand({}))), refused);
  });
}

test('W42 the Date header tells the time of the service, so that a client can learn it', async (t) => {
  const hour = 3_600_000;
  const clock = { ...systemClock, now: () => systemClock.now() + hour };
  const { raw } = await startLoopback(t, { clock });
  const { headers } = await raw({ path: '/' });
  const offMs = Math.abs(Date.parse(String(headers['date'])) - (systemClock.now() + hour));
  assert.ok(offMs < 5_000, `off by ${offMs} ms`);
});

const unsigned: readonly { title: string; headers?: Record<string, string>; path?: string; code: string }[] = [
  { title: 'no signature', code: 'AccessDenied' },
  { title: 'signature version 2', headers: { authorization: 'AWS AK:sig' }, code: 'InvalidRequest' },
  {
    title: 'signature version 2 in the URL',
    path: '/?AWSAccessKeyId=AK&Signature=s&Expires=1',
    code: 'InvalidRequest',
  },
  { title: 'no fields', headers: { authorization: 'AWS4-HMAC-SHA256 ' }, code: 'AuthorizationHeaderMalformed' },
  {
    title: 'no x-amz-date but a Date',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=0',
      date: new Date(0).toUTCString(),
    },
    code: 'AccessDenied',
  },
  {
    title: 'a scope of another day',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=A/20260102/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=0',
      'x-amz-date': '20260101T000000Z',
    },
    code: 'AuthorizationHeaderMalformed',
  },
  {
    title: 'a scope without an end',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3,SignedHeaders=host,Signature=0',
      'x-amz-date': '20260101T000000Z',
    },
    code: 'AuthorizationHeaderMalformed',
  },
];

for (const { title, headers, path, code } of unsigned) {
  test(`W42 ${title}: ${code}`, async (t) => {
    const { raw } = await startLoopback(t);
    const { body } = await raw({ path: path ?? '/', headers: headers ?? {} });
    assert.match(body, new RegExp(`<Code>${code}</Code>`, 'u'));
  });
}

/** A presigned GET made by hand, so that each of its parts can be wrong. */
function presigned(keys: Keys, change: Record<string, string> = {}, nowMs = Date.now()): string {
  const amzDate = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/gu, '');
  const scope = { date: amzDate.slice(0, 8), region: 'us-east-1', service: 's3' };
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${keys.accessKeyId}/${scope.date}/us-east-1/s3/aws4_request`,
    'X-Amz-Date': amzDate,
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host',
    ...change,
  });
  const canonical = canonicalRequest({
    method: 'GET',
    path: `/${Bucket}/a`,
    query: query.toString(),
    headers: { host: 's3.localhost' },
    signedHeaders: ['host'],
    payloadHash: 'UNSIGNED-PAYLOAD',
  });
  query.set(
    'X-Amz-Signature',
    signatureOf(signingKey(keys.secretAccessKey, scope), stringToSign(canonical, amzDate, scope)),
  );
  return `/${Bucket}/a?${query.toString()}`;
}

const urls: readonly { title: string; change?: Record<string, string>; ageMs?: number; expected: string }[] = [
  { title: 'as it should be', expected: '200' },
  { title: 'expired', ageMs: 61_000, expected: '403 AccessDenied' },
  { title: 'not yet valid', ageMs: -16 * 60_000, expected: '403 AccessDenied' },
  {
    title: 'living too long',
    change: { 'X-Amz-Expires': '604801' },
    expected: '400 AuthorizationQueryParametersError',
  },
  { title: 'living no time', change: { 'X-Amz-Expires': '0' }, expected: '400 AuthorizationQueryParametersError' },
  {
    title: 'of another algorithm',
    change: { 'X-Amz-Algorithm': 'X' },
    expected: '400 AuthorizationQueryParametersError',
  },
  { title: 'without a date', change: { 'X-Amz-Date': 'now' }, expected: '400 AuthorizationQueryParametersError' },
  { title: 'without a key', change: { 'X-Amz-Credential': 'x' }, expected: '400 AuthorizationQueryParametersError' },
  {
    title: 'of a session',
    change: { 'X-Amz-Security-Token': 'x' },
    expected: '400 InvalidToken',
  },
];

for (const { title, change, ageMs = 0, expected } of urls) {
  test(`W42 a presigned URL ${title}: ${expected}`, async (t) => {
    const { emulator, s3, raw } = await startLoopback(t);
    await s3().send(new CreateBucketCommand({ Bucket }));
    await s3().send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }));
    const path = presigned(emulator.account, change, Date.now() - ageMs);
    assert.equal(codeOf(await raw({ path, host: 's3.localhost' })), expected);
  });
}

test('W42 a presigned URL with a changed signature: SignatureDoesNotMatch', async (t) => {
  const { emulator, raw } = await startLoopback(t);
  const path = presigned({ ...emulator.account, secretAccessKey: 'x' });
  assert.match((await raw({ path, host: 's3.localhost' })).body, /<Code>SignatureDoesNotMatch</u);
});

/** The headers of a signed PUT with any word in the place of the payload's hash; `undefined`: without that header. */
function signedHeaders(keys: Keys, path: string, payloadHash: string | undefined): Record<string, string> {
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/gu, '');
  const scope = { date: amzDate.slice(0, 8), region: 'us-east-1', service: 's3' };
  const hash = payloadHash === undefined ? {} : { 'x-amz-content-sha256': payloadHash };
  const headers = { host: 's3.localhost', ...hash, 'x-amz-date': amzDate };
  const names = Object.keys(headers);
  const request = { method: 'PUT', path, query: '', headers, signedHeaders: names, payloadHash: payloadHash ?? '' };
  const signature = signatureOf(
    signingKey(keys.secretAccessKey, scope),
    stringToSign(canonicalRequest(request), amzDate, scope),
  );
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scopeText(scope)}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}

for (const { title, hash, expected } of [
  { title: 'its own hash', hash: sha256Hex('x'), expected: '200' },
  { title: 'UNSIGNED-PAYLOAD', hash: 'UNSIGNED-PAYLOAD', expected: '200' },
  { title: 'the hash of something else', hash: sha256Hex('y'), expected: '400 XAmzContentSHA256Mismatch' },
  { title: 'a word that is no hash', hash: 'abc', expected: '400 InvalidArgument' },
  { title: 'no hash at all', hash: undefined, expected: '400 InvalidRequest' },
]) {
  test(`W42 a signed body with ${title}: ${expected}`, async (t) => {
    const { emulator, s3, raw } = await startLoopback(t);
    await s3().send(new CreateBucketCommand({ Bucket }));
    const path = `/${Bucket}/k`;
    const headers = signedHeaders(emulator.account, path, hash);
    assert.equal(codeOf(await raw({ method: 'PUT', path, headers, body: 'x' })), expected);
    assert.equal(emulator.state.buckets.get(Bucket)?.objects.size, expected === '200' ? 1 : 0);
  });
}

test('W42 whatever the key and the prefix, the signature of the SDK is ours', async (t) => {
  const { s3 } = await startLoopback(t);
  const client = s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  // What HTTP cannot carry in a path is left out: a client would drop dot segments before it signs.
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !/^\.+$/u.test(text));
  const keys = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const plain = keys.filter((key) => !/(?:^|\/)\.{1,2}(?:\/|$)|^\/|\/\//u.test(key) && key.isWellFormed());
  await fc.assert(
    fc.asyncProperty(plain, async (Key) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
      const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, EncodingType: 'url' }));
      const got = await client.send(new GetObjectCommand({ Bucket, Key }));
      assert.equal(await got.Body?.transformToString(), Key);
      assert.ok(listed.Contents?.some((item) => decodeURIComponent(item.Key ?? '') === Key));
    }),
    { numRuns: 100, seed: 4 },
  );
});

test('W20 W37 a presigned URL has the rights of its user, and of its session', async (t) => {
  const loopback = await startLoopback(t);
  loopback.emulator.console.createBucket({ name: Bucket });
  loopback.emulator.console.putObject(Bucket, 'a', 'x');
  const get = async (keys: Keys, change: Record<string, string> = {}) =>
    codeOf(await loopback.raw({ path: presigned(keys, change), host: 's3.localhost' }));
  const ann = await createUser(loopback, 'ann', allow('s3:GetObject'));
  const bob = await createUser(loopback, 'bob', allow('s3:PutObject'));
  assert.deepEqual([await get(ann.keys), await get(bob.keys)], ['200', '403 AccessDenied']);
  const { Credentials } = await loopback.sts(ann).send(new GetSessionTokenCommand({}));
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  const keys = { ...loopback.emulator.account, accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
  assert.equal(await get(keys, { 'X-Amz-Security-Token': SessionToken }), '200');
  assert.equal(await get(keys), '403 InvalidAccessKeyId');
});
