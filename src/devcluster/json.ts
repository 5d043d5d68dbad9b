/** Any JSON value. Values that came from a body or from the store are shared and never changed in place. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. A key whose value is `undefined` counts as absent. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Whether a value is a JSON object (neither null nor a list). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a JSON list. */
export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value as an object; anything else is an empty one. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The value as a text; anything else is ''. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The value as a list; anything else is an empty one. */
export function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

/** Deep equality of JSON values. Key order does not count; a key that is `undefined` equals an absent one. */
export function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = presentKeys(a);
  return keys.length === presentKeys(b).length && keys.every((key) => b[key] !== undefined && isEqual(a[key], b[key]));
}

function presentKeys(object: JsonObject): string[] {
  return Object.keys(object).filter((key) => object[key] !== undefined);
}

/** A copy of the object without these keys. */
export function omit(object: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** A copy of the object with `value` under `key`; `undefined` takes the key away. `__proto__` is a key like any other. */
export function withKey(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  if (value === undefined) return key in object ? omit(object, key) : object;
  return fromEntries([...Object.entries(object).filter(([name]) => name !== key), [key, value]]);
}

/** An object of these entries, in order. */
export function fromEntries(entries: Iterable<readonly [string, Json | undefined]>): JsonObject {
  return Object.fromEntries(entries);
}

/** The same JSON text for equal values: object keys are sorted at every depth. */
export function canonicalText(value: Json | undefined): string {
  if (value === undefined) return '';
  return JSON.stringify(value, (_key, part: Json) =>
    isObject(part) ? fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
