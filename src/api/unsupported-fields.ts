import { z } from 'zod';
import { field } from './schema.ts';

/** `tags` of the IAM kinds: published by the predecessor, and nothing that the service has. */
export const unsupportedTags = z
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
        what: 'IAM tags. Wasabi has none: the condition Unsupported names this field, and everything else works.',
        example: '{team: a}',
        change: true,
        absent: 'no tags',
      },
      { maxProperties: 50 },
    ),
  );
