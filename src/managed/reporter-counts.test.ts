import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { EventRecorder } from '../telemetry/events.ts';
import { createLogger } from '../telemetry/logger.ts';
import { Metrics } from '../telemetry/metrics.ts';
import type { KindEvents, KindStatus, StoredCondition } from './kind.ts';
import type { Outcome, Reading } from './outcome.ts';
import { Reporter } from './reporter.ts';
import { TARGET, type Toy, toy } from './testing/stage.ts';
import { ToyKube } from './testing/toy-kube.ts';

/** What is counted, and told as events, of each pass; the lines of the log are in `reporter.test.ts`. */

const events: KindEvents = {
  created: 'BucketCreated',
  updated: 'BucketUpdated',
  deleted: 'BucketDeleted',
  failed: 'ReconcileFailed',
  repaired: 'DriftRepaired',
};

function desk(t: TestContext, of: KindEvents = events) {
  const [clock, kube, metrics] = [new FakeClock(), new ToyKube(toy()), new Metrics({ version: 'test' })];
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const recorder = new EventRecorder({ kube, clock, random: () => 0, instance: 'test' });
  recorder.start();
  t.after(() => recorder.stop(0));
  const log = createLogger({ level: 'debug', format: 'json', destination, clock });
  const reporter = new Reporter({ log, metrics, events: recorder, clock, eventsOf: () => of });
  /** What was counted, but for the passes themselves. */
  const counted = async () => {
    const found = (await metrics.text()).split('\n').flatMap((line) => {
      const [, name, value] =
        /^[a-z0-9_]*?((?:error|resource_status|drift_\w+|access_key_rotations|bucket_operations|provider_connectivity)_total\{.*\}) (\d+)$/u.exec(
          line,
        ) ?? [];
      return name === undefined || value === '0' ? [] : [`${name.replaceAll('"', '')} ${value}`];
    });
    return found.toSorted();
  };
  const told = async () => {
    await new Promise(setImmediate);
    return kube.events;
  };
  return { clock, metrics, lines, reporter, counted, told, log };
}

function reading(changes: Partial<Reading> = {}, kindStatus: Partial<KindStatus> = {}): Reading {
  const target = { ...TARGET, provider: { namespace: 'a', name: 'p' } };
  return {
    target,
    kindStatus: { fields: {}, ...kindStatus },
    isFound: true,
    found: [],
    applied: [],
    told: [],
    ...changes,
  };
}

function stored(type: string, status: 'True' | 'False', more: Partial<StoredCondition> = {}): StoredCondition {
  return { type, status, reason: 'InSync', observedGeneration: 1, ...more };
}

const transient = new ReconcileError('Transient', 'no answer', { reason: 'Timeout' });
const inSync = (changes: Partial<Reading> = {}, kindStatus: Partial<KindStatus> = {}): Outcome => ({
  type: 'InSync',
  reading: reading(changes, kindStatus),
});
const outOfSync = (
  changes: Partial<Reading> = {},
  kindStatus: Partial<KindStatus> = {},
  errors = [transient],
): Outcome => ({
  type: 'OutOfSync',
  reading: reading(changes, kindStatus),
  errors,
});
const awaited = new ReconcileError('DependencyNotReady', 'User x is not Ready', { reason: 'ChildNotReady' });
const settled = { conditions: [stored('Ready', 'True'), stored('Synced', 'True')] };
const of = (kind: string, status: object = {}): Toy => ({ ...toy({ status }), kind });
const set = { found: ['Set:size'], applied: ['Set:size'] };

const rows: readonly (readonly [title: string, object: Toy, outcome: Outcome, counted: readonly string[]])[] = [
  ['a failed pass', of('User'), { type: 'Failed', error: transient }, ['error_total{kind=User,type=Transient} 1']],
  [
    'two failures of a pass',
    of('User'),
    outOfSync({}, {}, [transient, transient]),
    ['error_total{kind=User,type=Transient} 2'],
  ],
  ['what is waited for is no failure', of('User'), outOfSync({}, { awaited }, [awaited]), []],
  [
    'drift that was repaired',
    of('User', settled),
    inSync(set),
    ['drift_detected_total{kind=User,change=Set:size} 1', 'drift_repaired_total{kind=User,change=Set:size} 1'],
  ],
  [
    'drift that could not be repaired',
    of('User', settled),
    outOfSync({ found: ['Set:size'] }),
    ['drift_detected_total{kind=User,change=Set:size} 1', 'error_total{kind=User,type=Transient} 1'],
  ],
  [
    'drift that is repaired in a later pass',
    of('User', { conditions: [stored('Ready', 'True'), stored('Synced', 'False', { reason: 'Timeout' })] }),
    inSync(set),
    ['drift_repaired_total{kind=User,change=Set:size} 1'],
  ],
  [
    'what was only observed was never in sync by our doing',
    of('User', { conditions: [stored('Ready', 'True'), stored('Synced', 'False', { reason: 'Observed' })] }),
    inSync(set),
    [],
  ],
  ['what was never in sync', of('User', { conditions: [stored('Ready', 'False')] }), inSync(set), []],
  [
    'an edit is no drift',
    of('User', { conditions: settled.conditions.map((each) => ({ ...each, observedGeneration: 0 })) }),
    inSync(set),
    [],
  ],
  ['a Provider that answers', of('Provider'), inSync(), ['provider_connectivity_total{result=success} 1']],
  [
    'a Provider that does not',
    of('Provider'),
    outOfSync(),
    ['error_total{kind=Provider,type=Transient} 1', 'provider_connectivity_total{result=failure} 1'],
  ],
  ['a Provider that nobody asked', of('Provider'), { type: 'Suspended' }, []],
  [
    'rotations',
    of('AccessKey'),
    inSync(
      {},
      {
        events: [
          { type: 'Normal', reason: 'KeyRotated', note: '' },
          { type: 'Warning', reason: 'RotationFailed', note: '' },
          { type: 'Normal', reason: 'KeyRetired', note: '' },
        ],
      },
    ),
    ['access_key_rotations_total{result=completed} 1', 'access_key_rotations_total{result=failed} 1'],
  ],
  [
    'rotations of a kind that has none',
    of('User'),
    inSync({}, { events: [{ type: 'Normal', reason: 'KeyRotated', note: '' }] }),
    [],
  ],
  [
    'a bucket that was made',
    of('Bucket'),
    inSync({ applied: ['Create', 'Set:size'] }),
    ['bucket_operations_total{operation=create,result=success} 1'],
  ],
  [
    'a bucket that was changed',
    of('Bucket'),
    inSync({ applied: ['Set:size'] }),
    ['bucket_operations_total{operation=update,result=success} 1'],
  ],
  ['a bucket that was left as it is', of('Bucket'), inSync(), []],
  [
    'a bucket that was changed in part',
    of('Bucket'),
    outOfSync({ applied: ['Set:size'] }),
    ['bucket_operations_total{operation=update,result=failure} 1', 'error_total{kind=Bucket,type=Transient} 1'],
  ],
  [
    'a bucket that was made, and waits for others',
    of('Bucket'),
    outOfSync({ applied: ['Create'] }, { awaited }, [awaited]),
    ['bucket_operations_total{operation=create,result=success} 1'],
  ],
  [
    'a bucket that was deleted',
    of('Bucket'),
    { type: 'Gone', how: 'Deleted' },
    ['bucket_operations_total{operation=delete,result=success} 1'],
  ],
  ['a bucket that was let go', of('Bucket'), { type: 'Gone', how: 'Retained' }, []],
  [
    'a bucket that cannot be deleted',
    of('Bucket'),
    { type: 'Blocked', reason: 'BucketNotEmpty', message: '' },
    ['bucket_operations_total{operation=delete,result=failure} 1'],
  ],
  [
    'another object that cannot be deleted',
    of('User'),
    { type: 'Blocked', reason: 'DependentsExist', message: '' },
    [],
  ],
];
for (const [title, object, outcome, expected] of rows) {
  test(`reporter counts: ${title}`, async (t) => {
    const { reporter, counted, metrics } = desk(t);
    reporter.passed(object, outcome, undefined, 12);
    assert.deepEqual(await counted(), expected);
    assert.match(
      await metrics.text(),
      new RegExp(`reconcile_total\\{kind="${object.kind}",outcome="${outcome.type}"\\} 1`),
    );
  });
}

test('reporter counts: drift of a kind that nobody else can change is none', async (t) => {
  const { repaired: _repaired, ...others } = events;
  const { reporter, counted } = desk(t, others);
  reporter.passed(of('User', settled), inSync(set), undefined, 12);
  assert.deepEqual(await counted(), []);
});

test('reporter counts: conditions that changed their status', async (t) => {
  const { reporter, counted } = desk(t);
  const conditions = [
    stored('Ready', 'True'),
    stored('Synced', 'False'),
    { type: 'Stalled' },
    stored('Drifted', 'True'),
  ];
  reporter.passed(of('User', settled), inSync(), { conditions }, 12);
  reporter.passed(of('User', settled), inSync(), { other: 1 }, 12);
  assert.deepEqual(await counted(), [
    'resource_status_total{kind=User,condition=Drifted,status=True} 1',
    'resource_status_total{kind=User,condition=Synced,status=False} 1',
  ]);
});

test('reporter: what was done in a pass whose status could not be written is counted all the same', async (t) => {
  const { reporter, counted, log, lines } = desk(t);
  log.within({}, () => {
    reporter.unwritten(of('Bucket', settled), inSync(set), 12);
    log.info({}, 'a line of the pass');
  });
  assert.deepEqual(await counted(), [
    'bucket_operations_total{operation=update,result=success} 1',
    'drift_detected_total{kind=Bucket,change=Set:size} 1',
    'drift_repaired_total{kind=Bucket,change=Set:size} 1',
  ]);
  assert.deepEqual(lines.at(-1)?.['changes'], ['Set:size']);
  const nothing = desk(t);
  nothing.reporter.unwritten(of('Bucket', settled), inSync({ found: ['Set:size'] }), 12);
  nothing.reporter.unwritten(of('Bucket', settled), { type: 'Gone', how: 'Deleted' }, 12);
  assert.deepEqual(await nothing.counted(), []);
  assert.match(await nothing.metrics.text(), /reconcile_total\{kind="Bucket",outcome="Failed"\} 2/);
});

test("reporter: a kind's own events are sent where its thing was read", async (t) => {
  const own = { events: [{ type: 'Normal', reason: 'KeyRetired', note: 'it went' }] } as const;
  for (const outcome of [
    inSync({}, own),
    outOfSync({}, own),
    { ...inSync({}, own), type: 'Observed', pending: [] } as Outcome,
  ]) {
    const { reporter, told } = desk(t);
    reporter.passed(of('User', settled), outcome, undefined, 12);
    assert.deepEqual(await told(), ['Normal KeyRetired: it went'], outcome.type);
  }
});

test('reporter: a wait that was told is not sent again as an event, and something else is', async (t) => {
  const waiting = new ReconcileError('DependencyNotReady', 'User x is not Ready', { reason: 'UserNotReady' });
  const since = stored('Synced', 'False', {
    reason: 'UserNotReady',
    message: waiting.message,
    lastTransitionTime: '2025-12-31T00:00:00Z',
  });
  const { reporter, told, lines, clock } = desk(t);
  const pass = (outcome: Outcome) => reporter.passed(of('User', { conditions: [since] }), outcome, undefined, 12);
  pass({ type: 'Failed', error: waiting });
  assert.deepEqual((await told()).length, 1);
  clock.advance(3_600_000);
  pass({ type: 'Failed', error: waiting });
  assert.deepEqual([(await told()).length, lines.map(({ level }) => level)], [1, ['warn', 'debug']]);
  pass(inSync());
  pass({ type: 'Failed', error: waiting });
  assert.equal(lines.at(-1)?.['level'], 'warn', 'after an end it is told anew');
});

test('reporter: references that a flag opens are told for a generation that has no verdict yet', async (t) => {
  const reference = {
    path: 'spec.x',
    group: '',
    kind: 'Provider',
    key: { namespace: 'b', name: 'p' },
    isLegacy: true,
    blocksDeletion: true,
  };
  const tell = async (status: object, references = [reference]) => {
    const { reporter, told } = desk(t);
    reporter.openedByFlag(of('User', status), references);
    return (await told()).length;
  };
  assert.deepEqual([await tell({}), await tell(settled), await tell({}, [])], [1, 0, 0]);
  assert.equal(await tell({ conditions: [stored('Synced', 'True', { observedGeneration: 0 })] }), 1);
});

const line =
  (outcome: Outcome, object = of('User')) =>
  (t: TestContext) => {
    const { reporter, lines } = desk(t);
    const after = {
      conditions: [{ type: 'Synced', status: 'False', reason: 'New', message: 'new', observedGeneration: 1 }],
    };
    reporter.passed(object, outcome, after, 12);
    const { level, message, changes, reason } = lines.at(-1) ?? {};
    return [level, message, ...(changes === undefined ? [] : [changes]), ...(reason === undefined ? [] : [reason])];
  };
const said: readonly (readonly [title: string, outcome: Outcome, line: readonly unknown[], object?: Toy])[] = [
  ['a defect', { type: 'Failed', error: new ReconcileError('Internal', 'TypeError') }, ['error', 'not reconciled']],
  ['a stale read', { type: 'Failed', error: new ReconcileError('StaleRead', 'old') }, ['debug', 'not reconciled']],
  [
    'what is expected',
    { type: 'Failed', error: new ReconcileError('Transient', 'x', { isExpected: true }) },
    ['info', 'not reconciled'],
  ],
  ['what was changed', inSync({ applied: ['Set:size'] }), ['info', 'reconciled', ['Set:size']]],
  ['suspended', { type: 'Suspended' }, ['debug', 'reconciled']],
  ['observed', { type: 'Observed', reading: reading(), pending: [] }, ['debug', 'reconciled']],
  [
    'in sync after it was observed',
    inSync(),
    ['debug', 'reconciled'],
    of('User', { conditions: [stored('Synced', 'False', { reason: 'Observed' })] }),
  ],
  [
    'in sync after throttling',
    inSync(),
    ['debug', 'reconciled'],
    of('User', { conditions: [stored('Synced', 'False', { reason: 'Throttled' })] }),
  ],
  [
    'in sync after a failure',
    inSync(),
    ['info', 'in sync again', 'Timeout'],
    of('User', { conditions: [stored('Synced', 'False', { reason: 'Timeout' })] }),
  ],
  ['in sync as before', inSync(), ['debug', 'reconciled'], of('User', settled)],
];
for (const [title, outcome, expected, object] of said) {
  test(`reporter: the line of a pass: ${title}`, (t) => assert.deepEqual(line(outcome, object)(t), expected));
}
