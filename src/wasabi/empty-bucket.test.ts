import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { type EmptyingCursor, type EmptyingReport, emptyBucket } from './empty-bucket.ts';
import { type Answer, clientOptions, poolFor, type SeenRequest, startLoopback } from './testing/loopback.ts';

interface Version {
  readonly key: string;
  readonly versionId: string;
  readonly isMarker?: boolean;
}

/** A bucket on loopback, with the faults of a test. */
interface Bucket {
  versions: Version[];
  /** The version ids in the order of the list, those that are gone included. */
  readonly order: readonly string[];
  uploads: { readonly key: string; readonly uploadId: string }[];
  readonly locked: Set<string>;
  readonly pageSize: number;
  /** Answers instead of the bucket when it says something. */
  readonly fault: (request: SeenRequest) => Answer | undefined;
}

const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
const decode = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

function listVersions(bucket: Bucket, url: URL): string {
  const after = bucket.order.indexOf(url.searchParams.get('version-id-marker') ?? '');
  const from = bucket.versions.findIndex(({ versionId }) => bucket.order.indexOf(versionId) > after);
  const page = from === -1 ? [] : bucket.versions.slice(from, from + bucket.pageSize);
  const items = page.map(({ key, versionId, isMarker }) => {
    const name = isMarker === true ? 'DeleteMarker' : 'Version';
    return `<${name}><Key>${encode(key)}</Key><VersionId>${versionId}</VersionId></${name}>`;
  });
  const last = page.at(-1);
  const isTruncated = from !== -1 && from + page.length < bucket.versions.length;
  const markers =
    last === undefined
      ? ''
      : `<NextKeyMarker>${encode(last.key)}</NextKeyMarker><NextVersionIdMarker>${last.versionId}</NextVersionIdMarker>`;
  return `<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${markers}${items.join('')}</ListVersionsResult>`;
}

function remove(bucket: Bucket, key: string, versionId: string): boolean {
  if (bucket.locked.has(versionId)) return false;
  bucket.versions = bucket.versions.filter((version) => version.key !== key || version.versionId !== versionId);
  return true;
}

function deleteObjects(bucket: Bucket, body: string): string {
  const objects = [...body.matchAll(/<Key>([^<]*)<\/Key><VersionId>([^<]*)<\/VersionId>/g)];
  const errors = objects.flatMap(([, key = '', versionId = '']) =>
    remove(bucket, decode(key), versionId)
      ? []
      : [`<Error><Key>${key}</Key><VersionId>${versionId}</VersionId><Code>AccessDenied</Code></Error>`],
  );
  return `<DeleteResult>${errors.join('')}</DeleteResult>`;
}

function answer(bucket: Bucket, request: SeenRequest): Answer {
  const fault = bucket.fault(request);
  if (fault !== undefined) return fault;
  const url = new URL(request.url, 'http://host');
  const key = decodeURIComponent(url.pathname.slice('/b/'.length));
  if (url.searchParams.has('versions')) return { status: 200, body: listVersions(bucket, url) };
  if (url.searchParams.has('delete')) return { status: 200, body: deleteObjects(bucket, request.body) };
  if (url.searchParams.has('uploads')) {
    const uploads = bucket.uploads.map(
      (upload) => `<Upload><Key>${upload.key}</Key><UploadId>${upload.uploadId}</UploadId></Upload>`,
    );
    return { status: 200, body: `<ListMultipartUploadsResult>${uploads.join('')}</ListMultipartUploadsResult>` };
  }
  const uploadId = url.searchParams.get('uploadId');
  if (uploadId !== null) {
    bucket.uploads = bucket.uploads.filter((upload) => upload.uploadId !== uploadId);
    return { status: 204 };
  }
  const isGone = remove(bucket, key, url.searchParams.get('versionId') ?? '');
  return isGone ? { status: 204 } : { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
}

async function start(t: TestContext, given: Partial<Bucket>) {
  const bucket: Bucket = {
    versions: [],
    order: (given.versions ?? []).map(({ versionId }) => versionId),
    uploads: [],
    locked: new Set(),
    pageSize: 1_000,
    fault: () => undefined,
    ...given,
  };
  const server = await startLoopback(t, (request) => answer(bucket, request));
  const clock = new FakeClock();
  const client = poolFor(server).client(clientOptions(server, { maxAttempts: 1 }));
  const options = {
    bucket: 'b',
    region: 'us-east-1',
    signal: new AbortController().signal,
    clock,
    budgetMs: 20_000,
  };
  const deletes = () => server.requests.filter(({ method }) => method !== 'GET').length;
  return { bucket, server, clock, client, options, deletes, run: () => emptyBucket(client, options) };
}

function versions(count: number): Version[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key ${index}`,
    versionId: `v${index}`,
    isMarker: index % 7 === 0, // a page has them behind its versions
  }));
}

/** A run to the end, with nothing in its way. */
function whole(deleted: number): EmptyingReport {
  return { next: undefined, deleted, failed: 0, firstLocked: undefined };
}

test('everything goes: versions, markers and uploads, a thousand a call', async (t) => {
  const uploads = [
    { key: 'big', uploadId: 'u1' },
    { key: 'big', uploadId: 'u2' },
  ];
  const { bucket, run, deletes } = await start(t, { versions: versions(2_500), uploads });
  assert.deepEqual(await run(), whole(2_502));
  assert.deepEqual([bucket.versions.length, bucket.uploads.length], [0, 0]);
  assert.equal(deletes(), 3 + 2);
});

test('an empty bucket, and one that is gone, are empty', async (t) => {
  const empty = await start(t, {});
  assert.deepEqual(await empty.run(), whole(0));
  const gone = await start(t, { fault: () => ({ status: 404, body: '<Error><Code>NoSuchBucket</Code></Error>' }) });
  assert.deepEqual(await gone.run(), whole(0));
});

test('keys of every kind are deleted as they are', async (t) => {
  const keys = ['a b', 'a+b', '100%', 'ü/é', '<&>"', 'a\tb', 'x/../y', '%2F', 'naïve&amp;'];
  const { bucket, run } = await start(t, { versions: keys.map((key, index) => ({ key, versionId: `v${index}` })) });
  assert.equal((await run()).deleted, keys.length);
  assert.deepEqual(bucket.versions, []);
});

test('locked versions are left alone, the first of the list is named, and the rest goes', async (t) => {
  const locked = new Set(Array.from({ length: 30 }, (_, index) => `v${index * 3}`));
  const { bucket, run, deletes } = await start(t, { versions: versions(300), locked, pageSize: 50 });
  assert.deepEqual(await run(), { ...whole(270), firstLocked: 'key 3' });
  assert.equal(bucket.versions.length, 30);
  assert.ok(deletes() <= 7);
});

test('it stops when the budget is used up, and the next run goes on behind what is locked', async (t) => {
  const locked = new Set(Array.from({ length: 200 }, (_, index) => `v${index}`));
  const uploads = [{ key: 'big', uploadId: 'u1' }];
  const { bucket, server, clock, options, client } = await start(t, {
    versions: versions(400),
    uploads,
    locked,
    pageSize: 100,
    // A page is a listing and a deletion: two of them in a run.
    fault: () => {
      clock.advance(6_000);
      return undefined;
    },
  });
  const runs = [];
  let from: EmptyingCursor | undefined;
  do {
    const report = await emptyBucket(client, { ...options, from });
    runs.push([report.deleted, report.firstLocked]);
    from = report.next;
  } while (from !== undefined);
  assert.deepEqual(runs, [
    [0, 'key 1'],
    [200, undefined],
    [1, undefined],
  ]);
  assert.deepEqual([bucket.versions.length, bucket.uploads.length], [200, 0]);
  assert.equal(server.requests.filter(({ url }) => url.includes('versions')).length, 4, 'no page is read twice');
});

test('uploads that are left over are aborted by the next run', async (t) => {
  const uploads = Array.from({ length: 5 }, (_, index) => ({ key: `big ${index}`, uploadId: `u${index}` }));
  const { bucket, clock, options, client, run } = await start(t, {
    uploads,
    fault: ({ method }) => {
      if (method === 'DELETE') clock.advance(8_000);
      return undefined;
    },
  });
  const first = await run();
  assert.deepEqual([first.deleted, first.next?.list, bucket.uploads.length], [3, 'uploads', 2]);
  assert.deepEqual(await emptyBucket(client, { ...options, from: first.next }), whole(2));
});

test('a list that does not move on ends', async (t) => {
  const stuck =
    '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker></ListVersionsResult>';
  const fault = ({ url }: SeenRequest): Answer | undefined =>
    url.includes('versions') ? { status: 200, body: stuck } : undefined;
  const { run, server } = await start(t, { fault });
  assert.deepEqual(await run(), whole(0));
  assert.equal(server.requests.length, 3);
});

test('a key that the service cannot take in a document is found by halving and deleted by itself', async (t) => {
  const fault = (request: SeenRequest): Answer | undefined =>
    request.body.includes('key 77<') ? { status: 400, body: '<Error><Code>MalformedXML</Code></Error>' } : undefined;
  const { bucket, run, deletes } = await start(t, { versions: versions(128), fault });
  assert.deepEqual([(await run()).deleted, bucket.versions.length], [128, 0]);
  assert.equal(deletes(), 16); // 128, then two of 64, 32, 16, 8, 4, 2 and 1, then the key itself
});

test('a service that fails on large documents gets smaller ones, but not without end', async (t) => {
  const tooMany =
    (most: number) =>
    (request: SeenRequest): Answer | undefined =>
      (request.body.match(/<Object>/g)?.length ?? 0) > most ? { status: 500 } : undefined;
  const some = await start(t, { versions: versions(1_000), fault: tooMany(250) });
  assert.equal((await some.run()).deleted, 1_000);
  const none = await start(t, { versions: versions(1_000), fault: tooMany(0) });
  await assert.rejects(none.run(), { type: 'Transient', reason: 'ServiceFailed' });
  assert.ok(none.deletes() <= 5);
});

test('a service without DeleteObjects is asked one by one', async (t) => {
  const fault = (request: SeenRequest): Answer | undefined =>
    request.url.includes('?delete') ? { status: 501 } : undefined;
  const { bucket, run } = await start(t, { versions: versions(6), locked: new Set(['v3']), fault });
  assert.deepEqual(await run(), { ...whole(5), firstLocked: 'key 3' });
  assert.equal(bucket.versions.length, 1);
});

test('what fails for a passing reason is left for the next run; if nothing else happens, that is an error', async (t) => {
  const failing = (request: SeenRequest): Answer | undefined => {
    if (!request.url.includes('?delete')) return undefined;
    const keys = [...request.body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
    return {
      status: 200,
      body: `<DeleteResult>${keys.map((key) => `<Error><Key>${key}</Key><Code>InternalError</Code></Error>`).join('')}</DeleteResult>`,
    };
  };
  const { run } = await start(t, { versions: versions(3), fault: failing });
  await assert.rejects(run(), {
    type: 'Transient',
    reason: 'ServiceFailed',
    message: 'no object of bucket "b" could be deleted',
  });
});

test('what another deleted meanwhile counts as gone', async (t) => {
  const fault = (request: SeenRequest): Answer | undefined =>
    request.url.includes('?delete')
      ? { status: 200, body: '<DeleteResult><Error><Key>key 0</Key><Code>NoSuchVersion</Code></Error></DeleteResult>' }
      : undefined;
  const { run } = await start(t, { versions: versions(1), fault });
  assert.deepEqual(await run(), whole(1));
});

test('credentials that may not delete are an error, not a lock', async (t) => {
  const fault = (request: SeenRequest): Answer | undefined =>
    request.url.includes('?delete') ? { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } : undefined;
  const { run } = await start(t, { versions: versions(3), fault });
  await assert.rejects(run(), { type: 'DependencyNotReady', reason: 'AccessDenied' });
});
