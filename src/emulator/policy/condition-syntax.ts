import { keyOf } from './pattern.ts';
import { PolicySyntaxError } from './syntax-error.ts';

/** The comparisons that there are. Source: IAM User Guide, "IAM JSON policy elements: Condition operators". */
const COMPARISONS = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateEquals',
  'DateNotEquals',
  'DateLessThan',
  'DateLessThanEquals',
  'DateGreaterThan',
  'DateGreaterThanEquals',
  'Bool',
  'IpAddress',
  'NotIpAddress',
  'ArnEquals',
  'ArnNotEquals',
  'ArnLike',
  'ArnNotLike',
  'Null',
] as const;

/** The name of a comparison, without prefix and suffix. */
export type Comparison = (typeof COMPARISONS)[number];

/** One comparison of a key of the request with the values of the policy. */
export interface Condition {
  readonly comparison: Comparison;
  /** Which of several values of the request must hold; absent: there is one. */
  readonly quantifier?: 'ForAllValues' | 'ForAnyValue';
  /** A key that the request does not have is let pass. */
  readonly isIfExists: boolean;
  /** As `keyOf` gives it. */
  readonly key: string;
  readonly values: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** The Condition element of a statement. @throws PolicySyntaxError */
export function parseConditions(source: unknown, where: string): readonly Condition[] {
  if (source === undefined) return [];
  const blocks = recordOf(source, `${where}.Condition`);
  return Object.entries(blocks).flatMap(([operator, keys]) => {
    const parsed = parseOperator(operator, where);
    const entries = Object.entries(recordOf(keys, `${where}.Condition.${operator}`));
    return entries.map(([key, values]) => {
      if (!/^[a-z][\w-]*:.+$/iu.test(key)) throw new PolicySyntaxError(`${where}: Invalid condition key "${key}"`);
      return { ...parsed, key: keyOf(key), values: valuesOf(values, `${where}.Condition.${operator}.${key}`) };
    });
  });
}

function parseOperator(operator: string, where: string): Omit<Condition, 'key' | 'values'> {
  const [, quantifier, name, suffix] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/u.exec(operator) ?? [];
  const comparison = COMPARISONS.find((known) => known === name);
  if (comparison === undefined || (comparison === 'Null' && suffix !== undefined)) {
    throw new PolicySyntaxError(`${where}: Invalid Condition type : ${operator}`);
  }
  const isIfExists = suffix !== undefined;
  if (quantifier === undefined) return { comparison, isIfExists };
  return { comparison, isIfExists, quantifier: quantifier === 'ForAllValues' ? 'ForAllValues' : 'ForAnyValue' };
}

function valuesOf(source: unknown, where: string): readonly string[] {
  const list = Array.isArray(source) ? (source as readonly unknown[]) : [source];
  return list.map((value) => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new PolicySyntaxError(`${where}: ${JSON.stringify(value)} is no text, number or boolean`);
  });
}

function recordOf(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json; // an object of JSON
  throw new PolicySyntaxError(`${where} is no object`);
}
