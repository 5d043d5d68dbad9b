import { ServiceError } from '../errors.ts';
import { object, optional, required, text } from '../xml-shape.ts';
import { storedDocument } from './subresource.ts';

/** `?logging`: the target is a bucket of the same account and needs no grant. Nothing is ever logged here. */
export const logging = storedDocument({
  query: 'logging',
  names: { get: 'GetBucketLogging', put: 'PutBucketLogging' },
  root: 'BucketLoggingStatus',
  shape: object({
    LoggingEnabled: optional(object({ TargetBucket: required(text()), TargetPrefix: required(text()) })),
  }),
  missing: { value: {} },
  needsIntegrity: false,
  check: (value, call, bucket) => {
    const name = value.LoggingEnabled?.TargetBucket;
    if (name === undefined) return value;
    const target = call.state.buckets.get(name);
    if (target?.ownerId !== bucket.ownerId) {
      throw new ServiceError('InvalidTargetBucketForLogging', { elements: { TargetBucket: name } });
    }
    return value;
  },
});
