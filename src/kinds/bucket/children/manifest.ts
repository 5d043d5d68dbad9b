import { isDeepStrictEqual } from 'node:util';
import type { Bucket } from '../../../api/bucket.ts';
import { GROUP, type KubeObject, type OwnerReference, VERSION } from '../../../api/meta.ts';
import { FINALIZER, ROTATE_REQUESTED_AT } from '../../../managed/annotations.ts';
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
    /** The Bucket's request to replace the key, where there is one. */
    readonly annotations?: Readonly<Record<string, string>>;
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
      ...requestsOf(kind, bucket),
      finalizers: [FINALIZER],
      ownerReferences: [ownerReference(bucket)],
    },
    spec: { ...specOf(kind, bucket), ...Object.fromEntries(kept) },
  };
}

/** Annotations of the Bucket that ask something of its key. */
function requestsOf(kind: ChildKind, { metadata }: Bucket): Pick<ChildManifest['metadata'], 'annotations'> {
  const requested = metadata.annotations?.[ROTATE_REQUESTED_AT];
  return kind === 'AccessKey' && requested !== undefined ? { annotations: { [ROTATE_REQUESTED_AT]: requested } } : {};
}

/** The controller reference by which a Bucket owns its children. */
export function ownerReference({ metadata }: KubeObject): OwnerReference {
  const { name, uid } = metadata;
  return { apiVersion: `${GROUP}/${VERSION}`, kind: 'Bucket', name, uid, controller: true };
}

/** Whether applying the manifest would leave that object as it is. */
export function isApplied({ metadata, spec }: ChildManifest, object: ManagedResource): boolean {
  const { labels = {}, annotations = {}, finalizers = [], ownerReferences = [] } = object.metadata;
  return (
    Object.entries(metadata.annotations ?? {}).every(([name, value]) => annotations[name] === value) &&
    Object.entries(metadata.labels).every(([name, value]) => labels[name] === value) &&
    metadata.finalizers.every((name) => finalizers.includes(name)) &&
    metadata.ownerReferences.every((wanted) =>
      ownerReferences.some((there) => there.uid === wanted.uid && contains(there, wanted)),
    ) &&
    contains(object.spec, spec)
  );
}

/** Every field of `wanted` has its value in `there`: objects field by field, lists as a whole (they are atomic). */
function contains(there: unknown, wanted: unknown): boolean {
  // An empty list asks for nothing.
  if (Array.isArray(wanted) && wanted.length === 0 && there === undefined) return true;
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
      return {
        providerRef,
        userRef,
        displayName: `Access key for bucket ${name}`,
        rotate: rotateOf(autoManage),
        outputs: outputsOf(bucket),
        restart: autoManage?.restart ?? [],
      };
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

/** Outputs speak of this bucket where they name no other one. */
function outputsOf({ spec: { name, region, autoManage } }: Bucket): readonly Fields[] {
  const own = { bucket: name, ...(region === undefined ? {} : { region }) };
  return (autoManage?.outputs ?? []).map(({ parameters, ...output }) => ({
    ...output,
    parameters: parameters?.bucket === undefined ? { ...own, ...parameters } : parameters,
  }));
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
