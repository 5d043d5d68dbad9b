import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type KindCase, kindCases } from './support/kind-cases.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, type World } from './support/world.ts';

const { startWorld } = shareCluster();

/** Starts a world and brings the object of a case to Ready. */
async function settled(t: TestContext, { kind, manifest, before = [], emulator = {} }: KindCase): Promise<World> {
  const world = await startWorld(t, { emulator });
  for (const other of before) {
    await world.apply(other);
    await world.reaches(other.kind, other.metadata.name, 'Ready', 'True');
  }
  if (kind === 'Provider') await applyProvider(world, manifest.spec);
  else await world.apply(manifest);
  await world.reaches(kind, manifest.metadata.name, 'Ready', 'True');
  await world.settle();
  return world;
}

function snapshotOf({ snapshot, manifest }: KindCase): (world: World) => unknown {
  return snapshot ?? ((world) => world.snapshot(manifest.metadata.name));
}

for (const kindCase of kindCases) {
  const { kind, title, manifest, drifts = {} } = kindCase;
  const { name } = manifest.metadata;
  const snapshot = snapshotOf(kindCase);

  test(`L17, L57: ${kind} ${title}: converges, then stays`, async (t) => {
    const world = await settled(t, kindCase);
    const [kubeWrites, serviceWrites, events] = [world.kubeWrites(), world.serviceWrites(), world.eventWrites()];
    const before = await world.get(kind, name);
    await world.resync();
    await world.resync();
    assert.deepEqual(world.serviceWrites(), serviceWrites, 'a settled object costs the service reads only');
    assert.deepEqual(world.kubeWrites(), kubeWrites, 'and the cluster nothing');
    assert.equal(world.eventWrites(), events);
    assert.equal((await world.get(kind, name))?.metadata.resourceVersion, before?.metadata.resourceVersion);
    await world.expectValid(kind, name);
  });

  test(`L31: ${kind} ${title}: a restart costs reads only`, async (t) => {
    const world = await settled(t, kindCase);
    const serviceWrites = world.serviceWrites();
    await world.restart();
    await world.settle();
    assert.deepEqual(world.serviceWrites(), serviceWrites);
    assert.deepEqual(world.kubeWrites(), []);
  });

  for (const [what, drift] of Object.entries(drifts)) {
    test(`L57: ${kind} ${title}: drift is undone: ${what}`, async (t) => {
      const world = await settled(t, kindCase);
      const reference = snapshot(world);
      await drift(world);
      assert.notDeepEqual(snapshot(world), reference, 'the drift is there');
      await world.resync();
      assert.deepEqual(snapshot(world), reference);
      await world.reaches(kind, name, 'Ready', 'True');
      await world.expectValid(kind, name);
    });
  }
}

for (const kindCase of kindCases.filter(({ kind }) => kind !== 'Provider')) {
  const { kind, title, manifest } = kindCase;
  const { name } = manifest.metadata;
  const snapshot = snapshotOf(kindCase);

  test(`${kind} ${title}: Delete leaves nothing`, async (t) => {
    const world = await settled(t, kindCase);
    await world.patch(kind, name, { spec: { deletionPolicy: 'Delete' } });
    await world.delete(kind, name);
    await world.gone(kind, name);
    assert.equal(snapshot(world), undefined);
  });

  if (kind === 'Bucket') continue; // it marks the bucket as released: below
  test(`${kind} ${title}: Retain leaves everything`, async (t) => {
    const world = await settled(t, kindCase);
    const before = snapshot(world);
    await world.patch(kind, name, { spec: { deletionPolicy: 'Retain' } });
    await world.delete(kind, name);
    await world.gone(kind, name);
    assert.deepEqual(snapshot(world), before);
  });
}

for (const kindCase of kindCases.filter(({ kind }) => kind === 'Bucket')) {
  const { title, manifest, goesAnyway = [] } = kindCase;
  const { name } = manifest.metadata;

  test(`Bucket ${title}: Retain leaves everything`, async (t) => {
    const world = await settled(t, kindCase);
    const stays = () => without(world.snapshot(name), goesAnyway);
    const before = stays();
    await world.delete('Bucket', name);
    await world.gone('Bucket', name);
    const after = stays();
    const marker = JSON.stringify(before?.['documents']).match(/"s3\.cloud37\.dev\/owned-by","Value":"([^"]+)"/)?.[1];
    assert.ok(marker, 'it was marked');
    // Nothing but the marker has changed, and that says whose it was.
    assert.deepEqual(
      JSON.parse(JSON.stringify(after).replace(`released/${marker}`, marker)),
      JSON.parse(JSON.stringify(before)),
    );
    assert.notDeepEqual(after, before);
  });
}

function without(state: Readonly<Record<string, unknown>> | undefined, names: readonly string[]) {
  return state && Object.fromEntries(Object.entries(state).filter(([name]) => !names.includes(name)));
}
