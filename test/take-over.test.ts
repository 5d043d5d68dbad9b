import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsAbout } from './support/answers.ts';
import { policyAsIs, userAsIs } from './support/iam-console.ts';
import { isWorking, keysOf } from './support/keys.ts';
import { markerOf, ownMarker, tagsOf } from './support/outside.ts';
import { LEGACY_FINALIZERS } from './support/predecessor.ts';
import { leftObjects, predecessorsWork, THEIR_FINALIZER } from './support/predecessor-work.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();
const [OURS] = LEGACY_FINALIZERS;

async function allReady(world: World): Promise<void> {
  for (const [kind, name] of leftObjects) await world.reaches(kind, name, 'Ready', 'True');
  await world.settle();
}

async function pending(world: World, kind: string, name: string): Promise<readonly string[]> {
  return (await world.get(kind, name))?.status?.pendingChanges ?? [];
}

/** Calls of operators that take something away, whether they were answered with success or not. */
function destructive(world: World): readonly string[] {
  const names = world.operatorCalls().map(({ operation }) => operation);
  return names.filter((name) => /^(Delete|Detach|Remove|Abort)/.test(name));
}

/** What the predecessor had made, as the service has it. */
async function serviceState(world: World): Promise<unknown> {
  const users = await Promise.all(['logs', 'reports', 'auditor'].map((name) => userAsIs(world, name)));
  const policies = await Promise.all(['read-logs', 'read-reports'].map((name) => policyAsIs(world, name)));
  return { bucket: world.snapshot('logs'), users, policies, keys: keysOf(world, 'logs') };
}

test('take-over: a look first, with --observe-only, changes nothing and tells what would change', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  await predecessorsWork(world);
  const before = await Promise.all(leftObjects.map(([kind, name]) => world.get(kind, name)));
  const state = await serviceState(world);
  await world.restart(['--observe-only']);
  await allReady(world);
  for (const [index, [kind, name]] of leftObjects.entries()) {
    const after = await world.get(kind, name);
    const what = `${kind} ${name}`;
    assert.deepEqual(after?.metadata.finalizers, before[index]?.metadata.finalizers, what);
    assert.deepEqual(after?.spec, before[index]?.spec, what);
    assert.equal(after?.status?.target, undefined, what);
    await world.expectValid(kind, name);
  }
  const protect = `protect Secret ${world.namespace}/wasabi-credentials`;
  assert.deepEqual(await pending(world, 'Provider', 'wasabi'), [protect]);
  assert.deepEqual(await pending(world, 'Bucket', 'logs'), ['tagging: keys s3.cloud37.dev/owned-by, team']);
  const narrowed = await pending(world, 'User', 'reports');
  assert.match(narrowed.join(), /^inline policy: \+ Allow s3:GetObject, s3:ListBucket on .*; - Allow .*s3:PutObject/);
  assert.deepEqual(await pending(world, 'AccessKey', 'logs-accesskey'), [
    'record whose the keys are',
    'labels, annotations and owner of the Secret',
  ]);
  for (const [kind, name] of leftObjects) {
    if (['wasabi', 'logs', 'reports', 'logs-accesskey'].includes(name)) continue;
    assert.deepEqual(await pending(world, kind, name), [], `${kind} ${name}`);
  }
  await world.reaches('User', 'auditor', 'LeftByPredecessor', 'True');
  await world.reaches('AccessKey', 'logs-accesskey', 'ForeignKey', 'True');
  for (const [kind, name, reason] of [
    ['Bucket', 'logs', 'AutoManageAbsent'],
    ['User', 'auditor', 'LeftByPredecessor'],
    ['AccessKey', 'logs-accesskey', 'ForeignKey'],
  ] as const) {
    const told = eventsAbout(world, kind, name).filter((event) => event.reason === reason);
    assert.equal(told.length, 1, `${kind} ${name}: ${reason}`);
  }
  assert.deepEqual(world.serviceWrites(), []);
  assert.deepEqual(await serviceState(world), state);
});

for (const look of ['at once', 'after a look']) {
  test(`take-over ${look}: everything becomes Ready without one destructive call, and stays`, async (t) => {
    const world = await startWorld(t, { hasProvider: false });
    const keys = await predecessorsWork(world);
    if (look === 'after a look') {
      await world.restart(['--observe-only']);
      await allReady(world);
    }
    await world.restart();
    await allReady(world);
    for (const [kind, name] of leftObjects) {
      await world.reaches(kind, name, 'Synced', 'InSync');
      const { metadata, status } = (await world.get(kind, name)) ?? {};
      const what = `${kind} ${name}`;
      const kept = ['logs', 'reports'].includes(name) ? [THEIR_FINALIZER] : [];
      assert.deepEqual(metadata?.finalizers?.toSorted(), [...kept, OURS], what);
      assert.deepEqual(metadata?.annotations, { mine: 'stays' }, what);
      const types = (status?.conditions ?? []).map(({ type }) => type);
      assert.deepEqual(
        types.filter((type) => /NotReady|Failed|PolicyInvalid/.test(type)),
        [],
        what,
      );
      await world.expectValid(kind, name);
    }
    assert.deepEqual(destructive(world), []);
    assert.deepEqual(world.serviceWrites().toSorted(), ['PutBucketTagging', 'PutUserPolicy']);
    assert.equal((await tagsOf(world, 'logs'))['team'], 'a');
    assert.equal(await markerOf(world, 'logs'), await ownMarker(world, 'Bucket', 'logs'));
    assert.ok(await isWorking(world, 'logs-accesskey-credentials'));
    assert.deepEqual(
      keysOf(world, 'logs').map(({ accessKeyId }) => accessKeyId),
      [keys.usedId, keys.lostId],
    );

    const [writes, kubeWrites] = [world.serviceWrites().length, world.kubeWrites().length];
    await world.resync();
    await world.resync();
    assert.equal(world.serviceWrites().length, writes);
    assert.equal(world.kubeWrites().length, kubeWrites);
  });
}
