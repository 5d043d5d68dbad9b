import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LoggedCall } from '../../src/emulator/call-log.ts';
import { endpointsAt, providerSecret, startAccount } from '../support/account.ts';
import { bucket, provider, typeOf } from '../support/builders.ts';
import { until } from '../support/cluster.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { exitOf } from '../support/operator-process.ts';
import { startOwnPlane } from '../support/own-plane.ts';
import { watchReady } from '../support/ready-history.ts';
import { inParallel } from '../support/seeded.ts';

/** One Provider whose service refuses everything, beside nine that work. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const PROVIDERS = 10;
/** Of each Provider. */
const BUCKETS = 50;
/** Of the one that is to break: they are the first in every list. */
const BROKEN_BUCKETS = 200;
const WIDTH = 16;
/** A service that refused for long is asked again after a minute at the latest. */
const PATIENCE_MS = 180_000;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A namespace with ten Providers that work, and the Buckets of all of them, at which nobody has looked yet. */
async function scene(t: TestContext) {
  const { admin, namespace, startOperator } = await startOwnPlane(t, 'broken');
  const { emulator, allowedEndpoints } = await startAccount(t);
  emulator.latency.ms = 20;
  const accounts = [emulator.account, ...numbers(PROVIDERS - 1).map(() => emulator.createAccount())];
  for (const [index, account] of accounts.entries()) {
    const name = `provider-${index}`;
    const auth = { accessKeySecretRef: { name }, secretKeySecretRef: { name } };
    await admin.create(typeOf('Secret'), namespace, providerSecret(name, account));
    await admin.create(typeOf('Provider'), namespace, provider(name, { ...endpointsAt(emulator.port), auth }));
  }
  const watch = await watchReady(t, admin, namespace, ['Provider', 'Bucket'].map(typeOf));
  // Who looks again by the clock makes a call more when the machine is slow.
  const start = () => startOperator(allowedEndpoints, '--drift-check-interval-seconds=0');
  const before = start();
  await until('the Providers are Ready', () => Promise.resolve(watch.ready('Provider') === PROVIDERS), PATIENCE_MS);
  before.child.kill('SIGTERM');
  assert.equal(await exitOf(before), 0, before.output().slice(-2_000));
  const wanted = [BROKEN_BUCKETS, ...numbers(PROVIDERS - 1).map(() => BUCKETS)].flatMap((count, index) =>
    numbers(count).map((nth) => ({ name: `b${index}-${nth}`, providerRef: { name: `provider-${index}` } })),
  );
  await inParallel(
    WIDTH,
    wanted.map(({ name, providerRef }) => async () => {
      await admin.create(typeOf('Bucket'), namespace, bucket(name, { providerRef }));
    }),
  );
  const ready = (isOne: (provider: string) => boolean) =>
    watch.readyOnes('Bucket').filter(({ metadata }) => isOne(metadata.name.split('-')[0] ?? '')).length;
  return {
    emulator,
    start,
    known: emulator.calls.length,
    broken: emulator.account.accessKeyId,
    lapses: watch.lapses,
    healthyReady: () => ready((name) => name !== 'b0'),
    brokenReady: () => ready((name) => name === 'b0'),
  };
}

/** What was asked about each bucket, in order. */
function asked(calls: readonly LoggedCall[]): Readonly<Record<string, readonly string[]>> {
  const groups = Map.groupBy(calls, ({ bucket: name = '' }) => name);
  return Object.fromEntries(
    [...groups].map(([name, all]) => [name, all.map(({ operation, status }) => `${operation} ${status}`)]),
  );
}

test('a Provider that answers 503 to everything costs nine others not one call', { skip }, async (t) => {
  const healthy = BUCKETS * (PROVIDERS - 1);
  const run = async (isBroken: boolean) => {
    const world = await scene(t);
    const { emulator, start, known, broken, healthyReady } = world;
    if (isBroken) emulator.faults.add({ accessKeyId: broken, effect: { type: 'throttle' } });
    const operator = start();
    const startedMs = performance.now();
    await until('the healthy ones are Ready', () => Promise.resolve(healthyReady() === healthy), PATIENCE_MS);
    t.diagnostic(
      `${isBroken ? 'beside a broken one' : 'all healthy'}: ${Math.round(performance.now() - startedMs)} ms`,
    );
    const calls = emulator.calls.slice(known);
    const byOthers = calls.filter(({ accessKeyId, bucket: name }) => accessKeyId !== broken && name !== undefined);
    const toBroken = calls.filter(({ accessKeyId }) => accessKeyId === broken).length;
    return { world, operator, asked: asked(byOthers), toBroken };
  };
  const alone = await run(false);
  alone.operator.child.kill('SIGTERM');
  const beside = await run(true);
  assert.equal(Object.keys(beside.asked).length, healthy);
  assert.deepEqual(beside.asked, alone.asked, 'the same calls for each, in the same order');
  const { world } = beside;
  assert.equal(world.brokenReady(), 0);
  assert.ok(beside.toBroken < BROKEN_BUCKETS, `the broken service was called ${beside.toBroken} times`);
  t.diagnostic(`the broken service was called ${beside.toBroken} times`);

  world.emulator.faults.clear();
  await until(
    'those of the broken one are Ready',
    () => Promise.resolve(world.brokenReady() === BROKEN_BUCKETS),
    PATIENCE_MS,
  );
  const creates = world.emulator.calls.filter(
    ({ operation, status }) => operation === 'CreateBucket' && status === 200,
  );
  assert.equal(creates.length, healthy + BROKEN_BUCKETS, 'each was made once');
  assert.deepEqual(world.lapses, []);
});
