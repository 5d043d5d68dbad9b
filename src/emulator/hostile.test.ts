import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import * as fc from 'fast-check';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { rawAnswer } from './testing/raw-socket.ts';
import { signedRequest } from './testing/signed-request.ts';
import { parseXml } from './xml.ts';

const Bucket = 'hostile-bucket';

async function start(t: TestContext, options: { maxBodyBytes?: number } = {}) {
  const loopback = await startLoopback(t, options);
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  return { ...loopback, client };
}

async function stillAnswers(client: S3Client): Promise<void> {
  const { Buckets } = await client.send(new ListBucketsCommand({}));
  assert.deepEqual(
    Buckets?.map(({ Name }) => Name),
    [Bucket],
  );
}

const LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Tagging><TagSet>&b;</TagSet></Tagging>';
const tag = (key: string) => `<Tagging><TagSet><Tag><Key>${key}</Key><Value>v</Value></Tag></TagSet></Tagging>`;

const badXml: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'no XML': 'Tagging=1',
  'an end tag missing': '<Tagging><TagSet></Tagging>',
  'a document type with entities': LAUGHS,
  'an external entity': '<!DOCTYPE t [<!ENTITY f SYSTEM "file:///etc/passwd">]><Tagging><TagSet>&f;</TagSet></Tagging>',
  'an entity of nobody': tag('&nobody;'),
  'an entity named like a member of all objects': tag('&constructor;'),
  'half a surrogate pair': tag('&#xD800;'),
  'the zero character': tag('&#0;'),
  'an ampersand alone': tag('a & b'),
  'two roots': '<Tagging><TagSet/></Tagging><Tagging/>',
  'another root': '<Other><TagSet/></Other>',
  'an unknown element': '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value><x/></Tag></TagSet></Tagging>',
  'an element called __proto__': '<Tagging><TagSet><__proto__>a</__proto__></TagSet></Tagging>',
  'text between elements': '<Tagging>words<TagSet/></Tagging>',
  'elements where text belongs': '<Tagging><TagSet><Tag><Key><b/></Key><Value>v</Value></Tag></TagSet></Tagging>',
  'a thousand levels': `${'<a>'.repeat(1000)}${'</a>'.repeat(1000)}`,
};

test('W49 XML that is broken, hostile or foreign is MalformedXML', async (t) => {
  const { emulator, client } = await start(t);
  for (const [title, body] of Object.entries(badXml)) {
    const answer = await signedRequest(emulator, { method: 'PUT', path: `/${Bucket}`, query: 'tagging', body });
    assert.equal(answer.status, 400, title);
    assert.match(answer.body, /<Code>MalformedXML<\/Code>/, title);
    assert.doesNotMatch(answer.body, /root:/, title);
  }
  await stillAnswers(client);
});

test('W49 a document past a megabyte is MaxMessageLengthExceeded, a list past four', async (t) => {
  const { emulator, client } = await start(t);
  const MB = 1024 * 1024;
  const put = (query: string, body: string, method = 'PUT') =>
    signedRequest(emulator, { method, path: `/${Bucket}`, query, body });
  const tagging = `${' '.repeat(MB)}<Tagging><TagSet/></Tagging>`;
  assert.equal(codeOf(await put('tagging', tagging)), '400 MaxMessageLengthExceeded');
  assert.equal(codeOf(await put('tagging', tagging.slice(1_000))), '204');
  const objects = '<Object><Key>k</Key></Object>';
  const list = (size: number) => `<Delete>${' '.repeat(size)}${objects}</Delete>`;
  assert.equal(codeOf(await put('delete', list(3 * MB), 'POST')), '200');
  assert.equal(codeOf(await put('delete', list(4 * MB), 'POST')), '400 MaxMessageLengthExceeded');
  await stillAnswers(client);
});

test('W49 a document of hundreds of thousands of elements is refused before it is read', async (t) => {
  const { emulator } = await start(t);
  const body = `<Delete>${'<Object><Key>k</Key></Object>'.repeat(140_000)}</Delete>`;
  const answer = await signedRequest(emulator, { method: 'POST', path: `/${Bucket}`, query: 'delete', body });
  assert.equal(codeOf(answer), '400 MalformedXML');
  assert.match(answer.body, /more than 200000 tags/);
});

test('W49 namespaces, comments, CDATA, declarations and numeric references are XML like any other', () => {
  const root = parseXml(
    Buffer.from(
      '\uFEFF<?xml version="1.0"?><!-- c --><s:A xmlns:s="u"><B><![CDATA[<&>]]></B><B>&#65;&#x42;&lt;</B></s:A>',
    ),
  );
  assert.deepEqual(root, {
    name: 'A',
    children: [
      { name: 'B', children: [], text: '<&>' },
      { name: 'B', children: [], text: 'AB<' },
    ],
    text: '',
  });
});

test('W49 a key that cannot be written is refused within DeleteObjects, the others go', async (t) => {
  const { emulator, client } = await start(t);
  const key = 'x'.repeat(1025);
  const body = `<Delete><Object><Key></Key></Object><Object><Key>${key}</Key></Object><Object><Key>ok</Key></Object></Delete>`;
  const answer = await signedRequest(emulator, { method: 'POST', path: `/${Bucket}`, query: 'delete', body });
  assert.equal(answer.status, 200);
  assert.match(answer.body, /<Code>InvalidArgument<\/Code>.*<Code>KeyTooLongError<\/Code>.*<Key>ok<\/Key>/s);
  const listed = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
  assert.equal(listed.KeyCount, 0);
});

test('W49 DeleteObjects with a condition that is not kept is refused whole', async (t) => {
  const { emulator } = await start(t);
  const body = '<Delete><Object><Key>a</Key><ETag>x</ETag></Object></Delete>';
  const answer = await signedRequest(emulator, { method: 'POST', path: `/${Bucket}`, query: 'delete', body });
  assert.match(answer.body, /<Code>MalformedXML<\/Code>/);
});

const badTargets: readonly { title: string; path: string; query?: string; answer: RegExp }[] = [
  { title: 'broken percent-encoding in a key', path: `/${Bucket}/%zz`, answer: /400 .*InvalidURI/s },
  { title: 'a byte that is no UTF-8', path: `/${Bucket}/%ff`, answer: /400 .*InvalidURI/s },
  {
    title: 'broken percent-encoding in the query',
    path: `/${Bucket}`,
    query: 'prefix=%e0%a4',
    answer: /400 .*InvalidURI/s,
  },
  { title: 'broken percent-encoding in a bucket', path: '/%', answer: /400 .*InvalidURI/s },
  { title: 'a number that is none', path: `/${Bucket}`, query: 'max-keys=ten', answer: /400 .*InvalidArgument/s },
  { title: 'a number below zero', path: `/${Bucket}`, query: 'max-keys=-1', answer: /400 .*InvalidArgument/s },
  { title: 'another encoding', path: `/${Bucket}`, query: 'encoding-type=x', answer: /400 .*InvalidArgument/s },
  {
    title: 'an empty token',
    path: `/${Bucket}`,
    query: 'list-type=2&continuation-token=',
    answer: /400 .*InvalidArg/s,
  },
  {
    title: 'a version marker alone',
    path: `/${Bucket}`,
    query: 'version-id-marker=a&versions',
    answer: /400 .*InvalidArg/s,
  },
  {
    title: 'a version id with a line break',
    path: `/${Bucket}/k`,
    query: 'versionId=a%0d%0ax',
    answer: /400 .*InvalidArg/s,
  },
  {
    title: 'a header with a line break',
    path: `/${Bucket}/k`,
    query: 'response-content-type=a%0d%0aSet-Cookie:%20b',
    answer: /400 .*InvalidArg/s,
  },
  {
    title: 'a header beyond Latin-1',
    path: `/${Bucket}/k`,
    query: 'response-content-type=%E2%82%AC',
    answer: /400 .*InvalidArg/s,
  },
  { title: 'a call that is not emulated', path: `/${Bucket}/k`, query: 'torrent', answer: /501 .*NotImplemented/s },
];

test('W49 bad paths, queries and header values are refused by name', async (t) => {
  const { emulator, client } = await start(t);
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  for (const { title, path, query, answer } of badTargets) {
    const { status, body } = await signedRequest(emulator, { path, ...(query === undefined ? {} : { query }) });
    assert.match(`${status} ${body}`, answer, title);
  }
  const gone = await signedRequest(emulator, { method: 'DELETE', path: `/${Bucket}/k`, query: 'versionId=%0a' });
  assert.match(`${gone.status} ${gone.body}`, /400 .*InvalidArgument/s);
  await stillAnswers(client);
});

test('W49 a body past the limit is EntityTooLarge and not kept', async (t) => {
  const { client, emulator } = await start(t, { maxBodyBytes: 1000 });
  const put = (size: number) => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: Buffer.alloc(size) }));
  assert.equal(await refusal(put(1001)), '400 EntityTooLarge');
  assert.equal(emulator.state.buckets.get(Bucket)?.objects.size, 0);
  await put(1000);
});

test('W49 a key of more than 1024 bytes is KeyTooLongError', async (t) => {
  const { client } = await start(t);
  const put = (Key: string) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  assert.equal(await refusal(put('é'.repeat(513))), '400 KeyTooLongError');
  assert.equal(
    await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'k'.repeat(1025) }))),
    '400 KeyTooLongError',
  );
  await put('é'.repeat(512));
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'é'.repeat(512) }));
  assert.equal(await Body?.transformToString(), 'x');
});

test('W49 keys of any characters come back as they went', async (t) => {
  const { client } = await start(t);
  const keys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((key) => !/^\.{1,2}$/u.test(key));
  const property = fc.asyncProperty(keys, async (Key) => {
    if (Key.split('/').some((part) => /^\.{1,2}$/u.test(part))) return; // the client's URL would lose them
    await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    assert.equal(await Body?.transformToString(), Key);
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, EncodingType: 'url' }));
    assert.ok(
      Contents?.some((found) => decodeURIComponent(found.Key ?? '') === Key),
      Key,
    );
  });
  await fc.assert(property, { numRuns: 25 });
});

const badBytes: Readonly<Record<string, string>> = {
  'no HTTP': 'hello\r\n\r\n',
  'a body that ends early': 'PUT /b/k HTTP/1.1\r\nHost: s3.localhost\r\nContent-Length: 100\r\n\r\nshort',
  'a chunk of no size': 'PUT /b/k HTTP/1.1\r\nHost: s3.localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'no host': 'GET / HTTP/1.0\r\n\r\n',
  'a tunnel': 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n',
  'another protocol': 'GET / HTTP/1.1\r\nHost: s3.localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  'a long header': `GET / HTTP/1.1\r\nHost: s3.localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
  'a star': 'OPTIONS * HTTP/1.1\r\nHost: s3.localhost\r\nConnection: close\r\n\r\n',
  'an absolute target': 'GET http://s3.localhost/b?acl HTTP/1.1\r\nHost: s3.localhost\r\nConnection: close\r\n\r\n',
  'two hosts': 'GET / HTTP/1.1\r\nHost: s3.localhost\r\nHost: iam.localhost\r\nConnection: close\r\n\r\n',
  'control path without end': 'GET /_emulator//%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
};

test('W49 bytes that are hardly HTTP are answered by an error document, and do no harm', async (t) => {
  const loopback = await start(t);
  const answers = new Map<string, string>();
  for (const [title, bytes] of Object.entries(badBytes)) {
    const answer = await rawAnswer(loopback.emulator.port, bytes);
    answers.set(title, `${answer.slice(9, 12)} ${/<Code>(\w+)</.exec(answer)?.[1] ?? ''}`.trim());
  }
  assert.deepEqual(Object.fromEntries(answers), {
    'no HTTP': '400 BadRequest',
    'a body that ends early': '400 BadRequest',
    'a chunk of no size': '400 BadRequest',
    'no host': '400 BadRequest',
    'a tunnel': '405 MethodNotAllowed',
    'another protocol': '403 AccessDenied',
    'a long header': '400 RequestHeaderSectionTooLarge',
    'a star': '200',
    'an absolute target': '403 AccessDenied',
    'two hosts': '400 BadRequest',
    'control path without end': '404',
  });
  await stillAnswers(loopback.client);
});

test('W49 random signed requests are answered, and never with a defect', async (t) => {
  const { emulator, client } = await start(t);
  const names = fc.constantFrom(
    'versions',
    'acl',
    'uploads',
    'uploadId',
    'partNumber',
    'tagging',
    'max-keys',
    'prefix',
    'delete',
    'policy',
    'cors',
    'lifecycle',
    'list-type',
    'delimiter',
    'versionId',
    'retention',
    'object-lock',
  );
  const query = fc.array(fc.tuple(names, fc.string({ maxLength: 5 })), { maxLength: 3 });
  const request = fc.record({
    method: fc.constantFrom('GET', 'PUT', 'POST', 'HEAD', 'DELETE', 'PATCH', 'MOVE'),
    key: fc.string({ unit: 'binary', maxLength: 6 }),
    query,
    body: fc.oneof(fc.string({ maxLength: 50 }), fc.constantFrom(...Object.values(badXml).slice(0, 12))),
    headers: fc.dictionary(
      fc.constantFrom(
        'range',
        'if-match',
        'x-amz-copy-source',
        'x-amz-acl',
        'x-amz-tagging',
        'content-md5',
        'x-amz-object-lock-mode',
        'x-amz-checksum-crc32',
        'x-amz-checksum-constructor',
        'x-amz-meta-a',
      ),
      fc.stringMatching(/^[!-~]{1,12}$/),
      { maxKeys: 3 },
    ),
  });
  const property = fc.asyncProperty(request, async ({ method, key, query: pairs, body, headers }) => {
    const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const path = `/${Bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
    const { status } = await signedRequest(emulator, { method, path, query: text, body, headers });
    assert.ok(status >= 200 && status !== 500, `${method} ${path}?${text} ${JSON.stringify(headers)}: ${status}`);
  });
  await fc.assert(property, { numRuns: 80 });
  await client.send(new ListBucketsCommand({}));
});
