import type { Bucket } from '../../../api/bucket.ts';
import type { ChildrenDeletion, Deletion } from '../../../managed/kind.ts';
import type { Lookup } from '../../../managed/lookup.ts';
import { CHILD_KINDS } from './child-kinds.ts';
import { isClaimed, nextToDelete } from './desired.ts';
import { type FoundChildren, findChildren } from './found.ts';
import { goingText, RETRY_MS } from './verdict.ts';
import type { ChildWrites } from './writes.ts';

/** With it somebody who deletes the Bucket asks that what it owns is left. */
const ORPHAN = 'orphan';

/**
 * Before a Bucket goes, its children go, the key first; each by its own finalizer. Those that no block asks for, this
 * operator's or its predecessor's, become independent instead, or the garbage collector would take them along.
 * @param how Release: nothing may be deleted on account of this deletion. Spare: nothing is deleted here
 */
export async function deleteChildren(
  lookup: Lookup,
  writes: ChildWrites,
  bucket: Bucket,
  how: ChildrenDeletion,
  signal: AbortSignal,
): Promise<Exclude<Deletion, { type: 'Done' }> | undefined> {
  const found = findChildren(lookup, bucket, new Set());
  const leavesAll = how === 'Release' || bucket.metadata.finalizers?.includes(ORPHAN) === true;
  const { spec } = bucket as Partial<Bucket>; // a stored object may lack it
  if (leavesAll || spec?.autoManage === undefined) {
    for (const kind of CHILD_KINDS) {
      const child = found[kind];
      if (isClaimed(child)) await writes.release(bucket, kind, child, signal);
    }
    return undefined;
  }
  if (how === 'Spare') return undefined;
  const kind = nextToDelete(found);
  const child = kind === undefined ? undefined : found[kind];
  if (kind === undefined || child === undefined) return undefined;
  if (!child.isGoing) await writes.delete(bucket, kind, child, signal);
  return childrenDeletion(bucket, found);
}

/** How the deletion of a Bucket stands while a child is there. Pure. */
export function childrenDeletion(bucket: Bucket, found: FoundChildren): Exclude<Deletion, { type: 'Done' }> {
  const { message, isBlocked } = goingText(bucket, found);
  return {
    type: isBlocked ? 'Blocked' : 'InProgress',
    reason: 'ChildrenDeleting',
    message,
    fields: { credentialsSecret: undefined },
    retryAfterMs: RETRY_MS,
  };
}
