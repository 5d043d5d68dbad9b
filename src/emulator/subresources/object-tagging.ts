import { bucketRead, bucketWrite, emptyReply, xmlReply } from '../call.ts';
import { checkTags } from '../object-headers.ts';
import { touch } from '../state.ts';
import { addressedVersion } from '../versions.ts';
import { readDocument, writeDocument } from '../xml-shape.ts';
import type { Subresource } from './subresource.ts';
import { taggingShape } from './tagging.ts';

/** `?tagging` of an object: no tags is an empty set, no error. */
export const objectTagging: Subresource = {
  query: 'tagging',
  operations: {
    GET: bucketRead('GetObjectTagging', (call, bucket) => {
      const { tags = [] } = addressedVersion(call, bucket);
      return xmlReply(writeDocument('Tagging', taggingShape, { TagSet: { Tag: [...tags] } }));
    }),
    PUT: bucketWrite(
      'PutObjectTagging',
      (call, bucket) => {
        const { TagSet } = readDocument(call.body, 'Tagging', taggingShape);
        checkTags(TagSet.Tag, 10);
        addressedVersion(call, bucket).tags = TagSet.Tag;
        touch(call.state);
        return emptyReply();
      },
      { needsIntegrity: true },
    ),
    DELETE: bucketWrite('DeleteObjectTagging', (call, bucket) => {
      addressedVersion(call, bucket).tags = undefined;
      touch(call.state);
      return emptyReply(204);
    }),
  },
};
