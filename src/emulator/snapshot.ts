import type { Account } from './accounts.ts';
import type { PolicyHolder } from './iam/entities.ts';
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

function accountSnapshot(state: State, { accountId, name, users, groups, roles, policies }: Account): Json {
  const keys = [...state.keys.values()].filter((key) => key.accountId === accountId);
  return {
    accountId,
    name,
    users: mapped(users, (user) => ({
      userId: user.userId,
      path: user.path,
      groups: [...user.groupNames].sort(),
      ...holderSnapshot(user),
    })),
    groups: mapped(groups, ({ groupId, path, ...group }) => ({ groupId, path, ...holderSnapshot(group) })),
    roles: mapped(roles, ({ roleId, path, trustPolicy, ...role }) => ({
      roleId,
      path,
      trustPolicy,
      ...holderSnapshot(role),
    })),
    policies: mapped(policies, ({ policyId, description, defaultVersionId, versions }) => ({
      policyId,
      description: description ?? null,
      defaultVersionId,
      versions: mapped(versions, ({ document }) => document),
    })),
    keys: keys.map(({ accessKeyId, status, userName }) => ({ accessKeyId, status, userName: userName ?? null })),
  };
}

function holderSnapshot({ inlinePolicies, attachedPolicies }: PolicyHolder): Record<string, Json> {
  return {
    inlinePolicies: mapped(inlinePolicies, (document) => document),
    attachedPolicies: [...attachedPolicies.keys()].sort(),
  };
}

/** A map as an object, in order of its keys. */
function mapped<T>(map: ReadonlyMap<string, T>, snapshot: (value: T) => Json): Json {
  const entries = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, snapshot(value)]));
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
    compliance: plain(bucket.compliance ?? null),
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
