import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Result } from '../runtime/controller.ts';
import { ReconcileError, type ReconcileErrorType } from '../runtime/errors.ts';
import type { KindStatus } from './kind.ts';
import { errorsOf, failuresOf, type Outcome, type Reading, resultFor, worstFirst } from './outcome.ts';

const DAY_MS = 86_400_000;
const target = { provider: { namespace: 'a', name: 'p' }, accountId: '1', region: 'eu', name: 'logs' };

function reading(kindStatus: Partial<KindStatus> = {}): Reading {
  return { target, kindStatus: { fields: {}, ...kindStatus }, isFound: true, found: [], applied: [], told: [] };
}

const error = (type: ReconcileErrorType, retryAfterMs?: number) =>
  new ReconcileError(type, type, retryAfterMs === undefined ? {} : { retryAfterMs });
const failed = (type: ReconcileErrorType, retryAfterMs?: number): Outcome => ({
  type: 'Failed',
  error: error(type, retryAfterMs),
});
const outOfSync = (errors: readonly ReconcileError[], kindStatus: Partial<KindStatus> = {}): Outcome => ({
  type: 'OutOfSync',
  reading: reading(kindStatus),
  errors,
});
const waits = { reason: 'BucketNotEmpty', message: '', fields: {} } as const;

const rows: readonly (readonly [title: string, outcome: Outcome, next: Result])[] = [
  ['in sync', { type: 'InSync', reading: reading() }, { type: 'done' }],
  [
    'in sync, and something is due',
    { type: 'InSync', reading: reading({ wakeAfterMs: 9 }) },
    { type: 'requeueAfter', ms: 9 },
  ],
  ['due since a while', { type: 'InSync', reading: reading({ wakeAfterMs: -9 }) }, { type: 'requeueAfter', ms: 0 }],
  [
    'due in a year',
    { type: 'InSync', reading: reading({ wakeAfterMs: 365 * DAY_MS }) },
    { type: 'requeueAfter', ms: DAY_MS },
  ],
  [
    "somebody else's",
    { type: 'NotOurs', resourceVersion: '1', reason: 'AlreadyExists', message: '' },
    { type: 'done' },
  ],
  ['suspended', { type: 'Suspended' }, { type: 'done' }],
  ['gone', { type: 'Gone', how: 'Deleted' }, { type: 'done' }],
  ['observed', { type: 'Observed', reading: reading(), pending: [] }, { type: 'done' }],
  [
    'observed, with a failure',
    { type: 'Observed', reading: reading({ failure: error('Transient') }), pending: [] },
    { type: 'retry' },
  ],
  ['blocked', { ...waits, type: 'Blocked' }, { type: 'requeueAfter', ms: 60_000 }],
  ['blocked for a while', { ...waits, type: 'Blocked', retryAfterMs: 9 }, { type: 'requeueAfter', ms: 9 }],
  ['deleting', { ...waits, type: 'Deleting' }, { type: 'requeueAfter', ms: 0 }],
  ['deleting for a while', { ...waits, type: 'Deleting', retryAfterMs: 9 }, { type: 'requeueAfter', ms: 9 }],
  ['a bad spec', failed('InvalidSpec'), { type: 'done' }],
  ['what the service lacks', failed('Unsupported'), { type: 'done' }],
  ['what somebody has to do', failed('DependencyNotReady'), { type: 'requeueAfter', ms: 60_000 }],
  ['what somebody does in a while', failed('DependencyNotReady', 9), { type: 'requeueAfter', ms: 9 }],
  ...(['Throttled', 'Transient', 'StaleRead', 'Internal'] as const).flatMap((type): (typeof rows)[number][] => [
    [type, failed(type), { type: 'retry' }],
    [`${type} for a while`, failed(type, 9), { type: 'retry', atLeastMs: 9 }],
  ]),
  ['failures that nobody mends', outOfSync([error('InvalidSpec'), error('Unsupported')]), { type: 'done' }],
  [
    'of several waits the shortest',
    outOfSync([error('DependencyNotReady', 9), error('DependencyNotReady', 7), error('InvalidSpec')], {
      wakeAfterMs: 8,
    }),
    { type: 'requeueAfter', ms: 7 },
  ],
  [
    'what is due before a wait is over',
    outOfSync([error('DependencyNotReady', 9)], { wakeAfterMs: 8 }),
    { type: 'requeueAfter', ms: 8 },
  ],
  [
    'a failure that heals by itself comes before all waits',
    outOfSync([error('DependencyNotReady', 1), error('Transient')], { wakeAfterMs: 0 }),
    { type: 'retry' },
  ],
];
for (const [title, outcome, next] of rows) {
  test(`the next pass: ${title}: ${JSON.stringify(next)}`, () => assert.deepEqual(resultFor(outcome), next));
}

test('the failures of a pass: what it waits for in other objects is none', () => {
  const [failure, awaited] = [error('Transient'), error('DependencyNotReady')];
  const outcome = { type: 'OutOfSync', reading: reading({ awaited }), errors: [failure, awaited] } as const;
  assert.deepEqual(failuresOf(outcome), [failure]);
  assert.deepEqual(errorsOf(outcome), [failure]);
  assert.deepEqual(errorsOf({ type: 'Failed', error: failure }), [failure]);
  assert.deepEqual(errorsOf({ type: 'InSync', reading: reading({ failure }) }), []);
});

test('the failures of a pass: whoever has to act first comes first', () => {
  const sorted = [
    'InvalidSpec',
    'Internal',
    'DependencyNotReady',
    'Unsupported',
    'Throttled',
    'Transient',
    'StaleRead',
  ] as const;
  const errors = sorted.map((type) => error(type));
  const told = (given: readonly ReconcileError[]) => worstFirst(given).map(({ type }) => type);
  assert.deepEqual(told(errors.toReversed()), sorted);
  assert.deepEqual(told(errors), sorted);
});
