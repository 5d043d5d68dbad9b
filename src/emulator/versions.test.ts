import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'bucket-of-versions';

async function startVersioned(t: TestContext, Status: 'Enabled' | 'Suspended' | undefined) {
  const loopback = await startLoopback(t);
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  if (Status !== undefined) await setVersioning(client, Status);
  const put = async (Key: string, Body = 'x') =>
    (await client.send(new PutObjectCommand({ Bucket, Key, Body }))).VersionId;
  return { ...loopback, client, put };
}

function setVersioning(client: S3Client, Status: 'Enabled' | 'Suspended'): Promise<unknown> {
  return client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
}

/** `key versionId` of each line, delete markers with a cross; a star for the latest. */
function linesOf(page: ListObjectVersionsCommandOutput): string[] {
  const all = [
    ...(page.Versions ?? []).map((version) => ({ ...version, sign: '' })),
    ...(page.DeleteMarkers ?? []).map((marker) => ({ ...marker, sign: '†' })),
  ];
  return all.map(({ Key, VersionId, IsLatest, sign }) => `${Key} ${VersionId}${sign}${IsLatest === true ? '*' : ''}`);
}

async function versionsOf(client: S3Client): Promise<string[]> {
  return linesOf(await client.send(new ListObjectVersionsCommand({ Bucket })));
}

test('W15 versioning: empty, Enabled, Suspended, never empty again', async (t) => {
  const { client, emulator } = await startVersioned(t, undefined);
  const put = async (body: string) =>
    codeOf(await signedRequest(emulator, { method: 'PUT', path: `/${Bucket}`, query: 'versioning=', body }));
  const status = async () => (await client.send(new GetBucketVersioningCommand({ Bucket }))).Status;
  assert.equal(await status(), undefined);
  for (const Status of ['Enabled', 'Suspended'] as const) {
    await setVersioning(client, Status);
    assert.equal(await status(), Status);
  }
  assert.equal(await put('<VersioningConfiguration/>'), '400 MalformedXML');
  assert.equal(
    await put('<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>'),
    '400 MalformedXML',
  );
  assert.equal(await status(), 'Suspended');
});

test('W15 version ids have the form of Wasabi and only grow', async (t) => {
  const { put } = await startVersioned(t, 'Enabled');
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.push((await put('k')) ?? '');
  for (const id of ids) assert.match(id, /^00\d{19}-[A-Za-z0-9]{10}$/u);
  assert.deepEqual([...ids].sort(), ids);
  assert.ok(Math.abs(Number(ids[0]?.slice(0, 15)) - Date.now()) < 60_000, `${ids[0]} tells the time in nanoseconds`);
});

test('W15 each version can be read and deleted by its id', async (t) => {
  const { client, put } = await startVersioned(t, 'Enabled');
  const first = await put('k', 'first');
  const second = await put('k', 'second');
  const read = async (VersionId?: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId }));
    return Body?.transformToString();
  };
  assert.deepEqual([await read(first), await read(second), await read()], ['first', 'second', 'second']);
  const gone = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: second }));
  assert.deepEqual([gone.VersionId, gone.DeleteMarker], [second, undefined]);
  assert.equal(await read(), 'first');
  assert.equal(await refusal(read(second)), '404 NoSuchVersion');
});

test('W15 a delete puts a marker on top; deleting the marker brings the object back', async (t) => {
  const { client, put } = await startVersioned(t, 'Enabled');
  const version = await put('k');
  const { VersionId: marker, DeleteMarker } = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(DeleteMarker, true);
  assert.deepEqual((await versionsOf(client)).sort(), [`k ${version}`, `k ${marker}†*`].sort());
  assert.equal(await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'k' }))), '404 NoSuchKey');
  const head = client.send(new HeadObjectCommand({ Bucket, Key: 'k', VersionId: marker }));
  assert.match(await refusal(head), /^405 /u);
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  const undone = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker }));
  assert.equal(undone.DeleteMarker, true);
  assert.deepEqual(await versionsOf(client), [`k ${version}*`]);
});

test('W15 what was there before versioning is the version null', async (t) => {
  const { client, put } = await startVersioned(t, undefined);
  assert.equal(await put('k', 'old'), undefined);
  await setVersioning(client, 'Enabled');
  const id = await put('k', 'new');
  assert.deepEqual(await versionsOf(client), [`k ${id}*`, 'k null']);
});

test('W15 a suspended bucket writes the version null over and over, and keeps the others', async (t) => {
  const { client, put } = await startVersioned(t, 'Enabled');
  const kept = await put('k', 'kept');
  await setVersioning(client, 'Suspended');
  assert.equal(await put('k', 'one'), 'null');
  assert.equal(await put('k', 'two'), 'null');
  assert.deepEqual(await versionsOf(client), ['k null*', `k ${kept}`]);
  const { VersionId, DeleteMarker } = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  assert.deepEqual([VersionId, DeleteMarker], ['null', true]);
  assert.deepEqual((await versionsOf(client)).sort(), [`k ${kept}`, 'k null†*'].sort());
});

test('W47 versions in pages: every version once, whatever the size of the page', async (t) => {
  const { client, put } = await startVersioned(t, 'Enabled');
  const expected: string[] = [];
  for (const key of ['a', 'b', 'c']) {
    const ids = [await put(key), await put(key), await put(key)].toReversed();
    expected.push(...ids.map((id, index) => `${key} ${id}${index === 0 ? '*' : ''}`));
  }
  for (const MaxKeys of [1, 2, 4, 1000]) {
    const found: string[] = [];
    let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
    while (markers !== undefined) {
      const page: ListObjectVersionsCommandOutput = await client.send(
        new ListObjectVersionsCommand({ Bucket, MaxKeys, ...markers }),
      );
      found.push(...linesOf(page));
      markers =
        page.IsTruncated === true
          ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
          : undefined;
    }
    assert.deepEqual(found, expected, `pages of ${MaxKeys}`);
  }
});

test('W47 versions by prefix and delimiter', async (t) => {
  const { client, put } = await startVersioned(t, 'Enabled');
  await put('a/1');
  const id = await put('b');
  const page = await client.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/' }));
  assert.deepEqual(page.CommonPrefixes, [{ Prefix: 'a/' }]);
  assert.deepEqual(linesOf(page), [`b ${id}*`]);
  const wrong = client.send(new ListObjectVersionsCommand({ Bucket, VersionIdMarker: 'x' }));
  assert.equal(await refusal(wrong), '400 InvalidArgument');
});

test('W48 DeleteObjects with version ids empties a bucket of versions and markers', async (t) => {
  const { emulator, client, put } = await startVersioned(t, 'Enabled');
  await put('k');
  await put('k');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  const page = await client.send(new ListObjectVersionsCommand({ Bucket }));
  const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key, VersionId }) => ({
    Key: Key ?? '',
    VersionId,
  }));
  const { Deleted = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.equal(Deleted.length, 3);
  assert.equal(Deleted.filter(({ DeleteMarker }) => DeleteMarker === true).length, 1);
  assert.equal(emulator.state.buckets.get(Bucket)?.objects.size, 0);
});

test('W15 MFA delete asks for x-amz-mfa, for the setting and for versions', async (t) => {
  const { emulator, client, put } = await startVersioned(t, 'Enabled');
  const VersionId = await put('k');
  const VersioningConfiguration = { Status: 'Enabled', MFADelete: 'Enabled' } as const;
  const set = (MFA?: string) => client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration, MFA }));
  assert.equal(await refusal(set()), '403 AccessDenied');
  assert.equal(await refusal(set('device')), '403 AccessDenied');
  await set('device 123456');
  assert.equal(emulator.state.buckets.get(Bucket)?.mfaDelete, 'Enabled');
  const remove = (MFA?: string) => client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId, MFA }));
  assert.equal(await refusal(remove()), '403 AccessDenied');
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  await remove('device 123456');
});
