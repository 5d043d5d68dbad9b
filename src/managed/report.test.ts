import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReconcileError, type ReconcileErrorOptions, type ReconcileErrorType } from '../runtime/errors.ts';
import type { KindEvents, ManagedResource } from './kind.ts';
import { type Outcome, worstFirst } from './outcome.ts';
import { eventsFor } from './report.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const events: KindEvents = {
  created: 'BucketCreated',
  updated: 'BucketUpdated',
  deleted: 'BucketDeleted',
  failed: 'ReconcileFailed',
};

/** A Bucket whose last pass failed for that reason, with that message, so long ago. */
function bucket(before?: { reason: string; message: string; sinceSeconds?: number; generation?: number }) {
  const lastTransitionTime = new Date(NOW - (before?.sinceSeconds ?? 1) * 1_000).toISOString().replace('.000Z', 'Z');
  const synced = before && {
    type: 'Synced',
    status: 'False',
    reason: before.reason,
    message: before.message,
    observedGeneration: before.generation ?? 1,
    lastTransitionTime,
  };
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Bucket',
    metadata: { name: 'b', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '', generation: 1 },
    spec: {},
    status: synced ? { conditions: [synced] } : {},
  } as ManagedResource;
}

interface Case {
  readonly title: string;
  readonly type: ReconcileErrorType;
  readonly options?: ReconcileErrorOptions;
  readonly before?: Parameters<typeof bucket>[0];
  readonly expected: string | undefined;
}

const waiting = { reason: 'ProviderNotReady', message: 'why' };
const cases: readonly Case[] = [
  { title: 'a bad spec', type: 'InvalidSpec', expected: 'Warning ReconcileFailed: why' },
  {
    title: 'the same bad spec again',
    type: 'InvalidSpec',
    before: { reason: 'InvalidSpec', message: 'why' },
    expected: undefined,
  },
  {
    title: 'the same in another generation',
    type: 'InvalidSpec',
    before: { reason: 'InvalidSpec', message: 'why', generation: 0 },
    expected: 'Warning ReconcileFailed: why',
  },
  {
    title: 'something is missing, as where things are applied together',
    type: 'DependencyNotReady',
    options: { reason: 'ProviderNotReady' },
    expected: undefined,
  },
  {
    title: 'it has been missing for half a minute',
    type: 'DependencyNotReady',
    options: { reason: 'ProviderNotReady' },
    before: { ...waiting, sinceSeconds: 30 },
    expected: 'Normal ReconcileFailed: ProviderNotReady: why',
  },
  ...(['AuthFailed', 'SecretNotFound', 'SecretKeyMissing', 'SecretInvalid', 'AccessDenied'] as const).map((reason) => ({
    title: `a person must act: ${reason}`,
    type: 'DependencyNotReady' as const,
    options: { reason },
    expected: `Warning ReconcileFailed: ${reason}: why`,
  })),
  {
    title: 'the same is missing still',
    type: 'DependencyNotReady',
    options: { reason: 'ProviderNotReady' },
    before: waiting,
    expected: undefined,
  },
  {
    title: 'what is missing is on its way',
    type: 'DependencyNotReady',
    options: { reason: 'ProviderNotReady', isExpected: true },
    expected: undefined,
  },
  {
    title: 'what was on its way has failed',
    type: 'DependencyNotReady',
    options: { reason: 'ProviderNotReady' },
    before: { reason: 'ProviderNotReady', message: 'it was not looked at yet', sinceSeconds: 30 },
    expected: 'Normal ReconcileFailed: ProviderNotReady: why',
  },
  { title: 'a failure that may pass', type: 'Transient', expected: undefined },
  {
    title: 'a failure that has not passed for a minute',
    type: 'Transient',
    before: { reason: 'Transient', message: 'why', sinceSeconds: 60 },
    expected: 'Warning ReconcileFailed: why',
  },
  { title: 'throttling', type: 'Throttled', expected: undefined },
  { title: 'a stale read', type: 'StaleRead', expected: undefined },
  { title: 'a defect', type: 'Internal', expected: 'Warning ReconcileFailed: why' },
];
test('event of a first pass that found the resource: it was taken over', () => {
  const target = { provider: { namespace: 'a', name: 'p' }, accountId: '1', region: 'r', name: 'b' };
  const draft = (applied: readonly string[], resource = bucket()) => {
    const reading = { target, kindStatus: { fields: {} }, isFound: true, found: applied, applied, told: applied };
    return eventsFor({ ...events, isTakenOver: true }, resource, { type: 'InSync', reading }, NOW)[0]?.note;
  };
  assert.equal(draft(['Set:tagging']), 'Taken over. Changes made: Set:tagging');
  assert.equal(draft(['Create', 'Set:tagging']), 'Changes made: Create, Set:tagging');
  const managed = { ...bucket(), status: { target: { ...target, provider: 'a/p' } } };
  assert.equal(draft(['Set:tagging'], managed), 'Changes made: Set:tagging');
});

for (const { title, type, options, before, expected } of cases) {
  test(`event of a pass that failed: ${title}`, () => {
    const error = new ReconcileError(type, 'why', options);
    const [draft] = eventsFor(events, bucket(before), { type: 'Failed', error }, NOW);
    assert.equal(draft && `${draft.type} ${draft.reason}: ${draft.note}`, expected);
  });
}

test('an object that is a part of something tells that the part is gone, or stays', () => {
  const target = { provider: 'a/p', accountId: '1', region: 'r', name: 'logs' };
  const object = { ...bucket(), status: { target } };
  const what = (name: string) => `the part in "${name}"`;
  const noteOf = (how: 'Deleted' | 'Retained', own: KindEvents) =>
    eventsFor(own, object, { type: 'Gone', how }, NOW)[0]?.note;
  assert.equal(noteOf('Deleted', { ...events, what }), 'the part in "logs" is gone');
  assert.equal(noteOf('Retained', { ...events, what }), 'the part in "logs" stays, and is no longer managed');
  assert.equal(noteOf('Deleted', events), 'logs is gone');
});

/** A pass that created the bucket, and failed with that afterwards, if with anything. */
function made(...errors: ReconcileError[]): Outcome {
  const target = { provider: { namespace: 'a', name: 'p' }, accountId: '1', region: 'r', name: 'b' };
  const applied = ['Create', 'Set:tagging'];
  const reading = { target, kindStatus: { fields: {} }, isFound: true, found: applied, applied, told: applied };
  return errors.length === 0 ? { type: 'InSync', reading } : { type: 'OutOfSync', reading, errors };
}

function told(object: ManagedResource, outcome: Outcome): readonly string[] {
  const drafts = eventsFor({ ...events, recreated: 'Recreated' }, object, outcome, NOW);
  return drafts.map(({ type, reason }) => `${type} ${reason}`);
}

test('a creation is told although a setting failed, and once where none did', () => {
  const error = new ReconcileError('InvalidSpec', 'no such rule');
  assert.deepEqual(told(bucket(), made(error)), ['Normal BucketCreated', 'Warning ReconcileFailed']);
  assert.deepEqual(told(bucket(), made()), ['Normal BucketCreated']);
});

test('what had vanished and is created again, empty, is a warning of its own', () => {
  const target = { provider: 'a/p', accountId: '1', region: 'r', name: 'b', identity: '2026-01-01T00:00:00Z' };
  const known: ManagedResource = { ...bucket(), status: { target } };
  assert.deepEqual(told(known, made()), ['Warning Recreated']);
  const usable: ManagedResource = { ...bucket(), status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  assert.deepEqual(told(usable, made()), ['Warning Recreated']);
  const [draft] = eventsFor({ ...events, recreated: 'Recreated' }, known, made(), NOW);
  assert.equal(draft?.note, 'bucket "b" had vanished and was created again, empty');
});

test('the errors of a pass are told by who must act: the author first, time last', () => {
  const types = ['Transient', 'DependencyNotReady', 'Throttled', 'InvalidSpec'] as const;
  const sorted = worstFirst(types.map((type) => new ReconcileError(type, 'why')));
  assert.deepEqual(
    sorted.map(({ type }) => type),
    ['InvalidSpec', 'DependencyNotReady', 'Throttled', 'Transient'],
  );
});
