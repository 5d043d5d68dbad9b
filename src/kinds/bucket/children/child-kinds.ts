import { ACCESS_KEYS } from '../../../api/access-key.ts';
import { BUCKET_POLICIES } from '../../../api/bucket-policy.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../../../api/meta.ts';
import { USERS } from '../../../api/user.ts';

/** The kinds of objects that a Bucket with `spec.autoManage` makes: one of each. */
export type ChildKind = 'User' | 'BucketPolicy' | 'AccessKey';

/** In the order of creation: key and policy need their user, and somebody waits for the key. */
export const CHILD_KINDS: readonly ChildKind[] = ['User', 'AccessKey', 'BucketPolicy'];
/** In the order of deletion: from the key on nobody can do anything any more. */
export const DELETION_ORDER: readonly ChildKind[] = ['AccessKey', 'BucketPolicy', 'User'];

interface Naming {
  readonly type: ResourceType;
  readonly suffix: string;
}

const NAMING: { readonly [K in ChildKind]: Naming } = {
  User: { type: USERS, suffix: '-user' },
  BucketPolicy: { type: BUCKET_POLICIES, suffix: '-policy' },
  AccessKey: { type: ACCESS_KEYS, suffix: '-accesskey' },
};

/** The longest name made from a Bucket's is that of the Secret. */
const NAME_MAX = 253 - '-accesskey-credentials'.length;

/** The kind on the wire. */
export function childType(kind: ChildKind): ResourceType {
  return NAMING[kind].type;
}

/** Name and namespace of the child of that kind. */
export function childKey(kind: ChildKind, { metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? '', name: metadata.name + NAMING[kind].suffix };
}

/** How messages name the child of that kind. */
export function childText(kind: ChildKind, parent: KubeObject): string {
  return `${kind} ${childKey(kind, parent).name}`;
}

/** The Bucket that an object of that kind and name would be the child of; undefined: of none. */
export function parentKey(kind: string, { namespace, name }: ObjectKey): ObjectKey | undefined {
  const suffix = isChildKind(kind) ? NAMING[kind].suffix : undefined;
  if (suffix === undefined || !name.endsWith(suffix) || name === suffix) return undefined;
  return { namespace, name: name.slice(0, -suffix.length) };
}

/** Whether that is the kind of a child. */
export function isChildKind(kind: string): kind is ChildKind {
  return Object.hasOwn(NAMING, kind);
}

/** Whether the names of the children would be longer than a name may be. */
export function isNameTooLong({ metadata }: KubeObject): boolean {
  return metadata.name.length > NAME_MAX;
}
