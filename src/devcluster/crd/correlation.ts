import { canonicalText, isList, isObject, type Json } from '../json.ts';
import type { Schema } from './schema.ts';

/** The value before an update at the same place; undefined when there was none, or when no place is the same. */
export function oldAtKey(old: Json | undefined, schema: Schema, key: string): Json | undefined {
  if (!isObject(old) || !Object.hasOwn(old, key)) return undefined;
  const isKnown = schema.properties.has(key) || typeof schema.additionalProperties === 'object';
  return isKnown ? old[key] : undefined;
}

/** The keys of an item in a list of type map, as one text. */
export function mapKeyOf(item: Json, schema: Schema): string {
  if (!isObject(item)) return canonicalText(item);
  return canonicalText(
    schema.listMapKeys.map((key) => item[key] ?? schema.items?.properties.get(key)?.default ?? null),
  );
}

/** The item of the old list that an item of the new one continues: only lists of type map say which. */
export function oldItemFor(old: Json | undefined, schema: Schema, item: Json): Json | undefined {
  if (schema.listType !== 'map' || !isList(old)) return undefined;
  const wanted = mapKeyOf(item, schema);
  return old.find((candidate) => mapKeyOf(candidate, schema) === wanted);
}
