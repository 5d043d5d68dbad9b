import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KINDS } from '../src/api/kinds.ts';
import { isReason } from '../src/api/reasons.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import { KubeError } from '../src/runtime/kube.ts';
import {
  accessKey,
  bucket,
  bucketPolicy,
  iamPolicy,
  type Manifest,
  provider,
  typeOf,
  user,
} from './support/builders.ts';
import { startTestCluster, type TestCluster, until } from './support/cluster.ts';
import { expectValidStatus } from './support/expect-valid-status.ts';
import { openKeyWorld } from './support/keys.ts';
import { type Operation, operationsOf } from './support/schema-operations.ts';
import { sample, seeded, seedFrom, shareOfAll, takesAll } from './support/seeded.ts';
import { endpointsOf, type World } from './support/world.ts';

/**
 * Every field of every spec is set to what its documentation shows, to what it just may be, to what it may not be, and taken
 * out, one after another on one living object: the API server refuses what the schema refuses, and names the field; whatever
 * it takes the operator tells of by a reason of the closed list; taken back, the object is Ready again.
 */
const seed = seedFrom('OPERATIONS_SEED');
/** Operations of each kind that `npm test` tries. */
const SAMPLE = 6;

let cluster: TestCluster;
before(async () => {
  cluster = await startTestCluster();
});
after(() => cluster.stop());

const policy = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::operations-data/*' }] };
const ofBucket = { statement: [{ ...policy.statement[0], principal: 'arn:aws:iam::100000000001:root' }] };

/** What stands beside the object, and the object as it is Ready. */
const STAGES: Readonly<
  Record<string, (world: World) => { readonly beside: readonly Manifest[]; readonly it: Manifest }>
> = {
  Provider: (world) => ({ beside: [], it: provider('it', endpointsOf(world)) }),
  Bucket: () => ({
    beside: [bucket('access-logs', { name: 'operations-logs' })],
    it: bucket('it', { name: 'operations-data', region: 'eu-central-2' }),
  }),
  BucketPolicy: () => ({
    beside: [bucket('data', { name: 'operations-data' })],
    it: bucketPolicy('it', 'data', ofBucket),
  }),
  User: () => ({ beside: [iamPolicy('read', policy)], it: user('it', { name: 'operations-user' }) }),
  IAMPolicy: () => ({ beside: [], it: iamPolicy('it', policy) }),
  AccessKey: () => ({ beside: [user('team', { name: 'operations-user' })], it: accessKey('it', 'team') }),
};

for (const definition of KINDS) {
  const { kind } = definition.type;
  const all = operationsOf(definition);
  test(`${kind}: whatever is written into a field of its spec is told, and can be taken back`, async (t) => {
    const random = seeded(seed);
    const chosen = takesAll ? shareOfAll(all, random) : sample(all, SAMPLE, random);
    t.diagnostic(`OPERATIONS_SEED=${seed}: ${chosen.length} of ${all.length} operations`);
    const { world, close } = await openKeyWorld(cluster);
    t.after(close);
    const stage = STAGES[kind]?.(world);
    assert.ok(stage, `there is a stage for ${kind}`);
    for (const manifest of [...stage.beside, stage.it]) {
      await world.apply(manifest);
      await world.reaches(manifest.kind, manifest.metadata.name, 'Ready', 'True');
    }
    const taken = { valid: 0, boundary: 0, invalid: 0, removed: 0 };
    for (const operation of chosen) if (await tryOne(world, stage.it, operation)) taken[operation.type] += 1;
    t.diagnostic(`taken by the API server: ${JSON.stringify(taken)}`);
    assert.equal(taken.invalid, 0);
  });
}

/** @returns whether the API server took it */
async function tryOne(world: World, base: Manifest, operation: Operation): Promise<boolean> {
  const what = `${base.kind} ${operation.path} ${operation.type} ${operation.text}`;
  const before = await world.get(base.kind, 'it');
  const isTaken = await world.patch(base.kind, 'it', { spec: operation.patch }).then(
    () => true,
    (error: unknown) => {
      assert.ok(error instanceof KubeError && (error.code === 422 || error.code === 400), `${what}: ${String(error)}`);
      return false;
    },
  );
  if (!isTaken) {
    assert.deepEqual((await world.get(base.kind, 'it'))?.spec, before?.spec, `${what}: refused, and nothing changed`);
    assert.notEqual(operation.type === 'valid' && isPlain(operation), true, `${what}: documented, and refused`);
    return false;
  }
  assert.ok(!operation.isRefused, `${what}: the schema refuses it, and the API server took it`);
  await told(world, base.kind, what);
  await takeBack(world, base, what);
  return true;
}

/** Fields that may be written at any time, by themselves. */
function isPlain({ path }: Operation): boolean {
  return /^spec\.(suspend|deletionPolicy|mode)$/.test(path);
}

/** The operator has looked at this very spec and says of it what it says of all: conditions with reasons of the list. */
async function told(world: World, kind: string, what: string): Promise<void> {
  let last = '';
  await until(`${what}: it is told`, async () => {
    const object = await world.get(kind, 'it');
    last = JSON.stringify(object?.status?.conditions);
    return object?.spec.suspend === true ? isSuspended(object) : isOfNow(object);
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${last}`);
  });
  await world.settle();
  const object = await world.get(kind, 'it');
  assert.ok(object, what);
  expectValidStatus(object);
  for (const { type, reason = '' } of object.status?.conditions ?? []) {
    assert.ok(isReason(reason), `${what}: ${type} has reason ${reason}`);
    assert.notEqual(reason, 'InternalError', `${what}: ${last}`);
  }
}

function isOfNow(object: ManagedResource | undefined): boolean {
  const synced = object?.status?.conditions?.find(({ type }) => type === 'Synced');
  return synced?.observedGeneration === object?.metadata.generation && synced?.status !== 'Unknown';
}

function isSuspended(object: ManagedResource): boolean {
  return object.status?.conditions?.some(({ reason }) => reason === 'Suspended') === true;
}

/** The spec as it was, and nothing else: what an operation has added is gone. */
async function takeBack(world: World, base: Manifest, what: string): Promise<void> {
  const type = typeOf(base.kind);
  const current = await world.get(base.kind, 'it');
  assert.ok(current, what);
  const wanted = base.spec as Readonly<Record<string, unknown>>; // each manifest has one
  const added = Object.keys(current.spec).filter((name) => wanted[name] === undefined);
  const spec = { ...Object.fromEntries(added.map((name) => [name, null])), ...wanted };
  const replaced = Object.fromEntries(
    Object.entries(spec).map(([name, value]) => [
      name,
      isRecord(value) ? withoutOthers(value, current.spec[name as keyof object]) : value,
    ]),
  );
  await world.cluster.admin.patch(type, world.key('it'), { type: 'merge', body: { spec: replaced } });
  await world.reaches(base.kind, 'it', 'Ready', 'True').catch((error: unknown) => {
    throw new Error(`${what}: taken back: ${String(error)}`);
  });
  await world.reaches(base.kind, 'it', 'Synced', 'True');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A merge patch that leaves the value alone with what it has. */
function withoutOthers(wanted: Readonly<Record<string, unknown>>, current: unknown): object {
  const names = isRecord(current) ? Object.keys(current).filter((name) => wanted[name] === undefined) : [];
  const nested = Object.entries(wanted).map(([name, value]) => [
    name,
    isRecord(value) && isRecord(current) ? withoutOthers(value, current[name]) : value,
  ]);
  return { ...Object.fromEntries(names.map((name) => [name, null])), ...Object.fromEntries(nested) };
}
