import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricRow } from './metric-row.ts';
import { Metrics, type ServiceCall } from './metrics.ts';
import { fullName, METRICS, METRICS_PREFIX, metricsMarkdown } from './metrics-table.ts';

/** The samples of one metric as Prometheus would read them, buckets of histograms left out. */
async function samples(metrics: Metrics, name: string): Promise<readonly string[]> {
  const lines = (await metrics.text()).split('\n');
  return lines.filter((line) => line.startsWith(`${METRICS_PREFIX}${name}`) && !line.includes('_bucket{')).sort();
}

type Case = readonly [name: string, happen: (metrics: Metrics) => void, expected: readonly string[]];

const call: ServiceCall = {
  service: 's3',
  operation: 'HeadBucket',
  account: '100',
  attempt: 1,
  status: 200,
  durationMs: 250,
};

/** One row a metric: what happened, and the samples of it. */
const cases: readonly Case[] = [
  [
    'reconcile_total',
    (metrics) => {
      metrics.reconciled('Bucket', 'InSync', 10);
      metrics.reconciled('Bucket', 'InSync', 10);
      metrics.reconciled('Provider', 'Failed', 10);
    },
    ['{kind="Bucket",outcome="InSync"} 2', '{kind="Provider",outcome="Failed"} 1'],
  ],
  [
    'reconcile_duration_seconds',
    (metrics) => metrics.reconciled('Bucket', 'InSync', 1_500),
    ['_count{kind="Bucket"} 1', '_sum{kind="Bucket"} 1.5'],
  ],
  [
    'api_call_total',
    (metrics) => {
      metrics.serviceCalled({ ...call, operation: 'PutBucketTagging', status: 503 });
      metrics.serviceCalled({ ...call, service: 'iam', operation: 'GetUser', status: 0, account: undefined });
    },
    [
      '{service="iam",operation="GetUser",status="0",account="unknown"} 1',
      '{service="s3",operation="PutBucketTagging",status="503",account="100"} 1',
    ],
  ],
  [
    'api_call_retries_total',
    (metrics) => {
      metrics.serviceCalled(call);
      metrics.serviceCalled({ ...call, attempt: 2 });
      metrics.serviceCalled({ ...call, attempt: 3 });
    },
    ['{service="s3",operation="HeadBucket",account="100"} 2'],
  ],
  [
    'api_call_duration_seconds',
    (metrics) => metrics.serviceCalled(call),
    [
      '_count{service="s3",operation="HeadBucket",account="100"} 1',
      '_sum{service="s3",operation="HeadBucket",account="100"} 0.25',
    ],
  ],
  [
    'rate_limit_hits_total',
    (metrics) => metrics.rateLimited('throttled', '100'),
    ['{source="throttled",account="100"} 1'],
  ],
  [
    'rate_limit_wait_duration_seconds',
    (metrics) => metrics.waitedForLimit('100', 1_500),
    ['_count{account="100"} 1', '_sum{account="100"} 1.5'],
  ],
  ...(
    [
      ['rateLimitCurrent', 'rate_limit_current_requests_per_second'],
      ['rateLimitConfigured', 'rate_limit_configured_requests_per_second'],
      ['callsInFlight', 'api_calls_in_flight'],
      ['callsWaiting', 'api_calls_waiting'],
    ] as const
  ).map(
    ([key, name]): Case => [
      name,
      (metrics) => metrics.watch(key, () => [[{ account: '100' }, 4]]),
      ['{account="100"} 4'],
    ],
  ),
  [
    'error_total',
    (metrics) => {
      metrics.failed('Bucket', 'Transient');
      metrics.failed('User', 'Internal');
    },
    [
      '{kind="AccessKey",type="Internal"} 0',
      '{kind="Bucket",type="Internal"} 0',
      '{kind="Bucket",type="Transient"} 1',
      '{kind="BucketPolicy",type="Internal"} 0',
      '{kind="IAMPolicy",type="Internal"} 0',
      '{kind="Provider",type="Internal"} 0',
      '{kind="User",type="Internal"} 1',
    ],
  ],
  [
    'resource_status_total',
    (metrics) => metrics.conditionChanged('Bucket', 'Ready', 'True'),
    ['{kind="Bucket",condition="Ready",status="True"} 1'],
  ],
  [
    'drift_detected_total',
    (metrics) => metrics.driftDetected('Bucket', ['Set:tags', 'Set:cors']),
    ['{kind="Bucket",change="Set:cors"} 1', '{kind="Bucket",change="Set:tags"} 1'],
  ],
  [
    'drift_repaired_total',
    (metrics) => metrics.driftRepaired('Bucket', ['Set:tags']),
    ['{kind="Bucket",change="Set:tags"} 1'],
  ],
  [
    'access_key_rotations_total',
    (metrics) => metrics.rotated('failed'),
    ['{result="completed"} 0', '{result="failed"} 1'],
  ],
  ['retained_access_keys', (metrics) => metrics.watch('retainedKeys', () => [[{}, 3]]), [' 3']],
  [
    'unsupported_settings',
    (metrics) => metrics.watch('unsupportedSettings', () => [[{ kind: 'Bucket', setting: 'spec.cors' }, 2]]),
    ['{kind="Bucket",setting="spec.cors"} 2'],
  ],
  [
    'endpoint_certificate_not_after_timestamp_seconds',
    (metrics) => metrics.watch('certificateEnds', () => [[{ endpoint: 's3.wasabisys.com' }, 9_000]]),
    ['{endpoint="s3.wasabisys.com"} 9000'],
  ],
  [
    'bucket_operations_total',
    (metrics) => metrics.bucketOperated('create', 'failure'),
    ['{operation="create",result="failure"} 1'],
  ],
  ['provider_connectivity_total', (metrics) => metrics.connectivityChecked('success'), ['{result="success"} 1']],
  [
    'kube_call_total',
    (metrics) => metrics.kubeCalled({ verb: 'patch', resource: 'buckets', code: 409, durationMs: 5 }),
    ['{verb="patch",resource="buckets",code="409"} 1'],
  ],
  [
    'kube_call_duration_seconds',
    (metrics) => metrics.kubeCalled({ verb: 'watch', resource: 'buckets', code: 200, durationMs: 500 }),
    ['_count{verb="watch"} 1', '_sum{verb="watch"} 0.5'],
  ],
  [
    'workqueue_wait_duration_seconds',
    (metrics) => metrics.waitedInQueue('Bucket', 250),
    ['_count{kind="Bucket"} 1', '_sum{kind="Bucket"} 0.25'],
  ],
  ['workqueue_retries_total', (metrics) => metrics.retried('Bucket'), ['{kind="Bucket"} 1']],
  ['active_reconciles', (metrics) => metrics.watch('activePasses', () => [[{ kind: 'User' }, 2]]), ['{kind="User"} 2']],
  ['stuck_reconciles', (metrics) => metrics.watch('stuckPasses', () => [[{ kind: 'User' }, 1]]), ['{kind="User"} 1']],
  [
    'objects',
    (metrics) => metrics.watch('objects', () => [[{ kind: 'Bucket', condition: 'Ready', status: 'True' }, 2]]),
    ['{kind="Bucket",condition="Ready",status="True"} 2'],
  ],
  [
    'not_ready_since_timestamp_seconds',
    (metrics) => metrics.watch('notReadySince', () => [[{ kind: 'Bucket' }, 1_000]]),
    ['{kind="Bucket"} 1000'],
  ],
  [
    'deleting_since_timestamp_seconds',
    (metrics) => metrics.watch('deletingSince', () => [[{ kind: 'User' }, 2_000]]),
    ['{kind="User"} 2000'],
  ],
  [
    'frozen_objects',
    (metrics) => metrics.watch('frozen', () => [[{ kind: 'AccessKey' }, 3]]),
    ['{kind="AccessKey"} 3'],
  ],
  [
    'access_key_oldest_timestamp_seconds',
    (metrics) => metrics.watch('oldestKey', () => [[{ kind: 'AccessKey' }, 3_000]]),
    ['{kind="AccessKey"} 3000'],
  ],
  [
    'access_key_rotation_due_timestamp_seconds',
    (metrics) => metrics.watch('rotationDue', () => [[{ kind: 'AccessKey' }, 4_000]]),
    ['{kind="AccessKey"} 4000'],
  ],
  [
    'workqueue_depth',
    (metrics) =>
      metrics.watch('queueDepth', () => [
        [{ kind: 'Bucket' }, 7],
        [{ kind: 'Provider' }, 0],
      ]),
    ['{kind="Bucket"} 7', '{kind="Provider"} 0'],
  ],
  [
    'reflector_relists_total',
    (metrics) => metrics.relisted('Bucket', 'Expired'),
    ['{kind="Bucket",reason="Expired"} 1'],
  ],
  [
    'reflector_last_contact_timestamp_seconds',
    (metrics) => metrics.watch('reflectorContact', () => [[{ kind: 'Bucket' }, 5_000]]),
    ['{kind="Bucket"} 5000'],
  ],
  [
    'drift_checks_waiting',
    (metrics) => metrics.watch('driftChecksWaiting', () => [[{ account: '100000000001' }, 9]]),
    ['{account="100000000001"} 9'],
  ],
  ['foreign_access_keys', (metrics) => metrics.watch('foreignKeys', () => [[{}, 2]]), [' 2']],
  ['events_dropped_total', (metrics) => metrics.eventDropped(), [' 1']],
  ['spans_dropped_total', (metrics) => metrics.spansDropped(3), [' 3']],
  ['leader', (metrics) => metrics.leadershipChanged(true), [' 1']],
  ['build_info', () => undefined, ['{version="1.2.3"} 1']],
];
for (const [name, happen, expected] of cases) {
  test(`${name} counts what happened`, async () => {
    const metrics = new Metrics({ version: '1.2.3' });
    happen(metrics);
    assert.deepEqual(
      await samples(metrics, name),
      expected.map((sample) => `${METRICS_PREFIX}${name}${sample}`),
    );
  });
}

test('every metric of the table can be set, has help and follows the naming of Prometheus', async () => {
  const rows = Object.values<MetricRow>(METRICS);
  const ours = rows.filter(({ isStandard }) => isStandard !== true);
  assert.deepEqual(ours.map((row) => row.name).sort(), cases.map(([name]) => name).sort());
  const text = await new Metrics({ version: '1.2.3' }).text();
  for (const row of rows) {
    const name = fullName(row);
    assert.equal(name.endsWith('_total'), row.type === 'counter', name);
    assert.ok(text.includes(`# TYPE ${name} ${row.type}\n`), name);
    assert.ok(text.includes(`# HELP ${name} ${row.help}\n`), name);
  }
});

test('what has happened to nobody yet is zero', async () => {
  const metrics = new Metrics({ version: '1.2.3' });
  assert.deepEqual(await samples(metrics, 'events_dropped_total'), ['wasabi_s3_operator_events_dropped_total 0']);
  assert.deepEqual(await samples(metrics, 'leader'), ['wasabi_s3_operator_leader 0']);
});

test('leadership that is lost is zero, and a queue that is gone is no series', async () => {
  const metrics = new Metrics({ version: '1.2.3' });
  let queues: [string, number][] = [['Bucket', 3]];
  metrics.watch('queueDepth', () => queues.map(([kind, depth]) => [{ kind }, depth]));
  metrics.leadershipChanged(true);
  assert.deepEqual(await samples(metrics, 'workqueue_depth'), ['wasabi_s3_operator_workqueue_depth{kind="Bucket"} 3']);
  queues = [];
  metrics.leadershipChanged(false);
  assert.deepEqual(await samples(metrics, 'workqueue_depth'), []);
  assert.deepEqual(await samples(metrics, 'leader'), ['wasabi_s3_operator_leader 0']);
});

test('two operators in one process have metrics of their own', async () => {
  const [one, other] = [new Metrics({ version: '1' }), new Metrics({ version: '2' })];
  one.eventDropped();
  assert.deepEqual(await samples(other, 'events_dropped_total'), ['wasabi_s3_operator_events_dropped_total 0']);
  assert.equal(one.contentType, 'text/plain; version=0.0.4; charset=utf-8');
});

test('a label whose values do not end is bounded', async () => {
  const metrics = new Metrics({ version: '1.2.3' });
  for (let index = 0; index < 1_000; index++) metrics.relisted('Bucket', `reason ${index}`);
  const lines = await samples(metrics, 'reflector_relists_total');
  assert.equal(lines.length, 201);
  assert.ok(lines.includes('wasabi_s3_operator_reflector_relists_total{kind="Bucket",reason="other"} 800'));
});

test('accounts are bounded: of those beyond, calls are counted as one, and nothing is said of what stands now', async () => {
  const metrics = new Metrics({ version: '1.2.3' });
  const accounts = Array.from({ length: 60 }, (_each, index) => `account-${index}`);
  for (const account of accounts) metrics.serviceCalled({ ...call, account });
  metrics.watch('callsInFlight', () => accounts.map((account) => [{ account }, 7]));
  const lines = await samples(metrics, 'api_call_total');
  assert.equal(lines.length, 51);
  assert.ok(lines.some((line) => line.endsWith('status="200",account="other"} 10')));
  const gauges = await samples(metrics, 'api_calls_in_flight');
  assert.equal(gauges.length, 50);
  assert.ok(!gauges.some((line) => line.includes('other')));
});

test('what stands now is told of as many as there are now, however many there were', async () => {
  const metrics = new Metrics({ version: '1.2.3' });
  let endpoint = '';
  metrics.watch('certificateEnds', () => [[{ endpoint }, 9_000]]);
  for (let index = 0; index < 300; index++) {
    endpoint = `s3.${index}.example.com`;
    const lines = await samples(metrics, 'endpoint_certificate_not_after_timestamp_seconds');
    assert.equal(lines.length, 1, endpoint);
  }
});

test('a label value cannot break its line', async () => {
  const metrics = new Metrics({ version: '1.2.3' });
  metrics.relisted('Bucket', 'a"\nforged 1');
  assert.deepEqual(await samples(metrics, 'reflector_relists_total'), [
    String.raw`wasabi_s3_operator_reflector_relists_total{kind="Bucket",reason="a\"\nforged 1"} 1`,
  ]);
});

test('L35: the reference has one row a metric', () => {
  const page = metricsMarkdown();
  for (const row of Object.values<MetricRow>(METRICS)) {
    const lines = page.split('\n').filter((line) => line.startsWith(`| \`${fullName(row)}\` |`));
    assert.equal(lines.length, 1, row.name);
    assert.ok(lines[0]?.endsWith(`| ${row.help} |`), row.name);
  }
  assert.ok(page.includes('| `wasabi_s3_operator_leader` | gauge | | 1 while'));
});
