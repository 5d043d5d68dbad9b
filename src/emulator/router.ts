import { createBucket, deleteBucket, headBucket, listBuckets } from './buckets.ts';
import type { Operation } from './call.ts';
import { deleteObjects } from './delete-objects.ts';
import { ServiceError } from './errors.ts';
import { listObjectVersions } from './list-versions.ts';
import { listObjects, listObjectsV2 } from './listing.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
} from './multipart.ts';
import { copyObject, deleteObject, getObject, headObject, putObject } from './objects.ts';
import type { Subresource } from './subresources/subresource.ts';
import { bucketSubresources, objectSubresources } from './subresources/table.ts';

/** What tells S3 operations apart. */
export interface S3Request {
  readonly method: string;
  readonly bucketName: string | undefined;
  readonly key: string | undefined;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Names in the query that stand for calls of S3 or Wasabi which are not emulated. */
const NOT_EMULATED = [
  'append',
  'attributes',
  'compose',
  'manifestCreateAndProcess',
  'metadataTable',
  'renameObject',
  'restore',
  'select',
  'session',
  'torrent',
];

/** Subresources of buckets that objects have elsewhere: taken for none, they would be a PutObject. */
const NOT_OF_OBJECTS = ['encryption'];

/** Every operation that `s3OperationOf` may answer. */
export const S3_OPERATIONS: readonly Operation[] = [
  listBuckets,
  createBucket,
  headBucket,
  deleteBucket,
  deleteObjects,
  listObjectVersions,
  listMultipartUploads,
  listObjects,
  listObjectsV2,
  createMultipartUpload,
  completeMultipartUpload,
  abortMultipartUpload,
  uploadPart,
  listParts,
  putObject,
  copyObject,
  getObject,
  headObject,
  deleteObject,
  ...[...bucketSubresources, ...objectSubresources].flatMap(({ operations }) => Object.values(operations)),
];

/** The operation that a request means. @throws ServiceError MethodNotAllowed, NotImplemented */
export function s3OperationOf(request: S3Request): Operation {
  const names = request.key === undefined ? NOT_EMULATED : [...NOT_EMULATED, ...NOT_OF_OBJECTS];
  const foreign = names.find((name) => request.query.has(name));
  if (foreign !== undefined) throw new ServiceError('NotImplemented', { message: `?${foreign} is not emulated.` });
  if (request.method === 'MOVE') throw new ServiceError('NotImplemented', { message: 'MOVE is not emulated.' });
  const found = request.bucketName === undefined ? serviceOperation(request) : resourceOperation(request);
  if (found === undefined) throw new ServiceError('MethodNotAllowed', { elements: { Method: request.method } });
  return found;
}

function serviceOperation(request: S3Request): Operation | undefined {
  return request.method === 'GET' ? listBuckets : undefined;
}

function resourceOperation(request: S3Request): Operation | undefined {
  const table = request.key === undefined ? bucketSubresources : objectSubresources;
  const subresource = table.find(({ query }) => request.query.has(query));
  if (subresource !== undefined) return ofSubresource(subresource, request.method);
  return request.key === undefined ? bucketOperation(request) : objectOperation(request);
}

function ofSubresource(subresource: Subresource, method: string): Operation | undefined {
  if (method !== 'GET' && method !== 'PUT' && method !== 'DELETE') return undefined;
  return subresource.operations[method];
}

function bucketOperation({ method, query }: S3Request): Operation | undefined {
  if (method === 'POST') return query.has('delete') ? deleteObjects : undefined;
  if (method === 'GET') {
    if (query.has('versions')) return listObjectVersions;
    if (query.has('uploads')) return listMultipartUploads;
    return query.get('list-type') === '2' ? listObjectsV2 : listObjects;
  }
  return { PUT: createBucket, HEAD: headBucket, DELETE: deleteBucket }[method];
}

function objectOperation({ method, query, headers }: S3Request): Operation | undefined {
  const hasUpload = query.has('uploadId');
  if (method === 'POST') {
    if (query.has('uploads')) return createMultipartUpload;
    return hasUpload ? completeMultipartUpload : undefined;
  }
  if (method === 'PUT') {
    if (hasUpload) return uploadPart;
    return headers['x-amz-copy-source'] === undefined ? putObject : copyObject;
  }
  if (method === 'GET') return hasUpload ? listParts : getObject;
  if (method === 'DELETE') return hasUpload ? abortMultipartUpload : deleteObject;
  return method === 'HEAD' ? headObject : undefined;
}
