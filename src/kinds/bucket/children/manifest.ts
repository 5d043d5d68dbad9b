import { isDeepStrictEqual } from 'node:util';
import type { Bucket } from '../../../api/bucket.ts';
import { GROUP, type KubeObject, type OwnerReference, VERSION } from '../../../api/meta.ts';
import { FINALIZER } from '../../../managed/annotations.ts';
import type { ManagedResource } from '../../../managed/kind.ts';
import { type AccessLevel, accessLevelPolicy } from '../../../wasabi/policy/access-levels.ts';
import { type ChildKind, childKey } from './child-kinds.ts';

/** Tells children that this operator made or took over from those of its predecessor. */
export const MANAGED_BY = { label: 'app.kubernetes.io/managed-by', value: 'wasabi-s3-operator' } as const;

/** Fields that can never change, so those of a child that is there stand. */
const FIXED: { readonly [K in ChildKind]: readonly string[] } = {
  User: ['providerRef', 'name'],
  BucketPolicy: ['bucketRef'],
  AccessKey: ['providerRef', 'userRef'],
};

type Fields = Readonly<Record<string, unknown>>;

/** What is applied of a child: these fields are ours, all others are left to whoever sets them. */
export interface ChildManifest {
  readonly apiVersion: string;
  readonly kind: ChildKind;
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly finalizers: readonly string[];
    readonly ownerReferences: readonly OwnerReference[];
  };
  readonly spec: Fields;
}

/**
 * The child of that kind as `spec.autoManage` wants it. Always the same fields, whatever their values, so that what is
 * applied never has to take a field away. The finalizer comes with the object: its own pass need not write it.
 * @param existing the child as it is there
 */
export function childManifest(kind: ChildKind, bucket: Bucket, existing: ManagedResource | undefined): ChildManifest {
  const there: Fields = { ...existing?.spec };
  const kept = FIXED[kind].filter((name) => there[name] !== undefined).map((name) => [name, there[name]]);
  return {
    apiVersion: `${GROUP}/${VERSION}`,
    kind,
    metadata: {
      ...childKey(kind, bucket),
      labels: { [MANAGED_BY.label]: MANAGED_BY.value },
      finalizers: [FINALIZER],
      ownerReferences: [ownerReference(bucket)],
    },
    spec: { ...specOf(kind, bucket), ...Object.fromEntries(kept) },
  };
}

/** The controller reference by which a Bucket owns its children. */
export function ownerReference({ metadata }: KubeObject): OwnerReference {
  const { name, uid } = metadata;
  return { apiVersion: `${GROUP}/${VERSION}`, kind: 'Bucket', name, uid, controller: true };
}

/** Whether applying the manifest would leave that object as it is. */
export function isApplied({ metadata, spec }: ChildManifest, object: ManagedResource): boolean {
  const { labels = {}, finalizers = [], ownerReferences = [] } = object.metadata;
  return (
    Object.entries(metadata.labels).every(([name, value]) => labels[name] === value) &&
    metadata.finalizers.every((name) => finalizers.includes(name)) &&
    metadata.ownerReferences.every((wanted) =>
      ownerReferences.some((there) => there.uid === wanted.uid && contains(there, wanted)),
    ) &&
    contains(object.spec, spec)
  );
}

/** Every field of `wanted` has its value in `there`: objects field by field, lists as a whole. */
function contains(there: unknown, wanted: unknown): boolean {
  if (!isFields(wanted)) return isDeepStrictEqual(there, wanted);
  return isFields(there) && Object.entries(wanted).every(([name, value]) => contains(there[name], value));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function specOf(kind: ChildKind, bucket: Bucket): Fields {
  const { providerRef, name, autoManage } = bucket.spec;
  const level = autoManage?.accessLevel ?? 'readwrite';
  const userRef = { name: childKey('User', bucket).name };
  switch (kind) {
    case 'User':
      return { providerRef, name: autoManage?.userName ?? name, policy: policyOf(level, name, {}) };
    case 'BucketPolicy':
      return {
        bucketRef: { name: bucket.metadata.name },
        policy: policyOf(level, name, { principalRefs: [{ kind: 'User', ...userRef }] }),
      };
    case 'AccessKey':
      return { providerRef, userRef, displayName: `Access key for bucket ${name}`, rotate: rotateOf(autoManage) };
  }
}

/** The access level as people write a policy. Statements without a Sid clash with no other policy of the bucket. */
function policyOf(level: AccessLevel, bucket: string, who: Fields): Fields {
  const { Version, Statement } = accessLevelPolicy(level, bucket);
  return {
    version: Version,
    statement: Statement.map(({ Effect, Action, Resource }) => ({
      effect: Effect,
      ...who,
      action: Action,
      resource: Resource,
    })),
  };
}

/** A user has two keys at most: what is stored from before that rule is brought within it. */
function rotateOf(autoManage: Bucket['spec']['autoManage']): Fields {
  const { enabled = false, intervalDays = 90, previousKeysRetentionDays = 7 } = autoManage?.rotation ?? {};
  return {
    enabled,
    intervalDays,
    previousKeysRetentionDays: Math.min(previousKeysRetentionDays, intervalDays - 1),
  };
}
