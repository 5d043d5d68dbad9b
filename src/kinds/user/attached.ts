import type { DesiredUser } from './desired.ts';
import type { ObservedUser } from './observe.ts';

/** How status tells a group from the ARN of a policy. */
export const GROUP_PREFIX = 'group/';
/** How status names an inline policy under another name than ours: one that is kept up there, or is to go once ours is there. */
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

/**
 * Inline policies that the predecessor gave and the spec does not describe. Once such a policy was this object's, its end
 * is the author's wish. Sorted.
 */
export function leftoversOf(desired: DesiredUser, observed: ObservedUser | undefined): readonly string[] {
  if (desired.inline !== undefined) return [];
  const isLeft = (name: string) => isLegacy(name, desired) && !desired.recorded.includes(INLINE_PREFIX + name);
  return (observed?.inlineNames ?? []).filter(isLeft).toSorted();
}

function isLegacy(name: string, desired: DesiredUser): boolean {
  if (desired.leftovers.includes(name)) return true;
  return desired.isTakenOver && name === desired.legacyInlineName;
}

/**
 * Inline policies under other names that are this object's: the predecessor's where the spec has one, which is kept up in
 * its place, and those of former owners, which go. Recorded before anything is put, for a crash in between.
 */
function superseded(desired: DesiredUser, observed: ObservedUser | undefined): readonly string[] {
  const names = observed?.inlineNames ?? [];
  const isOld = (name: string) =>
    (desired.inline !== undefined && isLegacy(name, desired)) ||
    (observed?.markedNames.includes(name) === true && name !== desired.inlineName);
  return names.filter(isOld).map((name) => INLINE_PREFIX + name);
}
