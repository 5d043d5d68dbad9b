import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import { fullName, METRICS, type MetricName } from '../src/telemetry/metrics-table.ts';
import { kubeError } from './support/answers.ts';
import { accessKey, bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { addKey, keyWorldFor, USER } from './support/keys.ts';
import { annotate } from './support/outside.ts';
import { scrape } from './support/scrape.ts';

/** Each row of the table is set by an operator at work, and what an operator tells has a row. */

const NAMES = Object.keys(METRICS) as MetricName[];
const DAY = 86_400_000;

/** What no run of this suite can bring about, and the test that does. */
const ELSEWHERE: Partial<Record<MetricName, readonly [file: string, title: string]>> = {
  stuckPasses: ['../src/runtime/controller.test.ts', 'a pass that ignores its signal is counted'],
  driftChecksWaiting: ['drift-share.test.ts', "sum('driftChecksWaiting'"],
  certificateEnds: ['provider-endpoint.test.ts', "of('certificateEnds'"],
};

test('metrics: an operator that meets everything sets every one, and tells of none that is not documented', async (t) => {
  const flags = [
    '--otel-traces-enabled',
    '--otel-exporter-otlp-endpoint=http://127.0.0.1:1',
    '--max-concurrent-reconciles=4',
  ];
  const { world, leap, pass } = await keyWorldFor(t, 'team-user', { flags });
  const { kube, wasabi } = world.operator;
  const told = new Set<MetricName>();
  const documented = new Set(NAMES.map((name) => fullName(METRICS[name])));
  const look = async () => {
    const now = await scrape(world);
    // What a client library has in common is never a matter of what happens.
    for (const name of NAMES)
      if (now.of(name).some(({ value }) => value > 0 || 'isStandard' in METRICS[name])) told.add(name);
    const strange = now.samples.filter(
      ({ name }) => !documented.has(name) && !documented.has(name.replace(/_(?:bucket|sum|count)$/, '')),
    );
    assert.deepEqual(strange, []);
    return told;
  };
  const meets = (name: MetricName) => until(name, async () => (await look()).has(name));

  await world.patch('Provider', 'wasabi', { spec: { rateLimit: { requestsPerSecond: 100, maxInFlight: 1 } } });
  await world.apply(bucket('logs', { tagging: { tags: { team: 'a' } } }));
  await world.reaches('Bucket', 'logs', 'Ready', 'True');
  const rotate = { enabled: true, intervalDays: 10, previousKeysRetentionDays: 2 };
  await world.apply(accessKey('it', USER, { rotate }));
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.resync();
  await look();

  const held = Promise.withResolvers<'pass'>();
  wasabi.decide(() => held.promise);
  for (const name of ['one', 'two', 'three']) await world.apply(bucket(name));
  await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/reconcile-requested-at': 'now' });
  for (const name of ['activePasses', 'queueDepth', 'callsInFlight', 'callsWaiting'] as const) await meets(name);
  held.resolve('pass');

  const failing = { status: 503, body: '<Error><Code>SlowDown</Code></Error>' };
  wasabi.decide(({ method }) => (method === 'PUT' ? failing : 'pass'));
  kube.decide(({ url }) => (url.includes('/events') ? kubeError(403, 'Forbidden') : 'pass'));
  await world.apply(bucket('four', { notification: {} }));
  for (const name of ['errors', 'queueRetries', 'serviceRetries', 'rateLimitHits', 'notReadySince'] as const)
    await meets(name);
  wasabi.decide(undefined);
  await world.reaches('Bucket', 'four', 'Ready', 'True');

  const Tagging = { TagSet: [{ Key: 'somebody', Value: 'else' }] };
  await world.console.send(new PutBucketTaggingCommand({ Bucket: 'logs', Tagging }));
  await pass(300_000);
  await leap(10 * DAY);
  await meets('retainedKeys');
  await leap(2 * DAY);
  await leap(DAY);
  addKey(world, 'team-user');
  await pass(300_000);
  await meets('foreignKeys');
  await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/freeze': 'true' });
  await meets('frozen');
  wasabi.decide(() => failing);
  await world.patch('Bucket', 'logs', { spec: { deletionPolicy: 'Delete' } });
  await world.delete('Bucket', 'logs');
  await meets('deletingSince');
  wasabi.decide(undefined);
  await world.settle();
  assert.deepEqual(
    NAMES.filter((name) => !told.has(name)),
    Object.keys(ELSEWHERE),
  );
});

test('metrics: what a run does not bring about has a test of its own', () => {
  for (const [file, text] of Object.values(ELSEWHERE)) {
    assert.ok(readFileSync(new URL(file, import.meta.url), 'utf8').includes(text), file);
  }
});
