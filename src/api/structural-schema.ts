import { z } from 'zod';
import { DOC_KEY, type FieldDoc, type Rule } from './schema.ts';

/** A node of a structural OpenAPI v3 schema, as a CRD holds it, with the FieldDoc while that is still on it. */
export interface SchemaNode {
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly format?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode;
  readonly items?: SchemaNode;
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly Rule[];
  readonly [DOC_KEY]?: FieldDoc;
}

/** The order of the keys in what is written, so that a diff shows what changed and nothing else. */
const KEY_ORDER: readonly (keyof SchemaNode)[] = [
  'description',
  DOC_KEY,
  'type',
  'format',
  'nullable',
  'enum',
  'default',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'maxProperties',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
  'required',
  'properties',
  'additionalProperties',
  'items',
];

const INT32_MAX = 2_147_483_647;

/**
 * A zod schema as a structural schema: what users may send (`io: input`), every integer with its format and without
 * the bounds that zod adds to all of them.
 * @throws Error when the schema holds something that a CRD cannot say, naming the key
 */
export function structuralSchema(schema: z.ZodType): SchemaNode {
  const raw = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => {
      const rules: unknown = jsonSchema['x-kubernetes-validations'];
      if (isRules(rules)) jsonSchema['x-kubernetes-validations'] = rules.map(asServed);
      if (jsonSchema.type !== 'integer') return;
      jsonSchema.format = fitsInt32(jsonSchema.minimum) && fitsInt32(jsonSchema.maximum) ? 'int32' : 'int64';
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  // zod's type allows all of JSON Schema; `ordered` throws on every key that SchemaNode does not have.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked key by key right here
  return ordered(raw as SchemaNode, '');
}

/** Only `field` writes that key. */
function isRules(rules: unknown): rules is readonly Rule[] {
  return Array.isArray(rules);
}

/** What the API server is told of a rule. */
function asServed({ rule, message, optionalOldSelf }: Rule): Rule {
  return { rule, message, ...(optionalOldSelf === undefined ? {} : { optionalOldSelf }) };
}

/** The same schema without what only the reference pages read. */
export function withoutDocs(node: SchemaNode): SchemaNode {
  const { [DOC_KEY]: _doc, ...rest } = node;
  return mapChildren(rest, withoutDocs);
}

/** A copy of the node whose direct children went through `change`. */
function mapChildren(node: SchemaNode, change: (child: SchemaNode, name: string) => SchemaNode): SchemaNode {
  return {
    ...node,
    ...(node.properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(node.properties).map(([name, child]) => [name, change(child, `.${name}`)]),
          ),
        }),
    ...(node.additionalProperties === undefined
      ? {}
      : { additionalProperties: change(node.additionalProperties, '.*') }),
    ...(node.items === undefined ? {} : { items: change(node.items, '[]') }),
  };
}

function fitsInt32(bound: unknown): boolean {
  return typeof bound === 'number' && Math.abs(bound) <= INT32_MAX;
}

function ordered(node: SchemaNode, path: string): SchemaNode {
  const unknown = Object.keys(node).find((key) => !KEY_ORDER.some((known) => known === key));
  if (unknown !== undefined) {
    throw new Error(`${path === '' ? 'the root' : path}: a CRD cannot say "${unknown}"; write it another way`);
  }
  if (
    node.additionalProperties !== undefined &&
    (node.properties !== undefined || !isTyped(node.additionalProperties))
  ) {
    throw new Error(`${path}: a CRD cannot say additionalProperties beside properties, or without a type`);
  }
  const entries = KEY_ORDER.flatMap((key) => (node[key] === undefined ? [] : [[key, node[key]] as const]));
  return mapChildren(Object.fromEntries(entries), (child, name) => ordered(child, `${path}${name}`));
}

/** zod gives `false` for a strict object and `{}` for a loose one. */
function isTyped(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'type' in node;
}
