import { isList, isObject, type Json } from '../json.ts';
import type { FieldType, StructType } from '../typed.ts';

/** A schema within a schema: named by a function, as the type is not there yet. */
const nested: FieldType = { choose: () => schemaType };
const schemaOrList: FieldType = { choose: (value: Json) => (isList(value) ? { list: nested } : schemaType) };
const schemaOrBool: FieldType = { choose: (value: Json) => (isObject(value) ? schemaType : 'bool') };

const numbers = ['maximum', 'minimum', 'multipleOf'];
const counts = ['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'];
const texts = ['id', '$schema', 'description', 'type', 'format', 'title', 'pattern'];
const flags = [
  'exclusiveMaximum',
  'exclusiveMinimum',
  'uniqueItems',
  'nullable',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
];

function fieldsOf(names: readonly string[], type: FieldType): Record<string, FieldType> {
  return Object.fromEntries(names.map((name) => [name, type]));
}

/** apiextensions/v1 JSONSchemaProps: what a schema may hold; all else is an unknown field. */
export const schemaType: StructType = {
  name: 'JSONSchemaProps',
  fields: {
    ...fieldsOf(texts, 'string'),
    ...fieldsOf(flags, 'flag'),
    ...fieldsOf(numbers, 'any'),
    ...fieldsOf(counts, 'int'),
    $ref: 'text',
    default: 'any',
    example: 'any',
    enum: { list: 'any' },
    required: { list: 'string' },
    externalDocs: 'any',
    'x-kubernetes-preserve-unknown-fields': 'bool',
    'x-kubernetes-list-map-keys': { list: 'string' },
    'x-kubernetes-list-type': 'text',
    'x-kubernetes-map-type': 'text',
    'x-kubernetes-validations': {
      list: {
        name: 'ValidationRule',
        fields: {
          rule: 'text',
          message: 'string',
          messageExpression: 'string',
          reason: 'text',
          fieldPath: 'string',
          optionalOldSelf: 'bool',
        },
      },
    },
    ...fieldsOf(['allOf', 'oneOf', 'anyOf'], { list: nested }),
    ...fieldsOf(['properties', 'patternProperties', 'definitions'], { map: nested }),
    not: nested,
    items: schemaOrList,
    additionalProperties: schemaOrBool,
    additionalItems: schemaOrBool,
    dependencies: 'any',
  },
};
