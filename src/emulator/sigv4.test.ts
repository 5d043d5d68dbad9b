import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBody } from './chunked.ts';
import { DEFAULT_QUIRKS } from './quirks.ts';
import { canonicalRequest, type SignedRequest, sha256Hex, signatureOf, signingKey, stringToSign } from './sigv4.ts';

// The worked examples of "Authenticating Requests (AWS Signature Version 4)", S3 API Reference.
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const scope = { date: '20130524', region: 'us-east-1', service: 's3' };
const amzDate = '20130524T000000Z';
const host = 'examplebucket.s3.amazonaws.com';
const key = signingKey(secret, scope);
const empty = sha256Hex('');

const examples: readonly (SignedRequest & { title: string; signature: string })[] = [
  {
    title: 'GET object',
    method: 'GET',
    path: '/test.txt',
    query: '',
    headers: { host, range: 'bytes=0-9', 'x-amz-content-sha256': empty, 'x-amz-date': amzDate },
    signedHeaders: ['host', 'range', 'x-amz-content-sha256', 'x-amz-date'],
    payloadHash: empty,
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    title: 'PUT object whose key needs encoding',
    method: 'PUT',
    path: '/test$file.text',
    query: '',
    headers: {
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      host,
      'x-amz-content-sha256': sha256Hex('Welcome to Amazon S3.'),
      'x-amz-date': amzDate,
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    },
    signedHeaders: ['date', 'host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-storage-class'],
    payloadHash: sha256Hex('Welcome to Amazon S3.'),
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    title: 'GET bucket lifecycle: a query name without a value',
    method: 'GET',
    path: '/',
    query: 'lifecycle',
    headers: { host, 'x-amz-content-sha256': empty, 'x-amz-date': amzDate },
    signedHeaders: ['host', 'x-amz-content-sha256', 'x-amz-date'],
    payloadHash: empty,
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    title: 'GET bucket: two query values',
    method: 'GET',
    path: '/',
    query: 'prefix=J&max-keys=2',
    headers: { host, 'x-amz-content-sha256': empty, 'x-amz-date': amzDate },
    signedHeaders: ['host', 'x-amz-content-sha256', 'x-amz-date'],
    payloadHash: empty,
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
  {
    title: 'presigned GET: the signature does not sign itself',
    method: 'GET',
    path: '/test.txt',
    query:
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    headers: { host },
    signedHeaders: ['host'],
    payloadHash: 'UNSIGNED-PAYLOAD',
    signature: 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  },
];

for (const { title, signature, ...request } of examples) {
  test(`W42 the published example: ${title}`, () => {
    assert.equal(signatureOf(key, stringToSign(canonicalRequest(request), amzDate, scope)), signature);
  });
}

test('W42 spaces inside a header value count once, around it not at all', () => {
  const of = (value: string) =>
    canonicalRequest({
      method: 'GET',
      path: '/',
      query: '',
      headers: { a: value },
      signedHeaders: ['a'],
      payloadHash: '',
    });
  assert.equal(of('  x   y '), of('x y'));
  assert.notEqual(of('xy'), of('x y'));
});

// "Signature calculations for the Authorization header: transferring payload in multiple chunks": 65536 + 1024 bytes.
const seed = {
  key,
  amzDate,
  scope,
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
};
const chunkedExample = [
  `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n`,
  `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1024)}\r\n`,
  '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
];
const chunkedHeaders = {
  'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'x-amz-decoded-content-length': '66560',
};
const decode = (body: string, headers: Record<string, string> = chunkedHeaders, quirks = DEFAULT_QUIRKS) =>
  decodeBody(Buffer.from(body), headers, seed, quirks);

test('W27 the published example of signed chunks', () => {
  const { content, trailers } = decode(chunkedExample.join(''));
  assert.equal(content.toString(), 'a'.repeat(66_560));
  assert.deepEqual(trailers, {});
});

const brokenChunks: readonly { title: string; body: string; headers?: Record<string, string>; code: string }[] = [
  { title: 'a changed byte', body: chunkedExample.join('').replace('aaa', 'aba'), code: 'SignatureDoesNotMatch' },
  { title: 'a chunk left out', body: chunkedExample.slice(1).join(''), code: 'SignatureDoesNotMatch' },
  { title: 'no signature', body: 'a\r\n0123456789\r\n0\r\n\r\n', code: 'SignatureDoesNotMatch' },
  { title: 'no last chunk', body: chunkedExample.slice(0, 2).join(''), code: 'IncompleteBody' },
  { title: 'a chunk cut short', body: chunkedExample.join('').slice(0, 1000), code: 'IncompleteBody' },
  { title: 'no framing at all', body: 'plain', code: 'IncompleteBody' },
  {
    title: 'another length than declared',
    body: chunkedExample.join(''),
    headers: { ...chunkedHeaders, 'x-amz-decoded-content-length': '1' },
    code: 'IncompleteBody',
  },
  {
    title: 'trailers',
    body: '',
    headers: { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
    code: 'InvalidArgument',
  },
  {
    title: 'a framing that does not exist',
    body: '',
    headers: { 'x-amz-content-sha256': 'STREAMING-OTHER' },
    code: 'InvalidArgument',
  },
];

for (const { title, body, headers, code } of brokenChunks) {
  test(`W27 chunks with ${title} are ${code}`, () => {
    assert.throws(() => decode(body, headers), { code });
  });
}

test('W27 trailers are read where they are accepted', () => {
  const headers = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
  const body = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n';
  const { content, trailers } = decode(body, headers, { ...DEFAULT_QUIRKS, trailers: 'accepted' });
  assert.equal(content.toString(), 'hello');
  assert.deepEqual(trailers, { 'x-amz-checksum-crc32': 'NhCmhg==' });
});

test('W27 a body that names no framing is left alone', () => {
  assert.equal(decode('plain', { 'x-amz-content-sha256': empty }).content.toString(), 'plain');
});
