import { GetBucketVersioningCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import type { Setting } from '../setting.ts';

/**
 * Versioning. `null`: the bucket never had it, which `enabled: false` does not ask for: that means Suspended. Once
 * enabled a bucket can never go back to `null`. Source: S3 API Reference, PutBucketVersioning.
 */
export const versioning: Setting<'Enabled' | 'Suspended'> = {
  desired: (spec) => spec.versioning && (spec.versioning.enabled ? 'Enabled' : 'Suspended'),
  read: async ({ wasabi, bucket, region, signal }) => {
    const answer = await wasabi.s3(new GetBucketVersioningCommand({ Bucket: bucket }), { region, signal });
    return answer.Status ?? null;
  },
  write: async ({ wasabi, bucket, region, signal }, value) => {
    // Never with MFADelete: it cannot work with access keys alone, and some services refuse the whole document.
    const VersioningConfiguration = { Status: value ?? 'Suspended' } as const;
    await wasabi.s3(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }), { region, signal });
  },
  unsupported: () => ['spec.versioning'],
};
