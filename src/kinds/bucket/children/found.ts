import { GROUP, type KubeObject, type OwnerReference } from '../../../api/meta.ts';
import { RELEASED_FROM } from '../../../managed/annotations.ts';
import type { ManagedResource } from '../../../managed/kind.ts';
import type { Lookup } from '../../../managed/lookup.ts';
import { CHILD_KINDS, type ChildKind, childKey } from './child-kinds.ts';
import { MANAGED_BY } from './manifest.ts';

/** An object that has the name of a child. */
export interface FoundChild {
  readonly object: ManagedResource;
  /**
   * Whose it is. Own: this Bucket's, made or taken over by this operator. Inherited: this Bucket's, as its predecessor
   * left it, or from before the Bucket was restored. Released: this very Bucket let go of it, and nobody has taken it
   * since; an annotation says so, which tenants may edit, so that it may be taken back, and never be deleted for it.
   * Foreign: somebody else's.
   */
  readonly claim: 'Own' | 'Inherited' | 'Released' | 'Foreign';
  readonly isGoing: boolean;
}

/** What is there under the names of the children. */
export type FoundChildren = { readonly [K in ChildKind]?: FoundChild | undefined };

/**
 * The objects that have the names of this Bucket's children, as the snapshot shows them.
 * @param deleted uids of those that were deleted a moment ago: the snapshot need not show it yet
 */
export function findChildren(lookup: Lookup, bucket: KubeObject, deleted: ReadonlySet<string>): FoundChildren {
  return Object.fromEntries(
    CHILD_KINDS.map((kind) => {
      const object = lookup.get<ManagedResource>(kind, childKey(kind, bucket));
      return [kind, object === undefined ? undefined : foundChild(bucket, object, deleted.has(object.metadata.uid))];
    }),
  );
}

/** One such object, by whose it is. Pure. */
export function foundChild(bucket: KubeObject, object: ManagedResource, wasDeleted = false): FoundChild {
  return {
    object,
    claim: claimOf(bucket, object),
    isGoing: wasDeleted || object.metadata.deletionTimestamp !== undefined,
  };
}

/** Whether an owner reference names this Bucket, in whatever incarnation. */
export function namesBucket({ metadata }: KubeObject, { apiVersion, kind, name }: OwnerReference): boolean {
  return kind === 'Bucket' && apiVersion.startsWith(`${GROUP}/`) && name === metadata.name;
}

function claimOf(bucket: KubeObject, { metadata }: ManagedResource): FoundChild['claim'] {
  const { ownerReferences = [], labels = {}, annotations } = metadata;
  const ours = ownerReferences.filter((reference) => namesBucket(bucket, reference));
  const hasOtherController = ownerReferences.some((one) => one.controller === true && !ours.includes(one));
  if (hasOtherController) return 'Foreign';
  if (ours.length === 0) {
    const isFree = labels[MANAGED_BY.label] === undefined || labels[MANAGED_BY.label] === MANAGED_BY.value;
    return isFree && annotations?.[RELEASED_FROM] === bucket.metadata.uid ? 'Released' : 'Foreign';
  }
  const isOwn = ours.some(({ uid }) => uid === bucket.metadata.uid);
  return isOwn && labels[MANAGED_BY.label] === MANAGED_BY.value ? 'Own' : 'Inherited';
}
