import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../src/runtime/clock.ts';
import { createOtlpTracer } from '../src/telemetry/otlp-tracer.ts';
import { inject, isLook, s3Error } from './support/answers.ts';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { kubeconfigFor, startProcess } from './support/operator-process.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { AUTHORITIES } from './support/tls-authorities.ts';
import { type SeenSpan, startGrpcReceiver, startHttpReceiver, type TraceReceiver } from './support/trace-receiver.ts';
import type { World, WorldOperator } from './support/world.ts';

/** Traces of an operator at work, as receivers take them that speak the protocol. */

const shared = shareCluster();
const { startWorld } = shared;
const ON = '--otel-traces-enabled';

/** What is left is sent when the operator ends. */
async function ended(world: World, receiver: TraceReceiver): Promise<readonly SeenSpan[]> {
  await world.operator.running.stop(0);
  await world.kill();
  return receiver.spans;
}

async function droppedBy({ running }: WorldOperator): Promise<number> {
  const text = await running.metrics.text();
  return Number(/^wasabi_s3_operator_spans_dropped_total (.*)$/m.exec(text)?.[1]);
}

function passesOver(spans: readonly SeenSpan[], name: string): readonly SeenSpan[] {
  return spans.filter(({ attributes, parentSpanId }) => parentSpanId === '' && attributes['wasabi.name'] === name);
}

const protocols: readonly (readonly [
  title: string,
  start: (t: TestContext) => Promise<TraceReceiver>,
  flags: readonly string[],
])[] = [
  ['http/protobuf', startHttpReceiver, []],
  ['gRPC', (t) => startGrpcReceiver(t), ['--otel-exporter-otlp-protocol=grpc']],
];

for (const [title, start, flags] of protocols) {
  test(`traces by ${title}: a pass, and below it each call of the service and of the Kubernetes API`, async (t) => {
    const receiver = await start(t);
    const endpoint = `--otel-exporter-otlp-endpoint=${receiver.url}`;
    const headers = '--otel-exporter-otlp-headers=authorization=Bearer%20it,x-team=storage';
    const world = await startWorld(t, { flags: [ON, endpoint, headers, ...flags] });
    await world.apply(bucket('traced'));
    await world.reaches('Bucket', 'traced', 'Ready', 'True');
    await world.settle();
    const spans = await ended(world, receiver);

    const passes = passesOver(spans, 'traced');
    const [made] = passes.filter(({ attributes }) => attributes['wasabi.changes']?.includes('Create') === true);
    assert.ok(made, JSON.stringify(passes));
    assert.equal(made.name, 'reconcile Bucket');
    assert.partialDeepStrictEqual(made.attributes, {
      'k8s.namespace.name': world.namespace,
      'wasabi.kind': 'Bucket',
      'wasabi.outcome': 'InSync',
      'wasabi.generation': '1',
    });
    assert.equal(made.isError, false);
    const below = spans.filter(({ parentSpanId }) => parentSpanId === made.spanId);
    assert.ok(below.every(({ traceId }) => traceId === made.traceId));
    const create = below.find(({ name }) => name === 's3/CreateBucket');
    assert.partialDeepStrictEqual(create?.attributes, {
      'rpc.method': 's3/CreateBucket',
      'http.response.status_code': '200',
    });
    const patch = below.find(({ name }) => name === 'patch buckets');
    assert.partialDeepStrictEqual(patch?.attributes, { 'k8s.api.verb': 'patch', 'http.response.status_code': '200' });
    assert.equal(made.resource['service.name'], 'wasabi-s3-operator');
    // Calls of nobody's pass would be noise.
    assert.deepEqual(
      spans.filter(({ name }) => name.startsWith('watch ') || name.startsWith('list ') || name.includes('leases')),
      [],
    );
    assert.partialDeepStrictEqual(receiver.headers[0], { authorization: 'Bearer it', 'x-team': 'storage' });
    const secret = world.emulator.account.secretAccessKey;
    assert.ok(!JSON.stringify([spans, receiver.headers]).includes(secret), 'no secret in a trace');
  });
}

test('traces: a pass that fails says so, and the next one links to it', async (t) => {
  const receiver = await startHttpReceiver(t);
  const world = await startWorld(t, { flags: [ON, `--otel-exporter-otlp-traces-endpoint=${receiver.url}/mine`] });
  const fault = inject(world.operator.wasabi, (call) => isLook(call, 'traced'), s3Error(403, 'AccessDenied'));
  await world.apply(bucket('traced'));
  await world.reaches('Bucket', 'traced', 'Synced', 'AccessDenied');
  fault.end();
  await world.elapse(120_000);
  await world.reaches('Bucket', 'traced', 'Ready', 'True');
  const spans = await ended(world, receiver);
  assert.ok(receiver.headers.every(({ path }) => path === '/mine'));
  const passes = passesOver(spans, 'traced');
  const failed = passes.find(({ isError }) => isError);
  assert.ok(failed, JSON.stringify(passes));
  assert.equal(failed.attributes['error.type'], 'DependencyNotReady');
  const refused = spans.find(({ parentSpanId, isError }) => parentSpanId === failed.spanId && isError);
  assert.equal(refused?.attributes['error.type'], '403');
  const next = passes[passes.indexOf(failed) + 1];
  assert.deepEqual(next?.links, [failed.spanId]);
});

test('traces by gRPC over TLS: with the authority of the setting, and not without it', async (t) => {
  const receiver = await startGrpcReceiver(t, AUTHORITIES.address);
  const folder = mkdtempSync(join(tmpdir(), 'tracing-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'ca.crt');
  writeFileSync(file, AUTHORITIES.address.ca);
  const flags = [ON, '--otel-exporter-otlp-protocol=grpc', `--otel-exporter-otlp-endpoint=${receiver.url}`];
  const stranger = await startWorld(t, { flags });
  const { operator } = stranger;
  await stranger.kill();
  assert.deepEqual(receiver.spans, []);
  assert.ok((await droppedBy(operator)) > 0);
  const world = await startWorld(t, { flags: [...flags, `--otel-exporter-otlp-certificate=${file}`] });
  assert.ok((await ended(world, receiver)).length > 0);
});

for (const [title, start, flags] of protocols) {
  test(`traces by ${title}: a collector that refuses, or is away, stops nothing and is told of`, async (t) => {
    const receiver = await start(t);
    receiver.refuse();
    for (const endpoint of [receiver.url, 'http://127.0.0.1:1']) {
      const world = await startWorld(t, { flags: [ON, `--otel-exporter-otlp-endpoint=${endpoint}`, ...flags] });
      await world.apply(bucket('kept-on'));
      await world.reaches('Bucket', 'kept-on', 'Ready', 'True');
      const { operator } = world;
      await world.kill();
      assert.ok((await droppedBy(operator)) > 0, endpoint);
      const told = operator.log.filter((line) => line.includes('traces could not be sent, and are lost'));
      assert.partialDeepStrictEqual(JSON.parse(told[0] ?? '{}'), {
        level: 'warn',
        server: new URL(endpoint).origin,
        error: { type: 'Transient' },
      });
    }
  });
}

test('traces: which are kept is a setting, and off is off', async (t) => {
  const receiver = await startHttpReceiver(t);
  const endpoint = `--otel-exporter-otlp-endpoint=${receiver.url}`;
  for (const flags of [
    [endpoint],
    [ON, endpoint, '--otel-traces-sampler=always_off'],
    [ON, endpoint, '--otel-traces-sampler=parentbased_traceidratio', '--otel-traces-sampler-arg=0'],
  ]) {
    const world = await startWorld(t, { flags });
    assert.deepEqual(await ended(world, receiver), [], flags.join(' '));
    await world.close();
  }
});

test('traces that are on without an endpoint go nowhere, and it is told', async (t) => {
  const world = await startWorld(t, { flags: [ON] });
  await world.apply(bucket('kept-on'));
  await world.reaches('Bucket', 'kept-on', 'Ready', 'True');
  assert.match(world.operator.log.join(''), /--otel-traces-enabled needs --otel-exporter-otlp-endpoint/);
  assert.equal(await droppedBy(world.operator), 0);
});

test('traces: without the packages of OpenTelemetry the operator works, and says what is missing', async (t) => {
  const operator = startProcess(
    t,
    [
      `--kubeconfig=${kubeconfigFor(t, shared.cluster)}`,
      '--metrics-port=0',
      '--leader-elect=false',
      '--cluster-id=one',
      ON,
      '--otel-exporter-otlp-endpoint=http://127.0.0.1:4318',
    ],
    { NODE_OPTIONS: `--import=${new URL('support/without-opentelemetry.mjs', import.meta.url).href}` },
  );
  await until('it has started', () => Promise.resolve(operator.output().includes('"started"')));
  assert.match(operator.output(), /the packages of OpenTelemetry are not installed.*no traces are sent/);
});

test('traces: a call of what a pass set going, and that goes on after it, is in no trace', async (t) => {
  const receiver = await startHttpReceiver(t);
  const tracer = createOtlpTracer({
    url: new URL(`${receiver.url}/v1/traces`),
    protocol: 'http/protobuf',
    headers: {},
    certificate: undefined,
    serviceName: undefined,
    resourceAttributes: {},
    timeoutMs: 10_000,
    sampler: 'always_on',
    samplerRatio: 1,
    version: '0',
    clock: systemClock,
    onDropped: () => undefined,
  });
  const passEnded = Promise.withResolvers<void>();
  const watch = async () => {
    tracer.called('get bucket', 1, {}, undefined);
    await passEnded.promise;
    tracer.called('watch secrets', 1, {}, undefined);
  };
  let watching: Promise<void> | undefined;
  await tracer.trace('reconcile Bucket', 'a', {}, () => {
    watching = watch();
    return Promise.resolve();
  });
  passEnded.resolve();
  await watching;
  await tracer.stop();
  assert.deepEqual(receiver.spans.map(({ name }) => name).toSorted(), ['get bucket', 'reconcile Bucket']);
});
