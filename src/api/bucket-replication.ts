import { z } from 'zod';
import { bucketName, bucketNameRule } from './names.ts';
import { localReferenceFields } from './references.ts';
import { checkedRule, field, text, UNMANAGED } from './schema.ts';

const destination = z
  .object({
    bucketRef: z
      .object(localReferenceFields)
      .optional()
      .meta(
        field({
          what: 'The Bucket object of this namespace whose bucket takes the copies.',
          example: '{name: backup}',
          change: true,
          absent: 'bucket decides',
        }),
      ),
    bucket: bucketName.optional().meta(
      field(
        {
          what: 'The S3 name of the bucket that takes the copies. It must be the bucket of a Bucket object of this namespace.',
          example: 'team-a-backup',
          change: true,
          absent: 'bucketRef decides',
        },
        { isPatternARule: true, rules: [bucketNameRule('bucket')] },
      ),
    ),
  })
  .meta(
    field(
      {
        what: 'The bucket that takes the copies; it may be in another region, and must be in the same account.',
        example: '{bucketRef: {name: backup}}',
        change: true,
      },
      {
        rules: [
          checkedRule<{ readonly bucketRef?: object; readonly bucket?: string }>(
            'has(self.bucketRef) != has(self.bucket)',
            'destination needs exactly one of bucketRef and bucket: set one of them',
            ({ bucketRef, bucket }) => (bucketRef === undefined) !== (bucket === undefined),
          ),
        ],
      },
    ),
  );

const rule = z.object({
  id: text(255).meta(field({ what: 'Name of the rule, once in the list.', example: 'backup', change: true })),
  status: z
    .enum(['Enabled', 'Disabled'])
    .default('Enabled')
    .meta(field({ what: 'Disabled keeps the rule without effect.', example: 'Enabled', change: true })),
  prefix: z
    .string()
    .max(1024)
    .optional()
    .meta(
      field({
        what: 'Start of the keys that the rule holds for.',
        example: 'data/',
        change: true,
        absent: 'the rule holds for all objects',
      }),
    ),
  deleteMarkers: z
    .boolean()
    .default(false)
    .meta(
      field({
        what: 'Whether delete markers are copied, too, so that what is deleted here is hidden there.',
        example: 'true',
        change: true,
      }),
    ),
  destination,
});

/** `spec.replication` of a Bucket. `null`, `{}` and no rules mean: the bucket has no replication configuration. */
export const replication = z
  .object({
    rules: z
      .array(rule.meta(field({ what: 'One rule.' })))
      .max(100)
      .optional()
      .meta(
        field(
          {
            what: 'The rules in order: among those for one destination the first that fits decides.',
            example: '[{id: backup, destination: {bucketRef: {name: backup}}}]',
            change: true,
            absent: 'no rules',
          },
          { mapKey: 'id' },
        ),
      ),
  })
  .nullable()
  .optional()
  .meta(
    field({
      what: 'Where new objects are copied to by the service; what is there already is not copied. Both buckets keep versions, or neither does. null or no rules: the bucket has no replication configuration.',
      example: '{rules: [{id: backup, destination: {bucketRef: {name: backup}}}]}',
      change: true,
      absent: UNMANAGED,
    }),
  );
