import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ManagedResource } from '../src/managed/kind.ts';
import { eventsAbout, inject, isLook, isS3Write, s3Error } from './support/answers.ts';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import type { CannedAnswer, Verdict } from './support/proxy.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const shared = shareCluster();
/** No drift interval comes in between: what is looked at again is looked at for its own sake. */
const flags = ['--drift-check-interval-seconds=0'];
const providerSpec = { retry: { maxAttempts: 2 }, rateLimit: { requestsPerSecond: 1_000 } };

const HTML: CannedAnswer = { status: 404, headers: { 'content-type': 'text/html' }, body: '<html>not here</html>' };
const PORTAL: CannedAnswer = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>log in</html>' };
const NOTHING: CannedAnswer = { status: 200, headers: { 'content-type': 'application/xml' }, body: '' };
const RETRY_AFTER_30 = { 'retry-after': '30' };

/** A read that fails, and what it must mean. */
interface LookFault {
  readonly title: string;
  readonly verdict: Verdict;
  readonly reason: string;
  /** The next pass: after just so long, not before so long, soon, or only when somebody does something. */
  readonly next: { readonly exactlyMs: number } | { readonly atLeastMs: number } | 'backoff' | 'never';
  readonly event: 'Normal' | 'Warning' | 'none';
  /** What the deleting object says beside Ready and Synced. */
  readonly deleting: 'Reconciling' | 'DeletionBlocked';
}

const minute = { exactlyMs: 60_000 };
const fixable = { next: minute, event: 'Warning', deleting: 'DeletionBlocked' } as const;
const passing = { next: 'backoff', event: 'none', deleting: 'Reconciling' } as const;
const wrongSpec = { next: 'never', event: 'Warning', deleting: 'DeletionBlocked' } as const;

/** Refused credentials concern the whole Provider: `credentials.test.ts`. */
const lookFaults: readonly LookFault[] = [
  { title: '403 AccessDenied', verdict: s3Error(403, 'AccessDenied'), reason: 'AccessDenied', ...fixable },
  {
    title: '503 SlowDown with Retry-After',
    verdict: s3Error(503, 'SlowDown', RETRY_AFTER_30),
    reason: 'Throttled',
    ...passing,
    next: { atLeastMs: 30_000 },
  },
  { title: '500 InternalError', verdict: s3Error(500, 'InternalError'), reason: 'ServiceFailed', ...passing },
  { title: '409 OperationAborted', verdict: s3Error(409, 'OperationAborted'), reason: 'Conflict', ...passing },
  { title: '403 RequestTimeTooSkewed', verdict: s3Error(403, 'RequestTimeTooSkewed'), reason: 'ClockSkew', ...passing },
  { title: 'a reset before the service saw it', verdict: 'dropRequest', reason: 'ConnectionLost', ...passing },
  { title: 'a reset before the answer arrived', verdict: 'dropResponse', reason: 'ConnectionLost', ...passing },
  { title: 'no answer at all', verdict: 'hang', reason: 'Timeout', ...passing },
  { title: 'a 404 that is none of S3', verdict: HTML, reason: 'UnexpectedAnswer', ...passing },
  { title: 'a 200 that is none of S3', verdict: PORTAL, reason: 'UnreadableAnswer', ...passing },
  { title: 'a 200 with nothing in it', verdict: NOTHING, reason: 'UnreadableAnswer', ...passing },
  { title: '301 PermanentRedirect', verdict: s3Error(301, 'PermanentRedirect'), reason: 'WrongRegion', ...wrongSpec },
  { title: '400 MalformedXML', verdict: s3Error(400, 'MalformedXML'), reason: 'Rejected', ...wrongSpec },
];

describe('a look that fails is an error, never absence', { concurrency: 3 }, () => {
  for (const fault of lookFaults) {
    test(fault.title, async (t) => {
      const timeout = fault.verdict === 'hang' ? { timeoutSeconds: 1 } : {};
      const world = await shared.startWorld(t, { flags, providerSpec: { ...providerSpec, ...timeout } });
      await world.apply(bucket('ready'));
      await world.apply(bucket('leaving', { deletionPolicy: 'Delete' }));
      for (const name of ['ready', 'leaving']) await world.reaches('Bucket', name, 'Ready', 'True');
      await world.settle();
      const before = { ready: world.snapshot('ready'), leaving: world.snapshot('leaving') };
      const marks = { calls: world.operator.wasabi.calls.length, events: eventsAbout(world, 'Bucket', 'ready').length };

      const names = ['fresh', 'ready', 'leaving'];
      const injected = inject(world.operator.wasabi, (call) => names.some((name) => isLook(call, name)), fault.verdict);
      await world.apply(bucket('fresh'));
      await world.delete('Bucket', 'leaving');
      await lookAgain(world, 'ready', '1');
      for (const name of names) await world.reaches('Bucket', name, 'Synced', fault.reason);

      await assertConditions(world, fault);
      await assertNextPass(world, fault, () => injected.hits.length);
      const about = eventsAbout(world, 'Bucket', 'ready').slice(marks.events);
      assert.deepEqual(
        [...new Set(about.map(({ type }) => type))],
        fault.event === 'none' ? [] : [fault.event],
        'how people are told',
      );

      const writes = world.operator.wasabi.calls.slice(marks.calls).filter(isS3Write);
      assert.deepEqual(writes, [], 'nothing was written after a look that failed');
      assert.deepEqual({ ready: world.snapshot('ready'), leaving: world.snapshot('leaving') }, before);
      assert.equal(world.snapshot('fresh'), undefined);

      injected.end();
      await recovered(world, fault);
    });
  }
});

/** Asks for a pass, as people do. */
async function lookAgain(world: World, name: string, when: string): Promise<void> {
  await world.patch('Bucket', name, { metadata: { annotations: { 's3.cloud37.dev/reconcile-requested-at': when } } });
}

async function assertConditions(world: World, fault: LookFault): Promise<void> {
  const isStalled = fault.next === 'never';
  const expected = {
    fresh: { Ready: 'False', [isStalled ? 'Stalled' : 'Reconciling']: 'True' },
    // What was found to work is not said to be broken because it could not be looked at.
    ready: { Ready: 'True', [isStalled ? 'Stalled' : 'Reconciling']: 'True' },
    leaving: { Ready: 'False', [fault.deleting]: 'True' },
  };
  for (const [name, conditions] of Object.entries(expected)) {
    const found = await world.get('Bucket', name);
    assert.ok(found);
    assert.deepEqual(statuses(found), { Synced: 'False', ...conditions }, name);
    await world.expectValid('Bucket', name);
  }
  const leaving = await world.get('Bucket', 'leaving');
  assert.deepEqual(leaving?.metadata.finalizers, ['s3.cloud37.dev/finalizer'], 'the finalizer stays');
}

/** The conditions by type. */
function statuses({ status }: ManagedResource): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries((status?.conditions ?? []).map(({ type, status }) => [type, status]));
}

async function assertNextPass(world: World, { next, verdict }: LookFault, looks: () => number): Promise<void> {
  const { wasabi } = world.operator;
  const after = async (ms: number) => {
    await world.settle();
    const before = looks();
    await world.elapse(ms);
    return looks() - before;
  };
  if (next === 'never') {
    assert.equal(await after(3_600_000), 0, 'nobody asks again by himself');
    return;
  }
  if (next === 'backoff') {
    const before = looks();
    await until('it is tried again', async () => {
      // What is never answered ends with its deadline: to wait for a moment without a pass would be in vain.
      await (verdict === 'hang' ? world.operator.clock.skip(1_000) : world.elapse(1_000));
      return looks() >= before + 3;
    });
    return;
  }
  if ('atLeastMs' in next) {
    const calls = wasabi.calls.length;
    await after(next.atLeastMs - 5_000);
    assert.equal(wasabi.calls.length, calls, 'no call at all before Retry-After is over');
    assert.ok((await after(60_000)) > 0, 'and then it is tried again');
    return;
  }
  assert.equal(await after(next.exactlyMs - 10_000), 0, 'not before its time');
  assert.ok((await after(20_000)) >= 3, 'each once its time has come');
}

async function recovered(world: World, { next }: LookFault): Promise<void> {
  if (next === 'never') for (const name of ['fresh', 'ready', 'leaving']) await lookAgain(world, name, '2');
  else await world.elapse(300_000, 400);
  await world.reaches('Bucket', 'fresh', 'Ready', 'True');
  await world.reaches('Bucket', 'ready', 'Synced', 'True');
  await world.gone('Bucket', 'leaving');
  assert.notEqual(world.snapshot('fresh'), undefined);
  assert.equal(world.snapshot('leaving'), undefined);
  for (const name of ['fresh', 'ready']) await world.expectValid('Bucket', name);
}
