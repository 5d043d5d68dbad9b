import { isEqual, type Json, type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { difference, type FieldSet, fromFieldsV1, intersection, toFieldsV1, union } from './field-set.ts';
import type { MergeType } from './merge-type.ts';
import { compare } from './typed-value.ts';

/** Who writes, and how: what tells two entries of managedFields apart. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
}

/** One entry of metadata.managedFields. */
export interface ManagedEntry extends Manager {
  readonly time: string;
  readonly fields: FieldSet;
}

/** The entries of an object; empty when nobody has ever applied it: it is not tracked then. */
export function entriesOf(object: ApiObject): readonly ManagedEntry[] {
  return listOf(object.metadata.managedFields).map((item) => {
    const raw = objectOf(item);
    return {
      name: textOf(raw.manager),
      operation: raw.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: textOf(raw.apiVersion),
      subresource: textOf(raw.subresource),
      time: textOf(raw.time),
      fields: fromFieldsV1(objectOf(raw.fieldsV1)),
    };
  });
}

/** Entries as metadata.managedFields: appliers first, then by time, as the real server sorts them. */
export function toManagedFields(entries: readonly ManagedEntry[]): readonly Json[] | undefined {
  const kept = entries.filter(({ fields }) => fields.size > 0);
  const rank = (entry: ManagedEntry) => `${entry.operation} ${entry.time} ${entry.name} ${entry.subresource}`;
  const sorted = kept.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
  return sorted.length === 0 ? undefined : sorted.map(entryJson);
}

function entryJson(entry: ManagedEntry): JsonObject {
  return {
    manager: entry.name,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === '' ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(entry.fields),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  };
}

/** Whether two mean the same writer. An applier is the same in every version. */
export function isSameManager(a: Manager, b: Manager): boolean {
  const isSame = a.name === b.name && a.operation === b.operation && a.subresource === b.subresource;
  return isSame && (a.operation === 'Apply' || a.apiVersion === b.apiVersion);
}

const unowned = ['apiVersion', 'kind', 'metadata'].map((name) => `f:${name}`);
const unownedMetadata = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
].map((name) => `f:metadata\nf:${name}`);
const stripped: FieldSet = new Set([...unowned, ...unownedMetadata]);

/** Without the fields that nobody owns: type, name and what the server sets. */
export function withoutUnowned(set: FieldSet): FieldSet {
  return difference(set, stripped);
}

/** Only what a write to that subresource can change: the status, or all but it when it has a subresource of its own. */
export function reachable(set: FieldSet, subresource: string, hasStatus: boolean): FieldSet {
  const isStatus = (path: string) => path === 'f:status' || path.startsWith('f:status\n');
  if (subresource === 'status') return new Set([...set].filter(isStatus));
  return hasStatus ? new Set([...set].filter((path) => !isStatus(path))) : set;
}

/** Where the fields of an object stand after a write: how they are merged, and whether status is written apart. */
export interface Tracking {
  readonly type: MergeType;
  readonly hasStatus: boolean;
  /** RFC 3339. */
  readonly now: string;
}

/**
 * The entries from which an update starts: those that it brings with it, where it is no write to a subresource. One empty
 * entry stands for none; who leaves them out, or sends an empty list, keeps those that are there. Source: apimachinery,
 * pkg/util/managedfields/internal/fieldmanager.go, decodeLiveOrNew.
 */
function entriesGiven(old: ApiObject, updated: ApiObject, subresource: string): readonly ManagedEntry[] {
  const given = listOf(updated.metadata.managedFields);
  if (subresource !== '' || given.length === 0) return entriesOf(old);
  const [first] = given;
  const isReset = given.length === 1 && Object.keys(objectOf(first)).length === 0;
  return isReset ? [] : entriesOf(updated);
}

/**
 * metadata.managedFields after an update: who wrote takes the fields that changed from all others. An object that
 * nobody has applied is not tracked, as with the real server's managers that skip what was never applied.
 */
export function afterUpdate(
  old: ApiObject,
  updated: ApiObject,
  manager: Manager,
  tracking: Tracking,
): readonly Json[] | undefined {
  const entries = entriesGiven(old, updated, manager.subresource);
  if (entries.length === 0) return undefined;
  const { added, modified, removed } = compare(old, updated, tracking.type);
  const changed = reachable(withoutUnowned(union(added, modified)), manager.subresource, tracking.hasStatus);
  const others = entries.map((entry): ManagedEntry => {
    const isOwn = isSameManager(entry, manager);
    const left = difference(isOwn ? entry.fields : difference(entry.fields, changed), removed);
    return { ...entry, fields: left };
  });
  if (changed.size === 0) return toManagedFields(others);
  const own = others.find((entry) => isSameManager(entry, manager));
  const mine: ManagedEntry = { ...manager, time: tracking.now, fields: union(own?.fields ?? new Set(), changed) };
  return toManagedFields([...others.filter((entry) => entry !== own), mine]);
}

/** The paths that others own and a change touches: conflicts, unless they are taken by force. */
export function conflictsOf(
  entries: readonly ManagedEntry[],
  manager: Manager,
  changed: FieldSet,
): readonly (readonly [ManagedEntry, FieldSet])[] {
  return entries.flatMap((entry): [ManagedEntry, FieldSet][] => {
    if (isSameManager(entry, manager)) return [];
    const touched = intersection(entry.fields, changed);
    return touched.size === 0 ? [] : [[entry, touched]];
  });
}

/** Whether two lists of entries are the same but for their times. */
export function isSameOwnership(a: readonly Json[] | undefined, b: readonly Json[] | undefined): boolean {
  const timeless = (list: readonly Json[] | undefined) =>
    listOf(list).map((item) => ({ ...objectOf(item), time: undefined }));
  return isEqual(timeless(a), timeless(b));
}
