import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isTrue } from '../../src/managed/conditions.ts';
import { endpointsAt, providerSecret, startAccount } from '../support/account.ts';
import { bucket, provider, typeOf } from '../support/builders.ts';
import { until } from '../support/cluster.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { exitOf, metricsPortOf, type OperatorProcess, probe } from '../support/operator-process.ts';
import { startOwnPlane } from '../support/own-plane.ts';
import { type ProxiedCall, startProxy } from '../support/proxy.ts';
import { watchReady } from '../support/ready-history.ts';
import { Scrape } from '../support/scrape.ts';
import { inParallel } from '../support/seeded.ts';

/** What a user changes goes ahead of ten thousand objects that an operator has yet to look at. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const BACKLOG = 10_000;
const EDITS = 20;
/** Calls of the account at a time. */
const IN_FLIGHT = 4;
/** Passes of one Provider that nobody's change has queued: an eighth of its quarter of 64 is kept for those. */
const PLACES_OF_BACKLOG = 14;
/** Calls of the test at a time. */
const WIDTH = 16;
const PATIENCE_MS = 180_000;

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
const edited = names('edited', EDITS / 2);

async function scene(t: TestContext) {
  const { admin, namespace, startOperator } = await startOwnPlane(t, 'urgency');
  const { emulator } = await startAccount(t);
  emulator.latency.ms = 20;
  const proxy = await startProxy({ url: `http://127.0.0.1:${emulator.port}` });
  t.after(() => proxy.stop());
  const rateLimit = { requestsPerSecond: 100, burst: 1, maxInFlight: IN_FLIGHT };
  const spec = { ...endpointsAt(proxy.port), rateLimit, timeoutSeconds: 60 };
  await admin.create(typeOf('Secret'), namespace, providerSecret('wasabi-credentials', emulator.account));
  await admin.create(typeOf('Provider'), namespace, provider('wasabi', spec));
  const watch = await watchReady(t, admin, namespace, [typeOf('Bucket')]);
  const isReady = (name: string) => {
    const found = watch.objects('Bucket').find(({ metadata }) => metadata.name === name);
    const { metadata, status } = found ?? {};
    return status?.observedGeneration === metadata?.generation && isTrue(status?.conditions, 'Ready');
  };
  return {
    proxy,
    isReady,
    start: () => startOperator(`--allowed-endpoints=http://*.localhost:${proxy.port}`),
    create: (name: string) => admin.create(typeOf('Bucket'), namespace, bucket(name)),
    edit: (name: string, value: string) => {
      const body = { spec: { tagging: { tags: { edited: value } } } };
      return admin.patch(typeOf('Bucket'), { namespace, name }, { type: 'merge', body });
    },
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** Whether the call is about a bucket of such a name. */
function isAbout(name: string): (call: ProxiedCall) => boolean {
  const pattern = new RegExp(`^${name}\\.s3\\.|^\\S+/${name}(?:[/?]|$)`);
  return ({ host, url }) => pattern.test(`${host}${url}`);
}

async function scrape(operator: OperatorProcess): Promise<Scrape> {
  return new Scrape((await probe(metricsPortOf(operator), '/metrics')).body);
}

const isBacklog = isAbout('backlog-\\d+');

/** Calls of the backlog are held until the test lets one go on: as many as the limit allows, and then nobody else calls. */
function holdCalls({ proxy }: Scene) {
  const held: (() => void)[] = [];
  proxy.decide((call) => (isBacklog(call) ? new Promise((resolve) => held.push(() => resolve('pass'))) : 'pass'));
  return {
    full: () => until('the backlog has every call', () => Promise.resolve(held.length === IN_FLIGHT), PATIENCE_MS),
    /** Gives the place of the call that has waited longest to another one. */
    next: async () => {
      const known = proxy.calls.length;
      held.shift()?.();
      await until('somebody calls in its place', () => Promise.resolve(proxy.calls.length > known), PATIENCE_MS);
    },
    end: () => {
      proxy.decide(undefined);
      for (const goOn of held) goOn();
    },
  };
}

/** A world in which an operator has just begun to look at so many Buckets, some of which it had made before. */
async function withBacklog(t: TestContext) {
  const world = await scene(t);
  const before = world.start();
  for (const name of edited) await world.create(name);
  await until('those that are edited are Ready', () => Promise.resolve(edited.every(world.isReady)), PATIENCE_MS);
  before.child.kill('SIGTERM');
  assert.equal(await exitOf(before), 0, before.output().slice(-2_000));
  await inParallel(
    WIDTH,
    names('backlog', BACKLOG).map((name) => async () => {
      await world.create(name);
    }),
  );
  const calls = holdCalls(world);
  const operator = world.start();
  await calls.full();
  const waiting = async () => (await scrape(operator)).sum('queueDepth', { kind: 'Bucket' }) ?? 0;
  return { ...world, calls, operator, waiting };
}

type Backlog = Awaited<ReturnType<typeof withBacklog>>;

/**
 * Has somebody change an object while the backlog has every call of the account, and then lets go on one call after
 * another. @returns the calls of the backlog that came before the first one about the object
 */
async function callsAhead(world: Backlog, name: string, change: () => Promise<unknown>): Promise<number> {
  const { proxy, calls, operator, isReady } = world;
  const running = async () => (await scrape(operator)).sum('activePasses', { kind: 'Bucket' }) ?? 0;
  // The backlog never has more places than these: one more is the pass over what was changed.
  await until('the pass before is over', async () => (await running()) <= PLACES_OF_BACKLOG, PATIENCE_MS);
  await change();
  await until(`a pass over ${name} runs`, async () => (await running()) > PLACES_OF_BACKLOG).catch(async (error) => {
    throw new Error(`${String(error)}: ${await running()} run`, { cause: error });
  });
  const known = proxy.calls.length;
  const first = () => proxy.calls.slice(known).findIndex(isAbout(name));
  while (first() < 0 && proxy.calls.length < known + 100) await calls.next();
  const since = proxy.calls.slice(known, first() < 0 ? undefined : known + first());
  const found = since.filter(isBacklog).length;
  while (!isReady(name)) await calls.next();
  await calls.full();
  return found;
}

test(`urgency: an edit is acted on at once, in front of ${BACKLOG} objects that wait`, { skip }, async (t) => {
  const world = await withBacklog(t);
  const { proxy, calls, waiting, create, edit, isReady } = world;
  assert.ok((await waiting()) > 0.99 * BACKLOG, 'nearly all wait');
  const ahead: number[] = [];
  for (const name of edited) ahead.push(await callsAhead(world, name, () => edit(name, 'once')));
  for (const name of names('new', EDITS / 2)) ahead.push(await callsAhead(world, name, () => create(name)));
  const told = `calls of the backlog ahead of each: ${ahead.join(', ')}`;
  assert.ok(Math.max(...ahead) <= IN_FLIGHT, told);
  assert.ok((await waiting()) > 0.9 * BACKLOG, 'those that are not urgent still wait');
  calls.end();

  const [times, between]: readonly [number[], number[]] = [[], []];
  for (let nth = 0; nth < EDITS; nth += 1) {
    const name = edited[nth % edited.length] ?? '';
    const [known, editedAtMs] = [proxy.calls.length, performance.now()];
    await edit(name, `again-${nth}`);
    const first = () => proxy.calls.slice(known).findIndex(isAbout(name));
    await until('it is acted on', () => Promise.resolve(first() >= 0), PATIENCE_MS);
    between.push(first());
    times.push(Math.round((proxy.calls[known + first()]?.atMs ?? 0) - editedAtMs));
    await until('it is Ready', () => Promise.resolve(isReady(name)), PATIENCE_MS);
  }
  assert.ok(Math.max(...between) < BACKLOG / 10, between.join());
  assert.ok((await waiting()) > BACKLOG / 2, 'and most of the backlog is still there');
  t.diagnostic(told);
  t.diagnostic(
    `from an edit to its first call, ms: ${times.join(', ')}; calls of others between: ${between.join(', ')}`,
  );
});
