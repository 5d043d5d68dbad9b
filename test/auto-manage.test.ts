import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketTaggingCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { User } from '../src/api/user.ts';
import { accessLevelPolicy } from '../src/wasabi/policy/access-levels.ts';
import { eventsAbout } from './support/answers.ts';
import { bucket, user } from './support/builders.ts';
import { bucketStatusOf, childrenOf, childrenThere, childSecret, makeStack } from './support/children.ts';
import { until } from './support/cluster.ts';
import { userAsIs } from './support/iam-console.ts';
import { isWorking, keyCalls, pairIn } from './support/keys.ts';
import { pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { SkippingClock } from './support/skipping-clock.ts';
import { consoleOf, type World } from './support/world.ts';

const { startWorld } = shareCluster();
const ALL = ['User', 'BucketPolicy', 'AccessKey', 'Secret'];

interface Statement {
  readonly Principal: { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
}

async function statementsOn(world: World, Bucket: string): Promise<readonly Statement[]> {
  const { Policy = '' } = await world.console.send(new GetBucketPolicyCommand({ Bucket }));
  return (JSON.parse(Policy) as { Statement: readonly Statement[] }).Statement; // a policy document
}

test('L67: autoManage: from one object to a key that works, with exactly one create of each', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'logs');
  assert.deepEqual(await childrenThere(world, 'logs'), ALL);
  const { credentialsSecret, arn: bucketArn } = (await bucketStatusOf(world, 'logs')) ?? {};
  assert.deepEqual([credentialsSecret, bucketArn], [childSecret('logs'), 'arn:aws:s3:::logs']);
  assert.ok(await isWorking(world, childSecret('logs')));
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
  assert.equal(world.serviceWrites().filter((call) => call === 'CreateUser').length, 1);
  const [inline, ...others] = Object.values((await userAsIs(world, 'logs'))?.inline ?? {});
  assert.deepEqual([inline, others], [accessLevelPolicy('readwrite', 'logs'), []]);
  const arn = `arn:aws:iam::${world.emulator.account.accountId}:user/logs`;
  for (const { Principal } of await statementsOn(world, 'logs')) assert.deepEqual(Principal, { AWS: [arn] });
  const pair = await pairIn(world, childSecret('logs'));
  const client = consoleOf(world.emulator, pair);
  await client.send(new PutObjectCommand({ Bucket: 'logs', Key: 'a', Body: 'text' }));
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'logs', Key: 'a' }));
  assert.equal(await Body?.transformToString(), 'text');
  client.destroy();
  for (const [kind, name] of [['Bucket', 'logs'] as const, ...childrenOf('logs')]) await world.expectValid(kind, name);
  const reasons = eventsAbout(world, 'Bucket', 'logs').map(({ reason }) => reason);
  assert.equal(reasons[0], 'BucketCreated');
  assert.ok(!reasons.includes('ReconcileFailed'), 'waiting for children is no failure');
});

test('L47: autoManage: the Secret is named once its key works, and not while the service does not know it yet', async (t) => {
  const clock = new SkippingClock();
  const world = await startWorld(t, { emulator: { clock, propagation: { keysMs: 200_000 } } });
  await world.apply(bucket('slow', { autoManage: {} }));
  await world.reaches('AccessKey', 'slow-accesskey', 'Synced', 'KeyNotUsable');
  await world.settle();
  assert.deepEqual(await childrenThere(world, 'slow'), ALL, 'the Secret is there');
  const isNamed = () =>
    world.operator.kube.calls.some(
      ({ url, body }) => url.includes('/buckets/slow/status') && body.includes(childSecret('slow')),
    );
  await clock.skip(150_000);
  await world.elapse(150_000);
  await pass(world, 'Bucket', 'slow');
  assert.equal((await bucketStatusOf(world, 'slow'))?.credentialsSecret, undefined);
  assert.ok(!isNamed(), 'it never was');
  // However often it is looked at, what the service says of the key stays what it is.
  await pass(world, 'AccessKey', 'slow-accesskey');
  await world.reaches('AccessKey', 'slow-accesskey', 'Synced', 'KeyNotUsable');
  assert.equal((await world.condition('Bucket', 'slow', 'Ready'))?.status, 'False');

  await clock.skip(700_000);
  await world.elapse(700_000);
  await world.reaches('Bucket', 'slow', 'Ready', 'True');
  assert.equal((await bucketStatusOf(world, 'slow'))?.credentialsSecret, childSecret('slow'));
  assert.ok(isNamed());
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 });
});

test('autoManage: what was read a moment ago serves news of the children only: whoever asks for a pass gets a read', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'asked');
  await world.console.send(new DeleteBucketTaggingCommand({ Bucket: 'asked' }));
  await pass(world, 'Bucket', 'asked');
  const { TagSet = [] } = await world.console.send(new GetBucketTaggingCommand({ Bucket: 'asked' }));
  assert.ok(TagSet.length > 0, 'the marker is back');
  const before = world.serviceWrites().length;
  await world.patch('Bucket', 'asked', { spec: { versioning: { enabled: true } } });
  await until('the edit is in effect', async () => world.serviceWrites().length > before);
  assert.equal(world.emulator.state.buckets.get('asked')?.versioning, 'Enabled');
});

test('L46: without spec.autoManage nothing is made', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('basic'));
  await world.reaches('Bucket', 'basic', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(await childrenThere(world, 'basic'), []);
  assert.deepEqual(
    eventsAbout(world, 'Bucket', 'basic').map(({ reason }) => reason),
    ['BucketCreated'],
  );
});

test('L46: nothing is made for a bucket that is not ours', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('mine', { name: 'shared-name' }));
  await world.reaches('Bucket', 'mine', 'Ready', 'True');
  await world.apply(bucket('other', { name: 'shared-name', autoManage: {} }));
  await world.reaches('Bucket', 'other', 'Ready', 'ClaimedByOther');
  await world.settle();
  assert.deepEqual(await childrenThere(world, 'other'), []);
});

test('L47: edits of the block are followed; userName counts where there is no user yet', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'edited', { autoManage: { accessLevel: 'readonly', userName: 'reader' } });
  const before = await pairIn(world, childSecret('edited'));
  await world.patch('Bucket', 'edited', {
    spec: { autoManage: { accessLevel: 'full', userName: 'writer', rotation: { enabled: false, intervalDays: 30 } } },
  });
  await world.reaches('Bucket', 'edited', 'Ready', 'True');
  await world.settle();
  const found = await userAsIs(world, 'reader');
  assert.deepEqual(Object.values(found?.inline ?? {}), [accessLevelPolicy('full', 'edited')]);
  assert.deepEqual(
    (await statementsOn(world, 'edited')).map(({ Action }) => Action),
    [['s3:*'], ['s3:*']],
  );
  assert.equal(await userAsIs(world, 'writer'), undefined);
  assert.equal((await world.get<User>('User', 'edited-user'))?.spec.name, 'reader');
  assert.deepEqual(await pairIn(world, childSecret('edited')), before, 'the key stays');
});

test('L47: an unrelated object of that name is a conflict, named and untouched', async (t) => {
  const world = await startWorld(t);
  await world.apply(user('taken-user', { name: 'somebody' }));
  await world.reaches('User', 'taken-user', 'Ready', 'True');
  const before = await world.get('User', 'taken-user');
  await world.apply(bucket('taken', { autoManage: {}, versioning: { enabled: true } }));
  await world.reaches('Bucket', 'taken', 'Stalled', 'ChildNotOurs');
  await world.settle();
  const ready = await world.condition('Bucket', 'taken', 'Ready');
  assert.match(ready?.message ?? '', /User taken-user exists and does not belong to this Bucket/);
  assert.equal(world.snapshot('taken')?.['versioning'], 'Enabled', 'the settings are not held up');
  assert.deepEqual(await world.get('User', 'taken-user'), before);
  assert.deepEqual(await childrenThere(world, 'taken'), ['User']);
  // Its own pass comes when the name is free, by the watch alone.
  await world.delete('User', 'taken-user');
  await world.reaches('Bucket', 'taken', 'Ready', 'True');
  await world.delete('Bucket', 'taken');
  await world.gone('Bucket', 'taken');
});

const edits: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  'the policy of the user edited': (world) =>
    world.patch('User', 'kept-user', {
      spec: { policy: { statement: [{ effect: 'Allow', action: '*', resource: '*' }] } },
    }),
  'the owner reference taken off with the label left': (world) =>
    world.patch('BucketPolicy', 'kept-policy', { metadata: { labels: { 'app.kubernetes.io/managed-by': 'me' } } }),
  'the display name of the key edited': (world) =>
    world.patch('AccessKey', 'kept-accesskey', { spec: { displayName: 'mine' } }),
  'the policy deleted': (world) => world.delete('BucketPolicy', 'kept-policy'),
  'the key deleted': (world) => world.delete('AccessKey', 'kept-accesskey'),
  'all deleted': async (world) => {
    for (const [kind, name] of childrenOf('kept')) await world.delete(kind, name);
  },
};

for (const [what, edit] of Object.entries(edits)) {
  test(`autoManage: somebody's change of a child is undone: ${what}`, async (t) => {
    const world = await startWorld(t);
    await makeStack(world, 'kept');
    const essence = async () =>
      Promise.all(
        childrenOf('kept').map(async ([kind, name]) => {
          const object = await world.get(kind, name);
          return [object?.metadata.labels, object?.spec];
        }),
      );
    const before = await essence();
    await edit(world);
    await world.settle();
    await until('all is as before', async () => {
      await world.settle();
      const ready = await world.condition('Bucket', 'kept', 'Synced');
      return ready?.status === 'True' && JSON.stringify(await essence()) === JSON.stringify(before);
    });
    assert.ok(await isWorking(world, childSecret('kept')));
    assert.deepEqual(await childrenThere(world, 'kept'), ALL);
    await world.expectValid('Bucket', 'kept');
  });
}

test('autoManage: what others add to a child stays, and is no drift', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'shared');
  await world.patch('AccessKey', 'shared-accesskey', { spec: { secret: { labels: { app: 'web' } } } });
  await world.settle();
  const writes = world.kubeWrites();
  await world.resync();
  assert.deepEqual(world.kubeWrites(), writes);
  const spec = (await world.get('AccessKey', 'shared-accesskey'))?.spec;
  assert.deepEqual((spec as { secret?: object }).secret, { labels: { app: 'web' } });
});

test('autoManage: Observe says what would be made and makes nothing; Suspend does nothing', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('seen', { autoManage: {}, mode: 'Observe' }));
  await world.reaches('Bucket', 'seen', 'Synced', 'Observed');
  const pending = (await bucketStatusOf(world, 'seen'))?.pendingChanges;
  assert.ok(pending?.includes('apply User seen-user'), pending?.join());
  assert.deepEqual(await childrenThere(world, 'seen'), []);
  await world.patch('Bucket', 'seen', { spec: { mode: 'Manage' } });
  await world.reaches('Bucket', 'seen', 'Ready', 'True');
  await world.patch('Bucket', 'seen', { spec: { suspend: true } });
  await world.reaches('Bucket', 'seen', 'Synced', 'Suspended');
  await world.patch('User', 'seen-user', { spec: { policy: { statement: [] } } });
  await world.settle();
  assert.deepEqual((await world.get<User>('User', 'seen-user'))?.spec.policy?.statement, []);
  await world.patch('Bucket', 'seen', { spec: { suspend: false, mode: 'Observe' } });
  await world.reaches('Bucket', 'seen', 'Synced', 'Observed');
  assert.deepEqual((await bucketStatusOf(world, 'seen'))?.pendingChanges, ['apply User seen-user']);
  assert.deepEqual((await world.get<User>('User', 'seen-user'))?.spec.policy?.statement, []);
});

test('autoManage: a child that fails is named with its reason, and the Bucket is not Ready', async (t) => {
  const world = await startWorld(t, { flags: ['--drift-check-interval-seconds=0'] });
  await world.apply(user('first', { name: 'clash' }));
  await world.reaches('User', 'first', 'Ready', 'True');
  await world.apply(bucket('clash', { autoManage: {}, versioning: { enabled: true } }));
  await world.reaches('User', 'clash-user', 'Ready', 'ClaimedByOther');
  await world.settle();
  const ready = await world.condition('Bucket', 'clash', 'Ready');
  assert.deepEqual([ready?.status, ready?.reason], ['False', 'ChildNotReady']);
  assert.match(ready?.message ?? '', /User clash-user is not ready: ClaimedByOther/);
  assert.equal(world.snapshot('clash')?.['versioning'], 'Enabled');
  assert.equal((await bucketStatusOf(world, 'clash'))?.credentialsSecret, undefined);
  const calls = world.operatorCalls().length;
  await world.elapse(120_000);
  assert.equal(world.operatorCalls().length, calls, 'waiting costs nothing');
  await world.delete('User', 'first');
  await world.reaches('Bucket', 'clash', 'Ready', 'True');
});
