import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { signedRequest } from '../src/emulator/testing/signed-request.ts';
import { inject, isOn, s3Error } from './support/answers.ts';
import { bucket } from './support/builders.ts';
import { callsTo, writesTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();
const DAY_MS = 86_400_000;
const compliance = { enabled: true, retentionDays: 2 };
const ofCompliance = (operation: string) => operation.includes('Compliance');

async function message(world: World, name: string, type: string): Promise<string> {
  return (await world.condition('Bucket', name, type))?.message ?? '';
}

test('W14 a bucket with compliance is deleted with its data once the days are over, not before', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('held', { compliance, deletionPolicy: 'Delete', forceDelete: true }));
  await world.reaches('Bucket', 'held', 'Ready', 'True');
  await world.console.send(new PutObjectCommand({ Bucket: 'held', Key: 'k', Body: 'x' }));
  await world.delete('Bucket', 'held');
  await world.reaches('Bucket', 'held', 'DeletionBlocked', 'ObjectsLocked');
  await world.expectValid('Bucket', 'held');
  assert.deepEqual([...(world.emulator.state.buckets.get('held')?.objects.keys() ?? [])], ['k']);
  world.emulator.advanceClock(2 * DAY_MS);
  await world.elapse(900_000);
  await world.gone('Bucket', 'held');
  assert.equal(world.snapshot('held'), undefined);
});

test('W14 when the settings are locked is left as it is, and a locked bucket says no to less', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('kept', { compliance }));
  await world.reaches('Bucket', 'kept', 'Ready', 'True');
  const lockTimeMs = world.emulator.state.buckets.get('kept')?.createdMs ?? 0;
  world.emulator.console.editBucket('kept', (found) => {
    if (found.compliance !== undefined) found.compliance = { ...found.compliance, lockTimeMs: lockTimeMs + DAY_MS };
  });
  await world.patch('Bucket', 'kept', { spec: { compliance: { retentionDays: 3 } } });
  await world.reaches('Bucket', 'kept', 'Synced', 'True');
  const { compliance: found } = world.emulator.state.buckets.get('kept') ?? {};
  assert.deepEqual([found?.lockTimeMs, found?.retentionDays], [lockTimeMs + DAY_MS, 3]);
  world.emulator.advanceClock(2 * DAY_MS);
  await world.patch('Bucket', 'kept', { spec: { compliance: { enabled: false } } });
  await world.reaches('Bucket', 'kept', 'Synced', 'AccessDenied');
  assert.equal(world.emulator.state.buckets.get('kept')?.compliance?.isEnabled, true);
  await world.expectValid('Bucket', 'kept');
});

test('W14 one read a pass, and none for who does not ask for it', async (t) => {
  const world = await startWorld(t);
  for (const [name, spec] of [
    ['held', { compliance }],
    ['bare', {}],
  ] as const) {
    await world.apply(bucket(name, spec));
    await world.reaches('Bucket', name, 'Ready', 'True');
  }
  await world.settle();
  assert.deepEqual(callsTo(world, 'held').filter(ofCompliance), ['PutBucketCompliance', 'GetBucketCompliance']);
  const [calls, writes] = [callsTo(world, 'held').length, writesTo(world, 'held').length];
  await world.resync();
  const repeated = callsTo(world, 'held').slice(calls);
  const passes = repeated.filter((operation) => operation === 'GetBucketTagging').map(() => 'GetBucketCompliance');
  assert.ok(passes.length > 0);
  assert.deepEqual(repeated.filter(ofCompliance), passes);
  assert.equal(writesTo(world, 'held').length, writes);
  assert.deepEqual(callsTo(world, 'bare').filter(ofCompliance), []);
});

test('W14 a bucket that never had it may answer 404, which is as good as disabled', async (t) => {
  const world = await startWorld(t, { emulator: { quirks: { unsetCompliance: 'missing' } } });
  await world.apply(bucket('plain', { compliance: null }));
  await world.reaches('Bucket', 'plain', 'Ready', 'True');
  assert.deepEqual(writesTo(world, 'plain').filter(ofCompliance), []);
  await world.patch('Bucket', 'plain', { spec: { compliance } });
  await world.reaches('Bucket', 'plain', 'Synced', 'True');
  assert.equal(world.emulator.state.buckets.get('plain')?.compliance?.retentionDays, 2);
});

test('W14 a bucket with object lock that is adopted refuses it, told with its field', async (t) => {
  const world = await startWorld(t);
  const CreateBucketConfiguration = { LocationConstraint: 'eu-central-2' as 'eu-central-1' };
  await world.console.send(
    new CreateBucketCommand({ Bucket: 'locked', ObjectLockEnabledForBucket: true, CreateBucketConfiguration }),
  );
  await world.apply(bucket('locked', { compliance, adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('Bucket', 'locked', 'Ready', 'False');
  await world.reaches('Bucket', 'locked', 'Stalled', 'True');
  assert.match(await message(world, 'locked', 'Stalled'), /^spec\.compliance .*object lock/);
  await world.expectValid('Bucket', 'locked');
});

test('W14 another server than Wasabi is never asked: the field is named as unsupported', async (t) => {
  const world = await startWorld(t, { providerSpec: { type: 's3', iamRegion: 'us-east-1' } });
  await world.apply(bucket('elsewhere', { compliance }));
  await world.reaches('Bucket', 'elsewhere', 'Ready', 'True');
  assert.match(await message(world, 'elsewhere', 'Unsupported'), /spec\.compliance/);
  assert.deepEqual(callsTo(world, 'elsewhere').filter(ofCompliance), []);
  await world.patch('Bucket', 'elsewhere', { spec: { compliance: { enabled: false } } });
  await world.reaches('Bucket', 'elsewhere', 'Synced', 'True');
  assert.equal(await world.condition('Bucket', 'elsewhere', 'Unsupported'), undefined);
});

test('W14 a server that answers with another document, as for a listing, lacks the call', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('listed'));
  await world.reaches('Bucket', 'listed', 'Ready', 'True');
  const listing = '<ListBucketResult><Name>listed</Name><Status>enabled</Status></ListBucketResult>';
  const headers = { 'content-type': 'application/xml' };
  const isAsked = (call: Parameters<typeof isOn>[0]) => isOn(call, 'listed', 'compliance');
  const fault = inject(world.operator.wasabi, isAsked, { status: 200, headers, body: listing });
  await world.patch('Bucket', 'listed', { spec: { compliance } });
  await world.reaches('Bucket', 'listed', 'Unsupported', 'True');
  assert.match(await message(world, 'listed', 'Unsupported'), /spec\.compliance/);
  assert.ok(
    fault.hits.every(({ method }) => method === 'GET'),
    'nothing is written there',
  );
});

test('W14 no answer but 404 counts as absence, and a bucket that is gone is not one without settings', async (t) => {
  const world = await startWorld(t, { providerSpec: { retry: { maxAttempts: 1 } } });
  await world.apply(bucket('asked', { compliance: null }));
  await world.reaches('Bucket', 'asked', 'Ready', 'True');
  const isAsked = (call: Parameters<typeof isOn>[0]) => isOn(call, 'asked', 'compliance');
  for (const [status, code, reason] of [
    [403, 'AccessDenied', 'AccessDenied'],
    [500, 'InternalError', 'ServiceFailed'],
  ] as const) {
    const fault = inject(world.operator.wasabi, isAsked, s3Error(status, code));
    await world.patch('Bucket', 'asked', { metadata: { labels: { code } } });
    await world.elapse(600_000);
    await world.reaches('Bucket', 'asked', 'Synced', reason);
    assert.ok(fault.hits.length > 0 && fault.hits.every(({ method }) => method === 'GET'));
    fault.end();
  }
  const body =
    '<BucketComplianceConfiguration><Status>enabled</Status><RetentionDays>1</RetentionDays></BucketComplianceConfiguration>';
  const request = { method: 'PUT', path: '/asked', query: 'compliance=', body, region: 'eu-central-2' };
  const host = `s3.eu-central-2.localhost:${world.emulator.port}`;
  assert.equal((await signedRequest(world.emulator, { ...request, host })).status, 200);
  await world.elapse(600_000);
  await world.reaches('Bucket', 'asked', 'Synced', 'True');
  assert.equal(world.emulator.state.buckets.get('asked')?.compliance?.isEnabled, false);
});
