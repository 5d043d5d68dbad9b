import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Check } from './health.ts';
import { Metrics } from './metrics.ts';
import { startTelemetryServer, type TelemetryServerOptions } from './server.ts';

interface Answered {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

function ask(port: number, path: string, method = 'GET'): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const one = request({ host: '127.0.0.1', port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    one.on('error', reject);
    one.end();
  });
}

async function started(t: TestContext, options: Partial<TelemetryServerOptions> = {}) {
  const server = await startTelemetryServer({
    port: 0,
    host: '127.0.0.1',
    checks: { health: [], ready: [] },
    metrics: new Metrics({ version: '1.2.3' }),
    ...options,
  });
  t.after(() => server.stop());
  return server;
}

function check(name: string, problem: () => string | undefined): Check {
  return { name, problem };
}

test('L35: healthz and readyz say what their checks say at that moment', async (t) => {
  let why: string | undefined = 'not synced: Bucket';
  const ready = [check('caches', () => why), check('config', () => undefined)];
  const { port } = await started(t, { checks: { health: [check('loop', () => undefined)], ready } });
  const health = await ask(port, '/healthz');
  assert.deepEqual([health.status, JSON.parse(health.body)], [200, { status: 'ok', checks: { loop: 'ok' } }]);
  assert.equal(health.headers['content-type'], 'application/json');
  const before = await ask(port, '/readyz?period=10');
  assert.deepEqual(
    [before.status, JSON.parse(before.body)],
    [503, { status: 'unavailable', checks: { caches: 'not synced: Bucket', config: 'ok' } }],
  );
  why = undefined;
  const after = await ask(port, '/readyz');
  assert.deepEqual(
    [after.status, JSON.parse(after.body)],
    [200, { status: 'ok', checks: { caches: 'ok', config: 'ok' } }],
  );
});

test('as in Kubernetes: a line a check, without those that are left out, or one check alone', async (t) => {
  const ready = [check('cluster', () => undefined), check('caches', () => 'not listed yet: Bucket')];
  const { port } = await started(t, { checks: { health: [check('watches', () => undefined)], ready } });
  const answers: readonly (readonly [path: string, status: number, body: string])[] = [
    ['/healthz?verbose', 200, '[+]watches ok\nhealthz check passed\n'],
    ['/readyz?verbose', 503, '[+]cluster ok\n[-]caches failed: not listed yet: Bucket\nreadyz check failed\n'],
    ['/readyz?verbose=1&exclude=caches', 200, '[+]cluster ok\n[+]caches excluded: ok\nreadyz check passed\n'],
    [
      '/healthz?verbose&exclude=etcd',
      200,
      '[+]watches ok\nwarn: some checks cannot be excluded: no matches for "etcd"\nhealthz check passed\n',
    ],
    ['/readyz?exclude=caches', 200, '{"status":"ok","checks":{"cluster":"ok"}}\n'],
    ['/readyz/cluster', 200, 'ok\n'],
    ['/readyz/caches', 503, 'not listed yet: Bucket\n'],
    ['/healthz/caches', 404, 'no such check; there are: watches\n'],
  ];
  for (const [path, status, body] of answers) {
    const answer = await ask(port, path);
    assert.deepEqual([answer.status, answer.body], [status, body], path);
  }
});

test('a check that throws is one that fails, without telling what it threw', async (t) => {
  const broken = check('loop', () => {
    throw new Error('internal text');
  });
  const { port } = await started(t, { checks: { health: [broken], ready: [] } });
  const health = await ask(port, '/healthz');
  assert.deepEqual(
    [health.status, JSON.parse(health.body)],
    [503, { status: 'unavailable', checks: { loop: 'the check itself failed' } }],
  );
});

test('metrics are served in the text format', async (t) => {
  const { port } = await started(t);
  const answer = await ask(port, '/metrics');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(answer.body, /^wasabi_s3_operator_build_info\{version="1\.2\.3"\} 1$/m);
});

test('metrics that cannot be collected are a 500 that tells nothing', async (t) => {
  const metrics = { contentType: 'text/plain', text: () => Promise.reject(new Error('internal text')) };
  const { port } = await started(t, { metrics });
  const answer = await ask(port, '/metrics');
  assert.deepEqual([answer.status, answer.body], [500, 'the metrics could not be collected\n']);
});

test('HEAD is GET without the body; other methods and paths are refused', async (t) => {
  const { port } = await started(t);
  const head = await ask(port, '/healthz', 'HEAD');
  assert.deepEqual([head.status, head.body], [200, '']);
  assert.equal(head.headers['content-length'], String('{"status":"ok","checks":{}}\n'.length));
  const post = await ask(port, '/healthz', 'POST');
  assert.deepEqual([post.status, post.headers['allow']], [405, 'GET, HEAD']);
  for (const path of ['/', '/metrics/', '/debug/pprof', '/constructor', '//healthz']) {
    assert.equal((await ask(port, path)).status, 404, path);
  }
});

test('a connection ends with its answer, so that none is leaked', async (t) => {
  const { port } = await started(t);
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nContent-Length: 1000000\r\n\r\n');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer); // ends, although its body never came
  assert.match(Buffer.concat(chunks).toString('utf8'), /^HTTP\/1\.1 200 OK\r\n[^]*connection: close/i);
});

test('stop ends connections that are open, even in the middle of a request, and frees the port', async (t) => {
  const server = await started(t);
  const { port } = server;
  const idle = connect(port, '127.0.0.1');
  const slow = connect(port, '127.0.0.1');
  const ends = [idle, slow].map(
    (socket) =>
      new Promise((resolve) =>
        socket
          .on('error', () => undefined)
          .on('close', resolve)
          .resume(),
      ),
  );
  slow.write('GET /healthz HTTP/1.1\r\nHost: ');
  await ask(port, '/healthz'); // both connections were accepted before this one
  await Promise.all([server.stop(), server.stop(), ...ends]);
  const again = await started(t, { port });
  assert.equal(again.port, port);
});

test('a port in use is named by its setting', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  await assert.rejects(started(t, { port }), {
    message: `--metrics-port (METRICS_PORT) ${port}: the port is in use: stop what listens there, or choose another one`,
  });
});

test('an address that is not ours is an error that names the setting', async (t) => {
  await assert.rejects(
    started(t, { host: '203.0.113.1' }),
    /^StartError: --metrics-port \(METRICS_PORT\) 0: .*EADDRNOTAVAIL/,
  );
});
