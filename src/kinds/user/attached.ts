import type { DesiredUser } from './desired.ts';
import type { ObservedUser } from './observe.ts';

/** How status tells a group from the ARN of a policy. */
export const GROUP_PREFIX = 'group/';
/** How status names an inline policy of an earlier owner, which goes once ours is there. */
export const INLINE_PREFIX = 'inline/';

/**
 * What this object has attached, or is about to: what status had recorded, and what is wanted and was not there when the
 * pass began. Somebody else's attachment that the spec names too stays somebody else's. What is neither wanted nor there
 * any more is forgotten. Sorted.
 */
export function attachedByUs(desired: DesiredUser, observed: ObservedUser | undefined): readonly string[] {
  const { attached, recorded, isTakenOver } = desired;
  const before = isTakenOver ? new Set<string>() : (observed?.attachedBefore ?? new Set<string>());
  const stays = (one: string) => attached.includes(one) || isThere(one, observed);
  const ours = [...recorded.filter(stays), ...attached.filter((one) => !before.has(one))];
  return [...new Set([...ours, ...superseded(desired, observed)])].toSorted();
}

function isThere(one: string, observed: ObservedUser | undefined): boolean {
  if (observed === undefined) return false;
  return one.startsWith(INLINE_PREFIX)
    ? observed.inlineNames.includes(one.slice(INLINE_PREFIX.length))
    : observed.attached.has(one);
}

/** Inline policies of the predecessor and of former owners: recorded before ours is put, for a crash in between. */
function superseded(desired: DesiredUser, observed: ObservedUser | undefined): readonly string[] {
  const names = observed?.inlineNames ?? [];
  const isOld = (name: string) =>
    (desired.isTakenOver && name === desired.legacyInlineName) ||
    (observed?.markedNames.includes(name) === true && name !== desired.inlineName);
  return names.filter(isOld).map((name) => INLINE_PREFIX + name);
}
