import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Config, parseConfig } from './config.ts';
import { configTable } from './config-table.ts';

function config(argv: readonly string[], env: Record<string, string> = {}): Config {
  const parsed = parseConfig(argv, env);
  assert.ok(parsed.type === 'Config', parsed.type === 'Problems' ? parsed.problems.join('\n') : parsed.type);
  return parsed.config;
}

function problems(argv: readonly string[], env: Record<string, string> = {}): readonly string[] {
  const parsed = parseConfig(argv, env);
  return parsed.type === 'Problems' ? parsed.problems : [];
}

test('config: the defaults', () => {
  const { metricsPort, driftCheckIntervalMs, wasabiRateLimit, allowedEndpoints, leaderElect, namespaces } = config([]);
  assert.deepEqual(
    { metricsPort, driftCheckIntervalMs, wasabiRateLimit, allowedEndpoints, leaderElect, namespaces },
    {
      metricsPort: 8080,
      driftCheckIntervalMs: 300_000,
      wasabiRateLimit: 20,
      allowedEndpoints: ['*.wasabisys.com'],
      leaderElect: true,
      namespaces: undefined,
    },
  );
});

test('config: every setting is read from its flag, and from its variable, and the flag wins', () => {
  const samples: Record<string, readonly [string, string, unknown]> = {
    metricsPort: ['9090', '9091', 9090],
    driftCheckIntervalMs: ['60', '90', 60_000],
    userReadinessTimeoutMs: ['30', '90', 30_000],
    k8sRateLimit: ['50', '60', 50],
    wasabiRateLimit: ['5', '6', 5],
    watchScope: ['namespaced', 'cluster', 'namespaced'],
    watchNamespaces: ['a,b', 'c', ['a', 'b']],
    logLevel: ['DEBUG', 'warning', 'debug'],
    logFormat: ['text', 'json', 'text'],
    allowedEndpoints: [
      's3.example.com,http://127.0.0.1:9000',
      '*.example.org',
      ['s3.example.com', 'http://127.0.0.1:9000'],
    ],
    kubeconfig: ['/tmp/config', '', '/tmp/config'],
    leaderElect: ['false', 'true', false],
    leaderElectionNamespace: ['ops', 'other', 'ops'],
    maxConcurrentReconciles: ['3', '4', 3],
    clusterId: ['prod-1', 'prod-2', 'prod-1'],
    observeOnly: ['true', 'false', true],
    allowLegacyCrossNamespace: ['true', 'false', true],
    allowInsecureTls: ['true', 'false', true],
  };
  for (const row of configTable) {
    const [flag = '', variable = '', expected] = samples[row.name] ?? [];
    const needed = row.name === 'watchScope' ? { WATCH_NAMESPACES: 'a' } : {};
    const env = row.variable === undefined ? {} : { [row.variable]: variable };
    assert.deepEqual(config([`--${row.flag}=${flag}`], { ...needed, ...env })[row.name], expected, row.name);
    if (row.variable !== undefined) {
      assert.notDeepEqual(config([], { ...needed, ...env })[row.name], expected, `${row.variable} alone`);
    }
  }
});

test('config: the comparison on a schedule can be switched off, but not made a storm', () => {
  assert.equal(config(['--drift-check-interval-seconds=0']).driftCheckIntervalMs, undefined);
  assert.match(
    problems(['--drift-check-interval-seconds=9']).join(),
    /--drift-check-interval-seconds: "9" must be a whole number from 10 to 86400, or 0 for never/,
  );
});

test('config: a switch may stand alone', () => {
  assert.equal(config(['--observe-only']).observeOnly, true);
  assert.equal(config(['--leader-elect', 'false']).leaderElect, false);
});

test('config: everything that is wrong is told at once, with what is allowed', () => {
  const env = { LOG_LEVEL: 'loud', METRICS_PORT: '70000', KUBERNETES_SERVICE_HOST: '10.0.0.1', SOME_OTHER: 'x' };
  assert.deepEqual(
    problems(['--no-such=1', '--watch-namespaces=A_B,ok', '--allowed-endpoints=ftp://x'], env).length,
    5,
  );
  const text = problems(['--no-such=1'], env).join('\n');
  assert.match(text, /--no-such: no such flag; --help lists them all/);
  assert.match(text, /METRICS_PORT: "70000" must be a whole number from 0 to 65535/);
  assert.match(text, /LOG_LEVEL: "loud" must be one of debug, info, warn, error/);
});

test('config: an empty flag is refused, with what leaving it out means; an empty variable is left out', () => {
  for (const row of configTable) {
    const [problem, ...more] = problems([`--${row.flag}=`]);
    assert.equal(problem, `--${row.flag}: is empty; leave it out for the default: ${row.shown}`);
    assert.deepEqual(more, []);
    if (row.variable !== undefined) assert.deepEqual(problems([], { [row.variable]: ' ' }), [], row.variable);
  }
  assert.deepEqual(problems(['--allowed-endpoints=,', '--watch-namespaces= , ']), [
    '--watch-namespaces: " , " names nothing',
    '--allowed-endpoints: "," names nothing',
  ]);
});

test('config: a bad entry of a list is named once, with what can be written', () => {
  assert.deepEqual(problems(['--allowed-endpoints=s3.example.com,ftp://x']), [
    '--allowed-endpoints: "ftp://x" is no endpoint; write HOST, HOST:PORT, *.SUFFIX or http://HOST[:PORT]',
  ]);
});

test('config: the variable that Kubernetes makes of a Service named metrics is left alone', () => {
  assert.equal(config([], { METRICS_PORT: 'tcp://10.0.0.1:9090' }).metricsPort, 8080);
});

test('config: a flag without its value is told as the rest is', () => {
  const [missing, ...more] = problems(['--metrics-port']);
  assert.match(missing ?? '', /--metrics-port <number>/);
  assert.deepEqual(more, []);
  const all = problems(['--log-level=loud', '--watch-scope=namespaced', '--no-such', '--metrics-port']).join('\n');
  for (const flag of [/^--log-level: /m, /^--watch-scope: /m, /^--no-such: /m, /--metrics-port <number>/]) {
    assert.match(all, flag);
  }
});

test('config: what is no flag is told apart from a flag that is misspelt', () => {
  assert.deepEqual(problems(['--log-levl=debug']), ['--log-levl: no such flag; did you mean --log-level?']);
  assert.deepEqual(problems(['debug']), [
    'debug: stands alone; the operator takes flags only, such as --log-level=debug',
  ]);
});

test('config: a namespaced scope outside a cluster needs namespaces', () => {
  assert.match(problems(['--watch-scope=namespaced']).join(), /--watch-namespaces/);
  assert.deepEqual(config(['--watch-scope=namespaced'], { POD_NAMESPACE: 'ops' }).namespaces, ['ops']);
});

test('config: the predecessor’s cache setting is accepted and named', () => {
  assert.deepEqual(config([], { K8S_CACHE_TTL_SECONDS: '30' }).ignored, ['K8S_CACHE_TTL_SECONDS']);
});

test('config: --help explains every flag', () => {
  const parsed = parseConfig(['--help'], {});
  assert.equal(parsed.type, 'Print');
  const text = parsed.type === 'Print' ? parsed.text : '';
  for (const row of configTable) assert.ok(text.includes(`--${row.flag}`), row.flag);
  assert.equal(parseConfig(['--version'], {}).type, 'Print');
});
