import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { BUCKET_POLICIES, type BucketPolicy } from '../src/api/bucket-policy.ts';
import { rfc3339 } from '../src/managed/conditions.ts';
import { documentHash } from '../src/wasabi/policy/canonical.ts';
import { parseServicePolicy } from '../src/wasabi/policy/parse.ts';
import { bucket, bucketPolicy } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();

const reader = 'arn:aws:iam::wasabi:user/reader';
const ours = (name: string, sid: string, action: string) => ({
  statement: [{ sid, effect: 'Allow', principal: reader, action, resource: `arn:aws:s3:::${name}/*` }],
});
const theirs = (name: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${name}/*` },
    ],
  });

/** A write that was not answered may take effect so much later. */
const LATE_MS = 300_000;
const refused = { type: 'error', status: 403, code: 'AccessDenied' } as const;

/** The Sids of the policy; undefined: there is none. */
async function sidsOf(world: World, Bucket: string): Promise<readonly unknown[] | undefined> {
  try {
    const { Policy = '' } = await world.console.send(new GetBucketPolicyCommand({ Bucket }));
    const { Statement } = JSON.parse(Policy) as { Statement: { Sid?: string }[] }; // a policy document
    return Statement.map(({ Sid }) => Sid);
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchBucketPolicy') return undefined;
    throw error;
  }
}

function put(world: World, Bucket: string, Policy: string) {
  return world.console.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

async function statusOf(world: World): Promise<NonNullable<BucketPolicy['status']>> {
  return (await world.get<BucketPolicy>('BucketPolicy', 'it'))?.status ?? {};
}

async function withBucket(world: World, name: string): Promise<void> {
  await world.apply(bucket(name, { name }));
  await world.reaches('Bucket', name, 'Ready', 'True');
}

async function suspended(world: World): Promise<void> {
  await world.patch('BucketPolicy', 'it', { spec: { suspend: true } });
  await world.reaches('BucketPolicy', 'it', 'Synced', 'Suspended');
  await world.settle();
}

/** The text of the last policy that the operator sent, whether it arrived or not. */
function sentBy(world: World): string {
  const call = world.operator.wasabi.calls.findLast(({ method, url }) => method === 'PUT' && /[?&]policy/.test(url));
  assert.ok(call);
  return call.body;
}

/** A first write whose connection broke, after which a read showed nothing; then the write takes effect. */
async function lateWrite(world: World, name: string): Promise<void> {
  await withBucket(world, name);
  const effect = { type: 'reset', when: 'before' } as const;
  const broken = world.emulator.faults.add({ operation: 'PutBucketPolicy', bucket: name, effect });
  await world.apply(bucketPolicy('it', name, ours(name, 'First', 's3:GetObject')));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'False');
  await world.emulator.faults.whenHit(broken);
  await suspended(world);
  const { announced, documentHash: hash } = await statusOf(world);
  assert.deepEqual([announced?.length, hash], [1, undefined]);
  world.emulator.faults.clear(broken);
  await put(world, name, sentBy(world));
}

test('a first write that takes effect after the read is known for ours, whatever the spec says by then', async (t) => {
  const world = await startWorld(t);
  await lateWrite(world, 'late-edit');
  const policy = ours('late-edit', 'Second', 's3:PutObject');
  await world.patch('BucketPolicy', 'it', { spec: { suspend: null, policy } });
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
  assert.deepEqual(await sidsOf(world, 'late-edit'), ['Second']);
  const { announced, documentHash: hash } = await statusOf(world);
  assert.deepEqual([announced, hash?.length], [undefined, 64]);
  await world.expectValid('BucketPolicy', 'it');
});

test('what came late is recorded for good, though the next write is not answered and not yet read', async (t) => {
  const world = await startWorld(t);
  const name = 'late-again';
  await lateWrite(world, name);
  const { faults } = world.emulator;
  const behind = { type: 'error', status: 404, code: 'NoSuchBucketPolicy' } as const;
  faults.add({ operation: 'PutBucketPolicy', bucket: name, effect: { type: 'reset', when: 'after' } });
  faults.add({ operation: 'GetBucketPolicy', bucket: name, skip: 2, effect: behind });
  const edit = (sid: string, action: string) => ({ spec: { suspend: null, policy: ours(name, sid, action) } });
  await world.patch('BucketPolicy', 'it', edit('Second', 's3:PutObject'));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'False');
  await suspended(world);
  const { announced, documentHash: hash } = await statusOf(world);
  assert.deepEqual([announced?.length, hash?.length], [1, 64]);
  faults.clear();
  assert.deepEqual(await sidsOf(world, name), ['Second']);
  await world.patch('BucketPolicy', 'it', edit('Third', 's3:DeleteObject'));
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
  assert.deepEqual(await sidsOf(world, name), ['Third']);
});

test('a first write that takes effect after the read goes with its object', async (t) => {
  const world = await startWorld(t);
  await lateWrite(world, 'late-end');
  await world.delete('BucketPolicy', 'it');
  await until('the policy is gone', async () => (await sidsOf(world, 'late-end')) === undefined);
  await world.elapse(LATE_MS);
  await world.gone('BucketPolicy', 'it');
  assert.equal(await sidsOf(world, 'late-end'), undefined);
});

test('another object of the bucket knows what came late for theirs, too', async (t) => {
  const world = await startWorld(t);
  await lateWrite(world, 'late-two');
  await world.apply(bucketPolicy('second', 'late-two', ours('late-two', 'Second', 's3:PutObject')));
  await world.reaches('BucketPolicy', 'second', 'Ready', 'True');
  await world.patch('BucketPolicy', 'it', { spec: { suspend: null } });
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
  assert.deepEqual((await sidsOf(world, 'late-two'))?.toSorted(), ['First', 'Second']);
});

test('a first write and a read that both fail are no claim to what somebody else writes later', async (t) => {
  const world = await startWorld(t);
  const name = 'no-claim';
  await withBucket(world, name);
  const { faults } = world.emulator;
  faults.add({ operation: 'PutBucketPolicy', bucket: name, effect: refused });
  faults.add({ operation: 'GetBucketPolicy', bucket: name, skip: 2, effect: refused });
  await world.apply(bucketPolicy('it', name, ours(name, 'First', 's3:GetObject')));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'AccessDenied');
  await suspended(world);
  const { announced, documentHash: hash } = await statusOf(world);
  assert.deepEqual([announced?.length, hash], [1, undefined]);
  faults.clear();
  await put(world, name, theirs(name));
  await world.patch('BucketPolicy', 'it', { spec: { suspend: null } });
  await world.reaches('BucketPolicy', 'it', 'Stalled', 'AlreadyExists');
  await world.delete('BucketPolicy', 'it');
  await world.elapse(LATE_MS);
  await world.gone('BucketPolicy', 'it');
  assert.deepEqual(await sidsOf(world, name), ['Theirs']);
});

test('a write that was not answered stays announced, though its repetition is refused', async (t) => {
  const world = await startWorld(t);
  const name = 'refused-later';
  await withBucket(world, name);
  const { faults } = world.emulator;
  const broken = faults.add({ operation: 'PutBucketPolicy', bucket: name, effect: { type: 'reset', when: 'before' } });
  await world.apply(bucketPolicy('it', name, ours(name, 'First', 's3:GetObject')));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'ConnectionLost');
  faults.add({ operation: 'PutBucketPolicy', bucket: name, effect: refused });
  faults.clear(broken);
  await world.operator.clock.skip(30_000);
  await world.reaches('BucketPolicy', 'it', 'Synced', 'AccessDenied');
  assert.equal((await statusOf(world)).announced?.length, 1);
});

for (const verdict of ['cutAfter', 'cutBefore'] as const) {
  const what = verdict === 'cutAfter' ? 'ours is edited' : 'somebody else writes one';
  test(`a crash ${verdict === 'cutAfter' ? 'after' : 'before'} the first write; then ${what}`, async (t) => {
    const world = await startWorld(t);
    const name = verdict.toLowerCase();
    await withBucket(world, name);
    world.operator.wasabi.decide(({ method, url }) => {
      return method === 'PUT' && /[?&]policy/.test(url) ? verdict : 'pass';
    });
    await world.apply(bucketPolicy('it', name, ours(name, 'First', 's3:GetObject')));
    await world.operator.wasabi.cut;
    await world.kill();
    assert.equal((await statusOf(world)).announced?.length, 1);
    const policy = ours(name, 'Second', 's3:PutObject');
    await world.patch('BucketPolicy', 'it', { spec: { policy } });
    if (verdict === 'cutBefore') await put(world, name, theirs(name));
    await world.restart();
    if (verdict === 'cutAfter') await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
    else await world.reaches('BucketPolicy', 'it', 'Stalled', 'AlreadyExists');
    assert.deepEqual(await sidsOf(world, name), [verdict === 'cutAfter' ? 'Second' : 'Theirs']);
  });
}

test('a document that somebody writes while ours is about to be written stays', async (t) => {
  const world = await startWorld(t);
  const name = 'overtaken';
  await withBucket(world, name);
  const found = world.emulator.state.buckets.get(name);
  assert.ok(found);
  world.operator.kube.decide(({ method, url, body }) => {
    if (method === 'PATCH' && url.includes('/bucketpolicies/it/status') && body.includes('"announced":[')) {
      found.policy = theirs(name);
      world.operator.kube.decide(undefined);
    }
    return 'pass';
  });
  await world.apply(bucketPolicy('it', name, ours(name, 'First', 's3:GetObject')));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'False');
  await world.operator.clock.skip(30_000);
  await world.reaches('BucketPolicy', 'it', 'Stalled', 'AlreadyExists');
  assert.deepEqual(await sidsOf(world, name), ['Theirs']);
});

test('a document that somebody puts in place of ours while it is being deleted stays', async (t) => {
  const world = await startWorld(t);
  const name = 'swapped';
  await lateWrite(world, name);
  const found = world.emulator.state.buckets.get(name);
  assert.ok(found?.policy);
  // The write that confirms the deletion lies between the read that decides and the one that the deletion goes by.
  world.operator.kube.decide(({ method, url, body }) => {
    if (method === 'PATCH' && url.includes('/bucketpolicies/it/status') && body.includes('"Delete"')) {
      found.policy = theirs(name);
      world.operator.kube.decide(undefined);
    }
    return 'pass';
  });
  await world.delete('BucketPolicy', 'it');
  await until('the swap', () => Promise.resolve(found.policy === theirs(name)));
  await world.elapse(LATE_MS);
  await world.gone('BucketPolicy', 'it');
  assert.deepEqual(await sidsOf(world, name), ['Theirs']);
});

for (const write of ['first', 'later'] as const) {
  test(`a ${write} write that takes effect after its object was deleted leaves nothing behind`, async (t) => {
    const world = await startWorld(t);
    const name = `orphan-${write}`;
    await withBucket(world, name);
    const policy = ours(name, 'Second', 's3:PutObject');
    if (write === 'later') {
      await world.apply(bucketPolicy('it', name, ours(name, 'First', 's3:GetObject')));
      await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
    }
    const effect = { type: 'reset', when: 'before' } as const;
    world.emulator.faults.add({ operation: 'PutBucketPolicy', bucket: name, effect });
    await world.apply(bucketPolicy('it', name, policy));
    await world.reaches('BucketPolicy', 'it', 'Synced', 'ConnectionLost');
    await world.delete('BucketPolicy', 'it');
    await world.reaches('BucketPolicy', 'it', 'Synced', 'NotYetInEffect');
    assert.equal(await sidsOf(world, name), undefined, 'what is known to be ours goes at once');
    world.emulator.faults.clear();
    await put(world, name, sentBy(world));
    await world.elapse(LATE_MS);
    await world.gone('BucketPolicy', 'it');
    assert.equal(await sidsOf(world, name), undefined);
  });
}

test('a write that was refused keeps no object from going', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'refused-end');
  world.emulator.faults.add({ operation: 'PutBucketPolicy', bucket: 'refused-end', effect: refused });
  await world.apply(bucketPolicy('it', 'refused-end', ours('refused-end', 'First', 's3:GetObject')));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'AccessDenied');
  await world.delete('BucketPolicy', 'it');
  await world.gone('BucketPolicy', 'it');
});

test('under Retain no write is waited for', async (t) => {
  const world = await startWorld(t);
  await withBucket(world, 'retained');
  const effect = { type: 'reset', when: 'before' } as const;
  world.emulator.faults.add({ operation: 'PutBucketPolicy', bucket: 'retained', effect });
  const spec = { deletionPolicy: 'Retain' } as const;
  await world.apply(bucketPolicy('it', 'retained', ours('retained', 'First', 's3:GetObject'), spec));
  await world.reaches('BucketPolicy', 'it', 'Synced', 'ConnectionLost');
  await world.delete('BucketPolicy', 'it');
  await world.gone('BucketPolicy', 'it');
});

const DAY_MS = 86_400_000;
for (const { what, isOwn, ageMs, isProof } of [
  { what: 'its own', isOwn: true, ageMs: DAY_MS, isProof: true },
  { what: 'its own of long ago', isOwn: true, ageMs: 8 * DAY_MS, isProof: false },
  { what: 'another object’s', isOwn: false, ageMs: DAY_MS, isProof: false },
]) {
  test(`an announcement counts for the very object that made it, and for a week: ${what}`, async (t) => {
    const world = await startWorld(t);
    const name = what.replaceAll(/[^a-z]+/g, '-');
    await withBucket(world, name);
    await put(world, name, theirs(name));
    await world.kill();
    const { metadata } = await world.apply(bucketPolicy('it', name, ours(name, 'First', 's3:GetObject')));
    const parsed = parseServicePolicy(theirs(name));
    assert.ok(parsed.type === 'Parsed');
    const uid = isOwn ? metadata.uid : '22222222-2222-4222-8222-222222222222';
    const announced = [{ uid, documentHash: documentHash(parsed.document), until: rfc3339(Date.now() - ageMs) }];
    const body = { status: { announced } };
    await world.cluster.admin.patch(
      BUCKET_POLICIES,
      world.key('it'),
      { type: 'merge', body },
      { subresource: 'status' },
    );
    await world.restart();
    if (isProof) await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
    else await world.reaches('BucketPolicy', 'it', 'Stalled', 'AlreadyExists');
    assert.deepEqual(await sidsOf(world, name), [isProof ? 'First' : 'Theirs']);
  });
}
