import { z } from 'zod';
import { field, int, text } from './schema.ts';

const window = z
  .object({
    schedule: text(128).meta(
      field({
        what: 'When the window opens: a cron expression of five fields (minute, hour, day, month, day of the week).',
        example: '"0 3 * * 6"',
        change: true,
      }),
    ),
    durationMinutes: int(5, 10_080)
      .default(60)
      .meta(field({ what: 'How long it stays open, in minutes.', example: '120', change: true })),
    timeZone: text(64)
      .default('UTC')
      .meta(
        field({ what: 'The time zone of the schedule, by its IANA name.', example: 'Europe/Berlin', change: true }),
      ),
  })
  .optional()
  .meta(
    field({
      what: 'A key that is due is replaced when this window is next open. A request by annotation does not wait for it.',
      example: '{schedule: "0 3 * * 6", durationMinutes: 120, timeZone: Europe/Berlin}',
      change: true,
      absent: 'as soon as it is due',
    }),
  );

/** `spec.rotate` of an AccessKey. */
export function keyRotationWithWindow(example: string) {
  return rotationOf(z.object({ ...rotationFields(false), window }), example);
}

/** How a key is replaced at intervals. @param isDefault whether it is, where the block does not say */
export function keyRotation(isDefault: boolean, example: string) {
  return rotationOf(z.object(rotationFields(isDefault)), example);
}

function rotationFields(isDefault: boolean) {
  return {
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
  };
}

function rotationOf<S extends z.ZodType>(block: S, example: string) {
  return block.optional().meta(
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
            storedIsLeft: 'Stored so by the predecessor: the previous key goes when the next one comes.',
          },
        ],
      },
    ),
  );
}
