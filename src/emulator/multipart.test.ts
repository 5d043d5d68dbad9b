import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { refusal, startLoopback } from './testing/loopback-clients.ts';

const Bucket = 'bucket-of-uploads';
const big = Buffer.alloc(5 * 1024 * 1024, 'a');

async function startUploads(t: TestContext) {
  const loopback = await startLoopback(t);
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  const create = async (Key = 'k') => {
    const input = { Bucket, Key, ContentType: 'text/plain', Metadata: { a: 'b' } };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(input));
    return { Bucket, Key, UploadId };
  };
  const upload = async (at: object, PartNumber: number, Body: Buffer | string) => {
    const { ETag } = await client.send(
      new UploadPartCommand({ ...(at as { Bucket: string; Key: string; UploadId: string }), PartNumber, Body }),
    );
    return { PartNumber, ETag };
  };
  return { ...loopback, client, create, upload };
}

test('W46 parts become one object, in their order, with the ETag of parts', async (t) => {
  const { emulator, client, create, upload } = await startUploads(t);
  const at = await create();
  const last = await upload(at, 7, 'end');
  const first = await upload(at, 2, big);
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  const done = await client.send(
    new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts: [first, last] } }),
  );
  const digests = [big, 'end'].map((part) => createHash('md5').update(part).digest());
  assert.equal(done.ETag, `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2"`);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual([got.ContentLength, got.ContentType, got.Metadata], [big.length + 3, 'text/plain', { a: 'b' }]);
  assert.equal((await got.Body?.transformToString())?.slice(-5), 'aaend');
  assert.equal(emulator.state.buckets.get(Bucket)?.uploads.size, 0);
});

test('W46 a part sent again takes the place of the first', async (t) => {
  const { client, create, upload } = await startUploads(t);
  const at = await create();
  await upload(at, 1, 'first');
  const again = await upload(at, 1, 'second');
  await client.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts: [again] } }));
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await Body?.transformToString(), 'second');
});

const refusedParts: readonly { title: string; parts: (first: string) => object[]; expected: string }[] = [
  { title: 'no parts', parts: () => [], expected: '400 MalformedXML' },
  { title: 'a part that is not there', parts: (ETag) => [{ PartNumber: 9, ETag }], expected: '400 InvalidPart' },
  { title: 'another ETag', parts: () => [{ PartNumber: 1, ETag: '"x"' }], expected: '400 InvalidPart' },
  {
    title: 'parts out of order',
    parts: (ETag) => [
      { PartNumber: 2, ETag },
      { PartNumber: 1, ETag },
    ],
    expected: '400 InvalidPartOrder',
  },
  {
    title: 'a part that is not there, behind small ones',
    parts: (ETag) => [1, 2, 9].map((PartNumber) => ({ PartNumber, ETag })),
    expected: '400 InvalidPart',
  },
  {
    title: 'as many parts as there may be, with checksums',
    parts: (ETag) =>
      Array.from({ length: 10_000 }, (_, index) => ({
        PartNumber: index + 1,
        ETag,
        ChecksumSHA256: Buffer.alloc(32).toString('base64'),
      })),
    expected: '400 InvalidPart',
  },
  {
    title: 'one part more than there may be',
    parts: (ETag) => Array.from({ length: 10_001 }, (_, index) => ({ PartNumber: index + 1, ETag })),
    expected: '400 MalformedXML',
  },
  {
    title: 'a small part before the last',
    parts: (ETag) => [
      { PartNumber: 1, ETag },
      { PartNumber: 2, ETag },
    ],
    expected: '400 EntityTooSmall',
  },
];
for (const { title, parts, expected } of refusedParts) {
  test(`W46 completing with ${title}: ${expected}, and the upload stays`, async (t) => {
    const { emulator, client, create, upload } = await startUploads(t);
    const at = await create();
    const { ETag } = await upload(at, 1, 'small');
    await upload(at, 2, 'small');
    const Parts = parts(ETag ?? '');
    const complete = client.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts } }));
    assert.equal(await refusal(complete), expected);
    assert.equal(emulator.state.buckets.get(Bucket)?.uploads.size, 1);
  });
}

test('W46 an aborted upload is gone, for every call on it', async (t) => {
  const { emulator, client, create, upload } = await startUploads(t);
  const at = await create();
  const part = await upload(at, 1, 'x');
  await client.send(new AbortMultipartUploadCommand(at));
  assert.equal(emulator.state.buckets.get(Bucket)?.uploads.size, 0);
  const calls = [
    () => upload(at, 1, 'x'),
    () => client.send(new ListPartsCommand(at)),
    () => client.send(new AbortMultipartUploadCommand(at)),
    () => client.send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts: [part] } })),
  ];
  for (const call of calls) assert.equal(await refusal(call()), '404 NoSuchUpload');
});

test('W46 part numbers go from 1 to 10000; parts cannot be copied', async (t) => {
  const { client, create, upload } = await startUploads(t);
  const at = await create();
  for (const number of [0, 10_001]) assert.equal(await refusal(upload(at, number, 'x')), '400 InvalidArgument');
  const copy = new UploadPartCopyCommand({ ...at, PartNumber: 1, CopySource: `${Bucket}/x` });
  assert.equal(await refusal(client.send(copy)), '501 NotImplemented');
});

test('W47 parts in pages', async (t) => {
  const { client, create, upload } = await startUploads(t);
  const at = await create();
  for (const number of [1, 3, 5]) await upload(at, number, 'x');
  const page = await client.send(new ListPartsCommand({ ...at, MaxParts: 2 }));
  assert.deepEqual(
    page.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
    [
      [1, 1],
      [3, 1],
    ],
  );
  assert.deepEqual([page.IsTruncated, page.NextPartNumberMarker], [true, '3']);
  const rest = await client.send(new ListPartsCommand({ ...at, PartNumberMarker: '3' }));
  assert.deepEqual(
    rest.Parts?.map(({ PartNumber }) => PartNumber),
    [5],
  );
  assert.equal(rest.IsTruncated, false);
});

test('W47 uploads in pages: each once, in order of keys', async (t) => {
  const { client, create } = await startUploads(t);
  for (const key of ['b', 'a', 'a', 'c/1', 'c/2']) await create(key);
  const found: (string | undefined)[] = [];
  let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
  while (markers !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket, MaxUploads: 2, ...markers }),
    );
    found.push(...(page.Uploads ?? []).map(({ Key }) => Key));
    markers =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
  }
  assert.deepEqual(found, ['a', 'a', 'b', 'c/1', 'c/2']);
  const folders = await client.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: '/', Prefix: 'c' }));
  assert.deepEqual(folders.CommonPrefixes, [{ Prefix: 'c/' }]);
});
