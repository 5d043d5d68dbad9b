import { type FieldError, invalid } from '../field-error.ts';
import { isEqual, type Json } from '../json.ts';
import { CelRules } from './cel.ts';
import { listTypeErrors } from './list-type.ts';
import { pruneValue } from './prune.ts';
import type { Schema } from './schema.ts';
import { schemaErrors } from './validate.ts';

function below(path: string, error: FieldError): FieldError {
  return { ...error, field: error.field === '<nil>' ? path : `${path}.${error.field}` };
}

function ownErrors(value: Json, schema: Schema, path: string): FieldError[] {
  const pruned = pruneValue(value, schema);
  if (!isEqual(pruned, value)) return [invalid(path, value, 'must not have unknown fields')];
  const errors = [...schemaErrors(value, schema, undefined), ...listTypeErrors(value, schema, '')];
  if (errors.length > 0) return errors.map((error) => below(path, error));
  return new CelRules(schema, schema.isEmbedded).errors(value, value).map((error) => below(path, error));
}

/** Defaults that the schema itself would not accept, anywhere in a schema at `path`. */
export function defaultErrors(schema: Schema, path: string): FieldError[] {
  const errors = schema.default === undefined ? [] : ownErrors(schema.default, schema, `${path}.default`);
  if (schema.items !== undefined) errors.push(...defaultErrors(schema.items, `${path}.items`));
  for (const [key, property] of schema.properties)
    errors.push(...defaultErrors(property, `${path}.properties[${key}]`));
  return errors;
}
