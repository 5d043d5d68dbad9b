import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../../managed/kind.ts';
import { cutText } from '../../runtime/cut-text.ts';
import { type ChildChange, diffChildren } from './children/desired.ts';
import { type DesiredBucket, rejection } from './desired.ts';
import type { ObservedBucket } from './observe.ts';
import type { Setting } from './setting.ts';
import { type Tags, tagsToWrite } from './settings/tags.ts';
import { type SettingName, settings } from './settings.ts';

/** What can be done to a bucket in one call of the service each. */
export type ServiceChange =
  | (Change & { readonly type: 'Create'; readonly hasObjectLock: boolean })
  | (Change & { readonly type: 'Set:tagging'; readonly tags: Tags })
  | (Change & { readonly type: `Set:${SettingName}`; readonly name: SettingName; readonly to: unknown });

/** What can be done to a bucket and its children. */
export type BucketChange = ServiceChange | ChildChange;

/** What is shown of a value; a long document says nothing in a status. */
const SUMMARY_MAX = 200;

/**
 * The changes that bring the bucket to the wanted state, in the order of the writes: the marker stands right behind the
 * creation, so that a crash leaves the bucket unmarked for one call only. Children come next: their own passes begin while
 * the settings are written. Pure.
 * @throws InvalidSpec, reason Unsupported, for a bucket that is not there, when it is certain that it would be rejected
 */
export function diffBucket(
  desired: DesiredBucket,
  observed: ObservedBucket | undefined,
  marker: string | undefined,
): readonly BucketChange[] {
  const children = diffChildren(desired.children, observed?.children ?? desired.children.found);
  if (observed?.isWrongRegion === true) return children;
  const rejected = observed === undefined ? rejection(desired, desired.unsupported) : undefined;
  if (rejected !== undefined) throw rejected;
  const canTag = observed?.canTag !== false;
  const tags = canTag ? tagsToWrite(observed?.tags ?? {}, desired.tags, marker) : undefined;
  // The keys of `Wanted` are setting names.
  const wanted = Object.keys(desired.settings) as SettingName[];
  return [
    ...(observed === undefined ? [creation(desired.hasObjectLock)] : []),
    ...(tags === undefined ? [] : [tagChange(tags)]),
    ...children,
    ...wanted.flatMap((name) => settingChange(name, desired, observed)),
  ];
}

function creation(hasObjectLock: boolean): BucketChange {
  const summary = hasObjectLock ? 'create the bucket, with object lock' : 'create the bucket';
  return { type: 'Create', summary, isPrerequisite: true, hasObjectLock };
}

function tagChange(tags: Tags): BucketChange {
  return { type: 'Set:tagging', summary: `tagging: keys ${shown(Object.keys(tags).toSorted().join(', '))}`, tags };
}

function settingChange(
  name: SettingName,
  desired: DesiredBucket,
  observed: ObservedBucket | undefined,
): readonly BucketChange[] {
  const to: unknown = desired.settings[name] ?? null;
  // A setting and its values go by the same name, which the compiler cannot follow through the union.
  const setting = settings[name] as Setting<unknown>;
  if (observed === undefined) {
    // A bucket without a setting has nothing to take away; object lock came with the creation.
    const isDone = to === null || isDeepStrictEqual(to, {});
    return isDone ? [] : [{ type: `Set:${name}`, summary: `${name}: ${shown(to)}`, name, to }];
  }
  if (observed.unsupported.includes(name) || !(name in observed.settings)) return [];
  const found: unknown = observed.settings[name] ?? null;
  const isMet = setting.isMet?.(to, found) ?? isDeepStrictEqual(to, found);
  return isMet ? [] : [{ type: `Set:${name}`, summary: `${name}: ${shown(found)} -> ${shown(to)}`, name, to }];
}

/** A value as it is shown to people, on one line and not too long. */
export function shown(value: unknown): string {
  if (value === null) return 'none';
  return cutText(typeof value === 'string' ? value : JSON.stringify(value), SUMMARY_MAX);
}
