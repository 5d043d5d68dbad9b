import { type FieldError, invalid } from '../field-error.ts';
import { type Json, omit } from '../json.ts';
import type { ApiObject } from '../object.ts';
import type { Subresource } from '../resource.ts';
import { CelRules } from './cel.ts';
import { embeddedErrors } from './embedded.ts';
import { listTypeErrors } from './list-type.ts';
import { parseSchema, type Schema } from './schema.ts';
import { schemaErrors } from './validate.ts';

/** After one of these the rules in CEL are not run: they suppose a value of the right shape. */
const blocking = new Set([
  'FieldValueRequired',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const notChecked = invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

const anything = parseSchema({});

/** All that one version's schema demands of its objects. */
export class SchemaRules {
  readonly #schema: Schema;
  readonly #status: Schema;
  readonly #cel: CelRules;

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#status = schema.properties.get('status') ?? anything;
    this.#cel = new CelRules(schema, true);
  }

  /** What is wrong with the object; `old`: the state before, whose unchanged parts are not held against it. */
  errors(object: ApiObject, old: ApiObject | undefined, subresource: Subresource | undefined): readonly FieldError[] {
    const errors = subresource === 'status' ? this.#statusErrors(object, old) : schemaErrors(object, this.#schema, old);
    errors.push(...embeddedErrors(omit(object, 'metadata'), this.#schema, ''));
    const wasUnique = old === undefined || listTypeErrors(omit(old, 'metadata'), this.#schema, '').length === 0;
    if (wasUnique) errors.push(...listTypeErrors(omit(object, 'metadata'), this.#schema, ''));
    if (this.#cel.isEmpty) return errors;
    if (errors.some((error) => blocking.has(error.type))) return [...errors, notChecked];
    return [...errors, ...this.#cel.errors(object, old)];
  }

  /** The status by itself: messages name its fields without `status.`, paths have it. */
  #statusErrors(object: ApiObject, old: ApiObject | undefined): FieldError[] {
    const status: Json | undefined = object.status;
    if (status === undefined) return [];
    return schemaErrors(status, this.#status, old?.status).map((error) => ({
      ...error,
      field: error.field === '<nil>' ? 'status' : `status.${error.field}`,
    }));
  }
}
