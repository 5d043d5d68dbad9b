import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { FakeClock, waitFor } from '../../test/support/fake-clock.ts';
import { systemClock } from '../runtime/clock.ts';
import { CallLog, type LoggedCall } from './call-log.ts';
import type { FaultEffect, FaultRule } from './fault-schema.ts';
import { Faults } from './faults.ts';
import type { Emulator } from './server.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';

const Bucket = 'fault-bucket';
const create = () => new CreateBucketCommand({ Bucket });
const list = () => new ListBucketsCommand({});

function lastCall(emulator: Emulator): Pick<LoggedCall, 'operation' | 'status' | 'code'> {
  const call = emulator.calls.at(-1);
  assert.ok(call);
  return { operation: call.operation, status: call.status, code: call.code };
}

/** What the client saw of a call that was not answered. */
async function failure(call: Promise<unknown>): Promise<string> {
  const thrown: unknown = await call.then(
    () => 'an answer',
    (error: unknown) => error,
  );
  return thrown instanceof Error ? `${thrown.name} ${thrown.message}` : String(thrown);
}

const errors: readonly { title: string; effect: FaultEffect; expected: string; retryAfter?: string }[] = [
  { title: 'Unavailable', effect: { type: 'error', status: 503, code: 'Unavailable' }, expected: '503 Unavailable' },
  {
    title: 'a rate limit with 403 and Retry-After',
    effect: { type: 'error', status: 403, code: 'RequestRateLimitExceeded', retryAfterSeconds: 7 },
    expected: '403 RequestRateLimitExceeded',
    retryAfter: '7',
  },
  {
    title: 'a rate limit with 400',
    effect: { type: 'error', status: 400, code: 'RequestRateLimitExceeded' },
    expected: '400 RequestRateLimitExceeded',
  },
  {
    title: 'a rate limit with 429',
    effect: { type: 'error', status: 429, code: 'TooManyRequests', retryAfterSeconds: 60 },
    expected: '429 TooManyRequests',
    retryAfter: '60',
  },
  {
    title: 'a lockout',
    effect: { type: 'error', status: 403, code: 'AuthenticationLockout' },
    expected: '403 AuthenticationLockout',
  },
  { title: 'a throttled call', effect: { type: 'throttle' }, expected: '503 SlowDown' },
  {
    title: 'a throttled call with Retry-After',
    effect: { type: 'throttle', retryAfterSeconds: 3 },
    expected: '503 SlowDown',
    retryAfter: '3',
  },
];

for (const { title, effect, expected, retryAfter } of errors) {
  test(`W39 ${title} takes the place of the call, at S3 and STS`, async (t) => {
    const loopback = await startLoopback(t);
    const { emulator } = loopback;
    emulator.faults.add({ count: 3, effect });
    assert.equal(await refusal(loopback.s3().send(create())), expected);
    assert.equal(await refusal(loopback.sts().send(new GetCallerIdentityCommand({}))), expected);
    const raw = await loopback.raw({});
    assert.equal(raw.headers['retry-after'], retryAfter);
    assert.equal(emulator.state.buckets.size, 0);
    await loopback.s3().send(create());
  });
}

test('W50 a reset before the call has no effect', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  emulator.faults.add({ count: 1, effect: { type: 'reset', when: 'before' } });
  assert.match(await failure(loopback.s3().send(create())), /ECONNRESET|socket hang up/);
  assert.equal(emulator.state.buckets.size, 0);
  assert.deepEqual(lastCall(emulator), { operation: 'CreateBucket', status: 0, code: 'Reset' });
});

test('W50 a reset after the call has its effect, and the answer is lost', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  emulator.faults.add({ count: 1, effect: { type: 'reset', when: 'after' } });
  assert.match(await failure(loopback.s3().send(create())), /ECONNRESET|socket hang up/);
  assert.equal(emulator.state.buckets.has(Bucket), true);
  assert.deepEqual(lastCall(emulator), { operation: 'CreateBucket', status: 0, code: 'ResetAfterEffect' });
});

test('W50 a reset within the body lets the client begin to read', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.s3();
  await client.send(create());
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x'.repeat(1000) }));
  loopback.emulator.faults.add({ count: 1, effect: { type: 'reset', when: 'body' } });
  const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(ContentLength, 1000);
  assert.ok(Body);
  assert.match(await failure(Body.transformToString()), /aborted|ECONNRESET/);
});

for (const when of ['before', 'after'] as const) {
  test(`W50 a hang ${when} the effect answers nothing until the client gives up`, async (t) => {
    const loopback = await startLoopback(t);
    const { emulator } = loopback;
    const id = emulator.faults.add({ count: 1, effect: { type: 'hang', when } });
    const abort = new AbortController();
    const call = failure(loopback.s3().send(create(), { abortSignal: abort.signal }));
    await emulator.faults.whenHit(id);
    abort.abort();
    assert.match(await call, /AbortError/);
    assert.equal(emulator.state.buckets.size, when === 'after' ? 1 : 0);
    const code = when === 'after' ? 'HangAfterEffect' : 'Hang';
    assert.deepEqual(lastCall(emulator), { operation: 'CreateBucket', status: -1, code });
    await emulator.faults.whenHit(id); // had been hit already
  });
}

test('W50 latencies add up and come before an error', async (t) => {
  const fake = new FakeClock();
  const clock = { ...systemClock, setTimer: (ms: number, then: () => void) => fake.setTimer(ms, then) };
  const { emulator, s3 } = await startLoopback(t, { clock, latencyMs: 100 });
  emulator.faults.add({ effect: { type: 'latency', ms: 400 } });
  const id = emulator.faults.add({ effect: { type: 'error', status: 500, code: 'InternalError' } });
  const call = refusal(s3().send(create()));
  await emulator.faults.whenHit(id);
  fake.advance(499);
  assert.equal(emulator.calls.length, 0);
  fake.advance(1);
  assert.equal(await call, '500 InternalError');
});

test('W50 stopping ends what still waits', async (t) => {
  const fake = new FakeClock();
  const clock = { ...systemClock, setTimer: (ms: number, then: () => void) => fake.setTimer(ms, then) };
  const { emulator, s3 } = await startLoopback(t, { clock });
  const id = emulator.faults.add({ effect: { type: 'latency', ms: 1000 } });
  const call = failure(s3().send(create()));
  await emulator.faults.whenHit(id);
  await emulator.stop();
  fake.advance(2000);
  assert.match(await call, /ECONNRESET|socket hang up/);
  assert.equal(emulator.state.buckets.size, 0);
});

const target = { service: 's3', operation: 'PutObject', bucket: 'a', key: 'k', accessKeyId: 'ID' } as const;
const call = { ...target, userName: undefined, policy: undefined, isRead: false };
const ofIam = { service: 'iam', operation: 'AttachUserPolicy', userName: 'U', policy: 'P', accessKeyId: 'ID' } as const;
const iamCall = { ...ofIam, bucket: undefined, key: undefined, isRead: false };
const effect: FaultEffect = { type: 'hang' };
const matching: readonly { title: string; rule: Omit<FaultRule, 'effect'>; hits: boolean }[] = [
  { title: 'no field', rule: {}, hits: true },
  { title: 'any operation', rule: { operation: '*' }, hits: true },
  { title: 'all fields', rule: { ...target }, hits: true },
  { title: 'another service', rule: { service: 'iam' }, hits: false },
  { title: 'another operation', rule: { operation: 'GetObject' }, hits: false },
  { title: 'another bucket', rule: { bucket: 'b' }, hits: false },
  { title: 'another key', rule: { key: 'l' }, hits: false },
  { title: 'another key id', rule: { accessKeyId: 'OTHER' }, hits: false },
];

const matchingIam: typeof matching = [
  { title: 'all fields of IAM', rule: ofIam, hits: true },
  { title: 'another user', rule: { userName: 'V' }, hits: false },
  { title: 'another policy', rule: { policy: 'Q' }, hits: false },
];
const rows = [...matching.map((row) => ({ ...row, call })), ...matchingIam.map((row) => ({ ...row, call: iamCall }))];

for (const { title, rule, hits, call } of rows) {
  test(`W50 a rule with ${title} ${hits ? 'hits' : 'passes'}`, () => {
    const faults = new Faults();
    faults.add({ ...rule, effect });
    assert.equal(faults.hit(call).length, hits ? 1 : 0);
  });
}

test('W50 a rule that could hit no call is refused where it is added, too', () => {
  const faults = new Faults();
  assert.throws(
    () => faults.add({ operation: 'PutObjekt', effect }),
    /^Error: operation: "PutObjekt" must be .*PutObject/,
  );
  assert.throws(() => faults.add({ service: 'sts', bucket: 'a', effect }), /^Error: bucket: "a" means calls of s3/);
  assert.deepEqual(faults.list(), []);
});

test('W50 some calls pass first, some are hit, the rest pass', () => {
  const faults = new Faults();
  const id = faults.add({ skip: 2, count: 2, effect });
  assert.deepEqual(faults.list(), [{ id, rule: { skip: 2, count: 2, effect }, left: 2 }]);
  assert.deepEqual(
    Array.from({ length: 6 }, () => faults.hit(call).length),
    [0, 0, 1, 1, 0, 0],
  );
  assert.deepEqual(faults.list(), []);
});

test('W50 a probability hits its share; the others are not counted', () => {
  const draws = [0.9, 0.1, 0.5, 0.4];
  const faults = new Faults({ random: () => draws.shift() ?? 1 });
  faults.add({ probability: 0.5, count: 2, effect });
  assert.deepEqual(
    Array.from({ length: 5 }, () => faults.hit(call).length),
    [0, 1, 0, 1, 0],
  );
});

test('W50 rules are taken away one by one or all', () => {
  const faults = new Faults();
  const first = faults.add({ effect });
  const second = faults.add({ effect: { type: 'throttle' } });
  faults.clear(first);
  assert.deepEqual(faults.hit(call), [{ type: 'throttle' }]);
  assert.equal(faults.list()[0]?.id, second);
  faults.clear();
  assert.deepEqual(faults.hit(call), []);
});

test('W52 the log tells who called what, with what outcome and whether it changed anything', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  const client = loopback.s3({ region: 'eu-west-1' });
  await client.send(create()).catch(() => undefined);
  await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'none' })));
  const [made, read] = emulator.calls;
  assert.ok(made && read);
  const { accountId, accessKeyId } = emulator.account;
  const { seq, atMs, userAgent, revision, revisionBefore, ...rest } = made;
  assert.equal(seq, 1);
  assert.ok(atMs > 0 && revision > revisionBefore);
  assert.match(userAgent, /aws-sdk-js/);
  const common = { service: 's3', region: 'eu-west-1', bucket: Bucket, accountId, accessKeyId };
  assert.deepEqual(rest, {
    ...common,
    operation: 'CreateBucket',
    key: undefined,
    userName: undefined,
    policy: undefined,
    status: 200,
    code: '',
    mutating: true,
  });
  assert.equal(read.code, 'NoSuchKey');
  assert.equal(read.revision, read.revisionBefore);
  assert.deepEqual(
    emulator.writes.map(({ operation }) => operation),
    ['CreateBucket'],
  );
});

test('W52 a call with a wrong key is logged without an account', async (t) => {
  const loopback = await startLoopback(t);
  const keys = { accessKeyId: 'NOBODY', secretAccessKey: 'x' };
  await refusal(loopback.s3({ keys }).send(list()));
  const [call] = loopback.emulator.calls;
  assert.deepEqual([call?.accessKeyId, call?.accountId, call?.code], ['NOBODY', undefined, 'InvalidAccessKeyId']);
});

test('W52 the oldest calls go when there are too many; numbers stay', () => {
  const log = new CallLog(10);
  const call = { operation: 'x' } as unknown as LoggedCall; // the log looks at none of the rest
  for (let count = 0; count < 100; count += 1) log.add(call);
  assert.ok(log.calls.length >= 10 && log.calls.length <= 12);
  assert.equal(log.calls.at(-1)?.seq, 100);
  assert.deepEqual(
    log.since(98).map(({ seq }) => seq),
    [99, 100],
  );
});

test('W50 many calls at once are each hit or not, none lost', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  emulator.faults.add({ skip: 5, count: 5, effect: { type: 'throttle' } });
  const client = loopback.s3();
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => refusal(client.send(list()))));
  assert.equal(outcomes.filter((outcome) => outcome === '503 SlowDown').length, 5);
  await waitFor('every call is logged', () => emulator.calls.length === 20);
});
