import { createHash, randomBytes } from 'node:crypto';
import { objectAclOf } from './acl.ts';
import {
  bucketRead,
  bucketWrite,
  type Call,
  emptyReply,
  invalidArgument,
  isoTime,
  queryInteger,
  xmlReply,
} from './call.ts';
import { md5Hex } from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import { ServiceError } from './errors.ts';
import { compareKeys, groupingOf, keyEncoder, ownerXml, pageOf, prefixesXml } from './listing.ts';
import { storedHeaders, tagsOfHeader } from './object-headers.ts';
import { lockOfWrite } from './object-lock.ts';
import { storeVersion, writeHeaders } from './objects.ts';
import { replicate } from './replicate.ts';
import { type Bucket, type Part, touch, type Upload } from './state.ts';
import { element, S3_NAMESPACE } from './xml.ts';
import { integer, MAX_LIST_BYTES, many, object, optional, readDocument, required, text } from './xml-shape.ts';

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;

/** `POST /BUCKET/KEY?uploads` */
export const createMultipartUpload = bucketWrite('CreateMultipartUpload', (call, bucket) => {
  const key = call.key ?? '';
  const acl = objectAclOf(call);
  const upload: Upload = {
    uploadId: randomBytes(24).toString('base64url'),
    key,
    initiatedMs: call.nowMs,
    headers: storedHeaders(call),
    tags: tagsOfHeader(call),
    acl,
    ...lockOfWrite(call, bucket),
    parts: new Map(),
  };
  bucket.uploads.set(upload.uploadId, upload);
  touch(call.state);
  return xmlReply(
    element(
      'InitiateMultipartUploadResult',
      [element('Bucket', bucket.name), element('Key', key), element('UploadId', upload.uploadId)],
      { xmlns: S3_NAMESPACE },
    ),
  );
});

function addressedUpload(call: Call, bucket: Bucket): Upload {
  const uploadId = call.query.get('uploadId') ?? '';
  const upload = bucket.uploads.get(uploadId);
  if (upload === undefined || upload.key !== call.key)
    throw new ServiceError('NoSuchUpload', { elements: { UploadId: uploadId } });
  return upload;
}

/** `PUT /BUCKET/KEY?partNumber&uploadId` */
export const uploadPart = bucketWrite('UploadPart', (call, bucket) => {
  if (call.headers['x-amz-copy-source'] !== undefined) {
    throw new ServiceError('NotImplemented', { message: 'UploadPartCopy is not emulated.' });
  }
  const upload = addressedUpload(call, bucket);
  const number = queryInteger(call, 'partNumber', 0, 0, MAX_PARTS + 1);
  if (number < 1 || number > MAX_PARTS) {
    throw invalidArgument('Part number must be an integer from 1 to 10000', 'partNumber', String(number));
  }
  const older = upload.parts.get(number);
  if (older !== undefined) call.state.bodies.drop(older.bodyId);
  const part: Part = {
    etag: md5Hex(call.body),
    sizeBytes: call.body.length,
    lastModifiedMs: call.nowMs,
    bodyId: call.state.bodies.put(call.body),
  };
  upload.parts.set(number, part);
  touch(call.state);
  return emptyReply(200, { etag: `"${part.etag}"`, ...call.checksums });
});

const completeShape = object({
  Part: many(
    object({
      PartNumber: required(integer(1)),
      ETag: required(text()),
      ChecksumCRC32: optional(text()),
      ChecksumCRC32C: optional(text()),
      ChecksumSHA1: optional(text()),
      ChecksumSHA256: optional(text()),
    }),
    1,
    MAX_PARTS,
  ),
});

/** `POST /BUCKET/KEY?uploadId` */
export const completeMultipartUpload = bucketWrite('CompleteMultipartUpload', (call, bucket) => {
  const upload = addressedUpload(call, bucket);
  const wanted = readDocument(call.body, 'CompleteMultipartUpload', completeShape, MAX_LIST_BYTES).Part;
  checkWriteConditions(call, bucket, upload.key);
  const isOrdered = wanted.every(({ PartNumber }, index) => PartNumber > (wanted[index - 1]?.PartNumber ?? 0));
  if (!isOrdered) throw new ServiceError('InvalidPartOrder');
  const parts = wanted.map(({ PartNumber, ETag }) => {
    const part = upload.parts.get(PartNumber);
    if (part?.etag === ETag.replaceAll('"', '')) return part;
    throw new ServiceError('InvalidPart', { elements: { PartNumber: String(PartNumber), ETag } });
  });
  const small = parts.slice(0, -1).find(({ sizeBytes }) => sizeBytes < MIN_PART_BYTES);
  if (small !== undefined) throw new ServiceError('EntityTooSmall', { elements: { ETag: small.etag } });
  const content = Buffer.concat(parts.map((part) => call.state.bodies.get(part.bodyId)));
  const digest = createHash('md5');
  for (const part of parts) digest.update(part.etag, 'hex');
  const { headers, retention, legalHold, tags, acl } = upload;
  const etag = `${digest.digest('hex')}-${parts.length}`;
  const version = storeVersion(call, bucket, upload.key, content, etag, {
    headers,
    checksums: {},
    retention,
    legalHold,
    tags,
    acl,
  });
  replicate(call, bucket, upload.key, version);
  forget(call, bucket, upload);
  const { etag: _etag, ...written } = writeHeaders(bucket, version);
  const endpoint = call.urls.s3(bucket.region, { host: call.headers['host'], isTls: call.isTls });
  const reply = xmlReply(
    element(
      'CompleteMultipartUploadResult',
      [
        element('Location', `${endpoint}/${bucket.name}/${upload.key}`),
        element('Bucket', bucket.name),
        element('Key', upload.key),
        element('ETag', `"${etag}"`),
      ],
      { xmlns: S3_NAMESPACE },
    ),
  );
  return { ...reply, headers: { ...reply.headers, ...written } };
});

function forget(call: Call, bucket: Bucket, upload: Upload): void {
  for (const part of upload.parts.values()) call.state.bodies.drop(part.bodyId);
  bucket.uploads.delete(upload.uploadId);
  touch(call.state);
}

/** `DELETE /BUCKET/KEY?uploadId` */
export const abortMultipartUpload = bucketWrite('AbortMultipartUpload', (call, bucket) => {
  forget(call, bucket, addressedUpload(call, bucket));
  return emptyReply(204);
});

/** `GET /BUCKET/KEY?uploadId` */
export const listParts = bucketRead('ListParts', (call, bucket) => {
  const upload = addressedUpload(call, bucket);
  const max = queryInteger(call, 'max-parts', 1000, 1, 1000);
  const after = queryInteger(call, 'part-number-marker', 0, 0, MAX_PARTS);
  const numbers = [...upload.parts.keys()].filter((number) => number > after).sort((a, b) => a - b);
  const page = numbers.slice(0, max);
  const isTruncated = numbers.length > max;
  return xmlReply(
    element(
      'ListPartsResult',
      [
        element('Bucket', bucket.name),
        element('Key', upload.key),
        element('UploadId', upload.uploadId),
        ownerXml(call, 'Initiator'),
        ownerXml(call),
        element('StorageClass', 'STANDARD'),
        element('PartNumberMarker', after),
        isTruncated ? element('NextPartNumberMarker', page.at(-1) ?? 0) : undefined,
        element('MaxParts', max),
        element('IsTruncated', isTruncated),
        ...page.flatMap((number) => {
          const part = upload.parts.get(number);
          return part === undefined ? [] : [partXml(number, part)];
        }),
      ],
      { xmlns: S3_NAMESPACE },
    ),
  );
});

function partXml(number: number, part: Part) {
  return element('Part', [
    element('PartNumber', number),
    element('LastModified', isoTime(part.lastModifiedMs)),
    element('ETag', `"${part.etag}"`),
    element('Size', part.sizeBytes),
  ]);
}

/** `GET /BUCKET?uploads` */
export const listMultipartUploads = bucketRead('ListMultipartUploads', (call, bucket) => {
  const keyMarker = call.query.get('key-marker') ?? '';
  const idMarker = call.query.get('upload-id-marker') ?? '';
  const encode = keyEncoder(call);
  const grouping = groupingOf(call, idMarker === '' ? keyMarker : '', 'max-uploads');
  const order = (a: Upload, b: Upload): number => compareKeys(a.key, b.key) || compareKeys(a.uploadId, b.uploadId);
  const isAfter = ({ key, uploadId }: Upload): boolean => {
    if (keyMarker === '') return true;
    return compareKeys(key, keyMarker) > 0 || (key === keyMarker && idMarker !== '' && uploadId > idMarker);
  };
  const found = [...bucket.uploads.values()].filter(isAfter).sort(order);
  const page = pageOf(
    found.map((upload): [string, Upload] => [upload.key, upload]),
    grouping,
  );
  const { last } = page;
  return xmlReply(
    element(
      'ListMultipartUploadsResult',
      [
        element('Bucket', bucket.name),
        element('KeyMarker', encode(keyMarker)),
        element('UploadIdMarker', idMarker),
        last && element('NextKeyMarker', encode(last.key)),
        last?.type === 'item' ? element('NextUploadIdMarker', last.item.uploadId) : undefined,
        element('Prefix', encode(grouping.prefix)),
        grouping.delimiter === '' ? undefined : element('Delimiter', encode(grouping.delimiter)),
        element('MaxUploads', grouping.max),
        call.query.has('encoding-type') ? element('EncodingType', 'url') : undefined,
        element('IsTruncated', last !== undefined),
        ...page.lines.flatMap((line) => (line.type === 'item' ? [uploadXml(call, line.item, encode)] : [])),
        ...prefixesXml(page, encode),
      ],
      { xmlns: S3_NAMESPACE },
    ),
  );
});

function uploadXml(call: Call, upload: Upload, encode: (key: string) => string) {
  return element('Upload', [
    element('Key', encode(upload.key)),
    element('UploadId', upload.uploadId),
    ownerXml(call, 'Initiator'),
    ownerXml(call),
    element('StorageClass', 'STANDARD'),
    element('Initiated', isoTime(upload.initiatedMs)),
  ]);
}
