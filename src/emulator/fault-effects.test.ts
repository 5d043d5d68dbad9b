import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { FakeClock, waitFor } from '../../test/support/fake-clock.ts';
import { systemClock } from '../runtime/clock.ts';
import type { FaultEffect } from './fault-schema.ts';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { rawAnswer } from './testing/raw-socket.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'effect-bucket';
const create = () => new CreateBucketCommand({ Bucket });
const list = () => new ListBucketsCommand({});

const cuts: readonly { title: string; effect: FaultEffect; received: number }[] = [
  { title: 'after ten bytes', effect: { type: 'truncate', bytes: 10 }, received: 10 },
  { title: 'after none', effect: { type: 'truncate', bytes: 0 }, received: 0 },
  { title: 'after a quarter', effect: { type: 'truncate', share: 0.25 }, received: 250 },
  { title: 'past its end', effect: { type: 'truncate', bytes: 5000 }, received: 1000 },
];

for (const { title, effect, received } of cuts) {
  test(`W50 an answer that is cut ${title} was announced whole, and the connection is closed`, async (t) => {
    const loopback = await startLoopback(t);
    const { emulator } = loopback;
    emulator.console.createBucket({ name: Bucket }).acl = 'public-read';
    emulator.console.putObject(Bucket, 'k', 'x'.repeat(1000)).acl = 'public-read';
    emulator.faults.add({ count: 1, effect });
    const answer = await rawAnswer(emulator.port, `GET /${Bucket}/k HTTP/1.1\r\nHost: s3.localhost\r\n\r\n`);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 .*content-length: 1000/is);
    assert.equal(body.length, received);
    assert.deepEqual(
      emulator.calls.map(({ operation, status }) => [operation, status]),
      [['GetObject', 200]],
    );
  });
}

test('W50 the error of an SDK tells of an answer that was cut, and the call had its effect', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.s3();
  await client.send(create());
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x'.repeat(1000) }));
  loopback.emulator.faults.add({ operation: 'GetObject', count: 1, effect: { type: 'truncate', share: 0.5 } });
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.ok(Body);
  await assert.rejects(Body.transformToString(), /aborted/);
});

for (const ms of [-1_200_000, 1_200_000]) {
  test(`W50 a clock that is wrong by ${ms} ms refuses signatures, and dates its answers so`, async (t) => {
    const loopback = await startLoopback(t);
    const { emulator } = loopback;
    const fault = emulator.faults.add({ effect: { type: 'skew', ms } });
    assert.equal(await refusal(loopback.sts().send(new GetCallerIdentityCommand({}))), '403 RequestTimeTooSkewed');
    const answer = await signedRequest(emulator, {});
    assert.equal(codeOf(answer), '403 RequestTimeTooSkewed');
    const server = Date.parse(/<ServerTime>([^<]+)</.exec(answer.body)?.[1] ?? '');
    for (const told of [server, Date.parse(String(answer.headers['date']))]) {
      assert.ok(Math.abs(told - Date.now() - ms) < 60_000, String(new Date(told)));
    }
    emulator.faults.clear(fault);
    await loopback.s3().send(list());
  });
}

test('W50 within the fifteen minutes that are allowed a wrong clock changes the date alone', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  emulator.faults.add({ effect: { type: 'skew', ms: 600_000 } });
  emulator.faults.add({ count: 1, effect: { type: 'error', status: 500, code: 'InternalError' } });
  assert.equal(codeOf(await signedRequest(emulator, {})), '500 InternalError');
  const answer = await signedRequest(emulator, { method: 'PUT', path: `/${Bucket}` });
  assert.equal(answer.status, 200);
  assert.ok(Date.parse(String(answer.headers['date'])) > Date.now() + 500_000);
  assert.ok((emulator.state.buckets.get(Bucket)?.createdMs ?? 0) < Date.now() + 60_000);
});

test('W39 calls beyond the rate are throttled, those within it go on; the clock of the service fills it again', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  const effect = { type: 'rate', perSecond: 0.001, burst: 3, retryAfterSeconds: 9 } as const;
  const id = emulator.faults.add({ operation: 'ListBuckets', count: 3, effect });
  const call = async () => {
    const answer = await signedRequest(emulator, {});
    return [codeOf(answer), answer.headers['retry-after']];
  };
  for (let index = 0; index < 3; index += 1) assert.deepEqual(await call(), ['200', undefined]);
  assert.deepEqual(await call(), ['503 SlowDown', '9']);
  await loopback.s3().send(create()); // another operation
  emulator.advanceClock(1_000_000);
  assert.deepEqual(await call(), ['200', undefined]);
  assert.deepEqual(await call(), ['503 SlowDown', '9']);
  assert.deepEqual(emulator.faults.list(), [{ id, rule: { operation: 'ListBuckets', count: 3, effect }, left: 1 }]);
  emulator.advanceClock(1_000_000_000);
  for (let index = 0; index < 3; index += 1) assert.deepEqual(await call(), ['200', undefined]);
  assert.deepEqual(await call(), ['503 SlowDown', '9']);
  assert.deepEqual(await call(), ['200', undefined]); // three were hit: the rule has ended
});

test('W39 a rate is refused in any words of the service, each rule with a bucket of its own', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  const rate = { type: 'rate', perSecond: 0.001, burst: 1, status: 403, code: 'RequestRateLimitExceeded' } as const;
  emulator.faults.add({ service: 's3', effect: rate });
  emulator.faults.add({ service: 'sts', effect: rate });
  const client = loopback.sts();
  for (const expected of ['no error', '403 RequestRateLimitExceeded']) {
    assert.equal(await refusal(loopback.s3().send(list())), expected);
    assert.equal(await refusal(client.send(new GetCallerIdentityCommand({}))), expected);
  }
});

test('W50 an error after the effect is answered though the call was made', async (t) => {
  const loopback = await startLoopback(t);
  const { emulator } = loopback;
  emulator.faults.add({ count: 1, effect: { type: 'error', status: 500, code: 'InternalError', when: 'after' } });
  assert.equal(await refusal(loopback.s3().send(create())), '500 InternalError');
  assert.equal(emulator.state.buckets.has(Bucket), true);
  const [call] = emulator.calls;
  assert.ok(call);
  assert.deepEqual([call.status, call.code, call.revision > call.revisionBefore], [500, 'InternalError', true]);
});

test('W50 a latency after the effect delays the answer alone', async (t) => {
  const fake = new FakeClock();
  const clock = { ...systemClock, setTimer: (ms: number, then: () => void) => fake.setTimer(ms, then) };
  const { emulator, s3 } = await startLoopback(t, { clock });
  emulator.faults.add({ count: 1, effect: { type: 'latency', ms: 500, when: 'after' } });
  let isAnswered = false;
  const call = s3().send(create());
  void call.then(() => {
    isAnswered = true;
  });
  await waitFor('the call has its effect', () => emulator.state.buckets.has(Bucket));
  await s3().send(new HeadBucketCommand({ Bucket }));
  assert.equal(isAnswered, false);
  fake.advance(500);
  await call;
});
