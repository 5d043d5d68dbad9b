import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import type { AccessKey } from '../src/api/access-key.ts';
import type { User } from '../src/api/user.ts';
import { eventsAbout, inject } from './support/answers.ts';
import { accessKey } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { iamConsole, iamWrites } from './support/iam-console.ts';
import { addKey, isWorking, keyCalls, keysOf, keyWorldFor, pairIn, settledKey, USER } from './support/keys.ts';
import { annotate } from './support/outside.ts';
import { consoleOf, type World } from './support/world.ts';

const IAM = 'team-iam';
const FREEZE = 's3.cloud37.dev/freeze';

function freeze(world: World, kind: string, name: string): Promise<void> {
  return annotate(world, kind, name, { [FREEZE]: 'true' });
}

function thaw(world: World, kind: string, name: string): Promise<void> {
  return annotate(world, kind, name, { [FREEZE]: null });
}

/** What S3 answers to the key in that Secret: `ok`, or the code of the refusal. */
async function answerTo(world: World, secretName = 'it-credentials'): Promise<string> {
  const client = consoleOf(world.emulator, await pairIn(world, secretName));
  try {
    await client.send(new ListBucketsCommand({}));
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  } finally {
    client.destroy();
  }
}

/** Somebody makes a key active or inactive past the operator. */
async function setOutside(world: World, AccessKeyId: string, Status: 'Active' | 'Inactive'): Promise<void> {
  await iamConsole(world.emulator).send(new UpdateAccessKeyCommand({ UserName: IAM, AccessKeyId, Status }));
}

function statesOf(world: World): readonly string[] {
  return keysOf(world, IAM).map(({ status }) => status);
}

async function statusOf(world: World): Promise<AccessKey['status']> {
  return (await world.get<AccessKey>('AccessKey', 'it'))?.status;
}

async function userStatus(world: World): Promise<User['status']> {
  return (await world.get<User>('User', USER))?.status;
}

function countOf(world: World, kind: string, name: string, reason: string): number {
  return eventsAbout(world, kind, name).filter((event) => event.reason === reason).length;
}

function updates(world: World): number {
  return iamWrites(world).filter((operation) => operation === 'UpdateAccessKey').length;
}

async function gauge(world: World, kind: string): Promise<string | undefined> {
  const text = await world.operator.running.metrics.text();
  return new RegExp(`^wasabi_s3_operator_frozen_objects\\{kind="${kind}"\\} (.*)$`, 'm').exec(text)?.[1];
}

test('freeze: the delivered key of an AccessKey is refused within a pass, and works again after the thaw', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  assert.equal(await answerTo(world), 'ok');
  const before = await pairIn(world, 'it-credentials');
  await freeze(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  assert.equal(await answerTo(world), 'InvalidAccessKeyId');
  const ready = await world.condition('AccessKey', 'it', 'Ready');
  assert.equal(ready?.status, 'False');
  assert.match(ready.message ?? '', /annotation s3\.cloud37\.dev\/freeze on this object.*take the annotation away/);
  const frozen = await statusOf(world);
  assert.deepEqual(frozen?.frozenKeys, [before.accessKeyId]);
  assert.equal(frozen.frozen, true);
  assert.equal(frozen.keysOf, (await world.get('AccessKey', 'it'))?.metadata.uid);
  assert.equal(await gauge(world, 'AccessKey'), '1');
  assert.equal(await gauge(world, 'User'), '0');
  await pass(300_000);
  assert.equal(updates(world), 1, 'nothing more is done while it is frozen');
  await world.expectValid('AccessKey', 'it');

  await thaw(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.settle();
  assert.equal(await answerTo(world), 'ok');
  assert.deepEqual(await pairIn(world, 'it-credentials'), before);
  const thawed = await statusOf(world);
  assert.equal(thawed?.frozenKeys, undefined);
  assert.equal(thawed?.frozen, undefined);
  assert.equal(await gauge(world, 'AccessKey'), '0');
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  assert.equal(countOf(world, 'AccessKey', 'it', 'KeysFrozen'), 1);
  assert.equal(countOf(world, 'AccessKey', 'it', 'KeysThawed'), 1);
  assert.equal(countOf(world, 'AccessKey', 'it', 'ReconcileFailed'), 0);
});

for (const [kind, name] of [
  ['AccessKey', 'it'],
  ['User', USER],
] as const) {
  test(`freeze: status of the ${kind} names the keys before the service is called`, async (t) => {
    const { world } = await settledKey(t, IAM);
    const { wasabi } = world.operator;
    const isUpdate = ({ body }: { readonly body: string }) => body.includes('Action=UpdateAccessKey');
    wasabi.decide((call) => (isUpdate(call) ? 'dropRequest' : 'pass'));
    await freeze(world, kind, name);
    await until('the call', () => Promise.resolve(wasabi.calls.some(isUpdate)));
    assert.equal((await world.get<AccessKey>(kind, name))?.status?.frozenKeys?.length, 1);
    assert.deepEqual(statesOf(world), ['Active']);
    wasabi.decide(() => 'pass');
    await world.reaches(kind, name, 'Ready', 'Frozen');
    assert.deepEqual(statesOf(world), ['Inactive']);
  });
}

test('freeze: a restart in between forgets nothing', async (t) => {
  const { world } = await settledKey(t, IAM);
  await freeze(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  await world.restart();
  await world.settle();
  assert.deepEqual(statesOf(world), ['Inactive']);
  await world.kill();
  await thaw(world, 'AccessKey', 'it');
  await world.restart();
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  assert.equal(await answerTo(world), 'ok');
});

test('freeze: a frozen key that somebody activates is made inactive again', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  await freeze(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  await world.settle();
  const [key] = keysOf(world, IAM);
  await setOutside(world, key?.accessKeyId ?? '', 'Active');
  await pass(61_000);
  assert.deepEqual(statesOf(world), ['Inactive']);
  assert.equal(countOf(world, 'AccessKey', 'it', 'KeysFrozen'), 1);
  await thaw(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
});

test('freeze: a key that somebody had made inactive stays so after the thaw', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  await setOutside(world, (await pairIn(world, 'it-credentials')).accessKeyId, 'Inactive');
  await pass(300_000);
  await world.reaches('AccessKey', 'it', 'Ready', 'KeyInactive');
  await freeze(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  assert.equal((await statusOf(world))?.frozenKeys, undefined);
  await thaw(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'KeyInactive');
  await world.settle();
  assert.deepEqual(statesOf(world), ['Inactive']);
  assert.equal(updates(world), 0);
});

test('freeze: nothing is minted or repaired meanwhile, and it is after the thaw', async (t) => {
  const { world, pass } = await keyWorldFor(t, IAM);
  const manifest = accessKey('it', USER);
  await world.apply({ ...manifest, metadata: { ...manifest.metadata, annotations: { [FREEZE]: 'true' } } });
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  await pass(300_000);
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
  await thaw(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await freeze(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  await world.delete('Secret', 'it-credentials');
  await pass(300_000);
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  await thaw(world, 'AccessKey', 'it');
  await until('the Secret is back', () => isWorking(world, 'it-credentials'));
});

test('freeze: a Secret that cannot be read holds it up for nobody', async (t) => {
  const { world } = await settledKey(t, IAM);
  const fault = inject(
    world.operator.kube,
    ({ method, url }) => method === 'GET' && url.includes('/secrets/it-credentials'),
    () => ({ status: 403 }),
  );
  await freeze(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  assert.ok(fault.hits.length > 0);
  fault.end();
  assert.deepEqual(statesOf(world), ['Inactive']);
});

test('freeze: deletion revokes a frozen key, one that was to be retained when that is taken back first', async (t) => {
  const { world } = await settledKey(t, IAM, { deletionPolicy: 'Retain' });
  await freeze(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  await world.patch('AccessKey', 'it', { spec: { deletionPolicy: 'Delete' } });
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  assert.deepEqual(statesOf(world), []);
  await until('it is counted no longer', async () => (await gauge(world, 'AccessKey')) === '0');
});

test('freeze: a User stops all its keys, also those of nobody, and thaws them', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  addKey(world, IAM, 86_400_000);
  await freeze(world, 'User', USER);
  await world.reaches('User', USER, 'Ready', 'Frozen');
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  assert.deepEqual(statesOf(world), ['Inactive', 'Inactive']);
  assert.equal(await answerTo(world), 'InvalidAccessKeyId');
  assert.match((await world.condition('AccessKey', 'it', 'Ready'))?.message ?? '', /freeze on User \S+\/team/);
  assert.equal((await userStatus(world))?.frozenKeys?.length, 2);
  assert.equal((await statusOf(world))?.frozenKeys, undefined, 'they are in one list');
  assert.equal(await gauge(world, 'User'), '1');
  assert.equal(await gauge(world, 'AccessKey'), '1');
  await world.apply(accessKey('other', USER));
  await world.reaches('AccessKey', 'other', 'Ready', 'Frozen');
  await setOutside(world, keysOf(world, IAM)[0]?.accessKeyId ?? '', 'Active');
  await pass(61_000);
  assert.deepEqual(statesOf(world), ['Inactive', 'Inactive']);
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  await world.delete('AccessKey', 'other');
  await world.gone('AccessKey', 'other');
  await world.restart();
  await world.settle();

  await thaw(world, 'User', USER);
  await world.reaches('User', USER, 'Ready', 'True');
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(statesOf(world), ['Active', 'Active']);
  assert.equal(await answerTo(world), 'ok');
  const status = await userStatus(world);
  assert.deepEqual([status?.frozenKeys, status?.keysOf, status?.frozen], [undefined, undefined, undefined]);
  assert.equal(countOf(world, 'User', USER, 'KeysThawed'), 1);
  assert.equal(countOf(world, 'AccessKey', 'it', 'KeyInactive'), 0);
  await world.expectValid('User', USER);
});

test('freeze: a User thaws none that somebody else had made inactive', async (t) => {
  const { world } = await settledKey(t, IAM);
  const foreign = addKey(world, IAM, 86_400_000);
  await setOutside(world, foreign.accessKeyId, 'Inactive');
  await freeze(world, 'User', USER);
  await world.reaches('User', USER, 'Ready', 'Frozen');
  await world.settle();
  assert.equal(countOf(world, 'User', USER, 'KeysFrozen'), 1);
  await thaw(world, 'User', USER);
  await world.reaches('User', USER, 'Ready', 'True');
  await world.settle();
  assert.deepEqual(statesOf(world), ['Active', 'Inactive']);
});

for (const [first, second] of [
  ['User', 'AccessKey'],
  ['AccessKey', 'User'],
] as const) {
  test(`freeze: ${first} and then ${second}: the key works when both are thawed, in either order`, async (t) => {
    const { world } = await settledKey(t, IAM);
    const nameOf = (kind: string) => (kind === 'User' ? USER : 'it');
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      for (const kind of [first, second]) {
        await freeze(world, kind, nameOf(kind));
        await world.reaches(kind, nameOf(kind), 'Ready', 'Frozen');
        await world.settle();
      }
      const [one = '', other = ''] = order;
      const before = updates(world);
      await thaw(world, one, nameOf(one));
      await world.settle();
      assert.equal(updates(world), before, 'the key is active at no instant');
      assert.deepEqual(statesOf(world), ['Inactive'], `${one} alone is thawed`);
      await thaw(world, other, nameOf(other));
      await world.reaches('AccessKey', 'it', 'Ready', 'True');
      await world.reaches('User', USER, 'Ready', 'True');
      await world.settle();
      assert.equal(await answerTo(world), 'ok');
      assert.equal((await userStatus(world))?.frozenKeys, undefined);
      assert.equal((await statusOf(world))?.frozenKeys, undefined);
    }
  });
}

test('freeze: a User that does not own the IAM user stops nothing', async (t) => {
  const { world } = await settledKey(t, IAM);
  const { spec } = (await world.get<User>('User', USER)) ?? {};
  const metadata = { name: 'rival', namespace: world.namespace, annotations: { [FREEZE]: 'true' } };
  await world.apply({ apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'User', metadata, spec: spec ?? {} });
  await world.reaches('User', 'rival', 'Ready', 'ClaimedByOther');
  await world.settle();
  assert.deepEqual(statesOf(world), ['Active']);
  assert.equal(updates(world), 0);
});

test('freeze: mode Observe says what it would do, and suspend that it does nothing', async (t) => {
  const { world } = await settledKey(t, IAM);
  for (const [kind, name] of [
    ['AccessKey', 'it'],
    ['User', USER],
  ] as const) {
    await world.patch(kind, name, { spec: { mode: 'Observe' } });
    await freeze(world, kind, name);
    await until(`${kind} plans it`, async () => {
      const pending = (await world.get(kind, name))?.status?.pendingChanges ?? [];
      return pending.includes('freeze: make a key inactive');
    });
    const planned = (await world.get<AccessKey>(kind, name))?.status;
    assert.deepEqual([planned?.frozen, planned?.frozenKeys], [undefined, undefined]);
    await world.patch(kind, name, { spec: { mode: null, suspend: true } });
    await world.reaches(kind, name, 'Synced', 'Suspended');
    assert.match((await world.condition(kind, name, 'Synced'))?.message ?? '', /freeze has no effect/);
    await world.settle();
    assert.deepEqual(statesOf(world), ['Active']);
    await thaw(world, kind, name);
    await world.patch(kind, name, { spec: { suspend: null } });
    await world.reaches(kind, name, 'Ready', 'True');
    await world.settle();
  }
  assert.equal(updates(world), 0);
});

test('freeze: a User that may not act yet has its AccessKeys make none, and says nothing of their keys', async (t) => {
  const { world } = await settledKey(t, IAM);
  await world.patch('User', USER, { spec: { suspend: true } });
  await world.reaches('User', USER, 'Synced', 'Suspended');
  await world.settle();
  await freeze(world, 'User', USER);
  await world.reaches('AccessKey', 'it', 'Synced', 'Frozen');
  assert.equal((await world.condition('AccessKey', 'it', 'Ready'))?.status, 'True', 'the key works');
  assert.equal((await statusOf(world))?.frozen, undefined);
  await thaw(world, 'User', USER);
  await world.reaches('AccessKey', 'it', 'Synced', 'True');
  assert.equal(updates(world), 0);
});

test('freeze: a key whose creation was under way when its User was frozen is stopped, too', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  const effect = { type: 'latency', ms: 1_000 } as const;
  const slow = world.emulator.faults.add({ operation: 'CreateAccessKey', count: 1, effect });
  await world.apply(accessKey('it', USER));
  await world.emulator.faults.whenHit(slow);
  await freeze(world, 'User', USER);
  await world.reaches('User', USER, 'Ready', 'Frozen');
  await until('the key is there, and inactive', () => Promise.resolve(statesOf(world).join() === 'Inactive'));
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  await thaw(world, 'User', USER);
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
});

test('freeze: another value than "true" freezes nothing, and is told once', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  for (const [kind, name] of [
    ['AccessKey', 'it'],
    ['User', USER],
  ] as const) {
    await annotate(world, kind, name, { [FREEZE]: 'True' });
    await world.reaches(kind, name, 'FreezeIgnored', 'True');
    assert.match(
      (await world.condition(kind, name, 'FreezeIgnored'))?.message ?? '',
      /is "True", which freezes nothing/,
    );
    assert.equal((await world.condition(kind, name, 'Ready'))?.status, 'True');
    await pass(300_000);
    assert.equal(countOf(world, kind, name, 'FreezeIgnored'), 1);
    await thaw(world, kind, name);
    await until('it is told no longer', async () => (await world.condition(kind, name, 'FreezeIgnored')) === undefined);
  }
  assert.equal(updates(world), 0);
});

test('freeze: where the service cannot make a key inactive, the object says so', async (t) => {
  const { world } = await settledKey(t, IAM);
  const effect = { type: 'error', status: 400, code: 'InvalidAction' } as const;
  world.emulator.faults.add({ operation: 'UpdateAccessKey', effect });
  await freeze(world, 'AccessKey', 'it');
  await world.reaches('AccessKey', 'it', 'Synced', 'Unsupported');
  assert.equal(await answerTo(world), 'ok');
  assert.equal((await statusOf(world))?.frozen, undefined);
});

test('freeze: the lists of a copy prove nothing', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  await setOutside(world, accessKeyId, 'Inactive');
  await world.patchStatus('AccessKey', 'it', { frozenKeys: [accessKeyId], keysOf: 'another-uid' });
  await world.patchStatus('User', USER, { frozenKeys: [accessKeyId], keysOf: 'another-uid' });
  await pass(300_000);
  assert.equal(world.emulator.state.keys.get(accessKeyId)?.status, 'Inactive');
  assert.equal(updates(world), 0);
});
