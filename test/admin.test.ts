import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from './support/cluster.ts';
import { lastingPort } from './support/lasting-port.ts';
import {
  exitOf,
  kubeconfigFor,
  metricsPortOf,
  type OperatorProcess,
  probe,
  startProcess,
} from './support/operator-process.ts';

/** What can be told to an operator while it runs, and measured of it: by whoever may exec into its pod, and by nobody else. */

const TOKEN = 'canary-token-wJalrXUtnFEMI';
const cli = fileURLToPath(new URL('../src/cli/main.mjs', import.meta.url));

/** One that waits for a cluster which is not there: all that is of the process itself works. */
function started(t: TestContext, flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const nowhere = kubeconfigFor(t, { url: 'http://127.0.0.1:1', token: TOKEN, ca: undefined });
  return startProcess(t, [`--kubeconfig=${nowhere}`, '--metrics-port=0', '--cluster-id=x', ...flags], env);
}

async function adminPortOf({ output }: OperatorProcess): Promise<number> {
  const found = () => Number(/"adminPort":(\d+)/.exec(output())?.[1]);
  await until('it takes orders', () => Promise.resolve(!Number.isNaN(found())));
  return found();
}

interface Asked {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask(port: number, path: string, { method = 'GET', body, headers = {} }: Asked = {}) {
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    call.on('error', reject).end(body);
  });
}

test('admin: the level of a running operator changes by a command beside it, is told, and lasts until its end', async (t) => {
  const port = await lastingPort();
  const operator = started(t, ['--log-level=warn', `--admin-port=${port}`]);
  await until('it takes orders', () =>
    ask(port, '/log-level').then(
      () => true,
      () => false,
    ),
  );
  const command = async (...args: readonly string[]) => {
    const env = { ...process.env, ADMIN_PORT: String(port) };
    return (await promisify(execFile)(process.execPath, [cli, 'log-level', ...args], { env })).stdout;
  };
  assert.equal(await command(), 'warn\n');
  assert.equal(await command('debug'), 'debug\n');
  assert.match(operator.output(), /"logLevel":"debug","reason":"it was warn","message":"the log level is changed"/);
  assert.equal(await command('error'), 'error\n');
  assert.match(operator.output(), /"logLevel":"error","reason":"it was debug","message":"the log level is changed"/);
  await assert.rejects(command('loud'), /Allowed choices are debug, info, warn, error/);
  operator.child.kill('SIGTERM');
  assert.equal(await exitOf(operator), 0);
  await assert.rejects(command('debug'), /does not answer: .*ECONNREFUSED.*: does an operator run here/);
});

test('admin: nobody but this machine is served, nor a page in a browser that somebody forwards the port to', async (t) => {
  const operator = started(t);
  const port = await adminPortOf(operator);
  const put = { method: 'PUT', body: 'debug' };
  const refused: readonly (readonly [asked: Asked, status: number])[] = [
    [{ ...put, headers: { host: 'evil.example.com' } }, 403],
    [{ ...put, headers: { origin: 'https://evil.example.com' } }, 403],
    [{ headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } }, 403],
    [{ method: 'POST', body: 'debug' }, 405],
    [{ method: 'PUT', body: 'loud' }, 400],
    [{ method: 'PUT', body: 'debug'.repeat(10_000) }, 400],
  ];
  for (const [asked, status] of refused) assert.equal((await ask(port, '/log-level', asked)).status, status);
  assert.equal((await ask(port, '/log-level')).text, 'info\n');
  const elsewhere = connect({ host: '127.0.0.2', port }); // of this machine, too, and not the address that it listens at
  const failure = await new Promise((resolve) => {
    elsewhere.once('error', resolve).once('connect', () => resolve('connected'));
  });
  assert.match(String(failure), /ECONNREFUSED/);
  assert.equal((await probe(metricsPortOf(operator), '/log-level')).status, 404, 'nor at the port of the metrics');
});

test('admin: profiles are off by default', async (t) => {
  const port = await adminPortOf(started(t));
  const answer = await ask(port, '/profile/cpu?seconds=1');
  assert.equal(answer.status, 404);
  assert.match(answer.text, /profiles need --profiling/);
});

test('admin: profiles of CPU and heap, one at a time, that hold no text of the process', async (t) => {
  const port = await adminPortOf(started(t, [], { PROFILING: 'true' }));
  const first = ask(port, '/profile/cpu?seconds=1');
  await until('it is under way', async () => (await ask(port, '/profile/heap?seconds=0.01')).status === 409);
  const { status, text } = await first;
  assert.equal(status, 200, text.slice(0, 200));
  const cpu = JSON.parse(text) as {
    nodes: { callFrame: { functionName: string } }[];
    startTime: number;
    endTime: number;
  };
  assert.ok(cpu.nodes.some(({ callFrame }) => callFrame.functionName === '(root)'));
  assert.ok(cpu.endTime - cpu.startTime > 900_000, 'a second');
  const heap = await ask(port, '/profile/heap?seconds=0.2');
  assert.equal(heap.status, 200);
  assert.ok('head' in (JSON.parse(heap.text) as object));
  const sizes = JSON.parse((await ask(port, '/profile/heap-statistics')).text) as Record<string, unknown>;
  assert.ok(Number(sizes['rss']) > 1_000_000 && Number(sizes['used_heap_size']) > 1_000_000);
  assert.ok(!`${text}${heap.text}`.includes(TOKEN.slice(0, 12)), 'no token');
  for (const seconds of ['0', '-1', 'x', '301']) {
    assert.equal((await ask(port, `/profile/cpu?seconds=${seconds}`)).status, 400, seconds);
  }
});

test('admin: an operator whose port is taken works on, and says so', async (t) => {
  const port = await adminPortOf(started(t));
  const operator = started(t, [`--admin-port=${port}`]);
  await until('it serves', () => Promise.resolve(!Number.isNaN(metricsPortOf(operator))));
  assert.match(operator.output(), /--admin-port \(ADMIN_PORT\) \d+: the port is in use/);
  assert.equal((await probe(metricsPortOf(operator), '/healthz')).status, 200);
});
