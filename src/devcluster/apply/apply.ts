import { type Json, type JsonObject, objectOf } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { ApiError } from '../status.ts';
import { difference, elementsOf, type FieldPath, type FieldSet, pathBelow, pathText, union } from './field-set.ts';
import {
  conflictsOf,
  entriesOf,
  isSameManager,
  isSameOwnership,
  type ManagedEntry,
  type Manager,
  reachable,
  type Tracking,
  toManagedFields,
  withoutUnowned,
} from './managers.ts';
import { compare, fieldSetOf, merge, without } from './typed-value.ts';

/** What an apply makes of an object. */
export interface Applied {
  readonly object: JsonObject;
  readonly managedFields: readonly Json[] | undefined;
}

/** Who counts as the owner of what was there before anybody applied. */
const BEFORE = 'before-first-apply';

function ownersOf(live: ApiObject, manager: Manager, tracking: Tracking): readonly ManagedEntry[] {
  const entries = entriesOf(live);
  if (entries.length > 0 || live.metadata.uid === '') return entries;
  const fields = withoutUnowned(fieldSetOf(live, tracking.type));
  return [
    { name: BEFORE, operation: 'Update', apiVersion: manager.apiVersion, subresource: '', time: tracking.now, fields },
  ];
}

/** The paths applied last time, and the named fields above them: an object that is left empty goes as well. */
function candidates(last: FieldSet): FieldSet {
  const all = new Set<FieldPath>(last);
  for (const path of last) {
    let at = '';
    for (const element of elementsOf(path)) {
      at = pathBelow(at, element);
      if (element.startsWith('f:')) all.add(at);
    }
  }
  return all;
}

function managerText(entry: ManagedEntry): string {
  const name = JSON.stringify(entry.name);
  const named = entry.subresource === '' ? name : `${name} with subresource ${JSON.stringify(entry.subresource)}`;
  return entry.operation === 'Apply' ? named : `${named} using ${entry.apiVersion}`;
}

function conflictError(conflicts: readonly (readonly [ManagedEntry, FieldSet])[]): ApiError {
  const all = conflicts.flatMap(([entry, paths]) => [...paths].sort().map((path) => ({ entry, path: pathText(path) })));
  const causes = all.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerText(entry)}`,
    field: path,
  }));
  const [first] = all;
  const lines = conflicts.flatMap(([entry, paths]) => [
    `conflicts with ${managerText(entry)}:`,
    ...[...paths].sort().map((path) => `- ${pathText(path)}`),
  ]);
  const message =
    all.length === 1 && first !== undefined
      ? `Apply failed with 1 conflict: conflict with ${managerText(first.entry)}: ${first.path}`
      : `Apply failed with ${all.length} conflicts: ${lines.join('\n')}`;
  return new ApiError({ code: 409, reason: 'Conflict', message, details: { causes } });
}

/**
 * Server-side apply: the configuration on top of the live object, without what this manager applied last time and
 * names no longer. `live`: an object without uid when there is none yet.
 * Source: structured-merge-diff, merge/update.go.
 * @throws ApiError 409 when another manager owns a field that would change, unless `force`
 */
export function applyConfig(
  live: ApiObject,
  config: JsonObject,
  manager: Manager,
  options: { readonly force: boolean; readonly tracking: Tracking },
): Applied {
  const { tracking, force } = options;
  const { type, hasStatus } = tracking;
  const owners = ownersOf(live, manager, tracking);
  const merged = merge(live, config, type);
  const configSet = reachable(fieldSetOf(config, type), manager.subresource, hasStatus);
  const before = owners.find((entry) => isSameManager(entry, manager));
  const others = owners.filter((entry) => entry !== before);
  const owned = union(configSet, fieldSetOf(identity(config), type), ...others.map(({ fields }) => fields));
  const pruned = before === undefined ? merged : without(merged, candidates(before.fields), owned, type);
  const object = objectOf(pruned);
  const { added, modified, removed } = compare(live, object, type);
  const changed = reachable(union(added, modified), manager.subresource, hasStatus);
  const conflicts = conflictsOf(others, manager, changed);
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);
  const left = others.map((entry) => ({ ...entry, fields: difference(difference(entry.fields, changed), removed) }));
  const mine: ManagedEntry = { ...manager, time: tracking.now, fields: withoutUnowned(configSet) };
  const managedFields = toManagedFields([...left, mine]);
  // The times of an apply that changes nothing stay as they were.
  const isSame = isSameOwnership(managedFields, live.metadata.managedFields);
  return { object, managedFields: isSame ? live.metadata.managedFields : managedFields };
}

/** What every configuration names; it must not fall to pruning although nobody owns it. */
function identity(config: JsonObject): JsonObject {
  const { apiVersion, kind, metadata } = config;
  return { apiVersion, kind, metadata };
}
