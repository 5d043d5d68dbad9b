import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ServiceError } from './errors.ts';
import type { Quirks } from './quirks.ts';

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function crc32c(content: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of content) crc = (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function fourBytes(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
}

const ALGORITHMS: ReadonlyMap<string, (content: Buffer) => string> = new Map([
  ['crc32', (content: Buffer) => fourBytes(crc32(content))],
  ['crc32c', (content: Buffer) => fourBytes(crc32c(content))],
  ['sha1', (content: Buffer) => createHash('sha1').update(content).digest('base64')],
  ['sha256', (content: Buffer) => createHash('sha256').update(content).digest('base64')],
]);

const PREFIX = 'x-amz-checksum-';
/** Headers that begin like a checksum and hold none. */
const NOT_CHECKSUMS = new Set(['algorithm', 'mode', 'type']);

/**
 * Verifies Content-MD5 and the `x-amz-checksum-*` of a request; gives the latter back by header name.
 * @throws ServiceError InvalidDigest, BadDigest, InvalidRequest for what is no checksum or more than one, InvalidArgument for an algorithm that Wasabi refuses (CRC64NVME),
 * AccessDenied for `x-amz-checksum-mode` in a presigned URL
 */
export function verifiedChecksums(
  headers: Readonly<Record<string, string | undefined>>,
  query: ReadonlyMap<string, string>,
  body: Buffer,
  quirks: Quirks,
): Readonly<Record<string, string>> {
  checkContentMd5(headers['content-md5'], body);
  const isStrict = quirks.checksums === 'strict';
  if (isStrict && query.has('X-Amz-Signature') && hasName(query, 'x-amz-checksum-mode')) {
    throw new ServiceError('AccessDenied', { message: 'x-amz-checksum-mode is not supported in a presigned URL' });
  }
  const named = headers['x-amz-sdk-checksum-algorithm'] ?? headers['x-amz-checksum-algorithm'];
  if (isStrict && named?.toUpperCase() === 'CRC64NVME') throw invalidAlgorithm('crc64nvme');
  const [found, another] = Object.entries(headers).flatMap(([name, value]) => checksumIn(name, value));
  if (found === undefined) return {};
  if (another !== undefined) {
    throw new ServiceError('InvalidRequest', { message: 'Expecting a single x-amz-checksum- header.' });
  }
  const { algorithm, value } = found;
  const compute = ALGORITHMS.get(algorithm);
  if (compute === undefined && !isStrict && algorithm === 'crc64nvme') return {}; // taken, and not verified
  if (compute === undefined) throw invalidAlgorithm(algorithm);
  verify(found, compute(body));
  return { [`${PREFIX}${algorithm}`]: value };
}

interface Checksum {
  /** In lower case, such as `crc32`. */
  readonly algorithm: string;
  readonly value: string;
}

function checksumIn(name: string, value: string | undefined): readonly Checksum[] {
  const algorithm = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : undefined;
  if (algorithm === undefined || value === undefined || NOT_CHECKSUMS.has(algorithm)) return [];
  return [{ algorithm, value }];
}

/** @throws ServiceError InvalidRequest for what is no such checksum, BadDigest */
function verify({ algorithm, value }: Checksum, expected: string): void {
  if (Buffer.from(value, 'base64').toString('base64') !== value || value.length !== expected.length) {
    throw new ServiceError('InvalidRequest', { message: `Value for ${PREFIX}${algorithm} header is invalid.` });
  }
  if (expected === value) return;
  throw new ServiceError('BadDigest', { message: `The ${algorithm.toUpperCase()} you specified did not match.` });
}

function hasName(query: ReadonlyMap<string, string>, name: string): boolean {
  return [...query.keys()].some((key) => key.toLowerCase() === name);
}

function checkContentMd5(header: string | undefined, body: Buffer): void {
  if (header === undefined) return;
  if (Buffer.from(header, 'base64').length !== 16) throw new ServiceError('InvalidDigest');
  if (createHash('md5').update(body).digest('base64') !== header) {
    throw new ServiceError('BadDigest', { message: 'The Content-MD5 you specified did not match what we received.' });
  }
}

function invalidAlgorithm(algorithm: string): ServiceError {
  return new ServiceError('InvalidArgument', {
    message: `The algorithm type ${algorithm} specified in the x-amz-checksum- header is invalid.`,
  });
}

/** Hex MD5: the ETag of a body. */
export function md5Hex(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}
