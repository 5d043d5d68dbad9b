import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { BUCKETS } from '../api/bucket.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { KubeError } from '../runtime/kube.ts';
import { ABANDON, FINALIZER, LEGACY_FINALIZER } from './annotations.ts';
import type { ManagedResource, Target } from './kind.ts';
import { PROVIDER, STARTED, TARGET, type Toy, toy } from './testing/stage.ts';
import { ToyKube } from './testing/toy-kube.ts';
import { ObjectWrites } from './writes.ts';

const target: Target = { ...TARGET, provider: PROVIDER };
const DEADLINE = '2026-01-01T00:01:00Z';
const create = { action: 'Create', attempt: 1, holder: 'me', epoch: 3, time: STARTED, deadline: DEADLINE } as const;
const remove = { ...create, action: 'Delete' } as const;
const none = new AbortController().signal;

function desk(object: Toy) {
  const [kube, clock] = [new ToyKube(object), new FakeClock()];
  const fence = { assertHeld: () => undefined, remainingMs: () => 60_000, identity: 'me', epoch: 3 };
  return { kube, clock, writes: new ObjectWrites({ kube, fence, clock }) };
}

/** What a claim writes, in order. */
async function claimed(
  object: Toy,
  options: Partial<Parameters<ObjectWrites['claim']>[3]> = {},
  of: Target = target,
  afterMs = 0,
) {
  const { kube, clock, writes } = desk(object);
  clock.advance(afterMs);
  const defaults = { willCreate: false, needsTarget: true, clockOffsetMs: 0, fields: {} };
  const after = await writes.claim(BUCKETS, object, of, { ...defaults, ...options });
  assert.deepEqual(after, kube.object, 'as it stands then');
  return kube.writes.map(({ subresource, body }) => [subresource ?? 'object', body]);
}

const guard = (resourceVersion: string) => ({ uid: 'u', resourceVersion });
const held = { finalizers: [FINALIZER] };
const finalized = ['object', { metadata: { ...guard('1'), ...held } }];

test('a claim: finalizer first, then the target and the intent; nothing that stands there is written again', async () => {
  assert.deepEqual(await claimed(toy(), { willCreate: true }), [
    finalized,
    ['status', { metadata: guard('2'), status: { target: { identity: null, ...TARGET }, intent: create } }],
  ]);
  const there = toy({ metadata: held, status: { target: TARGET, intent: create } });
  assert.deepEqual(await claimed(there, { willCreate: true }), []);
  assert.deepEqual(await claimed(there), []);
  assert.deepEqual(await claimed(toy(), { needsTarget: false, willCreate: true }), [finalized]);
});

test("a claim: the predecessor's finalizer and annotations go, other people's stay", async () => {
  const legacy = { 'kopf.zalando.org/last-handled-configuration': '{}', team: 'a' };
  const metadata = { finalizers: ['somebody/else', LEGACY_FINALIZER], annotations: legacy };
  const status = { target: TARGET };
  const wanted = { finalizers: ['somebody/else', FINALIZER] };
  const annotations = { 'kopf.zalando.org/last-handled-configuration': null };
  assert.deepEqual(await claimed(toy({ metadata, status })), [
    ['object', { metadata: { ...guard('1'), ...wanted, annotations } }],
  ]);
  const both = { finalizers: [FINALIZER, LEGACY_FINALIZER] };
  assert.deepEqual(await claimed(toy({ metadata: both, status })), [
    ['object', { metadata: { ...guard('1'), ...held } }],
  ]);
  const annotated = { ...held, annotations: legacy };
  assert.deepEqual(await claimed(toy({ metadata: annotated, status })), [
    ['object', { metadata: { ...guard('1'), ...held, annotations } }],
  ]);
});

test('a claim: a target that differs in its account, name or region is written, without the identity of the former', async () => {
  for (const change of [{ accountId: '2' }, { name: 'other' }, { region: 'us' }]) {
    const object = toy({ metadata: held, status: { target: { ...TARGET, ...change, identity: 'id-0' } } });
    assert.deepEqual(await claimed(object, {}, { ...target, identity: 'id-1' }), [
      ['status', { metadata: guard('1'), status: { target: { ...TARGET, identity: 'id-1' } } }],
    ]);
  }
  const moved = toy({ metadata: held, status: { target: { ...TARGET, provider: 'a/q' } } });
  assert.deepEqual(await claimed(moved), [], 'another Provider of the account is no other place');
});

test('a claim before a create: the identity of what was there before goes', async () => {
  const object = toy({ metadata: held, status: { target: { ...TARGET, identity: 'id-0' }, intent: create } });
  assert.deepEqual(await claimed(object, { willCreate: true }), [
    ['status', { metadata: guard('1'), status: { target: { ...TARGET, identity: null } } }],
  ]);
  const elsewhere = toy({ metadata: held, status: { target: { ...TARGET, name: 'other' }, intent: create } });
  assert.deepEqual(await claimed(elsewhere, { willCreate: true }, { ...target, identity: 'id-0' }), [
    ['status', { metadata: guard('1'), status: { target: { ...TARGET, identity: null } } }],
  ]);
});

const anew = { ...create, attempt: 2 };
const intents: readonly (readonly [
  title: string,
  intent: object,
  afterMs: number,
  offsetMs: number,
  written: object | undefined,
])[] = [
  ['one of ours with time left', create, 49_999, 0, undefined],
  [
    'one of ours that is nearly over',
    create,
    50_000,
    0,
    { ...anew, time: '2026-01-01T00:00:50Z', deadline: '2026-01-01T00:01:50Z' },
  ],
  [
    'by the clock of the service',
    create,
    0,
    50_000,
    { ...anew, time: '2026-01-01T00:00:50Z', deadline: '2026-01-01T00:01:50Z' },
  ],
  ['one of another process', { ...create, holder: 'other' }, 0, 0, anew],
  ['one of an earlier time of ours', { ...create, epoch: 2 }, 0, 0, anew],
  ['one of a deletion', remove, 0, 0, anew],
];
for (const [title, intent, afterMs, clockOffsetMs, written] of intents) {
  test(`an intent before a create: ${title}: ${written === undefined ? 'it serves' : 'another one is written'}`, async () => {
    const object = toy({ metadata: held, status: { target: TARGET, intent } });
    const writes = await claimed(object, { willCreate: true, clockOffsetMs }, target, afterMs);
    assert.deepEqual(
      writes,
      written === undefined ? [] : [['status', { metadata: guard('1'), status: { intent: written } }]],
    );
  });
}

test('a claim: fields that the kind announces are written where they differ', async () => {
  const object = toy({ metadata: held, status: { target: TARGET, attached: ['a'], other: 1 } });
  const written = await claimed(object, { fields: { attached: ['a'], more: { b: 2 } } });
  assert.deepEqual(written, [['status', { metadata: guard('1'), status: { more: { b: 2 } } }]]);
});

test('a claim: what anybody has changed meanwhile is not written over', async () => {
  for (const [metadata, type] of [
    [{ resourceVersion: '7' }, 'StaleRead'],
    [{ uid: 'another' }, 'StaleRead'],
  ] as const) {
    const { kube, writes } = desk(toy({ metadata }));
    const options = { willCreate: false, needsTarget: true, clockOffsetMs: 0, fields: {} };
    await assert.rejects(writes.claim(BUCKETS, toy(), target, options), { type });
    kube.object = undefined;
    await assert.rejects(writes.claim(BUCKETS, toy(), target, options), { type, message: 'the object is gone' });
  }
});

test('a status: to an object that is gone none is written; every other failure is told', async () => {
  const { kube, writes } = desk(toy());
  await writes.patchStatus(BUCKETS, toy(), { a: 1 });
  assert.deepEqual(kube.writes, [{ subresource: 'status', body: { metadata: { uid: 'u' }, status: { a: 1 } } }]);
  await assert.rejects(writes.patchStatus(BUCKETS, toy(), { a: 2 }, '1'), { type: 'StaleRead' });
  await writes.patchStatus(BUCKETS, toy(), { a: 3 }, '2');
  await assert.rejects(writes.patchStatus(BUCKETS, toy({ metadata: { uid: 'v' } }), { a: 4 }), {
    type: 'StaleRead',
    message: 'another object has the name by now',
  });
  kube.failures.set('status', new KubeError('spec.size: no number', { code: 422, reason: 'Invalid' }));
  await assert.rejects(writes.patchStatus(BUCKETS, toy(), { a: 5 }), {
    type: 'Internal',
    message: 'spec.size: no number',
  });
  kube.failures.set('status', new KubeError('metadata.uid', { code: 500 }));
  await assert.rejects(writes.patchStatus(BUCKETS, toy(), { a: 5 }), { type: 'Transient' });
  kube.failures.set('status', new TypeError('metadata.uid'));
  await assert.rejects(writes.patchStatus(BUCKETS, toy(), { a: 5 }), { type: 'Internal' });
  kube.object = undefined;
  await writes.patchStatus(BUCKETS, toy(), { a: 6 });
});

test('calls that an intent announces end with it, by the clock of the service', async () => {
  const { clock, writes } = desk(toy());
  const until = async (intent: object | undefined, offsetMs: number, ms: number) => {
    const object = toy({ status: { intent } });
    let isEnded = false;
    const running = writes.withinIntent(object, offsetMs, none, (signal) => {
      signal.addEventListener('abort', () => {
        isEnded = true;
      });
      return clock.advanceAsync(ms).then(() => signal.reason as unknown);
    });
    const reason = await running;
    return isEnded ? reason : undefined;
  };
  assert.equal(await until({ ...create, deadline: '2026-01-01T00:01:00Z' }, 0, 59_000), undefined);
  // The clock stands at 59 s now.
  const late = await until({ ...create, deadline: '2026-01-01T00:01:10Z' }, 5_000, 6_001);
  assert.ok(late instanceof ReconcileError);
  assert.deepEqual([late.type, late.reason], ['Transient', 'Timeout']);
  assert.equal(late.message, 'the intent ran out before its call was answered');
  assert.ok((await until(undefined, 0, 1)) !== undefined, 'without an intent there is no time');
  assert.ok((await until({ ...create, deadline: '2026-01-01T00:00:00Z' }, 0, 1)) !== undefined, 'nor after it');
});

test('a create that cannot be repeated is announced, and its time counts from before the write', async () => {
  const { kube, clock, writes } = desk(toy());
  clock.advance(500);
  const patch = kube.patch.bind(kube);
  kube.patch = (...given) => {
    clock.advance(2_000);
    return patch(...given) as never;
  };
  const announced = await writes.announceCreate(
    BUCKETS,
    toy(),
    { attempt: 4, clockOffsetMs: 1_000, spanMs: 30_000 },
    (intent) => ({ mint: intent }),
  );
  const mint = { attempt: 4, holder: 'me', epoch: 3, time: '2026-01-01T00:00:01Z', deadline: '2026-01-01T00:00:31Z' };
  assert.deepEqual(kube.writes, [{ subresource: 'status', body: { metadata: guard('1'), status: { mint } } }]);
  assert.deepEqual(announced.resource, kube.object);
  assert.equal(announced.remainingMs(), 27_500, 'from 1.5 s on its clock to 31 s, less the write');
  await assert.rejects(
    writes.announceCreate(BUCKETS, toy(), { attempt: 4, clockOffsetMs: 0, spanMs: 1 }, () => ({})),
    { type: 'StaleRead' },
  );
});

test('a record is guarded by the version that it rests on', async () => {
  const { kube, writes } = desk(toy());
  const after: ManagedResource = await writes.record(BUCKETS, toy(), { a: 1 });
  assert.deepEqual([after, kube.writes.length], [kube.object, 1]);
  await assert.rejects(writes.record(BUCKETS, toy(), { a: 2 }), { type: 'StaleRead' });
});

const dying = toy({ metadata: { deletionTimestamp: STARTED, ...held } });
test('a deletion is confirmed by the live object, and announced on it once', async () => {
  const { kube, clock, writes } = desk(dying);
  const confirm = (clockOffsetMs = 0) => writes.confirmDeletion(BUCKETS, dying, clockOffsetMs, none);
  assert.deepEqual((await confirm()).status?.intent, remove);
  assert.deepEqual(kube.writes, [
    { subresource: 'status', body: { metadata: guard('1'), status: { intent: remove } } },
  ]);
  clock.advance(29_999);
  assert.deepEqual((await confirm()).status?.intent, remove);
  assert.equal(kube.writes.length, 1, 'it has time left to begin');
  clock.advance(1);
  assert.equal((await confirm()).status?.intent?.attempt, 2);
  assert.equal((await confirm(30_000)).status?.intent?.deadline, '2026-01-01T00:02:00Z', 'by the clock of the service');
});

const stories: readonly (readonly [title: string, live: Toy | undefined])[] = [
  ['it is gone', undefined],
  ['another one has its name', toy({ metadata: { ...dying.metadata, uid: 'v' } })],
  ['it is not being deleted', toy({ metadata: held })],
  ['its spec was edited', toy({ metadata: { ...dying.metadata, generation: 2 } })],
  ['somebody lets it go', toy({ metadata: { ...dying.metadata, annotations: { [ABANDON]: 'u' } } })],
];
for (const [title, live] of stories) {
  test(`a deletion is not confirmed: ${title}`, async () => {
    const { kube, writes } = desk(dying);
    kube.object = live;
    await assert.rejects(writes.confirmDeletion(BUCKETS, dying, 0, none), { type: 'StaleRead' });
    assert.deepEqual(kube.writes, []);
  });
}

test('a deletion is confirmed whatever else was written to the object', async () => {
  const { kube, writes } = desk(dying);
  kube.object = toy({ metadata: { ...dying.metadata, resourceVersion: '9', annotations: { note: 'x' } } });
  assert.deepEqual((await writes.confirmDeletion(BUCKETS, dying, 0, none)).status?.intent, remove);
});

test('a live read that fails is the failure of the pass', async () => {
  const { kube, writes } = desk(dying);
  kube.get = () => Promise.reject(new KubeError('the server is down', { code: 503 }));
  await assert.rejects(writes.live(BUCKETS, dying, none), { type: 'Transient' });
});

test("our finalizers come off, other people's stay, and what is gone needs nothing", async () => {
  const finalizers = ['somebody/else', FINALIZER, LEGACY_FINALIZER];
  const object = toy({ metadata: { ...dying.metadata, finalizers } });
  const { kube, writes } = desk(object);
  await writes.removeFinalizer(BUCKETS, object);
  assert.deepEqual(kube.object?.metadata.finalizers, ['somebody/else']);
  assert.deepEqual(kube.writes, [
    {
      subresource: undefined,
      body: [
        { op: 'test', path: '/metadata/uid', value: 'u' },
        { op: 'test', path: '/metadata/finalizers', value: finalizers },
        { op: 'replace', path: '/metadata/finalizers', value: ['somebody/else'] },
      ],
    },
  ]);
  await writes.removeFinalizer(BUCKETS, toy({ metadata: { finalizers: ['somebody/else'] } }));
  await writes.removeFinalizer(BUCKETS, toy());
  assert.equal(kube.writes.length, 1);
  await assert.rejects(writes.removeFinalizer(BUCKETS, object), {
    type: 'StaleRead',
    message: 'the finalizers changed meanwhile',
  });
  kube.failures.set('finalizers', new KubeError('the server is down', { code: 503 }));
  await assert.rejects(writes.removeFinalizer(BUCKETS, object), { type: 'Transient' });
  kube.failures.set('finalizers', new TypeError('not a function'));
  await assert.rejects(writes.removeFinalizer(BUCKETS, object), { type: 'Internal' });
  kube.object = undefined;
  await writes.removeFinalizer(BUCKETS, object);
});
