import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReconcileError, type ReconcileErrorType } from '../runtime/errors.ts';
import type { ManagedResource, ManagedStatus, StoredCondition, Target } from './kind.ts';
import type { Outcome, Reading } from './outcome.ts';
import { isRequested } from './requested.ts';
import { statusFor } from './status.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const EARLIER = '2026-02-01T00:00:00Z';
const target: Target = {
  provider: { namespace: 'a', name: 'p' },
  accountId: '1',
  region: 'eu-central-2',
  name: 'logs',
};

function object(status?: ManagedStatus, metadata: object = {}): ManagedResource {
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Bucket',
    metadata: {
      name: 'logs',
      namespace: 'a',
      uid: 'u',
      resourceVersion: '1',
      generation: 3,
      creationTimestamp: EARLIER,
      ...metadata,
    },
    spec: {},
    ...(status === undefined ? {} : { status }),
  };
}

function reading(extra: Partial<Reading> = {}): Reading {
  return {
    target,
    kindStatus: { fields: { exists: true } },
    isFound: true,
    identity: 'id-1',
    found: [],
    applied: [],
    told: [],
    ...extra,
  };
}

const failed = (type: ReconcileErrorType, message = 'what went wrong'): Outcome => ({
  type: 'Failed',
  error: new ReconcileError(type, message),
});

/** The conditions after that outcome, as `type: status reason`, sorted. */
function shown(conditions: unknown): readonly string[] {
  return (conditions as readonly StoredCondition[]).map((c) => `${c.type}: ${c.status} ${c.reason}`).toSorted();
}

/** What the API server makes of a merge patch, one level deep, and of the target below it. */
function patched(resource: ManagedResource, outcome: Outcome, nowMs = NOW): ManagedResource {
  const patch = statusFor(resource, outcome, nowMs);
  if (patch === undefined) return resource;
  const entries = Object.entries({ ...resource.status, ...patch }).filter(([, value]) => value !== null);
  return { ...resource, status: Object.fromEntries(entries) as ManagedStatus };
}

const ready = patched(object(), { type: 'InSync', reading: reading() });
const deleting = { deletionTimestamp: '2026-03-01T11:00:00Z' };

test('status: in sync turns Ready and Synced True, moves observedGeneration and records target and identity', () => {
  assert.deepEqual(ready.status, {
    exists: true,
    target: { provider: 'a/p', accountId: '1', region: 'eu-central-2', name: 'logs', identity: 'id-1' },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Available',
        message: 'The external resource matches the spec as last read.',
        observedGeneration: 3,
        lastTransitionTime: '2026-03-01T12:00:00Z',
      },
      {
        type: 'Synced',
        status: 'True',
        reason: 'InSync',
        message: 'The last pass found nothing left to change.',
        observedGeneration: 3,
        lastTransitionTime: '2026-03-01T12:00:00Z',
      },
    ],
    observedGeneration: 3,
  });
});

test('status: the same outcome later is no write', () => {
  assert.equal(statusFor(ready, { type: 'InSync', reading: reading() }, NOW + 3_600_000), undefined);
  for (const type of [
    'InvalidSpec',
    'DependencyNotReady',
    'Transient',
    'Throttled',
    'Internal',
    'Unsupported',
  ] as const) {
    const after = patched(ready, failed(type));
    assert.equal(statusFor(after, failed(type), NOW + 3_600_000), undefined, type);
  }
});

test('status: lastTransitionTime moves only with status', () => {
  const after = patched(ready, failed('Transient'), NOW + 60_000);
  const times = Object.fromEntries((after.status?.conditions ?? []).map((c) => [c.type, c.lastTransitionTime]));
  assert.deepEqual(times, {
    Ready: '2026-03-01T12:00:00Z',
    Synced: '2026-03-01T12:01:00Z',
    Reconciling: '2026-03-01T12:01:00Z',
  });
  const other = patched(after, failed('Transient', 'something else'), NOW + 120_000);
  const synced = other.status?.conditions?.find((c) => c.type === 'Synced');
  assert.equal(synced?.message, 'something else');
  assert.equal(synced.lastTransitionTime, '2026-03-01T12:01:00Z');
});

/** The table of error types: what each does to an object that was Ready, and to one that never was. */
const errorRows: readonly {
  readonly type: ReconcileErrorType;
  readonly onReady: readonly string[];
  readonly onNew: readonly string[];
  readonly isVerdict: boolean;
}[] = [
  {
    type: 'InvalidSpec',
    onReady: ['Ready: True NotSynced', 'Stalled: True InvalidSpec', 'Synced: False InvalidSpec'],
    onNew: ['Ready: False InvalidSpec', 'Stalled: True InvalidSpec', 'Synced: False InvalidSpec'],
    isVerdict: true,
  },
  ...(['DependencyNotReady', 'Throttled', 'Transient', 'Internal', 'Unsupported'] as const).map((type) => ({
    type,
    onReady: ['Ready: True NotSynced', `Reconciling: True ${type}`, `Synced: False ${type}`],
    onNew: [`Ready: False ${type}`, `Reconciling: True ${type}`, `Synced: False ${type}`],
    isVerdict: false,
  })),
];

for (const { type, onReady, onNew, isVerdict } of errorRows) {
  test(`status: ${type} on a Ready object and on a new one`, () => {
    assert.deepEqual(shown(patched(ready, failed(type)).status?.conditions), onReady);
    const fresh = patched(object(), failed(type));
    assert.deepEqual(shown(fresh.status?.conditions), onNew);
    assert.equal(fresh.status?.observedGeneration, isVerdict ? 3 : undefined);
  });
}

test('status: Ready that outlives a failed pass says that it is no news', () => {
  const { conditions } = patched(ready, failed('Transient')).status ?? {};
  const after = conditions?.find(({ type }) => type === 'Ready');
  assert.match(after?.message ?? '', /when it was last read.*failed/);
});

test('status: a stale read writes nothing', () => {
  assert.equal(statusFor(object(), failed('StaleRead'), NOW), undefined);
});

test('status: a generation that was never in sync is not Ready when its pass fails', () => {
  const edited = { ...ready, metadata: { ...ready.metadata, generation: 4 } };
  const after = patched(edited, failed('Transient'));
  assert.deepEqual(shown(after.status?.conditions)[0], 'Ready: False Transient');
  assert.equal(after.status?.observedGeneration, 3);
});

test('status: out of sync keeps what was read, and stalls only when every failure is the spec', () => {
  const invalid = new ReconcileError('InvalidSpec', 'spec.a: no', { reason: 'WrongRegion' });
  const transient = new ReconcileError('Transient', 'later');
  const stalled = patched(object(), { type: 'OutOfSync', reading: reading(), errors: [invalid] });
  assert.deepEqual(shown(stalled.status?.conditions), [
    'Ready: False WrongRegion',
    'Stalled: True WrongRegion',
    'Synced: False WrongRegion',
  ]);
  assert.equal(stalled.status?.target?.identity, 'id-1');
  const mixed = patched(object(), { type: 'OutOfSync', reading: reading(), errors: [invalid, transient, invalid] });
  const told = mixed.status?.conditions?.find(({ type }) => type === 'Synced')?.message;
  assert.equal(told, `${invalid.message}; ${transient.message}`, 'each once');
  assert.deepEqual(shown(mixed.status?.conditions), [
    'Ready: False WrongRegion',
    'Reconciling: True WrongRegion',
    'Synced: False WrongRegion',
  ]);
});

test('status: a read that found nothing, or an object known to be unusable, is not Ready any more', () => {
  const errors = [new ReconcileError('Transient', 'later')];
  const gone = patched(ready, { type: 'OutOfSync', reading: reading({ isFound: false }), errors });
  assert.equal(shown(gone.status?.conditions)[0], 'Ready: False Transient');
  const unusable = reading({ kindStatus: { fields: {}, isUnusable: true } });
  const refused = patched(ready, { type: 'OutOfSync', reading: unusable, errors });
  assert.equal(shown(refused.status?.conditions)[0], 'Ready: False Transient');
});

test('status: unsupported fields are named while Ready stays True, and vanish when they are gone', () => {
  const unsupported = reading({ kindStatus: { fields: {}, unsupported: ['spec.cors', 'spec.encryption.algorithm'] } });
  const after = patched(object(), { type: 'InSync', reading: unsupported });
  assert.deepEqual(shown(after.status?.conditions), [
    'Ready: True Available',
    'Synced: True InSync',
    'Unsupported: True Unsupported',
  ]);
  assert.match(after.status?.conditions?.[2]?.message ?? '', /spec\.cors, spec\.encryption\.algorithm$/);
  const failing = patched(after, failed('Transient'));
  assert.ok(shown(failing.status?.conditions).includes('Unsupported: True Unsupported'));
  const cleared = patched(failing, { type: 'InSync', reading: reading() });
  assert.deepEqual(shown(cleared.status?.conditions), ['Ready: True Available', 'Synced: True InSync']);
});

for (const type of ['ForeignKey', 'LeftByPredecessor'] as const) {
  test(`status: ${type} stays while nothing can be read, and goes with a read that does not find it`, () => {
    const told = { type, status: 'True', reason: type, message: 'one' } as const;
    const found = patched(object(), {
      type: 'InSync',
      reading: reading({ kindStatus: { fields: {}, conditions: [told] } }),
    });
    const failing = patched(found, failed('Transient'));
    assert.ok(shown(failing.status?.conditions).includes(`${type}: True ${type}`));
    const cleared = patched(failing, { type: 'InSync', reading: reading() });
    assert.deepEqual(shown(cleared.status?.conditions), ['Ready: True Available', 'Synced: True InSync']);
  });
}

test('status: Observe reports what it would change, and clears it when there is nothing', () => {
  const pending = ['versioning: Suspended -> Enabled'];
  const drifted = patched(object(), { type: 'Observed', reading: reading(), pending });
  assert.deepEqual(drifted.status?.pendingChanges, pending);
  assert.equal(drifted.status.target, undefined);
  assert.deepEqual(shown(drifted.status.conditions), [
    'Drifted: True Observed',
    'Ready: True NotSynced',
    'Synced: False Observed',
  ]);
  const settled = patched(drifted, { type: 'Observed', reading: reading(), pending: [] });
  assert.equal(settled.status?.pendingChanges, undefined);
  assert.deepEqual(shown(settled.status?.conditions), ['Ready: True Available', 'Synced: True Observed']);
  const absent = patched(object(), { type: 'Observed', reading: reading({ isFound: false }), pending });
  assert.ok(shown(absent.status?.conditions).includes('Ready: False NotFound'));
});

test('status: what belongs to somebody else stalls the object', () => {
  const after = patched(object(), {
    type: 'NotOurs',
    resourceVersion: '7',
    reason: 'AlreadyExists',
    message: 'bucket "logs" exists',
  });
  assert.deepEqual(shown(after.status?.conditions), [
    'Ready: False AlreadyExists',
    'Stalled: True AlreadyExists',
    'Synced: False AlreadyExists',
  ]);
  assert.equal(after.status?.observedGeneration, 3);
});

test('status: suspending is one write, then none', () => {
  const after = patched(ready, { type: 'Suspended' });
  assert.deepEqual(shown(after.status?.conditions), ['Ready: True Available', 'Synced: False Suspended']);
  assert.equal(statusFor(after, { type: 'Suspended' }, NOW + 60_000), undefined);
});

test('status: a deletion that waits says why, one that goes on says how far it is', () => {
  const going = object(undefined, deleting);
  const blocked = patched(going, { type: 'Blocked', reason: 'BucketNotEmpty', message: 'not empty' });
  assert.deepEqual(shown(blocked.status?.conditions), [
    'DeletionBlocked: True BucketNotEmpty',
    'Ready: False Deleting',
    'Synced: False BucketNotEmpty',
  ]);
  const fields = { emptying: { objectsDeleted: 7 } };
  const emptying = patched(blocked, { type: 'Deleting', reason: 'Emptying', message: '7 deleted', fields });
  assert.deepEqual(shown(emptying.status?.conditions), [
    'Ready: False Deleting',
    'Reconciling: True Emptying',
    'Synced: False Emptying',
  ]);
  const failing = patched(going, failed('DependencyNotReady'));
  assert.ok(shown(failing.status?.conditions).includes('DeletionBlocked: True DependencyNotReady'));
  assert.equal(statusFor(going, { type: 'Gone', how: 'Deleted' }, NOW), undefined);
});

test('status: the conditions that the predecessor left are removed, other people’s stay', () => {
  const old: StoredCondition[] = [
    { type: 'CreationFailed', status: 'True', reason: 'X', message: '', lastTransitionTime: EARLIER },
    { type: 'PolicyConflict', status: 'True', reason: 'X', message: '', lastTransitionTime: EARLIER },
    { type: 'Audited', status: 'True', reason: 'ByHand', message: '', lastTransitionTime: EARLIER },
    { type: 'Ready', status: 'True' },
  ];
  const after = patched(object({ conditions: old }), { type: 'InSync', reading: reading() });
  assert.deepEqual(shown(after.status?.conditions), [
    'Audited: True ByHand',
    'Ready: True Available',
    'Synced: True InSync',
  ]);
  assert.ok(after.status?.conditions?.every((c) => c.lastTransitionTime !== undefined));
});

test('status: a request to reconcile is echoed by the pass that ran', () => {
  const annotations = { 's3.cloud37.dev/reconcile-requested-at': 'now please' };
  const after = patched(
    { ...ready, metadata: { ...ready.metadata, annotations } },
    { type: 'InSync', reading: reading() },
  );
  assert.equal(after.status?.lastHandledReconcileAt, 'now please');
});

test('status: a request of any length is echoed within the schema, and another one is another request', () => {
  const requested = (text: string, status = ready.status) => ({
    ...ready,
    status,
    metadata: { ...ready.metadata, annotations: { 's3.cloud37.dev/reconcile-requested-at': text } },
  });
  const first = requested('x'.repeat(5_000));
  assert.ok(isRequested(first));
  const after = patched(first, { type: 'InSync', reading: reading() });
  assert.ok((after.status?.lastHandledReconcileAt ?? '').length <= 1_024);
  assert.equal(isRequested(after), false);
  assert.equal(statusFor(after, { type: 'InSync', reading: reading() }, NOW), undefined, 'said once');
  assert.ok(isRequested(requested(`${'x'.repeat(5_000)}y`, after.status)));
  assert.equal(isRequested(ready), false);
});

test('status: a resource that is certain to be elsewhere is not Ready; other verdicts leave what was found', () => {
  const error = new ReconcileError('InvalidSpec', 'made in account 1', { reason: 'AccountChanged' });
  const after = patched(ready, { type: 'Failed', error });
  assert.deepEqual(shown(after.status?.conditions), [
    'Ready: False AccountChanged',
    'Stalled: True AccountChanged',
    'Synced: False AccountChanged',
  ]);
  assert.equal(statusFor(after, { type: 'Failed', error }, NOW + 3_600_000), undefined);
  const notYet = new ReconcileError('DependencyNotReady', 'on its way', { reason: 'AccountChanged' });
  assert.ok(
    shown(patched(ready, { type: 'Failed', error: notYet }).status?.conditions).includes('Ready: True NotSynced'),
  );
});

test('status: a message that is cut through a character stays as it was stored, pass for pass', () => {
  const error = new ReconcileError('Transient', `${'x'.repeat(1_022)}😀😀`);
  const after = patched(ready, { type: 'Failed', error });
  const stored = JSON.parse(Buffer.from(JSON.stringify(after).toWellFormed()).toString()) as typeof after;
  assert.ok(stored.status?.conditions?.every(({ message = '' }) => message.isWellFormed() && message.length <= 1_024));
  assert.equal(statusFor(stored, { type: 'Failed', error }, NOW), undefined);
});
