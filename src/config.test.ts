import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { type Config, parseConfig } from './config.ts';
import { configTable } from './config-table.ts';
import { headersOf } from './config-tracing.ts';

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

test('L72: config: every setting is read from its flag, and from its variable, and the flag wins', () => {
  const file = fileURLToPath(import.meta.resolve('./config.ts'));
  const samples: Record<string, readonly [string, string, unknown]> = {
    metricsPort: ['9090', '9091', 9090],
    adminPort: ['9092', '9093', 9092],
    profiling: ['true', 'false', true],
    driftCheckIntervalMs: ['60', '90', 60_000],
    existenceCheckIntervalMs: ['30', '0', 30_000],
    userReadinessTimeoutMs: ['30', '90', 30_000],
    k8sRateLimit: ['50', '60', 50],
    wasabiRateLimit: ['5', '6', 5],
    watchScope: ['namespaced', 'cluster', 'namespaced'],
    watchNamespaces: ['a,b', 'c', ['a', 'b']],
    secretNamespaces: ['a,b', 'c', ['a', 'b']],
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
    tracesEnabled: ['true', 'false', true],
    otelDisabled: ['true', 'false', true],
    serviceName: ['one', 'two', 'one'],
    resourceAttributes: ['a=b%20c, d=e', 'f=g', { a: 'b c', d: 'e' }],
    otlpEndpoint: ['http://a:4318', 'http://b:4318', new URL('http://a:4318')],
    otlpTracesEndpoint: ['http://a/v1/traces', 'http://b/v1/traces', new URL('http://a/v1/traces')],
    otlpProtocol: ['grpc', 'http/protobuf', 'grpc'],
    otlpTimeoutMs: ['500', '600', 500],
    otlpCertificate: [file, import.meta.filename, readFileSync(file, 'utf8')],
    tracesSampler: ['always_off', 'always_on', 'always_off'],
    tracesSamplerRatio: ['0.25', '0.5', 0.25],
  };
  // What it holds is not to be compared: the next test is about it.
  for (const row of configTable.filter(({ name }) => name !== 'otlpHeaders')) {
    const [flag = '', variable = '', expected] = samples[row.name] ?? [];
    const needed = row.name === 'watchScope' ? { WATCH_NAMESPACES: 'a' } : {};
    const env = row.variable === undefined ? {} : { [row.variable]: variable };
    assert.deepEqual(config([`--${row.flag}=${flag}`], { ...needed, ...env })[row.name], expected, row.name);
    if (row.variable !== undefined) {
      assert.notDeepEqual(config([], { ...needed, ...env })[row.name], expected, `${row.variable} alone`);
    }
  }
});

test('config: headers of the collector are a credential, from flag or variable, and no problem says them', () => {
  const flag = '--otel-exporter-otlp-headers';
  const variable = 'OTEL_EXPORTER_OTLP_HEADERS';
  for (const given of [
    config([`${flag}=Authorization=Bearer%20it, x=1`]),
    config([], { [variable]: 'Authorization=Bearer%20it,x=1' }),
  ]) {
    assert.ok(!inspect(given).includes('Bearer'));
    assert.deepEqual(headersOf(given.otlpHeaders?.reveal() ?? ''), { authorization: 'Bearer it', x: '1' });
  }
  const [unnamed = ''] = problems([`${flag}=secret`]);
  assert.equal(unnamed, `${flag}: an entry is not NAME=VALUE`);
  const [unreadable = ''] = problems([`${flag}=name=secret%`]);
  assert.equal(unreadable, `${flag}: a value is not percent-encoded`);
});

test('config: settings of traces are checked; variables that cannot be used stop nothing', () => {
  const bad = {
    'otel-exporter-otlp-endpoint': [
      'collector:4317',
      '"collector:4317" is no URL that begins with http:// or https://',
    ],
    'otel-exporter-otlp-protocol': ['http/json', '"http/json" must be one of grpc, http/protobuf'],
    'otel-exporter-otlp-headers': ['connection=close', 'connection is not for you to set'],
    'otel-exporter-otlp-certificate': ['/nowhere/ca.crt', "ENOENT: no such file or directory, open '/nowhere/ca.crt'"],
    'otel-traces-sampler': [
      'xray',
      '"xray" must be one of parentbased_always_on, parentbased_always_off, parentbased_traceidratio, always_on, always_off, traceidratio',
    ],
    'otel-traces-sampler-arg': ['2', '"2" must be a number from 0 to 1'],
  } as const;
  const said = problems(Object.entries(bad).map(([flag, [value]]) => `--${flag}=${value}`));
  assert.deepEqual(
    said.toSorted(),
    Object.entries(bad)
      .map(([flag, [, problem]]) => `--${flag}: ${problem}`)
      .toSorted(),
  );
  const variables = Object.entries(bad).map(
    ([flag, given]) => [flag.toUpperCase().replaceAll('-', '_'), given] as const,
  );
  const given = config([], Object.fromEntries(variables.map(([name, [value]]) => [name, value])));
  assert.deepEqual(given.warnings.toSorted(), variables.map(([name, [, problem]]) => `${name}: ${problem}`).toSorted());
  assert.deepEqual([given.otlpEndpoint, given.tracesSampler], [undefined, 'parentbased_always_on']);
  assert.equal(config(['--otel-traces-sampler-arg=1e-05']).tracesSamplerRatio, 0.00001);
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

test('config: the authorities of the collector are read once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const pipe = join(folder, 'ca.crt');
  try {
    execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', pipe]);
    // Whoever reads a pipe again waits for another writer, who never comes.
    const program = `import { parseConfig } from ${JSON.stringify(import.meta.resolve('./config.ts'))};
      const { config } = parseConfig(['--otel-exporter-otlp-certificate=${pipe}'], {});
      process.stdout.write(config.otlpCertificate);`;
    const read = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 });
    await writeFile(pipe, 'the authorities');
    assert.equal((await read).stdout, 'the authorities');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('config: --help explains every flag, in lines that a terminal holds', () => {
  const parsed = parseConfig(['--help'], {});
  assert.equal(parsed.type, 'Print');
  const text = parsed.type === 'Print' ? parsed.text : '';
  for (const row of configTable) assert.ok(text.includes(`--${row.flag}`), row.flag);
  assert.deepEqual(
    text.split('\n').filter((line) => line.length > 100),
    [],
  );
  assert.equal(parseConfig(['--version'], {}).type, 'Print');
});
