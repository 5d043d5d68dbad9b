import { fromEntries, isObject, type Json } from '../json.ts';

/** A JSON merge patch applied: null takes a key away, objects merge, all else replaces. Source: RFC 7386. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged = new Map<string, Json | undefined>(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return fromEntries(merged);
}
