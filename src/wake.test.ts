import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { plainAccess } from '../test/support/loopback-server.ts';
import { WatchServer } from '../test/support/watch-server.ts';
import { SECRETS } from './api/core-types.ts';
import { keyText, type ObjectKey } from './api/meta.ts';
import type { Provider } from './api/provider.ts';
import { providerReferences } from './kinds/provider/kind.ts';
import type { ManagedResource } from './managed/kind.ts';
import { Lookup } from './managed/lookup.ts';
import type { ReferenceGrant } from './managed/references.ts';
import { systemClock } from './runtime/clock.ts';
import { Controller } from './runtime/controller.ts';
import { KubeClient } from './runtime/kube-client.ts';
import { NamedWatches } from './runtime/named-watches.ts';
import { ObjectStore } from './runtime/store.ts';
import { type IndexedKind, StoreSnapshot } from './snapshot.ts';
import { wireWakes } from './wake.ts';

const keysOf = (name: string): ObjectKey => ({ namespace: 'a', name });

function provider(uid: string, secretName: string): Provider {
  const ref = { name: secretName, key: 'key' };
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Provider',
    metadata: { namespace: 'a', name: 'p', uid, resourceVersion: `${uid}-1`, creationTimestamp: '' },
    spec: {
      type: 'wasabi',
      region: 'us-east-1',
      pathStyle: true,
      auth: { accessKeySecretRef: ref, secretKeySecretRef: ref },
    },
  };
}

/** The wiring of Providers alone, with their store in the test's hand. */
async function setUp(t: TestContext) {
  const server = await WatchServer.start(t);
  const access = plainAccess(server.loopback.url);
  const kube = new KubeClient({ access, clock: systemClock, random: () => 0, userAgent: 'test' });
  const secrets = new NamedWatches({ kube, type: SECRETS, clock: systemClock, random: () => 0 });
  t.after(async () => {
    await secrets.stop();
    await kube.close();
  });
  const kind: IndexedKind = {
    references: (resource) => providerReferences(resource as Provider), // the store holds nothing else
    externalName: ({ metadata }) => metadata.uid,
    mentions: () => [],
  };
  const store = new ObjectStore<ManagedResource>();
  const controller = new Controller({
    reconcile: () => Promise.resolve({ type: 'done' }),
    concurrency: 1,
    clock: systemClock,
    random: () => 0,
    onError: () => undefined,
  });
  const namespaces = new ObjectStore();
  const grants = new ObjectStore<ReferenceGrant>();
  const snapshot = new StoreSnapshot({ kinds: new Map([['Provider', { kind, store }]]), namespaces, grants });
  const forgotten: string[] = [];
  const refused: ((key: ObjectKey) => void)[] = [];
  wireWakes({
    kinds: new Map([['Provider', { kind, store, controller }]]),
    snapshot,
    lookup: new Lookup(snapshot, { allowLegacyCrossNamespace: false }),
    namespaces,
    grants,
    secrets,
    access: { onRefused: (listener) => refused.push(listener), forgetSecret: (key) => forgotten.push(keyText(key)) },
  });
  const feed = store.addFeed({ refresh: () => undefined, relist: () => undefined });
  return { feed, secrets, forgotten, controller, refused };
}

test('a Provider that was deleted and made again, seen as one change, leaves no watch behind', async (t) => {
  const { feed, secrets, forgotten } = await setUp(t);
  feed.put(provider('u1', 'old'));
  assert.equal(secrets.isWanted(keysOf('old')), true);
  feed.put(provider('u2', 'new'));
  assert.equal(secrets.isWanted(keysOf('old')), false);
  assert.equal(secrets.isWanted(keysOf('new')), true);
  assert.deepEqual([...new Set(forgotten)], ['a/old']);
});

test('the values of a Secret are dropped with the last Provider that names it', async (t) => {
  const { feed, secrets, forgotten } = await setUp(t);
  const other = { ...provider('u2', 'shared'), metadata: { ...provider('u2', 'shared').metadata, name: 'q' } };
  feed.put(provider('u1', 'shared'));
  feed.put(other);
  feed.remove(provider('u1', 'shared'));
  assert.deepEqual(forgotten, []);
  feed.remove(other);
  assert.equal(secrets.isWanted(keysOf('shared')), false);
  assert.deepEqual([...new Set(forgotten)], ['a/shared']);
});

test('credentials that a Bucket found refused wake their Provider once', async (t) => {
  const { feed, controller, refused } = await setUp(t);
  feed.put(provider('u1', 'keys'));
  const before = controller.depth();
  for (const listener of [...refused, ...refused]) listener(keysOf('p'));
  assert.equal(controller.depth() - before, 1);
});
