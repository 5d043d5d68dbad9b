import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { CONFIG_MAPS, SECRETS } from '../src/api/core-types.ts';
import { eventsAbout } from './support/answers.ts';
import { accessKey } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { neighbourWorldFor, noNeighbour } from './support/key-neighbour.ts';
import { isWorking, keyCalls, keysOf, pairIn, replaced, secretOf, settledKey, USER } from './support/keys.ts';
import type { World } from './support/world.ts';

/** Outputs through the operator: they follow the key, and never hold it up. */

const IAM = 'team-iam';
const OUTPUTS = [
  { name: 'it-original', preset: 'original' },
  { name: 'it-obc', preset: 'obc', parameters: { bucket: 'team-data' } },
] as const;

function setOutputs(world: World, outputs: readonly object[]): Promise<unknown> {
  return world.patch('AccessKey', 'it', { spec: { outputs } });
}

async function recorded(world: World): Promise<readonly string[]> {
  const { outputs = [] } = (await world.get<AccessKey>('AccessKey', 'it'))?.status ?? {};
  return outputs.map(({ kind, name }) => `${kind} ${name}`);
}

async function withOutputs(t: Parameters<typeof settledKey>[0]): Promise<World> {
  const { world } = await settledKey(t, IAM);
  await setOutputs(world, OUTPUTS);
  await until('the output holds the key', () => isWorking(world, 'it-original'));
  await world.settle();
  return world;
}

test('AccessKey: outputs hold the key, are listed in status, and cost reads only once they stand', async (t) => {
  const world = await withOutputs(t);
  assert.deepEqual(await pairIn(world, 'it-original'), await pairIn(world, 'it-credentials'));
  const configMap = await world.cluster.admin.get<{ data?: Record<string, string> } & AccessKey>(
    CONFIG_MAPS,
    world.key('it-obc'),
  );
  assert.equal(configMap?.data?.['BUCKET_NAME'], 'team-data');
  assert.equal(configMap.data['BUCKET_REGION'], 'eu-central-2');
  assert.deepEqual(await recorded(world), ['Secret it-original', 'Secret it-obc', 'ConfigMap it-obc']);
  const writes = world.kubeWrites().length;
  await world.resync();
  assert.deepEqual(world.kubeWrites().slice(writes), []);
  await world.expectValid('AccessKey', 'it');
});

test('AccessKey: another key reaches the outputs in the pass that delivers it, and nothing is called a failure', async (t) => {
  const world = await withOutputs(t);
  const before = await pairIn(world, 'it-credentials');
  await world.delete('Secret', 'it-credentials');
  await replaced(world, 'it', before.accessKeyId);
  assert.deepEqual(await pairIn(world, 'it-original'), await pairIn(world, 'it-credentials'));
  const reasons = eventsAbout(world, 'AccessKey', 'it').map(({ reason }) => reason);
  assert.ok(!reasons.includes('ReconcileFailed'), reasons.join(', '));
  await world.expectValid('AccessKey', 'it');
});

test('AccessKey: an output that cannot be is told, and the key is replaced all the same', async (t) => {
  const world = await withOutputs(t);
  const before = await pairIn(world, 'it-original');
  await setOutputs(world, [{ name: 'it-original', template: { a: '{{nothing}}' } }, OUTPUTS[1]]);
  await until('the mistake is told', async () => {
    const synced = await world.condition('AccessKey', 'it', 'Synced');
    return synced?.reason === 'InvalidSpec' && synced.message?.includes('there is no value "nothing"') === true;
  });
  assert.deepEqual(await pairIn(world, 'it-original'), before);
  await world.delete('Secret', 'it-credentials');
  await replaced(world, 'it', before.accessKeyId);
  assert.deepEqual(await pairIn(world, 'it-original'), before);
  await setOutputs(world, OUTPUTS);
  await until('the output is right', () => isWorking(world, 'it-original'));
  await world.settle();
  await world.expectValid('AccessKey', 'it');
});

test('AccessKey: an output that somebody deletes or edits comes back at once', async (t) => {
  const world = await withOutputs(t);
  const { creates } = keyCalls(world);
  await world.delete('Secret', 'it-original');
  await until('it is back', () => isWorking(world, 'it-original'));
  await world.cluster.admin.patch(SECRETS, world.key('it-original'), {
    type: 'merge',
    body: { data: { 'access-key-id': 'eA==' } },
  });
  await until('it is right again', () => isWorking(world, 'it-original'));
  await world.settle();
  assert.equal(keyCalls(world).creates, creates);
});

test('AccessKey: outputs that leave the spec are removed', async (t) => {
  const world = await withOutputs(t);
  await setOutputs(world, [OUTPUTS[0]]);
  await until('one is gone', async () => (await secretOf(world, 'it-obc')) === undefined);
  await world.settle();
  assert.equal(await world.cluster.admin.get(CONFIG_MAPS, world.key('it-obc')), undefined);
  assert.deepEqual(await recorded(world), ['Secret it-original']);
  await setOutputs(world, []);
  await until('the other is gone', async () => (await secretOf(world, 'it-original')) === undefined);
  await world.settle();
  const { status } = (await world.get<AccessKey>('AccessKey', 'it')) ?? {};
  assert.equal(status?.outputs, undefined);
});

test('AccessKey: outputs go with their object, after the key was revoked', async (t) => {
  const world = await withOutputs(t);
  await world.delete('AccessKey', 'it');
  await until('it is gone', async () => (await world.get('AccessKey', 'it')) === undefined);
  assert.deepEqual(keysOf(world, IAM), []);
  assert.equal(await secretOf(world, 'it-original'), undefined);
  assert.equal(await world.cluster.admin.get(CONFIG_MAPS, world.key('it-obc')), undefined);
});

test('AccessKey: under Retain outputs stay, with a key that works', async (t) => {
  const world = await withOutputs(t);
  await world.patch('AccessKey', 'it', { spec: { deletionPolicy: 'Retain' } });
  await world.settle();
  await world.delete('AccessKey', 'it');
  await until('it is gone', async () => (await world.get('AccessKey', 'it')) === undefined);
  assert.ok(await isWorking(world, 'it-original'));
  for (const name of ['it-original', 'it-obc']) {
    const secret = await world.cluster.admin.get(SECRETS, world.key(name));
    assert.equal(secret?.metadata.ownerReferences, undefined);
  }
});

const skip = noNeighbour ?? false;

/** An output in that namespace. */
function outputIn(apps: string) {
  return [{ name: 'it-there', namespace: apps, preset: 'original' as const }];
}

test('AccessKey: an output in another namespace comes with the grant, and goes with the object', {
  skip,
}, async (t) => {
  const { it, apps, permit } = await neighbourWorldFor(t, IAM);
  const { world } = it;
  await world.apply(accessKey('it', USER, { outputs: outputIn(apps) }));
  await world.reaches('AccessKey', 'it', 'Synced', 'RefNotPermitted');
  await until('the key is there all the same', () => isWorking(world, 'it-credentials'));
  assert.equal(await secretOf(world, 'it-there', apps), undefined);
  await permit('Secret');
  await world.elapse(60_000);
  await world.reaches('AccessKey', 'it', 'Synced', 'True');
  assert.deepEqual(await pairIn(world, 'it-there', apps), await pairIn(world, 'it-credentials'));
  await world.delete('AccessKey', 'it');
  await until('it is gone', async () => (await world.get('AccessKey', 'it')) === undefined);
  assert.equal(await secretOf(world, 'it-there', apps), undefined);
});

test('AccessKey: an output elsewhere whose grant is gone is told when its object goes', { skip }, async (t) => {
  const { it, apps, permit, forbid } = await neighbourWorldFor(t, IAM);
  const { world } = it;
  await permit('Secret');
  await world.apply(accessKey('it', USER, { outputs: outputIn(apps) }));
  await until('the output is there', () => secretOf(world, 'it-there', apps).then((found) => found !== undefined));
  await world.reaches('AccessKey', 'it', 'Synced', 'True');
  await forbid('Secret');
  await world.settle();
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  const said = () => eventsAbout(world, 'AccessKey', 'it').find(({ reason }) => reason === 'AccessKeyDeleted')?.note;
  await until('the deletion is told', () => Promise.resolve(said() !== undefined));
  assert.match(said() ?? '', new RegExp(`revoked.*; left behind.*: Secret ${apps}/it-there`));
  assert.notEqual(await secretOf(world, 'it-there', apps), undefined);
});

test('AccessKey: the name of a Secret that its rotation uses is refused, and so is a change to it', async (t) => {
  const { world } = await settledKey(t, IAM);
  for (const which of ['next', 'previous']) {
    const secret = { name: `it-credentials-${which}` };
    await assert.rejects(world.patch('AccessKey', 'it', { spec: { secret } }), /a rotation of this object uses/);
  }
  assert.ok(await isWorking(world, 'it-credentials'));
});
