import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GetUserCommand, ListUsersCommand } from '@aws-sdk/client-iam';
import { DeleteBucketCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { FakeClock, settle, waitFor } from '../../test/support/fake-clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import type { Fence } from '../runtime/fence.ts';
import { httpHandler } from './agents.ts';
import { parseAllowedEndpoints } from './allowed-endpoints.ts';
import { clientOptions, emptyAnswer, poolFor, startLoopback } from './testing/loopback.ts';

const signal = new AbortController().signal;
const deleteBucket = () => new DeleteBucketCommand({ Bucket: 'b' });

class TestFence implements Fence {
  readonly identity = 'pod-1';
  readonly epoch = 7;
  isHeld = true;
  leftMs = Number.POSITIVE_INFINITY;
  assertHeld(): void {
    if (!this.isHeld) throw new ReconcileError('Transient', 'the Lease is lost', { reason: 'NotLeader' });
  }
  remainingMs(): number {
    return this.leftMs;
  }
}

test('the epoch of the Lease stands in the User-Agent of every call', async (t) => {
  const server = await startLoopback(t, () => ({ status: 204 }));
  await poolFor(server, { fence: new TestFence() }).client(clientOptions(server)).s3(deleteBucket(), { signal });
  assert.equal(server.requests[0]?.headers['user-agent'], 'wasabi-s3-operator/0.0.0-test lease-epoch/7');
});

test('without the Lease nothing that changes something is sent, whatever the service', async (t) => {
  const server = await startLoopback(t, () => ({ status: 204 }));
  const fence = new TestFence();
  const client = poolFor(server, { fence }).client(clientOptions(server));
  fence.isHeld = false;
  await assert.rejects(client.s3(deleteBucket(), { signal }), { type: 'Transient', reason: 'NotLeader' });
  assert.equal(server.requests.length, 0);
});

test('a Lease that is lost between two attempts stops the second', async (t) => {
  const fence = new TestFence();
  const server = await startLoopback(t, () => {
    fence.isHeld = false;
    return { status: 500 };
  });
  const client = poolFor(server, { fence }).client(clientOptions(server));
  await assert.rejects(client.s3(deleteBucket(), { signal }), { reason: 'NotLeader' });
  assert.equal(server.requests.length, 1);
});

test('a write does not outlive the Lease; a read has its whole time', async (t) => {
  const clock = new FakeClock();
  const fence = new TestFence();
  fence.leftMs = 3_000;
  const server = await startLoopback(t, () => 'hang');
  const client = poolFor(server, { fence, clock }).client(clientOptions(server, { maxAttempts: 1, timeoutMs: 10_000 }));
  const write = assert.rejects(client.s3(deleteBucket(), { signal }), { type: 'Transient', reason: 'Timeout' });
  let isReadOver = false;
  const read = client.iam(new ListUsersCommand({}), { signal }).catch(() => {
    isReadOver = true;
  });
  await waitFor('both requests are there', () => server.requests.length === 2);
  await clock.advanceAsync(3_000);
  await write;
  assert.equal(isReadOver, false);
  await clock.advanceAsync(7_000);
  await read;
});

/** The handler alone, as it is just after the synchronous check before a request. */
async function bareHandler(t: TestContext) {
  const server = await startLoopback(t, () => ({ status: 200 }));
  let connections = 0;
  server.server.on('connection', () => {
    connections += 1;
  });
  const state: { refusal?: Error } = {};
  const options = { allowed: parseAllowedEndpoints([server.url]), caBundle: undefined, insecureSkipVerify: false };
  const handler = httpHandler({ ...options, refusal: () => state.refusal });
  const { hostname, port } = new URL(server.url);
  const base = { protocol: 'http:', hostname, port: Number(port), method: 'DELETE', path: '/', headers: {}, query: {} };
  const send = () => handler.handle({ ...base, clone: () => assert.fail('not needed') }, {});
  const loseLease = () => {
    state.refusal = new ReconcileError('Transient', 'the Lease is lost', { reason: 'NotLeader' });
  };
  return { server, send, loseLease, connections: () => connections };
}

test('a process that was stopped while the connection was made writes nothing when it goes on', async (t) => {
  const { server, send, loseLease, connections } = await bareHandler(t);
  const sent = send();
  loseLease();
  await assert.rejects(sent, { reason: 'NotLeader' });
  await waitFor('the server has seen the connection', () => connections() === 1);
  assert.equal(server.requests.length, 0);
});

test('nor on a connection that was there before', async (t) => {
  const { server, send, loseLease, connections } = await bareHandler(t);
  const { response } = await send();
  for await (const _chunk of response.body); // to its end: only then the connection is free again
  await settle();
  loseLease();
  await assert.rejects(send(), { reason: 'NotLeader' });
  assert.deepEqual([server.requests.length, connections()], [1, 1]);
});

test('reads go on without the Lease check until the connection is made', async (t) => {
  const server = await startLoopback(t, (request) => ({ status: 200, body: emptyAnswer(request) }));
  const fence = new TestFence();
  const client = poolFor(server, { fence }).client(clientOptions(server));
  await client.s3(new ListBucketsCommand({}), { signal });
  await client.iam(new GetUserCommand({}), { signal });
  assert.equal(server.requests.length, 2);
});
