import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
} from '@aws-sdk/client-s3';
import type { Setting } from '../setting.ts';

/**
 * Event notifications. The spec can only ask for none (`{}`), so the one value is `null`; `'Some'` stands for whatever
 * else is configured. Source: S3 API Reference, PutBucketNotificationConfiguration.
 */
export const notification: Setting<'Some'> = {
  desired: (spec) => (spec.notification === undefined ? undefined : null),
  read: async ({ wasabi, bucket, region, signal }) => {
    const answer = await wasabi.s3(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }), {
      region,
      signal,
    });
    const isEmpty =
      answer.EventBridgeConfiguration === undefined &&
      [answer.TopicConfigurations, answer.QueueConfigurations, answer.LambdaFunctionConfigurations].every(
        (list) => (list ?? []).length === 0,
      );
    return isEmpty ? null : 'Some';
  },
  write: async ({ wasabi, bucket, region, signal }) => {
    await wasabi.s3(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration: {} }), {
      region,
      signal,
    });
  },
  unsupported: () => ['spec.notification'],
};
