import type { Account } from './accounts.ts';
import type { User } from './iam/entities.ts';
import type { Bucket, ObjectVersion, State, Upload } from './state.ts';

/** Plain JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Everything the service remembers but secrets and contents, as plain JSON in a fixed order: two equal snapshots mean
 * equal states. Contents are told by ETag and size.
 */
export function snapshotOf(state: State): { readonly [key: string]: Json } {
  const accounts = [...state.accounts.values()].map((account) => accountSnapshot(state, account));
  const buckets = [...state.buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { accounts, buckets: Object.fromEntries(buckets.map((bucket) => [bucket.name, bucketSnapshot(bucket)])) };
}

function accountSnapshot(state: State, { accountId, name, users }: Account): Json {
  const keys = [...state.keys.values()].filter((key) => key.accountId === accountId);
  return {
    accountId,
    name,
    users: Object.fromEntries(sorted(users).map(([userName, user]) => [userName, userSnapshot(user)])),
    keys: keys.map(({ accessKeyId, status, userName }) => ({ accessKeyId, status, userName: userName ?? null })),
  };
}

function userSnapshot({ userId, path, groupNames, inlinePolicies, attachedPolicies }: User): Json {
  return {
    userId,
    path,
    groups: [...groupNames].sort(),
    inlinePolicies: Object.fromEntries(sorted(inlinePolicies)),
    attachedPolicies: [...attachedPolicies.keys()].sort(),
  };
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
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
