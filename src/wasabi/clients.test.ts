import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { CreateAccessKeyCommand, GetUserCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { FakeClock, settle, waitFor } from '../../test/support/fake-clock.ts';
import { systemClock } from '../runtime/clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { LoopShare } from '../runtime/loop-share.ts';
import type { Priority } from '../runtime/priority.ts';
import { Turn } from '../runtime/turn.ts';
import type { CallRecord } from './caller.ts';
import type { ClientOptions } from './clients.ts';
import { faultCodeOf, faultFactsOf } from './service-fault.ts';
import {
  type Answer,
  clientOptions,
  emptyAnswer,
  poolFor,
  startLoopback,
  TEST_CREDENTIALS,
} from './testing/loopback.ts';

const signal = new AbortController().signal;
const tagging = () => new GetBucketTaggingCommand({ Bucket: 'b' });
const putTagging = () => new PutBucketTaggingCommand({ Bucket: 'b', Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } });

function errorXml(code: string, shape: 'Error' | 'ErrorResponse' = 'Error'): string {
  const error = `<Error><Code>${code}</Code><Message>canary text</Message></Error>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${shape === 'Error' ? error : `<ErrorResponse>${error}<RequestId>REQ1</RequestId></ErrorResponse>`}`;
}

test('an output of the SDK, typed by the command', async (t) => {
  const server = await startLoopback(t, () => ({
    status: 200,
    body: '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
  }));
  const client = poolFor(server).client(clientOptions(server));
  const output = await client.s3(tagging(), { signal });
  assert.deepEqual(output.TagSet, [{ Key: 'a', Value: 'b' }]);
});

test('each attempt asks for its part of the event loop, as urgent as its pass is by then', async (t) => {
  const asked: Priority[] = [];
  class HeardShare extends LoopShare {
    override enter(priority: Priority): Promise<void> | undefined {
      asked.push(priority);
      return super.enter(priority);
    }
  }
  const server = await startLoopback(t, (request) => ({ status: 200, body: emptyAnswer(request) }));
  const turn = new Turn(systemClock, 'resync', new HeardShare());
  const client = poolFor(server).client({ ...clientOptions(server), turn });
  await client.s3(tagging(), { signal });
  turn.raise('user');
  await client.s3(tagging(), { signal });
  assert.deepEqual(asked, ['resync', 'user']);
});

test('absent: the named codes answer undefined, in both shapes of errors and from every service', async (t) => {
  for (const shape of ['Error', 'ErrorResponse'] as const) {
    const server = await startLoopback(t, (request) => ({
      status: 404,
      body: errorXml(request.body.includes('GetUser') ? 'NoSuchEntityException' : 'NoSuchTagSet', shape),
    }));
    const client = poolFor(server).client(clientOptions(server));
    assert.equal(await client.s3(tagging(), { signal, absent: ['NoSuchTagSet'] }), undefined);
    assert.equal(
      await client.iam(new GetUserCommand({ UserName: 'u' }), { signal, absent: ['NoSuchEntity'] }),
      undefined,
    );
    await assert.rejects(client.s3(tagging(), { signal, absent: ['NoSuchBucket'] }), { reason: 'NotFound' });
  }
});

test('absent: a 404 without the service’s own code is an error, a HEAD has no body to hold one', async (t) => {
  const server = await startLoopback(t, () => ({ status: 404, body: '<html><body>Not here</body></html>' }));
  const client = poolFor(server).client(clientOptions(server));
  await assert.rejects(client.s3(tagging(), { signal, absent: ['NoSuchTagSet', 'NotFound', ''] }), {
    reason: 'UnexpectedAnswer',
  });
  assert.equal(await client.s3(new HeadBucketCommand({ Bucket: 'b' }), { signal, absent: ['NotFound'] }), undefined);
});

test('the request: host and signature of the bucket’s region, our User-Agent, Content-MD5 and no CRC', async (t) => {
  const server = await startLoopback(t, () => ({ status: 200 }));
  const client = poolFor(server).client(clientOptions(server));
  await client.s3(putTagging(), { signal, region: 'eu-central-1' });
  const { headers, body, url } = server.requests[0] ?? assert.fail('no request came');
  assert.equal(headers.host, server.host.replace('us-east-1', 'eu-central-1'));
  assert.match(headers.authorization ?? '', /\/eu-central-1\/s3\/aws4_request/);
  assert.equal(headers['user-agent'], 'wasabi-s3-operator/0.0.0-test');
  assert.equal(headers['content-md5'], createHash('md5').update(body).digest('base64'));
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.includes('checksum')),
    [],
  );
  assert.equal(headers.expect, undefined);
  assert.equal(url, '/b/?tagging=');
});

test('every call with an XML body carries Content-MD5; it can be switched off', async (t) => {
  const server = await startLoopback(t, () => ({ status: 200, body: '<DeleteResult/>' }));
  const client = poolFor(server).client(clientOptions(server));
  await client.s3(new DeleteObjectsCommand({ Bucket: 'b', Delete: { Objects: [{ Key: 'k' }] } }), { signal });
  const rules = [{ ID: 'a', Status: 'Enabled' as const, Filter: {}, Expiration: { Days: 1 } }];
  await client.s3(
    new PutBucketLifecycleConfigurationCommand({ Bucket: 'b', LifecycleConfiguration: { Rules: rules } }),
    { signal },
  );
  const plain = poolFor(server, { contentMd5: false }).client(clientOptions(server));
  await plain.s3(putTagging(), { signal });
  const seen = server.requests.map(({ headers }) => [
    headers['content-md5'] !== undefined,
    headers['x-amz-checksum-crc32'] !== undefined,
  ]);
  assert.deepEqual(seen, [
    [true, false],
    [true, false],
    [false, true],
  ]);
});

test('CreateBucket names its region, except in us-east-1', async (t) => {
  const server = await startLoopback(t, () => ({ status: 200 }));
  const client = poolFor(server).client(clientOptions(server));
  await client.s3(new CreateBucketCommand({ Bucket: 'b' }), { signal, region: 'eu-west-1' });
  await client.s3(new CreateBucketCommand({ Bucket: 'b' }), { signal });
  assert.match(server.requests[0]?.body ?? '', /<LocationConstraint>eu-west-1</);
  assert.equal(server.requests[1]?.body, '');
});

test('further headers and query parameters are signed and sent', async (t) => {
  const server = await startLoopback(t, () => ({ status: 204 }));
  const client = poolFor(server).client(clientOptions(server));
  await client.s3(new DeleteBucketCommand({ Bucket: 'b' }), {
    signal,
    query: { force_delete: 'true' },
    headers: { 'x-amz-mfa': '1 2' },
  });
  const { url, headers } = server.requests[0] ?? assert.fail('no request came');
  assert.equal(url, '/b/?force_delete=true');
  assert.match(headers.authorization ?? '', /SignedHeaders=[^,]*x-amz-mfa/);
});

test('IAM and STS are signed for their own service and region; answers that are no XML pass', async (t) => {
  const server = await startLoopback(t, (request) => ({
    status: 200,
    body: request.url.includes('policy') ? '{"Version":"2012-10-17"}' : emptyAnswer(request),
  }));
  const client = poolFor(server).client(clientOptions(server));
  await client.iam(new GetUserCommand({}), { signal });
  await client.sts(new GetCallerIdentityCommand({}), { signal });
  assert.match(server.requests[0]?.headers.authorization ?? '', /\/us-east-1\/iam\/aws4_request/);
  assert.match(server.requests[1]?.headers.authorization ?? '', /\/us-east-1\/sts\/aws4_request/);
  assert.equal(
    (await client.s3(new GetBucketPolicyCommand({ Bucket: 'b' }), { signal })).Policy,
    '{"Version":"2012-10-17"}',
  );
});

test('no STS endpoint: Unsupported, and nothing is called', async (t) => {
  const server = await startLoopback(t, () => ({ status: 200 }));
  const client = poolFor(server).client(clientOptions(server, { stsEndpoint: undefined }));
  await assert.rejects(client.sts(new GetCallerIdentityCommand({}), { signal }), { type: 'Unsupported' });
  assert.equal(server.requests.length, 0);
});

test('a session token is sent', async (t) => {
  const server = await startLoopback(t, (request) => ({ status: 200, body: emptyAnswer(request) }));
  const options = clientOptions(server);
  const credentials = { ...TEST_CREDENTIALS, sessionToken: TEST_CREDENTIALS.secretAccessKey };
  await poolFor(server)
    .client({ ...options, credentials })
    .s3(new ListBucketsCommand({}), { signal });
  assert.equal(server.requests[0]?.headers['x-amz-security-token'], TEST_CREDENTIALS.secretAccessKey.reveal());
});

const failing: readonly [title: string, answers: readonly Answer[], attempts: number, ends: string][] = [
  ['a 500 and then success', [{ status: 500, body: errorXml('InternalError') }, { status: 200 }], 2, 'ok'],
  ['SlowDown three times', [{ status: 503, body: errorXml('SlowDown') }], 3, 'Throttled'],
  ['an error document with status 200', [{ status: 200, body: errorXml('InternalError') }, { status: 200 }], 2, 'ok'],
  ['a connection that is cut', ['destroy', { status: 200 }], 2, 'ok'],
  ['AccessDenied', [{ status: 403, body: errorXml('AccessDenied') }], 1, 'AccessDenied'],
  ['a lock-out', [{ status: 403, body: errorXml('AuthenticationLockout') }], 1, 'AuthenticationLockout'],
  [
    'a Retry-After of 30 s',
    [{ status: 503, body: errorXml('SlowDown'), headers: { 'retry-after': '30' } }],
    1,
    'Throttled',
  ],
  [
    'a 503 of a proxy with a Retry-After',
    [{ status: 503, body: '<html>', headers: { 'retry-after': '30' } }],
    1,
    'ServiceFailed',
  ],
];
for (const [title, answers, attempts, ends] of failing) {
  test(`attempts: ${title}`, async (t) => {
    const server = await startLoopback(t, (_request, number) => answers[number - 1] ?? answers.at(-1) ?? 'destroy');
    const client = poolFor(server).client(clientOptions(server));
    const result = await client.s3(putTagging(), { signal }).then(
      () => 'ok',
      (error: unknown) => error instanceof ReconcileError && error.reason,
    );
    assert.deepEqual([result, server.requests.length], [ends, attempts]);
  });
}

test('a Retry-After of one call keeps every client of the account from calling, and says until when', async (t) => {
  const server = await startLoopback(t, () => ({ status: 429, headers: { 'retry-after': '30' } }));
  const pool = poolFor(server);
  const options = clientOptions(server);
  await assert.rejects(pool.client(options).s3(tagging(), { signal }), { type: 'Throttled', retryAfterMs: 30_000 });
  const other = pool.client({ ...options, cacheKey: 'other-provider/1', namespace: 'team-b' });
  await assert.rejects(other.iam(new GetUserCommand({}), { signal }), (error: unknown) => {
    return error instanceof ReconcileError && error.type === 'Throttled' && (error.retryAfterMs ?? 0) > 29_000;
  });
  assert.equal(server.requests.length, 1);
});

test('a create that must not happen twice is not repeated after a lost answer, but after a refusal', async (t) => {
  const answers: Answer[] = [{ status: 503, body: errorXml('SlowDown') }, 'destroy', { status: 200 }];
  const server = await startLoopback(t, (_request, number) => answers[number - 1] ?? 'destroy');
  const client = poolFor(server).client(clientOptions(server));
  const minting = client.iam(new CreateAccessKeyCommand({ UserName: 'u' }), { signal, isRepeatable: false });
  await assert.rejects(minting, { type: 'Transient', reason: 'ConnectionLost' });
  assert.equal(server.requests.length, 2);
});

test('a server that never answers ends the attempt at the time limit', async (t) => {
  const clock = new FakeClock();
  const server = await startLoopback(t, () => 'hang');
  const client = poolFor(server, { clock }).client(clientOptions(server, { maxAttempts: 1, timeoutMs: 10_000 }));
  const call = client.s3(tagging(), { signal });
  const failure = assert.rejects(call, { type: 'Transient', reason: 'Timeout' });
  await waitFor('the request is there', () => server.requests.length === 1);
  await clock.advanceAsync(9_999);
  await settle();
  await clock.advanceAsync(1);
  await failure;
});

test('a caller that gives up is not kept waiting for an answer', async (t) => {
  const server = await startLoopback(t, () => 'hang');
  const controller = new AbortController();
  const call = poolFor(server).client(clientOptions(server)).s3(tagging(), { signal: controller.signal });
  await waitFor('the request is there', () => server.requests.length === 1);
  controller.abort();
  await assert.rejects(call, { type: 'Transient', reason: 'Cancelled' });
});

test('requests are signed by our clock; when the service refuses the time, once more by the service’s', async (t) => {
  const clock = new FakeClock(Date.UTC(2031, 4, 6, 7, 8, 9));
  const serverTime = Date.UTC(2031, 4, 6, 9, 0, 0);
  const server = await startLoopback(t, (_request, number) => ({
    status: number === 1 ? 403 : 200,
    headers: { date: new Date(serverTime).toUTCString() },
    body: number === 1 ? errorXml('RequestTimeTooSkewed') : '',
  }));
  const client = poolFor(server, { clock }).client(clientOptions(server));
  await client.s3(putTagging(), { signal });
  await client.s3(putTagging(), { signal });
  const dates = server.requests.map(({ headers }) => headers['x-amz-date']);
  assert.deepEqual(dates, ['20310506T070809Z', '20310506T090000Z', '20310506T090000Z']);
  assert.equal(client.clockOffsetMs(), serverTime - clock.now());
});

test('clients of a Provider are kept while they are used; those of keys that are tried, only for the latest few', async (t) => {
  const clock = new FakeClock();
  const ahead = () => new Date(clock.now() + 60_000).toUTCString();
  const server = await startLoopback(t, () => ({ status: 200, headers: { date: ahead() } }));
  const pool = poolFor(server, { clock });
  const clientOf = (more: Partial<ClientOptions>) => pool.client({ ...clientOptions(server), ...more });
  // What was learnt of the clock is kept with the client.
  const isKept = (more: Partial<ClientOptions>) => clientOf(more).clockOffsetMs() > 0;
  const [own, key] = [{}, { keyVersion: 'first' }];
  for (const more of [own, key]) await clientOf(more).s3(putTagging(), { signal });
  assert.deepEqual([isKept(own), isKept(key)], [true, true]);
  for (let other = 0; other < 100; other += 1) clientOf({ keyVersion: `other-${other}` });
  assert.deepEqual([isKept(own), isKept(key)], [true, false]);
  clock.advance(3_599_000);
  assert.equal(isKept(own), true);
  clock.advance(3_599_000);
  assert.equal(isKept(own), true, 'it was used in between');
  clock.advance(3_601_000);
  clientOf({ cacheKey: 'another Provider' });
  assert.equal(isKept(own), false);
});

test('a service that refuses every time ends in ClockSkew after one more attempt', async (t) => {
  const server = await startLoopback(t, () => ({ status: 403, body: errorXml('RequestTimeTooSkewed') }));
  const call = poolFor(server).client(clientOptions(server)).s3(tagging(), { signal });
  await assert.rejects(call, { type: 'Transient', reason: 'ClockSkew' });
  assert.equal(server.requests.length, 2);
});

test('every attempt is observed', async (t) => {
  const server = await startLoopback(t, (_request, number) =>
    number === 1 ? { status: 500, body: errorXml('InternalError') } : { status: 204 },
  );
  const calls: CallRecord[] = [];
  const observer = { onCall: (record: CallRecord) => calls.push(record), onRateLimited: () => {}, onWaited: () => {} };
  await poolFor(server, { observer }).client(clientOptions(server)).s3(putTagging(), { signal });
  assert.deepEqual(
    calls.map(({ durationMs, ...rest }) => ({ ...rest, isMeasured: durationMs >= 0 })),
    [
      {
        service: 's3',
        operation: 'PutBucketTagging',
        account: clientOptions(server).accountId,
        status: 500,
        code: 'InternalError',
        attempt: 1,
        isMeasured: true,
      },
      {
        service: 's3',
        operation: 'PutBucketTagging',
        account: clientOptions(server).accountId,
        status: 204,
        code: '',
        attempt: 2,
        isMeasured: true,
      },
    ],
  );
});

test('nothing of what the service writes is in the error, and no credential is in anything that is thrown', async (t) => {
  const server = await startLoopback(t, () => ({ status: 400, body: errorXml('InvalidArgument', 'ErrorResponse') }));
  const error: unknown = await poolFor(server)
    .client(clientOptions(server))
    .s3(putTagging(), { signal })
    .catch((thrown: unknown) => thrown);
  const { inspect } = await import('node:util');
  const text = inspect(error, { depth: 20, showHidden: true });
  assert.equal(faultCodeOf(error), 'InvalidArgument');
  assert.equal(faultFactsOf(error)?.requestId, 'REQ1');
  assert.ok(!text.includes('canary'), text);
});

test('clients of one identity share their SDK clients; another version of the Secret makes new ones', async (t) => {
  const server = await startLoopback(t, () => ({ status: 200, body: '<LocationConstraint/>' }));
  const pool = poolFor(server, { clock: systemClock });
  const options = clientOptions(server);
  const call = (changes: object) =>
    pool.client({ ...options, ...changes }).s3(new GetBucketLocationCommand({ Bucket: 'b' }), { signal });
  await call({});
  await call({ credentials: { ...TEST_CREDENTIALS, accessKeyId: 'ROTATED0000000000001' }, cacheKey: 'provider-uid/2' });
  const keys = server.requests.map(({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1]);
  assert.deepEqual(keys, ['TESTKEY0000000000001', 'ROTATED0000000000001']);
});
