import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { eventsAbout, inject, kubeError } from './support/answers.ts';
import { until } from './support/cluster.ts';
import { isWorking, type KeyWorld, keysOf, pairIn, secretOf, settledKey } from './support/keys.ts';
import { annotate } from './support/outside.ts';

/** Outputs while their key is replaced, frozen, or ends: none of them ever holds one that does not work. */

const IAM = 'team-iam';
const HOUR = 3_600_000;
const OUTPUT = { name: 'it-original', preset: 'original' } as const;
const flags = ['--drift-check-interval-seconds=0'];
const rotate = { enabled: true, intervalDays: 10, previousKeysRetentionDays: 0 };

function settledOutput(t: Parameters<typeof settledKey>[0], outputs: (typeof OUTPUT)[] = [OUTPUT]): Promise<KeyWorld> {
  return settledKey(t, IAM, { rotate, outputs }, { flags });
}

function request({ world }: KeyWorld): Promise<void> {
  return annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/rotate-requested-at': 'now' });
}

async function stepOf({ world }: KeyWorld): Promise<string | undefined> {
  return (await world.get<AccessKey>('AccessKey', 'it'))?.status?.rotation?.step;
}

async function idIn({ world }: KeyWorld, name: string): Promise<string> {
  return (await pairIn(world, name)).accessKeyId;
}

function activeKeys({ world }: KeyWorld): readonly string[] {
  return keysOf(world, IAM).flatMap(({ status, accessKeyId }) => (status === 'Active' ? [accessKeyId] : []));
}

/** Patches of that Secret, and how often the published one was patched before the first of them. */
function secretPatches({ world }: KeyWorld): readonly string[] {
  return world.kubeWrites().filter((write) => write.startsWith('PATCH') && write.includes('/secrets/'));
}

test('outputs get the new key right after the switch, in the same pass', async (t) => {
  const it = await settledOutput(t);
  const first = await idIn(it, 'it-original');
  const before = secretPatches(it).length;
  await request(it);
  await until('the switch', async () => (await idIn(it, 'it-credentials')) !== first);
  await it.world.settle();
  const [published, output] = secretPatches(it)
    .slice(before)
    .map((write) => write.split('/').at(-1));
  assert.deepEqual([published, output], ['it-credentials', 'it-original']);
  assert.deepEqual(await pairIn(it.world, 'it-original'), await pairIn(it.world, 'it-credentials'));
  assert.ok(await isWorking(it.world, 'it-original'));
  const reasons = eventsAbout(it.world, 'AccessKey', 'it').map(({ reason }) => reason);
  assert.ok(!reasons.includes('ReconcileFailed') && !reasons.includes('DriftRepaired'), reasons.join(', '));
  await it.world.expectValid('AccessKey', 'it');
});

test('the previous key stays as long as an output that cannot be written for the moment holds it', async (t) => {
  const it = await settledOutput(t);
  const first = await idIn(it, 'it-original');
  let isDown = true;
  const fault = inject(
    it.world.operator.kube,
    ({ method, url }) => method === 'PATCH' && url.includes('/secrets/it-original'),
    () => (isDown ? kubeError(500, 'InternalError') : 'pass'),
  );
  await request(it);
  await until('the switch', async () => (await idIn(it, 'it-credentials')) !== first);
  await it.leap(HOUR);
  await it.leap(3 * HOUR);
  assert.ok(fault.hits.length > 1);
  assert.equal(await idIn(it, 'it-original'), first);
  assert.ok(activeKeys(it).includes(first), 'its retention is over');
  isDown = false;
  await it.leap(HOUR);
  await until('the previous key has ended', () => Promise.resolve(!activeKeys(it).includes(first)));
  assert.ok(await isWorking(it.world, 'it-original'));
});

test('a lost key is revoked only after the outputs have the one that replaces it', async (t) => {
  const it = await settledOutput(t);
  const first = await idIn(it, 'it-original');
  let isDown = true;
  inject(
    it.world.operator.kube,
    ({ method, url }) => method === 'PATCH' && url.includes('/secrets/it-original'),
    () => (isDown ? kubeError(500, 'InternalError') : 'pass'),
  );
  await it.world.delete('Secret', 'it-credentials');
  await until('another key is there', () => isWorking(it.world, 'it-credentials'));
  await it.leap(HOUR);
  assert.ok(activeKeys(it).includes(first));
  isDown = false;
  await it.leap(HOUR);
  await until('the lost key has ended', () => Promise.resolve(!activeKeys(it).includes(first)));
  assert.ok(await isWorking(it.world, 'it-original'));
});

test('a rotation that cannot go on holds up no output', async (t) => {
  const it = await settledOutput(t);
  inject(
    it.world.operator.wasabi,
    ({ body }) => body.includes('Action=CreateAccessKey'),
    () => 'dropRequest',
  );
  await request(it);
  await until(
    'the rotation is stuck',
    async () => (await it.world.condition('AccessKey', 'it', 'Synced'))?.status === 'False',
  );
  await it.world.patch('AccessKey', 'it', { spec: { outputs: [OUTPUT, { ...OUTPUT, name: 'it-second' }] } });
  await until('the new output', () => isWorking(it.world, 'it-second'));
  assert.equal(await stepOf(it), 'Minting');
});

test('outputs of a frozen key stay as they are, and go on after the thaw', async (t) => {
  const it = await settledOutput(t);
  const { world } = it;
  const before = await secretOf(world, 'it-original');
  await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/freeze': 'true' });
  await world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  await world.patch('AccessKey', 'it', { spec: { outputs: [{ ...OUTPUT, name: 'it-second' }] } });
  await it.leap(HOUR);
  assert.equal((await secretOf(world, 'it-original'))?.metadata.resourceVersion, before?.metadata.resourceVersion);
  assert.equal(await secretOf(world, 'it-second'), undefined);
  await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/freeze': null });
  await until('the outputs are as asked for', async () => (await secretOf(world, 'it-original')) === undefined);
  assert.ok(await isWorking(world, 'it-second'));
});

for (const name of ['it-credentials', 'it-credentials-next', 'it-credentials-previous']) {
  test(`an output cannot be the Secret ${name}`, async (t) => {
    const it = await settledOutput(t, []);
    await it.world.patch('AccessKey', 'it', { spec: { outputs: [{ ...OUTPUT, name }] } });
    await it.world.reaches('AccessKey', 'it', 'Synced', 'InvalidSpec');
    await request(it);
    await until('the switch', async () => (await stepOf(it)) !== undefined);
    await until('the end', async () => (await stepOf(it)) !== 'Minting');
    assert.ok(await isWorking(it.world, 'it-credentials'));
  });
}
