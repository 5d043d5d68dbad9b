import { ServiceError } from '../errors.ts';
import type { Bucket } from '../state.ts';
import { object, optional, required, text, type ValueOf } from '../xml-shape.ts';
import { storedDocument } from './subresource.ts';

const shape = object({
  LoggingEnabled: optional(object({ TargetBucket: required(text()), TargetPrefix: required(text()) })),
});

/** Where the access log of a bucket goes. Only the shape puts values there, so the type holds. */
export function loggingOf(bucket: Bucket): ValueOf<typeof shape>['LoggingEnabled'] {
  return (bucket.documents['logging'] as ValueOf<typeof shape> | undefined)?.LoggingEnabled;
}

/** `?logging`: the target is a bucket of the same account and needs no grant. What is logged is in `access-log.ts`. */
export const logging = storedDocument({
  query: 'logging',
  names: { get: 'GetBucketLogging', put: 'PutBucketLogging' },
  root: 'BucketLoggingStatus',
  shape,
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
