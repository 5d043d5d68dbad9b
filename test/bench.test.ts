import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallNames } from '../bench/call-names.ts';
import { coresOf, pinnedCommand } from '../bench/cores.ts';
import {
  callsOfObjects,
  EXPECTED_KUBE_CALLS,
  expectedServiceCalls,
  furtherCalls,
  settingsSpec,
  writesOfObjects,
} from '../bench/expected-calls.ts';
import { headerOf } from '../bench/header.ts';
import { callsOfAudit, callsOfRequests, countsOf, tally, totalOf, writesOf } from '../bench/kube-calls.ts';
import { chainLengthOf, type LimitParts, limitOf } from '../bench/limit.ts';
import { MODES } from '../bench/modes.ts';
import { parseOptions } from '../bench/options.ts';
import { deliveredFor } from '../bench/ready-watch.ts';
import { reportOf } from '../bench/report.ts';
import { type BenchResult, percentile } from '../bench/result.ts';
import { resultOf } from '../bench/result-of.ts';
import { stackReportOf } from '../bench/stack-report.ts';
import { parseResults, withResult, withTable } from '../bench/table.ts';
import { parseBusy, parseUsage } from '../bench/usage.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import { benchProblem } from './support/bench-problem.ts';
import type { AuditEvent } from './support/control-plane-audit.ts';

const parts: LimitParts = {
  objects: 1_000,
  callsPerObject: 4,
  ratePerSecond: 100,
  burst: 100,
  latencySeconds: 0.05,
  inFlight: 16,
  writesPerObject: 5,
  writesPerSecond: 500,
  cpuPerObject: 0.01,
  cores: 1,
  chainLength: 4,
};

const limits: readonly {
  readonly title: string;
  readonly change: Partial<LimitParts>;
  readonly wall: string;
  readonly seconds: number;
}[] = [
  { title: 'the rate, less what may go at once', change: {}, wall: 'rate limit', seconds: 39.2 },
  { title: 'a burst that is enough for all', change: { burst: 4_000 }, wall: 'calls in flight', seconds: 12.7 },
  { title: 'calls in flight', change: { ratePerSecond: 1_000 }, wall: 'calls in flight', seconds: 12.7 },
  {
    title: 'the API server',
    change: { ratePerSecond: 1_000, inFlight: 256, writesPerSecond: 400 },
    wall: 'API server',
    seconds: 12.7,
  },
  {
    title: 'the CPU',
    change: { ratePerSecond: 1_000, inFlight: 256, cpuPerObject: 0.02 },
    wall: 'CPU',
    seconds: 20.2,
  },
];

for (const { title, change, wall, seconds } of limits) {
  test(`limit: ${title}`, () => {
    const limit = limitOf({ ...parts, ...change });
    assert.equal(limit.wall, wall);
    assert.equal(limit.seconds.toFixed(3), seconds.toFixed(3));
  });
}

test('limit: an object waits for each call of its chain', () => {
  assert.deepEqual([0, 1, 3].map(chainLengthOf), [4, 6, 8]);
});

function audit(verb: string, resource: string, more: Partial<AuditEvent> & { subresource?: string } = {}): AuditEvent {
  const { subresource, ...rest } = more;
  return {
    stage: 'ResponseComplete',
    verb,
    requestURI: '/',
    user: { username: 'operator' },
    objectRef: { resource, ...(subresource === undefined ? {} : { subresource }) },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
    ...rest,
  };
}

test('audit: calls by verb and resource, the Lease and other users apart, a watch once', () => {
  const calls = callsOfAudit([
    audit('patch', 'buckets'),
    audit('patch', 'buckets', { subresource: 'status' }),
    audit('patch', 'buckets', { subresource: 'status', responseStatus: { code: 409 } }),
    audit('watch', 'buckets', { stage: 'ResponseStarted' }),
    audit('watch', 'buckets'),
    audit('patch', 'leases'),
    audit('create', 'buckets', { user: { username: 'admin' } }),
    { ...audit('get', 'pods'), objectRef: undefined },
  ]);
  assert.deepEqual(countsOf(calls, 'operator'), {
    'patch buckets': 1,
    'patch buckets/status': 1,
    'patch buckets/status 409': 1,
    'watch buckets': 1,
  });
  assert.equal(writesOf(calls, 'operator'), 3);
  assert.equal(writesOf(calls), 4);
});

test('the log of the development control plane gives the same', () => {
  const bucket = '/apis/s3.cloud37.dev/v1alpha1/namespaces/a/buckets/b';
  const calls = callsOfRequests([
    { verb: 'patch', path: `${bucket}/status?fieldManager=x`, user: 'operator', code: 200 },
    { verb: 'get', path: '/version', user: 'operator', code: 200 },
    { verb: 'list', path: '/api/v1/namespaces', user: 'operator', code: 403 },
  ]);
  assert.deepEqual(countsOf(calls, 'operator'), { 'list namespaces 403': 1, 'patch buckets/status': 1 });
});

test('the fewest calls are 4 and 2 for each setting, and 4 to Kubernetes', () => {
  const sum = (calls: readonly { count: number }[]) => calls.reduce((all, { count }) => all + count, 0);
  assert.deepEqual(
    [0, 1, 2, 3].map((settings) => sum(expectedServiceCalls(settings))),
    [4, 6, 8, 10],
  );
  assert.equal(sum(EXPECTED_KUBE_CALLS), 4);
  assert.deepEqual(
    [0, 1, 3].map((settings) => Object.keys(settingsSpec(settings))),
    [[], ['versioning'], ['versioning', 'lifecycle', 'objectLock']],
  );
});

test('what goes beyond the fewest is named', () => {
  const counts = tally(['GetBucketTagging', 'GetBucketTagging again', 'CreateBucket', 'Surprise', 'ListBuckets']);
  assert.equal(totalOf(counts), 5);
  assert.deepEqual(
    furtherCalls(counts, expectedServiceCalls(0), 1).map(({ name, perObject, reason }) => [
      name,
      perObject,
      reason === 'not foreseen',
    ]),
    [
      ['GetBucketTagging again', 1, false],
      ['ListBuckets', 1, false],
      ['Surprise', 1, true],
    ],
  );
});

test('what does not grow with the objects, and what nobody had changed, is no cost of an object', () => {
  const counts = { CreateBucket: 3, 'GetBucketTagging again': 5, GetUser: 2, 'watch buckets': 1, Surprise: 1 };
  assert.equal(callsOfObjects(counts), 4);
  const calls = { 'patch buckets': 2, 'get buckets': 1, 'patch providers/status': 1, 'patch secrets': 1 };
  assert.ok(writesOfObjects(calls) <= callsOfObjects(calls), 'counted over the same calls');
  assert.equal(writesOfObjects(calls), callsOfObjects(calls) - 1);
});

test('a read that was made before, and nothing written since, is told apart', () => {
  const names = new CallNames();
  const call = (operation: string, bucket: string | undefined, mutating = false, status = 200) =>
    names.nameOf({ operation, bucket, mutating, status, code: status === 404 ? 'NoSuchBucket' : '' });
  assert.deepEqual(
    [
      call('GetBucketTagging', 'a', false, 404),
      call('CreateBucket', 'a', true),
      call('GetBucketTagging', 'a'),
      call('GetBucketTagging', 'b'),
      call('GetBucketTagging', 'a'),
      call('PutBucketTagging', 'a', true),
      call('GetBucketTagging', 'a'),
      call('ListBuckets', undefined),
      call('ListBuckets', undefined),
    ],
    [
      'GetBucketTagging NoSuchBucket',
      'CreateBucket',
      'GetBucketTagging',
      'GetBucketTagging',
      'GetBucketTagging again',
      'PutBucketTagging',
      'GetBucketTagging',
      'ListBuckets',
      'ListBuckets',
    ],
  );
});

test('usage of a process whose name holds blanks and parentheses', () => {
  const stat = `7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 250 50 0 0 20 0 11 0 1`;
  const status = 'Name:\ta\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n';
  assert.deepEqual(parseUsage(stat, status), { cpuSeconds: 3, rssMb: 100, peakRssMb: 200 });
});

test('busy time of a core leaves out idle and waiting', () => {
  const text = 'cpu  9 9 9 9 9 9 9 9\ncpu0 100 10 20 500 70 3 2 1 0 0\ncpu1 1 1 1 1 1 1 1 1\n';
  assert.equal(parseBusy(text, 0), 1.36);
  assert.equal(parseBusy(text, 4), undefined);
});

test('cores', () => {
  assert.deepEqual(coresOf('0-2,5'), [0, 1, 2, 5]);
  assert.deepEqual(coresOf(''), []);
  assert.deepEqual(pinnedCommand(0, ['node', 'x']), ['taskset', '-c', '0', 'node', 'x']);
  assert.deepEqual(pinnedCommand(undefined, ['node', 'x']), ['node', 'x']);
});

test('percentiles', () => {
  assert.equal(percentile([], 0.5), 0);
  assert.equal(percentile([3, 1, 2], 0.5), 2);
  assert.equal(percentile([3, 1, 2], 0.99), 3);
});

test('options: --quick is a smaller run, and what is given wins', () => {
  const [quick, own] = [
    parseOptions(['--quick']),
    parseOptions(['--quick', '--buckets', '7', '--operator', 'node  x {kubeconfig}']),
  ];
  assert.deepEqual([quick.buckets, quick.controlPlane, quick.idleSeconds, quick.operator], [200, 'dev', 20, []]);
  assert.deepEqual([own.buckets, own.controlPlane, own.operator], [7, 'dev', ['node', 'x', '{kubeconfig}']]);
});

for (const { name, takes } of MODES) {
  test(`options: ${name} takes those that mean something to it, and no other`, () => {
    const given = { '--settings': '1', '--keys': '3', '--objects': '10', '--rounds': '2', '--providers': '10' };
    for (const [flag, value] of Object.entries(given)) {
      const argv = [...(name === 'buckets' ? [] : [`--${name}`]), flag, value];
      if (takes.some((each) => `--${each}` === flag)) assert.equal(parseOptions(argv).mode, name);
      else assert.match(benchProblem(...argv), new RegExp(`with ${flag}: the options that mean something to it are `));
    }
  });
}

test('header: what tells one run from another, and how a result is found again', () => {
  const cores = { count: 1, operator: undefined, others: [] };
  const header = (...argv: readonly string[]) => headerOf(parseOptions(argv), cores, ['settings', 'quick', 'operator']);
  assert.deepEqual(header('--settings', '2').options, { settings: 2 });
  assert.equal(header('--operator', 'node  other.ts').operator, 'node other.ts');
  assert.match(header().operator, /^[0-9a-f]{7,}\+?$/);
});

test('options: what is wrong is said with its value', () => {
  assert.match(benchProblem('--buckets', 'many'), /--buckets <n>' argument 'many' is invalid.*0 to 10000/s);
  assert.match(benchProblem('--control-plane', 'none'), /'none' is invalid. It must be real or dev/);
  assert.match(benchProblem('--buckets', '2001', '--providers', '2'), /--providers must be at least 3/);
  assert.match(benchProblem('--stacks', '--rotations'), /--stacks with --rotations: one thing is measured at a time/);
  assert.match(
    benchProblem('--keys', '3'),
    /no mode with --keys: the options that mean something to it are --control-/,
  );
});

function result(change: Partial<BenchResult['options']> = {}, readySeconds = 40): BenchResult {
  const limit = limitOf(parts);
  const service = { counts: { CreateBucket: 4_000, 'GetBucketTagging again': 80 }, total: 4_080, writes: 2_000 };
  const span = {
    service,
    kube: { 'patch buckets': 1_000, 'patch secrets': 1 },
    kubeWrites: 1_000,
    cpuSeconds: 9,
    foreignShare: 0,
  };
  return {
    commit: 'abc',
    at: '2026-01-01',
    options: {
      controlPlane: 'real',
      buckets: 1_000,
      settings: 0,
      latencyMs: 50,
      rate: 100,
      inFlight: 16,
      region: 'eu-central-2',
      providers: 1,
      idleSeconds: 300,
      ...change,
    },
    shape: { cores: 2, isPinned: true, node: 'v24', platform: 'linux x64' },
    ready: 1_000,
    readySeconds,
    latency: { p50: 1, p99: 2 },
    limit,
    fewestLimit: limit,
    fill: span,
    idle: { ...span, kubeWrites: 3, seconds: 300 },
    rssMb: { before: 80, peak: 120, after: 100 },
    startSeconds: 1,
    writeRate: 500,
  };
}

const PAGE = 'before\n\n<!-- results: written by npm run bench -- --write -->\nold\n<!-- end of results -->\n\nafter\n';

test('result: from the first create to the last Ready, and a server is never held slower than it was', () => {
  const { options, fill, idle, rssMb } = result();
  const measured = { fill, idle, rssMb, startSeconds: 1, writeRate: 1, allWrites: 5_000 };
  const askedMs = new Map([
    ['a', 1_000],
    ['b', 3_000],
  ]);
  const readyMs = new Map([
    ['a', 41_000],
    ['b', 4_000],
  ]);
  const found = resultOf(
    { ...parseOptions([]), ...options },
    { count: 2, operator: 0, others: [1] },
    { ...measured, askedMs, readyMs, deliveredMs: new Map() },
  );
  assert.deepEqual([found.readySeconds, found.ready, found.writeRate], [40, 2, 125]);
  assert.deepEqual(found.latency, { p50: 1, p99: 40 });
  assert.ok(found.limit.bounds['API server'] <= found.readySeconds);
  assert.equal(found.limit.bounds['rate limit'].toFixed(1), '39.8', 'the 4,080 calls that were made');
  assert.equal(found.fewestLimit.bounds['rate limit'], 39);
});

test('table: made anew between its markers, and the same when made again', () => {
  const once = withTable(PAGE, [result()]);
  assert.equal(withTable(once, [result()]), once);
  assert.ok(
    once.startsWith('before\n') && once.endsWith('<!-- end of results -->\n\nafter\n') && !once.includes('old'),
  );
  const row = once.split('\n').find((line) => line.startsWith('| 1,000'));
  assert.equal(
    row,
    '| 1,000 | 0 | 1 | 100 | real | 40.0 s | 39.2 s (rate limit) | 1.02 | 4.00 | 1.00 | 1.00 | 9.0 s | 80, 120, 100 MB | 0 % | 3 in 300 s |',
  );
  assert.match(once, /on 2 cores/);
});

test('table: a page without markers is refused', () => {
  assert.throws(() => withTable('nothing', []), /has no lines/);
});

test('results: one of the same kind is replaced, another one comes at the end', () => {
  const [older, newer, other] = [result({}, 50), result({}, 40), result({ settings: 1 })];
  assert.deepEqual(withResult([older, other], newer), [newer, other]);
  assert.deepEqual(withResult([older], other), [older, other]);
  assert.deepEqual(parseResults(`${JSON.stringify(older)}\n\n`), [older]);
  assert.throws(() => parseResults('{}\n{'), /line 2/);
});

test('report: a run that did not finish says so', () => {
  assert.match(reportOf({ ...result(), ready: 12 }), /NOT FINISHED: only 12/);
  assert.doesNotMatch(reportOf(result()), /NOT FINISHED/);
});

test('stacks: the time to the Secret, and each call beside what it is for', () => {
  const { fill, idle, rssMb } = result();
  const measured = { fill, idle, rssMb, startSeconds: 1, writeRate: 1, allWrites: 5_000 };
  const [askedMs, readyMs, deliveredMs] = [1_000, 1_900, 1_600].map((ms) => new Map([['a', ms]]));
  assert.ok(askedMs && readyMs && deliveredMs);
  const found = resultOf(
    parseOptions(['--stacks', '--buckets', '1']),
    { count: 2, operator: 0, others: [1] },
    { ...measured, askedMs, readyMs, deliveredMs },
  );
  assert.deepEqual(found.keyLatency, { p50: 0.6, p99: 0.6 });
  const report = stackReportOf({
    ...found,
    fill: { ...fill, service: { ...fill.service, counts: { CreateUser: 1, X: 2 } } },
  });
  assert.match(report, /apply to a working key +p50 0\.60 s, p99 0\.60 s/);
  assert.match(report, /apply to Ready +p50 0\.90 s/);
  assert.match(report, /CreateUser +1\.00 {2}\(1 expected; user\)/);
  assert.match(report, /X +2\.00 {2}\(not expected\)/);
  assert.doesNotMatch(report, /NOT FINISHED/);
  assert.equal(deliveredFor({ ...secretNamed('logs-accesskey-credentials') }), 'logs');
  assert.equal(deliveredFor({ ...secretNamed('credentials-0') }), undefined);
});

function secretNamed(name: string): ManagedResource {
  const metadata = { name, uid: '', resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Secret', metadata, spec: {} };
}
