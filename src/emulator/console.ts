import { addBucket, removeBucket } from './buckets.ts';
import { md5Hex } from './checksums.ts';
import { storeVersion } from './objects.ts';
import { type Bucket, type ObjectVersion, type State, touch } from './state.ts';

/**
 * What a person does in the web console: changes behind everybody's back, without signature, log or rules. Tests make
 * drift with it.
 */
export interface Console {
  /** @throws Error when the name is taken */
  createBucket(bucket: { name: string; region?: string; accountId?: string; objectLock?: boolean }): Bucket;
  /** Deletes a bucket with all its content. @throws Error when it is not there */
  deleteBucket(name: string): void;
  /** Changes a bucket in place: its versioning, policy, or one of its `documents`. @throws Error when it is not there */
  editBucket(name: string, edit: (bucket: Bucket) => void): void;
  /** @throws Error when the bucket is not there */
  setTags(name: string, tags: Readonly<Record<string, string>>): void;
  /** @throws Error when the bucket is not there */
  putObject(bucketName: string, key: string, content: string | Buffer): ObjectVersion;
}

/** The console of a state. `accountId`: whose buckets it makes when nobody is named. */
export function consoleOf(state: State, accountId: string, now: () => number): Console {
  const found = (name: string): Bucket => {
    const bucket = state.buckets.get(name);
    if (bucket === undefined) throw new Error(`bucket "${name}" is not there`);
    return bucket;
  };
  const editBucket = (name: string, edit: (bucket: Bucket) => void): void => {
    edit(found(name));
    touch(state);
  };
  return {
    createBucket: ({ name, region = 'us-east-1', accountId: ownerId = accountId, objectLock = false }) => {
      if (state.buckets.has(name)) throw new Error(`bucket "${name}" is taken`);
      return addBucket(state, { name, region, ownerId, createdMs: now(), acl: 'private', hasObjectLock: objectLock });
    },
    deleteBucket: (name) => removeBucket(state, found(name)),
    editBucket,
    setTags: (name, tags) => {
      editBucket(name, (bucket) => {
        const Tag = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
        bucket.documents['tagging'] = { TagSet: { Tag } };
      });
    },
    putObject: (bucketName, key, content) => {
      const body = Buffer.from(content);
      const headers = { 'content-type': 'binary/octet-stream' };
      const call = { state, nowMs: now() };
      return storeVersion(call, found(bucketName), key, body, md5Hex(body), { headers, checksums: {} });
    },
  };
}
