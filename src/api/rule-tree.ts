import { z } from 'zod';
import type { Rule } from './schema.ts';

/** The rules that stand on a part of a schema, and on the parts below it. Parts without any are left out. */
export interface RuleNode {
  readonly rules: readonly Rule[];
  /** The key of the items of a list, which no two may share. */
  readonly mapKey: string | undefined;
  readonly properties: Readonly<Record<string, RuleNode>>;
  readonly items: RuleNode | undefined;
  /** The text is a day, which the parser does not look at. */
  readonly isDate: boolean;
}

const NOTHING: RuleNode = { rules: [], mapKey: undefined, properties: {}, items: undefined, isDate: false };

/** The rules of a schema, where they stand. The functions among them stand in its metadata alone, not in the CRD. */
export function ruleTree(schema: z.ZodType): RuleNode {
  return nodeOf(schema) ?? NOTHING;
}

function nodeOf(schema: unknown): RuleNode | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const meta = schema.meta() ?? {};
  const inner = below(schema);
  const rules = rulesIn(meta['x-kubernetes-validations']) ?? inner.rules;
  const mapKey = mapKeyIn(meta['x-kubernetes-list-map-keys']) ?? inner.mapKey;
  const { properties, items } = inner;
  const isDate = meta['format'] === 'date' || inner.isDate;
  const isEmpty = rules.length === 0 && mapKey === undefined && items === undefined && !isDate;
  return isEmpty && Object.keys(properties).length === 0 ? undefined : { rules, mapKey, properties, items, isDate };
}

function below(schema: z.ZodType): RuleNode {
  if (schema instanceof z.ZodObject) {
    const nodes = Object.entries(schema.shape).flatMap(([name, child]): [string, RuleNode][] => {
      const node = nodeOf(child);
      return node === undefined ? [] : [[name, node]];
    });
    return { ...NOTHING, properties: Object.fromEntries(nodes) };
  }
  if (schema instanceof z.ZodArray) return { ...NOTHING, items: nodeOf(schema.element) };
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault;
  return isWrapper ? (nodeOf(schema.unwrap()) ?? NOTHING) : NOTHING;
}

/** Only `field` writes that key. */
function rulesIn(rules: unknown): readonly Rule[] | undefined {
  return Array.isArray(rules) ? rules : undefined;
}

function mapKeyIn(keys: unknown): string | undefined {
  const [key] = Array.isArray(keys) ? (keys as readonly unknown[]) : [];
  return typeof key === 'string' ? key : undefined;
}
