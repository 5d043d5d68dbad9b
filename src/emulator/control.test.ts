import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateAccessKeyCommand, CreateUserCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts';
import type { LoggedCall } from './call-log.ts';
import { assertDescribed, type ControlDescription } from './testing/control-description.ts';
import { type Loopback, type RawRequestOptions, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'control-bucket';

/** One request to the control endpoint, its answer read and held against the description. */
async function steer(loopback: Loopback, path: string, options: RawRequestOptions = {}) {
  const { status, body } = await loopback.raw({ path: `/_emulator/${path}`, ...options });
  const answer = { status, body: JSON.parse(body) as unknown };
  const description = await loopback.raw({ path: '/_emulator/openapi.json' });
  assertDescribed(JSON.parse(description.body) as ControlDescription, { method: options.method, path }, answer);
  return answer;
}

const post = (body: unknown): RawRequestOptions => ({ method: 'POST', body: JSON.stringify(body) });

test('W51 faults are armed, listed and taken away by HTTP', async (t) => {
  const loopback = await startLoopback(t);
  const rule = { operation: 'CreateBucket', count: 2, effect: { type: 'error', status: 503, code: 'SlowDown' } };
  assert.deepEqual(await steer(loopback, 'faults', post(rule)), { status: 201, body: { id: 1 } });
  assert.deepEqual(await steer(loopback, 'faults'), { status: 200, body: [{ id: 1, rule, left: 2 }] });
  const create = () => loopback.s3().send(new CreateBucketCommand({ Bucket }));
  assert.equal(await refusal(create()), '503 SlowDown');
  assert.deepEqual(await steer(loopback, 'faults?id=1', { method: 'DELETE' }), { status: 200, body: [] });
  await create();
  await steer(loopback, 'faults', post({ effect: { type: 'throttle' } }));
  await steer(loopback, 'faults', { method: 'DELETE' });
  await loopback.s3().send(new ListBucketsCommand({}));
});

for (const effect of [
  { type: 'latency', ms: 1 },
  { type: 'hang', when: 'after' },
  { type: 'reset', when: 'before' },
  { type: 'reset', when: 'body' },
  { type: 'throttle', retryAfterSeconds: 1 },
]) {
  test(`W51 the effect ${JSON.stringify(effect)} comes through as it was sent`, async (t) => {
    const loopback = await startLoopback(t);
    assert.equal((await steer(loopback, 'faults', post({ effect }))).status, 201);
    assert.deepEqual(loopback.emulator.faults.hit(anyCall), [effect]);
  });
}
const anyCall = {
  service: 's3',
  operation: '',
  bucket: undefined,
  key: undefined,
  userName: undefined,
  policy: undefined,
  accessKeyId: undefined,
  isRead: true,
} as const;

test('W51 the clock is moved ahead, and keys, sessions and answers follow it (W34, W37)', async (t) => {
  const loopback = await startLoopback(t, { propagation: { keysMs: 60_000 } });
  const move = (advanceMs: unknown) => steer(loopback, 'clock', post({ advanceMs }));
  const before = Date.now();
  const { Credentials } = await loopback.sts().send(new GetSessionTokenCommand({ DurationSeconds: 3600 }));
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '', SessionToken } = Credentials ?? {};
  const session = loopback.s3({ keys: { accessKeyId, secretAccessKey, sessionToken: SessionToken ?? '' } });
  await loopback.iam().send(new CreateUserCommand({ UserName: 'new' }));
  const { AccessKey } = await loopback.iam().send(new CreateAccessKeyCommand({ UserName: 'new' }));
  const keys = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  const user = loopback.sts({ keys });
  assert.equal(await refusal(user.send(new GetCallerIdentityCommand({}))), '403 InvalidAccessKeyId');
  await session.send(new ListBucketsCommand({}));

  const { status, body } = await move(3_600_000);
  const { now, advancedMs } = Object(body) as { now: string; advancedMs: number };
  assert.deepEqual([status, advancedMs], [200, 3_600_000]);
  assert.ok(Date.parse(now) >= before + 3_600_000);
  await user.send(new GetCallerIdentityCommand({}));
  assert.equal(await refusal(session.send(new ListBucketsCommand({}))), '400 ExpiredToken');
  // Signed by the machine's clock, and by what the answer before told: both are right.
  const fresh = await signedRequest(loopback.emulator, {});
  assert.equal(fresh.status, 200);
  const told = Date.parse(String(fresh.headers['date']));
  assert.ok(Math.abs(told - Date.parse(now)) < 60_000, 'the date of answers is the time of the service');
  for (const wrong of [-1, '5', undefined, 1e15]) assert.equal((await move(wrong)).status, 400, String(wrong));
});

test('W51 the log is read from a number on, and holds no call of the control endpoint', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.s3();
  await client.send(new ListBucketsCommand({}));
  await client.send(new CreateBucketCommand({ Bucket }));
  const operations = async (query: string) => {
    const { body } = await steer(loopback, `calls${query}`);
    return (body as LoggedCall[]).map(({ operation }) => operation);
  };
  assert.deepEqual(await operations(''), ['ListBuckets', 'CreateBucket']);
  assert.deepEqual(await operations('?since=1'), ['CreateBucket']);
});

test('W51 the state tells of buckets and accounts, and of no secret', async (t) => {
  const loopback = await startLoopback(t);
  await loopback.s3().send(new CreateBucketCommand({ Bucket }));
  const { body } = await loopback.raw({ path: '/_emulator/state' });
  assert.deepEqual(JSON.parse(body), loopback.emulator.snapshot());
  assert.match(body, new RegExp(Bucket));
  assert.doesNotMatch(body, new RegExp(loopback.emulator.account.secretAccessKey));
});

test('W54 another account is made by HTTP and calls at once, seeing nothing of the first', async (t) => {
  const loopback = await startLoopback(t);
  await loopback.s3().send(new CreateBucketCommand({ Bucket }));
  const { status, body } = await steer(loopback, 'accounts', post({ accountId: '100000000099', name: 'other' }));
  assert.equal(status, 201);
  const keys = body as { accessKeyId: string; secretAccessKey: string };
  assert.match(keys.accessKeyId, /^[A-Z0-9]{20}$/);
  assert.equal(keys.secretAccessKey.length, 40);
  const { Buckets, Owner } = await loopback.s3({ keys }).send(new ListBucketsCommand({}));
  assert.deepEqual([Buckets, Owner], [[], { ID: '100000000099', DisplayName: 'other' }]);
});

test('W51 the latency of every call is set while it runs', async (t) => {
  const loopback = await startLoopback(t);
  assert.deepEqual(await steer(loopback, 'latency', post({ ms: 5 })), { status: 200, body: { ms: 5 } });
  assert.equal(loopback.emulator.latency.ms, 5);
  await loopback.s3().send(new ListBucketsCommand({}));
});

const refused: readonly { path: string; options?: RawRequestOptions; status?: number; error: RegExp }[] = [
  { path: 'nothing', status: 404, error: /^GET nothing: there are GET calls, GET faults, POST faults/ },
  { path: 'calls?since=yesterday', error: /^since: "yesterday" must be a whole number$/ },
  { path: 'faults?id=x', options: { method: 'DELETE' }, error: /^id: "x" must be a whole number$/ },
  { path: 'faults?ide=1', options: { method: 'DELETE' }, error: /^ide: there is only id$/ },
  { path: 'state?since=1', error: /^since: there is no parameter$/ },
  {
    path: 'faults',
    options: post({ operation: 'ListBuckts', effect: { type: 'hang' } }),
    error: /^operation: "ListBuckts" must be the name of an operation, .*; did you mean ListBuckets/,
  },
  { path: 'faults', options: post({}), error: /^effect: undefined must be an object with a type of error, throttle/ },
  { path: 'faults', options: post({ effect: { type: 'fire' } }), error: /^effect.type: "fire" must be one of/ },
  {
    path: 'faults',
    options: post({ effect: { type: 'hang' }, count: 'x' }),
    error: /^count: "x" must be a whole number/,
  },
  { path: 'faults', options: post([]), error: /^the body: \[\] must be an object$/ },
  { path: 'faults', options: { method: 'POST', body: '{' }, error: /JSON/ },
  { path: 'accounts', options: post({ accountId: '1' }), error: /^accountId: "1" is not 12 digits$/ },
  { path: 'accounts', options: post({ accessKeyId: 5 }), error: /^accessKeyId: 5 must be text$/ },
  { path: 'accounts', options: post({ accessKeyId: 'a/b' }), error: /^accessKeyId: "a\/b" is no key id$/ },
  { path: 'accounts', options: post({ id: 'x' }), error: /^id: an account has only accountId/ },
  { path: 'latency', options: post({ ms: -1 }), error: /^ms: -1 must be a number from 0 to 600000$/ },
  {
    path: 'state',
    options: { headers: { origin: 'http://page' } },
    status: 403,
    error: /only programs on this machine/,
  },
  { path: 'state', options: { host: 'rebound.example' }, status: 403, error: /only programs on this machine/ },
];

test('W51 what cannot be done is refused by name', async (t) => {
  const loopback = await startLoopback(t);
  for (const { path, options, status = 400, error } of refused) {
    const answer = await steer(loopback, path, options);
    assert.equal(answer.status, status, path);
    assert.match((answer.body as { error: string }).error, error);
  }
  assert.deepEqual(loopback.emulator.faults.list(), []);
  assert.equal(loopback.emulator.state.accounts.size, 1);
});

test('W54 an account id or key id is given once', async (t) => {
  const { emulator } = await startLoopback(t);
  const { accountId, accessKeyId } = emulator.account;
  assert.throws(() => emulator.createAccount({ accountId }), /is taken/);
  assert.throws(() => emulator.createAccount({ accessKeyId }), /is taken/);
  assert.equal(emulator.state.accounts.size, 1);
});
