import { fromEntries, isList, isObject, type Json, type JsonObject } from '../json.ts';
import type { Schema } from './schema.ts';

const metaFields = new Set(['apiVersion', 'kind', 'metadata']);

class Pruner {
  readonly unknownFields: string[] = [];

  prune(value: Json, schema: Schema | undefined, path: string, isEmbedded: boolean): Json {
    if (isList(value)) return value.map((item, index) => this.#item(item, schema, `${path}[${index}]`));
    if (!isObject(value)) return value;
    const entries: [string, Json][] = [];
    for (const [key, child] of Object.entries(value)) {
      if (child === undefined) continue;
      const at = path === '' ? key : `${path}.${key}`;
      const kept = isEmbedded && metaFields.has(key) ? child : this.#field(key, child, schema, at);
      if (kept !== undefined) entries.push([key, kept]);
    }
    return fromEntries(entries);
  }

  #item(item: Json, schema: Schema | undefined, path: string): Json {
    const items = schema?.items;
    if (items === undefined && schema?.preservesUnknown === true) return item;
    return this.prune(item, items, path, items?.isEmbedded === true);
  }

  /** The field's value as far as the schema knows it; undefined: the field goes. */
  #field(key: string, value: Json, schema: Schema | undefined, path: string): Json | undefined {
    const property = schema?.properties.get(key);
    if (property !== undefined) return this.prune(value, property, path, property.isEmbedded);
    const additional = schema?.additionalProperties ?? false;
    if (typeof additional === 'object') return this.prune(value, additional, path, additional.isEmbedded);
    if (additional) return this.prune(value, undefined, path, false);
    if (schema?.preservesUnknown === true) return value;
    if (!metaFields.has(path)) this.unknownFields.push(path);
    return undefined;
  }
}

/** A part of an object, such as a default, without the fields that its schema does not know. */
export function pruneValue(value: Json, schema: Schema): Json {
  return new Pruner().prune(value, schema, '', schema.isEmbedded);
}

/**
 * A whole custom resource without the fields that its schema does not know, and the paths of those. Under
 * x-kubernetes-preserve-unknown-fields what is not specified stays. apiVersion, kind and metadata always do.
 */
export function prune(
  object: JsonObject,
  schema: Schema,
): { readonly value: JsonObject; readonly unknownFields: readonly string[] } {
  const pruner = new Pruner();
  const value = pruner.prune(object, schema, '', true);
  return { value: isObject(value) ? value : {}, unknownFields: pruner.unknownFields.sort() };
}
