import { fromEntries, isList, isObject, type Json, type JsonObject } from '../json.ts';
import type { Schema } from './schema.ts';

/** The schema for a key: its own, or the one for all others. */
function schemaFor(schema: Schema, key: string): Schema | undefined {
  const property = schema.properties.get(key);
  if (property !== undefined) return property;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** What stands for a null where the schema allows none: its default; undefined: the key goes. */
function withoutNull(value: Json, schema: Schema | undefined): Json | undefined {
  if (value !== null || schema === undefined || schema.nullable) return value;
  return schema.default;
}

function withDefaults(value: Json, schema: Schema | undefined): Json {
  if (schema === undefined) return value;
  if (isList(value)) {
    const { items } = schema;
    return value.map((item) => withDefaults(withoutNull(item, items) ?? null, items));
  }
  if (!isObject(value)) return value;
  const entries = new Map<string, Json>();
  for (const [key, child] of Object.entries(value)) {
    const kept = child === undefined ? undefined : withoutNull(child, schemaFor(schema, key));
    if (kept !== undefined) entries.set(key, withDefaults(kept, schemaFor(schema, key)));
  }
  for (const [key, property] of schema.properties) {
    if (property.default !== undefined && !entries.has(key)) entries.set(key, withDefaults(property.default, property));
  }
  return fromEntries(entries);
}

/**
 * The object with the schema's defaults where a field is absent, or null without being nullable; such a null without
 * a default goes. Source: apiextensions-apiserver, pkg/apiserver/schema/defaulting.
 */
export function applyDefaults(object: JsonObject, schema: Schema): JsonObject {
  const value = withDefaults(object, schema);
  return isObject(value) ? value : object;
}
