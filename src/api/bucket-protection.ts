import { z } from 'zod';
import { checkedRule, field, int, text, UNMANAGED } from './schema.ts';

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

/** `spec.compliance` of a Bucket. `null` and `enabled: false` mean: the bucket has no compliance. */
export const compliance = z
  .object({
    enabled: z
      .boolean()
      .default(false)
      .meta(
        field({
          what: 'true: no object can be deleted or overwritten until its retention is over, not even by the account. It holds for all objects at once.',
          example: 'true',
          change: true,
        }),
      ),
    retentionDays: int(0, 36_500)
      .optional()
      .meta(
        field({
          what: 'Days that every object is kept, from its creation or from the release of its hold.',
          example: '30',
          change: true,
          absent: 'enabled must be false',
        }),
      ),
    conditionalHold: z
      .boolean()
      .default(false)
      .meta(
        field({
          what: 'true: new objects are kept until somebody releases their hold; their days begin then.',
          example: 'false',
          change: true,
        }),
      ),
    deleteAfterRetention: z
      .boolean()
      .default(false)
      .meta(
        field({
          what: 'true: the service deletes objects when their retention is over. THE DATA IS LOST.',
          example: 'false',
          change: true,
        }),
      ),
  })
  .nullable()
  .optional()
  .meta(
    field(
      {
        what: "Wasabi's own retention for every object of a bucket; object lock is the newer way, and a bucket has one of the two. The settings are never locked for good by the operator, and where somebody locked them they stay so. Providers of type s3 do not have it: the condition Unsupported names it. null: the bucket has none.",
        example: '{enabled: true, retentionDays: 30}',
        change: true,
        absent: UNMANAGED,
      },
      {
        rules: [
          checkedRule<{ readonly enabled: boolean; readonly retentionDays?: number }>(
            '!self.enabled || has(self.retentionDays)',
            'compliance.enabled: true needs retentionDays, the days that every object is kept: set it',
            ({ enabled, retentionDays }) => !enabled || retentionDays !== undefined,
          ),
        ],
      },
    ),
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
              checkedRule<{ readonly days?: number; readonly years?: number }>(
                'has(self.days) != has(self.years)',
                'defaultRetention needs exactly one of days and years: set one of them',
                ({ days, years }) => (days === undefined) !== (years === undefined),
              ),
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
          checkedRule<{ readonly enabled: boolean; readonly defaultRetention?: object | null }>(
            'self.enabled || !has(self.defaultRetention)',
            'defaultRetention needs object lock: set objectLock.enabled to true or leave defaultRetention out',
            ({ enabled, defaultRetention }) => enabled || (defaultRetention ?? undefined) === undefined,
          ),
        ],
      },
    ),
  );
