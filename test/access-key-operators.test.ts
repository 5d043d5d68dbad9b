import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { accessKey, user } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { isWorking, keysOf, keyWorldFor } from './support/keys.ts';
import { startRival, type World } from './support/world.ts';

const USERS = 12;
const names = Array.from({ length: USERS }, (_, index) => `u${index}`);

async function isSettled(world: World, name: string): Promise<boolean> {
  const status = (await world.get<AccessKey>('AccessKey', name))?.status;
  const isTrue = (type: string) => status?.conditions?.find((one) => one.type === type)?.status === 'True';
  return (
    isTrue('Ready') && isTrue('Synced') && status?.mint === undefined && (await isWorking(world, `${name}-credentials`))
  );
}

test('two operators without election: one key a user in the end, and the writes stop', async (t) => {
  const { world, pass, mostKeys } = await keyWorldFor(t, 'first');
  const rival = await startRival(world);
  t.after(() => rival.stop());
  for (const name of names) await world.apply(user(name));
  for (const name of names) await world.reaches('User', name, 'Ready', 'True');
  await Promise.all(names.map((name) => world.apply(accessKey(name, name))));
  const allSettled = async () => (await Promise.all(names.map((name) => isSettled(world, name)))).every(Boolean);
  const passBoth = async (ms: number) => {
    await pass(ms);
    await rival.clock.skip(ms);
  };
  for (let round = 0; round < 5 && !(await allSettled()); round += 1) await passBoth(40_000);
  await until('all are settled', allSettled);
  for (const name of names) {
    const keys = keysOf(world, name).map(({ accessKeyId }) => accessKeyId);
    assert.deepEqual(keys, [(await world.get<AccessKey>('AccessKey', name))?.status?.accessKeyId], name);
  }
  assert.ok(mostKeys() <= 2);
  await passBoth(300_000);
  await world.settle();
  const versions = () =>
    Promise.all(names.map(async (name) => (await world.get('AccessKey', name))?.metadata.resourceVersion));
  const before = await versions();
  const serviceWrites = world.serviceWrites().length;
  await passBoth(300_000);
  await world.settle();
  assert.deepEqual(await versions(), before);
  assert.equal(world.serviceWrites().length, serviceWrites);
});
