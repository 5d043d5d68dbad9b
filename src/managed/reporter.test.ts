import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { plainAccess } from '../../test/support/loopback-server.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { KubeClient } from '../runtime/kube-client.ts';
import { EventRecorder } from '../telemetry/events.ts';
import { createLogger } from '../telemetry/logger.ts';
import { Metrics } from '../telemetry/metrics.ts';
import type { ManagedResource } from './kind.ts';
import type { Outcome } from './outcome.ts';
import { Reporter } from './reporter.ts';
import { statusFor } from './status.ts';

/** A Bucket that was made, as the store has it. */
const bucket: ManagedResource = {
  apiVersion: 's3.cloud37.dev/v1alpha1',
  kind: 'Bucket',
  metadata: { name: 'b', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '', generation: 1 },
  spec: {},
  status: { target: { provider: 'a/p', accountId: '100000000001', region: 'eu-central-2', name: 'logs' } },
};

/** Runs passes of that object, each on the status of the one before. Events are recorded and never sent. */
function passes(t: TestContext, resource = bucket) {
  const clock = new FakeClock();
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const kube = new KubeClient({
    access: plainAccess('http://127.0.0.1:1'),
    clock,
    random: () => 0,
    userAgent: 'test',
  });
  t.after(() => kube.close());
  const reporter = new Reporter({
    log: createLogger({ level: 'debug', format: 'json', destination, clock }),
    metrics: new Metrics({ version: 'test' }),
    events: new EventRecorder({ kube, clock, random: () => 0, instance: 'test' }),
    clock,
    eventsOf: () => ({
      created: 'BucketCreated',
      updated: 'BucketUpdated',
      deleted: 'BucketDeleted',
      failed: 'ReconcileFailed',
    }),
  });
  const pass = (outcome: Outcome) => {
    const patch = statusFor(resource, outcome, clock.now());
    reporter.passed(resource, outcome, patch, 12.3456);
    resource = { ...resource, status: { ...resource.status, ...patch } };
    return lines.at(-1) ?? {};
  };
  return { clock, pass };
}

test('reporter: a failure is told at its first pass and at each change, and repeated for debugging only', (t) => {
  const { pass } = passes(t);
  const failing = (message: string): Outcome => ({
    type: 'Failed',
    error: new ReconcileError('DependencyNotReady', message, { reason: 'AccessDenied' }),
  });
  const levels = ['one', 'one', 'two', 'two'].map((message) => pass(failing(message))['level']);
  assert.deepEqual(levels, ['warn', 'debug', 'warn', 'debug']);
});

test('reporter: a wait is a warning once it lasts, once for each thing that is waited for', (t) => {
  const { clock, pass } = passes(t);
  const waiting = (message: string): Outcome => ({
    type: 'Failed',
    error: new ReconcileError('DependencyNotReady', message, { reason: 'ProviderNotReady' }),
  });
  const levels = (messages: readonly string[]) => messages.map((message) => pass(waiting(message))['level']);
  assert.deepEqual(levels(['one', 'one']), ['info', 'debug']);
  clock.advance(30_000);
  assert.deepEqual(levels(['one', 'one', 'two', 'two']), ['warn', 'debug', 'warn', 'debug']);
});

test('reporter: what waits for other objects is told when it comes up and when something was changed', (t) => {
  const { pass } = passes(t);
  const awaited = new ReconcileError('DependencyNotReady', 'User x is not Ready', { reason: 'ChildNotReady' });
  const failure = new ReconcileError('Transient', 'written, and not yet in effect', { reason: 'NotYetInEffect' });
  const outOfSync = (applied: readonly string[], failures: readonly ReconcileError[]): Outcome => ({
    type: 'OutOfSync',
    reading: { target, kindStatus: { fields: {}, awaited }, isFound: true, found: applied, applied, told: applied },
    errors: [...failures, awaited],
  });
  const levels = [[], [], ['Set:tags'], []].map((applied) => pass(outOfSync(applied, []))['level']);
  assert.deepEqual(levels, ['info', 'debug', 'info', 'debug']);
  const failing = [[], [], ['Set:tags']].map((applied) => pass(outOfSync(applied, [failure]))['level']);
  assert.deepEqual(failing, ['warn', 'debug', 'info']);
  const other = new ReconcileError('Transient', 'no answer', { reason: 'Timeout' });
  const both = pass(outOfSync([], [other, failure]));
  assert.deepEqual(both['problems'], ['NotYetInEffect: written, and not yet in effect'], 'one line for all');
});

test('reporter: what is not ours, or blocks a deletion, is logged with its message; times in whole milliseconds', (t) => {
  const { pass } = passes(t);
  const taken = {
    type: 'NotOurs',
    resourceVersion: '7',
    reason: 'AlreadyExists',
    message: 'it is owned by x',
  } as const;
  assert.partialDeepStrictEqual(pass(taken), { level: 'warn', problems: ['it is owned by x'], durationMs: 12 });
  assert.equal(pass(taken)['level'], 'debug');
  const blocked = { type: 'Blocked', reason: 'BucketNotEmpty', message: '3 objects' } as const;
  assert.partialDeepStrictEqual(pass(blocked), { level: 'warn', problems: ['3 objects'] });
});

const target = { provider: { namespace: 'a', name: 'p' }, accountId: '1', region: 'r', name: 'logs' };
const inSync: Extract<Outcome, { type: 'InSync' }> = {
  type: 'InSync',
  reading: { target, kindStatus: { fields: {} }, isFound: true, found: [], applied: [], told: [] },
};

test('reporter: the end of what was told is told once, with what it was', (t) => {
  const { pass } = passes(t);
  assert.equal(pass(inSync)['level'], 'debug', 'nothing was told before');
  pass({ type: 'Failed', error: new ReconcileError('DependencyNotReady', 'refused', { reason: 'AuthFailed' }) });
  assert.partialDeepStrictEqual(pass(inSync), { level: 'info', message: 'in sync again', reason: 'AuthFailed' });
  assert.partialDeepStrictEqual(pass(inSync), { level: 'debug', message: 'reconciled' });
});

test('reporter: throttling is told of the account, not of each of its objects', (t) => {
  const throttled = new ReconcileError('Throttled', 'slow down');
  const failures: readonly Outcome[] = [
    { type: 'Failed', error: throttled },
    { type: 'OutOfSync', reading: inSync.reading, errors: [throttled] },
  ];
  for (const failure of failures) {
    const levels = (kind: string) => {
      const { pass } = passes(t, { ...bucket, kind });
      return [failure, failure, inSync].map((outcome) => pass(outcome)['level']);
    };
    assert.deepEqual(levels('Bucket'), ['debug', 'debug', 'debug'], failure.type);
    assert.deepEqual(levels('Provider'), ['warn', 'debug', 'info'], failure.type);
  }
});

test('reporter: a deletion that takes many passes is told when it begins and when it waits for something else', (t) => {
  const { pass } = passes(t);
  const reasons = ['ChildrenDeleting', 'ChildrenDeleting', 'Emptying', 'Emptying'] as const;
  const levels = reasons.map((reason) => pass({ type: 'Deleting', reason, message: 'on', fields: {} })['level']);
  assert.deepEqual(levels, ['info', 'debug', 'info', 'debug']);
});

test('reporter: a deletion names the external resource that went', (t) => {
  assert.partialDeepStrictEqual(passes(t).pass({ type: 'Gone', how: 'Deleted' }), {
    message: 'let go',
    reason: 'Deleted',
    resource: 'logs',
    account: '100000000001',
    provider: 'a/p',
  });
});
