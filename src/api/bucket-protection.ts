import { z } from 'zod';
import { field, int, text, UNMANAGED } from './schema.ts';

/** `spec.versioning` of a Bucket. Versioning cannot be taken off a bucket, hence no `null`. */
export const versioning = z
  .object({
    enabled: z
      .boolean()
      .default(false)
      .meta(field({ what: 'true: Enabled. false: Suspended.', example: 'true', change: true })),
    mfaDelete: z
      .boolean()
      .default(false)
      .meta(
        field({
          what: 'Deleting versions needs a second factor. It cannot be switched on with access keys alone: true is named in the condition Unsupported.',
          example: 'false',
          change: true,
        }),
      ),
  })
  .optional()
  .meta(
    field({
      what: 'Whether old versions of objects are kept. A bucket that was once versioned can only be suspended.',
      example: '{enabled: true}',
      change: true,
      absent: UNMANAGED,
    }),
  );

/** `spec.encryption` of a Bucket. */
export const encryption = z
  .object({
    enabled: z
      .boolean()
      .default(false)
      .meta(field({ what: 'Whether the bucket has a default encryption.', example: 'true', change: true })),
    algorithm: z
      .enum(['AES256', 'aws:kms'])
      .default('AES256')
      .meta(
        field({
          what: 'Wasabi always encrypts with AES256; aws:kms is named there in the condition Unsupported.',
          example: 'AES256',
          change: true,
        }),
      ),
    kmsKeyId: text(2048)
      .optional()
      .meta(
        field({ what: 'The key of aws:kms.', example: 'alias/storage', change: true, absent: "the service's own key" }),
      ),
  })
  .nullable()
  .optional()
  .meta(
    field({
      what: 'Default encryption of new objects. null: the bucket has no such setting.',
      example: '{enabled: true, algorithm: AES256}',
      change: true,
      absent: UNMANAGED,
    }),
  );

function block(what: string) {
  return z
    .boolean()
    .default(true)
    .meta(field({ what, example: 'true', change: true }));
}

/** `spec.publicAccess` of a Bucket. */
export const publicAccess = z
  .object({
    blockPublicAcls: block(
      'ACLs that open the bucket or its objects to everyone are refused; on Wasabi the operator resets them.',
    ),
    blockPublicPolicy: block(
      'Bucket policies that grant to everyone are refused; on Wasabi the operator refuses them.',
    ),
    ignorePublicAcls: block('ACLs that open the bucket to everyone have no effect.'),
    restrictPublicBuckets: block(
      'A bucket policy that grants to everyone has no effect for strangers; on Wasabi the operator refuses it.',
    ),
  })
  .nullable()
  .optional()
  .meta(
    field({
      what: 'Protection against public access. Where the service has the call it is made, else the operator enforces it. null: no protection.',
      example: '{blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true}',
      change: true,
      absent: UNMANAGED,
    }),
  );

/** `spec.objectLock` of a Bucket. */
export const objectLock = z
  .object({
    enabled: z.boolean().meta(
      field({
        what: 'Whether objects can be locked against deletion. Decided when the bucket is created.',
        example: 'true',
        change: false,
      }),
    ),
    defaultRetention: z
      .object({
        mode: z.enum(['GOVERNANCE', 'COMPLIANCE']).meta(
          field({
            what: 'GOVERNANCE: users with a special permission may still delete. COMPLIANCE: nobody may, not even the account.',
            example: 'GOVERNANCE',
            change: true,
          }),
        ),
        days: int(1, 36_500)
          .optional()
          .meta(field({ what: 'Days after creation.', example: '30', change: true, absent: 'years decides' })),
        years: int(1, 100)
          .optional()
          .meta(field({ what: 'Years after creation.', example: '1', change: true, absent: 'days decides' })),
      })
      .nullable()
      .optional()
      .meta(
        field(
          {
            what: 'The lock that new objects get. null: new objects get none.',
            example: '{mode: GOVERNANCE, days: 30}',
            change: true,
            absent: UNMANAGED,
          },
          {
            rules: [
              {
                rule: 'has(self.days) != has(self.years)',
                message: 'defaultRetention needs exactly one of days and years',
              },
            ],
          },
        ),
      ),
  })
  .optional()
  .meta(
    field(
      {
        what: 'Protection of objects against deletion for a time.',
        example: '{enabled: true, defaultRetention: {mode: GOVERNANCE, days: 30}}',
        change: 'defaultRetention can change at any time, enabled never.',
        absent: 'the bucket is created without object lock',
      },
      {
        rules: [
          {
            rule: 'self.enabled == oldSelf.enabled',
            message:
              'objectLock.enabled cannot change: object lock is decided when a bucket is created, make a new Bucket instead',
          },
          {
            rule: 'self.enabled || !has(self.defaultRetention)',
            message: 'defaultRetention needs object lock: set objectLock.enabled to true or leave defaultRetention out',
          },
        ],
      },
    ),
  );
