import { type Call, invalidArgument } from './call.ts';
import { ServiceError } from './errors.ts';
import type { ObjectVersion, Tag } from './state.ts';

const KEPT = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-website-redirect-location',
]);
/** Headers that only make sense with a KMS. */
const OF_KMS = ['x-amz-server-side-encryption-aws-kms-key-id', 'x-amz-server-side-encryption-context'];
const MAX_METADATA_BYTES = 2048;
const MAX_KEY_BYTES = 1024;

/**
 * The headers of a write that are given back on reads.
 * @throws ServiceError MetadataTooLarge, InvalidStorageClass; for encryption with foreign keys NotImplemented, or as
 * the switch `kms` has it
 */
export function storedHeaders(call: Call): Record<string, string> {
  checkStorageClass(call.headers['x-amz-storage-class']);
  const encryption = encryptionHeader(call);
  const entries = Object.entries(call.headers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && (KEPT.has(entry[0]) || isMetadata(entry[0])),
  );
  const metadataBytes = entries
    .filter(([name]) => isMetadata(name))
    .reduce((sum, [name, value]) => sum + name.length - 'x-amz-meta-'.length + value.length, 0);
  if (metadataBytes > MAX_METADATA_BYTES) throw new ServiceError('MetadataTooLarge');
  const encoding = call.headers['content-encoding']
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== 'aws-chunked')
    .join(',');
  const { 'content-encoding': _encoding, ...kept } = Object.fromEntries(entries);
  return {
    'content-type': 'binary/octet-stream',
    ...kept,
    ...(encoding === undefined || encoding === '' ? {} : { 'content-encoding': encoding }),
    ...encryption,
  };
}

function isMetadata(name: string): boolean {
  return name.startsWith('x-amz-meta-');
}

/** Wasabi has one tier. @throws ServiceError InvalidStorageClass */
function checkStorageClass(storageClass: string | undefined): void {
  if (storageClass === undefined || storageClass === 'STANDARD') return;
  throw new ServiceError('InvalidStorageClass', { elements: { StorageClassRequested: storageClass } });
}

/** Content is always encrypted; the header comes back only where AES256 was asked for. */
function encryptionHeader(call: Call): Record<string, string> {
  if (call.headers['x-amz-server-side-encryption-customer-algorithm'] !== undefined) {
    throw new ServiceError('NotImplemented', { message: 'Encryption with keys of the customer is not emulated.' });
  }
  const wanted = call.headers['x-amz-server-side-encryption'];
  if (wanted?.startsWith('aws:kms') === true || OF_KMS.some((name) => call.headers[name] !== undefined)) {
    throw new ServiceError(call.settings.quirks.kms, { message: 'There is no KMS.' });
  }
  if (wanted === undefined) return {};
  if (wanted === 'AES256') return { 'x-amz-server-side-encryption': wanted };
  throw invalidArgument('The encryption method specified is not supported', 'x-amz-server-side-encryption', wanted);
}

/** @throws ServiceError KeyTooLongError; InvalidArgument for an empty key */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size === 0) throw invalidArgument('a key has at least one byte', 'Key', key);
  if (size <= MAX_KEY_BYTES) return;
  throw new ServiceError('KeyTooLongError', {
    elements: { Size: String(size), MaxSizeAllowed: String(MAX_KEY_BYTES) },
  });
}

/** Tags from the `x-amz-tagging` header (`a=1&b=2`); `undefined` without one. @throws ServiceError InvalidTag */
export function tagsOfHeader(call: Call): readonly Tag[] | undefined {
  const header = call.headers['x-amz-tagging'];
  if (header === undefined) return undefined;
  const tags = [...new URLSearchParams(header)].map(([Key, Value]) => ({ Key, Value }));
  checkTags(tags, 10);
  return tags;
}

/** Letters, digits and spaces of any script, and a few signs. Source: S3 User Guide, "Categorizing your storage using tags". */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** @throws ServiceError InvalidTag for doubled, empty or too long keys, and other signs; BadRequest for too many */
export function checkTags(tags: readonly Tag[], max: number): void {
  if (tags.length > max) throw new ServiceError('BadRequest', { message: `Object tags cannot be greater than ${max}` });
  const keys = new Set<string>();
  for (const { Key, Value } of tags) {
    if (keys.has(Key))
      throw new ServiceError('InvalidTag', { message: 'Cannot provide multiple Tags with the same key' });
    if (Key.length < 1 || Key.length > 128) throw new ServiceError('InvalidTag', { elements: { TagKey: Key } });
    if (Value.length > 256) throw new ServiceError('InvalidTag', { elements: { TagKey: Key, TagValue: Value } });
    if (!TAG_TEXT.test(Key)) throw new ServiceError('InvalidTag', { elements: { TagKey: Key } });
    if (!TAG_TEXT.test(Value)) throw new ServiceError('InvalidTag', { elements: { TagKey: Key, TagValue: Value } });
    if (Key.toLowerCase().startsWith('aws:')) {
      throw new ServiceError('InvalidTag', { message: 'System tags cannot be added/updated by requester' });
    }
    keys.add(Key);
  }
}

/** The headers that describe a version, for reads and as the answer of a copy. */
export function versionHeaders(version: ObjectVersion, isVersioned: boolean): Record<string, string> {
  return {
    ...version.headers,
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.lastModifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    ...(isVersioned ? { 'x-amz-version-id': version.versionId } : {}),
    ...(version.tags === undefined || version.tags.length === 0
      ? {}
      : { 'x-amz-tagging-count': String(version.tags.length) }),
    ...lockHeaders(version),
    ...(version.replication === undefined ? {} : { 'x-amz-replication-status': version.replication }),
  };
}

function lockHeaders(version: ObjectVersion): Record<string, string> {
  const headers: Record<string, string> = {};
  if (version.retention !== undefined) {
    headers['x-amz-object-lock-mode'] = version.retention.mode;
    headers['x-amz-object-lock-retain-until-date'] = new Date(version.retention.retainUntilMs).toISOString();
  }
  if (version.legalHold !== undefined) headers['x-amz-object-lock-legal-hold'] = version.legalHold ? 'ON' : 'OFF';
  return headers;
}
