import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { NAMESPACES } from '../src/api/core-types.ts';
import { eventsAbout, inject, kubeError } from './support/answers.ts';
import { accessKey } from './support/builders.ts';
import { until } from './support/cluster.ts';
import {
  addKey,
  isWorking,
  keyCalls,
  keysOf,
  keyWorldFor,
  pairIn,
  revokeOutside,
  secretOf,
  settledKey,
  USER,
} from './support/keys.ts';

const IAM = 'leaver';

test('AccessKey deleted: the key first, then its Secret; a foreign key stays', async (t) => {
  const { world } = await settledKey(t, IAM);
  const foreign = addKey(world, IAM, 3_600_000);
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(world, IAM), [foreign]);
  assert.equal(await secretOf(world, 'it-credentials'), undefined);
  const order = world.operator.kube.calls.filter(
    ({ method, url }) => method === 'DELETE' && url.includes('it-credentials'),
  );
  const revoked = world.operator.wasabi.calls.find(({ body }) => body.includes('Action=DeleteAccessKey'));
  assert.ok(order[0] !== undefined && revoked !== undefined && revoked.atMs < order[0].atMs);
});

test('AccessKey deleted: the event says when the key was last used, without its id', async (t) => {
  const { world } = await settledKey(t, IAM);
  const pair = await pairIn(world, 'it-credentials');
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  await world.settle();
  const event = eventsAbout(world, 'AccessKey', 'it').find(({ reason }) => reason === 'AccessKeyDeleted');
  assert.match(event?.note ?? '', /1 key\(s\) revoked, last used at \d{4}-/); // the operator's own probe was the last use
  assert.ok(!JSON.stringify(event).includes(pair.accessKeyId));
});

test('L51: every key that an AccessKey made goes with it, whatever became of their Secrets', async (t) => {
  const { world } = await settledKey(t, IAM);
  const before = await pairIn(world, 'it-credentials');
  // The old key cannot be revoked for now: two of ours live.
  const fault = inject(world.operator.wasabi, ({ body }) => body.includes('Action=DeleteAccessKey'), { status: 503 });
  await world.delete('Secret', 'it-credentials');
  await until('a second key', () => Promise.resolve(keysOf(world, IAM).length === 2));
  await until('its Secret', async () => (await pairIn(world, 'it-credentials')).accessKeyId !== before.accessKeyId);
  await world.delete('AccessKey', 'it');
  fault.end();
  await world.operator.clock.skip(60_000);
  await world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(world, IAM), []);
});

test('L52: while the key of a deleted AccessKey cannot be revoked, object and Secret stay', async (t) => {
  const { world } = await settledKey(t, IAM);
  const fault = inject(world.operator.wasabi, ({ body }) => body.includes('Action=DeleteAccessKey'), { status: 500 });
  await world.delete('AccessKey', 'it');
  await until('it was tried', () => Promise.resolve(fault.hits.length > 2));
  assert.ok(await isWorking(world, 'it-credentials'));
  assert.ok((await world.get('AccessKey', 'it'))?.metadata.finalizers?.length);
  fault.end();
  await world.operator.clock.skip(60_000);
  await world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(world, IAM), []);
});

test('AccessKey deleted: a user that is gone has no keys to revoke', async (t) => {
  const { world } = await settledKey(t, IAM);
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  revokeOutside(world, accessKeyId);
  world.emulator.state.accounts.get(world.emulator.account.accountId)?.users.delete(IAM);
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  assert.equal(await secretOf(world, 'it-credentials'), undefined);
});

test('AccessKey deleted under Retain: the key lives on with its Secret', async (t) => {
  const { world } = await settledKey(t, IAM, { deletionPolicy: 'Retain' });
  const pair = await pairIn(world, 'it-credentials');
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  const secret = await secretOf(world, 'it-credentials');
  assert.deepEqual(secret?.metadata.ownerReferences ?? [], []);
  assert.deepEqual(await pairIn(world, 'it-credentials'), pair);
  assert.ok(await isWorking(world, 'it-credentials'));
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
});

test('AccessKey deleted before anything was made', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  await world.apply(accessKey('it', 'nobody'));
  await world.reaches('AccessKey', 'it', 'Ready', 'UserNotFound');
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
});

test('AccessKey deleted while its create was not answered: it is waited for, and goes', async (t) => {
  const { world, pass } = await keyWorldFor(t, IAM);
  const fault = inject(world.operator.wasabi, ({ body }) => body.includes('Action=CreateAccessKey'), 'dropRequest');
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Synced', 'MintUnderWay');
  await world.delete('AccessKey', 'it');
  await world.settle();
  assert.ok(await world.get('AccessKey', 'it'), 'the create may still land');
  addKey(world, IAM); // it does
  await pass(40_000);
  await world.gone('AccessKey', 'it');
  fault.end();
  assert.deepEqual(keysOf(world, IAM), []);
});

const refusedSecrets = {
  'with rights on its Secrets': undefined,
  'without rights on its Secrets': '/secrets/it-credentials',
  'whose roles went first': '/secrets/',
} as const;
for (const [rights, refused] of Object.entries(refusedSecrets)) {
  test(`AccessKey in a namespace that is being deleted, ${rights}: the key goes`, async (t) => {
    const { world } = await settledKey(t, IAM);
    if (refused !== undefined) {
      inject(world.operator.kube, ({ url }) => url.includes(refused), kubeError(403, 'Forbidden'));
    }
    await world.cluster.admin.delete(NAMESPACES, { namespace: '', name: world.namespace });
    await until('the keys are revoked', () => Promise.resolve(keysOf(world, IAM).length === 0));
    await world.gone('AccessKey', 'it');
  });
}

test('AccessKey deleted: what the predecessor made and nothing proves is not revoked', async (t) => {
  const { world, pass } = await keyWorldFor(t, IAM);
  const old = addKey(world, IAM, 86_400_000);
  await world.apply(accessKey('it', USER, { suspend: true }));
  const uid = (await world.get('AccessKey', 'it'))?.metadata.uid;
  const status = { accessKeyId: old.accessKeyId, created: true };
  await world.patchStatus('AccessKey', 'it', status);
  await world.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'it-credentials',
      labels: { 's3.cloud37.dev/managed-by': 'wasabi-s3-operator', 's3.cloud37.dev/resource-type': 'access-key' },
      ownerReferences: [
        { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'AccessKey', name: 'it', uid, controller: true },
      ],
    } as never,
    stringData: { 'access-key-id': old.accessKeyId, 'secret-access-key': old.secretAccessKey },
  });
  await world.patch('AccessKey', 'it', { spec: { suspend: null } });
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.settle();
  assert.deepEqual((await world.get<AccessKey>('AccessKey', 'it'))?.status?.inheritedKeys, [old.accessKeyId]);
  await world.delete('AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'DeletionBlocked', 'OwnershipUnproven');
  await world.settle();
  const writes = world.kubeWrites().length;
  await pass(180_000);
  assert.equal(world.kubeWrites().length, writes, 'waiting costs reads only');
  await world.patch('AccessKey', 'it', { metadata: { annotations: { 's3.cloud37.dev/claim-keys': old.accessKeyId } } });
  await world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(world, IAM), []);
});
