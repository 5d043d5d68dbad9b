import type { Bucket } from '../../../api/bucket.ts';
import type { Deletion, ReleasedChildren } from '../../../managed/kind.ts';
import type { Lookup } from '../../../managed/lookup.ts';
import { CHILD_KINDS } from './child-kinds.ts';
import { isClaimed, nextToDelete } from './desired.ts';
import { type FoundChildren, findChildren } from './found.ts';
import { goingText, RETRY_MS } from './verdict.ts';
import type { ChildWrites } from './writes.ts';

/** With it somebody who deletes the Bucket asks that what it owns is left. */
const ORPHAN = 'orphan';

/** Before a Bucket goes, the children that its spec asks for go, the key first; each by its own finalizer. */
export async function deleteChildren(
  lookup: Lookup,
  writes: ChildWrites,
  bucket: Bucket,
  signal: AbortSignal,
): Promise<Exclude<Deletion, { type: 'Done' }> | undefined> {
  if (isLeaving(bucket, 'Unwanted')) return undefined;
  const found = findChildren(lookup, bucket, new Set());
  const kind = nextToDelete(found);
  const child = kind === undefined ? undefined : found[kind];
  if (kind === undefined || child === undefined) return undefined;
  if (!child.isGoing) await writes.delete(bucket, kind, child, signal);
  return childrenDeletion(bucket, found);
}

/**
 * The last before a Bucket goes: children that stay, this operator's or its predecessor's, become independent, or the
 * garbage collector would take them along. Not earlier: while the Bucket waits, it owns them, and they do not hold it.
 */
export async function releaseChildren(
  lookup: Lookup,
  writes: ChildWrites,
  bucket: Bucket,
  which: ReleasedChildren,
  signal: AbortSignal,
): Promise<void> {
  if (!isLeaving(bucket, which)) return;
  const found = findChildren(lookup, bucket, new Set());
  for (const kind of CHILD_KINDS) {
    const child = found[kind];
    if (isClaimed(child)) await writes.release(bucket, kind, child, signal);
  }
}

/** Whether the children outlive the Bucket. A stored object may lack its spec. */
function isLeaving({ metadata, spec }: Pick<Bucket, 'metadata'> & Partial<Bucket>, which: ReleasedChildren): boolean {
  return which === 'All' || spec?.autoManage === undefined || metadata.finalizers?.includes(ORPHAN) === true;
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
