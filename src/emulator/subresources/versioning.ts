import { bucketRead, bucketWrite, emptyReply, xmlReply } from '../call.ts';
import { ServiceError } from '../errors.ts';
import { touch } from '../state.ts';
import { requireMfa } from '../versions.ts';
import { malformed, object, optional, readDocument, text, writeDocument } from '../xml-shape.ts';
import type { Subresource } from './subresource.ts';

const shape = object({
  Status: optional(text(['Enabled', 'Suspended'])),
  MfaDelete: optional(text(['Enabled', 'Disabled'])),
});

/** `?versioning`: never put, it answers an empty document; once put, it never goes back to that. */
export const versioning: Subresource = {
  query: 'versioning',
  operations: {
    GET: bucketRead('GetBucketVersioning', (_call, bucket) =>
      xmlReply(
        writeDocument('VersioningConfiguration', shape, {
          ...(bucket.versioning === undefined ? {} : { Status: bucket.versioning }),
          ...(bucket.mfaDelete === undefined ? {} : { MfaDelete: bucket.mfaDelete }),
        }),
      ),
    ),
    PUT: bucketWrite('PutBucketVersioning', (call, bucket) => {
      const wanted = readDocument(call.body, 'VersioningConfiguration', shape);
      if (wanted.Status === undefined) throw malformed('VersioningConfiguration has no Status');
      const changesMfa = wanted.MfaDelete !== undefined && wanted.MfaDelete !== (bucket.mfaDelete ?? 'Disabled');
      if (changesMfa || bucket.mfaDelete === 'Enabled') requireMfa(call);
      if (bucket.objectLock !== undefined && wanted.Status === 'Suspended') {
        throw new ServiceError('InvalidBucketState', {
          message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
        });
      }
      bucket.versioning = wanted.Status;
      if (wanted.MfaDelete !== undefined) bucket.mfaDelete = wanted.MfaDelete;
      touch(call.state);
      return emptyReply();
    }),
  },
};
