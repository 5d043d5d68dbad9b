import { type FieldError, forbidden, invalid, required } from '../field-error.ts';
import { isEqual, isList, type Json, omit } from '../json.ts';
import { compilePattern } from './pattern.ts';
import type { Schema } from './schema.ts';

/*
 * What makes a schema structural: types are given along properties, items and additionalProperties, and nowhere else.
 * Source: apiextensions-apiserver, pkg/apiserver/schema/validation.go.
 */

type Level = 'root' | 'item' | 'field';

const whereEmpty: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

const intOrString: Json = [{ type: 'integer' }, { type: 'string' }];

function patternErrors(schema: Schema, path: string): FieldError[] {
  if (schema.pattern === undefined || compilePattern(schema.pattern) !== undefined) return [];
  const what = /\((?![^)]*\))/.test(schema.pattern) ? 'missing closing ): ' : '';
  const detail = `must be a valid regular expression, but isn't: error parsing regexp: ${what}\`${schema.pattern}\``;
  return [invalid(`${path}.pattern`, schema.pattern, detail)];
}

/** The parts that only check values (allOf, anyOf, oneOf, not): they may add no structure. */
function valueErrors(schema: Schema, path: string, canHaveRules: boolean): FieldError[] {
  const errors: FieldError[] = [];
  // The two usual spellings of int-or-string may name types, there and nowhere else.
  const skipsAnyOf = isEqual(schema.raw.anyOf, intOrString);
  if (!skipsAnyOf)
    for (const [i, part] of schema.anyOf.entries()) errors.push(...nestedErrors(part, `${path}.anyOf[${i}]`, false));
  for (const [i, part] of schema.allOf.entries()) {
    const isSkipped = i === 0 && isEqual(part.raw.anyOf, intOrString) && Object.keys(part.raw).length === 1;
    if (!isSkipped) errors.push(...nestedErrors(part, `${path}.allOf[${i}]`, canHaveRules));
  }
  for (const [i, part] of schema.oneOf.entries()) errors.push(...nestedErrors(part, `${path}.oneOf[${i}]`, false));
  if (schema.not !== undefined) errors.push(...nestedErrors(schema.not, `${path}.not`, false));
  return [...errors, ...patternErrors(schema, path)];
}

const mustBeEmpty = ['type', 'title', 'description', 'x-kubernetes-list-map-keys'];
const mustBeUndefined = ['additionalProperties', 'default', 'x-kubernetes-list-type', 'x-kubernetes-map-type'];
const mustBeFalse = [
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
];

function nestedErrors(schema: Schema, path: string, canHaveRules: boolean): FieldError[] {
  const { raw } = schema;
  const errors = valueErrors(schema, path, canHaveRules);
  if (schema.items !== undefined) errors.push(...nestedErrors(schema.items, `${path}.items`, canHaveRules));
  for (const [key, part] of schema.properties)
    errors.push(...nestedErrors(part, `${path}.properties[${key}]`, canHaveRules));
  const forbid = (key: string, word: string) =>
    errors.push(forbidden(`${path}.${key}`, `must be ${word} to be structural`));
  for (const key of mustBeEmpty) if (raw[key] !== undefined && raw[key] !== '') forbid(key, 'empty');
  for (const key of mustBeUndefined) if (raw[key] !== undefined) forbid(key, 'undefined');
  for (const key of mustBeFalse) if (raw[key] === true) forbid(key, 'false');
  if (schema.rules.length > 0 && !canHaveRules) forbid('x-kubernetes-validations', 'empty');
  if (schema.properties.has('metadata'))
    errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  return errors;
}

function typeErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const { type } = schema;
  if (schema.isEmbedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    return [type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail)];
  }
  if (type === '' && !schema.isIntOrString && !schema.preservesUnknown)
    return [required(`${path}.type`, whereEmpty[level])];
  return level === 'root' && type !== '' && type !== 'object'
    ? [invalid(`${path}.type`, type, 'must be object at the root')]
    : [];
}

function metadataErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const isWhole = level === 'root' || schema.isEmbedded;
  for (const key of ['kind', 'apiVersion']) {
    const type = schema.properties.get(key)?.type;
    if (isWhole && type !== undefined && type !== 'string')
      errors.push(invalid(`${path}.properties[${key}].type`, type, 'must be string'));
  }
  const metadata = schema.properties.get('metadata');
  if (metadata === undefined || !isWhole) return errors;
  const at = `${path}.properties[metadata]`;
  if (metadata.type !== 'object') errors.push(invalid(`${at}.type`, metadata.type, 'must be object'));
  if (level !== 'root') return errors;
  const isPlain = [...metadata.properties.keys()].every((key) => key === 'name' || key === 'generateName');
  const others = Object.keys(omit(metadata.raw, 'type', 'properties', 'description', 'default'));
  const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return isPlain && others.length === 0 ? errors : [...errors, forbidden(at, detail)];
}

function spineErrors(schema: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { items, additionalProperties, raw } = schema;
  if (schema.type === 'array' && items === undefined && !isList(raw.items))
    errors.push(required(`${path}.items`, 'must be specified'));
  if (items !== undefined) errors.push(...spineErrors(items, 'item', `${path}.items`));
  for (const [key, property] of schema.properties)
    errors.push(...spineErrors(property, 'field', `${path}.properties[${key}]`));
  if (raw.additionalProperties !== undefined && level === 'root')
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  if (typeof additionalProperties === 'object')
    errors.push(...spineErrors(additionalProperties, 'field', `${path}.additionalProperties`));
  for (const [key, isSet] of [
    ['x-kubernetes-preserve-unknown-fields', schema.preservesUnknown],
    ['x-kubernetes-embedded-resource', schema.isEmbedded],
  ] as const)
    if (schema.isIntOrString && isSet)
      errors.push(invalid(`${path}.${key}`, true, 'must be false if x-kubernetes-int-or-string is true'));
  errors.push(
    ...valueErrors(schema, path, false),
    ...typeErrors(schema, level, path),
    ...metadataErrors(schema, level, path),
  );
  if (schema.isEmbedded && raw.additionalProperties !== undefined)
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'));
  if (schema.isEmbedded && !schema.preservesUnknown && schema.properties.size === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(`${path}.properties`, detail));
  }
  return errors;
}

/**
 * Fields that a value check at the root names must be there on the spine. The real server asks this of the root's
 * checks alone, not of those further down.
 */
function completenessErrors(spine: Schema | undefined, part: Schema, spinePath: string, path: string): FieldError[] {
  if (spine === undefined) return [required(spinePath, `because it is defined in ${path}`)];
  const errors = nestedCompleteness(spine, part, spinePath, path);
  if (part.items !== undefined)
    errors.push(...completenessErrors(spine.items, part.items, `${spinePath}.items`, `${path}.items`));
  for (const [key, property] of part.properties) {
    const below = `properties[${key}]`;
    const found = spine.properties.get(key);
    errors.push(...completenessErrors(found, property, `${spinePath}.${below}`, `${path}.${below}`));
  }
  return errors;
}

function nestedCompleteness(spine: Schema, schema: Schema, spinePath: string, path: string): FieldError[] {
  const named: (readonly [string, readonly Schema[]])[] = [
    ['allOf', schema.allOf],
    ['anyOf', schema.anyOf],
    ['oneOf', schema.oneOf],
  ];
  const errors = named.flatMap(([name, parts]) =>
    parts.flatMap((part, index) => completenessErrors(spine, part, spinePath, `${path}.${name}[${index}]`)),
  );
  if (schema.not === undefined) return errors;
  return [...errors, ...completenessErrors(spine, schema.not, spinePath, `${path}.not`)];
}

/** What keeps a whole schema at `path` from being structural. */
export function structuralErrors(schema: Schema, path: string): FieldError[] {
  const errors = [...spineErrors(schema, 'root', path), ...nestedCompleteness(schema, schema, path, path)];
  const text = (error: FieldError) => `${error.field}: ${error.body}`;
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
