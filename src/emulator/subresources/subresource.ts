import { isDeepStrictEqual } from 'node:util';
import { type BucketOperation, bucketRead, bucketWrite, type Call, emptyReply, xmlReply } from '../call.ts';
import { type ErrorCode, ServiceError } from '../errors.ts';
import { type Bucket, touch } from '../state.ts';
import { readDocument, type Shape, writeDocument } from '../xml-shape.ts';

/** One `?name` of a bucket, and what each method on it does. */
export interface Subresource {
  /** The name in the query. */
  readonly query: string;
  readonly operations: Readonly<Partial<Record<'GET' | 'PUT' | 'DELETE', BucketOperation>>>;
}

/** A configuration that is a document: put whole, got back as it was put, deleted. */
export interface StoredDocument<T> {
  readonly query: string;
  /** Names of the operations. */
  readonly names: { readonly get: string; readonly put: string; readonly delete?: string };
  readonly root: string;
  readonly shape: Shape<T>;
  /** The answer to a read where there is none: a code, or a document. */
  readonly missing: ErrorCode | { readonly value: T };
  readonly needsIntegrity: boolean;
  /** 204 where AWS answers a PUT so. */
  readonly putStatus?: number;
  /** Refuses a document that fits the schema and makes no sense; gives what to keep. @throws ServiceError */
  check?(value: T, call: Call, bucket: Bucket): T;
  /** Told of a document that differs from the one before. */
  changed?(call: Call, bucket: Bucket): void;
  /** Refuses every call, where the service does not have this at all. @throws ServiceError */
  guard?(call: Call): void;
}

/** The operations of a stored document. */
export function storedDocument<T>(document: StoredDocument<T>): Subresource {
  const get = bucketRead(document.names.get, (call, bucket) => {
    document.guard?.(call);
    return xmlReply(writeDocument(document.root, document.shape, storedValue(document, bucket)));
  });
  const put = bucketWrite(
    document.names.put,
    (call, bucket) => {
      document.guard?.(call);
      const value = readDocument(call.body, document.root, document.shape);
      const kept = document.check?.(value, call, bucket) ?? value;
      if (!isDeepStrictEqual(kept, bucket.documents[document.query])) document.changed?.(call, bucket);
      bucket.documents[document.query] = kept;
      touch(call.state);
      return emptyReply(document.putStatus ?? 200);
    },
    { needsIntegrity: document.needsIntegrity },
  );
  if (document.names.delete === undefined) return { query: document.query, operations: { GET: get, PUT: put } };
  const remove = bucketWrite(document.names.delete, (call, bucket) => {
    document.guard?.(call);
    if (document.query in bucket.documents) {
      delete bucket.documents[document.query];
      touch(call.state);
    }
    return emptyReply(204);
  });
  return { query: document.query, operations: { GET: get, PUT: put, DELETE: remove } };
}

/** The document of a bucket. Only its own shape puts values there, so the type holds. @throws ServiceError */
function storedValue<T>(document: StoredDocument<T>, bucket: Bucket): T {
  const found = bucket.documents[document.query];
  if (found !== undefined) return found as T;
  if (typeof document.missing === 'string') {
    throw new ServiceError(document.missing, { elements: { BucketName: bucket.name } });
  }
  return document.missing.value;
}

/** The refusal of a subresource that the service does not have. */
export function unsupported(call: Call): ServiceError {
  return new ServiceError(call.settings.quirks.unsupported, { elements: { Method: call.method } });
}
