import { duplicate, type FieldError } from '../field-error.ts';
import { canonicalText, fromEntries, isList, isObject, type Json } from '../json.ts';
import { mapKeyOf } from './correlation.ts';
import type { Schema } from './schema.ts';

/** The indexes at which a text comes for the second time. */
function repeated(texts: readonly string[]): readonly number[] {
  const counts = new Map<string, number>();
  return texts.flatMap((text, index) => {
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    return count === 2 ? [index] : [];
  });
}

function keysOf(item: Json, schema: Schema): Json {
  if (!isObject(item)) return item;
  return fromEntries(schema.listMapKeys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]));
}

/** Doubled elements of lists of type set, doubled keys of lists of type map, at any depth. */
export function listTypeErrors(value: Json | undefined, schema: Schema, path: string): FieldError[] {
  if (isList(value)) {
    const errors: FieldError[] = [];
    if (schema.listType === 'set')
      for (const index of repeated(value.map((item) => canonicalText(item))))
        errors.push(duplicate(`${path}[${index}]`, value[index] ?? null));
    if (schema.listType === 'map')
      for (const index of repeated(value.map((item) => mapKeyOf(item, schema))))
        errors.push(duplicate(`${path}[${index}]`, keysOf(value[index] ?? null, schema)));
    const { items } = schema;
    if (items === undefined) return errors;
    return [...errors, ...value.flatMap((item, index) => listTypeErrors(item, items, `${path}[${index}]`))];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const property = schema.properties.get(key);
    if (property !== undefined) return listTypeErrors(child, property, path === '' ? key : `${path}.${key}`);
    const additional = schema.additionalProperties;
    return typeof additional === 'object' ? listTypeErrors(child, additional, `${path}[${key}]`) : [];
  });
}
