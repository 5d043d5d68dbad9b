import { Agent } from 'node:http';
import {
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { loopbackLookup } from '../emulator/loopback-lookup.ts';

/** An S3 client as an application would have one, with the keys of the account. */
export class ObjectStore {
  readonly #client: S3Client;

  constructor(
    endpoint: string,
    region: string,
    keys: { readonly accessKeyId: string; readonly secretAccessKey: string },
  ) {
    this.#client = new S3Client({
      endpoint,
      region,
      credentials: { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey },
      forcePathStyle: true,
      requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ lookup: loopbackLookup }) }),
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async put(bucket: string, key: string, text: string): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
  }

  async get(bucket: string, key: string): Promise<string | undefined> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body?.transformToString();
  }

  async countVersions(bucket: string): Promise<number> {
    const { Versions = [] } = await this.#client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    return Versions.length;
  }

  /** What somebody with the console might do. */
  async vandalize(bucket: string): Promise<void> {
    const VersioningConfiguration = { Status: 'Suspended' } as const;
    await this.#client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
    await this.#client.send(new DeleteBucketLifecycleCommand({ Bucket: bucket }));
  }

  /** Whether versioning and lifecycle rules are there. */
  async isAsWanted(bucket: string): Promise<boolean> {
    const versioning = await this.#client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    const lifecycle = await this.#client
      .send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'NoSuchLifecycleConfiguration') return { Rules: [] };
        throw error;
      });
    return versioning.Status === 'Enabled' && (lifecycle.Rules ?? []).length > 0;
  }

  async exists(bucket: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket: bucket }));
      return true;
    } catch (error) {
      if (error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchBucket')) return false;
      throw error;
    }
  }
}
