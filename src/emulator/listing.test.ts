import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { refusal, startLoopback } from './testing/loopback-clients.ts';

const Bucket = 'list-bucket';

async function start(t: TestContext, keys: readonly string[], versioned = false) {
  const loopback = await startLoopback(t);
  const { console } = loopback.emulator;
  console.createBucket({ name: Bucket });
  if (versioned) {
    console.editBucket(Bucket, (bucket) => {
      bucket.versioning = 'Enabled';
    });
  }
  for (const key of keys) console.putObject(Bucket, key, key);
  return loopback.s3();
}

type Client = Awaited<ReturnType<typeof start>>;
interface Asked {
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
}

/** Keys and, with a `+`, common prefixes of all pages, one list a page. */
async function pagesV2(client: Client, asked: Asked): Promise<string[][]> {
  const pages: string[][] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, ...asked, ContinuationToken }));
    const { Contents = [], CommonPrefixes = [] } = page;
    pages.push([...Contents.map(({ Key }) => `${Key}`), ...CommonPrefixes.map(({ Prefix }) => `+${Prefix}`)].sort());
    assert.equal(page.KeyCount, pages.at(-1)?.length);
    assert.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return pages;
}

async function pagesV1(client: Client, asked: Asked): Promise<string[][]> {
  const pages: string[][] = [];
  let Marker: string | undefined;
  for (;;) {
    const page = await client.send(new ListObjectsCommand({ Bucket, ...asked, Marker }));
    const { Contents = [], CommonPrefixes = [] } = page;
    pages.push([...Contents.map(({ Key }) => `${Key}`), ...CommonPrefixes.map(({ Prefix }) => `+${Prefix}`)].sort());
    if (page.IsTruncated !== true) return pages;
    Marker = page.NextMarker ?? Contents.at(-1)?.Key;
  }
}

const keys = ['a', 'a/1', 'a/2', 'b/x/1', 'b/x/2', 'b/y', 'c'];
const cases: readonly { title: string; asked: Asked; pages: string[][] }[] = [
  { title: 'all', asked: {}, pages: [keys] },
  { title: 'pages of three', asked: { MaxKeys: 3 }, pages: [keys.slice(0, 3), keys.slice(3, 6), keys.slice(6)] },
  { title: 'a delimiter', asked: { Delimiter: '/' }, pages: [['+a/', '+b/', 'a', 'c']] },
  {
    title: 'a delimiter, a line a page',
    asked: { Delimiter: '/', MaxKeys: 1 },
    pages: [['a'], ['+a/'], ['+b/'], ['c']],
  },
  { title: 'a prefix', asked: { Prefix: 'b/' }, pages: [['b/x/1', 'b/x/2', 'b/y']] },
  { title: 'both', asked: { Prefix: 'b/', Delimiter: '/', MaxKeys: 1 }, pages: [['+b/x/'], ['b/y']] },
  { title: 'a delimiter of two signs', asked: { Delimiter: '/x' }, pages: [['+b/x', 'a', 'a/1', 'a/2', 'b/y', 'c']] },
  { title: 'a prefix of nothing', asked: { Prefix: 'z' }, pages: [[]] },
  { title: 'no keys asked for', asked: { MaxKeys: 0 }, pages: [[]] },
];

for (const { title, asked, pages } of cases) {
  test(`W47 both listings: ${title}`, async (t) => {
    const client = await start(t, keys.toReversed());
    assert.deepEqual(await pagesV2(client, asked), pages);
    assert.deepEqual(await pagesV1(client, asked), pages);
  });
}

test('W47 keys stand in the order of their UTF-8 bytes', async (t) => {
  const inOrder = ['Z', 'a', 'z', 'é', '\uFF21', '😀'];
  const client = await start(t, inOrder.toReversed());
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    inOrder,
  );
});

test('W47 encoding-type=url writes keys in percent signs, all but the slash', async (t) => {
  const client = await start(t, ['d/a b+ü\n', 'd/<&>']);
  const asked = { Bucket, EncodingType: 'url' as const, Prefix: 'd/' };
  const page = await client.send(new ListObjectsV2Command(asked));
  assert.deepEqual(
    page.Contents?.map(({ Key }) => Key),
    ['d/%3C%26%3E', 'd/a%20b%2B%C3%BC%0A'],
  );
  assert.deepEqual([page.EncodingType, page.Prefix], ['url', 'd/']);
  const versions = await client.send(new ListObjectVersionsCommand(asked));
  assert.equal(versions.Versions?.[0]?.Key, 'd/%3C%26%3E');
});

test('W47 more than a thousand keys come in pages of a thousand', async (t) => {
  const many = Array.from({ length: 1003 }, (_, index) => `k${String(index).padStart(4, '0')}`);
  const client = await start(t, many);
  const pages = await pagesV2(client, { MaxKeys: 5000 });
  assert.deepEqual(
    pages.map(({ length }) => length),
    [1000, 3],
  );
  assert.deepEqual(pages.flat(), many);
});

test('W47 start-after and fetch-owner', async (t) => {
  const client = await start(t, keys);
  const page = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: 'b/x/1', FetchOwner: true }));
  assert.equal(page.StartAfter, 'b/x/1');
  assert.deepEqual(
    page.Contents?.map(({ Key }) => Key),
    ['b/x/2', 'b/y', 'c'],
  );
  assert.match(page.Contents?.[0]?.Owner?.ID ?? '', /^\d{12}$/);
  const plain = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.equal(plain.Contents?.[0]?.Owner, undefined);
  const { ETag, Size, StorageClass, LastModified } = plain.Contents?.[0] ?? {};
  assert.deepEqual([ETag, Size, StorageClass], ['"0cc175b9c0f1b6a831c399e269772661"', 1, 'STANDARD']);
  assert.ok(LastModified instanceof Date);
});

test('W47 versions: newest first, markers among them, nothing lost from page to page', async (t) => {
  const client = await start(t, ['a', 'a', 'b/1', 'b/2'], true);
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  const seen: string[] = [];
  let KeyMarker: string | undefined;
  let VersionIdMarker: string | undefined;
  do {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, KeyMarker, VersionIdMarker }));
    const { Versions = [], DeleteMarkers = [], IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
    seen.push(...Versions.map(({ Key, IsLatest }) => `${Key} version ${IsLatest}`));
    seen.push(...DeleteMarkers.map(({ Key, IsLatest }) => `${Key} marker ${IsLatest}`));
    assert.equal(IsTruncated, NextKeyMarker !== undefined);
    [KeyMarker, VersionIdMarker] = [NextKeyMarker, NextVersionIdMarker];
  } while (KeyMarker !== undefined);
  const expected = ['a marker true', 'a version false', 'a version false', 'b/1 version true', 'b/2 version true'];
  assert.deepEqual(seen, expected);
});

test('W47 versions with a delimiter, a line a page; a marker without a version starts behind the key', async (t) => {
  const client = await start(t, ['a', 'a', 'b/1', 'b/2', 'c'], true);
  const first = await client.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/', MaxKeys: 3 }));
  assert.deepEqual([first.NextKeyMarker, first.NextVersionIdMarker], ['b/', undefined]);
  assert.deepEqual(first.CommonPrefixes, [{ Prefix: 'b/' }]);
  const { NextKeyMarker: KeyMarker } = first;
  const second = await client.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/', KeyMarker }));
  assert.deepEqual([second.Versions?.map(({ Key }) => Key), second.CommonPrefixes], [['c'], undefined]);
  const behind = await client.send(new ListObjectVersionsCommand({ Bucket, KeyMarker: 'a', Prefix: 'a' }));
  assert.deepEqual(behind.Versions, undefined);
});

test('W47 uploads: by key, then by id, in pages, under common prefixes', async (t) => {
  const client = await start(t, []);
  for (const Key of ['b', 'a', 'a', 'p/1', 'p/2']) await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const seen: string[] = [];
  let KeyMarker: string | undefined;
  let UploadIdMarker: string | undefined;
  do {
    const asked = { Bucket, MaxUploads: 1, Delimiter: '/', KeyMarker, UploadIdMarker };
    const page = await client.send(new ListMultipartUploadsCommand(asked));
    seen.push(...(page.Uploads ?? []).map(({ Key }) => `${Key}`));
    seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => `+${Prefix}`));
    [KeyMarker, UploadIdMarker] = [page.NextKeyMarker, page.NextUploadIdMarker];
  } while (KeyMarker !== undefined);
  assert.deepEqual(seen, ['a', 'a', 'b', '+p/']);
  const encoded = await client.send(new ListMultipartUploadsCommand({ Bucket, EncodingType: 'url', Prefix: 'p' }));
  assert.deepEqual(
    encoded.Uploads?.map(({ Key }) => Key),
    ['p/1', 'p/2'],
  );
});

test('W5 every listing of a bucket that is not there is NoSuchBucket', async (t) => {
  const client = await start(t, []);
  const none = { Bucket: 'none-such' };
  const calls = [
    client.send(new ListObjectsCommand(none)),
    client.send(new ListObjectsV2Command(none)),
    client.send(new ListObjectVersionsCommand(none)),
    client.send(new ListMultipartUploadsCommand(none)),
    client.send(new PutObjectCommand({ ...none, Key: 'k', Body: 'x' })),
  ];
  assert.deepEqual(
    await Promise.all(calls.map(refusal)),
    calls.map(() => '404 NoSuchBucket'),
  );
});
