import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ReconcileError } from '../runtime/errors.ts';
import { FINALIZER } from './annotations.ts';
import type { Target } from './kind.ts';
import { LaterPass } from './later-pass.ts';
import { STARTED, Stage, TARGET, type Thing, type Toy, type ToyKind, toy } from './testing/stage.ts';

const DAY_MS = 86_400_000;
const MARKER = 'c/a/it/u';
const ours: Thing = { size: 1, marker: MARKER, identity: 'id-1', createdAtMs: Date.parse(STARTED) };
const theirs: Thing = { size: 9, marker: 'other/x/y/z', identity: 'id-9', createdAtMs: Date.parse(STARTED) - DAY_MS };
const recorded = { target: { ...TARGET, identity: 'id-1' } };

/** A pass over that object and that thing, and what came of it. */
async function passOver(
  t: TestContext,
  object: Toy,
  thing: Thing | undefined,
  kind: Partial<ToyKind> = {},
  env: ConstructorParameters<typeof Stage>[2] = {},
) {
  const stage = new Stage(t, object, { ...env, kind });
  stage.thing = thing;
  const result = await stage.pass();
  return { stage, result };
}

test('a pass: drift is written away, and told as such once it had been in sync', async (t) => {
  const { stage } = await passOver(t, toy(), undefined);
  stage.thing = { ...ours, size: 5 };
  assert.deepEqual(await stage.pass(), { type: 'done' });
  assert.deepEqual(stage.calls, ['connect', 'observe', 'Set:size', 'observe']);
  assert.equal(stage.thing.size, 1);
  assert.equal(stage.kube.events.at(-1), 'Normal DriftRepaired: Changes made: Set:size');
});

test("a pass: a stranger's thing is left alone, and said so", async (t) => {
  const { stage, result } = await passOver(t, toy(), theirs);
  assert.deepEqual([result, stage.calls, stage.thing], [{ type: 'done' }, ['connect', 'observe'], theirs]);
  assert.deepEqual(stage.conditions, [
    'Ready: False AlreadyExists',
    'Stalled: True AlreadyExists',
    'Synced: False AlreadyExists',
  ]);
  assert.match(stage.message('Synced') ?? '', /^bucket "thing" is owned by other\/x\/y\/z: /);
  assert.equal(stage.object.metadata.finalizers, undefined, 'nothing is claimed');
  assert.equal(stage.object.status?.pendingChanges, undefined);
});

const observing: readonly (readonly [title: string, object: Toy, env: object])[] = [
  ['mode Observe', toy({ spec: { mode: 'Observe' } }), {}],
  ['--observe-only', toy(), { env: { observeOnly: true } }],
];
for (const [title, object, env] of observing) {
  test(`a pass, ${title}: what would be changed is told, and nothing is written`, async (t) => {
    const { stage, result } = await passOver(t, object, { ...ours, size: 5 }, {}, env);
    assert.deepEqual([result, stage.calls], [{ type: 'done' }, ['connect', 'observe']]);
    assert.deepEqual(stage.object.status?.pendingChanges, ['size: 5 -> 1']);
    assert.deepEqual(stage.conditions, ['Drifted: True Observed', 'Ready: True NotSynced', 'Synced: False Observed']);
    assert.deepEqual([stage.object.metadata.finalizers, stage.object.status?.target?.identity], [undefined, undefined]);
  });

  test(`a pass, ${title}: what taking over would change is told, with our marker`, async (t) => {
    const { stage } = await passOver(t, object, theirs, {}, env);
    assert.deepEqual(stage.calls, ['connect', 'observe']);
    const [adoption, ...changes] = stage.object.status?.pendingChanges ?? [];
    assert.match(adoption ?? '', /^adoption is needed: bucket "thing" is owned by/);
    assert.deepEqual(changes, ['mark it', 'size: 9 -> 1']);
  });
}

test('a pass, mode Observe: of what is not there, and may not be made, nothing is told of a take-over', async (t) => {
  const object = toy({ spec: { mode: 'Observe', adoptionPolicy: 'AdoptOnly' } });
  const { stage } = await passOver(t, object, undefined);
  assert.equal(stage.object.status?.pendingChanges, undefined);
  assert.equal(stage.conditions.at(-1), 'Synced: False NothingToAdopt');
});

test('a pass, mode Observe: where the Provider of another namespace permits none, no take-over is shown', async (t) => {
  const kind = { resolve: (): Target => ({ ...TARGET, provider: { namespace: 'far', name: 'p' } }) };
  const { stage } = await passOver(t, toy({ spec: { mode: 'Observe' } }), theirs, kind);
  assert.equal(stage.object.status?.pendingChanges, undefined);
});

test('a pass, mode Observe: a kind that decides for itself whose it is shows none, either', async (t) => {
  const kind: Partial<ToyKind> = { ownership: () => ({ mayManage: false, reason: 'AlreadyExists', message: 'no' }) };
  const { stage } = await passOver(t, toy({ spec: { mode: 'Observe' } }), theirs, kind);
  assert.deepEqual([stage.message('Synced'), stage.object.status?.pendingChanges], ['no', undefined]);
});

test('a pass: what cannot be made keeps the rest from being tried', async (t) => {
  const stage = new Stage(t, toy());
  stage.failures.set('Create', new ReconcileError('Transient', 'no answer', { reason: 'Timeout' }));
  assert.deepEqual(await stage.pass(), { type: 'retry' });
  assert.deepEqual(stage.calls, ['connect', 'observe', 'Create', 'observe']);
  assert.equal(stage.message('Synced'), 'no answer');
  assert.equal(stage.object.status?.target?.identity, undefined);
});

test('a pass: a setting that fails keeps no other one from being tried', async (t) => {
  const { stage, result } = await passOver(
    t,
    toy({ status: recorded }),
    { ...ours, marker: undefined, size: 5 },
    {
      diff: (to, found, marker) => [
        ...(found?.size === to ? [] : [{ type: 'Set:size', summary: 'size', to }]),
        ...(found?.marker === marker ? [] : [{ type: 'Mark', summary: 'mark it', ...(marker && { marker }) }]),
      ],
    },
  );
  assert.deepEqual([result, stage.calls], [{ type: 'done' }, ['connect', 'observe', 'Set:size', 'Mark', 'observe']]);
  stage.thing = { ...ours, marker: undefined, size: 5 };
  stage.failures.set('Set:size', new ReconcileError('DependencyNotReady', 'refused', { reason: 'AccessDenied' }));
  assert.deepEqual(await stage.pass(), { type: 'requeueAfter', ms: 60_000 });
  assert.deepEqual([stage.calls, stage.thing.marker], [['connect', 'observe', 'Set:size', 'Mark', 'observe'], MARKER]);
  assert.equal(stage.message('Synced'), 'refused');
});

test('a pass: what was stopped tries nothing more', async (t) => {
  const stage = new Stage(t, toy({ status: recorded }));
  stage.thing = { ...ours, marker: undefined, size: 5 };
  stage.failures.set('Mark', new ReconcileError('Transient', 'stopped', { reason: 'Cancelled' }));
  stage.stopping.abort();
  await stage.pass();
  assert.deepEqual(stage.calls, ['connect', 'observe', 'Mark', 'observe']);
});

test('a pass: a create that was not answered with success, and something is there: whose it is, is asked anew', async (t) => {
  let reads = 0;
  const observe = () => {
    reads += 1;
    return Promise.resolve(reads === 1 ? undefined : theirs);
  };
  const racing = new Stage(t, toy(), { kind: { observe } });
  racing.failures.set('Create', new ReconcileError('Transient', 'no answer', { reason: 'Timeout' }));
  assert.deepEqual(await racing.pass(), { type: 'done' });
  assert.equal(racing.conditions.at(-1), 'Synced: False AlreadyExists');
  const { uid, resourceVersion } = racing.object.metadata;
  assert.deepEqual([uid, resourceVersion], ['u', '4'], 'finalizer, intent, verdict');
});

test('a pass: a create that took effect without an answer is proven by its time', async (t) => {
  const stage: Stage = new Stage(t, toy(), {
    kind: {
      apply: (_client, _target, { type, marker, to }) => {
        stage.calls.push(type);
        const { thing = { size: 0, identity: 'id-1', createdAtMs: stage.clock.now() } } = stage;
        stage.thing = { ...thing, ...(marker && { marker }), ...(to && { size: to }) };
        const lost = new ReconcileError('Transient', 'no answer', { reason: 'Timeout' });
        return type === 'Create' ? Promise.reject(lost) : Promise.resolve();
      },
    },
  });
  assert.deepEqual(await stage.pass(), { type: 'retry' });
  assert.deepEqual(stage.object.status?.target, { ...TARGET, identity: 'id-1' });
  assert.deepEqual(await stage.pass(), { type: 'done' });
  assert.deepEqual([stage.thing?.size, stage.thing?.marker], [1, MARKER]);
});

test('a pass: what the service cannot do is no failure, and stays unwritten', async (t) => {
  const { stage } = await passOver(t, toy(), undefined);
  stage.thing = { ...ours, size: 5 };
  stage.failures.set('Set:size', new ReconcileError('Unsupported', 'it cannot'));
  assert.deepEqual(await stage.pass(), { type: 'retry' });
  assert.match(
    stage.message('Synced') ?? '',
    /^more is left to do: Set:size$/,
    'unless the kind takes it out of the diff',
  );
});

test('a pass: what has to wait for a later one is no failure', async (t) => {
  const stage = new Stage(t, toy({ status: recorded }));
  stage.thing = { ...ours, marker: undefined, size: 5 };
  stage.failures.set('Mark', new LaterPass());
  assert.deepEqual(await stage.pass(), { type: 'done' });
  assert.deepEqual(stage.calls, ['connect', 'observe', 'Mark', 'observe']);
  assert.deepEqual(stage.conditions, ['Ready: True Available', 'Synced: True InSync']);
});

test('a pass: what was written and is not there yet as read', async (t) => {
  const { stage, result } = await passOver(
    t,
    toy({ status: recorded }),
    { ...ours, size: 5 },
    {
      apply: () => Promise.resolve(),
    },
  );
  assert.deepEqual(result, { type: 'retry' });
  assert.equal(stage.message('Synced'), 'written, and not yet in effect as read: Set:size');
  assert.equal(stage.conditions.at(-1), 'Synced: False NotYetInEffect');
  assert.equal(stage.lines.at(-1)?.['level'], 'warn');
});

test('a pass: what only the changes have shown is left to do, and expected', async (t) => {
  const { stage, result } = await passOver(
    t,
    toy({ status: recorded }),
    { ...ours, size: 5 },
    {
      diff: (to, found) => {
        if (found?.size !== to) return [{ type: 'Set:size', summary: 'size', to }];
        return [{ type: 'Next', summary: 'what comes then' }];
      },
    },
  );
  assert.deepEqual(result, { type: 'retry' });
  assert.equal(stage.message('Synced'), 'more is left to do: Next');
  assert.equal(stage.lines.at(-1)?.['level'], 'info');
});

test('a pass: a part that only the second read could read: the failure of the first one is told', async (t) => {
  const refused = new ReconcileError('DependencyNotReady', 'a part cannot be read', { reason: 'AccessDenied' });
  const { stage, result } = await passOver(
    t,
    toy({ status: recorded }),
    { ...ours, size: 5 },
    {
      diff: (to, found) =>
        found?.size === to
          ? [{ type: 'Next', summary: 'what comes then' }]
          : [{ type: 'Set:size', summary: 'size', to }],
      status: (_resource, _target, desired, found) => ({
        fields: {},
        ...(found?.size === desired ? {} : { failure: refused }),
      }),
    },
  );
  assert.deepEqual([result, stage.message('Synced')], [{ type: 'requeueAfter', ms: 60_000 }, 'a part cannot be read']);
});

test('a pass: the failure that a read shows, and what is waited for in others', async (t) => {
  const failure = new ReconcileError('Transient', 'it is broken', { reason: 'Timeout' });
  const awaited = new ReconcileError('DependencyNotReady', 'User x is not Ready', { reason: 'ChildNotReady' });
  const read = (status: object) =>
    passOver(t, toy({ status: recorded }), ours, { status: () => ({ fields: {}, ...status }) });
  const [failed, waiting, both] = [await read({ failure }), await read({ awaited }), await read({ failure, awaited })];
  assert.deepEqual([failed.result, failed.stage.message('Synced')], [{ type: 'retry' }, 'it is broken']);
  assert.deepEqual(waiting.result, { type: 'requeueAfter', ms: 60_000 });
  assert.equal(waiting.stage.message('Synced'), 'User x is not Ready');
  assert.equal(both.stage.message('Synced'), 'it is broken; User x is not Ready');
});

test('a pass: several failures, whoever has to act first', async (t) => {
  const stage = new Stage(t, toy({ status: recorded }), {
    kind: { diff: () => ['One', 'Two'].map((type) => ({ type, summary: type })) },
  });
  stage.thing = ours;
  stage.failures.set('One', new ReconcileError('Transient', 'no answer', { reason: 'Timeout' }));
  stage.failures.set('Two', new ReconcileError('InvalidSpec', 'no such value'));
  assert.deepEqual(await stage.pass(), { type: 'retry' });
  assert.equal(stage.message('Synced'), 'no such value; no answer');
});

test('a pass: a kind without a thing outside claims no target, and owns without a question', async (t) => {
  const namesake = toy({ metadata: { name: 'older', uid: 'older', creationTimestamp: '2020-01-01T00:00:00Z' } });
  const stage = new Stage(t, toy(), { kind: { isExternal: false, hasLegacyClaim: () => true } });
  stage.namesakes.push(namesake);
  await stage.pass();
  const { metadata, status } = stage.object;
  assert.deepEqual([metadata.finalizers, status?.intent], [[FINALIZER], undefined]);
  assert.deepEqual(stage.calls, ['connect', 'observe', 'Create', 'Set:size', 'observe']);
});

test('a pass: a kind that decides for itself is told what it needs', async (t) => {
  const asked: unknown[] = [];
  const ownership: ToyKind['ownership'] = (_resource, _target, observed, facts) => {
    asked.push([observed?.size, facts]);
    return { mayManage: true, mayDestroy: false, marker: undefined };
  };
  const { stage } = await passOver(t, toy(), { ...ours, size: 5 }, { ownership });
  assert.deepEqual(asked, [[5, { desired: 1, mayAdopt: true, nowMs: Date.parse(STARTED) }]]);
  assert.equal(stage.object.status?.target?.identity, undefined, 'nothing proves it');
});

test('a pass: what is announced stands in status before the first change, and is not written without one', async (t) => {
  const stage: Stage = new Stage(t, toy({ status: recorded }), {
    kind: {
      announce: (_resource, desired, observed, nowMs) => ({ announced: `${observed?.size} -> ${desired} at ${nowMs}` }),
      apply: (_client, _target, { to }) => {
        stage.calls.push(JSON.stringify((stage.object.status as { announced?: string }).announced));
        if (to !== undefined) stage.thing = { ...ours, size: to };
        return Promise.resolve();
      },
    },
  });
  stage.thing = { ...ours, size: 5 };
  await stage.pass();
  assert.equal(stage.calls[2], `"5 -> 1 at ${Date.parse(STARTED)}"`);
  const writes = stage.kube.writes.length;
  await stage.pass();
  assert.equal(stage.kube.writes.length, writes);
});

test('a pass: a first change that records the target has none written before it', async (t) => {
  const { stage } = await passOver(
    t,
    toy(),
    { ...ours, size: 5 },
    {
      diff: (to, found) => (found?.size === to ? [] : [{ type: 'Set:size', summary: 'size', to, recordsTarget: true }]),
    },
  );
  const claims = stage.kube.writes.filter(({ subresource }) => subresource === 'status');
  assert.equal(claims.length, 1, 'the verdict alone');
});

test('a pass: the event tells what a change says it is to tell', async (t) => {
  const changes = [
    { type: 'Named', summary: 'a name' },
    { type: 'Told', summary: 'in other words', tellsSummary: true },
    { type: 'Elsewhere', summary: 'by itself', isToldElsewhere: true },
  ];
  const stage: Stage = new Stage(t, toy({ status: recorded }), {
    kind: {
      diff: (_to, found) => (found?.size === 0 ? [] : changes),
      apply: () => {
        stage.thing = { ...ours, size: 0 };
        return Promise.resolve();
      },
    },
  });
  stage.thing = ours;
  await stage.pass();
  assert.deepEqual(stage.kube.events, ['Normal BucketUpdated: Changes made: Named, Told (in other words)']);
  assert.deepEqual(stage.lines.at(-1)?.['changes'], ['Named', 'Told', 'Elsewhere']);
});

test('a pass: what was there before is gone: it is made anew, under its new identity', async (t) => {
  const object = toy({ status: { target: { ...TARGET, identity: 'id-0' } }, metadata: { finalizers: [FINALIZER] } });
  const { stage } = await passOver(t, object, undefined);
  assert.deepEqual(stage.object.status?.target, { ...TARGET, identity: 'id-1' });
  assert.equal(stage.thing?.marker, MARKER);
});

test('a pass: what was read a moment ago stands for a read when only news woke it', async (t) => {
  const recalled: number[] = [];
  const recall: ToyKind['recall'] = (_client, _desired, { observed, readAtMs }) => {
    recalled.push(readAtMs);
    return observed;
  };
  const stage = new Stage(t, toy(), { kind: { recall } });
  await stage.pass();
  await stage.pass();
  assert.deepEqual([stage.calls, recalled], [['connect', 'observe'], []], 'the clock, or an edit');
  const again = async () => {
    stage.newsWakes.news('Bucket', { namespace: 'a', name: 'it' });
    stage.clock.advance(6_000);
    await stage.pass();
    return stage.calls;
  };
  assert.deepEqual(await again(), ['connect']);
  assert.deepEqual(await again(), ['connect', 'observe'], 'it is as old as its read');
  assert.deepEqual(recalled, [0]);
  stage.edit({ spec: { name: 'another' } });
  assert.deepEqual((await again()).slice(0, 2), ['connect', 'observe'], 'another place');
  await again();
  stage.namesakes.push({
    ...toy(),
    metadata: { ...toy().metadata, name: 'young', uid: 'v', creationTimestamp: '2027-01-01T00:00:00Z' },
  });
  assert.deepEqual(await again(), ['connect', 'observe'], 'whose of several it is, is asked');
  stage.namesakes.length = 0;
  stage.edit({ spec: { mode: 'Observe' } });
  assert.deepEqual(await again(), ['connect', 'observe']);
});

test('a pass: what waits for others was met, and what failed was not: only the one may be recalled', async (t) => {
  const recalls = async (status: object) => {
    const stage = new Stage(t, toy({ status: recorded }), {
      kind: { recall: (_client, _desired, { observed }) => observed, status: () => ({ fields: {}, ...status }) },
    });
    stage.thing = ours;
    await stage.pass();
    stage.newsWakes.news('Bucket', { namespace: 'a', name: 'it' });
    await stage.pass();
    return stage.calls.length === 1;
  };
  const waits = new ReconcileError('DependencyNotReady', 'User x is not Ready', { reason: 'ChildNotReady' });
  assert.deepEqual(
    [await recalls({}), await recalls({ awaited: waits }), await recalls({ failure: waits })],
    [true, true, false],
  );
});
