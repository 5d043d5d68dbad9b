import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { AccessKey } from '../src/api/access-key.ts';
import { eventsAbout, inject } from './support/answers.ts';
import { accessKey, secret } from './support/builders.ts';
import { until } from './support/cluster.ts';
import {
  addKey,
  isWorking,
  keyCalls,
  keysOf,
  keyWorldFor,
  pairIn,
  replaced,
  revokeOutside,
  secretOf,
  settledKey,
  USER,
} from './support/keys.ts';
import { consoleOf, endpointsOf, type World } from './support/world.ts';

const IAM = 'team-iam';

async function statusOf(world: World): Promise<AccessKey['status']> {
  return (await world.get<AccessKey>('AccessKey', 'it'))?.status;
}

test('AccessKey: the delivered key works with a real client', async (t) => {
  const { world } = await settledKey(t, IAM);
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  const status = await statusOf(world);
  const [key] = keysOf(world, IAM);
  assert.equal(status?.accessKeyId, key?.accessKeyId);
  assert.deepEqual(status?.ownKeys, [key?.accessKeyId]);
  assert.equal(status?.mint, undefined);
  assert.equal(status?.secretName, 'it-credentials');
  const Bucket = 'for-the-key';
  const CreateBucketConfiguration = { LocationConstraint: 'eu-central-2' as 'eu-central-1' }; // the emulator's region
  await world.console.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  const pair = await pairIn(world, 'it-credentials');
  const client = consoleOf(world.emulator, pair);
  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'text' }));
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'a' }));
  assert.equal(await Body?.transformToString(), 'text');
  client.destroy();
});

test('L55: a deleted Secret gets a new key at once, and the old one goes when that works', async (t) => {
  const { world, mostKeys } = await settledKey(t, IAM);
  const before = await pairIn(world, 'it-credentials');
  await world.delete('Secret', 'it-credentials');
  await replaced(world, 'it', before.accessKeyId);
  assert.deepEqual(
    keysOf(world, IAM).map(({ accessKeyId }) => accessKeyId),
    [(await pairIn(world, 'it-credentials')).accessKeyId],
  );
  assert.deepEqual(keyCalls(world), { creates: 2, deletes: 1 });
  assert.equal(mostKeys(), 2);
  await world.expectValid('AccessKey', 'it');
  assert.ok(eventsAbout(world, 'AccessKey', 'it').some(({ note }) => note.includes('Replace:SecretLost')));
});

const edits: readonly (readonly [what: string, data: (world: World) => Record<string, string | null>])[] = [
  ['another text', () => ({ 'secret-access-key': 'edited-by-somebody-who-should-not' })],
  ['no text', () => ({ 'secret-access-key': null })],
  ['another id', () => ({ 'access-key-id': 'AAAABBBBCCCCDDDDEEEE' })],
];
for (const [what, data] of edits) {
  test(`L55: an edited Secret is replaced: ${what}`, async (t) => {
    const { world } = await settledKey(t, IAM);
    const before = await pairIn(world, 'it-credentials');
    const encoded = Object.entries(data(world)).map(([key, value]) => [
      key,
      value === null ? null : Buffer.from(value).toString('base64'),
    ]);
    await world.patch('Secret', 'it-credentials', { data: Object.fromEntries(encoded) });
    await replaced(world, 'it', before.accessKeyId);
    assert.equal(keysOf(world, IAM).length, 1);
    assert.deepEqual(keyCalls(world), { creates: 2, deletes: 1 });
  });
}

test('AccessKey: a key of others in an edited Secret is neither delivered nor revoked', async (t) => {
  const { world, mostKeys } = await settledKey(t, IAM);
  const foreign = addKey(world, IAM, 3_600_000);
  const data = {
    'access-key-id': Buffer.from(foreign.accessKeyId).toString('base64'),
    'secret-access-key': Buffer.from(foreign.secretAccessKey).toString('base64'),
  };
  await world.patch('Secret', 'it-credentials', { data });
  await replaced(world, 'it', foreign.accessKeyId);
  assert.ok(keysOf(world, IAM).some(({ accessKeyId }) => accessKeyId === foreign.accessKeyId));
  assert.deepEqual(keyCalls(world), { creates: 2, deletes: 1 }, 'our own made room');
  assert.equal(mostKeys(), 2);
});

test('L57: AccessKey: a key revoked outside is replaced at the next comparison, with an event', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  await pass(61_000); // younger, and the listing might be behind
  revokeOutside(world, accessKeyId);
  await pass(300_000);
  await replaced(world, 'it', accessKeyId);
  assert.equal(keysOf(world, IAM).length, 1);
  assert.ok(eventsAbout(world, 'AccessKey', 'it').some(({ note }) => note.includes('Replace:KeyGone')));
});

test('AccessKey: an inactive key is told, not replaced', async (t) => {
  const { world, pass } = await settledKey(t, IAM);
  const [key] = keysOf(world, IAM);
  assert.ok(key);
  key.status = 'Inactive';
  await pass(300_000);
  await world.reaches('AccessKey', 'it', 'Ready', 'KeyInactive');
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  key.status = 'Active';
  await pass(300_000);
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
});

test('AccessKey: Ready only when the key works; a slow one is warned of', async (t) => {
  const emulator = { propagation: { keysMs: 900_000 } };
  const { world, pass } = await keyWorldFor(t, IAM, { emulator, flags: ['--user-readiness-timeout-seconds=5'] });
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Synced', 'KeyNotUsable');
  assert.equal((await world.condition('AccessKey', 'it', 'Ready'))?.status, 'False');
  await pass(300_000);
  const warned = () => eventsAbout(world, 'AccessKey', 'it').filter(({ reason }) => reason === 'KeyNotUsable');
  await until('a warning', () => Promise.resolve(warned().length === 1));
  await pass(900_000);
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  assert.equal(warned().length, 1);
});

test('AccessKey: a text that was edited before its key was ever tried is replaced once the key is old enough to be known', async (t) => {
  const emulator = { propagation: { keysMs: 60_000 } };
  const { world, pass } = await keyWorldFor(t, IAM, { emulator });
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Synced', 'KeyNotUsable');
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  await world.patch('Secret', 'it-credentials', { stringData: { 'secret-access-key': 'somebody-wrote-this' } });
  await pass(600_000);
  await world.reaches('AccessKey', 'it', 'Synced', 'KeyNotUsable');
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 }, 'it may be a delay of the service still');
  for (let times = 0; times < 2; times += 1) await pass(600_000); // the new one takes its time, too
  await replaced(world, 'it', accessKeyId);
  assert.deepEqual(keyCalls(world), { creates: 2, deletes: 1 });
});

test('AccessKey: a fresh key that is denied counts as working after a settling time', async (t) => {
  const emulator = { quirks: { newKeyError: 'AccessDenied' as const }, propagation: { keysMs: 3_600_000 } };
  const { world, pass } = await keyWorldFor(t, IAM, { emulator });
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Synced', 'KeyNotUsable');
  await pass(90_000);
  await pass(300_000);
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
});

test('AccessKey: where there is no STS, S3 is asked whether the key works', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  const { iamEndpoint } = endpointsOf(world);
  await world.patch('Provider', 'wasabi', { spec: { stsEndpoint: iamEndpoint } });
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  const asked = world.operatorCalls().filter((call) => call.accessKeyId === accessKeyId);
  assert.deepEqual(
    asked.map(({ operation }) => operation).filter((name) => name !== ''),
    ['ListBuckets'],
  );
});

test('AccessKey: a Secret that is not ours is left alone, and nothing is created', async (t) => {
  const { world, pass } = await keyWorldFor(t, IAM);
  await world.apply(secret('it-credentials', { mine: 'own' }));
  const before = await secretOf(world, 'it-credentials');
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Ready', 'SecretNotOurs');
  await world.settle();
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
  assert.deepEqual(await secretOf(world, 'it-credentials'), before);
  await world.delete('Secret', 'it-credentials');
  await pass(61_000);
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  assert.ok(await isWorking(world, 'it-credentials'));
});

test('L68: AccessKey: name, labels, annotations, display name and tags of the Secret follow the spec', async (t) => {
  const { world } = await settledKey(t, IAM, {
    secret: { name: 'app-s3', labels: { app: 'web' }, annotations: { team: 'a' } },
    displayName: 'Backup: nightly',
    tags: { 'any key / at all': 'x' },
  });
  const first = await secretOf(world, 'app-s3');
  assert.equal(first?.metadata.labels?.['app'], 'web');
  assert.equal(first.metadata.annotations?.['team'], 'a');
  assert.equal(first.metadata.annotations['s3.cloud37.dev/display-name'], 'Backup: nightly');
  assert.equal(first.metadata.annotations['s3.cloud37.dev/tags'], '{"any key / at all":"x"}');
  const pair = await pairIn(world, 'app-s3');
  // What others put there stays, what leaves the spec goes, what others took comes back.
  const metadata = { labels: { theirs: 'y', app: null }, annotations: { theirs: 'z' }, ownerReferences: null };
  await world.patch('Secret', 'app-s3', { metadata });
  await world.patch('AccessKey', 'it', { spec: { displayName: null, secret: { annotations: null } } });
  await until('the Secret follows', async () => {
    const { labels = {}, annotations = {}, ownerReferences = [] } = (await secretOf(world, 'app-s3'))?.metadata ?? {};
    const isGone = annotations['team'] === undefined && annotations['s3.cloud37.dev/display-name'] === undefined;
    return isGone && labels['app'] === 'web' && labels['theirs'] === 'y' && ownerReferences.length === 1;
  });
  // Another name: the same key.
  await world.patch('AccessKey', 'it', { spec: { secret: { name: 'other-s3' } } });
  await until('the Secret has its new name', async () => (await statusOf(world))?.secretName === 'other-s3');
  await world.settle();
  assert.deepEqual(await pairIn(world, 'other-s3'), pair);
  assert.equal(await secretOf(world, 'app-s3'), undefined);
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
});

test('L49: labels that no Secret can have are refused before anything is created', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  await world.apply(accessKey('it', USER, { secret: { labels: { 'no label': 'x' } } }));
  await world.reaches('AccessKey', 'it', 'Ready', 'Rejected');
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
  assert.equal((await statusOf(world))?.mint, undefined);
  assert.equal((await world.condition('AccessKey', 'it', 'Stalled'))?.status, 'True');
});

test('a key that the service refuses says nothing of its Provider', async (t) => {
  const it = await settledKey(t, IAM);
  const { world } = it;
  const before = await pairIn(world, 'it-credentials');
  const fault = inject(world.operator.wasabi, ({ body }) => body.includes('Action=CreateAccessKey'), { status: 503 });
  await world.patch('Secret', 'it-credentials', { data: { 'secret-access-key': btoa('edited-by-somebody') } });
  await world.reaches('AccessKey', 'it', 'Synced', 'ServiceFailed');
  await world.delete('Secret', 'it-credentials');
  fault.end();
  await world.settle();
  await it.pass(36_000); // a create that was not answered may come late: until then no other is made
  await replaced(world, 'it', before.accessKeyId);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
});

test('of two AccessKeys of one User the one whose Secret is lost gets a new key in the place of its own', async (t) => {
  const { world, mostKeys } = await settledKey(t, IAM);
  await world.apply(accessKey('other', USER));
  await world.reaches('AccessKey', 'other', 'Ready', 'True');
  const [before, others] = [await pairIn(world, 'it-credentials'), await pairIn(world, 'other-credentials')];
  await world.delete('Secret', 'it-credentials');
  await replaced(world, 'it', before.accessKeyId);
  assert.deepEqual(await pairIn(world, 'other-credentials'), others);
  assert.equal(mostKeys(), 2);
  assert.ok(eventsAbout(world, 'AccessKey', 'it').some(({ reason }) => reason === 'KeyRetentionEnded'));
});

test('L68: AccessKey: a policy of its own is named as unsupported, and it is Ready', async (t) => {
  const { world } = await settledKey(t, IAM, { policy: {} });
  const unsupported = await world.condition('AccessKey', 'it', 'Unsupported');
  assert.match(unsupported?.message ?? '', /spec\.policy/);
});

test('AccessKey: mode Observe says what would be made, and makes nothing', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  await world.apply(accessKey('it', USER, { mode: 'Observe' }));
  await until('it is looked at', async () => ((await statusOf(world))?.pendingChanges ?? []).length > 0);
  assert.deepEqual(keyCalls(world), { creates: 0, deletes: 0 });
  assert.equal((await world.condition('AccessKey', 'it', 'Ready'))?.status, 'False');
  await world.patch('AccessKey', 'it', { spec: { mode: 'Manage' } });
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
});

test('L34: the text of a key is in its Secret and nowhere else', async (t) => {
  const { world, pass, made } = await settledKey(t, IAM);
  const first = await pairIn(world, 'it-credentials');
  const edited = Buffer.from('edited-by-somebody').toString('base64');
  await world.patch('Secret', 'it-credentials', { data: { 'secret-access-key': edited } });
  await replaced(world, 'it', first.accessKeyId);
  // A key that cannot be delivered, and one whose delivery is not answered.
  const fault = inject(
    world.operator.kube,
    ({ method, url }) => method !== 'GET' && url.includes('/secrets'),
    (hit) => (hit % 2 === 0 ? { status: 500 } : 'dropResponse'),
  );
  await world.delete('Secret', 'it-credentials');
  await until('it was tried', () => Promise.resolve(fault.hits.length > 4));
  fault.end();
  await pass(300_000);
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  await pass(1_000);
  const sent = world.operator.kube.calls.filter(({ url }) => !/\/secrets(\/|\?|$)/.test(url));
  const places = [
    ...world.operator.log,
    ...sent.flatMap(({ url, body }) => [url, body]),
    ...world.operator.wasabi.calls.flatMap(({ url, body, authorization }) => [url, body, authorization]),
    await world.operator.running.metrics.text(),
  ].join('\n');
  assert.ok(made.length >= 3);
  for (const { secretAccessKey: text } of made) {
    const base64 = Buffer.from(text).toString('base64');
    for (const form of [text, base64, encodeURIComponent(text), text.slice(0, 12), text.slice(-12)]) {
      assert.ok(!places.includes(form), 'the text of a key was seen');
    }
  }
});

/** Each GetUser, the call before the intent, takes so long on the operator's clock, as where the limit of calls is low. */
function delayIntents(world: World, ms: number, meanwhile: () => void = () => undefined): void {
  world.operator.wasabi.decide(({ body }) => {
    if (body.includes('Action=GetUser&')) {
      world.operator.clock.wakeAfter(ms);
      meanwhile();
    }
    return 'pass';
  });
}

test('a key is made, too, where the limit of calls lets the listing of keys grow old', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  delayIntents(world, 6_000);
  await world.apply(accessKey('it', USER, {}));
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  assert.ok(await isWorking(world, 'it-credentials'));
});

test('… and a key that somebody else makes meanwhile is not taken for its own', async (t) => {
  const { world } = await keyWorldFor(t, IAM);
  let foreign: string | undefined;
  delayIntents(world, 6_000, () => {
    foreign ??= addKey(world, IAM).accessKeyId;
  });
  await world.apply(accessKey('it', USER, {}));
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  const { ownKeys, foreignKeys } = (await statusOf(world)) ?? {};
  assert.deepEqual(foreignKeys, [foreign]);
  assert.equal(ownKeys?.includes(foreign ?? ''), false);
});
