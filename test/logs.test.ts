import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logCalls } from '../scripts/log-calls.ts';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { scrape } from './support/scrape.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { startHttpReceiver } from './support/trace-receiver.ts';
import type { World } from './support/world.ts';

/** What the log of an operator at work tells of its passes. */

const { startWorld } = shareCluster();

type Line = Readonly<Record<string, unknown>>;

const ENDS = /^(reconciled|not reconciled|in sync again|let go|deletion goes on)/;

function linesOf({ operator }: World): readonly Line[] {
  return operator.log.map((line) => JSON.parse(line) as Line);
}

/** The lines that tell how a pass ended, without those for debugging. */
function endsOf(world: World): readonly Line[] {
  return linesOf(world).filter(({ level, message }) => level !== 'debug' && ENDS.test(String(message)));
}

test('logs: one line for each pass that changed something, under a name of its own, and none for the others', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('told'));
  await world.reaches('Bucket', 'told', 'Ready', 'True');
  await world.settle();
  const ofBucket = endsOf(world).filter(({ kind, name }) => kind === 'Bucket' && name === 'told');
  assert.ok(
    ofBucket.some(({ changes }) => JSON.stringify(changes).includes('Create')),
    JSON.stringify(ofBucket),
  );
  const ids = endsOf(world).map(({ reconcileId }) => reconcileId);
  assert.equal(new Set(ids).size, ids.length, 'one line a pass');
  const told = endsOf(world).length;
  const debugged = linesOf(world).length;
  await world.resync();
  await world.settle();
  assert.deepEqual(endsOf(world).slice(told), []);
  const quiet = linesOf(world).slice(debugged);
  assert.ok(
    quiet.some(({ message, level }) => message === 'reconciled' && level === 'debug'),
    'it was compared',
  );
  const levelsOf = new Map(logCalls().map(({ message, levels }) => [message, levels]));
  for (const { message, level } of linesOf(world)) {
    assert.ok(
      levelsOf.get(String(message))?.includes(String(level)),
      `documented: ${String(message)} at ${String(level)}`,
    );
  }
  for (const line of quiet) assert.match(String(line['reconcileId']), /^[0-9a-f-]{36}$/, JSON.stringify(line));
});

test('logs: whatever is told of a pass has its name, and its uid', async (t) => {
  const world = await startWorld(t);
  world.operator.kube.decide(({ method, url }) =>
    method === 'PATCH' && url.includes('/buckets/failing/status') ? { status: 500 } : 'pass',
  );
  await world.apply(bucket('failing'));
  const failed = () => linesOf(world).filter(({ message, name }) => message === 'a pass failed' && name === 'failing');
  await until('a pass failed', () => Promise.resolve(failed().length > 1));
  const uid = (await world.get('Bucket', 'failing'))?.metadata.uid;
  for (const line of failed()) assert.partialDeepStrictEqual(line, { kind: 'Bucket', namespace: world.namespace, uid });
  const ids = failed().map(({ reconcileId }) => String(reconcileId));
  assert.equal(new Set(ids).size, ids.length);
  world.operator.kube.decide(undefined);
});

test('logs: what a pass did is told and counted, though its status cannot be written', async (t) => {
  const world = await startWorld(t);
  const isMade = () => world.operatorCalls().some(({ operation }) => operation === 'CreateBucket');
  world.operator.kube.decide(({ method, url }) =>
    method === 'PATCH' && url.includes('/buckets/made/status') && isMade() ? { status: 500 } : 'pass',
  );
  await world.apply(bucket('made'));
  const failed = () => linesOf(world).filter(({ message, name }) => message === 'a pass failed' && name === 'made');
  await until('a pass failed', () => Promise.resolve(failed().length > 0));
  assert.deepEqual(failed()[0]?.['changes'], ['Create', 'Set:tagging']);
  const counted = await scrape(world);
  assert.equal(counted.sum('bucketOperations', { operation: 'create', result: 'success' }), 1);
  assert.ok((counted.sum('reconciles', { kind: 'Bucket', outcome: 'Failed' }) ?? 0) > 0);
  assert.ok((counted.sum('reconcileSeconds', { kind: 'Bucket' }) ?? 0) > 0);
  world.operator.kube.decide(undefined);
});

for (const [title, flags, isKept] of [
  ['sampled', [], true],
  ['not sampled', ['--otel-traces-sampler=always_off'], false],
] as const) {
  test(`logs: lines of a pass that is ${title} ${isKept ? 'name its span' : 'name none'}`, async (t) => {
    const receiver = await startHttpReceiver(t);
    const world = await startWorld(t, {
      flags: ['--otel-traces-enabled', `--otel-exporter-otlp-endpoint=${receiver.url}`, ...flags],
    });
    await world.apply(bucket('traced'));
    await world.reaches('Bucket', 'traced', 'Ready', 'True');
    await world.settle();
    const lines = endsOf(world).filter(({ name }) => name === 'traced');
    await world.operator.running.stop(0);
    await world.kill();
    const passes = receiver.spans.filter(({ name }) => name === 'reconcile Bucket');
    assert.ok(lines.length > 0);
    for (const { trace_id, span_id } of lines) {
      const span = passes.find(({ spanId }) => spanId === span_id);
      if (isKept) assert.equal(span?.traceId, trace_id);
      else assert.deepEqual([trace_id, span_id, passes.length], [undefined, undefined, 0]);
    }
  });
}
