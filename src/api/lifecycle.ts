import { z } from 'zod';
import { checkedRule, field, int, text, UNMANAGED } from './schema.ts';

/** The largest object of S3, 5 TiB. */
const MAX_OBJECT_BYTES = 5_497_558_138_880;
const MAX_DAYS = 36_500;

const expiration = z
  .object({
    days: int(1, MAX_DAYS)
      .optional()
      .meta(field({ what: 'Days after creation.', example: '90', change: true, absent: 'date decides' })),
    date: z
      .string()
      .optional()
      .meta(
        field(
          {
            what: 'The day from which on objects go, UTC.',
            example: '"2027-01-01"',
            change: true,
            absent: 'days decides',
          },
          { format: 'date' },
        ),
      ),
  })
  .optional()
  .meta(
    field(
      {
        what: 'When objects are deleted; in a versioned bucket they get a delete marker.',
        example: '{days: 90}',
        change: true,
        absent: 'the rule expires no current objects',
      },
      {
        rules: [
          checkedRule<{ readonly days?: number; readonly date?: string }>(
            'has(self.days) != has(self.date)',
            'expiration needs exactly one of days and date: set one of them',
            // The predecessor stored blocks with neither, which mean nothing.
            ({ days, date }) => days === undefined || date === undefined,
          ),
        ],
      },
    ),
  );

const transition = z.object({
  days: int(1, MAX_DAYS).meta(field({ what: 'Days after creation.', example: '30', change: true })),
  storageClass: text(64).meta(field({ what: 'The storage class to move to.', example: 'GLACIER', change: true })),
});

const filter = z
  .object({
    prefix: z
      .string()
      .max(1024)
      .optional()
      .meta(field({ what: 'Start of the keys it holds for.', example: 'tmp/', change: true, absent: 'all keys' })),
    objectSizeGreaterThan: int(0, MAX_OBJECT_BYTES)
      .optional()
      .meta(field({ what: 'Bytes; only larger objects.', example: '1024', change: true, absent: 'no lower bound' })),
    objectSizeLessThan: int(1, MAX_OBJECT_BYTES)
      .optional()
      .meta(
        field({ what: 'Bytes; only smaller objects.', example: '1048576', change: true, absent: 'no upper bound' }),
      ),
  })
  .optional()
  .meta(
    field(
      {
        what: 'Which objects the rule holds for.',
        example: '{prefix: tmp/, objectSizeGreaterThan: 1024}',
        change: true,
        absent: 'the objects under prefix, or all',
      },
      {
        rules: [
          checkedRule<{ readonly objectSizeGreaterThan?: number; readonly objectSizeLessThan?: number }>(
            '!has(self.objectSizeGreaterThan) || !has(self.objectSizeLessThan) || self.objectSizeGreaterThan < self.objectSizeLessThan',
            'objectSizeGreaterThan must be below objectSizeLessThan, else the rule holds for no object',
            ({ objectSizeGreaterThan = -1, objectSizeLessThan = Infinity }) =>
              objectSizeGreaterThan < objectSizeLessThan,
          ),
        ],
      },
    ),
  );

const rule = z
  .object({
    id: text(255).meta(
      field({ what: 'Name of the rule, once in the list.', example: 'delete-old-logs', change: true }),
    ),
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
          example: 'logs/',
          change: true,
          absent: 'filter decides; without filter all objects',
        }),
      ),
    filter,
    expiration,
    transitions: z
      .array(transition.meta(field({ what: 'One move to another storage class.' })))
      .max(16)
      .optional()
      .meta(
        field({
          what: 'Moves to other storage classes. Wasabi has one class: there they are left out and named in the condition Unsupported.',
          example: '[{days: 30, storageClass: GLACIER}]',
          change: true,
          absent: 'objects stay in their class',
        }),
      ),
    noncurrentVersionExpiration: z
      .object({
        days: int(1, MAX_DAYS).meta(field({ what: 'Days after a newer version came.', example: '30', change: true })),
      })
      .optional()
      .meta(
        field({
          what: 'When versions that are not current are deleted.',
          example: '{days: 30}',
          change: true,
          absent: 'the rule deletes no versions',
        }),
      ),
    abortIncompleteMultipartUpload: z
      .object({
        daysAfterInitiation: int(1, MAX_DAYS).meta(
          field({ what: 'Days after the upload began.', example: '7', change: true }),
        ),
      })
      .optional()
      .meta(
        field({
          what: 'When uploads in parts that were never finished are removed.',
          example: '{daysAfterInitiation: 7}',
          change: true,
          absent: 'the rule removes no uploads',
        }),
      ),
  })
  .meta(
    field(
      { what: 'One rule.' },
      {
        rules: [
          checkedRule<{ readonly prefix?: string; readonly filter?: { readonly prefix?: string } }>(
            '!has(self.prefix) || !has(self.filter) || !has(self.filter.prefix)',
            'prefix is given twice: set either prefix or filter.prefix',
            ({ prefix, filter }) => prefix === undefined || filter?.prefix === undefined,
          ),
          {
            rule: 'has(self.expiration) || has(self.transitions) && size(self.transitions) > 0 || has(self.noncurrentVersionExpiration) || has(self.abortIncompleteMultipartUpload)',
            message:
              'the rule does nothing: set expiration, transitions, noncurrentVersionExpiration or abortIncompleteMultipartUpload',
            storedIsLeft: 'Stored so by the predecessor: a rule that does nothing is left out of what is sent.',
          },
        ],
      },
    ),
  );

/** `spec.lifecycle` of a Bucket. `null`, `{}` and no rules mean: the bucket has no lifecycle configuration. */
export const lifecycle = z
  .object({
    rules: z
      .array(rule)
      .max(1000)
      .optional()
      .meta(
        field(
          {
            what: 'The rules, all of them: a rule on the bucket that is not listed is removed.',
            example: '[{id: delete-old-logs, prefix: logs/, expiration: {days: 90}}]',
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
      what: 'When objects are deleted by the service. null or no rules: the bucket has no lifecycle configuration.',
      example: '{rules: [{id: delete-old-logs, prefix: logs/, expiration: {days: 90}}]}',
      change: true,
      absent: UNMANAGED,
    }),
  );
