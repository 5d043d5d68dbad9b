import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock, waitFor } from '../../test/support/fake-clock.ts';
import { json, plainAccess, startLoopbackServer, status } from '../../test/support/loopback-server.ts';
import { LEASES, SECRETS } from '../api/core-types.ts';
import type { KubeObject, ResourceType } from '../api/meta.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { Credential } from './credential.ts';
import { ReconcileError } from './errors.ts';
import type { Fence } from './fence.ts';
import { KubeError, type WatchEvent } from './kube.ts';
import type { KubeCall } from './kube-calls.ts';
import { KubeClient, type KubeClientOptions } from './kube-client.ts';

const BUCKETS: ResourceType = {
  group: 's3.cloud37.dev',
  version: 'v1',
  plural: 'buckets',
  kind: 'Bucket',
  namespaced: true,
};
const KEY = { namespace: 'team-a', name: 'logs' };

function object(name: string, resourceVersion = '7'): KubeObject {
  const metadata = {
    name,
    namespace: 'team-a',
    uid: `uid-${name}`,
    resourceVersion,
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return { apiVersion: 's3.cloud37.dev/v1', kind: 'Bucket', metadata };
}

function client(t: TestContext, access: ClusterAccess, options: Partial<KubeClientOptions> = {}): KubeClient {
  const clock = options.clock ?? new FakeClock();
  const made = new KubeClient({ access, clock, random: () => 0, userAgent: 'wasabi-s3-operator/1.0.0', ...options });
  t.after(() => made.close());
  return made;
}

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error = await promise.then(
    () => assert.fail('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof KubeError, String(error));
  return error;
}

test('each verb is the request that the API documents', async (t) => {
  const server = await startLoopbackServer(t, (_, response) => json(response, 200, object('logs')));
  const kube = client(t, plainAccess(`${server.url}/clusters/c1/`, 'token-1'));
  await kube.get(BUCKETS, KEY);
  await kube.create(SECRETS, 'team-a', { metadata: { name: 's' } });
  await kube.patch(BUCKETS, KEY, { type: 'merge', body: { status: {} } }, { subresource: 'status' });
  await kube.patch(BUCKETS, KEY, { type: 'json', body: [{ op: 'remove', path: '/a' }] });
  await kube.patch(BUCKETS, KEY, { type: 'apply', body: {}, force: true }, { isDryRun: true });
  await kube.delete(BUCKETS, KEY, { preconditions: { uid: 'u' } });
  const base = '/clusters/c1/apis/s3.cloud37.dev/v1/namespaces/team-a/buckets/logs';
  assert.deepEqual(
    server.seen.map((one) => `${one.method} ${one.path}?${one.query.toString()} ${one.headers['content-type'] ?? '-'}`),
    [
      `GET ${base}? -`,
      'POST /clusters/c1/api/v1/namespaces/team-a/secrets?fieldManager=wasabi-s3-operator application/json',
      `PATCH ${base}/status?fieldManager=wasabi-s3-operator application/merge-patch+json`,
      `PATCH ${base}?fieldManager=wasabi-s3-operator application/json-patch+json`,
      `PATCH ${base}?fieldManager=wasabi-s3-operator&force=true&dryRun=All application/apply-patch+yaml`,
      `DELETE ${base}? application/json`,
    ],
  );
  assert.equal(server.seen[0]?.headers.authorization, 'Bearer token-1');
  assert.equal(server.seen[0]?.headers['user-agent'], 'wasabi-s3-operator/1.0.0');
  assert.deepEqual((JSON.parse(server.seen[5]?.body ?? '') as { preconditions: unknown }).preconditions, { uid: 'u' });
});

test('connections are reused', async (t) => {
  const server = await startLoopbackServer(t, (_, response) => json(response, 200, object('logs')));
  const kube = client(t, plainAccess(server.url));
  for (let i = 0; i < 20; i++) await kube.get(BUCKETS, KEY);
  assert.ok(new Set(server.seen.map((one) => one.socket)).size <= 2); // a socket is free again only after its answer is handed out
});

test('a list gives kind and apiVersion to its items, pages, and can ask for metadata alone', async (t) => {
  const item = { metadata: object('s').metadata };
  const server = await startLoopbackServer(t, (_, response) =>
    json(response, 200, { kind: 'SecretList', metadata: { resourceVersion: '9', continue: 'next' }, items: [item] }),
  );
  const kube = client(t, plainAccess(server.url));
  const page = await kube.list(SECRETS, undefined, {
    metadataOnly: true,
    limit: 2,
    labelSelector: 'a=b',
    continueToken: 'c',
  });
  assert.deepEqual(page, {
    items: [{ ...item, apiVersion: 'v1', kind: 'Secret' }],
    resourceVersion: '9',
    continueToken: 'next',
  });
  assert.equal(server.seen[0]?.path, '/api/v1/secrets');
  assert.equal(server.seen[0]?.query.toString(), 'labelSelector=a%3Db&limit=2&continue=c');
  assert.equal(server.seen[0]?.headers.accept, 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
});

test('get: absent only when the server says so of the object', async (t) => {
  let answer: 'object' | 'path' | 'plain' = 'object';
  const server = await startLoopbackServer(t, (_, response) => {
    if (answer === 'object') return status(response, 404, 'NotFound', { message: 'buckets "logs" not found' });
    if (answer === 'path') {
      return status(response, 404, 'NotFound', { message: 'the server could not find the requested resource' });
    }
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end('404 page not found\n');
  });
  const kube = client(t, plainAccess(server.url));
  assert.equal(await kube.get(BUCKETS, KEY), undefined);
  await kube.delete(BUCKETS, KEY);
  for (answer of ['path', 'plain'] as const) {
    assert.equal((await failure(kube.get(BUCKETS, KEY))).reason, 'NotServed');
    assert.equal((await failure(kube.delete(BUCKETS, KEY))).reason, 'NotServed');
  }
});

test('a failed answer is named by call, code and message, on one line', async (t) => {
  const server = await startLoopbackServer(t, (one, response) => {
    if (one.method === 'GET') return status(response, 403, 'Forbidden', { message: 'no\nrights' });
    if (one.path.includes('secrets')) return status(response, 422, 'Invalid', { message: 'value: "hunter2"' });
    if (one.method === 'DELETE') {
      return status(response, 403, 'Forbidden', { details: { causes: [{ reason: 'NamespaceTerminating' }] } });
    }
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<html>gateway</html>');
  });
  const kube = client(t, plainAccess(server.url));
  const forbidden = await failure(kube.get(BUCKETS, KEY));
  assert.deepEqual(
    [forbidden.message, forbidden.code, forbidden.reason],
    ['get buckets team-a/logs: 403 no rights', 403, 'Forbidden'],
  );
  const secret = await failure(kube.create(SECRETS, 'team-a', {}));
  assert.equal(secret.message, 'create secrets team-a: 422 Invalid'); // the text may quote the secret
  assert.equal((await failure(kube.delete(BUCKETS, KEY))).reason, 'NamespaceTerminating');
  const html = await failure(kube.create(BUCKETS, 'team-a', {}));
  assert.match(html.message, /502 with text\/html instead of a Status: is a proxy in the way\?$/);
});

test('a success that is no JSON, and one that is too long, are errors', async (t) => {
  const server = await startLoopbackServer(t, (one, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(one.path.includes('/long') ? 'x'.repeat(5000) : '<html>log in</html>');
  });
  const kube = client(t, plainAccess(server.url), { maxBodyBytes: 1000 });
  assert.match((await failure(kube.get(BUCKETS, KEY))).message, /200 with text\/html instead of JSON/);
  assert.match((await failure(kube.get(BUCKETS, { ...KEY, name: 'long' }))).message, /longer than 1000 bytes/);
});

test('429 is waited for as long as Retry-After says, for every verb', async (t) => {
  const clock = new FakeClock();
  let refusals = 2;
  const server = await startLoopbackServer(t, (_, response) => {
    if (refusals-- > 0) return status(response, 429, 'TooManyRequests', { headers: { 'retry-after': '2' } });
    json(response, 201, object('logs'));
  });
  const kube = client(t, plainAccess(server.url), { clock });
  const created = kube.create(BUCKETS, 'team-a', {});
  await waitFor('the first refusal', () => server.seen.length === 1 && clock.nextTimerMs === 2000);
  clock.advance(2000);
  await waitFor('the second refusal', () => server.seen.length === 2 && clock.nextTimerMs === 2000);
  clock.advance(2000);
  await created;
  assert.equal(server.seen.length, 3);
});

test('a wait that is too long is the caller’s, and 503 repeats no create', async (t) => {
  const server = await startLoopbackServer(t, (one, response) => {
    const seconds = one.method === 'GET' ? '60' : '1';
    status(response, 503, 'ServiceUnavailable', { headers: { 'retry-after': seconds } });
  });
  const kube = client(t, plainAccess(server.url));
  const read = await failure(kube.get(BUCKETS, KEY));
  assert.deepEqual([read.code, read.retryAfterMs], [503, 60_000]);
  assert.equal((await failure(kube.create(BUCKETS, 'team-a', {}))).code, 503);
  assert.equal(server.seen.length, 2);
});

test('401 reads the credential anew, once', async (t) => {
  const server = await startLoopbackServer(t, (one, response) => {
    if (one.headers.authorization === 'Bearer token-2') return json(response, 200, object('logs'));
    status(response, 401, 'Unauthorized');
  });
  let token = 1;
  let lastToken = 2;
  const access: ClusterAccess = {
    ...plainAccess(server.url),
    authorization: () => Promise.resolve(new Credential(`Bearer token-${token}`)),
    invalidate: () => {
      token = Math.min(token + 1, lastToken);
    },
  };
  const kube = client(t, access);
  await kube.create(BUCKETS, 'team-a', {});
  assert.equal(server.seen.length, 2);
  token = 7;
  lastToken = 8;
  assert.equal((await failure(kube.get(BUCKETS, KEY))).code, 401);
  assert.equal(server.seen.length, 4);
});

test('a read whose connection breaks is sent once more on a fresh socket; a write is not', async (t) => {
  let cuts = 0;
  const server = await startLoopbackServer(t, (_, response) => {
    if (cuts-- > 0) return void response.socket?.resetAndDestroy();
    json(response, 200, object('logs'));
  });
  const kube = client(t, plainAccess(server.url));
  cuts = 1;
  await kube.get(BUCKETS, KEY);
  assert.equal(server.seen.length, 2);
  assert.notEqual(server.seen[0]?.socket, server.seen[1]?.socket);
  cuts = 1;
  assert.equal((await failure(kube.create(BUCKETS, 'team-a', {}))).code, 0);
  assert.equal(server.seen.length, 3);
  cuts = 2;
  assert.equal((await failure(kube.get(BUCKETS, KEY))).code, 0);
});

test('a silent server ends a call at its deadline', async (t) => {
  const clock = new FakeClock();
  const server = await startLoopbackServer(t, () => undefined);
  const kube = client(t, plainAccess(server.url), { clock });
  const written = failure(kube.create(BUCKETS, 'team-a', {}, { timeoutMs: 10_000 }));
  await waitFor('the request', () => server.seen.length === 1);
  clock.advance(10_000);
  const error = await written;
  assert.deepEqual([error.code, error.reason], [0, 'Timeout']);
  assert.equal(clock.pendingTimers, 0);
});

test('the caller’s signal ends a call', async (t) => {
  const server = await startLoopbackServer(t, () => undefined);
  const kube = client(t, plainAccess(server.url));
  const controller = new AbortController();
  const call = failure(kube.create(BUCKETS, 'team-a', {}, { signal: controller.signal }));
  await waitFor('the request', () => server.seen.length === 1);
  controller.abort();
  assert.equal((await call).reason, 'Aborted');
});

function fence(state: { remainingMs: number }): Fence {
  return {
    assertHeld: () => {
      if (state.remainingMs <= 0) throw new ReconcileError('Transient', 'not leading', { reason: 'NotLeader' });
    },
    remainingMs: () => state.remainingMs,
    identity: 'me',
    epoch: 3,
  };
}

test('what changes something is sent by the leader alone, and does not outlive the lease', async (t) => {
  const clock = new FakeClock();
  const server = await startLoopbackServer(t, (one, response) => {
    if (one.method === 'GET' || one.path.includes('leases')) json(response, 200, object('logs'));
  });
  const state = { remainingMs: 3000 };
  const kube = client(t, plainAccess(server.url), { clock, fence: fence(state) });
  const write = failure(kube.patch(BUCKETS, KEY, { type: 'merge', body: {} }));
  await waitFor('the request', () => server.seen.length === 1);
  assert.equal(server.seen[0]?.headers['user-agent'], 'wasabi-s3-operator/1.0.0 lease-epoch/3');
  clock.advance(3000);
  assert.equal((await write).reason, 'Timeout');
  state.remainingMs = 0;
  const refused = { name: 'ReconcileError', reason: 'NotLeader' };
  await assert.rejects(kube.patch(BUCKETS, KEY, { type: 'merge', body: {} }), refused);
  await assert.rejects(kube.delete(BUCKETS, KEY), refused);
  assert.equal(server.seen.length, 1);
  await kube.get(BUCKETS, KEY);
  await kube.patch(LEASES, KEY, { type: 'merge', body: {} });
  assert.equal(server.seen.length, 3);
});

test('the fence is asked again right before the first byte, after waiting for a socket', async (t) => {
  const server = await startLoopbackServer(t, (one, response) => {
    if (one.method === 'PATCH') json(response, 200, object('logs'));
  });
  const state = { remainingMs: 60_000 };
  const kube = client(t, plainAccess(server.url), { fence: fence(state), connections: 1 });
  const reader = new AbortController();
  const occupied = failure(kube.get(BUCKETS, KEY, { signal: reader.signal }));
  await waitFor('the socket is taken', () => server.seen.length === 1);
  const write = kube.patch(BUCKETS, KEY, { type: 'merge', body: {} });
  const refused = assert.rejects(write, { reason: 'NotLeader' });
  await new Promise((resolve) => setImmediate(resolve));
  state.remainingMs = 0; // lost while the request waits for the only socket
  reader.abort();
  await Promise.all([occupied, refused]);
  assert.deepEqual(
    server.seen.map((one) => one.method),
    ['GET'],
  );
});

test('the rate limit lets a burst through and spreads the rest', async (t) => {
  const clock = new FakeClock();
  const server = await startLoopbackServer(t, (_, response) => json(response, 200, object('logs')));
  const kube = client(t, plainAccess(server.url), { clock, rateLimitPerSecond: 2 });
  const calls = Array.from({ length: 6 }, () => kube.get(BUCKETS, KEY));
  await Promise.all(calls.slice(0, 4));
  assert.equal(server.seen.length, 4);
  clock.advance(500);
  await calls[4];
  assert.equal(server.seen.length, 5);
  clock.advance(500);
  await calls[5];
});

test('each attempt is reported with verb, resource and code', async (t) => {
  let refusals = 1;
  const server = await startLoopbackServer(t, (_, response) => {
    if (refusals-- > 0) return status(response, 429, 'TooManyRequests', { headers: { 'retry-after': '0' } });
    json(response, 200, object('logs'), { date: new Date(Date.UTC(2026, 0, 1, 0, 5)).toUTCString() });
  });
  const calls: KubeCall[] = [];
  const clock = new FakeClock();
  const kube = client(t, plainAccess(server.url), { clock, onCall: (call) => calls.push(call) });
  const got = kube.get(BUCKETS, KEY);
  await waitFor('the refusal', () => calls.length === 1 && clock.nextTimerMs === 0);
  clock.advance(0);
  await got;
  assert.deepEqual(
    calls.map(({ verb, resource, code }) => `${verb} ${resource} ${code}`),
    ['get buckets 429', 'get buckets 200'],
  );
  assert.equal(kube.clockOffsetMs, 5 * 60_000);
});

async function collect(events: AsyncIterable<WatchEvent<KubeObject>>, into: WatchEvent<KubeObject>[]): Promise<void> {
  for await (const event of events) into.push(event);
}

test('a watch gives events, bookmarks and errors until the server ends it', async (t) => {
  const lines = [
    { type: 'ADDED', object: object('a', '8') },
    { type: 'DELETED', object: object('a', '9') },
    { type: 'BOOKMARK', object: { kind: 'Bucket', metadata: { resourceVersion: '12' } } },
    { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const server = await startLoopbackServer(t, (_, response) => {
    response.writeHead(200);
    response.write(text.slice(0, 50));
    setImmediate(() => response.end(text.slice(50)));
  });
  const kube = client(t, plainAccess(server.url));
  const events: WatchEvent<KubeObject>[] = [];
  const { signal } = new AbortController();
  await collect(kube.watch(BUCKETS, 'team-a', { signal, resourceVersion: '7', timeoutSeconds: 300 }), events);
  assert.deepEqual(events, [
    { type: 'ADDED', object: object('a', '8') },
    { type: 'DELETED', object: object('a', '9') },
    { type: 'BOOKMARK', resourceVersion: '12' },
    { type: 'ERROR', code: 410, reason: 'Expired', message: 'too old' },
  ]);
  assert.equal(
    server.seen[0]?.query.toString(),
    'watch=true&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=300',
  );
});

test('a watch breaks on a cut line, on a broken one, on a reset and on a refusal', async (t) => {
  let how: 'cut' | 'broken' | 'reset' | 'gone' = 'cut';
  const good = `${JSON.stringify({ type: 'ADDED', object: object('a') })}\n`;
  const server = await startLoopbackServer(t, (_, response) => {
    if (how === 'gone') return status(response, 410, 'Expired');
    response.writeHead(200);
    response.write(good);
    if (how === 'cut') response.end('{"type":"ADD');
    if (how === 'broken') response.write('{"type":"ADDED","object":{"data":"hunter2"\n');
    if (how === 'reset') setImmediate(() => response.socket?.resetAndDestroy());
  });
  const kube = client(t, plainAccess(server.url));
  const expected = { cut: /middle of a line/, broken: /is not JSON/, reset: /./, gone: /410/ };
  for (how of ['cut', 'broken', 'reset', 'gone'] as const) {
    const events: WatchEvent<KubeObject>[] = [];
    const { signal } = new AbortController();
    const error = await failure(
      collect(kube.watch(BUCKETS, undefined, { signal, resourceVersion: '7', timeoutSeconds: 1 }), events),
    );
    assert.match(error.message, expected[how]);
    assert.doesNotMatch(error.message, /hunter2/);
    assert.equal(error.code, how === 'gone' ? 410 : 0);
    assert.equal(events.length, how === 'gone' ? 0 : 1);
  }
});

test('each watch has a socket of its own, which its signal closes', async (t) => {
  let open = 0;
  const server = await startLoopbackServer(t, (_, response) => {
    open++;
    response.writeHead(200);
    response.flushHeaders();
    response.on('close', () => open--);
  });
  const kube = client(t, plainAccess(server.url), { connections: 1 });
  const controllers = [new AbortController(), new AbortController()];
  const watches = controllers.map(({ signal }) =>
    failure(collect(kube.watch(BUCKETS, undefined, { signal, resourceVersion: '7', timeoutSeconds: 1 }), [])),
  );
  await waitFor('both watches', () => open === 2);
  for (const controller of controllers) controller.abort();
  await Promise.all(watches);
  await waitFor('both closed', () => open === 0);
});

test('a watch whose head does not come ends after 15 s', async (t) => {
  const clock = new FakeClock();
  const server = await startLoopbackServer(t, () => undefined);
  const kube = client(t, plainAccess(server.url), { clock });
  const { signal } = new AbortController();
  const watch = failure(
    collect(kube.watch(BUCKETS, undefined, { signal, resourceVersion: '7', timeoutSeconds: 1 }), []),
  );
  await waitFor('the request', () => server.seen.length === 1);
  clock.advance(15_000);
  assert.equal((await watch).reason, 'Timeout');
});
