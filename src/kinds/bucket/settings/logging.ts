import { GetBucketLoggingCommand, PutBucketLoggingCommand } from '@aws-sdk/client-s3';
import type { Setting } from '../setting.ts';

/** Where access logs go. */
export interface Logging {
  readonly targetBucket: string;
  readonly targetPrefix: string;
}

/** Access logs; `null`: none are written. Wasabi needs no grant on the target. Source: S3 API Reference, PutBucketLogging. */
export const logging: Setting<Logging> = {
  desired: (spec, { loggingTarget }) => {
    if (spec.logging === undefined || spec.logging === null) return spec.logging;
    if (loggingTarget === undefined) return null;
    return { targetBucket: loggingTarget, targetPrefix: spec.logging.targetPrefix ?? '' };
  },
  read: async ({ wasabi, bucket, region, signal }) => {
    const answer = await wasabi.s3(new GetBucketLoggingCommand({ Bucket: bucket }), { region, signal });
    const found = answer.LoggingEnabled;
    if (found?.TargetBucket === undefined) return null;
    return { targetBucket: found.TargetBucket, targetPrefix: found.TargetPrefix ?? '' };
  },
  write: async ({ wasabi, bucket, region, signal }, value) => {
    const BucketLoggingStatus =
      value === null ? {} : { LoggingEnabled: { TargetBucket: value.targetBucket, TargetPrefix: value.targetPrefix } };
    await wasabi.s3(new PutBucketLoggingCommand({ Bucket: bucket, BucketLoggingStatus }), { region, signal });
  },
  unsupported: (wanted) => (wanted === null ? [] : ['spec.logging']),
};
