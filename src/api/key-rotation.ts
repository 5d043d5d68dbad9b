import { z } from 'zod';
import { field, int } from './schema.ts';

/** How a key is replaced at intervals. @param isDefault whether it is, where the block does not say */
export function keyRotation(isDefault: boolean, example: string) {
  return z
    .object({
      enabled: z
        .boolean()
        .default(isDefault)
        .meta(field({ what: 'Whether the key is replaced at intervals.', example: 'true', change: true })),
      intervalDays: int(1, 365)
        .default(90)
        .meta(field({ what: 'Days from one key to the next.', example: '90', change: true })),
      previousKeysRetentionDays: int(0, 30)
        .default(7)
        .meta(
          field({
            what: 'Days that the previous key lives on after the switch. A user has two keys at most, so it must be less than intervalDays.',
            example: '7',
            change: true,
          }),
        ),
    })
    .optional()
    .meta(
      field(
        {
          what: 'Replacement of the key at intervals.',
          example,
          change: true,
          absent: 'the key is never replaced by time',
        },
        {
          rules: [
            {
              rule: 'self.previousKeysRetentionDays < self.intervalDays',
              message:
                'previousKeysRetentionDays must be less than intervalDays: a user has two keys at most, and the previous one must be gone before the next comes',
            },
          ],
        },
      ),
    );
}
