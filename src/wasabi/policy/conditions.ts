import { type Conditions, quoted } from './document.ts';
import { type Element, isObject, type Place, problem, stringsOf } from './elements.ts';

/** A condition operator taken apart: `ForAnyValue:StringLikeIfExists`. */
export interface Operator {
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly base: string;
  readonly isIfExists: boolean;
}

/** Source: IAM User Guide, "IAM JSON policy elements: Condition operators". */
const ORDERED = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  String: ['Equals', 'NotEquals', 'EqualsIgnoreCase', 'NotEqualsIgnoreCase', 'Like', 'NotLike'],
  Numeric: ORDERED,
  Date: ORDERED,
  Arn: ['Equals', 'NotEquals', 'Like', 'NotLike'],
  '': ['Bool', 'Null', 'BinaryEquals', 'IpAddress', 'NotIpAddress'],
};
const BASES = Object.entries(FAMILIES).flatMap(([family, tests]) => tests.map((test) => `${family}${test}`));
const byFolded = new Map(BASES.map((base) => [base.toLowerCase(), base]));
const KEY = /^[a-z0-9-]{1,64}:\P{Cc}{1,256}$/iu;
const SHAPE = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/;

/** The parts of an operator in any letter case; `undefined`: there is no such operator. */
export function operatorOf(text: string): Operator | undefined {
  const [, set, folded = '', ifExists] = SHAPE.exec(text.toLowerCase()) ?? [];
  const base = byFolded.get(folded);
  if (base === undefined || (base === 'Null' && ifExists !== undefined)) return undefined;
  const setName = set === undefined ? undefined : set === 'forallvalues' ? 'ForAllValues' : 'ForAnyValue';
  return { set: setName, base, isIfExists: ifExists !== undefined };
}

/** A condition key as it is compared: it has no letter case, but a tag's name behind a slash may have. */
export function foldedKey(key: string): string {
  const [name = '', ...tag] = key.split('/');
  return [name.toLowerCase(), ...tag].join('/');
}

/**
 * The Condition element: operators in their documented spelling, values as lists of text. `{}` is no condition.
 * An operator without keys and a key without values are problems: they look like a restriction and are none.
 */
export function conditionsOf({ value, at }: Element): Conditions | undefined {
  if (!isObject(value)) return problem(at, `is ${quoted(value)}; write {OPERATOR: {KEY: VALUES}}`);
  const found = new Map<string, Readonly<Record<string, readonly string[]>>>();
  for (const [key, tests] of Object.entries(value)) {
    const operator = operatorOf(key);
    const spelled = operator === undefined ? undefined : spelledOperator(operator);
    const place = { ...at, path: `${at.path}.${key}` };
    if (spelled === undefined) {
      problem(at, `has the unknown operator ${quoted(key)}; write one such as StringEquals, Bool or IpAddress`);
    } else if (found.has(spelled)) {
      problem(at, `has the operator ${spelled} twice; put its keys into one`);
    } else if (isObject(tests) && Object.keys(tests).length > 0) {
      found.set(spelled, testsOf(tests, place));
    } else {
      problem(place, 'names no condition key; write {KEY: VALUES}, or take the operator out');
    }
  }
  return found.size === 0 ? undefined : Object.fromEntries(found);
}

function testsOf(tests: Readonly<Record<string, unknown>>, at: Place): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  for (const [key, value] of Object.entries(tests)) {
    if (!KEY.test(key)) {
      problem(at, `has ${quoted(key)}, which is no condition key; write one such as aws:SourceIp or s3:prefix`);
    } else if (seen.has(foldedKey(key))) {
      problem(at, `has the condition key ${quoted(key)} twice; put its values into one list`);
    } else {
      const values = stringsOf({ value, at: { ...at, path: `${at.path}.${key}` } }, 'value');
      found.set(key, values ?? []);
      seen.add(foldedKey(key));
    }
  }
  return Object.fromEntries(found);
}

function spelledOperator({ set, base, isIfExists }: Operator): string {
  return `${set === undefined ? '' : `${set}:`}${base}${isIfExists ? 'IfExists' : ''}`;
}
