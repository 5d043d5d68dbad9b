import {
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  PutBucketEncryptionCommand,
  type ServerSideEncryption,
} from '@aws-sdk/client-s3';
import type { Setting } from '../setting.ts';

/** Default encryption of new objects; `kmsKeyId` only with `aws:kms`. */
export interface Encryption {
  readonly algorithm: ServerSideEncryption;
  readonly kmsKeyId?: string;
}

/**
 * Default encryption. A service without the call (Wasabi) encrypts everything with AES-256 by itself, so AES256 and
 * `enabled: false` are satisfied there as they are, and only KMS is out of reach.
 * Source: S3 API Reference, PutBucketEncryption.
 */
export const encryption: Setting<Encryption> = {
  desired: (spec) => {
    if (spec.encryption === undefined) return undefined;
    if (spec.encryption === null || !spec.encryption.enabled) return null;
    const { algorithm, kmsKeyId } = spec.encryption;
    return algorithm === 'aws:kms' && kmsKeyId !== undefined ? { algorithm, kmsKeyId } : { algorithm };
  },
  read: async ({ wasabi, bucket, region, signal }) => {
    const answer = await wasabi.s3(new GetBucketEncryptionCommand({ Bucket: bucket }), {
      region,
      signal,
      absent: ['ServerSideEncryptionConfigurationNotFoundError'],
    });
    const rule = answer?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
    if (rule?.SSEAlgorithm === undefined) return null;
    const { SSEAlgorithm: algorithm, KMSMasterKeyID: kmsKeyId } = rule;
    return kmsKeyId === undefined ? { algorithm } : { algorithm, kmsKeyId };
  },
  write: async ({ wasabi, bucket, region, signal }, value) => {
    if (value === null) {
      await wasabi.s3(new DeleteBucketEncryptionCommand({ Bucket: bucket }), { region, signal });
      return;
    }
    const rule = {
      SSEAlgorithm: value.algorithm,
      ...(value.kmsKeyId === undefined ? {} : { KMSMasterKeyID: value.kmsKeyId }),
    };
    const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault: rule }] };
    await wasabi.s3(new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration }), {
      region,
      signal,
    });
  },
  // Services that encrypt always answer AES256 after the configuration was deleted.
  isMet: (wanted, found) =>
    wanted === null
      ? found === null || found.algorithm === 'AES256'
      : wanted.algorithm === found?.algorithm && wanted.kmsKeyId === found.kmsKeyId,
  unsupported: (wanted) => (wanted?.algorithm === 'aws:kms' ? ['spec.encryption.algorithm'] : []),
};
