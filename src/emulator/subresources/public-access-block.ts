import { type BucketOperation, emptyReply, xmlReply } from '../call.ts';
import { boolean, object, optional, writeDocument } from '../xml-shape.ts';
import { type Subresource, storedDocument, unsupported } from './subresource.ts';

const root = 'PublicAccessBlockConfiguration';
const shape = object({
  BlockPublicAcls: optional(boolean()),
  IgnorePublicAcls: optional(boolean()),
  BlockPublicPolicy: optional(boolean()),
  RestrictPublicBuckets: optional(boolean()),
});

const stored = storedDocument({
  query: 'publicAccessBlock',
  names: { get: 'GetPublicAccessBlock', put: 'PutPublicAccessBlock', delete: 'DeletePublicAccessBlock' },
  root,
  shape,
  missing: 'NoSuchPublicAccessBlockConfiguration',
  needsIntegrity: true,
  guard: (call) => {
    if (call.settings.quirks.publicAccessBlock === 'refused') throw unsupported(call);
  },
});

/** With the quirk `empty`, reads answer a document without fields and writes are taken and forgotten. */
function orEmpty(operation: BucketOperation): BucketOperation {
  return {
    ...operation,
    run: (call, bucket) => {
      if (call.settings.quirks.publicAccessBlock !== 'empty') return operation.run(call, bucket);
      return operation.mutating ? emptyReply() : xmlReply(writeDocument(root, shape, {}));
    },
  };
}

/** `?publicAccessBlock` */
export const publicAccessBlock: Subresource = {
  query: stored.query,
  operations: Object.fromEntries(
    Object.entries(stored.operations).map(([method, operation]) => [method, orEmpty(operation)]),
  ),
};
