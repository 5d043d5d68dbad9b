import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arnOf, userAsIs } from './support/iam-console.ts';
import { keysOf, revokeOutside, secretOf } from './support/keys.ts';
import { setAge } from './support/outside.ts';
import { LEGACY_FINALIZERS } from './support/predecessor.ts';
import { type LeftKeys, leftObjects, predecessorsWork } from './support/predecessor-work.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();
const DAY_MS = 86_400_000;

/** Objects that stand for something outside; what owns comes before what it owns. */
const external = leftObjects.filter(([kind]) => kind !== 'Provider');

/** Everything taken over, and nobody else's finalizer on it. @param ageMs of what the predecessor made in the service */
async function takenOver(world: World, ageMs: number): Promise<LeftKeys> {
  const keys = await predecessorsWork(world);
  for (const [kind, name] of leftObjects) {
    await world.patch(kind, name, { metadata: { finalizers: [...LEGACY_FINALIZERS] } });
  }
  if (ageMs > 0) setAges(world, ageMs);
  // A look before must not lose what proves anything.
  await world.restart(['--observe-only']);
  for (const [kind, name] of leftObjects) await world.reaches(kind, name, 'Ready', 'True');
  await world.settle();
  await world.restart();
  for (const [kind, name] of leftObjects) await world.reaches(kind, name, 'Synced', 'InSync');
  await world.settle();
  return keys;
}

/** Moves the making of all that the predecessor made to so many milliseconds before now. */
function setAges(world: World, ageMs: number): void {
  const { state, account } = world.emulator;
  const createdMs = Date.now() - ageMs;
  setAge(world, 'logs', ageMs);
  const { policies = new Map(), users = new Map() } = state.accounts.get(account.accountId) ?? {};
  for (const name of ['read-logs', 'read-reports']) {
    const arn = arnOf(world, name);
    policies.set(arn, { ...policies.get(arn), createdMs });
  }
  for (const [name, user] of users) users.set(name, { ...user, createdMs });
  for (const key of keysOf(world, 'logs')) state.keys.set(key.accessKeyId, { ...key, createdMs });
}

test('deleted after the take-over: all that the predecessor made goes, a key that nothing records excepted', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  const { lostId } = await takenOver(world, 0);
  for (const [kind, name] of external) await world.delete(kind, name);
  await world.reaches('User', 'logs-user', 'DeletionBlocked', 'ForeignKey');
  assert.deepEqual(
    keysOf(world, 'logs').map(({ accessKeyId }) => accessKeyId),
    [lostId],
  );
  revokeOutside(world, lostId);
  await world.operator.clock.skip(61_000);
  for (const [kind, name] of external) await world.gone(kind, name);
  assert.equal(world.snapshot('logs'), undefined);
  for (const name of ['logs', 'reports', 'auditor']) assert.equal(await userAsIs(world, name), undefined, name);
  const account = world.emulator.state.accounts.get(world.emulator.account.accountId);
  assert.equal([...(account?.policies.keys() ?? [])].filter((arn) => arn.includes('/read-')).length, 0);
  assert.equal(await secretOf(world, 'logs-accesskey-credentials'), undefined);
});

test('deleted after the take-over under Retain: nothing outside goes', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  await takenOver(world, 0);
  for (const [kind, name] of external) await world.patch(kind, name, { spec: { deletionPolicy: 'Retain' } });
  await world.settle();
  const before = await userAsIs(world, 'logs');
  const keys = keysOf(world, 'logs').length;
  for (const [kind, name] of external.toReversed()) await world.delete(kind, name);
  for (const [kind, name] of external) await world.gone(kind, name);
  await world.settle();
  assert.deepEqual(await userAsIs(world, 'logs'), before);
  assert.equal(keysOf(world, 'logs').length, keys);
  assert.ok(world.snapshot('logs'));
  assert.ok(await secretOf(world, 'logs-accesskey-credentials'), 'the text of the key exists nowhere else');
  const gone = world.operatorCalls().filter(({ operation }) => /^(Delete|Detach|Remove)/.test(operation));
  assert.deepEqual(
    gone.map(({ operation }) => operation),
    [],
  );
});

test('what is older than its object is not destroyed: nothing but a UserId proves it', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  const { lostId } = await takenOver(world, DAY_MS);
  revokeOutside(world, lostId);
  await world.delete('AccessKey', 'logs-accesskey');
  await world.reaches('AccessKey', 'logs-accesskey', 'DeletionBlocked', 'OwnershipUnproven');
  await world.delete('IAMPolicy', 'read-reports');
  await world.reaches('IAMPolicy', 'read-reports', 'DeletionBlocked', 'OwnershipUnproven');
  await world.delete('Bucket', 'logs');
  await world.delete('BucketPolicy', 'logs-policy');
  await world.gone('BucketPolicy', 'logs-policy');
  await world.reaches('Bucket', 'logs', 'DeletionBlocked', 'OwnershipUnproven');
  assert.ok(world.snapshot('logs'));
  assert.equal(keysOf(world, 'logs').length, 1);
  // The predecessor recorded who the user is.
  await world.delete('User', 'reports');
  await world.gone('User', 'reports');
  assert.equal(await userAsIs(world, 'reports'), undefined);
});
