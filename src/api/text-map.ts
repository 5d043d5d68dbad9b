import { z } from 'zod';
import { field } from './schema.ts';

/** A map of texts that may change and may be left out. @param max longest value, characters */
export function textMap(what: string, example: string, maxProperties: number, max: number) {
  return z
    .record(
      z.string(),
      z
        .string()
        .max(max)
        .meta(field({ what: 'Value.' })),
    )
    .optional()
    .meta(field({ what, example, change: true, absent: 'none' }, { maxProperties }));
}
