import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { providerSecret } from './support/account.ts';
import { eventsAbout, inject } from './support/answers.ts';
import { accessKey, type Manifest, provider, user } from './support/builders.ts';
import { until } from './support/cluster.ts';
import {
  addKey,
  isWorking,
  keyCalls,
  keysOf,
  keyWorldFor,
  pairIn,
  replaced,
  revokeOutside,
  secretOf,
  settledKey,
  USER,
} from './support/keys.ts';
import { endpointsOf, type World } from './support/world.ts';

const IAM = 'owner';

async function statusOf(world: World, name = 'it'): Promise<AccessKey['status']> {
  return (await world.get<AccessKey>('AccessKey', name))?.status;
}

function annotate(world: World, annotations: Readonly<Record<string, string>>): Promise<unknown> {
  return world.patch('AccessKey', 'it', { metadata: { annotations } });
}

test('AccessKey: a foreign key is named, never touched, and only on consent claimed or revoked', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  const foreign = addKey(world, IAM, 3_600_000);
  await pass(300_000);
  await world.reaches('AccessKey', 'it', 'ForeignKey', 'True');
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  assert.match(
    (await world.condition('AccessKey', 'it', 'ForeignKey'))?.message ?? '',
    new RegExp(foreign.accessKeyId),
  );
  const events = eventsAbout(world, 'AccessKey', 'it');
  assert.equal(events.filter(({ reason }) => reason === 'ForeignKey').length, 1);
  assert.ok(!JSON.stringify(events).includes(foreign.accessKeyId), 'no key id in events');
  const writes = world.kubeWrites().length;
  await pass(300_000);
  assert.equal(world.kubeWrites().length, writes, 'it is told once');
  await annotate(world, { 's3.cloud37.dev/revoke-keys': `${foreign.accessKeyId}, AAAABBBBCCCCDDDDEEEE` });
  await until('it is revoked', () => Promise.resolve(keysOf(world, IAM).length === 1));
  await world.settle();
  assert.equal(await world.condition('AccessKey', 'it', 'ForeignKey'), undefined);
  assert.ok(await isWorking(world, 'it-credentials'));
});

test('AccessKey: a rotation that a foreign key held up goes on as soon as that one is revoked', async (t) => {
  const { world } = await settledKey(t, IAM);
  const foreign = addKey(world, IAM, 3_600_000);
  const requested = '2026-01-01T00:00:00Z';
  await annotate(world, { 's3.cloud37.dev/rotate-requested-at': requested });
  await world.reaches('AccessKey', 'it', 'Synced', 'ForeignKey');
  await world.settle();
  const told = () => eventsAbout(world, 'AccessKey', 'it').filter(({ type }) => type === 'Warning').length;
  const before = told();
  await annotate(world, { 's3.cloud37.dev/revoke-keys': foreign.accessKeyId });
  // No time has to pass: neither a retry nor a comparison comes in between.
  await until('it has rotated', async () => (await statusOf(world))?.lastHandledRotateAt === requested);
  assert.equal(told(), before, 'what is over is not told again');
});

test('AccessKey: a claimed key lives as long as its object', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  const foreign = addKey(world, IAM, 3_600_000);
  await pass(300_000);
  await world.reaches('AccessKey', 'it', 'ForeignKey', 'True');
  await annotate(world, { 's3.cloud37.dev/claim-keys': foreign.accessKeyId });
  await until(
    'it is claimed',
    async () => (await statusOf(world))?.claimedKeys?.includes(foreign.accessKeyId) === true,
  );
  await pass(300_000);
  assert.equal(keysOf(world, IAM).length, 2);
  assert.equal(await world.condition('AccessKey', 'it', 'ForeignKey'), undefined);
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(world, IAM), []);
});

test('AccessKey: consent for a key that was never named does nothing, nor for the key of another object', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  await world.apply(accessKey('other', USER));
  await world.reaches('AccessKey', 'other', 'Ready', 'True');
  const theirs = await pairIn(world, 'other-credentials');
  await annotate(world, {
    's3.cloud37.dev/revoke-keys': theirs.accessKeyId,
    's3.cloud37.dev/claim-keys': theirs.accessKeyId,
  });
  await world.settle();
  await pass(300_000);
  assert.equal(keysOf(world, IAM).length, 2);
  assert.equal((await statusOf(world))?.claimedKeys, undefined);
  assert.equal(await world.condition('AccessKey', 'it', 'ForeignKey'), undefined);
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  assert.deepEqual(
    keysOf(world, IAM).map(({ accessKeyId }) => accessKeyId),
    [theirs.accessKeyId],
  );
});

test('AccessKey: two foreign keys leave no room: nothing is created, nothing revoked', async (t) => {
  const { world, pass } = await keyWorldFor(t, IAM);
  const [one, two] = [addKey(world, IAM, 3_600_000), addKey(world, IAM, 3_600_000)];
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Ready', 'ForeignKey');
  const { message = '' } = (await world.condition('AccessKey', 'it', 'ForeignKey')) ?? {};
  assert.ok(message.includes(one.accessKeyId) && message.includes(two.accessKeyId));
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
  revokeOutside(world, one.accessKeyId);
  await pass(61_000);
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  assert.ok(world.emulator.state.keys.has(two.accessKeyId));
});

const withdrawals: readonly (readonly [what: string, change: (live: AccessKey, foreign: string) => object])[] = [
  ['the consent is withdrawn', ({ metadata }) => ({ metadata: { ...metadata, annotations: {} } })],
  ['another process accounts for the key', ({ status }, id) => ({ status: { ...status, claimedKeys: [id] } })],
];
for (const [what, change] of withdrawals) {
  test(`AccessKey: nothing is revoked on an old copy of the object: ${what}`, async (t) => {
    const { world, pass } = await settledKey(t, IAM);
    const foreign = addKey(world, IAM, 3_600_000);
    await pass(300_000);
    await world.reaches('AccessKey', 'it', 'ForeignKey', 'True');
    const annotations = { 's3.cloud37.dev/revoke-keys': foreign.accessKeyId };
    const live = await world.get<AccessKey>('AccessKey', 'it');
    assert.ok(live);
    const asked = { ...live, metadata: { ...live.metadata, annotations } };
    const body = JSON.stringify({ ...asked, ...change(asked, foreign.accessKeyId) });
    const isLive = ({ method, url }: { method: string; url: string }) =>
      method === 'GET' && url.endsWith('/accesskeys/it');
    const fault = inject(world.operator.kube, isLive, { status: 200, body });
    await annotate(world, annotations);
    await until('the live object was read', () => Promise.resolve(fault.hits.length > 0));
    await world.settle();
    assert.ok(world.emulator.state.keys.has(foreign.accessKeyId));
    assert.equal(keyCalls(world).deletes, 0);
  });
}

test('AccessKeys of one user made at once: each has its own key, and none is lost', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  await Promise.all([world.apply(accessKey('one', USER)), world.apply(accessKey('two', USER))]);
  await world.reaches('AccessKey', 'one', 'Ready', 'True');
  await world.reaches('AccessKey', 'two', 'Ready', 'True');
  await world.settle();
  assert.ok((await isWorking(world, 'one-credentials')) && (await isWorking(world, 'two-credentials')));
  assert.deepEqual(keyCalls(world), { creates: 2, deletes: 0 });
  assert.equal(eventsAbout(world, 'AccessKey', 'one').filter(({ reason }) => reason === 'ForeignKey').length, 0);
});

const tampering: readonly (readonly [what: string, act: (world: World, foreign: string) => Promise<unknown>])[] = [
  [
    'labels and annotations of the Secret are taken off',
    (world) => world.patch('Secret', 'it-credentials', { metadata: { labels: null, annotations: null } }),
  ],
  [
    'the Secret is given to another owner by its annotation',
    (world) =>
      world.patch('Secret', 'it-credentials', { metadata: { annotations: { 's3.cloud37.dev/owner-uid': 'other' } } }),
  ],
  [
    'the time and the attempt of the Secret are invented',
    (world) =>
      world.patch('Secret', 'it-credentials', {
        metadata: {
          annotations: { 's3.cloud37.dev/minted-at': '2999-01-01T00:00:00Z', 's3.cloud37.dev/attempt': '99' },
        },
      }),
  ],
  [
    'an intent is planted in annotations',
    (world, foreign) =>
      annotate(world, {
        's3.cloud37.dev/mint': JSON.stringify({
          attempt: 9,
          holder: 'x',
          time: '2020-01-01T00:00:00Z',
          deadline: '2999-01-01T00:00:00Z',
        }),
        's3.cloud37.dev/intent': foreign,
        's3.cloud37.dev/own-keys': foreign,
      }),
  ],
  [
    'a Secret of an earlier key is planted, with the labels of the predecessor',
    (world, foreign) =>
      world.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: 'it-credentials-previous-20200101000000',
          labels: {
            's3.cloud37.dev/managed-by': 'wasabi-s3-operator',
            's3.cloud37.dev/resource-type': 'access-key',
            's3.cloud37.dev/previous-secret': 'true',
            's3.cloud37.dev/access-key-name': 'it',
          },
        },
        stringData: { 'access-key-id': foreign, 'secret-access-key': 'whatever-it-is-it-is-not-the-text-of-it' },
      }),
  ],
];
for (const [what, act] of tampering) {
  test(`AccessKey: tampering destroys nothing: ${what}`, async (t) => {
    const { world, pass } = await settledKey(t, IAM);
    const pair = await pairIn(world, 'it-credentials');
    const foreign = addKey(world, IAM, 3_600_000);
    await act(world, foreign.accessKeyId);
    await world.settle();
    await pass(300_000);
    assert.ok(world.emulator.state.keys.has(foreign.accessKeyId), 'the foreign key');
    assert.ok(world.emulator.state.keys.has(pair.accessKeyId), 'our own');
    assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
    await world.delete('AccessKey', 'it');
    await world.gone('AccessKey', 'it');
    assert.deepEqual(keysOf(world, IAM), [foreign]);
  });
}

test('AccessKey: a status of an older day restores nothing that is gone, and revokes nothing that is there', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  const backup = await statusOf(world);
  const first = await pairIn(world, 'it-credentials');
  await world.delete('Secret', 'it-credentials');
  await replaced(world, 'it', first.accessKeyId);
  const second = await pairIn(world, 'it-credentials');
  await world.patchStatus('AccessKey', 'it', { ...backup });
  // The Secret of that day comes back with it.
  const data = Object.fromEntries(
    Object.entries({ 'access-key-id': first.accessKeyId, 'secret-access-key': first.secretAccessKey }).map(
      ([key, value]) => [key, Buffer.from(value).toString('base64')],
    ),
  );
  await world.patch('Secret', 'it-credentials', {
    data,
    metadata: { annotations: { 's3.cloud37.dev/minted-at': '2026-01-01T00:00:00Z' } },
  });
  await replaced(world, 'it', first.accessKeyId);
  await pass(300_000);
  assert.ok(world.emulator.state.keys.has(second.accessKeyId), 'nothing accounts for it: it is named, not revoked');
  await world.reaches('AccessKey', 'it', 'ForeignKey', 'True');
  assert.equal(keysOf(world, IAM).length, 2);
});

test('AccessKey: a copy with the status of another object owns nothing of it', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  const pair = await pairIn(world, 'it-credentials');
  const original = await statusOf(world);
  await world.apply(accessKey('copy', USER, { suspend: true }));
  await world.patchStatus('AccessKey', 'copy', { ...original });
  await world.patch('AccessKey', 'copy', { spec: { suspend: null } });
  await world.reaches('AccessKey', 'copy', 'Ready', 'True');
  await world.settle();
  assert.notEqual((await pairIn(world, 'copy-credentials')).accessKeyId, pair.accessKeyId);
  await world.delete('AccessKey', 'copy');
  await world.gone('AccessKey', 'copy');
  await pass(1_000);
  assert.deepEqual(
    keysOf(world, IAM).map(({ accessKeyId }) => accessKeyId),
    [pair.accessKeyId],
  );
});

test('AccessKey: without its status it is a new object; what it had made is named', async (t) => {
  const { world } = await settledKey(t, IAM);
  const before = await pairIn(world, 'it-credentials');
  await world.patchStatus(
    'AccessKey',
    'it',
    Object.fromEntries(Object.keys((await statusOf(world)) ?? {}).map((name) => [name, null])),
  );
  await world.restart();
  await world.settle();
  // The Secret is ours, and the key in it is accounted for by nothing: a new one, and the old one is named.
  await replaced(world, 'it', before.accessKeyId);
  await world.reaches('AccessKey', 'it', 'ForeignKey', 'True');
  assert.ok(world.emulator.state.keys.has(before.accessKeyId));
});

/** An AccessKey as the predecessor left it, with its Secrets. */
async function legacy(
  world: World,
  parts: {
    readonly inStatus: string;
    readonly inSecret: readonly [id: string, text: string];
    readonly previous?: readonly [id: string, text: string];
  },
): Promise<void> {
  await world.apply(accessKey('it', USER, { suspend: true }, { finalizers: ['kopf.zalando.org/KopfFinalizerMarker'] }));
  const uid = (await world.get('AccessKey', 'it'))?.metadata.uid;
  const labels = { 's3.cloud37.dev/managed-by': 'wasabi-s3-operator', 's3.cloud37.dev/resource-type': 'access-key' };
  const ownerReferences = [
    { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'AccessKey', name: 'it', uid, controller: true },
  ];
  const secretWith = (name: string, [id, text]: readonly [string, string], more: object = {}) => {
    const metadata = { name, labels: { ...labels, ...more }, ownerReferences } as Manifest['metadata'];
    const stringData = { 'access-key-id': id, 'secret-access-key': text };
    return world.apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData });
  };
  await secretWith('it-credentials', parts.inSecret);
  if (parts.previous !== undefined) {
    const more = { 's3.cloud37.dev/previous-secret': 'true', 's3.cloud37.dev/access-key-name': 'it' };
    await secretWith('it-credentials-previous-20260101000000', parts.previous, more);
  }
  await world.patchStatus('AccessKey', 'it', {
    accessKeyId: parts.inStatus,
    created: true,
    lastRotateTime: '2026-01-01T00:00:00Z',
    conditions: [
      { type: 'Ready', status: 'True', reason: 'Ready', message: 'made', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  });
  await world.patch('AccessKey', 'it', { spec: { suspend: null } });
}

test('AccessKey take-over: Ready without one call that changes anything; on deletion its keys go', async (t) => {
  const { world, pass } = await keyWorldFor(t, IAM);
  const [old, current] = [addKey(world, IAM), addKey(world, IAM)];
  await legacy(world, {
    inStatus: current.accessKeyId,
    inSecret: [current.accessKeyId, current.secretAccessKey],
    previous: [old.accessKeyId, old.secretAccessKey],
  });
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await until('the Secret is ours', async () => {
    const annotations = (await secretOf(world, 'it-credentials'))?.metadata.annotations ?? {};
    return annotations['s3.cloud37.dev/owner-uid'] !== undefined;
  });
  await world.settle();
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
  assert.deepEqual(
    [...((await statusOf(world))?.ownKeys ?? [])].toSorted(),
    [current, old].map(({ accessKeyId }) => accessKeyId).toSorted(),
  );
  assert.equal((await pairIn(world, 'it-credentials')).accessKeyId, current.accessKeyId);
  const finalizers = (await world.get('AccessKey', 'it'))?.metadata.finalizers;
  assert.deepEqual(finalizers, ['s3.cloud37.dev/finalizer']);
  // The earlier key is gone one day: its Secret follows.
  revokeOutside(world, old.accessKeyId);
  await pass(300_000);
  assert.equal(await secretOf(world, 'it-credentials-previous-20260101000000'), undefined);
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(world, IAM), []);
});

test('AccessKey take-over: a second key that nothing records is named and never deleted', async (t) => {
  const { world, pass } = await keyWorldFor(t, IAM);
  const [orphan, current] = [addKey(world, IAM), addKey(world, IAM)];
  await legacy(world, { inStatus: current.accessKeyId, inSecret: [current.accessKeyId, current.secretAccessKey] });
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.reaches('AccessKey', 'it', 'ForeignKey', 'True');
  await pass(300_000);
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(world, IAM), [orphan]);
});

test('AccessKey take-over: status names a key whose text was lost: the one in the Secret stays in use', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  const [delivered, lost] = [addKey(world, IAM), addKey(world, IAM)];
  await legacy(world, { inStatus: lost.accessKeyId, inSecret: [delivered.accessKeyId, delivered.secretAccessKey] });
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.reaches('AccessKey', 'it', 'ForeignKey', 'True');
  assert.match((await world.condition('AccessKey', 'it', 'ForeignKey'))?.message ?? '', new RegExp(lost.accessKeyId));
  assert.equal((await statusOf(world))?.accessKeyId, delivered.accessKeyId);
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
});

test('AccessKey: both references lead to one account', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  const other = world.emulator.createAccount();
  await world.apply(providerSecret('other-credentials', other));
  const auth = { accessKeySecretRef: { name: 'other-credentials' }, secretKeySecretRef: { name: 'other-credentials' } };
  await world.apply(provider('other', { ...endpointsOf(world), auth }));
  await world.apply(user('stranger', { providerRef: { name: 'other' } }));
  await world.reaches('User', 'stranger', 'Ready', 'True');
  await world.apply(accessKey('it', 'stranger'));
  await world.reaches('AccessKey', 'it', 'Ready', 'AccountMismatch');
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
});
