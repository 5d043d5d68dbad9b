import type { Schema } from '../crd/schema.ts';
import type { Json } from '../json.ts';

/** How a value is owned and merged by server-side apply. */
export type MergeType =
  /** As one: scalars, atomic lists and maps. */
  | { readonly type: 'atomic' }
  /** Field by field. */
  | { readonly type: 'granular'; readonly field: (name: string) => MergeField }
  /** Item by item, told apart by keys. */
  | {
      readonly type: 'listMap';
      readonly keys: readonly string[];
      readonly defaults: Readonly<Record<string, Json>>;
      readonly item: MergeType;
    }
  /** Value by value. */
  | { readonly type: 'set' }
  /** No type is known: objects field by field, all else as one. */
  | { readonly type: 'deduced' };

export interface MergeField {
  readonly type: MergeType;
  /** A field that the schema names; else the key of a map, which is owned by itself as well. */
  readonly isNamed: boolean;
}

const atomic: MergeType = { type: 'atomic' };
const deduced: MergeType = { type: 'deduced' };

function listMapOf(schema: Schema): MergeType {
  const { items, listMapKeys } = schema;
  const defaults = listMapKeys.flatMap((key): [string, Json][] => {
    const value = items?.properties.get(key)?.default;
    return value === undefined ? [] : [[key, value]];
  });
  return {
    type: 'listMap',
    keys: listMapKeys,
    defaults: Object.fromEntries(defaults),
    item: items === undefined ? deduced : mergeTypeOf(items),
  };
}

/** The type of the values of a schema. */
function mergeTypeOf(schema: Schema): MergeType {
  if (schema.type === 'array') {
    if (schema.listType === 'map') return listMapOf(schema);
    return schema.listType === 'set' ? { type: 'set' } : atomic;
  }
  if (schema.type !== 'object') return schema.type === '' && !schema.isIntOrString ? deduced : atomic;
  if (schema.mapType === 'atomic') return atomic;
  const { additionalProperties } = schema;
  const other = typeof additionalProperties === 'object' ? mergeTypeOf(additionalProperties) : deduced;
  return {
    type: 'granular',
    field: (name) => {
      const property = schema.properties.get(name);
      return property === undefined ? { type: other, isNamed: false } : { type: mergeTypeOf(property), isNamed: true };
    },
  };
}

function structOf(fields: Readonly<Record<string, MergeType>>, other: MergeType): MergeType {
  return {
    type: 'granular',
    field: (name) => ({ type: Object.hasOwn(fields, name) ? (fields[name] ?? other) : other, isNamed: true }),
  };
}

const mapOfTexts: MergeType = { type: 'granular', field: () => ({ type: atomic, isNamed: false }) };

/** metav1.ObjectMeta. */
const metadataType = structOf(
  {
    labels: mapOfTexts,
    annotations: mapOfTexts,
    finalizers: { type: 'set' },
    ownerReferences: { type: 'listMap', keys: ['uid'], defaults: {}, item: atomic },
  },
  atomic,
);

const conditions: MergeType = { type: 'listMap', keys: ['type'], defaults: {}, item: structOf({}, atomic) };

/** A whole built-in object: maps and structs field by field, lists as one but for those that the API merges by key. */
export const builtinMergeType: MergeType = structOf(
  {
    metadata: metadataType,
    data: mapOfTexts,
    binaryData: mapOfTexts,
    stringData: mapOfTexts,
    status: structOf({ conditions }, deduced),
  },
  deduced,
);

/** A whole custom resource of that schema. */
export function customMergeType(schema: Schema): MergeType {
  const own = mergeTypeOf(schema);
  return {
    type: 'granular',
    field: (name) => {
      if (name === 'metadata') return { type: metadataType, isNamed: true };
      if (own.type !== 'granular') return { type: deduced, isNamed: false };
      return own.field(name);
    },
  };
}
