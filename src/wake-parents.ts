import type { Bucket } from './api/bucket.ts';
import { type KubeObject, keyOf } from './api/meta.ts';
import { isChildKind, parentKey } from './kinds/bucket/children/child-kinds.ts';
import { findChildren, foundChild } from './kinds/bucket/children/found.ts';
import { isNewsForBucket } from './kinds/bucket/children/news.ts';
import type { ManagedResource } from './managed/kind.ts';
import type { Lookup } from './managed/lookup.ts';
import type { Change } from './runtime/store-feed.ts';

/** The Bucket whose child changed, or an object of the name of a child, where that concerns the Bucket. */
export function parentConcerned(
  lookup: Lookup,
  { before, after, isInitial }: Change<ManagedResource>,
): KubeObject | undefined {
  const object = after ?? before;
  if (object === undefined || isInitial || !isChildKind(object.kind)) return undefined;
  const key = parentKey(object.kind, keyOf(object));
  const bucket = key && lookup.get<Bucket>('Bucket', key);
  if (bucket === undefined) return undefined;
  const asChild = (each: ManagedResource | undefined) => each && foundChild(bucket, each);
  const others = findChildren(lookup, bucket, new Set());
  return isNewsForBucket(bucket, object.kind, asChild(before), asChild(after), others) ? bucket : undefined;
}
