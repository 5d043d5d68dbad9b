import { made, text } from '../live/scratch.ts';
import type { Answer, Call } from '../live/service.ts';
import type { PeerCall } from './bucket-calls.ts';
import { type Desk, told } from './desk.ts';

/** A PUT of an object with these headers. */
function put(
  row: string,
  title: string,
  headers: Readonly<Record<string, string>>,
  more: Partial<Call> = {},
): PeerCall {
  return {
    row,
    title: `PutObject ${title}`,
    ask: async (desk) =>
      told(await desk.s3('PUT', `/${await desk.bucket()}/k`, { body: '123456789', headers, ...more })),
  };
}

/** A GET of an object of ten bytes with these headers. */
function get(title: string, headers: Readonly<Record<string, string>>): PeerCall {
  return {
    row: 'W45',
    title: `GetObject ${title}`,
    ask: async (desk) => {
      const answer = await desk.s3('GET', `/${await desk.filled('0123456789')}/k`, { headers });
      return `${told(answer)} ${answer.status < 300 ? answer.body : ''}`.trim();
    },
  };
}

async function keys(desk: Desk, bucket: string): Promise<string> {
  return told(await desk.s3('GET', `/${bucket}`, { query: 'list-type=2' }), /<Key>([^<]*)/gu);
}

async function upload(desk: Desk, parts: readonly string[], order: readonly number[]): Promise<Answer> {
  const path = `/${await desk.bucket()}/k`;
  const uploadId = text(made(await desk.s3('POST', path, { query: 'uploads=' }), 200), 'UploadId');
  const id = `uploadId=${encodeURIComponent(uploadId)}`;
  const etags: string[] = [];
  for (const [index, body] of parts.entries()) {
    const part = made(await desk.s3('PUT', path, { query: `partNumber=${index + 1}&${id}`, body }), 200);
    etags.push(String(part.headers['etag']));
  }
  const list = order.map(
    (number) => `<Part><PartNumber>${number}</PartNumber><ETag>${etags[number - 1] ?? '"x"'}</ETag></Part>`,
  );
  const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join('')}</CompleteMultipartUpload>`;
  return desk.s3('POST', path, { query: id, body });
}

/** About objects, listings, and bad input. */
export const objectCalls: readonly PeerCall[] = [
  {
    row: 'W8',
    title: 'the encryption header of a plain PUT, and of one that asks for AES256',
    ask: async (desk) => {
      const bucket = await desk.bucket();
      const plain = made(await desk.s3('PUT', `/${bucket}/a`, { body: 'x' }), 200);
      const headers = { 'x-amz-server-side-encryption': 'AES256' };
      const asked = made(await desk.s3('PUT', `/${bucket}/b`, { body: 'x', headers }), 200);
      return [plain, asked]
        .map((answer) => String(answer.headers['x-amz-server-side-encryption'] ?? 'none'))
        .join(', ');
    },
  },
  put('W9', 'with a key of a KMS', { 'x-amz-server-side-encryption': 'aws:kms' }),
  put('W27', 'with CRC32', { 'x-amz-checksum-crc32': 'y/Q5Jg==' }),
  put('W27', 'with a wrong CRC32', { 'x-amz-checksum-crc32': 'AAAAAA==' }),
  put('W27', 'with CRC64NVME', { 'x-amz-checksum-crc64nvme': 'rosUhgp5mIg=' }),
  put('W27', 'with a wrong MD5', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }),
  put('W27', 'with an MD5 that is none', { 'content-md5': 'abc' }),
  put('W41', 'with another storage class', { 'x-amz-storage-class': 'GLACIER' }),
  put('W41', 'with a storage class of nobody', { 'x-amz-storage-class': 'COLD' }),
  put('W42', 'with a wrong digest of the body', {}, { payloadHash: '0'.repeat(64) }),
  put('W42', 'with a wrong secret', {}, { keys: { accessKeyId: 'NOSUCHKEYATALL000000', secretAccessKey: 'nothing' } }),
  {
    row: 'W28',
    title: 'PUT with If-None-Match: * over an object',
    ask: async (desk) =>
      told(await desk.s3('PUT', `/${await desk.filled()}/k`, { body: 'y', headers: { 'if-none-match': '*' } })),
  },
  {
    row: 'W28',
    title: 'PUT with If-Match of another content',
    ask: async (desk) =>
      told(await desk.s3('PUT', `/${await desk.filled()}/k`, { body: 'y', headers: { 'if-match': '"x"' } })),
  },
  {
    row: 'W44',
    title: 'DeleteObjects without Content-MD5',
    ask: async (desk) => {
      const body = '<Delete><Object><Key>k</Key></Object></Delete>';
      return told(
        await desk.s3('POST', `/${await desk.filled()}`, { query: 'delete=', body, headers: { 'content-md5': '' } }),
      );
    },
  },
  {
    row: 'W45',
    title: 'GetObject of nothing, and in no bucket',
    ask: async (desk) => {
      const [none, nowhere] = [
        await desk.s3('GET', `/${await desk.bucket()}/k`),
        await desk.s3('GET', `/${desk.name()}/k`),
      ];
      return `${told(none)}; ${told(nowhere)}`;
    },
  },
  get('whole', {}),
  get('bytes 2 to 5', { range: 'bytes=2-5' }),
  get('the last three bytes', { range: 'bytes=-3' }),
  get('a range behind its end', { range: 'bytes=100-' }),
  get('with If-Match of another content', { 'if-match': '"x"' }),
  get('with If-None-Match of another content', { 'if-none-match': '"x"' }),
  {
    row: 'W45',
    title: 'a key of 1025 bytes',
    ask: async (desk) => told(await desk.s3('PUT', `/${await desk.bucket()}/${'k'.repeat(1025)}`, { body: 'x' })),
  },
  {
    row: 'W45',
    title: 'metadata of 3 KB',
    ask: async (desk) =>
      told(
        await desk.s3('PUT', `/${await desk.bucket()}/k`, {
          body: 'x',
          headers: { 'x-amz-meta-a': 'x'.repeat(3_000) },
        }),
      ),
  },
  {
    row: 'W45',
    title: 'a copy, and one of nothing',
    ask: async (desk) => {
      const bucket = await desk.filled();
      const copy = (source: string) =>
        desk.s3('PUT', `/${bucket}/copy`, { headers: { 'x-amz-copy-source': `/${bucket}/${source}` } });
      return `${told(await copy('k'))}; ${told(await copy('none'))}; ${await keys(desk, bucket)}`;
    },
  },
  {
    row: 'W24',
    title: 'tags of an object, by header and by document, and too many',
    ask: async (desk) => {
      const path = `/${await desk.bucket()}/k`;
      made(await desk.s3('PUT', path, { body: 'x', headers: { 'x-amz-tagging': 'a=1&b=2' } }), 200);
      const found = told(await desk.s3('GET', path, { query: 'tagging=' }), /<Key>([^<]*)/gu);
      const list = Array.from({ length: 11 }, (_, index) => `<Tag><Key>k${index}</Key><Value>v</Value></Tag>`);
      const body = `<Tagging><TagSet>${list.join('')}</TagSet></Tagging>`;
      return `${found}; ${told(await desk.s3('PUT', path, { query: 'tagging=', body }))}`;
    },
  },
  { row: 'W46', title: 'an upload of one small part', ask: async (desk) => told(await upload(desk, ['x'], [1])) },
  {
    row: 'W46',
    title: 'an upload of two small parts',
    ask: async (desk) => told(await upload(desk, ['x', 'y'], [1, 2])),
  },
  { row: 'W46', title: 'parts in another order', ask: async (desk) => told(await upload(desk, ['x', 'y'], [2, 1])) },
  { row: 'W46', title: 'a part that was never sent', ask: async (desk) => told(await upload(desk, ['x'], [1, 2])) },
  {
    row: 'W46',
    title: 'a part of an upload that there is not',
    ask: async (desk) =>
      told(await desk.s3('PUT', `/${await desk.bucket()}/k`, { query: 'partNumber=1&uploadId=none', body: 'x' })),
  },
  {
    row: 'W47',
    title: 'a listing with prefix and delimiter, in pages of two',
    ask: async (desk) => {
      const bucket = await desk.bucket();
      for (const key of ['a/1', 'a/2', 'b', 'c', '%C3%BC'])
        made(await desk.s3('PUT', `/${bucket}/${key}`, { body: 'x' }), 200);
      const page = (query: string) => desk.s3('GET', `/${bucket}`, { query });
      const first = await page('delimiter=%2F&list-type=2&max-keys=2');
      const token = encodeURIComponent(text(first, 'NextContinuationToken'));
      const rest = await page(`continuation-token=${token}&delimiter=%2F&list-type=2&max-keys=9`);
      const pattern = /<(?:Key|Prefix)>([^<]+)/gu;
      return `${told(first, pattern)}; ${told(rest, pattern)}`;
    },
  },
  {
    row: 'W47',
    title: 'a listing with a number that is none',
    ask: async (desk) => told(await desk.s3('GET', `/${await desk.bucket()}`, { query: 'max-keys=ten' })),
  },
  {
    row: 'W48',
    title: 'DeleteObjects of a key that is there and one that is not',
    ask: async (desk) => {
      const bucket = await desk.filled();
      const body = '<Delete><Object><Key>k</Key></Object><Object><Key>none</Key></Object></Delete>';
      const answer = await desk.s3('POST', `/${bucket}`, { query: 'delete=', body });
      return `${told(answer, /<Deleted><Key>([^<]*)/gu)}; ${await keys(desk, bucket)}`;
    },
  },
  {
    row: 'W49',
    title: 'a document that is not well-formed',
    ask: async (desk) =>
      told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'tagging=', body: '<Tagging><TagSet>' })),
  },
  {
    row: 'W49',
    title: 'a document with another root',
    ask: async (desk) =>
      told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'versioning=', body: '<Other/>' })),
  },
  {
    row: 'W47',
    title: 'what a DELETE leaves in a versioned bucket, newest first',
    ask: async (desk) => {
      const bucket = await desk.bucket();
      const body =
        '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
      made(await desk.s3('PUT', `/${bucket}`, { query: 'versioning=', body }), 200);
      made(await desk.s3('PUT', `/${bucket}/k`, { body: 'x' }), 200);
      const removed = await desk.s3('DELETE', `/${bucket}/k`);
      const versions = await desk.s3('GET', `/${bucket}`, { query: 'versions=' });
      const read = await desk.s3('GET', `/${bucket}/k`);
      return `${told(removed)}; ${told(versions, /<(DeleteMarker|Version)>/gu)}; ${told(read)}`;
    },
  },
];
