import { boolean, many, object, optional, required, text } from '../xml-shape.ts';
import { storedDocument, unsupported } from './subresource.ts';

/** `?encryption`: Wasabi refuses it, content being encrypted always; other services keep it. */
export const encryption = storedDocument({
  query: 'encryption',
  names: { get: 'GetBucketEncryption', put: 'PutBucketEncryption', delete: 'DeleteBucketEncryption' },
  root: 'ServerSideEncryptionConfiguration',
  shape: object({
    Rule: many(
      object({
        ApplyServerSideEncryptionByDefault: optional(
          object({
            SSEAlgorithm: required(text(['AES256', 'aws:kms', 'aws:kms:dsse'])),
            KMSMasterKeyID: optional(text()),
          }),
        ),
        BucketKeyEnabled: optional(boolean()),
      }),
      1,
    ),
  }),
  missing: 'ServerSideEncryptionConfigurationNotFoundError',
  needsIntegrity: true,
  guard: (call) => {
    if (call.settings.quirks.encryption === 'refused') throw unsupported(call);
  },
});
