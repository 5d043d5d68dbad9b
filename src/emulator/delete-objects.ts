import { bucketWrite, xmlReply } from './call.ts';
import { ServiceError } from './errors.ts';
import { checkKey } from './object-headers.ts';
import { deleteKey } from './objects.ts';
import { element, S3_NAMESPACE, type XmlNode } from './xml.ts';
import { boolean, MAX_LIST_BYTES, many, object, optional, readDocument, required, text } from './xml-shape.ts';

const shape = object({
  Object: many(
    object({
      Key: required(text()),
      VersionId: optional(text()),
    }),
    1,
    1000,
  ),
  Quiet: optional(boolean()),
});

/**
 * `POST /BUCKET?delete`: up to 1000 keys, each with its own outcome. A condition on a key (ETag and the like) is refused:
 * ignored, it would delete what its sender wanted to keep.
 */
export const deleteObjects = bucketWrite(
  'DeleteObjects',
  (call, bucket) => {
    const wanted = readDocument(call.body, 'Delete', shape, MAX_LIST_BYTES);
    const results = wanted.Object.map(({ Key, VersionId }): XmlNode | undefined => {
      try {
        checkKey(Key);
        const action = VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion';
        const isAllowed = call.permissions.may(action, { bucket, key: Key, versionId: VersionId });
        if (!isAllowed) throw new ServiceError('AccessDenied');
        const deletion = deleteKey(call, bucket, Key, VersionId);
        return wanted.Quiet === true ? undefined : deletedXml(Key, VersionId, deletion);
      } catch (thrown) {
        if (!(thrown instanceof ServiceError)) throw thrown;
        return element('Error', [
          element('Key', Key),
          VersionId === undefined ? undefined : element('VersionId', VersionId),
          element('Code', thrown.code),
          element('Message', thrown.message),
        ]);
      }
    });
    return xmlReply(element('DeleteResult', results, { xmlns: S3_NAMESPACE }));
  },
  { needsIntegrity: true },
);

function deletedXml(key: string, versionId: string | undefined, deletion: ReturnType<typeof deleteKey>): XmlNode {
  const marker = deletion.isDeleteMarker ? deletion.versionId : undefined;
  return element('Deleted', [
    element('Key', key),
    versionId === undefined ? undefined : element('VersionId', versionId),
    deletion.isDeleteMarker ? element('DeleteMarker', true) : undefined,
    marker === undefined ? undefined : element('DeleteMarkerVersionId', marker),
  ]);
}
