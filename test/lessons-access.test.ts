import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { ManagedResource } from '../src/managed/kind.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, type Manifest, user } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { policyAsIs, userAsIs } from './support/iam-console.ts';
import { keysOf } from './support/keys.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

// Rows of docs/lessons.md about users, policies and keys, by their numbers there, as far as no other suite has them.

const { startWorld } = shareCluster();
const ONCE = { providerSpec: { retry: { maxAttempts: 1 } } };

interface Applied extends ManagedResource {
  readonly status?: ManagedResource['status'] & { readonly applied?: boolean; readonly policyArn?: string };
}

const statement = { sid: 'Read', effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::whole/*' };
/** One object of each kind, each with what it needs. */
const objects: readonly Manifest[] = [
  bucket('whole'),
  bucketPolicy('whole', 'whole', { statement: [{ ...statement, principalRefs: [{ name: 'whole' }] }] }),
  iamPolicy('whole', { statement: [statement] }, { name: 'whole' }),
  user('whole', { policy: { statement: [statement] }, policyRef: { name: 'whole' } }),
  accessKey('whole', 'whole'),
];

async function applied(world: World): Promise<void> {
  for (const each of objects) await world.apply(each);
  for (const { kind } of objects) await world.reaches(kind, 'whole', 'Ready', 'True');
  await world.settle();
}

/** Deleting each of them ends with that call; what has to go before it. */
const deletions: Readonly<Record<string, { readonly operation: string; readonly before: readonly string[] }>> = {
  BucketPolicy: { operation: 'DeleteBucketPolicy', before: [] },
  AccessKey: { operation: 'DeleteAccessKey', before: [] },
  User: { operation: 'DeleteUser', before: ['AccessKey', 'BucketPolicy'] },
  IAMPolicy: { operation: 'DeletePolicy', before: ['AccessKey', 'BucketPolicy', 'User'] },
};

for (const [kind, { operation, before }] of Object.entries(deletions)) {
  for (const [status, code] of [
    [403, 'AccessDenied'],
    [500, 'InternalError'],
  ] as const) {
    test(`L4: the finalizer goes last: while ${operation} is answered ${code}, the ${kind} stays`, async (t) => {
      const world = await startWorld(t, ONCE);
      await applied(world);
      for (const other of before) {
        await world.delete(other, 'whole');
        await world.gone(other, 'whole');
      }
      const fault = world.emulator.faults.add({ operation, effect: { type: 'error', status, code } });
      await world.delete(kind, 'whole');
      const tried = () => world.operatorCalls().filter((call) => call.operation === operation).length;
      await until('it was tried twice', async () => {
        await world.operator.clock.skip(1_000);
        return tried() >= 2;
      });
      const object = await world.get(kind, 'whole');
      assert.ok(object?.metadata.finalizers?.includes('s3.cloud37.dev/finalizer'), 'nothing was let go');
      world.emulator.faults.clear(fault);
      await world.resync();
      await world.gone(kind, 'whole');
      await isGoneOutside(world, kind);
    });
  }
}

async function isGoneOutside(world: World, kind: string): Promise<void> {
  if (kind === 'AccessKey') assert.deepEqual(keysOf(world, 'whole'), []);
  if (kind === 'User') assert.equal(await userAsIs(world, 'whole'), undefined);
  if (kind === 'IAMPolicy') assert.equal(await policyAsIs(world, 'whole'), undefined);
  if (kind === 'BucketPolicy') assert.equal(world.emulator.state.buckets.get('whole')?.policy, undefined);
}

/** Lists of texts in one order: they mean the same in any. */
function inOrder(document: unknown): unknown {
  const text = JSON.stringify(document, (_key, value: unknown) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.toSorted() : value,
  );
  return JSON.parse(text);
}

test('L48: no element of a document is lost, and another spelling of it is no change', async (t) => {
  const world = await startWorld(t);
  const arn = 'arn:aws:s3:::whole/*';
  const written = {
    Id: 'whole',
    Version: '2012-10-17',
    Statement: [
      { Sid: 'A', Effect: 'Allow', NotAction: ['s3:DeleteObject', 's3:PutObject'], Resource: arn },
      { Sid: 'B', Effect: 'Deny', Action: 's3:*', NotResource: [arn, 'arn:aws:s3:::whole'] },
      {
        Sid: 'C',
        Effect: 'Allow',
        Action: 's3:PutObject',
        Resource: arn,
        Condition: { Bool: { 'aws:SecureTransport': true } },
      },
    ],
  };
  const respelled = {
    id: 'whole',
    version: '2012-10-17',
    statement: [
      { sid: 'A', effect: 'Allow', notAction: ['s3:PutObject', 's3:DeleteObject'], resource: [arn] },
      { sid: 'B', effect: 'Deny', action: ['s3:*'], notResource: ['arn:aws:s3:::whole', arn] },
      {
        sid: 'C',
        effect: 'Allow',
        action: ['s3:PutObject'],
        resource: arn,
        condition: { Bool: { 'aws:SecureTransport': ['true'] } },
      },
    ],
  };
  const asStored = {
    Id: 'whole',
    Version: '2012-10-17',
    Statement: [
      { Sid: 'A', Effect: 'Allow', NotAction: ['s3:DeleteObject', 's3:PutObject'], Resource: [arn] },
      { Sid: 'B', Effect: 'Deny', Action: ['s3:*'], NotResource: ['arn:aws:s3:::whole', arn] },
      {
        Sid: 'C',
        Effect: 'Allow',
        Action: ['s3:PutObject'],
        Resource: [arn],
        Condition: { Bool: { 'aws:SecureTransport': ['true'] } },
      },
    ],
  };
  const principal = `arn:aws:iam::${world.emulator.account.accountId}:user/whole`;
  const forBucket = {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'D', Effect: 'Deny', NotPrincipal: { AWS: principal }, Action: 's3:DeleteObject', Resource: arn },
    ],
  };
  await world.apply(bucket('whole'));
  await world.apply(iamPolicy('whole', written, { name: 'whole' }));
  await world.apply(user('whole', { policy: respelled }));
  await world.apply(bucketPolicy('whole', 'whole', forBucket));
  for (const kind of ['Bucket', 'IAMPolicy', 'User', 'BucketPolicy'])
    await world.reaches(kind, 'whole', 'Ready', 'True');
  await world.settle();
  assert.deepEqual(inOrder((await policyAsIs(world, 'whole'))?.document), asStored);
  assert.deepEqual(Object.values((await userAsIs(world, 'whole'))?.inline ?? {}).map(inOrder), [asStored]);
  const { Policy = '' } = await world.console.send(new GetBucketPolicyCommand({ Bucket: 'whole' }));
  assert.match(Policy, /"NotPrincipal":\{"AWS":\["arn:aws:iam::\d+:user\/whole"\]\}/);

  const writes = world.serviceWrites().length;
  const replace = (kind: string, policy: object, old: object) =>
    world.patch(kind, 'whole', {
      spec: { policy: { ...Object.fromEntries(Object.keys(old).map((key) => [key, null])), ...policy } },
    });
  await replace('IAMPolicy', respelled, written);
  await replace('User', written, respelled);
  for (const kind of ['IAMPolicy', 'User']) await world.reaches(kind, 'whole', 'Synced', 'True');
  await world.resync();
  assert.equal(world.serviceWrites().length, writes);
});

test('L53: a policy that the service refuses is not told to be applied', async (t) => {
  const world = await startWorld(t, ONCE);
  const effect = { type: 'error', status: 400, code: 'MalformedPolicy' } as const;
  const fault = world.emulator.faults.add({ operation: 'PutBucketPolicy', effect });
  const ofIam = world.emulator.faults.add({
    operation: 'CreatePolicy',
    effect: { ...effect, code: 'MalformedPolicyDocument' },
  });
  for (const each of objects) await world.apply(each);
  for (const kind of ['BucketPolicy', 'IAMPolicy']) {
    await world.reaches(kind, 'whole', 'Ready', 'False');
    await world.settle();
    const { status } = (await world.get<Applied>(kind, 'whole')) ?? {};
    assert.notEqual(status?.applied, true, kind);
    assert.equal(status?.policyArn, undefined);
    await world.expectValid(kind, 'whole');
  }
  for (const each of [fault, ofIam]) world.emulator.faults.clear(each);
  await world.resync();
  for (const kind of ['BucketPolicy', 'IAMPolicy']) await world.reaches(kind, 'whole', 'Ready', 'True');
});

/** Fields that may not be edited, by kind, each with what would leave something behind unseen. */
const fixed: Readonly<Record<string, readonly object[]>> = {
  User: [{ name: 'other' }, { providerRef: { name: 'other' } }, { providerRef: null }, { name: null }],
  IAMPolicy: [{ name: 'other' }, { name: null }, { providerRef: { name: 'other' } }, { providerRef: null }],
  AccessKey: [{ userRef: { name: 'other' } }, { userRef: null }, { providerRef: { name: 'other' } }],
  BucketPolicy: [{ bucketRef: { name: 'other' } }, { bucketRef: { namespace: 'other' } }, { bucketRef: null }],
};

test('L8: what leads to the external resource cannot be edited, so nothing is left behind unseen', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  for (const each of objects) await world.apply(each);
  for (const [kind, edits] of Object.entries(fixed)) {
    for (const spec of edits) {
      const what = `${kind} ${JSON.stringify(spec)}`;
      await assert.rejects(world.patch(kind, 'whole', { spec }), /cannot change|can change only|[Rr]equired/, what);
    }
  }
});
