import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteBucketCommand, DeleteBucketTaggingCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { NAMESPACES } from '../src/api/core-types.ts';
import type { Provider } from '../src/api/provider.ts';
import { rfc3339 } from '../src/managed/conditions.ts';
import { OWNER_TAG } from '../src/managed/marker.ts';
import { inject, isLook } from './support/answers.ts';
import { bucket } from './support/builders.ts';
import { createNamespace, until } from './support/cluster.ts';
import {
  annotate,
  clusterId,
  makeOutside,
  markerOf,
  ownMarker,
  pass,
  setAge,
  setTags,
  tagsOf,
  versioningOf,
  writesTo,
} from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, type World } from './support/world.ts';

const shared = shareCluster();
const { startWorld } = shared;
const HOUR_MS = 3_600_000;
const TAKE_OVER = 's3.cloud37.dev/take-over-from';

/** Deletes the object and finds the bucket as it was, with not one further write to it. */
async function leavesUntouched(world: World, name: string): Promise<void> {
  const [writes, before] = [writesTo(world, name), world.snapshot(name)];
  await world.delete('Bucket', name);
  await world.gone('Bucket', name);
  assert.deepEqual(writesTo(world, name), writes, 'no further call that changes it');
  assert.deepEqual(world.snapshot(name), before);
}

/** Deletes the object under Delete and finds no bucket. */
async function isDestroyed(world: World, name: string): Promise<void> {
  await world.patch('Bucket', name, { spec: { deletionPolicy: 'Delete' } });
  await world.delete('Bucket', name);
  await world.gone('Bucket', name);
  assert.equal(world.snapshot(name), undefined);
}

/** A second object of the same bucket. */
function second(name: string, spec: Parameters<typeof bucket>[1] = {}) {
  return bucket('second', { name, ...spec });
}

test('L27: a bucket that exists is not touched without adoption: neither settings nor marker, nor at deletion', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'theirs', { isVersioned: true, tags: { team: 'b' } });
  const before = world.snapshot('theirs');
  await world.apply(
    bucket('theirs', {
      versioning: { enabled: false },
      tagging: { tags: {} },
      deletionPolicy: 'Delete',
      forceDelete: true,
    }),
  );
  await world.reaches('Bucket', 'theirs', 'Stalled', 'AlreadyExists');
  await world.reaches('Bucket', 'theirs', 'Ready', 'False');
  assert.match((await world.condition('Bucket', 'theirs', 'Ready'))?.message ?? '', /spec\.adoptionPolicy/);
  await world.expectValid('Bucket', 'theirs');
  assert.deepEqual(writesTo(world, 'theirs'), []);
  await leavesUntouched(world, 'theirs');
  assert.deepEqual(writesTo(world, 'theirs'), []);
  assert.deepEqual(world.snapshot('theirs'), before);
});

for (const adoptionPolicy of ['AdoptOrCreate', 'AdoptOnly'] as const) {
  test(`${adoptionPolicy} takes over a bucket that nobody owns, marks it and may destroy it`, async (t) => {
    const world = await startWorld(t);
    await makeOutside(world, 'found', { isVersioned: true, tags: { team: 'b' }, ageMs: HOUR_MS });
    await world.apply(bucket('found', { adoptionPolicy }));
    await world.reaches('Bucket', 'found', 'Ready', 'True');
    assert.deepEqual(await tagsOf(world, 'found'), {
      team: 'b',
      [OWNER_TAG]: await ownMarker(world, 'Bucket', 'found'),
    });
    assert.equal(await versioningOf(world, 'found'), 'Enabled', 'what the spec does not name stays');
    assert.deepEqual(writesTo(world, 'found'), ['PutBucketTagging']);
    await isDestroyed(world, 'found');
  });
}

test('AdoptOnly creates nothing, and takes the bucket once it is there', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('later', { adoptionPolicy: 'AdoptOnly' }));
  await world.reaches('Bucket', 'later', 'Stalled', 'NothingToAdopt');
  assert.deepEqual(writesTo(world, 'later'), []);
  await makeOutside(world, 'later');
  await world.resync();
  await world.reaches('Bucket', 'later', 'Ready', 'True');
});

test('AdoptOrCreate creates what is not there', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('made', { adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('Bucket', 'made', 'Ready', 'True');
  assert.equal(await markerOf(world, 'made'), await ownMarker(world, 'Bucket', 'made'));
});

const strangers: Readonly<Record<string, (cluster: string) => string>> = {
  'another object of this cluster': (cluster) => `${cluster}/elsewhere/other/11111111-1111-4111-8111-111111111111`,
  'another cluster': () => 'other-cluster/ns/taken/22222222-2222-4222-8222-222222222222',
  'somebody who writes markers in another way': () => 'team b',
};

for (const [who, text] of Object.entries(strangers)) {
  test(`the marker of ${who}: adoption alone is not enough, consent by its very text is`, async (t) => {
    const world = await startWorld(t);
    const marker = text(await clusterId(world));
    await makeOutside(world, 'taken', { tags: { [OWNER_TAG]: marker, team: 'b' } });
    const before = world.snapshot('taken');
    await world.apply(bucket('taken'));
    await world.reaches('Bucket', 'taken', 'Stalled', 'AlreadyExists');
    await annotate(world, 'Bucket', 'taken', { [TAKE_OVER]: marker });
    await pass(world, 'Bucket', 'taken');
    await world.reaches('Bucket', 'taken', 'Stalled', 'AlreadyExists');
    await annotate(world, 'Bucket', 'taken', { [TAKE_OVER]: `${marker}x` });
    await world.patch('Bucket', 'taken', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
    await world.reaches('Bucket', 'taken', 'Stalled', 'AlreadyExists');
    const message = (await world.condition('Bucket', 'taken', 'Stalled'))?.message ?? '';
    assert.ok(message.includes(marker) && message.includes(TAKE_OVER), message);
    assert.deepEqual(world.snapshot('taken'), before);
    await annotate(world, 'Bucket', 'taken', { [TAKE_OVER]: marker });
    await world.reaches('Bucket', 'taken', 'Ready', 'True');
    assert.deepEqual(await tagsOf(world, 'taken'), {
      team: 'b',
      [OWNER_TAG]: await ownMarker(world, 'Bucket', 'taken'),
    });
  });
}

test('what another object released is taken by adoption alone, and left alone without it', async (t) => {
  const world = await startWorld(t);
  const released = `released/${await clusterId(world)}/elsewhere/other/11111111-1111-4111-8111-111111111111`;
  await makeOutside(world, 'free', { tags: { [OWNER_TAG]: released } });
  await world.apply(bucket('free'));
  await world.reaches('Bucket', 'free', 'Stalled', 'AlreadyExists');
  assert.deepEqual(writesTo(world, 'free'), []);
  await world.patch('Bucket', 'free', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.reaches('Bucket', 'free', 'Ready', 'True');
  assert.equal(await markerOf(world, 'free'), await ownMarker(world, 'Bucket', 'free'));
});

test('deleted under Retain and applied again: managed, never destroyed, until it is adopted', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('again'));
  await world.reaches('Bucket', 'again', 'Ready', 'True');
  const released = `released/${await markerOf(world, 'again')}`;
  await world.delete('Bucket', 'again');
  await world.gone('Bucket', 'again');
  assert.equal(await markerOf(world, 'again'), released);

  await world.apply(bucket('again', { versioning: { enabled: true }, deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'again', 'Ready', 'True');
  assert.equal(await versioningOf(world, 'again'), 'Enabled');
  assert.equal(await markerOf(world, 'again'), released, 'the marker stays');
  await world.delete('Bucket', 'again');
  await world.reaches('Bucket', 'again', 'DeletionBlocked', 'OwnershipUnproven');
  assert.ok(world.snapshot('again'));
  await world.patch('Bucket', 'again', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.gone('Bucket', 'again');
  assert.equal(world.snapshot('again'), undefined);
});

test('the marker of an earlier incarnation: managed and left, and rewritten by adoption', async (t) => {
  const world = await startWorld(t);
  const earlier = `${await clusterId(world)}/${world.namespace}/restored/33333333-3333-4333-8333-333333333333`;
  await makeOutside(world, 'restored', { tags: { [OWNER_TAG]: earlier }, ageMs: HOUR_MS });
  await world.apply(bucket('restored', { versioning: { enabled: true } }));
  await world.reaches('Bucket', 'restored', 'Ready', 'True');
  assert.equal(await markerOf(world, 'restored'), earlier);
  assert.equal((await world.get('Bucket', 'restored'))?.status?.target?.identity, undefined, 'nothing proves it');
  await world.patch('Bucket', 'restored', { spec: { adoptionPolicy: 'AdoptOnly' } });
  await world.reaches('Bucket', 'restored', 'Ready', 'True');
  assert.equal(await markerOf(world, 'restored'), await ownMarker(world, 'Bucket', 'restored'));
  await isDestroyed(world, 'restored');
});

test('--cluster-id names the cluster in markers, so that ownership outlives a rebuilt cluster', async (t) => {
  const world = await startWorld(t, { flags: ['--cluster-id=production'] });
  const earlier = `production/${world.namespace}/kept/44444444-4444-4444-8444-444444444444`;
  await makeOutside(world, 'kept', { tags: { [OWNER_TAG]: earlier }, ageMs: HOUR_MS });
  await world.apply(bucket('kept'));
  await world.reaches('Bucket', 'kept', 'Ready', 'True');
  await world.apply(bucket('new'));
  await world.reaches('Bucket', 'new', 'Ready', 'True');
  const { uid } = (await world.get('Bucket', 'new'))?.metadata ?? {};
  assert.equal(await markerOf(world, 'new'), `production/${world.namespace}/new/${uid}`);
});

test('two objects, one bucket: one has it, the other touches nothing, not even when it is deleted', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('shared'));
  await world.reaches('Bucket', 'shared', 'Ready', 'True');
  await world.apply(second('shared', { deletionPolicy: 'Delete', forceDelete: true, versioning: { enabled: true } }));
  await world.reaches('Bucket', 'second', 'Stalled', 'ClaimedByOther');
  assert.match((await world.condition('Bucket', 'second', 'Stalled'))?.message ?? '', /Bucket .*\/shared/);
  const marker = (await markerOf(world, 'shared')) ?? '';
  await annotate(world, 'Bucket', 'second', { [TAKE_OVER]: marker });
  await world.patch('Bucket', 'second', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.reaches('Bucket', 'second', 'Stalled', 'ClaimedByOther'); // no consent takes it from one that lives
  assert.equal(await markerOf(world, 'shared'), marker);
  const [writes, before] = [writesTo(world, 'shared'), world.snapshot('shared')];
  await world.delete('Bucket', 'second');
  await world.gone('Bucket', 'second');
  assert.deepEqual(writesTo(world, 'shared'), writes);
  assert.deepEqual(world.snapshot('shared'), before);
  await world.reaches('Bucket', 'shared', 'Ready', 'True');
});

test('of two objects that come at once the older wins, and its deletion hands the bucket over', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  await world.apply(bucket('shared', { deletionPolicy: 'Delete' }));
  await world.apply(second('shared', { deletionPolicy: 'Delete' }));
  const objects = await Promise.all(['shared', 'second'].map((name) => world.get('Bucket', name)));
  // Creation times are whole seconds; the uid decides between equal ones.
  const order = objects
    .map((object) => object?.metadata)
    .toSorted((a, b) => (`${a?.creationTimestamp} ${a?.uid}` < `${b?.creationTimestamp} ${b?.uid}` ? -1 : 1));
  const [winner = '', loser = ''] = order.map((metadata) => metadata?.name);
  await applyProvider(world);
  await world.reaches('Bucket', winner, 'Ready', 'True');
  await world.reaches('Bucket', loser, 'Stalled', 'ClaimedByOther');
  const first = await markerOf(world, 'shared');
  await world.delete('Bucket', winner);
  await world.gone('Bucket', winner);
  await world.reaches('Bucket', loser, 'Ready', 'True');
  assert.notEqual(await markerOf(world, 'shared'), first);
  assert.deepEqual(writesTo(world, 'shared').filter((name) => name === 'CreateBucket').length, 2, 'made anew');
});

test('a bucket that its winner retained is handed over by adoption only', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('shared'));
  await world.reaches('Bucket', 'shared', 'Ready', 'True');
  await world.apply(second('shared'));
  await world.reaches('Bucket', 'second', 'Stalled', 'ClaimedByOther');
  await world.delete('Bucket', 'shared');
  await world.gone('Bucket', 'shared');
  await world.reaches('Bucket', 'second', 'Stalled', 'AlreadyExists');
  await world.patch('Bucket', 'second', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.reaches('Bucket', 'second', 'Ready', 'True');
});

test("L33: of a bucket that a process beside it made meanwhile, no pass says that it is a stranger's", async (t) => {
  const world = await startWorld(t);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  const { accountId } = (await world.get<Provider>('Provider', 'wasabi'))?.status ?? {};
  // The pass has read its object: what the other one does now it can learn of the service alone.
  const makeBeside = async () => {
    const [time, deadline] = [0, 60_000].map((ms) => rfc3339(Date.now() + ms));
    await world.patchStatus('Bucket', 'raced', {
      target: { provider: `${world.namespace}/wasabi`, accountId, region: 'eu-central-2', name: 'raced' },
      intent: { action: 'Create', attempt: 1, holder: 'other', epoch: 1, time, deadline },
    });
    await makeOutside(world, 'raced');
  };
  const look = inject(
    world.operator.wasabi,
    (call) => isLook(call, 'raced'),
    async (hit) => {
      if (hit === 1) await makeBeside();
      return 'pass' as const;
    },
  );
  await world.apply(bucket('raced'));
  await world.reaches('Bucket', 'raced', 'Ready', 'True');
  assert.ok(look.hits.length > 1, 'it looked again');
  const loud = world.operator.log.filter((line) => /"level":"(warn|error)"/.test(line) && line.includes('"raced"'));
  assert.deepEqual(loud, [], "that is nobody's business");
  assert.equal(await markerOf(world, 'raced'), await ownMarker(world, 'Bucket', 'raced'));
});

test('the incumbent by marker keeps the bucket from an older object that comes to claim it', async (t) => {
  const world = await startWorld(t);
  await world.apply(second('shared', { suspend: true }));
  const { creationTimestamp = '' } = (await world.get('Bucket', 'second'))?.metadata ?? {};
  await until('the next second', () => Promise.resolve(Date.now() >= Date.parse(creationTimestamp) + 1_000));
  await world.apply(bucket('shared'));
  await world.reaches('Bucket', 'shared', 'Ready', 'True');
  await world.patch('Bucket', 'second', { spec: { suspend: false } });
  await world.reaches('Bucket', 'second', 'Stalled', 'ClaimedByOther');
  await pass(world, 'Bucket', 'shared');
  await world.reaches('Bucket', 'shared', 'Ready', 'True');
});

test('an object that lost its grant claims nothing any more, and its namespace is not told to the other', async (t) => {
  const tenant = await createNamespace(shared.cluster.admin, 'tenant');
  const world = await startWorld(t, { neighbours: [tenant] });
  const allow = async (isAllowed: boolean) => {
    const body = { metadata: { labels: { storage: isAllowed ? 'yes' : null } } };
    await world.cluster.admin.patch(NAMESPACES, { namespace: '', name: tenant }, { type: 'merge', body });
  };
  const allowedNamespaces = { from: 'Selector', selector: { matchLabels: { storage: 'yes' } } };
  await world.patch('Provider', 'wasabi', { spec: { allowedNamespaces } });
  await allow(true);
  const providerRef = { name: 'wasabi', namespace: world.namespace };
  await world.apply(bucket('shared', { providerRef }), tenant);
  await world.reaches('Bucket', 'shared', 'Ready', 'True', tenant);
  await world.apply(second('shared', { adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('Bucket', 'second', 'Stalled', 'ClaimedByOther');
  const { message = '' } = (await world.condition('Bucket', 'second', 'Stalled')) ?? {};
  assert.ok(!message.includes(tenant), message);
  const marker = (await markerOf(world, 'shared')) ?? '';
  await allow(false);
  await world.reaches('Bucket', 'second', 'Stalled', 'AlreadyExists');
  await annotate(world, 'Bucket', 'second', { [TAKE_OVER]: marker });
  await world.reaches('Bucket', 'second', 'Ready', 'True');
  await allow(true);
  await world.reaches('Bucket', 'shared', 'Stalled', 'ClaimedByOther', tenant);
  assert.equal(await markerOf(world, 'shared'), await ownMarker(world, 'Bucket', 'second'));
});

test('on another server, whose times may move, a time of creation counts inside the span of the intent alone', async (t) => {
  const world = await startWorld(t, { providerSpec: { type: 's3', iamRegion: 'us-east-1' } });
  await world.apply(bucket('elsewhere', { deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'elsewhere', 'Ready', 'True');
  assert.equal((await world.get('Bucket', 'elsewhere'))?.status?.target?.identity, undefined);
  await world.console.send(new DeleteBucketTaggingCommand({ Bucket: 'elsewhere' }));
  await pass(world, 'Bucket', 'elsewhere');
  await until('it is marked again', async () => (await markerOf(world, 'elsewhere')) !== undefined);
  await world.console.send(new DeleteBucketTaggingCommand({ Bucket: 'elsewhere' }));
  setAge(world, 'elsewhere', HOUR_MS);
  await pass(world, 'Bucket', 'elsewhere');
  await world.reaches('Bucket', 'elsewhere', 'Stalled', 'AlreadyExists');
  await leavesUntouched(world, 'elsewhere');
  await world.apply(bucket('marked', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'marked', 'Ready', 'True');
  setAge(world, 'marked', HOUR_MS);
  await isDestroyed(world, 'marked');
});

test('an adopted bucket is ours for good: adoption may be taken back, and a lost tag is put on again', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'adopted', { ageMs: HOUR_MS });
  await world.apply(bucket('adopted', { adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('Bucket', 'adopted', 'Ready', 'True');
  await world.patch('Bucket', 'adopted', { spec: { adoptionPolicy: null } });
  await world.reaches('Bucket', 'adopted', 'Synced', 'True');
  await world.console.send(new DeleteBucketTaggingCommand({ Bucket: 'adopted' }));
  await pass(world, 'Bucket', 'adopted');
  assert.equal(await markerOf(world, 'adopted'), await ownMarker(world, 'Bucket', 'adopted'));
  await isDestroyed(world, 'adopted');
});

test('without its tag a bucket is still ours by its time of creation: it may be deleted', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('untagged', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'untagged', 'Ready', 'True');
  await world.console.send(new DeleteBucketTaggingCommand({ Bucket: 'untagged' }));
  await world.delete('Bucket', 'untagged');
  await world.gone('Bucket', 'untagged');
  assert.equal(world.snapshot('untagged'), undefined);
});

test('a bucket that a stranger made anew outside is left alone, at deletion too', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('replaced', { deletionPolicy: 'Delete', forceDelete: true, versioning: { enabled: true } }));
  await world.reaches('Bucket', 'replaced', 'Ready', 'True');
  await world.console.send(new DeleteBucketCommand({ Bucket: 'replaced' }));
  await makeOutside(world, 'replaced', { ageMs: -HOUR_MS });
  await world.console.send(new PutObjectCommand({ Bucket: 'replaced', Key: 'data', Body: 'x' }));
  const [writes, before] = [writesTo(world, 'replaced'), world.snapshot('replaced')];
  await world.resync();
  await world.reaches('Bucket', 'replaced', 'Stalled', 'AlreadyExists');
  await world.resync();
  await world.reaches('Bucket', 'replaced', 'Stalled', 'AlreadyExists');
  assert.deepEqual(writesTo(world, 'replaced'), writes);
  await leavesUntouched(world, 'replaced');
  assert.deepEqual(world.snapshot('replaced'), before);
});

for (const region of ['us-east-1', 'eu-central-2']) {
  test(`a create in ${region} that a stranger was faster with proves nothing`, async (t) => {
    const world = await startWorld(t);
    await makeOutside(world, 'raced', { region, ageMs: 60_000, tags: { team: 'b' } });
    const { buckets } = world.emulator.state;
    const theirs = buckets.get('raced');
    assert.ok(theirs);
    buckets.delete('raced');
    world.operator.wasabi.decide(({ method, url }) => {
      if (method === 'PUT' && /^\/raced\/?$/.test(url.split('?')[0] ?? '')) buckets.set('raced', theirs);
      return 'pass';
    });
    const before = JSON.stringify(theirs.documents);
    await world.apply(
      bucket('raced', { region, versioning: { enabled: true }, deletionPolicy: 'Delete', forceDelete: true }),
    );
    await world.reaches('Bucket', 'raced', 'Stalled', 'AlreadyExists');
    assert.equal((await world.get('Bucket', 'raced'))?.status?.target?.identity, undefined, 'theirs is not recorded');
    await world.resync();
    await world.reaches('Bucket', 'raced', 'Stalled', 'AlreadyExists');
    await leavesUntouched(world, 'raced');
    assert.equal(JSON.stringify(buckets.get('raced')?.documents), before);
    assert.equal(buckets.get('raced')?.versioning, undefined);
  });
}

const LEGACY_FINALIZER = 'kopf.zalando.org/KopfFinalizerMarker';

/** A Bucket as the predecessor left it, its operator gone, and the bucket that goes with it. */
async function predecessor(world: World, name: string, ageMs: number): Promise<void> {
  await world.kill();
  await makeOutside(world, name, { ageMs });
  const annotations = { 'kopf.zalando.org/last-handled-configuration': '{}', mine: 'stays' };
  const finalizers = [LEGACY_FINALIZER, 'example.com/theirs'];
  await world.apply(bucket(name, { deletionPolicy: 'Delete' }, { annotations, finalizers }));
  const status = {
    observedGeneration: 1,
    exists: true,
    bucketName: name,
    lastSyncTime: '2024-05-01T10:00:00Z',
    conditions: [
      { type: 'Ready', status: 'True', reason: 'ReconcileSuccess', message: 'ok' },
      { type: 'CreationFailed', status: 'True', reason: 'CreationFailed', message: 'once upon a time' },
    ],
  };
  await world.patchStatus('Bucket', name, status);
}

test("a young bucket of the predecessor is taken over, and the predecessor's traces go", async (t) => {
  const world = await startWorld(t);
  await predecessor(world, 'young', 60_000);
  await world.restart();
  await world.reaches('Bucket', 'young', 'Synced', 'True');
  const { metadata, status } = (await world.get('Bucket', 'young')) ?? {};
  assert.deepEqual(metadata?.finalizers?.toSorted(), ['example.com/theirs', 's3.cloud37.dev/finalizer']);
  assert.deepEqual(metadata?.annotations, { mine: 'stays' });
  assert.equal(
    status?.conditions?.some(({ type }) => type === 'CreationFailed'),
    false,
  );
  assert.equal(await markerOf(world, 'young'), await ownMarker(world, 'Bucket', 'young'));
  await world.expectValid('Bucket', 'young');
  await world.delete('Bucket', 'young');
  await until('the bucket is gone', () => Promise.resolve(world.snapshot('young') === undefined));
  await world.patch('Bucket', 'young', { metadata: { finalizers: null } });
  await world.gone('Bucket', 'young');
});

test('an old bucket that the predecessor claims is managed and not destroyed, until it is adopted', async (t) => {
  const world = await startWorld(t);
  await predecessor(world, 'old', HOUR_MS);
  await world.restart();
  await world.patch('Bucket', 'old', { spec: { versioning: { enabled: true } }, metadata: { finalizers: null } });
  await world.reaches('Bucket', 'old', 'Ready', 'True');
  assert.equal(await versioningOf(world, 'old'), 'Enabled');
  await world.resync();
  await world.reaches('Bucket', 'old', 'Synced', 'True');
  assert.equal(await markerOf(world, 'old'), undefined, 'it is not marked as ours');
  await setTags(world, 'old', { team: 'a' });
  await world.patch('Bucket', 'old', { spec: { tagging: {} } });
  await until('it has no tags', async () => Object.keys(await tagsOf(world, 'old')).length === 0);
  await world.reaches('Bucket', 'old', 'Synced', 'True');
  assert.ok(writesTo(world, 'old').includes('DeleteBucketTagging'), 'a set of none is not written');
  await world.delete('Bucket', 'old');
  await world.reaches('Bucket', 'old', 'DeletionBlocked', 'OwnershipUnproven');
  assert.ok(world.snapshot('old'));
  await world.patch('Bucket', 'old', { spec: { adoptionPolicy: 'AdoptOnly' } });
  await world.gone('Bucket', 'old');
  assert.equal(world.snapshot('old'), undefined);
});

test('a Bucket of the predecessor that was being deleted goes, under Retain without a trace on the bucket', async (t) => {
  const world = await startWorld(t);
  await predecessor(world, 'leaving', HOUR_MS);
  await world.patch('Bucket', 'leaving', {
    spec: { deletionPolicy: 'Retain' },
    metadata: { finalizers: [LEGACY_FINALIZER] },
  });
  await world.delete('Bucket', 'leaving');
  await world.restart();
  await world.gone('Bucket', 'leaving');
  assert.deepEqual(writesTo(world, 'leaving'), []);
  assert.ok(world.snapshot('leaving'));
});

test('an age that moves takes ownership away: identity is the second of creation', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('second-of', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'second-of', 'Ready', 'True');
  await world.console.send(new DeleteBucketTaggingCommand({ Bucket: 'second-of' }));
  setAge(world, 'second-of', 60_000);
  await pass(world, 'Bucket', 'second-of');
  await world.reaches('Bucket', 'second-of', 'Stalled', 'AlreadyExists');
  await leavesUntouched(world, 'second-of');
});
