import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { isList, isObject } from '../json.ts';
import { ruleErrors } from './rule-errors.ts';
import type { Schema } from './schema.ts';

/*
 * What the schema of a CustomResourceDefinition may not hold, level by level.
 * Source: apiextensions-apiserver, pkg/apis/apiextensions/validation/validation.go.
 */

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const metaFields = new Set(['metadata', 'kind', 'apiVersion']);

/** Where a level stands, and what that forbids. */
interface Place {
  readonly path: string;
  readonly isRoot: boolean;
  readonly isInsideMeta: boolean;
  /** Why no default may stand here; undefined: one may. */
  readonly noDefault: string | undefined;
  /** The path of the list or map whose elements cannot be told apart from before; undefined: all can. */
  readonly uncorrelatable: string | undefined;
  /** The rules are looked at too: not within allOf and the like, and not when the schema is no structural one. */
  readonly hasRules: boolean;
}

function unsupportedErrors(schema: Schema, { path, isInsideMeta, noDefault }: Place): FieldError[] {
  const { raw } = schema;
  const errors: FieldError[] = [];
  if (schema.type !== '' && !TYPES.includes(schema.type)) errors.push(notSupported(`${path}.type`, schema.type, TYPES));
  if (schema.default !== undefined && noDefault !== undefined)
    errors.push(forbidden(`${path}.default`, `must not be set ${noDefault}`));
  for (const key of ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'])
    if (raw[key] !== undefined) errors.push(forbidden(`${path}.${key}`, `${key} is not supported`));
  if (schema.type === 'null')
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (isList(raw.items)) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (isInsideMeta && schema.isEmbedded)
    errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${path}.uniqueItems`, detail));
  }
  const { additionalProperties } = raw;
  const isExclusive = additionalProperties === false || isObject(additionalProperties);
  if (schema.properties.size > 0 && isExclusive)
    errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  if (raw['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  return errors;
}

function wrongType(path: string, type: string, detail: string): FieldError {
  return type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail);
}

function collectionErrors(schema: Schema, path: string): FieldError[] {
  const { listType, mapType, items } = schema;
  const errors: FieldError[] = [];
  const at = `${path}.x-kubernetes-list-type`;
  if (mapType !== '' && schema.type !== 'object')
    errors.push(wrongType(path, schema.type, 'must be object if x-kubernetes-map-type is specified'));
  if (mapType !== '' && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  if (listType !== '' && schema.type !== 'array')
    errors.push(wrongType(path, schema.type, 'must be array if x-kubernetes-list-type is specified'));
  else if (listType === 'set' && items !== undefined) errors.push(...setItemErrors(items, path));
  if (listType !== '' && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(at, listType, ['atomic', 'set', 'map']));
  const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
  if (schema.listMapKeys.length > 0 && listType !== 'map')
    errors.push(listType === '' ? required(at, detail) : invalid(at, listType, detail));
  if (listType === 'map') errors.push(...listMapErrors(schema, path));
  if ((listType === 'map' || listType === 'set') && items?.nullable === true)
    errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  return errors;
}

function setItemErrors(items: Schema, path: string): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (items.type === 'array' && items.listType !== '' && items.listType !== 'atomic')
    return [invalid(`${path}.items.x-kubernetes-list-type`, items.listType, detail)];
  if (items.type === 'object' && items.mapType !== 'atomic')
    return [invalid(`${path}.items.x-kubernetes-map-type`, null, detail)];
  return [];
}

function listMapErrors(schema: Schema, path: string): FieldError[] {
  const { items, listMapKeys } = schema;
  const at = `${path}.x-kubernetes-list-map-keys`;
  const errors: FieldError[] = [];
  if (listMapKeys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'));
  if (items === undefined)
    return [...errors, required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')];
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalid(`${path}.items.type`, items.type, detail)];
  }
  if (new Set(listMapKeys).size < listMapKeys.length)
    errors.push(invalid(at, listMapKeys, 'must not contain duplicate entries'));
  for (const key of listMapKeys) {
    const property = items.properties.get(key);
    if (property === undefined) errors.push(invalid(at, listMapKeys, 'entries must all be names of item properties'));
    else errors.push(...mapKeyErrors(property, items.required.includes(key), `${path}.items.properties[${key}]`));
  }
  return errors;
}

function mapKeyErrors(property: Schema, isRequired: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const scalar = "must be a scalar type if parent array's x-kubernetes-list-type is map";
  if (property.type === 'array' || property.type === 'object') errors.push(invalid(`${path}.type`, 'object', scalar));
  const present = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
  if (!isRequired && property.default === undefined) errors.push(required(`${path}.default`, present));
  const notNull = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
  if (property.nullable) errors.push(forbidden(`${path}.nullable`, notNull));
  return errors;
}

function propertyPlace(schema: Schema, key: string, place: Place): Place {
  const isMeta = (place.isRoot || schema.isEmbedded) && metaFields.has(key);
  return {
    ...place,
    path: `${place.path}.properties[${key}]`,
    isRoot: false,
    isInsideMeta: place.isInsideMeta || isMeta,
    noDefault: isMeta && place.isRoot ? `in top-level ${key}` : place.noDefault,
  };
}

function levelErrors(schema: Schema, place: Place): FieldError[] {
  const { path } = place;
  const below = { ...place, isRoot: false };
  const errors = unsupportedErrors(schema, place);
  const { additionalProperties, items } = schema;
  if (typeof additionalProperties === 'object') {
    const noDefault = place.isInsideMeta ? 'inside additionalProperties applying to object metadata' : place.noDefault;
    errors.push(...levelErrors(additionalProperties, { ...below, path: `${path}.additionalProperties`, noDefault }));
  }
  for (const [key, property] of schema.properties)
    errors.push(...levelErrors(property, propertyPlace(schema, key, place)));
  const unruled = { ...below, hasRules: false };
  if (schema.not !== undefined) errors.push(...levelErrors(schema.not, { ...unruled, path: `${path}.not` }));
  for (const [name, parts] of [
    ['allOf', schema.allOf],
    ['oneOf', schema.oneOf],
    ['anyOf', schema.anyOf],
  ] as const)
    for (const [index, part] of parts.entries())
      errors.push(...levelErrors(part, { ...unruled, path: `${path}.${name}[${index}]` }));
  if (items !== undefined) {
    const uncorrelatable = schema.listType === 'map' ? place.uncorrelatable : (place.uncorrelatable ?? path);
    errors.push(...levelErrors(items, { ...below, path: `${path}.items`, uncorrelatable }));
  }
  errors.push(...collectionErrors(schema, path));
  const canCompile = place.hasRules && errors.length === 0;
  return [...errors, ...ruleErrors(schema, path, place.isRoot || schema.isEmbedded, place.uncorrelatable, canCompile)];
}

/** What is forbidden anywhere in a whole schema at `path`. `isStructural`: its rules are compiled too. */
export function openapiErrors(schema: Schema, path: string, isStructural: boolean): FieldError[] {
  return levelErrors(schema, {
    path,
    isRoot: true,
    isInsideMeta: false,
    noDefault: undefined,
    uncorrelatable: undefined,
    hasRules: isStructural,
  });
}
