import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ReconcileError } from '../runtime/errors.ts';
import { KubeError } from '../runtime/kube.ts';
import { FINALIZER, LEGACY_FINALIZER, RECONCILE_REQUESTED_AT } from './annotations.ts';
import type { Reference } from './references.ts';
import { Stage, TARGET, toy } from './testing/stage.ts';

test('a pass: what is not there is claimed, made, marked, set, and read again', async (t) => {
  const stage = new Stage(t, toy());
  assert.deepEqual(await stage.pass(), { type: 'done' });
  assert.deepEqual(stage.calls, ['connect', 'observe', 'Create', 'Mark', 'Set:size', 'observe']);
  assert.deepEqual(stage.conditions, ['Ready: True Available', 'Synced: True InSync']);
  const { metadata, status } = stage.object;
  assert.deepEqual(metadata.finalizers, ['s3.cloud37.dev/finalizer']);
  assert.deepEqual(status?.target, { ...TARGET, identity: 'id-1' });
  assert.deepEqual(stage.thing, { size: 1, identity: 'id-1', createdAtMs: Date.UTC(2026, 0, 1), marker: 'c/a/it/u' });
  assert.deepEqual(stage.kube.events, ['Normal BucketCreated: Changes made: Create, Mark, Set:size']);
});

test('a pass: settled, it costs a read', async (t) => {
  const stage = new Stage(t, toy());
  await stage.pass();
  const writes = stage.kube.writes.length;
  assert.deepEqual(await stage.pass(), { type: 'done' });
  assert.deepEqual([stage.calls, stage.kube.writes.length], [['connect', 'observe'], writes]);
});

test('a pass of an object that is gone does nothing', async (t) => {
  const stage = new Stage(t, toy());
  stage.kube.object = undefined;
  assert.deepEqual([await stage.pass(), stage.calls, stage.lines], [{ type: 'done' }, [], []]);
});

test('a suspended object is let be, and told so', async (t) => {
  const stage = new Stage(t, toy({ spec: { suspend: true } }));
  assert.deepEqual([await stage.pass(), stage.calls], [{ type: 'done' }, []]);
  assert.deepEqual(stage.conditions, ['Synced: False Suspended']);
});

test('a spec that the schema does not take is refused without a call, also where it is managed', async (t) => {
  for (const finalizers of [[], [FINALIZER]]) {
    const stage = new Stage(t, toy({ metadata: { finalizers } }));
    stage.specProblem = () => 'spec.size: no number';
    assert.deepEqual([await stage.pass(), stage.calls], [{ type: 'done' }, []]);
    assert.deepEqual(
      [stage.conditions.at(-1), stage.message('Synced')],
      ['Synced: False InvalidSpec', 'spec.size: no number'],
    );
  }
});

test('a rule keeps out what is new, and what is managed goes on', async (t) => {
  const verdict = async (finalizers: readonly string[] | undefined) => {
    const stage = new Stage(t, toy({ metadata: { finalizers } }));
    stage.brokenRule = () => 'spec: a rule';
    await stage.pass();
    return stage.message('Synced');
  };
  assert.equal(await verdict(undefined), 'spec: a rule');
  assert.equal(await verdict(['somebody/else']), 'spec: a rule');
  assert.equal(await verdict([FINALIZER]), 'The last pass found nothing left to change.');
  assert.equal(await verdict([LEGACY_FINALIZER]), 'The last pass found nothing left to change.');
});

test('a verdict that cannot be written is the failure of the pass, with what was done told', async (t) => {
  const stage = new Stage(t, toy({ status: { target: TARGET }, metadata: { finalizers: [FINALIZER] } }));
  stage.thing = { size: 5, marker: 'c/a/it/u' };
  const down = new KubeError('the server is down', { code: 503 });
  stage.kube.failures.set('status', down);
  await assert.rejects(stage.pass(), { type: 'Transient', message: 'the server is down' });
  assert.equal(stage.object.status?.conditions, undefined);
  assert.match(await stage.metrics.text(), /reconcile_total\{[^}]*outcome="Failed"[^}]*\} 1/);
  assert.deepEqual(await stage.pass(), { type: 'done' });
});

test('a verdict that a thing is not ours is not written to an object that has changed since', async (t) => {
  const stage = new Stage(t, toy());
  stage.thing = { size: 1, marker: 'other/x/y/z' };
  stage.stored = toy();
  stage.edit({ status: { target: { ...TARGET, identity: 'id-1' } } });
  assert.deepEqual(await stage.pass(), { type: 'retry' }, 'a stale read');
  assert.equal(stage.object.status?.conditions, undefined);
  stage.stored = undefined;
  await stage.pass();
  stage.kube.failures.set('status', new KubeError('the server is down', { code: 503 }));
  stage.edit({ metadata: { generation: 2 } });
  await assert.rejects(stage.pass(), { type: 'Transient' });
});

test('other verdicts are written to whatever stands there by now', async (t) => {
  const stage = new Stage(t, toy({ status: { target: TARGET }, metadata: { finalizers: [FINALIZER] } }));
  stage.thing = { size: 1, marker: 'c/a/it/u' };
  stage.stored = stage.object;
  stage.edit({ metadata: { labels: { a: 'b' } } });
  assert.deepEqual(await stage.pass(), { type: 'done' });
  assert.deepEqual(stage.conditions, ['Ready: True Available', 'Synced: True InSync']);
});

/** Edits the object while a pass over it looks at the thing. */
async function editedMeanwhile(t: TestContext, edit: (stage: Stage) => void) {
  const stage: Stage = new Stage(t, toy({ metadata: { annotations: { [RECONCILE_REQUESTED_AT]: 'first' } } }), {
    kind: {
      observe: () => {
        edit(stage);
        return Promise.resolve({ size: 1, marker: 'other/x/y/z' });
      },
    },
  });
  await stage.pass();
  return stage;
}

test('a verdict speaks of the generation and the request that were read, though newer ones arrived meanwhile', async (t) => {
  const stage: Stage = new Stage(t, toy({ metadata: { annotations: { [RECONCILE_REQUESTED_AT]: 'first' } } }), {
    kind: {
      desired: ({ spec }) => {
        if (stage.object.metadata.generation === 1) {
          stage.edit({ metadata: { generation: 2, annotations: { [RECONCILE_REQUESTED_AT]: 'second' } } });
        }
        return spec.size ?? 1;
      },
    },
  });
  stage.failures.set('connect', new ReconcileError('InvalidSpec', 'no'));
  await stage.pass();
  const { status } = stage.object;
  assert.deepEqual([status?.observedGeneration, status?.lastHandledReconcileAt], [1, 'first']);
});

test('nothing is said of an object of the same name that another one has by now', async (t) => {
  const stage = await editedMeanwhile(t, (edited) => edited.edit({ metadata: { uid: 'another' } }));
  assert.equal(stage.object.status?.conditions, undefined);
  const gone = await editedMeanwhile(t, (edited) => {
    edited.kube.object = undefined;
  });
  assert.equal(gone.outcome, 'Failed', 'its verdict had no object to stand on');
});

test('a span tells which object, how it ended, what was changed, and the worst failure', async (t) => {
  const stage = new Stage(t, toy());
  await stage.pass();
  const object = { 'k8s.namespace.name': 'a', 'wasabi.kind': 'Bucket', 'wasabi.name': 'it' };
  const told = { 'k8s.object.uid': 'u', 'wasabi.generation': 1 };
  const changes = 'Create,Mark,Set:size';
  assert.deepEqual(stage.told, [
    ['reconcile Bucket', 'Bucket a/it', object],
    { ...told, 'wasabi.outcome': 'InSync', 'wasabi.changes': changes },
  ]);
  stage.told.length = 0;
  stage.failures.set('connect', new ReconcileError('DependencyNotReady', 'refused', { reason: 'AccessDenied' }));
  await stage.pass();
  assert.deepEqual(stage.told.slice(1), [
    { ...told, 'wasabi.outcome': 'Failed' },
    'DependencyNotReady: AccessDenied: refused',
  ]);
  stage.told.length = 0;
  stage.edit({ spec: { size: 7 } });
  stage.failures.set('Set:size', new ReconcileError('Transient', 'no answer', { reason: 'Timeout' }));
  await stage.pass();
  assert.deepEqual(stage.told.slice(1), [{ ...told, 'wasabi.outcome': 'OutOfSync' }, 'Transient: Timeout: no answer']);
});

test('lines of a pass say which object it is about, and how long it took', async (t) => {
  const stage: Stage = new Stage(t, toy(), {
    kind: {
      observe: () => {
        stage.clock.advance(1_234);
        return Promise.resolve({ size: 1, marker: 'c/a/it/u' });
      },
    },
  });
  await stage.pass();
  assert.partialDeepStrictEqual(stage.lines.at(-1), { kind: 'Bucket', namespace: 'a', name: 'it', durationMs: 1_234 });
});

test('references that only a flag opens are told once for a generation, unless the spec cannot be read', async (t) => {
  const reference: Reference = {
    path: 'spec.providerRef',
    group: 's3.cloud37.dev',
    kind: 'Provider',
    key: { namespace: 'far', name: 'p' },
    isLegacy: true,
    blocksDeletion: true,
  };
  const warned = async (references: readonly Reference[], problem?: string) => {
    const stage = new Stage(t, toy(), { kind: { references: () => references }, allowLegacyCrossNamespace: true });
    stage.specProblem = () => problem;
    await stage.pass();
    await stage.pass();
    return stage.kube.events.filter((event) => event.startsWith('Warning LegacyReference'));
  };
  const [event, ...more] = await warned([reference, { ...reference, isLegacy: false }]);
  assert.match(event ?? '', /spec\.providerRef: Provider far\/p does not admit namespace a: /);
  assert.deepEqual(more, []);
  assert.deepEqual(await warned([{ ...reference, isLegacy: false }]), []);
  assert.deepEqual(await warned([reference], 'spec: nothing'), []);
});
