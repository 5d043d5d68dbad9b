import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type KubeObject, type ResourceType } from '../src/api/meta.ts';
import { startDevCluster } from '../src/devcluster/server.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { KubeError } from '../src/runtime/kube.ts';
import { KubeClient } from '../src/runtime/kube-client.ts';
import { loadClusterAccess } from '../src/runtime/kubeconfig.ts';
import { RememberingKube } from '../src/runtime/own-writes.ts';
import { Reflector, type RelistReason } from '../src/runtime/reflector.ts';
import { ObjectStore } from '../src/runtime/store.ts';
import { waitFor } from './support/fake-clock.ts';

const CONFIG_MAPS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
const FINALIZER = 'example.com/ours';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

async function world(t: TestContext) {
  const cluster = await startDevCluster();
  const directory = await mkdtemp(join(tmpdir(), 'runtime-'));
  const kubeconfig = join(directory, 'config');
  await cluster.writeKubeconfig(kubeconfig);
  const access = await loadClusterAccess({ kubeconfig, env: {} });
  const connect = (userAgent: string) => new KubeClient({ access, clock: systemClock, random: Math.random, userAgent });
  const [client, stranger] = [connect('ours'), connect('theirs')];
  const store = new ObjectStore<ConfigMap>();
  const relists: RelistReason[] = [];
  const reflector = new Reflector<ConfigMap>({
    kube: client,
    type: CONFIG_MAPS,
    store,
    clock: systemClock,
    random: Math.random,
    namespace: 'default',
    onRelist: (reason) => relists.push(reason),
  });
  const ours = new RememberingKube(client, (type) => (type.plural === 'configmaps' ? store : undefined));
  t.after(async () => {
    await reflector.stop();
    await Promise.all([client.close(), stranger.close()]);
    await cluster.stop();
    await rm(directory, { recursive: true });
  });
  reflector.start();
  await waitFor('the list', () => reflector.hasSynced);
  const lives = async () => {
    const { items } = await stranger.list<ConfigMap>(CONFIG_MAPS, 'default');
    return new Map(items.map((one) => [one.metadata.name, one.metadata.resourceVersion]));
  };
  const seen = () => new Map(store.list().map((one) => [one.metadata.name, one.metadata.resourceVersion]));
  return { cluster, ours, stranger, store, relists, lives, seen };
}

const key = (name: string) => ({ namespace: 'default', name });
const numbered = (n: number) => ({ type: 'merge', body: { data: { n: String(n) } } }) as const;

/** A fault may take the answer of a write: then it is tried until it went through. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== 0 || attempt > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

test('whatever happens to connections and history, readers see their own writes at once and everything in the end', async (t) => {
  const one = await world(t);
  const names = ['a', 'b', 'c'];
  for (const name of names) await one.stranger.create(CONFIG_MAPS, 'default', { metadata: { name } });
  const faults: (() => void | Promise<void>)[] = [
    () => one.cluster.dropConnections(),
    () => one.cluster.compact(),
    () => {
      one.cluster.compact();
      one.cluster.dropConnections();
    },
    () => one.cluster.restart(),
  ];
  for (let n = 0; n < 120; n++) {
    const name = names[n % names.length] ?? 'a';
    if (n % 15 === 14) await faults[Math.floor(n / 15) % faults.length]?.();
    const foreign = insist(() =>
      one.stranger.patch(CONFIG_MAPS, key(name), { type: 'merge', body: { data: { by: String(n) } } }),
    );
    await insist(() => one.ours.patch<ConfigMap>(CONFIG_MAPS, key(name), numbered(n)));
    assert.equal(one.store.get(key(name))?.data?.n, String(n), 'the next read is not older than our write');
    await foreign;
  }
  const truth = await one.lives();
  await waitFor('everything', () => names.every((name) => one.seen().get(name) === truth.get(name)));
  assert.ok(one.relists.length <= 10, `relisted ${one.relists.length} times for 8 faults`);
});

test('an object whose last finalizer we took off is gone for readers at once', async (t) => {
  const one = await world(t);
  await one.ours.create(CONFIG_MAPS, 'default', { metadata: { name: 'x', finalizers: [FINALIZER] } });
  assert.deepEqual(one.store.get(key('x'))?.metadata.finalizers, [FINALIZER]);
  await one.stranger.delete(CONFIG_MAPS, key('x'));
  await waitFor('the deletion', () => one.store.get(key('x'))?.metadata.deletionTimestamp !== undefined);
  await one.ours.patch(CONFIG_MAPS, key('x'), { type: 'merge', body: { metadata: { finalizers: null } } });
  assert.equal(one.store.get(key('x')), undefined);
  const again = await one.stranger.create(CONFIG_MAPS, 'default', { metadata: { name: 'x' } });
  await waitFor('the namesake', () => one.store.get(key('x'))?.metadata.uid === again.metadata.uid);
});

test('a guarded write that comes second is refused, and a delete answers for the uid it was meant for', async (t) => {
  const one = await world(t);
  const made = await one.ours.create<ConfigMap>(CONFIG_MAPS, 'default', { metadata: { name: 'x' } });
  await one.stranger.patch(CONFIG_MAPS, key('x'), numbered(1));
  const { resourceVersion } = made.metadata;
  const guarded = one.ours.patch(CONFIG_MAPS, key('x'), {
    type: 'merge',
    body: { metadata: { resourceVersion }, data: {} },
  });
  await assert.rejects(guarded, { code: 409, reason: 'Conflict' });
  await assert.rejects(one.ours.delete(CONFIG_MAPS, key('x'), { preconditions: { uid: 'another' } }), { code: 409 });
  await one.ours.delete(CONFIG_MAPS, key('x'), { preconditions: { uid: made.metadata.uid } });
  await one.ours.delete(CONFIG_MAPS, key('x'));
  assert.equal(await one.ours.get(CONFIG_MAPS, key('x')), undefined);
});
