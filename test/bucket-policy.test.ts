import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { BucketPolicy } from '../src/api/bucket-policy.ts';
import { eventsAbout } from './support/answers.ts';
import { bucket, bucketPolicy } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { callsTo, pass, writesTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();
const PUBLIC = { emulator: { quirks: { publicAccess: 'accepted' as const } } };

interface Found {
  readonly Version: string;
  readonly Statement: readonly { readonly Sid?: string; readonly Effect: string; readonly [name: string]: unknown }[];
}

/** The policy as the service has it; undefined: none. */
async function policyOf(world: World, name: string): Promise<Found | undefined> {
  try {
    const { Policy = '' } = await world.console.send(new GetBucketPolicyCommand({ Bucket: name }));
    return JSON.parse(Policy) as Found; // a policy document
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchBucketPolicy') return undefined;
    throw error;
  }
}

async function putPolicy(world: World, name: string, statements: readonly object[]): Promise<void> {
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  await world.console.send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
}

/** What status says of the document; '': nothing. */
async function hashOf(world: World, name: string): Promise<string> {
  return (await world.get<BucketPolicy>('BucketPolicy', name))?.status?.documentHash ?? '';
}

const sidsOf = (found: Found | undefined) => found?.Statement.map(({ Sid }) => Sid);
const own = (name: string, more: object = {}) => ({
  sid: `Read-${name}`,
  effect: 'Allow',
  principal: 'arn:aws:iam::wasabi:user/reader',
  action: 's3:GetObject',
  resource: `arn:aws:s3:::${name}/*`,
  ...more,
});

/** What somebody puts in place of the policy. */
const opened = (name: string) => ({
  Sid: 'Opened',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::100000000099:root' },
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
});

async function withBucket(world: World, name: string, spec = {}, objectName = name): Promise<void> {
  await world.apply({ ...bucket(objectName, { name, ...spec }) });
  await world.reaches('Bucket', objectName, 'Ready', 'True');
}

test('L7: the policy lands on the bucket that the Bucket object means, with the account filled in', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'real-name', {}, 'object-name');
  await withBucket(world, 'object-name', {}, 'decoy');
  await world.apply(bucketPolicy('readers', 'object-name', { statement: [own('real-name')] }));
  await world.reaches('BucketPolicy', 'readers', 'Ready', 'True');
  const { accountId } = world.emulator.account;
  assert.deepEqual((await policyOf(world, 'real-name'))?.Statement[0]?.['Principal'], {
    AWS: [`arn:aws:iam::${accountId}:user/reader`],
  });
  assert.equal(await policyOf(world, 'object-name'), undefined);
  const { status } = (await world.get('BucketPolicy', 'readers')) ?? {};
  assert.deepEqual(
    [status?.['applied' as never], status?.['bucketName' as never], status?.['statements' as never]],
    [true, 'real-name', 1],
  );
  await world.delete('BucketPolicy', 'readers');
  await world.gone('BucketPolicy', 'readers');
  assert.equal(await policyOf(world, 'real-name'), undefined);
  assert.deepEqual(
    callsTo(world, 'object-name').filter((call) => call.includes('Policy')),
    [],
  );
});

test('L54: two objects share one document; whoever goes takes only its own, and the last one the policy', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'shared');
  await world.apply(bucketPolicy('first', 'shared', { statement: [own('shared', { sid: 'First' })] }));
  await world.reaches('BucketPolicy', 'first', 'Ready', 'True');
  await world.apply(
    bucketPolicy('second', 'shared', { Statement: [own('shared', { sid: 'Second', action: 's3:PutObject' })] }),
  );
  await world.reaches('BucketPolicy', 'second', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(sidsOf(await policyOf(world, 'shared'))?.toSorted(), ['First', 'Second']);
  const writes = [writesTo(world, 'shared').length, world.kubeWrites().length];
  await world.resync();
  await world.resync();
  assert.deepEqual([writesTo(world, 'shared').length, world.kubeWrites().length], writes, 'nobody writes any more');
  await world.delete('BucketPolicy', 'first');
  await world.gone('BucketPolicy', 'first');
  assert.deepEqual(sidsOf(await policyOf(world, 'shared')), ['Second']);
  await world.delete('BucketPolicy', 'second');
  await world.gone('BucketPolicy', 'second');
  assert.equal(await policyOf(world, 'shared'), undefined);
});

test('L71: a clash of sids leaves the younger out, until the older one goes', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'clash');
  await world.apply(bucketPolicy('older', 'clash', { statement: [own('clash', { sid: 'Same' })] }));
  await world.reaches('BucketPolicy', 'older', 'Ready', 'True');
  const other = { sid: 'Same', action: 's3:PutObject' };
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // creationTimestamp has whole seconds
  await world.apply(bucketPolicy('younger', 'clash', { statement: [own('clash', other)] }));
  await world.reaches('BucketPolicy', 'younger', 'Stalled', 'PolicyConflict');
  assert.deepEqual(
    (await policyOf(world, 'clash'))?.Statement.map(({ Action }) => Action),
    [['s3:GetObject']],
  );
  await world.expectValid('BucketPolicy', 'younger');
  await world.delete('BucketPolicy', 'older');
  await world.gone('BucketPolicy', 'older');
  await world.reaches('BucketPolicy', 'younger', 'Ready', 'True');
  assert.deepEqual(
    (await policyOf(world, 'clash'))?.Statement.map(({ Action }) => Action),
    [['s3:PutObject']],
  );
});

test('a foreign document is respected, adopted when asked for, and drift of ours is undone', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'foreign');
  const theirs = {
    Sid: 'Theirs',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::foreign/secret/*',
  };
  await putPolicy(world, 'foreign', [theirs]);
  await world.apply(bucketPolicy('ours', 'foreign', { statement: [own('foreign')] }));
  await world.reaches('BucketPolicy', 'ours', 'Stalled', 'AlreadyExists');
  assert.deepEqual(sidsOf(await policyOf(world, 'foreign')), ['Theirs']);
  await world.patch('BucketPolicy', 'ours', { spec: { adoptionPolicy: 'AdoptOrCreate' } });
  await world.reaches('BucketPolicy', 'ours', 'Ready', 'True');
  assert.deepEqual(sidsOf(await policyOf(world, 'foreign')), ['Read-foreign']);
  await putPolicy(world, 'foreign', [theirs]);
  await world.resync();
  assert.deepEqual(sidsOf(await policyOf(world, 'foreign')), ['Read-foreign']);
  await world.console.send(new DeleteBucketPolicyCommand({ Bucket: 'foreign' }));
  await world.resync();
  assert.deepEqual(sidsOf(await policyOf(world, 'foreign')), ['Read-foreign']);
});

test('deleting an object whose document was never written leaves the foreign one as it is', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'untouched');
  const statement = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: 'arn:aws:s3:::untouched/*' };
  await putPolicy(world, 'untouched', [statement]);
  await world.apply(bucketPolicy('ours', 'untouched', { statement: [own('untouched')] }));
  await world.reaches('BucketPolicy', 'ours', 'Stalled', 'AlreadyExists');
  await world.delete('BucketPolicy', 'ours');
  await world.gone('BucketPolicy', 'ours');
  assert.equal((await policyOf(world, 'untouched'))?.Statement.length, 1);
});

test('what would grant to everyone is refused while the Bucket says so, and taken away when it comes to say so', async (t) => {
  const world = await startWorld(t, PUBLIC);
  await withBucket(world, 'open');
  await world.apply(bucketPolicy('public', 'open', { statement: [own('open', { sid: 'Open', principal: '*' })] }));
  await world.apply(bucketPolicy('named', 'open', { statement: [own('open', { sid: 'Named' })] }));
  for (const name of ['public', 'named']) await world.reaches('BucketPolicy', name, 'Ready', 'True');
  await world.patch('Bucket', 'open', { spec: { publicAccess: {} } });
  await world.reaches('BucketPolicy', 'public', 'Stalled', 'PublicAccessBlocked');
  await world.reaches('BucketPolicy', 'named', 'Ready', 'True');
  assert.deepEqual(sidsOf(await policyOf(world, 'open')), ['Named']);
  await world.delete('BucketPolicy', 'named');
  await world.gone('BucketPolicy', 'named');
  assert.equal(await policyOf(world, 'open'), undefined);
  await world.patch('Bucket', 'open', {
    spec: { publicAccess: { blockPublicPolicy: false, restrictPublicBuckets: false } },
  });
  await world.reaches('BucketPolicy', 'public', 'Ready', 'True');
  assert.deepEqual(sidsOf(await policyOf(world, 'open')), ['Open']);
});

test('L71: a policy that is none names statement and element; one that was applied stays in force meanwhile', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'bad');
  await world.apply(bucketPolicy('edited', 'bad', { statement: [own('bad', { sid: 'Edited' })] }));
  await world.reaches('BucketPolicy', 'edited', 'Ready', 'True');
  await world.patch('BucketPolicy', 'edited', {
    spec: { policy: { statement: [{ ...own('bad'), effect: 'Permit' }] } },
  });
  await world.reaches('BucketPolicy', 'edited', 'Synced', 'InvalidSpec');
  const message = (await world.condition('BucketPolicy', 'edited', 'Synced'))?.message ?? '';
  assert.match(message, /statement\[0\] "Read-bad".*effect.*"Permit"/i);
  await world.apply(
    bucketPolicy('other', 'bad', { statement: [own('bad', { sid: 'Other', action: 's3:PutObject' })] }),
  );
  await world.reaches('BucketPolicy', 'other', 'Ready', 'True');
  assert.deepEqual(sidsOf(await policyOf(world, 'bad'))?.toSorted(), ['Edited', 'Other']);
});

test('a resource of another bucket is told to its object alone; the others of the bucket stay in sync and are repaired', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'strict');
  await world.apply(bucketPolicy('good', 'strict', { statement: [own('strict', { sid: 'Good' })] }));
  await world.reaches('BucketPolicy', 'good', 'Ready', 'True');
  const resource = 'arn:aws:s3:::some-other/*';
  await world.apply(bucketPolicy('stray', 'strict', { statement: [own('strict', { sid: 'Stray', resource })] }));
  await world.reaches('BucketPolicy', 'stray', 'Stalled', 'InvalidSpec');
  const message = (await world.condition('BucketPolicy', 'stray', 'Synced'))?.message ?? '';
  assert.match(message, /statement\[0\] "Stray"\.resource holds "arn:aws:s3:::some-other\/\*".*bucket "strict"/);
  await world.settle();
  assert.equal((await world.condition('BucketPolicy', 'good', 'Synced'))?.status, 'True');
  await putPolicy(world, 'strict', [opened('strict')]);
  await pass(world, 'BucketPolicy', 'good');
  assert.deepEqual(sidsOf(await policyOf(world, 'strict')), ['Good']);
});

test('what the service alone finds wrong is told to its object; the others stay in sync and are repaired, across a restart', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'shared-2');
  await world.apply(bucketPolicy('good', 'shared-2', { statement: [own('shared-2', { sid: 'Good' })] }));
  await world.reaches('BucketPolicy', 'good', 'Ready', 'True');
  const refused = { sid: 'Refused', resource: undefined, notResource: 'arn:aws:s3:::some-other/*' };
  await world.apply(bucketPolicy('bad', 'shared-2', { statement: [own('shared-2', refused)] }));
  await world.reaches('BucketPolicy', 'bad', 'Stalled', 'PolicyInvalid');
  await world.reaches('BucketPolicy', 'bad', 'Ready', 'False');
  const message = (await world.condition('BucketPolicy', 'bad', 'Synced'))?.message ?? '';
  assert.match(message, /with statement\[0\] "Refused" of this object .*MalformedPolicy/);
  await world.expectValid('BucketPolicy', 'bad');
  await world.apply(
    bucketPolicy('late', 'shared-2', { statement: [own('shared-2', { sid: 'Late', action: 's3:PutObject' })] }),
  );
  await world.reaches('BucketPolicy', 'late', 'Ready', 'True');
  await world.settle();
  await putPolicy(world, 'shared-2', [opened('shared-2')]);
  await pass(world, 'BucketPolicy', 'good');
  assert.deepEqual(sidsOf(await policyOf(world, 'shared-2'))?.toSorted(), ['Good', 'Late']);
  await world.restart();
  await world.settle();
  await putPolicy(world, 'shared-2', [opened('shared-2')]);
  await pass(world, 'BucketPolicy', 'late');
  assert.deepEqual(sidsOf(await policyOf(world, 'shared-2'))?.toSorted(), ['Good', 'Late']);
  await world.reaches('BucketPolicy', 'bad', 'Stalled', 'PolicyInvalid');
  for (const name of ['good', 'late']) await world.reaches('BucketPolicy', name, 'Synced', 'True');
  await world.patch('BucketPolicy', 'bad', {
    spec: { policy: { statement: [own('shared-2', { sid: 'Mended', action: 's3:DeleteObject' })] } },
  });
  await world.reaches('BucketPolicy', 'bad', 'Ready', 'True');
  assert.deepEqual(sidsOf(await policyOf(world, 'shared-2'))?.toSorted(), ['Good', 'Late', 'Mended']);
});

test('an edit that the service refuses leaves what the object had, and drift beside it is undone', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'edit');
  await world.apply(bucketPolicy('edited', 'edit', { statement: [own('edit', { sid: 'Before' })] }));
  await world.reaches('BucketPolicy', 'edited', 'Ready', 'True');
  const refused = own('edit', { sid: 'After', resource: undefined, notResource: 'arn:aws:s3:::some-other/*' });
  await world.patch('BucketPolicy', 'edited', { spec: { policy: { statement: [refused] } } });
  await world.reaches('BucketPolicy', 'edited', 'Stalled', 'PolicyInvalid');
  const found = await policyOf(world, 'edit');
  assert.deepEqual(sidsOf(found), ['Before']);
  await putPolicy(world, 'edit', [...(found?.Statement ?? []), opened('edit')]);
  await world.resync();
  assert.deepEqual(sidsOf(await policyOf(world, 'edit')), ['Before']);
  await world.reaches('BucketPolicy', 'edited', 'Stalled', 'PolicyInvalid');
});

test('a policy that would lock the operator out is refused', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'locked');
  const statement = { sid: 'NoOne', effect: 'Deny', principal: '*', action: 's3:*', resource: 'arn:aws:s3:::locked' };
  await world.apply(bucketPolicy('lock', 'locked', { statement: [statement] }));
  await world.reaches('BucketPolicy', 'lock', 'Stalled', 'LocksOutOperator');
  assert.equal(await policyOf(world, 'locked'), undefined);
  await world.apply(bucketPolicy('other', 'locked', { statement: [own('locked')] }));
  await world.reaches('BucketPolicy', 'other', 'Ready', 'True');
  await world.reaches('BucketPolicy', 'lock', 'Stalled', 'LocksOutOperator');
});

/** Waits for an event of that reason about the object, and gives its note. */
async function noteOf(world: World, name: string, reason: string): Promise<string> {
  let note: string | undefined;
  await until(`event ${reason}`, () => {
    note = eventsAbout(world, 'BucketPolicy', name).find((event) => event.reason === reason)?.note;
    return Promise.resolve(note !== undefined);
  });
  return note ?? '';
}

test('events tell what was written, what was undone, and what is gone', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'told');
  await world.apply(bucketPolicy('it', 'told', { statement: [own('told', { sid: 'Own' })] }));
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
  assert.match(await noteOf(world, 'it', 'PolicyApplied'), /Set:policy \(policy: \+ Allow s3:GetObject on .*reader\)$/);
  await putPolicy(world, 'told', [opened('told')]);
  await pass(world, 'BucketPolicy', 'it');
  assert.match(
    await noteOf(world, 'it', 'DriftRepaired'),
    /^Changes made: Set:policy \(policy: \+ Allow .*; - statement "Opened"\)$/,
  );
  await world.delete('BucketPolicy', 'it');
  await world.gone('BucketPolicy', 'it');
  assert.equal(
    await noteOf(world, 'it', 'PolicyRemoved'),
    'the set of statements of this object in the policy of bucket "told" is gone',
  );
});

test('it waits for its Bucket, and holds it against deletion until it is gone itself', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucketPolicy('early', 'late', { statement: [own('late')] }));
  await world.reaches('BucketPolicy', 'early', 'Synced', 'BucketNotFound');
  await withBucket(world, 'late', { deletionPolicy: 'Delete' });
  await world.reaches('BucketPolicy', 'early', 'Ready', 'True');
  await world.delete('Bucket', 'late');
  await world.reaches('Bucket', 'late', 'DeletionBlocked', 'DependentsExist');
  await world.delete('BucketPolicy', 'early');
  await world.gone('BucketPolicy', 'early');
  await world.gone('Bucket', 'late');
  assert.equal(world.snapshot('late'), undefined);
});

test('Retain leaves the policy; Observe writes none and tells what it would write', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'kept');
  await world.apply(bucketPolicy('watching', 'kept', { statement: [own('kept')] }, { mode: 'Observe' }));
  await world.reaches('BucketPolicy', 'watching', 'Synced', 'Observed');
  const pending = (await world.get('BucketPolicy', 'watching'))?.status?.pendingChanges;
  assert.match(
    pending?.[0] ?? '',
    /^policy: \+ Allow s3:GetObject on arn:aws:s3:::kept\/\* for arn:aws:iam::\d+:user\/reader$/,
  );
  assert.equal(await policyOf(world, 'kept'), undefined);
  await world.delete('BucketPolicy', 'watching');
  await world.gone('BucketPolicy', 'watching');
  await world.apply(bucketPolicy('staying', 'kept', { statement: [own('kept')] }, { deletionPolicy: 'Retain' }));
  await world.reaches('BucketPolicy', 'staying', 'Ready', 'True');
  await world.delete('BucketPolicy', 'staying');
  await world.gone('BucketPolicy', 'staying');
  assert.deepEqual(sidsOf(await policyOf(world, 'kept')), ['Read-kept']);
});

test('a policy that was written and is not yet read counts as written', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'slow');
  const effect = { type: 'error', status: 404, code: 'NoSuchBucketPolicy' } as const;
  const behind = world.emulator.faults.add({ operation: 'GetBucketPolicy', bucket: 'slow', effect });
  await world.apply(bucketPolicy('it', 'slow', { statement: [own('slow', { sid: 'First' })] }));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'NotYetInEffect');
  await world.patch('BucketPolicy', 'it', { spec: { suspend: true } });
  await world.reaches('BucketPolicy', 'it', 'Synced', 'Suspended');
  await world.settle();
  assert.match(await hashOf(world, 'it'), /^[0-9a-f]{64}$/);
  world.emulator.faults.clear(behind);
  assert.deepEqual(sidsOf(await policyOf(world, 'slow')), ['First']);
  const policy = { statement: [own('slow', { sid: 'Second' })] };
  await world.patch('BucketPolicy', 'it', { spec: { suspend: null, policy } });
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
  assert.deepEqual(sidsOf(await policyOf(world, 'slow')), ['Second']);
});

test('an update that is refused leaves the hash of what is in force, and a retry writes what it is about to do, and its answer', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'refused');
  await world.apply(bucketPolicy('it', 'refused', { statement: [own('refused', { sid: 'First' })] }));
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
  const hash = await hashOf(world, 'it');
  const effect = { type: 'error', status: 403, code: 'AccessDenied' } as const;
  const refusal = world.emulator.faults.add({ operation: 'PutBucketPolicy', bucket: 'refused', effect });
  const policy = { statement: [own('refused', { action: 's3:PutObject' })] };
  await world.patch('BucketPolicy', 'it', { spec: { policy } });
  await world.reaches('BucketPolicy', 'it', 'Synced', 'AccessDenied');
  await world.settle();
  assert.equal(await hashOf(world, 'it'), hash);
  const writes = world.kubeWrites().length;
  await pass(world, 'BucketPolicy', 'it');
  await world.settle();
  assert.equal(world.kubeWrites().length, writes + 2, 'the announcement; its end, and that the request was handled');
  world.emulator.faults.clear(refusal);
  await pass(world, 'BucketPolicy', 'it');
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
  assert.notEqual(await hashOf(world, 'it'), hash);
});

test('where the account may make no bucket public, the refusal says so beside the rights', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'open');
  const statement = [
    { sid: 'All', effect: 'Allow', principal: '*', action: 's3:GetObject', resource: 'arn:aws:s3:::open/*' },
  ];
  await world.apply(bucketPolicy('it', 'open', { statement }));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'AccessDenied');
  const { message = '' } = (await world.condition('BucketPolicy', 'it', 'Synced')) ?? {};
  assert.match(message, /extend their policy.*; or the account may make no bucket public, .*"All" grants to everyone/);
});

test('a first write that is refused is no claim to what somebody else writes later', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'never');
  const effect = { type: 'error', status: 403, code: 'AccessDenied' } as const;
  const refusal = world.emulator.faults.add({ operation: 'PutBucketPolicy', bucket: 'never', effect });
  await world.apply(bucketPolicy('it', 'never', { statement: [own('never')] }));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'AccessDenied');
  await world.settle();
  assert.equal(await hashOf(world, 'it'), '');
  assert.equal((await world.get<BucketPolicy>('BucketPolicy', 'it'))?.status?.announced, undefined);
  await world.patch('BucketPolicy', 'it', { spec: { suspend: true } });
  await world.reaches('BucketPolicy', 'it', 'Synced', 'Suspended');
  world.emulator.faults.clear(refusal);
  const Resource = 'arn:aws:s3:::never/*';
  await putPolicy(world, 'never', [
    { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource },
  ]);
  await world.patch('BucketPolicy', 'it', { spec: { suspend: null } });
  await world.reaches('BucketPolicy', 'it', 'Stalled', 'AlreadyExists');
  assert.deepEqual(sidsOf(await policyOf(world, 'never')), ['Theirs']);
});
