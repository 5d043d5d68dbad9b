import { z } from 'zod';
import { bucketName, bucketNameRule } from './names.ts';
import { localReferenceFields } from './references.ts';
import { checkedRule, field, int, text, UNMANAGED } from './schema.ts';

function texts(max: number, what: string) {
  return z.array(text(max).meta(field({ what }))).max(100);
}

const corsRule = z.object({
  allowedOrigins: texts(2048, 'One origin, with at most one *.')
    .min(1)
    .meta(field({ what: 'Origins that browsers may call from.', example: '[https://example.com]', change: true })),
  allowedMethods: z
    .array(z.enum(['GET', 'POST', 'PUT', 'DELETE', 'HEAD']).meta(field({ what: 'One method.' })))
    .min(1)
    .max(10)
    .meta(field({ what: 'Methods that browsers may use.', example: '[GET, HEAD]', change: true })),
  allowedHeaders: texts(256, 'One header, with at most one *.')
    .optional()
    .meta(field({ what: 'Headers that browsers may send.', example: '["*"]', change: true, absent: 'none' })),
  exposedHeaders: texts(256, 'One header.')
    .optional()
    .meta(field({ what: 'Headers that scripts may read.', example: '[ETag]', change: true, absent: 'none' })),
  maxAgeSeconds: int(0, 2_147_483_647)
    .default(3600)
    .meta(field({ what: 'Seconds that browsers may keep the answer.', example: '3600', change: true })),
});

/** `spec.cors` of a Bucket. `null`, `{}` and no rules mean: the bucket has no CORS configuration. */
export const cors = z
  .object({
    rules: z
      .array(corsRule.meta(field({ what: 'One rule.' })))
      .max(100)
      .optional()
      .meta(
        field({
          what: 'The rules in order; the first that fits decides.',
          example: '[{allowedOrigins: [https://example.com], allowedMethods: [GET]}]',
          change: true,
          absent: 'no rules',
        }),
      ),
  })
  .nullable()
  .optional()
  .meta(
    field({
      what: 'Which web pages may call the bucket. null or no rules: the bucket has no CORS configuration. Where the service lacks the call, it is named in the condition Unsupported.',
      example: '{rules: [{allowedOrigins: [https://example.com], allowedMethods: [GET, HEAD]}]}',
      change: true,
      absent: UNMANAGED,
    }),
  );

/** `spec.tagging` of a Bucket. The service takes 50 tags; one is the operator's own. */
export const tagging = z
  .object({
    tags: z
      .record(
        z.string(),
        z
          .string()
          .max(256)
          .meta(field({ what: 'Value of the tag.' })),
      )
      .optional()
      .meta(
        field(
          {
            what: 'The tags, all of them: a tag on the bucket that is not listed is removed, except those of the operator.',
            example: '{Environment: production}',
            change: true,
            absent: 'no tags',
          },
          {
            maxProperties: 49,
            rules: [
              {
                rule: "self.all(key, size(key) >= 1 && size(key) <= 128 && !key.startsWith('s3.cloud37.dev/'))",
                message:
                  "a key of tags must have 1 to 128 characters and must not start with s3.cloud37.dev/, which is the operator's: write another key",
                storedIsLeft:
                  "Stored so by the predecessor: the service says which key it refuses, and the operator's own tags are not taken from a spec.",
              },
            ],
          },
        ),
      ),
  })
  .nullable()
  .optional()
  .meta(
    field({
      what: 'Tags of the bucket. null or no tags: the bucket has none but those of the operator.',
      example: '{tags: {Environment: production, Owner: platform-team}}',
      change: true,
      absent: UNMANAGED,
    }),
  );

/** `spec.logging` of a Bucket. `null` means: no access log. */
export const logging = z
  .object({
    targetBucketRef: z
      .object(localReferenceFields)
      .optional()
      .meta(
        field({
          what: 'The Bucket object of this namespace whose bucket takes the log.',
          example: '{name: access-logs}',
          change: true,
          absent: 'targetBucket decides',
        }),
      ),
    targetBucket: bucketName.optional().meta(
      field(
        {
          what: 'The S3 name of the bucket that takes the log. It must be the bucket of a Bucket object of this namespace.',
          example: 'team-a-access-logs',
          change: true,
          absent: 'targetBucketRef decides',
        },
        { isPatternARule: true, rules: [bucketNameRule('targetBucket')] },
      ),
    ),
    targetPrefix: z
      .string()
      .max(1024)
      .optional()
      .meta(
        field({ what: 'Start of the keys of the log files.', example: 'team-a/', change: true, absent: 'no prefix' }),
      ),
  })
  .nullable()
  .optional()
  .meta(
    field(
      {
        what: 'Where the access log is written. null: no access log.',
        example: '{targetBucketRef: {name: access-logs}, targetPrefix: team-a/}',
        change: true,
        absent: UNMANAGED,
      },
      {
        rules: [
          checkedRule<{ readonly targetBucketRef?: object; readonly targetBucket?: string }>(
            'has(self.targetBucketRef) != has(self.targetBucket)',
            'logging needs exactly one of targetBucketRef and targetBucket: set one of them; logging: null switches it off',
            ({ targetBucketRef, targetBucket }) => (targetBucketRef === undefined) !== (targetBucket === undefined),
          ),
        ],
      },
    ),
  );

/** `spec.notification` of a Bucket. */
export const notification = z
  .object({})
  .nullable()
  .optional()
  .meta(
    field({
      what: 'Event notifications: only that there are none can be said. Wasabi has no such call, and the condition Unsupported names the field.',
      example: '{}',
      change: true,
      absent: UNMANAGED,
    }),
  );
