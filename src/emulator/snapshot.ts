import type { Bucket, ObjectVersion, State, Upload } from './state.ts';

/** Plain JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Everything the service remembers but secrets and contents, as plain JSON in a fixed order: two equal snapshots mean
 * equal states. Contents are told by ETag and size.
 */
export function snapshotOf(state: State): { readonly [key: string]: Json } {
  const accounts = [...state.accounts.values()].map(({ accountId, name, users }) => {
    const keys = [...state.keys.values()].filter(({ identity }) => identity.accountId === accountId);
    return {
      accountId,
      name,
      users: [...users.keys()].sort(),
      keys: keys.map(({ accessKeyId, status, identity }) => ({ accessKeyId, status, owner: identity.arn })),
    };
  });
  const buckets = [...state.buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { accounts, buckets: Object.fromEntries(buckets.map((bucket) => [bucket.name, bucketSnapshot(bucket)])) };
}

/** One bucket with all its settings, versions and uploads. */
function bucketSnapshot(bucket: Bucket): { readonly [key: string]: Json } {
  const keys = [...bucket.objects.keys()].sort();
  return {
    region: bucket.region,
    ownerId: bucket.ownerId,
    createdMs: bucket.createdMs,
    acl: bucket.acl,
    versioning: bucket.versioning ?? null,
    mfaDelete: bucket.mfaDelete ?? null,
    objectLock: plain(bucket.objectLock ?? null),
    policy: bucket.policy ?? null,
    documents: plain(bucket.documents),
    objects: Object.fromEntries(keys.map((key) => [key, (bucket.objects.get(key) ?? []).map(versionSnapshot)])),
    uploads: [...bucket.uploads.values()].map(uploadSnapshot),
  };
}

function versionSnapshot({ bodyId: _bodyId, ...version }: ObjectVersion): Json {
  return plain(version);
}

function uploadSnapshot({ parts, ...upload }: Upload): Json {
  const numbers = [...parts].sort((a, b) => a[0] - b[0]);
  return {
    ...(plain(upload) as Record<string, Json>), // a record without functions stays a record
    parts: numbers.map(([number, { etag, sizeBytes }]) => ({ number, etag, sizeBytes })),
  };
}

/** A deep copy without what JSON has no word for. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json; // what JSON.parse gives is Json
}
