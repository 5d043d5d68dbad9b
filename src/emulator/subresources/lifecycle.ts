import { invalidArgument } from '../call.ts';
import { ServiceError } from '../errors.ts';
import type { Quirks } from '../quirks.ts';
import type { Bucket } from '../state.ts';
import {
  boolean,
  date,
  integer,
  malformed,
  many,
  object,
  optional,
  required,
  text,
  type ValueOf,
} from '../xml-shape.ts';
import { storedDocument } from './subresource.ts';

/** That of a key. */
const MAX_PREFIX_BYTES = 1024;
const tag = object({ Key: required(text()), Value: required(text()) });
const size = integer(0, Number.MAX_SAFE_INTEGER);

const transition = object({ Date: optional(date()), Days: optional(integer(0)), StorageClass: required(text()) });

const rule = object({
  ID: optional(text()),
  Prefix: optional(text()),
  Filter: optional(
    object({
      Prefix: optional(text()),
      Tag: optional(tag),
      ObjectSizeGreaterThan: optional(size),
      ObjectSizeLessThan: optional(size),
      And: optional(
        object({
          Prefix: optional(text()),
          Tag: many(tag),
          ObjectSizeGreaterThan: optional(size),
          ObjectSizeLessThan: optional(size),
        }),
      ),
    }),
  ),
  Status: required(text(['Enabled', 'Disabled'])),
  Expiration: optional(
    object({ Date: optional(date()), Days: optional(integer(1)), ExpiredObjectDeleteMarker: optional(boolean()) }),
  ),
  NoncurrentVersionExpiration: optional(
    object({ NoncurrentDays: optional(integer(1)), NewerNoncurrentVersions: optional(integer(1)) }),
  ),
  AbortIncompleteMultipartUpload: optional(object({ DaysAfterInitiation: required(integer(1)) })),
  Transition: many(transition),
  NoncurrentVersionTransition: many(
    object({
      NoncurrentDays: optional(integer(0)),
      NewerNoncurrentVersions: optional(integer(1)),
      StorageClass: required(text()),
    }),
  ),
});

const shape = object({ Rule: many(rule, 1, 1000) });
/** One rule, as stored. */
export type Rule = ValueOf<typeof rule>;

/** The rules of a bucket. Only the shape puts values there, so the type holds. */
export function lifecycleRulesOf(bucket: Bucket): readonly Rule[] {
  return (bucket.documents['lifecycle'] as ValueOf<typeof shape> | undefined)?.Rule ?? [];
}

/** `?lifecycle`: what the rules do is in `expiry.ts`. */
export const lifecycle = storedDocument({
  query: 'lifecycle',
  names: {
    get: 'GetBucketLifecycleConfiguration',
    put: 'PutBucketLifecycleConfiguration',
    delete: 'DeleteBucketLifecycle',
  },
  root: 'LifecycleConfiguration',
  shape,
  missing: 'NoSuchLifecycleConfiguration',
  needsIntegrity: true,
  check: (value, call) => {
    const { lifecycleTransitions } = call.settings.quirks;
    const rules = value.Rule.map((found, index) => checkRule(found, index, lifecycleTransitions));
    const ids = new Set(rules.map(({ ID }) => ID));
    if (ids.size < rules.length) throw invalidArgument('Rule ID must be unique.', 'ID', [...ids].join(', '));
    return { Rule: rules };
  },
  changed: (call, bucket) => {
    bucket.lifecycleSinceMs = call.nowMs;
  },
});

/** The rule with an id, as the service gives one where there is none. */
function checkRule(found: Rule, index: number, transitions: Quirks['lifecycleTransitions']): Rule {
  const hasTransitions = found.Transition.length + found.NoncurrentVersionTransition.length > 0;
  if (hasTransitions && transitions !== 'ignored') {
    const code = transitions === 'refused' ? 'NotImplemented' : 'InvalidArgument';
    throw new ServiceError(code, { message: 'There is one storage class: transitions are not supported.' });
  }
  if ((found.Prefix === undefined) === (found.Filter === undefined)) {
    throw malformed('a Rule has either Filter or Prefix');
  }
  checkFilter(found);
  checkActions(found, hasTransitions);
  if ((found.ID ?? '').length > 255) throw invalidArgument('ID length should not exceed 255', 'ID', found.ID ?? '');
  return { ...found, ID: found.ID ?? `rule-${index + 1}`, Transition: [], NoncurrentVersionTransition: [] };
}

function checkFilter({ Prefix, Filter }: Rule): void {
  const prefix = Prefix ?? Filter?.Prefix ?? Filter?.And?.Prefix ?? '';
  if (Buffer.byteLength(prefix) > MAX_PREFIX_BYTES) {
    throw invalidRequest(`The maximum size of a prefix is ${MAX_PREFIX_BYTES}.`);
  }
  if (Filter === undefined) return;
  if (Object.keys(Filter).length > 1) throw malformed('a Filter has one condition, or And');
  const { And } = Filter;
  if (And === undefined) return;
  const { Tag, ...others } = And;
  if (Tag.length + Object.keys(others).length < 2) throw malformed('And has at least two conditions');
  const { ObjectSizeGreaterThan: above = 0, ObjectSizeLessThan: below = Number.POSITIVE_INFINITY } = And;
  if (below <= above) {
    throw invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
  }
}

function invalidRequest(message: string): ServiceError {
  return new ServiceError('InvalidRequest', { message });
}

function checkActions(found: Rule, hasTransitions: boolean): void {
  const { Expiration, NoncurrentVersionExpiration, AbortIncompleteMultipartUpload } = found;
  if ((Expiration ?? NoncurrentVersionExpiration ?? AbortIncompleteMultipartUpload) === undefined && !hasTransitions) {
    throw invalidRequest('At least one action needs to be specified in a rule.');
  }
  if (Expiration !== undefined && Object.keys(Expiration).length !== 1) {
    throw malformed('Expiration has one of Date, Days and ExpiredObjectDeleteMarker');
  }
  if (NoncurrentVersionExpiration !== undefined && NoncurrentVersionExpiration.NoncurrentDays === undefined) {
    throw malformed('NoncurrentVersionExpiration has no NoncurrentDays');
  }
}
