import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListPartsCommand,
  PutBucketLoggingCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { openState, saveState } from './persistence.ts';
import type { Emulator } from './server.ts';
import { emptyState } from './state.ts';
import { type Loopback, startLoopback } from './testing/loopback-clients.ts';

const Bucket = 'kept-bucket';

const folders: string[] = [];

// Once all emulators have ended: they write when they stop.
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  folders.push(folder);
  return folder;
}

/** A bucket with versions, a marker, tags and an upload. */
async function fill({ s3 }: Loopback): Promise<{ versionId: string; uploadId: string }> {
  const client = s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'ü' }] } }));
  const { VersionId = '' } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'first' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'second' }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'up' }));
  await client.send(new UploadPartCommand({ Bucket, Key: 'up', UploadId, PartNumber: 1, Body: 'part' }));
  return { versionId: VersionId, uploadId: UploadId };
}

async function readKey({ s3 }: Loopback, Key: string, VersionId?: string): Promise<string | undefined> {
  const { Body } = await s3().send(new GetObjectCommand({ Bucket, Key, VersionId }));
  return Body?.transformToString();
}

test('W53 W25 W26 copies and records of access that are still to come outlive a restart', async (t) => {
  const dataDir = newFolder();
  const options = { dataDir, propagation: { replicationMs: 60_000, logDeliveryMs: 60_000 } };
  const first = await startLoopback(t, options);
  const client = first.s3();
  for (const name of [Bucket, 'copies', 'logs']) await client.send(new CreateBucketCommand({ Bucket: name }));
  const BucketLoggingStatus = { LoggingEnabled: { TargetBucket: 'logs', TargetPrefix: '' } };
  await client.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus }));
  const Destination = { Bucket: 'arn:aws:s3:::copies' };
  const Rules = [{ ID: 'a', Prefix: '', Status: 'Enabled' as const, Destination }];
  await client.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: { Role: '', Rules } }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'text' }));
  await first.emulator.stop();
  const second = await startLoopback(t, options);
  const { buckets } = second.emulator.state;
  assert.equal(buckets.get('copies')?.objects.size, 0);
  second.emulator.advanceClock(60_000);
  assert.deepEqual([...(buckets.get('copies')?.objects.keys() ?? [])], ['k']);
  assert.equal(buckets.get('logs')?.objects.size, 1);
});

test('W53 W51 a restart keeps the clock where it was moved to', async (t) => {
  const dataDir = newFolder();
  const first = await startLoopback(t, { dataDir });
  first.emulator.advanceClock(5_000_000);
  await first.emulator.stop();
  const second = await startLoopback(t, { dataDir });
  assert.match((await second.raw({ path: '/_emulator/clock' })).body, /"advancedMs":5000000/);
});

test('W53 a restart keeps keys, settings, versions, contents and uploads', async (t) => {
  const dataDir = newFolder();
  const first = await startLoopback(t, { dataDir });
  const { versionId, uploadId } = await fill(first);
  const before = first.emulator.snapshot();
  await first.emulator.stop();
  const second = await startLoopback(t, { dataDir });
  assert.deepEqual(second.emulator.account, first.emulator.account);
  assert.deepEqual(second.emulator.snapshot(), before);
  assert.equal(await readKey(second, 'k'), 'second');
  assert.equal(await readKey(second, 'k', versionId), 'first');
  const { Parts } = await second.s3().send(new ListPartsCommand({ Bucket, Key: 'up', UploadId: uploadId }));
  assert.deepEqual(
    Parts?.map(({ Size }) => Size),
    [4],
  );
});

test('W53 version ids go on growing after a restart, though the clock went back', async (t) => {
  const dataDir = newFolder();
  const nowMs = Date.UTC(2026, 4, 6);
  const first = await startLoopback(t, { dataDir, clock: clockWithoutTimers(nowMs) });
  first.emulator.console.createBucket({ name: Bucket });
  first.emulator.console.editBucket(Bucket, (bucket) => {
    bucket.versioning = 'Enabled';
  });
  const { versionId: older } = first.emulator.console.putObject(Bucket, 'k', 'x');
  await first.emulator.stop();
  const second = await startLoopback(t, { dataDir, clock: clockWithoutTimers(nowMs - 3_600_000) });
  const { versionId: newer } = second.emulator.console.putObject(Bucket, 'k', 'x');
  assert.ok(newer > older, `${newer} > ${older}`);
});

/** Time that stands still. */
function clockWithoutTimers(nowMs: number) {
  return { now: () => nowMs, monotonicMs: () => 0, setTimer: () => () => undefined };
}

test('W53 changes reach the folder a moment after the call, not only at the end', async (t) => {
  const dataDir = newFolder();
  const clock = new FakeClock(Date.UTC(2026, 4, 6));
  const { emulator, s3 } = await startLoopback(t, { dataDir, clock: { ...timersOf(clock), now: () => Date.now() } });
  await s3().send(new CreateBucketCommand({ Bucket }));
  assert.equal(openState(dataDir).buckets.size, 0);
  clock.advance(1000);
  assert.equal(openState(dataDir).buckets.has(Bucket), true);
  assert.equal(emulator.state.buckets.has(Bucket), true);
});

function timersOf(clock: FakeClock) {
  return {
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (ms: number, callback: () => void) => clock.setTimer(ms, callback),
  };
}

/** Leaves the folder as a crash after the flush of the contents does, before the new state has its name. */
function crashBeforeRename(emulator: Emulator, folder: string): void {
  emulator.state.bodies.flush();
  writeFileSync(join(folder, 'state.json.next'), '{"format":2,"state":{"half');
}

test('W53 a crash between the flush of contents and the rename leaves the old state, whole', async (t) => {
  const dataDir = newFolder();
  const first = await startLoopback(t, { dataDir, clock: clockWithoutTimers(Date.now()) });
  await fill(first);
  saveState(dataDir, first.emulator.state);
  const before = first.emulator.snapshot();
  await first.s3().send(new PutObjectCommand({ Bucket, Key: 'lost', Body: 'never named' }));
  await first.s3().send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: onlyVersion(first.emulator) }));
  const bodiesBefore = readdirSync(join(dataDir, 'bodies')).length;
  crashBeforeRename(first.emulator, dataDir);
  assert.equal(readdirSync(join(dataDir, 'bodies')).length, bodiesBefore + 1);
  const second = await startLoopback(t, { dataDir, clock: clockWithoutTimers(Date.now()) });
  assert.deepEqual(second.emulator.snapshot(), before);
  assert.equal(await readKey(second, 'k'), 'second');
  assert.equal(readdirSync(join(dataDir, 'bodies')).length, bodiesBefore, 'what nobody names is swept away');
  rmSync(join(dataDir, 'state.json.next'));
});

function onlyVersion(emulator: Emulator): string {
  const [newest] = emulator.state.buckets.get(Bucket)?.objects.get('k') ?? [];
  assert.ok(newest);
  return newest.versionId;
}

test('W53 contents that nothing names any more leave the folder', async (t) => {
  const dataDir = newFolder();
  const { emulator } = await startLoopback(t, { dataDir, clock: clockWithoutTimers(Date.now()) });
  emulator.console.createBucket({ name: Bucket });
  emulator.console.putObject(Bucket, 'k', 'one');
  saveState(dataDir, emulator.state);
  emulator.console.putObject(Bucket, 'k', 'two');
  assert.equal(readdirSync(join(dataDir, 'bodies')).length, 1, 'the file on disk names the older content');
  saveState(dataDir, emulator.state);
  const [id = ''] = readdirSync(join(dataDir, 'bodies'));
  assert.equal(readFileSync(join(dataDir, 'bodies', id), 'utf8'), 'two');
});

const unreadable: readonly { title: string; content: string; message: RegExp }[] = [
  { title: 'of another format', content: '{"format":99,"state":{}}', message: /state\.json: format 99 is not 2/ },
  { title: 'cut short', content: '{"format":2,"sta', message: /state\.json cannot be read: SyntaxError/ },
  { title: 'that is no object', content: 'null', message: /state\.json: format undefined is not 2/ },
];

for (const { title, content, message } of unreadable) {
  test(`W53 a state ${title} is refused by name and left as it is`, () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'state.json'), content);
    assert.throws(() => openState(folder), { message });
    assert.equal(readFileSync(join(folder, 'state.json'), 'utf8'), content);
  });
}

test('W53 an unknown content id is an error, on disk and in memory', () => {
  const { bodies } = openState(newFolder());
  assert.throws(() => bodies.get('f'.repeat(32)), { code: 'ENOENT' });
  assert.throws(() => emptyState().bodies.get('nothing'), /body nothing is not there/);
});
