import { type FieldError, invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../field-error.ts';
import { isEqual, isList, isObject, type Json, type JsonObject } from '../json.ts';
import { oldAtKey, oldItemFor } from './correlation.ts';
import { formatCheck } from './formats.ts';
import { numberErrors } from './numbers.ts';
import { compilePattern } from './pattern.ts';
import type { Schema } from './schema.ts';

/*
 * Validation of values against a schema with the messages of the real server.
 * Source: kube-openapi, pkg/validation/validate, as apiextensions-apiserver calls it.
 */

/** A value's place: its path as messages have it, and what stood there before (undefined: nothing to compare with). */
interface Place {
  readonly path: string;
  readonly old: Json | undefined;
}

const patterns = new WeakMap<Schema, RegExp | false>();

function patternOf(schema: Schema, source: string): RegExp | false {
  const found = patterns.get(schema);
  if (found !== undefined) return found;
  const made = compilePattern(source) ?? false;
  patterns.set(schema, made);
  return made;
}

/** The JSON type as the schema names it. */
function typeOf(value: Json): string {
  if (isList(value)) return 'array';
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typesOf(schema: Schema): readonly string[] {
  if (schema.isIntOrString) return ['integer', 'string'];
  return schema.type === '' ? [] : [schema.type];
}

function wrongType(path: string, wanted: string, found: string): FieldError {
  return typeInvalid(fieldOf(path), found, `${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`);
}

function fieldOf(path: string): string {
  return path === '' ? '<nil>' : path.replace(/^\./, '');
}

function typeErrors(value: Json, schema: Schema, path: string): FieldError[] {
  const types = typesOf(schema);
  if (value === null) {
    return types.length === 0 || schema.nullable ? [] : [wrongType(path, types.join(','), 'null')];
  }
  if (types.length === 0) return [];
  const found = typeOf(value);
  const isNumberForInteger = found === 'integer' && types.includes('number');
  if (types.includes(found) || isNumberForInteger) return [];
  if (!hasNumericFormat(schema) || found === 'string' || found === 'array')
    return [wrongType(path, types.join(','), found)];
  const formats: Readonly<Record<string, string>> = { integer: 'int64', number: 'float64' };
  return [wrongType(path, schema.format, formats[found] ?? '')];
}

function hasNumericFormat(schema: Schema): boolean {
  if (schema.type === 'integer') return schema.format === 'int32' || schema.format === 'int64';
  return schema.type === 'number' && (schema.format === 'float' || schema.format === 'double');
}

function stringErrors(value: string, schema: Schema, path: string): FieldError[] {
  const field = fieldOf(path);
  const length = schema.maxLength === undefined && schema.minLength === undefined ? 0 : characters(value);
  if (schema.maxLength !== undefined && length > schema.maxLength) return [tooLong(field, schema.maxLength)];
  if (schema.minLength !== undefined && length < schema.minLength)
    return [invalid(field, value, `${path} in body should be at least ${schema.minLength} chars long`)];
  if (schema.pattern === undefined) return [];
  const pattern = patternOf(schema, schema.pattern);
  if (pattern !== false && pattern.test(value)) return [];
  return [invalid(field, value, `${path} in body should match '${schema.pattern}'`)];
}

/** As Go counts: code points. */
function characters(text: string): number {
  let count = 0;
  for (const _character of text) count += 1;
  return count;
}

function formatErrors(value: string, schema: Schema, path: string): FieldError[] {
  if (schema.type !== '' && schema.type !== 'string') return [];
  const check = schema.format === '' ? undefined : formatCheck(schema.format);
  if (check === undefined || check(value)) return [];
  const detail = `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`;
  return [typeInvalid(fieldOf(path), value, detail)];
}

function listErrors(value: readonly Json[], schema: Schema, place: Place): FieldError[] {
  const { path } = place;
  const errors: FieldError[] = [];
  const { items } = schema;
  if (items !== undefined) {
    for (const [index, item] of value.entries())
      errors.push(...valueErrors(item, items, { path: `${path}[${index}]`, old: oldItemFor(place.old, schema, item) }));
  }
  if (schema.minItems !== undefined && value.length < schema.minItems)
    errors.push(invalid(fieldOf(path), value.length, `${path} in body should have at least ${schema.minItems} items`));
  if (schema.maxItems !== undefined && value.length > schema.maxItems)
    errors.push(tooMany(fieldOf(path), value.length, schema.maxItems));
  if (schema.uniqueItems && hasDuplicates(value))
    errors.push(invalid(fieldOf(path), '', `${path} in body shouldn't contain duplicates`));
  return errors;
}

function hasDuplicates(value: readonly Json[]): boolean {
  return value.some((item, index) => value.slice(0, index).some((other) => isEqual(item, other)));
}

function enumErrors(value: Json, schema: Schema, path: string): FieldError[] {
  if (schema.enum === undefined || schema.enum.some((allowed) => isEqual(allowed, value))) return [];
  if (value === null && schema.nullable) return [];
  const texts = schema.enum.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed)));
  return [notSupported(fieldOf(path), value ?? '', texts)];
}

function objectErrors(value: JsonObject, schema: Schema, place: Place): FieldError[] {
  const { path } = place;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  const errors: FieldError[] = [];
  if (schema.minProperties !== undefined && keys.length < schema.minProperties)
    errors.push(
      invalid(fieldOf(path), keys.length, `${path} in body should have at least ${schema.minProperties} properties`),
    );
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties)
    errors.push(tooMany(fieldOf(path), keys.length, schema.maxProperties));
  for (const key of keys) {
    const property = schema.properties.get(key);
    const child =
      property ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    if (child === undefined) continue;
    const at = property !== undefined && path === '' ? key : `${path}.${key}`;
    errors.push(...valueErrors(value[key] ?? null, child, { path: at, old: oldAtKey(place.old, schema, key) }));
  }
  const missing = schema.required.filter((key) => value[key] === undefined);
  return [...errors, ...missing.map((key) => required(fieldOf(`${path}.${key}`)))];
}

/** Errors of anyOf and the like name no field. */
function composed(message: string): FieldError {
  return invalid('<nil>', '', message);
}

function combinationErrors(value: Json, schema: Schema, place: Place): FieldError[] {
  const name = JSON.stringify(place.path);
  const results = (schemas: readonly Schema[]) =>
    schemas.map((part) => valueErrors(value, part, { ...place, old: undefined }));
  const errors: FieldError[] = [];
  const fewest = (found: readonly FieldError[][]) => found.toSorted((a, b) => a.length - b.length)[0] ?? [];
  if (schema.anyOf.length > 0) {
    const found = results(schema.anyOf);
    if (!found.some((part) => part.length === 0))
      errors.push(composed(`${name} must validate at least one schema (anyOf)`), ...fewest(found));
  }
  if (schema.oneOf.length > 0) {
    const found = results(schema.oneOf);
    const valid = found.filter((part) => part.length === 0).length;
    if (valid !== 1) {
      const what = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      errors.push(composed(`${name} must validate one and only one schema (oneOf). ${what}`));
      if (valid === 0) errors.push(...fewest(found));
    }
  }
  if (schema.allOf.length > 0) {
    const found = results(schema.allOf);
    const failed = found.filter((part) => part.length > 0).length;
    errors.push(...found.flat());
    const what = failed === found.length ? '. None validated' : '';
    if (failed > 0) errors.push(composed(`${name} must validate all the schemas (allOf)${what}`));
  }
  if (schema.not !== undefined && valueErrors(value, schema.not, { ...place, old: undefined }).length === 0)
    errors.push(composed(`${name} must not validate the schema (not)`));
  return errors;
}

function valueErrors(value: Json, schema: Schema, place: Place): FieldError[] {
  const errors = allErrors(value, schema, place);
  // What was wrong before and did not change is not held against the update.
  return errors.length > 0 && place.old !== undefined && isEqual(value, place.old) ? [] : errors;
}

function allErrors(value: Json, schema: Schema, place: Place): FieldError[] {
  const { path } = place;
  const wrong = typeErrors(value, schema, path);
  if (value === null) return [...wrong, ...enumErrors(value, schema, path)];
  const errors = [...wrong, ...combinationErrors(value, schema, place)];
  if (typeof value === 'string')
    errors.push(...stringErrors(value, schema, path), ...formatErrors(value, schema, path));
  if (typeof value === 'number') errors.push(...numberErrors(value, schema, path));
  if (isList(value)) errors.push(...listErrors(value, schema, place));
  errors.push(...enumErrors(value, schema, path));
  if (isObject(value)) errors.push(...objectErrors(value, schema, place));
  return errors;
}

/**
 * What is wrong with a whole object, or with a part of one. Under an update (`old` given) parts that did not change
 * are not held against it, as far as they can be told apart.
 */
export function schemaErrors(value: Json, schema: Schema, old: Json | undefined): FieldError[] {
  return valueErrors(value, schema, { path: '', old });
}
