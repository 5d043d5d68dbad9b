import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { plainAccess } from '../test/support/loopback-server.ts';
import { grant } from '../test/support/reference-grants.ts';
import { WatchServer } from '../test/support/watch-server.ts';
import type { Bucket } from './api/bucket.ts';
import { SECRETS } from './api/core-types.ts';
import { keyText, type ObjectKey } from './api/meta.ts';
import type { Provider } from './api/provider.ts';
import { AttachmentSignal } from './kinds/attachment-signal.ts';
import { bucketReferences } from './kinds/bucket/references.ts';
import { providerReferences } from './kinds/provider/kind.ts';
import type { ManagedResource, ManagedStatus } from './managed/kind.ts';
import { Lookup } from './managed/lookup.ts';
import { NewsWakes } from './managed/news-wakes.ts';
import type { ReferenceGrant } from './managed/references.ts';
import { sleep, systemClock } from './runtime/clock.ts';
import { Controller } from './runtime/controller.ts';
import { KubeClient } from './runtime/kube-client.ts';
import { NamedWatches } from './runtime/named-watches.ts';
import { OwnChanges } from './runtime/own-changes.ts';
import { ObjectStore } from './runtime/store.ts';
import { type IndexedKind, indexesOf, StoreSnapshot } from './snapshot.ts';
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

const providers: IndexedKind = {
  references: (resource) => providerReferences(resource as Provider), // the store holds nothing else
  externalName: ({ metadata }) => metadata.uid,
  mentions: () => [],
};

/** Tells what it was told. */
class HeardWakes extends NewsWakes {
  readonly heard: string[] = [];

  override other(kind: string, key: ObjectKey): void {
    this.heard.push(`${kind} ${keyText(key)}`);
    super.other(kind, key);
  }
}

/** The wiring of some kinds, with the store of the first in the test's hand; one pass runs, and no other begins. */
async function setUp(
  t: TestContext,
  indexed: Readonly<Record<string, IndexedKind>> = { Provider: providers },
  isStandby = false,
) {
  const server = await WatchServer.start(t);
  const access = plainAccess(server.loopback.url);
  const kube = new KubeClient({ access, clock: systemClock, random: () => 0, userAgent: 'test' });
  const secrets = new NamedWatches({ kube, type: SECRETS, clock: systemClock, random: () => 0 });
  t.after(async () => {
    await secrets.stop();
    await kube.close();
  });
  const defects: unknown[] = [];
  const kinds = new Map(
    Object.entries(indexed).map(([name, kind]) => {
      const store = new ObjectStore<ManagedResource>({
        indexes: indexesOf(kind),
        onDefect: (error) => defects.push(error),
      });
      const controller = new Controller({
        // Its one pass lasts until the end, so that whoever is woken is seen to wait.
        reconcile: (_key, { signal }) => sleep(systemClock, 60_000, signal).then(() => ({ type: 'done' })),
        concurrency: 1,
        clock: systemClock,
        random: () => 0,
        onError: () => undefined,
      });
      if (!isStandby) controller.start(() => controller.enqueue({ namespace: '', name: 'busy' }, 'user'));
      t.after(() => controller.stop(0));
      const feed = store.addFeed({ refresh: () => undefined, relist: () => undefined });
      return [name, { kind, store, controller, feed }] as const;
    }),
  );
  const namespaces = new ObjectStore();
  const grants = new ObjectStore<ReferenceGrant>();
  const grantFeed = grants.addFeed({ refresh: () => undefined, relist: () => undefined });
  const snapshot = new StoreSnapshot({ kinds, namespaces, grants });
  const forgotten: string[] = [];
  const refused: ((key: ObjectKey) => void)[] = [];
  const newsWakes = new HeardWakes();
  wireWakes({
    kinds,
    snapshot,
    lookup: new Lookup(snapshot, { allowLegacyCrossNamespace: false }),
    namespaces,
    grants,
    secrets,
    keySecrets: new ObjectStore(),
    attachments: new AttachmentSignal(),
    newsWakes,
    ownSecrets: new OwnChanges(),
    access: { onRefused: (listener) => refused.push(listener), forgetSecret: (key) => forgotten.push(keyText(key)) },
    existence: { onMissing: () => undefined },
  });
  const [first] = kinds.values();
  assert.ok(first);
  const { heard } = newsWakes;
  return {
    feed: first.feed,
    grantFeed,
    controller: first.controller,
    kinds,
    secrets,
    forgotten,
    refused,
    defects,
    heard,
  };
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

test("a stranger's Secret is watched while a grant stands, and its values are dropped with the grant", async (t) => {
  const { feed, grantFeed, secrets, forgotten } = await setUp(t);
  const ref = { name: 'keys', key: 'key', namespace: 'b' };
  const near = provider('u1', 'keys');
  const crossing: Provider = {
    ...near,
    spec: { ...near.spec, auth: { accessKeySecretRef: ref, secretKeySecretRef: ref } },
  };
  feed.put(crossing);
  const far = { namespace: 'b', name: 'keys' };
  assert.equal(secrets.isWanted(far), false);
  const manifest = grant('g', { kind: 'Provider', namespace: 'a' }, { group: '', kind: 'Secret', name: 'keys' });
  const metadata = { namespace: 'b', name: 'g', uid: 'g', resourceVersion: '1', creationTimestamp: '' };
  grantFeed.put({ ...manifest, metadata });
  assert.equal(secrets.isWanted(far), true);
  grantFeed.remove({ ...manifest, metadata });
  assert.equal(secrets.isWanted(far), false);
  assert.deepEqual([...new Set(forgotten)], ['b/keys']);
});

test('a Provider that is stored without a spec disturbs no listener', async (t) => {
  const { feed, defects } = await setUp(t, {
    Provider: { references: () => [], externalName: () => '', mentions: () => [] },
  });
  const { spec: _spec, ...bare } = provider('u1', 'keys');
  feed.put({ ...bare, metadata: { ...bare.metadata, resourceVersion: 'u1-0' } } as Provider);
  feed.put(provider('u1', 'keys'));
  assert.deepEqual(defects, []);
});

test('credentials that a Bucket found refused wake their Provider once', async (t) => {
  const { feed, controller, refused } = await setUp(t);
  feed.put(provider('u1', 'keys'));
  const before = controller.depth();
  for (const listener of [...refused, ...refused]) listener(keysOf('p'));
  assert.equal(controller.depth() - before, 1);
});

/** An object of the least shape that a store takes. */
function object(kind: string, name: string, status: ManagedStatus = {}): ManagedResource {
  const resourceVersion = `${name} ${JSON.stringify(status)}`;
  const metadata = { namespace: 'a', name, uid: name, resourceVersion, creationTimestamp: '' };
  return { apiVersion: 's3.cloud37.dev/v1alpha1', kind, metadata, spec: {}, status };
}

const ready: ManagedStatus = { conditions: [{ type: 'Ready', status: 'True' }] };
const changes: readonly [
  title: string,
  before: readonly ManagedResource[],
  after: ManagedResource | undefined,
  number,
][] = [
  ['a Bucket is woken when the User that it names comes', [], object('User', 'team-a'), 1],
  [
    'a Bucket is woken when the User that it names becomes Ready',
    [object('User', 'team-a')],
    object('User', 'team-a', ready),
    1,
  ],
  ['a Bucket is woken when the User that it names goes', [object('User', 'team-a')], undefined, 1],
  ['a Bucket sleeps on when another User comes', [], object('User', 'team-b'), 0],
];
const bucketsAndUsers: Readonly<Record<string, IndexedKind>> = {
  Bucket: {
    references: (resource) => bucketReferences(resource as Bucket),
    externalName: () => '',
    mentions: () => [],
  },
  User: { references: () => [], externalName: () => '', mentions: () => [] },
};
for (const [title, before, after, expected] of changes) {
  test(title, async (t) => {
    const { kinds } = await setUp(t, bucketsAndUsers);
    const [buckets, users] = [kinds.get('Bucket'), kinds.get('User')];
    const waiting = { ...object('Bucket', 'b'), spec: { providerRef: { name: 'p' }, userRef: { name: 'team-a' } } };
    for (const each of before) users?.feed.put(each);
    buckets?.feed.put(waiting as ManagedResource);
    if (after === undefined) for (const each of before) users?.feed.remove(each);
    else users?.feed.put(after);
    assert.equal(buckets?.controller.depth(), expected);
  });
}

for (const isStandby of [false, true]) {
  test(`${isStandby ? 'a standby remembers no' : 'a leader remembers the'} cause of a pass over another object`, async (t) => {
    const { kinds, heard } = await setUp(t, bucketsAndUsers, isStandby);
    const waiting = { ...object('Bucket', 'b'), spec: { providerRef: { name: 'p' }, userRef: { name: 'team-a' } } };
    kinds.get('Bucket')?.feed.put(waiting as ManagedResource);
    kinds.get('User')?.feed.put(object('User', 'team-a'));
    assert.deepEqual(heard.includes('Bucket a/b'), !isStandby);
  });
}
