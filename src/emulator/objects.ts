import { objectAclOf } from './acl.ts';
import {
  bucketRead,
  bucketWrite,
  type Call,
  emptyReply,
  invalidArgument,
  isoTime,
  type Reply,
  type Target,
  xmlReply,
} from './call.ts';
import { md5Hex } from './checksums.ts';
import { holdOfWrite } from './compliance.ts';
import { checkReadConditions, checkWriteConditions, rangeOf } from './conditions.ts';
import { ServiceError } from './errors.ts';
import { storedHeaders, tagsOfHeader, versionHeaders } from './object-headers.ts';
import { canDelete, isProtected, lockOfWrite } from './object-lock.ts';
import { replicate } from './replicate.ts';
import type { Bucket, ObjectVersion } from './state.ts';
import {
  addressedVersion,
  checkVersionId,
  deleteMarker,
  nextVersionId,
  pushVersion,
  removeVersion,
  requireMfa,
} from './versions.ts';
import { element, S3_NAMESPACE } from './xml.ts';

/** `PUT /BUCKET/KEY` */
export const putObject = bucketWrite('PutObject', (call, bucket) => {
  const key = call.key ?? '';
  const acl = objectAclOf(call);
  checkWriteConditions(call, bucket, key);
  const parts = {
    acl,
    headers: storedHeaders(call),
    checksums: call.checksums,
    tags: tagsOfHeader(call),
    ...lockOfWrite(call, bucket),
  };
  const version = storeVersion(call, bucket, key, call.body, md5Hex(call.body), parts);
  replicate(call, bucket, key, version);
  return emptyReply(200, { ...writeHeaders(bucket, version), ...call.checksums });
});

/**
 * Keeps content as the newest version of a key.
 * @throws ServiceError AccessDenied where it would take the place of a version that is held
 */
export function storeVersion(
  call: Pick<Call, 'state' | 'nowMs'>,
  bucket: Bucket,
  key: string,
  content: Buffer,
  etag: string,
  parts: Pick<ObjectVersion, 'headers' | 'checksums' | 'retention' | 'legalHold' | 'tags' | 'acl'>,
): ObjectVersion {
  refuseOverwrite(call, bucket, key);
  const version: ObjectVersion = {
    ...parts,
    ...holdOfWrite(bucket),
    versionId: nextVersionId(call.state, bucket, call.nowMs),
    isDeleteMarker: false,
    lastModifiedMs: call.nowMs,
    etag,
    sizeBytes: content.length,
    bodyId: call.state.bodies.put(content),
  };
  pushVersion(call.state, bucket, key, version);
  return version;
}

/** Where versions are not kept, a write and a marker take the place of the `null` version. @throws ServiceError AccessDenied */
function refuseOverwrite(call: Pick<Call, 'nowMs'>, bucket: Bucket, key: string): void {
  if (bucket.versioning === 'Enabled') return;
  const taken = bucket.objects.get(key)?.find(({ versionId }) => versionId === 'null');
  if (taken === undefined || !isProtected(bucket, taken, call.nowMs)) return;
  throw new ServiceError('AccessDenied', { message: 'Access Denied because object is held by compliance.' });
}

/** What a write answers in its headers. */
export function writeHeaders(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  const encryption = version.headers['x-amz-server-side-encryption'];
  return {
    etag: `"${version.etag}"`,
    ...(bucket.versioning === undefined ? {} : { 'x-amz-version-id': version.versionId }),
    ...(encryption === undefined ? {} : { 'x-amz-server-side-encryption': encryption }),
  };
}

/** `HEAD /BUCKET/KEY` */
export const headObject = bucketRead('HeadObject', (call, bucket) => {
  const version = addressedVersion(call, bucket);
  return readReply(call, bucket, version, undefined);
});

/** `GET /BUCKET/KEY` */
export const getObject = bucketRead('GetObject', (call, bucket) => {
  const version = addressedVersion(call, bucket);
  return readReply(call, bucket, version, call.state.bodies.get(version.bodyId ?? ''));
});

const OVERRIDES: Readonly<Record<string, string>> = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
};

function readReply(call: Call, bucket: Bucket, version: ObjectVersion, content: Buffer | undefined): Reply {
  const headers = versionHeaders(version, bucket.versioning !== undefined);
  for (const [name, header] of Object.entries(OVERRIDES)) {
    const value = call.query.get(name);
    if (value === undefined) continue;
    // What cannot stand in a header would end the connection instead of the call.
    if (!/^[\t\x20-\x7e\x80-\xff]*$/u.test(value)) throw invalidArgument(`${name} is no header value`, name, value);
    headers[header] = value;
  }
  if (checkReadConditions(call, version) === 'NotModified') {
    return emptyReply(304, { etag: headers['etag'] ?? '', 'last-modified': headers['last-modified'] ?? '' });
  }
  const range = rangeOf(call.headers['range'], version.sizeBytes);
  const body = content === undefined ? {} : { body: content };
  // Checksums are those of the whole: a client would hold a part against them.
  const hasChecksums = range === undefined && call.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
  if (hasChecksums) Object.assign(headers, version.checksums);
  if (range === undefined)
    return { status: 200, headers: { ...headers, 'content-length': String(version.sizeBytes) }, ...body };
  const [first, last] = range;
  headers['content-length'] = String(last - first + 1);
  headers['content-range'] = `bytes ${first}-${last}/${version.sizeBytes}`;
  return { status: 206, headers, ...(content === undefined ? {} : { body: content.subarray(first, last + 1) }) };
}

/** The outcome of deleting a key or one of its versions. */
export interface Deletion {
  /** The id of the marker made, or of what was deleted; absent in a bucket that was never versioned. */
  readonly versionId?: string;
  readonly isDeleteMarker: boolean;
}

/**
 * Deletes a version, or puts a delete marker where the bucket keeps versions. Already gone is success.
 * @throws ServiceError AccessDenied for a locked or held version, or without `x-amz-mfa` where MFA delete is on
 */
export function deleteKey(call: Call, bucket: Bucket, key: string, versionId: string | undefined): Deletion {
  const versions = bucket.objects.get(key) ?? [];
  if (versionId !== undefined) return deleteVersion(call, bucket, key, versionId);
  refuseOverwrite(call, bucket, key);
  if (bucket.versioning === undefined) {
    const [only] = versions;
    if (only !== undefined) removeVersion(call.state, bucket, key, only);
    return { isDeleteMarker: false };
  }
  const marker = deleteMarker(nextVersionId(call.state, bucket, call.nowMs), call.nowMs);
  pushVersion(call.state, bucket, key, marker);
  replicate(call, bucket, key, marker);
  return { versionId: marker.versionId, isDeleteMarker: true };
}

function deleteVersion(call: Call, bucket: Bucket, key: string, versionId: string): Deletion {
  if (bucket.mfaDelete === 'Enabled') requireMfa(call);
  checkVersionId(versionId);
  const version = bucket.objects.get(key)?.find((candidate) => candidate.versionId === versionId);
  if (version === undefined) return { versionId, isDeleteMarker: false };
  if (!canDelete(call, bucket, version, { bucket, key, versionId })) {
    throw new ServiceError('AccessDenied', { message: 'Access Denied because object protected by object lock.' });
  }
  removeVersion(call.state, bucket, key, version);
  return { versionId, isDeleteMarker: version.isDeleteMarker };
}

const DELETE_CONDITIONS = ['if-match', 'x-amz-if-match-last-modified-time', 'x-amz-if-match-size'];

/** `DELETE /BUCKET/KEY`. A condition is refused: ignored, it would delete what its sender wanted to keep. */
export const deleteObject = bucketWrite('DeleteObject', (call, bucket) => {
  const condition = DELETE_CONDITIONS.find((name) => call.headers[name] !== undefined);
  if (condition !== undefined) {
    throw new ServiceError('NotImplemented', { message: `${condition} of a DELETE is not emulated.` });
  }
  const { versionId, isDeleteMarker } = deleteKey(call, bucket, call.key ?? '', call.query.get('versionId'));
  return emptyReply(204, {
    ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
    ...(isDeleteMarker ? { 'x-amz-delete-marker': 'true' } : {}),
  });
});

/** `PUT /BUCKET/KEY` with `x-amz-copy-source`; the caller must be allowed to read the source. */
export const copyObject = bucketWrite('CopyObject', (call, bucket) => {
  const key = call.key ?? '';
  const acl = objectAclOf(call);
  const copied = copySource(call);
  const { version: source, sourceBucket } = copied;
  if (checkReadConditions({ headers: prefixed(call.headers, 'x-amz-copy-source-') }, source) === 'NotModified') {
    throw new ServiceError('PreconditionFailed'); // a write has no 304
  }
  checkWriteConditions(call, bucket, key);
  const tags =
    call.headers['x-amz-tagging-directive'] === 'REPLACE' ? tagsOfHeader(call) : copiedTags(call, bucket, copied);
  const isReplaced = call.headers['x-amz-metadata-directive'] === 'REPLACE';
  const fresh = storedHeaders(call);
  const made = storeVersion(call, bucket, key, call.state.bodies.get(source.bodyId ?? ''), source.etag, {
    headers: isReplaced ? fresh : source.headers,
    checksums: source.checksums,
    acl,
    tags,
    ...lockOfWrite(call, bucket),
  });
  const result = [element('LastModified', isoTime(made.lastModifiedMs)), element('ETag', `"${made.etag}"`)];
  const reply = xmlReply(element('CopyObjectResult', result, { xmlns: S3_NAMESPACE }));
  const from = sourceBucket.versioning === undefined ? {} : { 'x-amz-copy-source-version-id': source.versionId };
  const { etag: _etag, ...written } = writeHeaders(bucket, made);
  return { ...reply, headers: { ...reply.headers, ...written, ...from } };
});

interface CopySource {
  readonly version: ObjectVersion;
  readonly sourceBucket: Bucket;
  readonly target: Target;
}

/** Tags are copied by those who may read them there and write them here. @throws ServiceError AccessDenied */
function copiedTags(call: Call, bucket: Bucket, { version, target }: CopySource): ObjectVersion['tags'] {
  const { tags = [] } = version;
  if (tags.length === 0) return version.tags;
  const action = target.versionId === undefined ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging';
  const mayRead = call.permissions.may(action, target);
  if (mayRead && call.permissions.may('s3:PutObjectTagging', { bucket, key: call.key })) return tags;
  throw new ServiceError('AccessDenied');
}

function copySource(call: Call): CopySource {
  const [path = '', query = ''] = (call.headers['x-amz-copy-source'] ?? '').split('?');
  const [bucketName, key] = sourceNames(path);
  const sourceBucket = call.state.buckets.get(bucketName);
  if (sourceBucket === undefined) throw new ServiceError('NoSuchBucket', { elements: { BucketName: bucketName } });
  const versionId = new URLSearchParams(query).get('versionId') ?? undefined;
  const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  const target = { bucket: sourceBucket, key, versionId };
  if (!call.permissions.may(action, target)) throw new ServiceError('AccessDenied');
  const address = new Map(versionId === undefined ? [] : [['versionId', versionId]]);
  const version = addressedVersion({ ...call, key, query: address }, sourceBucket);
  return { version, sourceBucket, target };
}

function sourceNames(path: string): readonly [bucket: string, key: string] {
  const [, bucket, key] = /^(?:\/|%2f)?(.+?)(?:\/|%2f)(.+)$/iu.exec(path) ?? [];
  try {
    return [decodeURIComponent(bucket ?? ''), decodeURIComponent(key ?? '')];
  } catch {
    throw invalidArgument('the copy source is not percent-encoded', 'x-amz-copy-source', path);
  }
}

function prefixed(headers: Call['headers'], prefix: string): Record<string, string | undefined> {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}
