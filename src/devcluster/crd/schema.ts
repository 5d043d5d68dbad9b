import { isObject, type Json, type JsonObject, listOf, objectOf, textOf } from '../json.ts';

/** One rule of x-kubernetes-validations. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression: string;
  readonly reason: string;
  readonly fieldPath: string;
  readonly optionalOldSelf: boolean | undefined;
}

/** A JSON schema as a CustomResourceDefinition has it, read once. Source: apiextensions/v1 JSONSchemaProps. */
export interface Schema {
  readonly type: string;
  readonly format: string;
  readonly nullable: boolean;
  readonly default: Json | undefined;
  readonly properties: ReadonlyMap<string, Schema>;
  /** A schema for all other keys; true: any value; false: none are foreseen. */
  readonly additionalProperties: Schema | boolean;
  readonly items: Schema | undefined;
  readonly required: readonly string[];
  readonly enum: readonly Json[] | undefined;
  readonly pattern: string | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minimum: number | undefined;
  readonly exclusiveMinimum: boolean;
  readonly maximum: number | undefined;
  readonly exclusiveMaximum: boolean;
  readonly multipleOf: number | undefined;
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
  readonly uniqueItems: boolean;
  readonly minProperties: number | undefined;
  readonly maxProperties: number | undefined;
  readonly allOf: readonly Schema[];
  readonly anyOf: readonly Schema[];
  readonly oneOf: readonly Schema[];
  readonly not: Schema | undefined;
  readonly preservesUnknown: boolean;
  readonly isEmbedded: boolean;
  readonly isIntOrString: boolean;
  readonly listType: string;
  readonly listMapKeys: readonly string[];
  readonly mapType: string;
  readonly rules: readonly ValidationRule[];
  /** As it was written. */
  readonly raw: JsonObject;
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function schemasOf(value: Json | undefined): readonly Schema[] {
  return listOf(value).map((item) => parseSchema(objectOf(item)));
}

function texts(value: Json | undefined): readonly string[] {
  return listOf(value).map((item) => textOf(item));
}

function ruleOf(value: Json): ValidationRule {
  const raw = objectOf(value);
  return {
    rule: textOf(raw.rule),
    message: textOf(raw.message),
    messageExpression: textOf(raw.messageExpression),
    reason: textOf(raw.reason),
    fieldPath: textOf(raw.fieldPath),
    optionalOldSelf: typeof raw.optionalOldSelf === 'boolean' ? raw.optionalOldSelf : undefined,
  };
}

function additionalOf(value: Json | undefined): Schema | boolean {
  return isObject(value) ? parseSchema(value) : value === true;
}

/** Reads a schema. What has a wrong JSON type counts as absent; `structuralErrors` tells of it. */
export function parseSchema(raw: JsonObject): Schema {
  return {
    type: textOf(raw.type),
    format: textOf(raw.format),
    nullable: raw.nullable === true,
    default: raw.default,
    properties: new Map(
      Object.entries(objectOf(raw.properties)).map(([key, value]) => [key, parseSchema(objectOf(value))]),
    ),
    additionalProperties: additionalOf(raw.additionalProperties),
    items: isObject(raw.items) ? parseSchema(raw.items) : undefined,
    required: texts(raw.required),
    enum: Array.isArray(raw.enum) ? listOf(raw.enum) : undefined,
    pattern: typeof raw.pattern === 'string' && raw.pattern !== '' ? raw.pattern : undefined,
    minLength: numberOf(raw.minLength),
    maxLength: numberOf(raw.maxLength),
    minimum: numberOf(raw.minimum),
    exclusiveMinimum: raw.exclusiveMinimum === true,
    maximum: numberOf(raw.maximum),
    exclusiveMaximum: raw.exclusiveMaximum === true,
    multipleOf: numberOf(raw.multipleOf),
    minItems: numberOf(raw.minItems),
    maxItems: numberOf(raw.maxItems),
    uniqueItems: raw.uniqueItems === true,
    minProperties: numberOf(raw.minProperties),
    maxProperties: numberOf(raw.maxProperties),
    allOf: schemasOf(raw.allOf),
    anyOf: schemasOf(raw.anyOf),
    oneOf: schemasOf(raw.oneOf),
    not: isObject(raw.not) ? parseSchema(raw.not) : undefined,
    preservesUnknown: raw['x-kubernetes-preserve-unknown-fields'] === true,
    isEmbedded: raw['x-kubernetes-embedded-resource'] === true,
    isIntOrString: raw['x-kubernetes-int-or-string'] === true,
    listType: textOf(raw['x-kubernetes-list-type']),
    listMapKeys: texts(raw['x-kubernetes-list-map-keys']),
    mapType: textOf(raw['x-kubernetes-map-type']),
    rules: listOf(raw['x-kubernetes-validations']).map(ruleOf),
    raw,
  };
}
