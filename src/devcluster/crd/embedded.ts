import { type FieldError, invalid, required } from '../field-error.ts';
import { fromEntries, isList, isObject, type Json, type JsonObject, textOf } from '../json.ts';
import { decodeMetadata, metadataErrors } from '../metadata.ts';
import { subdomainProblems } from '../names.ts';
import { ApiError, badRequestError } from '../status.ts';
import type { Schema } from './schema.ts';

/*
 * Whole objects within an object (x-kubernetes-embedded-resource): their metadata is decoded like that of any object,
 * and kind and apiVersion are required. Source: apiextensions-apiserver, pkg/apiserver/schema/objectmeta.
 */

interface Coerced {
  readonly value: Json;
  readonly unknownFields: readonly string[];
}

function hasEmbedded(schema: Schema | boolean | undefined): boolean {
  if (typeof schema !== 'object') return false;
  if (schema.isEmbedded || hasEmbedded(schema.items) || hasEmbedded(schema.additionalProperties)) return true;
  return [...schema.properties.values()].some(hasEmbedded);
}

function schemaAt(schema: Schema, key: string): Schema | undefined {
  const { additionalProperties } = schema;
  return schema.properties.get(key) ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
}

function coercedMetadata(object: JsonObject, path: string, unknownFields: string[]): JsonObject {
  if (object.metadata === undefined) return object;
  try {
    const decoded = decodeMetadata(object, '');
    unknownFields.push(...decoded.unknownFields.map((field) => `${path}.${field}`));
    const entries = Object.entries(decoded.metadata).filter(([, value]) => value !== '');
    return { ...object, metadata: fromEntries(entries) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw badRequestError(`${path}.metadata: Invalid value: ${JSON.stringify(object.metadata)}: ${error.message}`);
  }
}

function coerceValue(value: Json, schema: Schema, path: string, unknownFields: string[]): Json {
  if (isList(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, index) => coerceValue(item, items, `${path}[${index}]`, unknownFields));
  }
  if (!isObject(value)) return value;
  const object = schema.isEmbedded ? coercedMetadata(value, path, unknownFields) : value;
  const entries = Object.entries(object).map(([key, child]) => {
    const at = schemaAt(schema, key);
    const below = path === '' ? key : `${path}.${key}`;
    return [
      key,
      child === undefined || at === undefined ? child : coerceValue(child, at, below, unknownFields),
    ] as const;
  });
  return fromEntries(entries);
}

/** The object with the metadata of embedded objects in order. @throws ApiError 400 for metadata of a wrong type */
export function coerceEmbedded(object: JsonObject, schema: Schema): Coerced {
  if (!hasEmbedded(schema)) return { value: object, unknownFields: [] };
  const unknownFields: string[] = [];
  return { value: coerceValue(object, schema, '', unknownFields), unknownFields };
}

function ownErrors(value: JsonObject, path: string): FieldError[] {
  const errors = ['apiVersion', 'kind']
    .filter((key) => textOf(value[key]) === '')
    .map((key) => required(`${path}.${key}`));
  if (!isObject(value.metadata)) return errors;
  const { metadata } = decodeMetadata(value, '');
  const object = { apiVersion: '', kind: '', metadata };
  const found = metadataErrors(object, false, subdomainProblems).filter(
    // A name is no duty here, and a namespace is no offence.
    ({ field, type }) =>
      field !== 'metadata.namespace' && !(field === 'metadata.name' && type === 'FieldValueRequired'),
  );
  const kind = textOf(value.kind);
  const problems =
    kind === '' || /^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$/.test(kind)
      ? []
      : ['may have mixed case, but should otherwise match a DNS-1035 label'];
  return [
    ...errors,
    ...problems.map((text) => invalid(`${path}.kind`, kind, text)),
    ...found.map((error) => ({ ...error, field: `${path}.${error.field}` })),
  ];
}

/** What is wrong with the embedded objects of a value. */
export function embeddedErrors(value: Json | undefined, schema: Schema, path: string): FieldError[] {
  if (value === undefined || !hasEmbedded(schema)) return [];
  if (isList(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, index) => embeddedErrors(item, items, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  const own = schema.isEmbedded ? ownErrors(value, path) : [];
  const below = Object.entries(value).flatMap(([key, child]) => {
    const at = schemaAt(schema, key);
    return at === undefined ? [] : embeddedErrors(child, at, path === '' ? key : `${path}.${key}`);
  });
  return [...own, ...below];
}
