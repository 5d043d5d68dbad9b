import { checkTags } from '../object-headers.ts';
import { many, object, required, text } from '../xml-shape.ts';
import { storedDocument } from './subresource.ts';

/** Tags of a bucket or an object, as documents have them. */
export const taggingShape = object({
  TagSet: required(object({ Tag: many(object({ Key: required(text()), Value: required(text()) })) })),
});

/** `?tagging` */
export const tagging = storedDocument({
  query: 'tagging',
  names: { get: 'GetBucketTagging', put: 'PutBucketTagging', delete: 'DeleteBucketTagging' },
  root: 'Tagging',
  shape: taggingShape,
  missing: 'NoSuchTagSet',
  needsIntegrity: true,
  putStatus: 204,
  check: (value) => {
    checkTags(value.TagSet.Tag, 50);
    return value;
  },
});
