import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LEASES } from '../../src/api/core-types.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { endpointsAt, providerSecret, startAccount } from '../support/account.ts';
import { bucket, provider, typeOf } from '../support/builders.ts';
import { until } from '../support/cluster.ts';
import { auditEvents } from '../support/control-plane-audit.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { epochOf, gapsMs, overtaken } from '../support/lease-epochs.ts';
import { exitOf, type OperatorProcess } from '../support/operator-process.ts';
import { startOwnPlane } from '../support/own-plane.ts';
import { watchReady } from '../support/ready-history.ts';
import { inParallel } from '../support/seeded.ts';
import {
  deliveredKeys,
  effects,
  keysInNoSecret,
  lastDelivered,
  perName,
  strayKeys,
} from '../support/stack-accounts.ts';

/** Processes of the operator that take over from one another while hundreds of stacks are made and deleted. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const STACKS = 500;
/** Of these, so many are deleted again. */
const DELETED = 100;
/** Stacks that are made while a leader is frozen: it must not touch them any more when it thaws. */
const FROZEN = 100;
/** Calls of the test at a time. */
const WIDTH = 16;
/** Answers that are held back until their caller is killed. */
const LOST_ANSWERS = 3;
/** A Lease and the deadline of an announced key have run out by then, on a machine that is busy. */
const PATIENCE_MS = 180_000;

/** What a stack is made of, its Secret left out. */
const KINDS = ['Bucket', 'User', 'BucketPolicy', 'AccessKey'];

interface Lease extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

async function scene(t: TestContext) {
  const { plane, admin, namespace, startOperator } = await startOwnPlane(t, 'fail-over');
  const { emulator, allowedEndpoints } = await startAccount(t);
  emulator.latency.ms = 20;
  const rateLimit = { requestsPerSecond: 400, burst: 400, maxInFlight: 64 };
  await admin.create(typeOf('Secret'), namespace, providerSecret('wasabi-credentials', emulator.account));
  const spec = { ...endpointsAt(emulator.port), rateLimit, timeoutSeconds: 60 };
  await admin.create(typeOf('Provider'), namespace, provider('wasabi', spec));
  const watch = await watchReady(t, admin, namespace, KINDS.map(typeOf));
  const lease = async () => (await admin.get<Lease>(LEASES, { namespace, name: 'wasabi-s3-operator' }))?.spec;
  const startedMs = performance.now();
  const eventually = async (what: string, isSo: () => boolean) => {
    await until(what, () => Promise.resolve(isSo()), PATIENCE_MS);
    t.diagnostic(`${((performance.now() - startedMs) / 1_000).toFixed(1)} s: ${what}`);
  };
  const operator = async (message: string) => {
    const started = startOperator(allowedEndpoints);
    await eventually(`a process says ${message}`, () => started.output().includes(message));
    return started;
  };
  return {
    plane,
    admin,
    namespace,
    emulator,
    watch,
    lease,
    eventually,
    leader: async () => {
      const started = await operator('"started"');
      await until('it leads', async () => (await lease())?.holderIdentity?.includes('_') === true);
      return started;
    },
    standby: () => operator('standing by to take over'),
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;

function stackNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `stack-${String(index).padStart(3, '0')}`);
}

function createStacks({ admin, namespace }: Scene, names: readonly string[]): Promise<void> {
  const spec = { autoManage: {}, deletionPolicy: 'Delete' as const };
  return inParallel(
    WIDTH,
    names.map((name) => async () => {
      await admin.create(typeOf('Bucket'), namespace, bucket(name, spec));
    }),
  );
}

/** Waits until so many stacks are Ready, each object of them. */
function allReady({ eventually, watch }: Scene, count: number): Promise<void> {
  return eventually('every stack is Ready', () => KINDS.every((kind) => watch.ready(kind) === count));
}

/** Ends the leader with that signal, and waits until it is gone. */
async function end(leader: OperatorProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  leader.child.kill(signal);
  assert.equal(await exitOf(leader), signal === 'SIGKILL' ? null : 0, leader.output().slice(-2_000));
}

/** Has the next calls of that operation take effect without an answer, and waits until there were some. */
async function loseAnswers({ emulator, eventually }: Scene, operation: 'CreateAccessKey' | 'DeleteBucket') {
  const known = emulator.calls.length;
  const rule = emulator.faults.add({ operation, count: LOST_ANSWERS, effect: { type: 'hang', when: 'after' } });
  const lost = () => emulator.calls.slice(known).filter((call) => call.operation === operation && call.status === -1);
  await eventually(`answers to ${operation} are lost`, () => lost().length === LOST_ANSWERS);
  emulator.faults.clear(rule);
}

function byOperator({ userAgent }: { readonly userAgent: string }): boolean {
  return userAgent.startsWith('wasabi-s3-operator/');
}

/** Every call to the API server that changed something in the namespace, Leases and Events left out. */
async function kubeWrites({ plane, namespace }: Scene) {
  const writes: { readonly userAgent: string; readonly atMs: number; readonly what: string }[] = [];
  for await (const { stage, verb, objectRef, userAgent = '', ...event } of auditEvents(plane.auditLogPath)) {
    if (objectRef?.namespace !== namespace || stage !== 'ResponseComplete') continue;
    if (['leases', 'events'].includes(objectRef.resource) || ['get', 'list', 'watch'].includes(verb)) continue;
    if (!byOperator({ userAgent })) continue;
    const what = `${verb} ${objectRef.resource} ${objectRef.name ?? ''}`;
    writes.push({ userAgent, atMs: Date.parse(event.requestReceivedTimestamp), what });
  }
  return writes;
}

/** Each stack was made once; a key twice only where its maker was killed before it was in a Secret, and that one is revoked. */
async function expectMadeOnce(
  { emulator, admin, namespace }: Scene,
  names: readonly string[],
  lost: readonly string[],
) {
  assert.deepEqual(
    strayKeys(emulator, names, await deliveredKeys(admin, namespace)),
    [],
    'one key, that of its Secret',
  );
  const mints = perName(effects(emulator, 'CreateAccessKey'), 'userName');
  const revoked = perName(effects(emulator, 'DeleteAccessKey'), 'userName');
  for (const name of names) {
    const again = lost.includes(name) ? 1 : 0;
    assert.deepEqual(
      [mints.get(name), revoked.get(name) ?? 0],
      [1 + again, again],
      `keys made and revoked for ${name}`,
    );
  }
  for (const operation of ['CreateBucket', 'CreateUser']) {
    assert.equal(effects(emulator, operation).length, names.length, `${operation}: once for each`);
  }
}

/** What was to go was deleted once, by one call, and nothing else was. */
async function expectDeletedOnce({ emulator, admin, namespace }: Scene, names: readonly string[], gone: number) {
  const kept = names.slice(gone);
  const operations = { DeleteBucket: 'bucket', DeleteUser: 'userName' } as const;
  for (const [operation, by] of Object.entries(operations)) {
    const done = perName(effects(emulator, operation), by);
    assert.deepEqual([...done.keys()].sort(), names.slice(0, gone), operation);
    assert.equal(effects(emulator, operation).length, gone, `${operation}: once for each`);
  }
  // Whoever gets no answer may ask again; the next leader looks first.
  const deletedBy = new Map<string | undefined, number>();
  for (const call of emulator.calls.filter((each) => each.operation === 'DeleteBucket')) {
    const by = deletedBy.get(call.bucket);
    assert.ok(by === undefined || by === epochOf(call), `deleted by another leader already: ${JSON.stringify(call)}`);
    if (call.revision !== call.revisionBefore) deletedBy.set(call.bucket, epochOf(call));
  }
  assert.deepEqual([...emulator.state.buckets.keys()].sort(), kept);
  assert.deepEqual(strayKeys(emulator, kept, await deliveredKeys(admin, namespace)), []);
}

/** Ends two leaders while stacks are made. @returns the users whose key was lost with its maker, and who leads by then */
async function endTwice(world: Scene, names: readonly string[]) {
  const { admin, namespace, emulator, eventually } = world;
  const minted = () => effects(emulator, 'CreateAccessKey').length;
  const first = await world.leader();
  const second = await world.standby();
  const created = createStacks(world, names);
  await eventually('a quarter of the keys is made', () => minted() > names.length / 4);
  await end(first, 'SIGTERM');
  const before = minted();
  const third = await world.standby();
  await eventually('the second one makes keys', () => minted() > Math.max(before, names.length / 2));
  await loseAnswers(world, 'CreateAccessKey');
  await end(second, 'SIGKILL');
  await created;
  const lost = keysInNoSecret(emulator, await lastDelivered(admin, namespace)).map(({ userName = '' }) => userName);
  assert.ok(lost.length >= LOST_ANSWERS, `${lost.length} keys are in no Secret when their maker is dead`);
  return { lost, third };
}

test(`fail-over: ${STACKS} stacks under load are made once and deleted once, whichever way the leader ends`, {
  skip,
}, async (t) => {
  const world = await scene(t);
  const { admin, namespace, emulator, watch, eventually, lease } = world;
  const names = stackNames(STACKS);
  const { lost, third } = await endTwice(world, names);
  const fourth = await world.standby();
  await allReady(world, STACKS);
  await expectMadeOnce(world, names, lost);

  await inParallel(
    WIDTH,
    names.slice(0, DELETED).map((name) => () => admin.delete(typeOf('Bucket'), { namespace, name })),
  );
  await eventually('a quarter of the buckets is deleted', () => effects(emulator, 'DeleteBucket').length > DELETED / 4);
  await loseAnswers(world, 'DeleteBucket');
  await end(third, 'SIGKILL');
  await eventually('what is deleted is gone', () => watch.objects('Bucket').length === STACKS - DELETED);
  await expectDeletedOnce(world, names, DELETED);

  assert.deepEqual(watch.lapses, [], 'nothing that was Ready became anything else');
  assert.deepEqual(
    overtaken(emulator.calls.filter(byOperator)),
    [],
    'no call of one leader after the first of the next',
  );
  assert.deepEqual(overtaken(await kubeWrites(world)), []);
  assert.equal((await lease())?.leaseTransitions, 4, 'each of four led once');
  const gaps = gapsMs(emulator.calls.filter(byOperator)).map(Math.round);
  t.diagnostic(`from the last call of a leader to the first of the next, ms: ${gaps.join(', ')}`);
  await end(fourth, 'SIGTERM');
});

test(`fail-over: a leader that is frozen amid ${FROZEN} stacks writes nothing more when it thaws`, {
  skip,
}, async (t) => {
  const world = await scene(t);
  const { admin, namespace, emulator, watch, eventually } = world;
  const names = stackNames(FROZEN);
  const first = await world.leader();
  const second = await world.standby();
  const known = emulator.calls.length;
  await createStacks(world, names);
  await eventually('a quarter of the buckets is made', () => effects(emulator, 'CreateBucket').length > FROZEN / 4);
  // Answers that it finds when it thaws: what it would do next is to write.
  const late = emulator.faults.add({ operation: 'GetBucketTagging', effect: { type: 'latency', ms: 3_000 } });
  await emulator.faults.whenHit(late);
  first.child.kill('SIGSTOP');
  emulator.faults.clear(late);
  const epochs = () => new Set(emulator.calls.slice(known).map(epochOf));
  await eventually('the second one calls', () => epochs().size === 2);
  first.child.kill('SIGCONT');
  assert.equal(await exitOf(first), 1, first.output().slice(-2_000));
  await allReady(world, FROZEN);

  const writes = emulator.calls.slice(known).filter(({ mutating }) => mutating);
  assert.deepEqual(overtaken(writes), [], 'no write of the first one after the first of the second');
  assert.deepEqual(overtaken(await kubeWrites(world)), []);
  assert.deepEqual(strayKeys(emulator, names, await deliveredKeys(admin, namespace)), []);
  assert.deepEqual(watch.lapses, []);
  await end(second, 'SIGTERM');
});
