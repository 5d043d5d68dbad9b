import { isDeepStrictEqual } from 'node:util';
import type { Bucket } from '../../../api/bucket.ts';
import type { ChildKind } from './child-kinds.ts';
import { childrenDeletion } from './delete.ts';
import { desiredChildren, diffChildren, nextToDelete } from './desired.ts';
import type { FoundChild, FoundChildren } from './found.ts';
import { childrenVerdict } from './verdict.ts';

/**
 * Whether a Bucket has something to do or to tell since one of its children changed. Most changes are steps of the
 * child's own, and a pass for each would read the bucket for nothing. Pure.
 * @param found the other children as they are now
 */
export function isNewsForBucket(
  bucket: Bucket,
  kind: ChildKind,
  before: FoundChild | undefined,
  after: FoundChild | undefined,
  found: FoundChildren,
): boolean {
  const [was, is] = [
    { ...found, [kind]: before },
    { ...found, [kind]: after },
  ];
  // What was due before is under way: what made it due was news.
  const due = new Set(dueChanges(bucket, was));
  return (
    dueChanges(bucket, is).some((type) => !due.has(type)) || !isDeepStrictEqual(told(bucket, was), told(bucket, is))
  );
}

function dueChanges(bucket: Bucket, found: FoundChildren): readonly string[] {
  if (bucket.metadata.deletionTimestamp !== undefined) return [];
  return diffChildren(desiredChildren(bucket, found), found).map(({ type }) => type);
}

/** What the Bucket's status says of its children, and where their deletion stands. */
function told(bucket: Bucket, found: FoundChildren): unknown {
  if (bucket.metadata.deletionTimestamp !== undefined) {
    const next = nextToDelete(found);
    return {
      next,
      isGoing: next === undefined ? undefined : found[next]?.isGoing,
      says: childrenDeletion(bucket, found),
    };
  }
  const { failure, awaited, isUnusable, credentialsSecret, lastHandledRotateAt } = childrenVerdict(
    desiredChildren(bucket, found),
    found,
  );
  return { failure: failure?.message, awaited: awaited?.message, isUnusable, credentialsSecret, lastHandledRotateAt };
}
