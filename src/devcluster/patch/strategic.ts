import { fromEntries, isEqual, isList, isObject, type Json, type JsonObject, listOf } from '../json.ts';
import { badRequestError } from '../status.ts';

/**
 * How the lists of the built-in kinds merge, by the path of the field: by the value of a key, or as a set of texts.
 * Any other list is replaced. Source: the patchStrategy and patchMergeKey tags of the API types.
 */
const mergeKeys: Readonly<Record<string, string>> = {
  'metadata.ownerReferences': 'uid',
  'metadata.finalizers': '',
  secrets: 'name',
  imagePullSecrets: 'name',
  'status.conditions': 'type',
};

const DELETE_FROM = '$deleteFromPrimitiveList/';
const directives = ['$patch', '$retainKeys', '$setElementOrder/', DELETE_FROM];

function isDirective(key: string): boolean {
  return directives.some((name) => key === name || (name.endsWith('/') && key.startsWith(name)));
}

function directiveOf(patch: JsonObject): string {
  const directive = patch.$patch ?? 'merge';
  if (directive === 'merge' || directive === 'replace' || directive === 'delete') return directive;
  throw badRequestError(`Unknown patch type found: ${JSON.stringify(directive)}`);
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return fromEntries(Object.entries(patch).filter(([key]) => !isDirective(key)));
}

function mergeByKey(target: readonly Json[], patch: readonly Json[], key: string, path: string): Json {
  const merged = [...target];
  for (const item of patch) {
    if (!isObject(item)) throw badRequestError(`${path}: an item of this list is an object`);
    const directive = directiveOf(item);
    if (directive === 'replace')
      return patch
        .map((other) => (isObject(other) ? withoutDirectives(other) : other))
        .filter((other) => !isEqual(other, {}));
    const wanted = item[key];
    if (wanted === undefined) throw badRequestError(`map: map[] does not contain declared merge key: ${key}`);
    const index = merged.findIndex((other) => isObject(other) && isEqual(other[key], wanted));
    if (directive === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (index < 0) merged.push(withoutDirectives(item));
    else merged[index] = mergeObject(merged[index], item, `${path}[]`);
  }
  return merged;
}

function mergeList(target: Json | undefined, patch: readonly Json[], path: string): Json {
  const key = mergeKeys[path];
  const current = listOf(target);
  if (key === undefined) return patch;
  if (key !== '') return mergeByKey(current, patch, key, path);
  return [...current, ...patch.filter((item) => !current.includes(item))];
}

function mergeValue(target: Json | undefined, patch: Json, path: string): Json {
  if (isList(patch)) return mergeList(target, patch, path);
  return isObject(patch) ? mergeObject(target, patch, path) : patch;
}

function mergeObject(target: Json | undefined, patch: JsonObject, path: string): Json {
  const directive = directiveOf(patch);
  const kept = isObject(target) && directive === 'merge' ? target : {};
  const retained = isList(patch.$retainKeys) ? patch.$retainKeys : undefined;
  const start = Object.entries(kept).filter(([key]) => retained === undefined || retained.includes(key));
  const merged = new Map<string, Json | undefined>(start);
  if (directive === 'delete') return {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM)) {
      const field = key.slice(DELETE_FROM.length);
      const gone = listOf(value);
      merged.set(
        field,
        listOf(merged.get(field)).filter((item) => !gone.includes(item)),
      );
    } else if (isDirective(key) || value === undefined) continue;
    else if (value === null) merged.delete(key);
    else merged.set(key, mergeValue(merged.get(key), value, path === '' ? key : `${path}.${key}`));
  }
  return fromEntries(merged);
}

/**
 * A strategic merge patch applied to a built-in kind: a merge patch whose lists merge by key where the API says so.
 * @throws ApiError 400 for a directive or an item that has no meaning
 */
export function strategicMergePatch(target: JsonObject, patch: JsonObject): Json {
  return mergeObject(target, patch, '');
}
