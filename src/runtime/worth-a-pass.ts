import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../api/meta.ts';

/**
 * Whether a change of an object is one that its own pass acts on. A change of status alone is not: it is our own
 * writing, and waking up for it would make every pass cause another one.
 */
export function isWorthAPass(before: KubeObject | undefined, after: KubeObject): boolean {
  if (before === undefined || before.metadata.uid !== after.metadata.uid) return true;
  const [was, is] = [before.metadata, after.metadata];
  return (
    was.generation !== is.generation ||
    was.deletionTimestamp !== is.deletionTimestamp ||
    !isDeepStrictEqual(was.annotations, is.annotations) ||
    !isDeepStrictEqual(was.labels, is.labels) ||
    // One that came holds the object for somebody and changes nothing; ours comes with our own first pass.
    (was.finalizers ?? []).some((name) => is.finalizers?.includes(name) !== true) ||
    !isDeepStrictEqual(was.ownerReferences, is.ownerReferences)
  );
}
