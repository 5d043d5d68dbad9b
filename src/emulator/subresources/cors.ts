import { integer, many, object, optional, text, type ValueOf } from '../xml-shape.ts';
import { storedDocument, unsupported } from './subresource.ts';

const rule = object({
  ID: optional(text()),
  AllowedHeader: many(text()),
  AllowedMethod: many(text(['GET', 'PUT', 'HEAD', 'POST', 'DELETE', 'MOVE']), 1),
  AllowedOrigin: many(text(), 1),
  ExposeHeader: many(text()),
  MaxAgeSeconds: optional(integer(0)),
});

const shape = object({ CORSRule: many(rule, 1, 100) });

/** Rules of cross-origin use, as stored. */
export type CorsRules = ValueOf<typeof shape>;

/** `?cors`: refused unless the quirk says otherwise; the wide-open default holds all the same. */
export const cors = storedDocument({
  query: 'cors',
  names: { get: 'GetBucketCors', put: 'PutBucketCors', delete: 'DeleteBucketCors' },
  root: 'CORSConfiguration',
  shape,
  missing: 'NoSuchCORSConfiguration',
  needsIntegrity: true,
  guard: (call) => {
    if (call.settings.quirks.cors === 'refused') throw unsupported(call);
  },
});
