import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { BUCKETS, type Bucket } from '../src/api/bucket.ts';
import type { Provider } from '../src/api/provider.ts';
import { ProtectedSecrets } from '../src/kinds/provider/secrets.ts';
import { ObjectWrites } from '../src/managed/writes.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { alwaysLeader } from '../src/runtime/leader-election.ts';
import { bucket } from './support/builders.ts';
import { callsTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';

const { startWorld } = shareCluster();

test('to write down the name of a stranger’s bucket is no right to log into it', async (t) => {
  const world = await startWorld(t);
  await world.console.send(new CreateBucketCommand({ Bucket: 'victim' }));
  await world.apply(bucket('claim', { name: 'victim' }));
  await world.reaches('Bucket', 'claim', 'Stalled', 'AlreadyExists');
  await world.apply(bucket('by-name', { logging: { targetBucket: 'victim' } }));
  await world.reaches('Bucket', 'by-name', 'Synced', 'RefNotPermitted');
  await world.apply(bucket('by-reference', { logging: { targetBucketRef: { name: 'claim' } } }));
  await world.reaches('Bucket', 'by-reference', 'Synced', 'BucketNotReady');
  const names = ['by-name', 'by-reference', 'victim'].flatMap((name) => callsTo(world, name));
  assert.ok(!names.includes('PutBucketLogging'), names.join());
});

for (const [what, edit] of [
  ['its policy became Retain', { spec: { deletionPolicy: 'Retain' } }],
  ['it was abandoned', { metadata: { annotations: { 's3.cloud37.dev/abandon': 'UID' } } }],
] as const) {
  test(`a deletion decided from an older state stops at the live object: ${what}`, async (t) => {
    const world = await startWorld(t, { hasProvider: false });
    const { admin } = world.cluster;
    const manifest = bucket('edited', { deletionPolicy: 'Delete' });
    // Somebody else's finalizer holds the object; the operator has no Provider to work with.
    const held = { ...manifest, metadata: { ...manifest.metadata, finalizers: ['example.com/hold'] } };
    await admin.create(BUCKETS, world.namespace, held);
    await admin.delete(BUCKETS, world.key('edited'));
    await world.settle();
    const seen = await admin.get<Bucket>(BUCKETS, world.key('edited'));
    assert.ok(seen);
    const writes = new ObjectWrites({ kube: admin, fence: alwaysLeader('test'), clock: systemClock });
    const signal = new AbortController().signal;
    await writes.confirmDeletion(BUCKETS, seen, 0, signal);
    const before = await admin.get<Bucket>(BUCKETS, world.key('edited'));
    assert.equal(before?.status?.intent?.action, 'Delete', 'an unedited object passes');
    const body = JSON.parse(JSON.stringify(edit).replace('UID', seen.metadata.uid)) as object;
    await admin.patch(BUCKETS, world.key('edited'), { type: 'merge', body });
    await assert.rejects(writes.confirmDeletion(BUCKETS, before, 0, signal), { type: 'StaleRead' });
    await admin.patch(BUCKETS, world.key('edited'), { type: 'merge', body: { metadata: { finalizers: null } } });
  });
}

test('a Provider whose stored spec lacks everything names no Secret, and lets go of what it recorded', () => {
  const stored = {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Provider',
    metadata: { name: 'old', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    status: { protectedSecrets: ['a/keys'] },
  } as unknown as Provider; // as an older release may have stored it
  assert.deepEqual(ProtectedSecrets.of(stored, { isPermitted: () => false }), [{ namespace: 'a', name: 'keys' }]);
});
