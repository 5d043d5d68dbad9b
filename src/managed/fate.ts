import type { DeletionPolicy } from './kind.ts';

/**
 * What becomes of the resource of an object that is being deleted: it is let go of, undone by the policy, or the object
 * waits. Pure.
 * @param ownership what reading the resource came to; undefined: it is not there
 */
export function fateOf(
  ownership: { readonly mayManage: false } | { readonly mayManage: true; readonly mayDestroy: boolean } | undefined,
  policy: DeletionPolicy,
): 'Deleted' | 'NeverOwned' | 'Retained' | 'Unproven' | 'Undo' {
  if (ownership === undefined) return 'Deleted';
  if (!ownership.mayManage) return 'NeverOwned';
  if (ownership.mayDestroy) return 'Undo';
  return policy === 'Retain' ? 'Retained' : 'Unproven';
}
