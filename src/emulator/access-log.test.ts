import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketLoggingCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createUser } from './testing/iam-user.ts';
import { type Loopback, refusal, startLoopback } from './testing/loopback-clients.ts';

const Bucket = 'watched';
const HOUR_MS = 3600 * 1000;

interface Watched extends Loopback {
  readonly client: S3Client;
  /** The log files so far, in order of their names. */
  readonly files: (bucket?: string) => Promise<readonly { readonly key: string; readonly lines: readonly string[] }[]>;
}

function setTarget(client: S3Client, TargetBucket: string | undefined, TargetPrefix = 'logs/') {
  const BucketLoggingStatus = TargetBucket === undefined ? {} : { LoggingEnabled: { TargetBucket, TargetPrefix } };
  return client.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus }));
}

/** A bucket whose access log goes to another one. */
async function startWatched(t: TestContext, logDeliveryMs?: number): Promise<Watched> {
  const options = logDeliveryMs === undefined ? {} : { propagation: { logDeliveryMs } };
  const loopback = await startLoopback(t, options);
  const client = loopback.s3();
  for (const name of [Bucket, 'logs']) await client.send(new CreateBucketCommand({ Bucket: name }));
  await setTarget(client, 'logs');
  const files = async (bucket = 'logs') => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const keys = Contents.map(({ Key = '' }) => Key);
    return Promise.all(
      keys.map(async (key) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return { key, lines: ((await Body?.transformToString()) ?? '').trimEnd().split('\n') };
      }),
    );
  };
  return { ...loopback, client, files };
}

/** The fields of a record: quoted and bracketed ones are one each. */
function fieldsOf(line: string): readonly string[] {
  return line.match(/"[^"]*"|\[[^\]]*\]|\S+/gu) ?? [];
}

/** Operation and status of each record. */
function operations(lines: readonly string[]): readonly string[] {
  return lines.map((line) => {
    const fields = fieldsOf(line);
    return `${fields[6]} ${fields[9]}`;
  });
}

test('W26 an hour after the first record its batch is an object under the prefix, one line a call', async (t) => {
  const { client, files, emulator } = await startWatched(t);
  await client.send(new PutObjectCommand({ Bucket, Key: 'a b/ü', Body: 'text' }));
  assert.equal(await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'none' }))), '404 NoSuchKey');
  await client.send(new ListObjectsV2Command({ Bucket }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a b/ü' }));
  assert.deepEqual(await files(), []);
  emulator.advanceClock(HOUR_MS - 60_000);
  assert.deepEqual(await files(), [], 'not yet');
  emulator.advanceClock(60_000);
  const [file, ...others] = await files();
  assert.equal(others.length, 0);
  assert.match(file?.key ?? '', /^logs\/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}$/);
  assert.deepEqual(operations(file?.lines ?? []), [
    'REST.PUT.OBJECT 200',
    'REST.GET.OBJECT 404',
    'REST.GET.BUCKET 200',
    'REST.DELETE.OBJECT 204',
  ]);
});

test('W26 the fields of a record are those of an S3 server access log', async (t) => {
  const { client, files, emulator } = await startWatched(t, 0);
  await client.send(new PutObjectCommand({ Bucket, Key: 'a b/ü', Body: 'text' }));
  const [file] = await files();
  const fields = fieldsOf(file?.lines[0] ?? '');
  assert.equal(fields.length, 26);
  const [owner, bucket, time, address, requester, requestId, operation, key, uri, status, code, sent, size] = fields;
  const { accountId } = emulator.account;
  assert.deepEqual([owner, bucket, address, requester], [accountId, Bucket, '127.0.0.1', accountId]);
  assert.match(time ?? '', /^\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\]$/);
  assert.match(requestId ?? '', /^[0-9A-F]{16}$/);
  assert.deepEqual([operation, key, status, code], ['REST.PUT.OBJECT', 'a%20b/%C3%BC', '200', '-']);
  assert.equal(uri, `"PUT /${Bucket}/a%20b/%C3%BC?x-id=PutObject HTTP/1.1"`);
  assert.deepEqual([sent, size], ['-', '4']);
  const [total, turnAround, referer, agent, version, hostId, signature, cipher, auth, host, ...rest] = fields.slice(13);
  assert.match(`${total} ${turnAround}`, /^\d+ \d+$/);
  assert.deepEqual([referer, version, cipher, signature, auth], ['"-"', '-', '-', 'SigV4', 'AuthHeader']);
  assert.match(agent ?? '', /^"aws-sdk-js/);
  assert.ok(hostId !== '-' && host?.includes(':'));
  assert.deepEqual(rest, ['-', '-', '-']);
});

test('W26 users are told by their ARN, refusals by their code, strangers by nothing', async (t) => {
  const { files, raw, s3, iam, emulator } = await startWatched(t, 0);
  const { keys } = await createUser({ iam }, 'visitor');
  assert.equal(await refusal(s3({ keys }).send(new GetObjectCommand({ Bucket, Key: 'k' }))), '403 AccessDenied');
  await raw({ path: `/${Bucket}/k?versionId=null`, headers: { 'user-agent': 'a "quoted" one', referer: 'http://r/' } });
  const lines = (await files()).flatMap((file) => file.lines).map(fieldsOf);
  const found = lines.map((fields) => [4, 7, 9, 10].map((index) => fields[index]).join(' '));
  const visitor = `arn:aws:iam::${emulator.account.accountId}:user/visitor`;
  assert.deepEqual(new Set(found), new Set(['- k 403 AccessDenied', `${visitor} k 403 AccessDenied`]));
  const stranger = lines.find((fields) => fields[4] === '-') ?? [];
  assert.deepEqual(stranger.slice(15, 18), ['"http://r/"', '"a %22quoted%22 one"', 'null']);
  assert.deepEqual([stranger[19], stranger[21]], ['-', '-'], 'no signature');
});

test('W26 subresources have the names of AWS', async (t) => {
  const { files, raw, emulator } = await startWatched(t);
  const wanted = {
    [`GET /${Bucket}?logging`]: 'REST.GET.LOGGING_STATUS',
    [`PUT /${Bucket}?policy`]: 'REST.PUT.BUCKETPOLICY',
    [`GET /${Bucket}?versioning`]: 'REST.GET.VERSIONING',
    [`GET /${Bucket}?versions`]: 'REST.GET.BUCKETVERSIONS',
    [`POST /${Bucket}?delete`]: 'REST.POST.MULTI_OBJECT_DELETE',
    [`GET /${Bucket}?uploads`]: 'REST.GET.UPLOADS',
    [`POST /${Bucket}/k?uploads`]: 'REST.POST.UPLOADS',
    [`PUT /${Bucket}/k?uploadId=u&partNumber=1`]: 'REST.PUT.PART',
    [`POST /${Bucket}/k?uploadId=u`]: 'REST.POST.UPLOAD',
    [`GET /${Bucket}/k?tagging`]: 'REST.GET.OBJECT_TAGGING',
    [`PUT /${Bucket}/k?legal-hold`]: 'REST.PUT.OBJECT_LOCK_LEGALHOLD',
    [`HEAD /${Bucket}/k`]: 'REST.HEAD.OBJECT',
    [`PUT /${Bucket}?compliance`]: 'REST.PUT.COMPLIANCE',
  };
  for (const request of Object.keys(wanted)) {
    const [method = '', path = ''] = request.split(' ');
    await raw({ method, path });
  }
  await raw({ method: 'PUT', path: `/${Bucket}/k`, headers: { 'x-amz-copy-source': 'a/b' } });
  emulator.advanceClock(HOUR_MS);
  const [file] = await files();
  const found = (file?.lines ?? []).map((line) => fieldsOf(line)[6]);
  assert.deepEqual(found, [...Object.values(wanted), 'REST.COPY.OBJECT']);
});

test('W26 what was logged is delivered though logging ends or turns elsewhere, and is lost with its target', async (t) => {
  const { client, files, emulator } = await startWatched(t);
  await client.send(new CreateBucketCommand({ Bucket: 'other' }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'first', Body: 'x' }));
  await setTarget(client, 'other', '');
  await client.send(new PutObjectCommand({ Bucket, Key: 'second', Body: 'x' }));
  await setTarget(client, undefined);
  await client.send(new PutObjectCommand({ Bucket, Key: 'third', Body: 'x' }));
  emulator.advanceClock(HOUR_MS);
  const [[before], [after]] = [await files(), await files('other')];
  assert.deepEqual(operations(before?.lines ?? []), ['REST.PUT.OBJECT 200', 'REST.PUT.LOGGING_STATUS 200']);
  assert.deepEqual(operations(after?.lines ?? []), ['REST.PUT.OBJECT 200', 'REST.PUT.LOGGING_STATUS 200']);
  assert.match(after?.key ?? '', /^\d{4}-/);
  await setTarget(client, 'other');
  await client.send(new PutObjectCommand({ Bucket, Key: 'fourth', Body: 'x' }));
  emulator.console.deleteBucket('other');
  emulator.advanceClock(HOUR_MS);
  assert.equal(emulator.state.accessLogs.size, 0);
});

test('W26 each batch has its own time, also where something else falls due in between', async (t) => {
  const { client, files, emulator } = await startWatched(t);
  await client.send(new PutObjectCommand({ Bucket, Key: 'first', Body: 'x' }));
  emulator.advanceClock(HOUR_MS / 2);
  await setTarget(client, 'logs', 'late/');
  await client.send(new PutObjectCommand({ Bucket, Key: 'second', Body: 'x' }));
  emulator.advanceClock(HOUR_MS / 2);
  const prefixes = async () => (await files()).map(({ key }) => key.split('/')[0]);
  assert.deepEqual(await prefixes(), ['logs']);
  emulator.advanceClock(HOUR_MS / 2);
  assert.deepEqual(await prefixes(), ['late', 'logs']);
});

test('W26 a record is no change of the state: reads of a watched bucket leave its revision', async (t) => {
  const { client, emulator } = await startWatched(t);
  await client.send(new ListObjectsV2Command({ Bucket }));
  const { revisionBefore, revision } = emulator.calls.at(-1) ?? {};
  assert.equal(revision, revisionBefore);
});
