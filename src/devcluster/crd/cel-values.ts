import { parse } from '@marcbachmann/cel-js';
import { isList, isObject, type Json, type JsonObject } from '../json.ts';
import { formatCheck } from './formats.ts';
import { parseSchema, type Schema } from './schema.ts';

/** An object whose fields the schema names: a message in CEL, where `self.field` and `has(self.field)` read it. */
export class CelObject extends Map<string, unknown> {}

const keywords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** A property's name as rules write it; undefined: rules cannot name it. Source: apiserver, pkg/cel/escaping.go. */
export function celName(name: string): string | undefined {
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  if (keywords.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** What rules see of the metadata of a whole object. */
const rootFields: JsonObject = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
};
const rootProperties = parseSchema({ type: 'object', properties: rootFields }).properties;

/** The fields that rules see: of a whole object (the root, or an embedded one) apiVersion, kind and names too. */
export function visibleProperties(schema: Schema, isWhole: boolean): ReadonlyMap<string, Schema> {
  return isWhole ? new Map([...schema.properties, ...rootProperties]) : schema.properties;
}

function objectValue(value: JsonObject, schema: Schema, isWhole: boolean): unknown {
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object') {
    const entries = Object.entries(value).map(
      ([key, item]) => [key, celValue(item ?? null, additionalProperties)] as const,
    );
    return new Map(entries);
  }
  const object = new CelObject();
  for (const [key, property] of visibleProperties(schema, isWhole)) {
    const child = Object.hasOwn(value, key) ? value[key] : undefined;
    const name = celName(key);
    // A null counts as absent: has() is false, and so it is for an API server.
    if (child !== undefined && child !== null && name !== undefined)
      object.set(name, celValue(child, property, property.isEmbedded));
  }
  return object;
}

const durationOf: (context: { readonly text: string }) => unknown = parse('duration(text)');

function textValue(value: string, schema: Schema): unknown {
  if (schema.format !== '' && formatCheck(schema.format)?.(value) === true) {
    const format = schema.format.replaceAll('-', '');
    if (format === 'datetime' || format === 'date') return new Date(value);
    if (format === 'duration') return durationOf({ text: value });
    if (format === 'byte') return Buffer.from(value, 'base64');
  }
  return value;
}

/** A JSON value as rules see it: whole numbers are bigint, objects with a schema are messages, times are dates. */
export function celValue(value: Json, schema: Schema, isWhole = false): unknown {
  if (isList(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.map((item) => celValue(item, items, items.isEmbedded));
  }
  if (isObject(value)) return objectValue(value, schema, isWhole);
  if (typeof value === 'number') {
    const isWholeNumber = schema.type !== 'number' && Number.isInteger(value);
    return isWholeNumber ? BigInt(value) : value;
  }
  return typeof value === 'string' ? textValue(value, schema) : value;
}
