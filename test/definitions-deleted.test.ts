import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CRDS } from '../src/api/core-types.ts';
import { KINDS } from '../src/api/kinds.ts';
import { startEmulator } from '../src/emulator/server.ts';
import { eventsAbout } from './support/answers.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, user } from './support/builders.ts';
import { startTestCluster, until } from './support/cluster.ts';
import { isWorking, secretOf } from './support/keys.ts';
import { LEGACY_FINALIZERS } from './support/predecessor.ts';
import { leftObjects, predecessorsWork, serviceState } from './support/predecessor-work.ts';
import { openWorld, type World } from './support/world.ts';

/** A world whose definitions nobody else uses. */
async function ownWorld(t: TestContext, hasProvider: boolean): Promise<World | undefined> {
  const cluster = await startTestCluster();
  const emulator = await startEmulator();
  const opening = cluster.isReal ? undefined : openWorld({ cluster, emulator }, { hasProvider });
  t.after(async () => {
    await (await opening?.catch(() => undefined))?.close();
    await emulator.stop();
    await cluster.stop();
  });
  if (opening === undefined) t.skip('others use the definitions of that cluster');
  return opening;
}

/** What `helm uninstall` of a chart does that has the definitions among its templates. */
async function deleteDefinitions(world: World, plurals: readonly string[]): Promise<void> {
  for (const plural of plurals) await deleteDefinition(world, plural);
  await definitionsGone(world, plurals);
}

function deleteDefinition({ cluster }: World, plural: string): Promise<void> {
  return cluster.admin.delete(CRDS, { namespace: '', name: `${plural}.s3.cloud37.dev` });
}

async function definitionsGone({ cluster }: World, plurals: readonly string[]): Promise<void> {
  for (const plural of plurals) {
    const key = { namespace: '', name: `${plural}.s3.cloud37.dev` };
    await until(`the definition of ${plural} is gone`, async () => (await cluster.admin.get(CRDS, key)) === undefined);
  }
}

const plurals = KINDS.map(({ type }) => type.plural);
/** What the garbage collector must not come to first: those with dependents go before them. */
const orders = [
  ['in the order of the kinds', plurals],
  ['in the reverse order', plurals.toReversed()],
] as const;

function toldOf(world: World, kind: string, name: string): void {
  const notes = eventsAbout(world, kind, name).filter(({ reason }) => reason === 'Retained');
  assert.equal(notes.length, 1, `${kind} ${name}: one event`);
  assert.equal(notes[0]?.type, 'Warning');
  const lines = world.operator.log.filter((line) => {
    const entry = JSON.parse(line) as Record<string, unknown>;
    return entry['kind'] === kind && entry['name'] === name && entry['reason'] === 'CrdDeleted';
  });
  assert.equal(lines.length, 1, `${kind} ${name}: one line`);
}

for (const [order, sequence] of orders) {
  test(`definitions deleted ${order}: every object goes, and nothing outside`, async (t) => {
    const world = await ownWorld(t, true);
    if (world === undefined) return;
    const objects = [
      bucket('logs', { deletionPolicy: 'Delete', forceDelete: true, autoManage: { enabled: true } }),
      bucket('plain', { deletionPolicy: 'Delete', forceDelete: true }),
      bucketPolicy('readers', 'plain', {
        statement: [
          {
            effect: 'Allow',
            principal: 'arn:aws:iam::wasabi:root',
            action: 's3:GetObject',
            resource: 'arn:aws:s3:::plain/*',
          },
        ],
      }),
      iamPolicy('reading', {
        statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::plain/*' }],
      }),
      user('team', { policyRef: { name: 'reading' } }),
      accessKey('it', 'team'),
    ];
    for (const object of objects) await world.apply(object);
    const made = [
      ...objects.map(({ kind, metadata }) => [kind, metadata.name] as const),
      ['User', 'logs-user'],
      ['BucketPolicy', 'logs-policy'],
      ['AccessKey', 'logs-accesskey'],
    ] as const;
    for (const [kind, name] of made) await world.reaches(kind, name, 'Ready', 'True');
    await world.settle();
    const [writes, before] = [world.serviceWrites(), serviceState(world)];
    await deleteDefinitions(world, sequence);
    await world.settle();
    assert.deepEqual(world.serviceWrites(), writes);
    assert.deepEqual(serviceState(world), before);
    for (const name of ['it-credentials', 'logs-accesskey-credentials']) {
      assert.ok(await isWorking(world, name), name);
      assert.equal((await secretOf(world, name))?.metadata.ownerReferences, undefined);
    }
    for (const [kind, name] of made) toldOf(world, kind, name);
    toldOf(world, 'Provider', 'wasabi');
  });
}

for (const when of ['before the take-over', 'after it'] as const) {
  test(`the predecessor is uninstalled with its definitions ${when}: nothing outside goes, nor a Secret`, async (t) => {
    const world = await ownWorld(t, false);
    if (world === undefined) return;
    await predecessorsWork(world);
    const theirs = leftObjects.filter(([, name]) => ['logs', 'reports'].includes(name));
    for (const [kind, name] of theirs) {
      await world.patch(kind, name, { metadata: { finalizers: [...LEGACY_FINALIZERS] } });
    }
    if (when === 'after it') {
      await world.restart();
      for (const [kind, name] of leftObjects) await world.reaches(kind, name, 'Ready', 'True');
      await world.settle();
    }
    const [writes, before] = [world.serviceWrites(), serviceState(world)];
    if (when === 'after it') await deleteDefinitions(world, plurals);
    else {
      for (const name of plurals) await deleteDefinition(world, name);
      await world.restart();
      await definitionsGone(world, plurals);
    }
    await world.settle();
    assert.deepEqual(world.serviceWrites(), writes);
    assert.deepEqual(serviceState(world), before);
    assert.ok(await isWorking(world, 'logs-accesskey-credentials'));
    for (const [kind, name] of leftObjects) toldOf(world, kind, name);
  });
}
