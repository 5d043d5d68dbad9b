import { parse } from 'yaml';
import { documentedSchema } from '../../src/api/crd.ts';
import type { KindDefinition } from '../../src/api/kind-definition.ts';
import { DOC_KEY } from '../../src/api/schema.ts';
import type { SchemaNode } from '../../src/api/structural-schema.ts';

/** A change of one field of a spec. */
export interface Operation {
  /** Such as `spec.lifecycle.rules[].expiration.days`. */
  readonly path: string;
  readonly type: 'valid' | 'boundary' | 'invalid' | 'removed';
  /** The value that is written, for people. */
  readonly text: string;
  /** A merge patch of the spec; what stands there already is left alone, but for lists, which are replaced. */
  readonly patch: Readonly<Record<string, unknown>>;
  /** The schema refuses the value by itself. */
  readonly isRefused: boolean;
}

type Value = { readonly type: Exclude<Operation['type'], 'removed'>; readonly value: unknown };

/** No text is longer in these operations: the largest that a schema allows says no more than this. */
const LONG = 4_096;

/** What can be done to each field of the kind's spec, from its schema and the examples that its documentation gives. Pure. */
export function operationsOf(definition: KindDefinition): readonly Operation[] {
  const spec = documentedSchema(definition).properties?.['spec'];
  // What the spec needs stands in the object already, and some of it never changes.
  return Object.entries(spec?.properties ?? {}).flatMap(([name, node]) =>
    operationsAt(node, `spec.${name}`, (value) => ({ [name]: value })),
  );
}

/** @param whole makes the patch of the spec of the value of the node */
function operationsBelow(
  node: SchemaNode,
  path: string,
  whole: (value: unknown) => Readonly<Record<string, unknown>>,
): readonly Operation[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const beside = requiredBeside(node, name);
    return operationsAt(child, `${path}.${name}`, (value) => whole({ ...beside, [name]: value }));
  });
}

function operationsAt(
  node: SchemaNode,
  path: string,
  whole: (value: unknown) => Readonly<Record<string, unknown>>,
): readonly Operation[] {
  const own = [...valuesOf(node)].map(({ type, value }) => ({
    path,
    type,
    text: JSON.stringify(value).slice(0, 80),
    patch: whole(value),
    isRefused: type === 'invalid',
  }));
  const removed = { path, type: 'removed', text: 'null', patch: whole(null), isRefused: false } as const;
  const inItems = node.items === undefined ? [] : operationsBelow(node.items, `${path}[]`, (value) => whole([value]));
  return [...own, removed, ...operationsBelow(node, path, whole), ...inItems];
}

/** Values that fields of that kind may have, are just allowed, or may not have. */
function* valuesOf(node: SchemaNode): Generator<Value> {
  const example = exampleOf(node);
  if (example !== undefined) yield { type: 'valid', value: example };
  switch (node.type) {
    case 'boolean':
      yield* [true, false].map((value) => ({ type: 'valid', value }) as const);
      yield { type: 'invalid', value: 'yes' };
      return;
    case 'integer':
      if (node.minimum !== undefined) {
        yield { type: 'boundary', value: node.minimum };
        yield { type: 'invalid', value: node.minimum - 1 };
      }
      if (node.maximum !== undefined) {
        yield { type: 'boundary', value: node.maximum };
        yield { type: 'invalid', value: node.maximum + 1 };
      }
      yield { type: 'invalid', value: 'many' };
      return;
    case 'string':
      for (const value of node.enum ?? []) yield { type: 'valid', value };
      if (node.enum !== undefined) yield { type: 'invalid', value: 'NoneOfThem' };
      else if (node.maxLength !== undefined && node.maxLength <= LONG) {
        yield { type: 'boundary', value: 'a'.repeat(node.maxLength) };
        yield { type: 'invalid', value: 'a'.repeat(node.maxLength + 1) };
      }
      yield { type: 'invalid', value: 7 };
      return;
    case 'array':
      yield { type: 'boundary', value: [] };
      yield { type: 'invalid', value: 'a' };
      return;
    case 'object':
      if (node.additionalProperties !== undefined) yield { type: 'boundary', value: {} };
      yield { type: 'invalid', value: 'a' };
      return;
    case undefined: // whatever it is, the schema takes it
  }
}

function exampleOf(node: SchemaNode): unknown {
  const text = node[DOC_KEY]?.example;
  return text === undefined ? undefined : parse(text);
}

/** What the object needs beside that field, by examples. */
function requiredBeside(node: SchemaNode, name: string): Readonly<Record<string, unknown>> {
  const names = (node.required ?? []).filter((required) => required !== name);
  return Object.fromEntries(
    names.flatMap((each) => {
      const value = leastOf(node.properties?.[each] ?? {});
      return value === undefined ? [] : [[each, value]];
    }),
  );
}

/** The least value that the node takes. */
function leastOf(node: SchemaNode): unknown {
  const example = exampleOf(node);
  if (example !== undefined) return example;
  if (node.default !== undefined) return node.default;
  if (node.enum !== undefined) return node.enum[0];
  if (node.type === 'object') return requiredBeside(node, '');
  if (node.type === 'array') return node.items === undefined ? [] : [leastOf(node.items)];
  if (node.type === 'integer') return node.minimum ?? 1;
  if (node.type === 'boolean') return true;
  return node.type === 'string' ? 'a' : undefined;
}
