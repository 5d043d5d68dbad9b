import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { EmulatorOptions } from './options.ts';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'bucket-of-objects';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

async function startBucket(t: TestContext, options: EmulatorOptions = {}) {
  const loopback = await startLoopback(t, options);
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, Body = 'x', more: Partial<PutObjectCommandInput> = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  return { ...loopback, client, put };
}

async function read(client: S3Client, Key: string, more: object = {}): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Body?.transformToString();
}

test('W45 an object comes back as it went, with its metadata', async (t) => {
  const { client, put } = await startBucket(t);
  const sent = { ContentType: 'text/plain', CacheControl: 'no-store', Metadata: { a: 'b' }, Tagging: 'k=v&l=w' };
  assert.equal((await put('k', 'content', sent)).ETag, `"${md5('content')}"`);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await got.Body?.transformToString(), 'content');
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  for (const found of [got, head]) {
    const { ContentType, CacheControl, Metadata, ContentLength, ETag, VersionId } = found;
    assert.deepEqual(
      { ContentType, CacheControl, Metadata, ContentLength, ETag, VersionId },
      {
        ContentType: 'text/plain',
        CacheControl: 'no-store',
        Metadata: { a: 'b' },
        ContentLength: 7,
        ETag: `"${md5('content')}"`,
        VersionId: undefined,
      },
    );
    assert.ok(Math.abs(Number(found.LastModified) - Date.now()) < 60_000);
  }
  assert.equal(got.TagCount, 2);
});

test('W45 an object of no bytes, and what is not there', async (t) => {
  const { client, put } = await startBucket(t);
  await put('empty', '');
  assert.equal(await read(client, 'empty'), '');
  assert.equal(await refusal(read(client, 'gone')), '404 NoSuchKey');
  assert.equal(await refusal(client.send(new HeadObjectCommand({ Bucket, Key: 'gone' }))), '404 NotFound');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
  const elsewhere = new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'a' });
  assert.equal(await refusal(client.send(elsewhere)), '404 NoSuchBucket');
});

const ranges: readonly { range: string; expected: string; header?: string }[] = [
  { range: 'bytes=0-3', expected: '0123', header: 'bytes 0-3/10' },
  { range: 'bytes=7-', expected: '789', header: 'bytes 7-9/10' },
  { range: 'bytes=7-99', expected: '789', header: 'bytes 7-9/10' },
  { range: 'bytes=-2', expected: '89', header: 'bytes 8-9/10' },
  { range: 'bytes=-99', expected: '0123456789', header: 'bytes 0-9/10' },
  { range: 'lines=1-2', expected: '0123456789' },
  { range: 'bytes=10-', expected: '416 InvalidRange' },
  { range: 'bytes=-0', expected: '416 InvalidRange' },
];
for (const { range, expected, header } of ranges) {
  test(`W45 Range ${range}: ${expected}`, async (t) => {
    const { client, put } = await startBucket(t);
    await put('k', '0123456789');
    const call = client.send(new GetObjectCommand({ Bucket, Key: 'k', Range: range }));
    if (expected.startsWith('416')) {
      assert.equal(await refusal(call), expected);
      return;
    }
    const { Body, ContentRange } = await call;
    assert.equal(await Body?.transformToString(), expected);
    assert.equal(ContentRange, header);
  });
}

const etag = `"${md5('x')}"`;
const past = new Date(0);
const future = new Date(Date.now() + 3_600_000);
const readConditions: readonly { title: string; condition: object; expected: string }[] = [
  { title: 'IfMatch that holds', condition: { IfMatch: etag }, expected: 'no error' },
  { title: 'IfMatch of anything', condition: { IfMatch: '*' }, expected: 'no error' },
  { title: 'IfMatch that does not', condition: { IfMatch: '"y"' }, expected: '412 PreconditionFailed' },
  { title: 'IfNoneMatch of another', condition: { IfNoneMatch: '"y"' }, expected: 'no error' },
  { title: 'IfNoneMatch of the same', condition: { IfNoneMatch: etag }, expected: '304 304' },
  { title: 'IfModifiedSince long ago', condition: { IfModifiedSince: past }, expected: 'no error' },
  { title: 'IfModifiedSince later', condition: { IfModifiedSince: future }, expected: '304 304' },
  { title: 'IfUnmodifiedSince long ago', condition: { IfUnmodifiedSince: past }, expected: '412 PreconditionFailed' },
  { title: 'IfUnmodifiedSince later', condition: { IfUnmodifiedSince: future }, expected: 'no error' },
];
for (const { title, condition, expected } of readConditions) {
  test(`W45 a read with ${title}: ${expected}`, async (t) => {
    const { client, put } = await startBucket(t);
    await put('k');
    assert.equal((await refusal(read(client, 'k', condition))).slice(0, 3), expected.slice(0, 3));
  });
}

test('W28 If-None-Match and If-Match hold on PUT', async (t) => {
  const { client, put } = await startBucket(t);
  await put('lock', 'first', { IfNoneMatch: '*' });
  assert.equal(await refusal(put('lock', 'second', { IfNoneMatch: '*' })), '412 PreconditionFailed');
  assert.equal(await read(client, 'lock'), 'first');
  await put('lock', 'second', { IfMatch: md5('first') });
  assert.equal(await refusal(put('lock', 'third', { IfMatch: md5('first') })), '412 PreconditionFailed');
  assert.equal(await refusal(put('other', 'x', { IfMatch: md5('first') })), '404 NoSuchKey');
  assert.equal(await refusal(put('lock', 'x', { IfNoneMatch: md5('second') })), '501 NotImplemented');
  assert.equal(await read(client, 'lock'), 'second');
});

test('W28 with the switch they are ignored', async (t) => {
  const { client, put } = await startBucket(t, { quirks: { conditionalPut: 'ignored' } });
  await put('lock', 'first');
  await put('lock', 'second', { IfNoneMatch: '*' });
  assert.equal(await read(client, 'lock'), 'second');
});

const refusedWrites: readonly { row: string; title: string; more: Partial<PutObjectCommandInput>; expected: string }[] =
  [
    {
      row: 'W41',
      title: 'another storage class',
      more: { StorageClass: 'GLACIER' },
      expected: '400 InvalidStorageClass',
    },
    { row: 'W9', title: 'KMS', more: { ServerSideEncryption: 'aws:kms' }, expected: '501 NotImplemented' },
    {
      row: 'W8',
      title: 'a key of the customer',
      more: { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'x'.repeat(32), SSECustomerKeyMD5: 'x' },
      expected: '501 NotImplemented',
    },
    { row: 'W21', title: 'a public ACL', more: { ACL: 'public-read' }, expected: '403 AccessDenied' },
    { row: 'W45', title: 'grants', more: { GrantRead: 'id=1' }, expected: '501 NotImplemented' },
    {
      row: 'W45',
      title: 'too much metadata',
      more: { Metadata: { a: 'x'.repeat(2048) } },
      expected: '400 MetadataTooLarge',
    },
    { row: 'W24', title: 'doubled tags', more: { Tagging: 'a=1&a=2' }, expected: '400 InvalidTag' },
    {
      row: 'W27',
      title: 'a wrong MD5',
      more: { ContentMD5: Buffer.alloc(16).toString('base64') },
      expected: '400 BadDigest',
    },
    { row: 'W27', title: 'an MD5 that is none', more: { ContentMD5: 'abc' }, expected: '400 InvalidDigest' },
    { row: 'W27', title: 'a wrong CRC32', more: { ChecksumCRC32: 'AAAAAA==' }, expected: '400 BadDigest' },
    {
      row: 'W27',
      title: 'a wrong SHA-256',
      more: { ChecksumSHA256: Buffer.alloc(32).toString('base64') },
      expected: '400 BadDigest',
    },
    { row: 'W27', title: 'a SHA-256 that is none', more: { ChecksumSHA256: 'AAAA' }, expected: '400 InvalidRequest' },
    {
      row: 'W27',
      title: 'two checksums',
      more: { ChecksumCRC32: 'jNuMfw==', ChecksumSHA1: 'EfatjsUqKYSpqh84q4Hr9EyBMoU=' },
      expected: '400 InvalidRequest',
    },
    { row: 'W27', title: 'CRC64NVME', more: { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }, expected: '400 InvalidArgument' },
  ];
for (const { row, title, more, expected } of refusedWrites) {
  test(`${row} PutObject with ${title}: ${expected}`, async (t) => {
    const { emulator, put } = await startBucket(t);
    assert.equal(await refusal(put('k', 'x', more)), expected);
    assert.equal(emulator.state.buckets.get(Bucket)?.objects.size, 0);
  });
}

test('W8 a header tells of encryption only where AES256 was asked for', async (t) => {
  const { client, put } = await startBucket(t);
  assert.equal((await put('plain')).ServerSideEncryption, undefined);
  assert.equal((await put('asked', 'x', { ServerSideEncryption: 'AES256' })).ServerSideEncryption, 'AES256');
  const encryptionOf = async (Key: string) =>
    (await client.send(new HeadObjectCommand({ Bucket, Key }))).ServerSideEncryption;
  assert.deepEqual([await encryptionOf('plain'), await encryptionOf('asked')], [undefined, 'AES256']);
});

for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
  test(`W27 ${ChecksumAlgorithm} is verified, kept and given back`, async (t) => {
    const { client, put } = await startBucket(t);
    const field = `Checksum${ChecksumAlgorithm}` as const;
    const written = (await put('k', 'content', { ChecksumAlgorithm }))[field];
    assert.ok(written !== undefined);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    assert.equal(head[field], written);
    assert.equal((await client.send(new HeadObjectCommand({ Bucket, Key: 'k' })))[field], undefined);
  });
}

test('W27 an SDK with its own defaults writes and reads: CRC32 in a header', async (t) => {
  const { emulator, s3 } = await startBucket(t);
  const client = s3({ requestChecksumCalculation: 'WHEN_SUPPORTED', responseChecksumValidation: 'WHEN_SUPPORTED' });
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'content' }));
  assert.equal(await read(client, 'k'), 'content');
  const [version] = emulator.state.buckets.get(Bucket)?.objects.get('k') ?? [];
  assert.deepEqual(Object.keys(version?.checksums ?? {}), ['x-amz-checksum-crc32']);
});

/** A body whose length is known and whose bytes are not: the SDK sends it in chunks with a trailer. */
async function* stream(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('str');
  yield Buffer.from('eam');
}

for (const { trailers, expected } of [
  { trailers: 'refused', expected: '400 InvalidArgument' },
  { trailers: 'accepted', expected: 'no error' },
] as const) {
  test(`W27 trailers ${trailers}: a stream of an SDK with its own defaults is ${expected}`, async (t) => {
    const { emulator, s3 } = await startBucket(t, { quirks: { trailers } });
    const client = s3({ requestChecksumCalculation: 'WHEN_SUPPORTED' });
    const Body = Readable.from(stream(), { objectMode: false });
    const call = client.send(new PutObjectCommand({ Bucket, Key: 'k', Body, ContentLength: 6 }));
    assert.equal(await refusal(call), expected);
    const [version] = emulator.state.buckets.get(Bucket)?.objects.get('k') ?? [];
    assert.equal(version?.etag, expected === 'no error' ? md5('stream') : undefined);
  });
}

test('W27 with the switch CRC64NVME is taken, unverified', async (t) => {
  const { client, put } = await startBucket(t, { quirks: { checksums: 'aws' } });
  await put('k', 'x', { ChecksumCRC64NVME: 'AAAAAAAAAAA=' });
  assert.equal(await read(client, 'k'), 'x');
});

test('W48 DeleteObjects: each key has an outcome, already gone is success', async (t) => {
  const { client, put } = await startBucket(t);
  await put('a');
  await put('b & <c>');
  const Objects = ['a', 'b & <c>', 'gone'].map((Key) => ({ Key }));
  const loud = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(
    loud.Deleted?.map(({ Key }) => Key),
    ['a', 'b & <c>', 'gone'],
  );
  assert.equal(loud.Errors, undefined);
  const quiet = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  assert.deepEqual([quiet.Deleted, quiet.Errors], [undefined, undefined]);
});

test('W48 DeleteObjects takes 1000 keys and not one more', async (t) => {
  const { emulator, client } = await startBucket(t);
  const keys = Array.from({ length: 1001 }, (_, index) => ({ Key: `k${index}` }));
  for (const { Key } of keys) emulator.console.putObject(Bucket, Key, 'x');
  const all = client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys } }));
  assert.equal(await refusal(all), '400 MalformedXML');
  await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.slice(1), Quiet: true } }));
  assert.deepEqual([...(emulator.state.buckets.get(Bucket)?.objects.keys() ?? [])], ['k0']);
});

test('W45 copies keep content, metadata and tags, or take new ones', async (t) => {
  const { client, put } = await startBucket(t);
  await put('from/ä b', 'content', { Metadata: { a: '1' }, Tagging: 't=1', ContentType: 'text/plain' });
  const CopySource = `${Bucket}/${encodeURIComponent('from/ä b')}`;
  const { CopyObjectResult } = await client.send(new CopyObjectCommand({ Bucket, Key: 'same', CopySource }));
  assert.equal(CopyObjectResult?.ETag, `"${md5('content')}"`);
  const same = await client.send(new HeadObjectCommand({ Bucket, Key: 'same' }));
  assert.deepEqual([same.Metadata, same.ContentType], [{ a: '1' }, 'text/plain']);
  const fresh = {
    MetadataDirective: 'REPLACE',
    Metadata: { b: '2' },
    TaggingDirective: 'REPLACE',
    Tagging: 't=2',
  } as const;
  await client.send(new CopyObjectCommand({ Bucket, Key: 'new', CopySource, ...fresh }));
  assert.deepEqual((await client.send(new HeadObjectCommand({ Bucket, Key: 'new' }))).Metadata, { b: '2' });
  const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: 'new' }));
  assert.deepEqual(TagSet, [{ Key: 't', Value: '2' }]);
  assert.equal(await read(client, 'new'), 'content');
});

const refusedCopies: readonly { CopySource: string; more?: object; expected: string }[] = [
  { CopySource: `${Bucket}/gone`, expected: '404 NoSuchKey' },
  { CopySource: 'no-such-bucket/k', expected: '404 NoSuchBucket' },
  { CopySource: 'foreign-bucket/k', expected: '403 AccessDenied' },
  { CopySource: `${Bucket}/k`, more: { CopySourceIfMatch: '"y"' }, expected: '412 PreconditionFailed' },
  { CopySource: `${Bucket}/k`, more: { CopySourceIfNoneMatch: etag }, expected: '412 PreconditionFailed' },
];
for (const { CopySource, more, expected } of refusedCopies) {
  test(`W45 a copy of ${CopySource} ${JSON.stringify(more ?? {})}: ${expected}`, async (t) => {
    const { emulator, client, put } = await startBucket(t);
    const { accountId } = emulator.createAccount();
    emulator.console.createBucket({ name: 'foreign-bucket', accountId });
    await put('k');
    const copy = client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource, ...more }));
    assert.equal(await refusal(copy), expected);
  });
}

test('W24 tags of an object: none is an empty set', async (t) => {
  const { client, put } = await startBucket(t);
  await put('k');
  const at = { Bucket, Key: 'k' };
  assert.deepEqual((await client.send(new GetObjectTaggingCommand(at))).TagSet, []);
  await client.send(new PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }));
  assert.deepEqual((await client.send(new GetObjectTaggingCommand(at))).TagSet, [{ Key: 'a', Value: '1' }]);
  await client.send(new DeleteObjectTaggingCommand(at));
  assert.deepEqual((await client.send(new GetObjectTaggingCommand(at))).TagSet, []);
});

test('W47 listings: UTF-8 order, delimiter, pages; every key once, whatever the size of the page', async (t) => {
  const { emulator, client } = await startBucket(t);
  const keys = ['a', 'a/1', 'a/2', 'b/', 'b/x/y', 'c', 'é', '\uFFFD', '😀', 'A B&<>"+%'];
  for (const key of keys) emulator.console.putObject(Bucket, key, key);
  const inOrder = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const MaxKeys of [1, 2, 3, 1000]) {
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page: {
        Contents?: { Key?: string | undefined }[] | undefined;
        NextContinuationToken?: string | undefined;
      } = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys, ContinuationToken }));
      found.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    assert.deepEqual(found, inOrder, `pages of ${MaxKeys}`);
  }
});

test('W47 a delimiter makes folders; they count like keys and are not repeated on the next page', async (t) => {
  const { emulator, client } = await startBucket(t);
  for (const key of ['a/1', 'a/2', 'b', 'c/1', 'c/2', 'd']) emulator.console.putObject(Bucket, key, key);
  const lines: string[] = [];
  let Marker: string | undefined;
  do {
    const page: { NextMarker?: string | undefined; CommonPrefixes?: { Prefix?: string | undefined }[] | undefined } & {
      Contents?: { Key?: string | undefined }[] | undefined;
    } = await client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 1, Marker }));
    lines.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ''));
    lines.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
    Marker = page.NextMarker;
  } while (Marker !== undefined);
  assert.deepEqual(lines, ['a/', 'b', 'c/', 'd']);
  const inside = await client.send(
    new ListObjectsV2Command({ Bucket, Prefix: 'c/', Delimiter: '/', StartAfter: 'c/1' }),
  );
  assert.deepEqual(
    inside.Contents?.map(({ Key }) => Key),
    ['c/2'],
  );
  assert.equal(inside.CommonPrefixes, undefined);
});

test('W47 what a listing says of a key', async (t) => {
  const { emulator, client } = await startBucket(t);
  emulator.console.putObject(Bucket, 'k', 'content');
  const page = await client.send(new ListObjectsV2Command({ Bucket, FetchOwner: true, EncodingType: 'url' }));
  const [item] = page.Contents ?? [];
  assert.deepEqual(
    { Key: item?.Key, ETag: item?.ETag, Size: item?.Size, StorageClass: item?.StorageClass, Owner: item?.Owner?.ID },
    { Key: 'k', ETag: `"${md5('content')}"`, Size: 7, StorageClass: 'STANDARD', Owner: emulator.account.accountId },
  );
  assert.deepEqual([page.KeyCount, page.MaxKeys, page.IsTruncated, page.Name], [1, 1000, false, Bucket]);
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }))).IsTruncated, false);
  const wrong = client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'base64' as 'url' }));
  assert.equal(await refusal(wrong), '400 InvalidArgument');
});

for (const query of ['append', 'compose', 'select', 'torrent']) {
  test(`W12 ?${query} is not emulated: NotImplemented`, async (t) => {
    const { emulator } = await startBucket(t);
    const answer = await signedRequest(emulator, { method: 'PUT', path: `/${Bucket}/k`, query });
    assert.equal(codeOf(answer), '501 NotImplemented');
    assert.equal(emulator.state.buckets.get(Bucket)?.objects.size, 0);
  });
}

test('W12 MOVE is not emulated, other methods are not allowed', async (t) => {
  const { emulator } = await startBucket(t);
  const call = (method: string, path: string) => signedRequest(emulator, { method, path });
  assert.equal(codeOf(await call('MOVE', `/${Bucket}/k`)), '501 NotImplemented');
  assert.equal(codeOf(await call('POST', `/${Bucket}`)), '405 MethodNotAllowed');
  assert.equal(codeOf(await call('DELETE', '/')), '405 MethodNotAllowed');
});
