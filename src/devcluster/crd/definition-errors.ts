import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooMany } from '../field-error.ts';
import { isEqual, isObject, type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import { dns1035Problems, subdomainProblems } from '../names.ts';
import type { ApiObject } from '../object.ts';
import { defaultErrors } from './default-errors.ts';
import { openapiErrors } from './openapi-rules.ts';
import { parseSchema, type Schema } from './schema.ts';
import { structuralErrors } from './structural.ts';

/*
 * What a CustomResourceDefinition must be like.
 * Source: apiextensions-apiserver, pkg/apis/apiextensions/validation/validation.go.
 */

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const MAX_SELECTABLE_FIELDS = 8;

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const problems = subdomainProblems(group);
  if (problems.length > 0) return [invalid('spec.group', group, problems.join(','))];
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function nameErrors(names: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const label = (path: string, value: string, prefix: string) => {
    const problems = value === '' ? [] : dns1035Problems(prefix === '' ? value : value.toLowerCase());
    if (problems.length > 0) errors.push(invalid(path, value, `${prefix}${problems.join(',')}`));
  };
  for (const key of ['plural', 'singular', 'kind', 'listKind'])
    if (textOf(names[key]) === '') errors.push(required(`spec.names.${key}`));
  label('spec.names.plural', textOf(names.plural), '');
  label('spec.names.singular', textOf(names.singular), '');
  for (const key of ['kind', 'listKind'])
    label(`spec.names.${key}`, textOf(names[key]), 'may have mixed case, but should otherwise match: ');
  for (const list of ['shortNames', 'categories'])
    for (const [index, name] of listOf(names[list]).entries()) label(`spec.names.${list}[${index}]`, textOf(name), '');
  if (textOf(names.kind) !== '' && names.kind === names.listKind)
    errors.push(invalid('spec.names.listKind', textOf(names.listKind), 'kind and listKind may not be the same'));
  return errors;
}

function columnErrors(column: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (textOf(column.name) === '') errors.push(required(`${path}.name`));
  const type = textOf(column.type);
  const detail = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (type === '') errors.push(required(`${path}.type`, detail));
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(`${path}.type`, type, detail));
  const jsonPath = textOf(column.jsonPath);
  if (jsonPath === '') errors.push(required(`${path}.JSONPath`));
  else if (!jsonPath.startsWith('.'))
    errors.push(invalid(`${path}.JSONPath`, jsonPath, 'must be a simple json path starting with .'));
  return errors;
}

function selectableErrors(fields: readonly string[], schema: Schema, path: string): FieldError[] {
  const errors = fields.flatMap((jsonPath, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (jsonPath === '') return [required(at)];
    let found: Schema | undefined = schema;
    for (const key of jsonPath.replace(/^\./, '').split('.')) found = found?.properties.get(key);
    if (!jsonPath.startsWith('.'))
      return [invalid(at, jsonPath, `is an invalid path: expected [ or . but got: ${jsonPath}`)];
    if (found === undefined) return [invalid(at, jsonPath, 'is an invalid path: does not refer to a valid field')];
    if (jsonPath.startsWith('.metadata')) return [invalid(at, jsonPath, 'must not point to fields in metadata')];
    if (fields.indexOf(jsonPath) < index) return [duplicate(at, jsonPath)];
    if (['string', 'boolean', 'integer'].includes(found.type)) return [];
    const detail =
      'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
    return [invalid(at, jsonPath, detail)];
  });
  const count = new Set(fields).size;
  return count > MAX_SELECTABLE_FIELDS ? [...errors, tooMany(path, count, MAX_SELECTABLE_FIELDS)] : errors;
}

function schemaErrorsOf(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.nullable) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  const structural = structuralErrors(schema, path);
  errors.push(...structural);
  const others = openapiErrors(schema, path, structural.length === 0);
  // A rule that cannot be compiled makes the check of defaults impossible, and the other way round.
  const defaults = structural.length === 0 && others.length === 0 ? defaultErrors(schema, path) : [];
  return [...errors, ...defaults, ...others];
}

/** A part that all versions have alike is called by a path of its own: the real server keeps it once, above them. */
interface SharedPaths {
  readonly schema: boolean;
  readonly columns: boolean;
  readonly fields: boolean;
}

function sharedPaths(versions: readonly JsonObject[]): SharedPaths {
  const [first] = versions;
  const isShared = (key: string) => versions.every((version) => isEqual(version[key], first?.[key]));
  return {
    schema: isShared('schema'),
    columns: isShared('additionalPrinterColumns'),
    fields: isShared('selectableFields'),
  };
}

function versionErrors(version: JsonObject, path: string, shared: SharedPaths): FieldError[] {
  const errors: FieldError[] = [];
  const name = textOf(version.name);
  const problems = dns1035Problems(name);
  if (problems.length > 0) errors.push(invalid(`${path}.name`, name, problems.join(',')));
  const { deprecationWarning } = version;
  if (typeof deprecationWarning === 'string' && version.deprecated !== true)
    errors.push(invalid(`${path}.deprecationWarning`, deprecationWarning, 'can only be set for deprecated versions'));
  const raw = objectOf(version.schema).openAPIV3Schema;
  if (!isObject(raw)) return [...errors, required(`${path}.schema.openAPIV3Schema`)];
  const schema = parseSchema(raw);
  const schemaPath = shared.schema ? 'spec.validation' : `${path}.schema`;
  errors.push(...schemaErrorsOf(schema, `${schemaPath}.openAPIV3Schema`));
  const columnPath = shared.columns ? 'spec' : path;
  for (const [index, column] of listOf(version.additionalPrinterColumns).entries())
    errors.push(...columnErrors(objectOf(column), `${columnPath}.additionalPrinterColumns[${index}]`));
  const fields = listOf(version.selectableFields).map((field) => textOf(objectOf(field).jsonPath));
  return [...errors, ...selectableErrors(fields, schema, `${shared.fields ? 'spec' : path}.selectableFields`)];
}

function versionListErrors(versions: readonly JsonObject[]): FieldError[] {
  const shared = sharedPaths(versions);
  const errors = versions.flatMap((version, index) => versionErrors(version, `spec.versions[${index}]`, shared));
  const names = new Set(versions.map((version) => version.name));
  if (names.size < versions.length)
    errors.push(invalid('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter((version) => version.storage === true).length !== 1)
    errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  return errors;
}

function storedVersionErrors(object: ApiObject, versions: readonly JsonObject[]): FieldError[] {
  const path = 'status.storedVersions';
  const stored = listOf(objectOf(object.status).storedVersions).map((version) => textOf(version));
  if (stored.length === 0) return [invalid(path, null, 'must have at least one stored version')];
  const names = new Set(versions.map((version) => textOf(version.name)));
  return stored.flatMap((name, index) => {
    if (names.has(name)) return [];
    const detail = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    return [invalid(`${path}[${index}]`, name, detail)];
  });
}

function conversionErrors(conversion: JsonObject): FieldError[] {
  const strategy = textOf(conversion.strategy);
  if (strategy === 'None') return [];
  if (strategy === '') return [required('spec.conversion.strategy')];
  // The real server calls a webhook here; this one has none to call, so it says no at once.
  return [notSupported('spec.conversion.strategy', strategy, ['None'])];
}

/** The name of a new definition says what it defines. */
export function definitionNameErrors(object: ApiObject): FieldError[] {
  const spec = objectOf(object.spec);
  const { name } = object.metadata;
  if (name === '' || name === `${textOf(objectOf(spec.names).plural)}.${textOf(spec.group)}`) return [];
  return [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
}

/** What is wrong with a definition; nothing when it can be served. */
export function definitionErrors(object: ApiObject): FieldError[] {
  const spec = objectOf(object.spec);
  const names = objectOf(spec.names);
  const versions = listOf(spec.versions).map(objectOf);
  const errors = groupErrors(textOf(spec.group));
  const scope = textOf(spec.scope);
  if (scope === '') errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  errors.push(...versionListErrors(versions), ...nameErrors(names), ...conversionErrors(objectOf(spec.conversion)));
  if (spec.preserveUnknownFields === true)
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  return [...errors, ...storedVersionErrors(object, versions)];
}
