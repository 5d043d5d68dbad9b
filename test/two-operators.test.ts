import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { isTrue } from '../src/managed/conditions.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, type Manifest, user } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { userAsIs } from './support/iam-console.ts';
import { isWorking, keysOf, keyWorldFor } from './support/keys.ts';
import { inParallel, takesAll } from './support/seeded.ts';
import { startRival, type World } from './support/world.ts';

/** Stacks of five objects each. */
const STACKS = takesAll ? 40 : 8;
const names = Array.from({ length: STACKS }, (_, index) => `stack-${index}`);
/** As many requests at once as `kubectl apply` of many files would send. */
const WIDTH = 16;

function stackOf(name: string): readonly Manifest[] {
  const statement = { effect: 'Allow', action: 's3:GetObject', resource: `arn:aws:s3:::${name}/*` };
  return [
    accessKey(name, name),
    bucketPolicy(name, name, { statement: [{ ...statement, sid: 'Read', principalRefs: [{ name }] }] }),
    user(name, { policy: { statement: [statement] }, policyRef: { name } }),
    iamPolicy(name, { statement: [{ ...statement, action: 's3:PutObject' }] }, { name }),
    bucket(name, { deletionPolicy: 'Delete', versioning: { enabled: true } }),
  ];
}
const objects = names.flatMap(stackOf);

async function isSettled(world: World, { kind, metadata: { name } }: Manifest): Promise<boolean> {
  const status = (await world.get<AccessKey>(kind, name))?.status;
  if (!['Ready', 'Synced'].every((type) => isTrue(status?.conditions, type))) return false;
  return kind !== 'AccessKey' || (status?.mint === undefined && (await isWorking(world, `${name}-credentials`)));
}

test(`L33: two operators without election on ${objects.length} objects: one of everything in the end, and the writes stop`, async (t) => {
  const { world, pass, mostKeys } = await keyWorldFor(t, 'first');
  const rival = await startRival(world);
  t.after(() => rival.stop());
  const passBoth = async (ms: number) => {
    await pass(ms);
    await rival.elapse(ms);
    await world.settle();
  };
  const left = async () => {
    const found = await Promise.all(objects.map(async (each) => ((await isSettled(world, each)) ? [] : [each])));
    return found.flat().map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  };
  await inParallel(
    WIDTH,
    objects.map((each) => async () => {
      await world.apply(each);
    }),
  );
  for (let round = 0; round < 5 && (await left()).length > 0; round += 1) await passBoth(40_000);
  await until('all are settled', async () => (await left()).length === 0);

  for (const name of names) {
    const keys = keysOf(world, name).map(({ accessKeyId }) => accessKeyId);
    assert.deepEqual(keys, [(await world.get<AccessKey>('AccessKey', name))?.status?.accessKeyId], name);
    const found = await userAsIs(world, name);
    assert.deepEqual([Object.keys(found?.inline ?? {}).length, found?.policies.length], [1, 1], name);
  }
  assert.ok(mostKeys() <= 2, 'never a third key');
  const all = world.operatorCalls();
  const calls = all.filter(({ status }) => status < 300);
  const count = (operation: string, among = calls) => among.filter((call) => call.operation === operation).length;
  assert.equal(count('CreateAccessKey') - count('DeleteAccessKey'), STACKS, 'what was minted twice is gone');
  for (const [operation, others] of [
    ['CreateUser', 1], // the world's own
    ['CreatePolicy', 0],
    ['CreateBucket', 0],
  ] as const) {
    assert.equal(count(operation) - others, STACKS, operation);
    // Of two that announce a create at once one goes on; now and then the other one has not seen that yet.
    assert.ok(count(operation, all) < 2 * STACKS, `${operation} was tried ${count(operation, all)} times`);
  }
  assert.deepEqual(
    calls.filter(({ operation }) => /^(DeleteUser|DeletePolicy|DeleteBucket|DetachUserPolicy)/.test(operation)),
    [],
    'neither undid what the other one had done',
  );

  await passBoth(300_000);
  const versions = () =>
    Promise.all(objects.map(async ({ kind, metadata }) => (await world.get(kind, metadata.name))?.metadata));
  const [before, writes] = [await versions(), world.serviceWrites().length];
  await passBoth(300_000);
  assert.deepEqual(await versions(), before);
  assert.equal(world.serviceWrites().length, writes);
});
