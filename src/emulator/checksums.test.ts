import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Quirks } from './quirks.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'sum-bucket';

async function start(t: TestContext, quirks: Partial<Quirks> = {}) {
  const loopback = await startLoopback(t, { quirks });
  await loopback.s3().send(new CreateBucketCommand({ Bucket }));
  const put = (headers: Readonly<Record<string, string>>, body = '123456789') =>
    signedRequest(loopback.emulator, { method: 'PUT', path: `/${Bucket}/k`, body, headers, hasContentMd5: false });
  return { ...loopback, put };
}

/** Of the text 123456789, whose CRCs every description gives. */
const right: Readonly<Record<string, string>> = {
  'x-amz-checksum-crc32': 'y/Q5Jg==',
  'x-amz-checksum-crc32c': '4waSgw==',
  'x-amz-checksum-sha1': '98O8HYCOBHMq32eZZczDTKeuNEE=',
  'x-amz-checksum-sha256': 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
  'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==',
};

test('W27 checksums are verified, given back by the write and, when asked for, by reads of the whole', async (t) => {
  const { emulator, put } = await start(t);
  for (const [name, value] of Object.entries(right)) {
    const written = await put({ [name]: value });
    assert.equal(written.status, 200, name);
    if (name === 'content-md5') continue;
    assert.equal(written.headers[name], value);
    const mode = { 'x-amz-checksum-mode': 'ENABLED' };
    const path = `/${Bucket}/k`;
    assert.equal((await signedRequest(emulator, { path, headers: mode })).headers[name], value);
    assert.equal((await signedRequest(emulator, { path })).headers[name], undefined);
    const part = await signedRequest(emulator, { path, headers: { ...mode, range: 'bytes=0-1' } });
    assert.deepEqual([part.status, part.headers[name]], [206, undefined]);
  }
});

test('W27 a checksum of something else is BadDigest, and nothing is kept', async (t) => {
  const { emulator, put } = await start(t);
  for (const [name, value] of Object.entries(right)) {
    const answer = await put({ [name]: value }, 'another text');
    assert.match(answer.body, /<Code>BadDigest</, name);
  }
  assert.match((await put({ 'content-md5': 'short' })).body, /<Code>InvalidDigest</);
  assert.equal(emulator.state.buckets.get(Bucket)?.objects.size, 0);
});

test('W27 CRC64NVME is InvalidArgument, named in the header or in the algorithm, and taken with the switch', async (t) => {
  const crc64 = { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' };
  const strict = await start(t);
  const answer = await strict.put(crc64);
  assert.equal(answer.status, 400);
  assert.match(answer.body, /<Code>InvalidArgument<.*x-amz-checksum- header is invalid/);
  assert.match((await strict.put({ 'x-amz-sdk-checksum-algorithm': 'CRC64NVME' })).body, /<Code>InvalidArgument</);
  const aws = await start(t, { checksums: 'aws' });
  assert.equal((await aws.put(crc64)).status, 200);
  assert.match((await aws.put({ 'x-amz-checksum-constructor': 'x' })).body, /<Code>InvalidArgument</);
});

test('W27 x-amz-checksum-mode in a presigned URL is denied, and taken with the switch', async (t) => {
  const query = ['X-Amz-Algorithm=AWS4-HMAC-SHA256', 'X-Amz-Signature=0', 'x-amz-checksum-mode=ENABLED'].join('&');
  const strict = await start(t);
  const answer = await signedRequest(strict.emulator, { path: `/${Bucket}/k`, query });
  assert.deepEqual([answer.status, /presigned/.test(answer.body)], [403, true]);
  const aws = await start(t, { checksums: 'aws' });
  assert.match(
    (await signedRequest(aws.emulator, { path: `/${Bucket}/k`, query })).body,
    /<Code>NoSuchKey|SignatureDoes/,
  );
});

test("W27 the SDK's own default, a CRC32 header, works", async (t) => {
  const { s3 } = await start(t);
  const client = s3({ requestChecksumCalculation: 'WHEN_SUPPORTED', responseChecksumValidation: 'WHEN_SUPPORTED' });
  const { ChecksumCRC32 } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '123456789' }));
  assert.equal(ChecksumCRC32, right['x-amz-checksum-crc32']);
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await Body?.transformToString(), '123456789');
});

test('W27 a stream with a trailer is InvalidArgument, and taken with the switch', async (t) => {
  async function* stream() {
    yield Buffer.from('12345');
    yield Buffer.from('6789');
  }
  const { Readable } = await import('node:stream');
  const send = async (quirks: Partial<Quirks>) => {
    const { s3 } = await start(t, quirks);
    const client = s3({ requestChecksumCalculation: 'WHEN_SUPPORTED' });
    const Body = Readable.from(stream());
    const put = new PutObjectCommand({ Bucket, Key: 'k', Body, ContentLength: 9, ChecksumAlgorithm: 'CRC32' });
    const outcome = await refusal(client.send(put));
    if (outcome !== 'no error') return outcome;
    const found = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    return `${await found.Body?.transformToString()} ${found.ContentEncoding}`;
  };
  assert.equal(await send({}), '400 InvalidArgument');
  assert.equal(await send({ trailers: 'accepted' }), '123456789 undefined');
});
