import { BlockList, isIP } from 'node:net';
import type { Comparison, Condition } from './condition-syntax.ts';
import { type Context, matchesPattern, substitute } from './pattern.ts';

type Compare = (actual: string, wanted: string, variables: Context | undefined) => boolean;

const stringEquals: Compare = (actual, wanted, variables) => actual === substitute(wanted, variables);
const equalsIgnoreCase: Compare = (actual, wanted, variables) =>
  actual.toLowerCase() === substitute(wanted, variables)?.toLowerCase();

/** ARNs are compared part by part, so that a `*` does not reach over a colon; the last part may hold some. */
const arnLike: Compare = (actual, wanted, variables) => {
  const [parts, patterns] = [partsOf(actual), partsOf(wanted)];
  const isArn = parts.length === 6 && patterns.length === 6;
  return isArn && patterns.every((pattern, index) => matchesPattern(pattern, parts[index] ?? '', variables));
};

/** The six parts of an ARN; a colon within `${…}` is none of its own. */
function partsOf(arn: string): readonly string[] {
  const parts = arn.split(/:(?![^{]*\})/u);
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function numbers(test: (actual: number, wanted: number) => boolean): Compare {
  return (actual, wanted) => {
    const [left, right] = [numberOf(actual), numberOf(wanted)];
    return left !== undefined && right !== undefined && test(left, right);
  };
}

function numberOf(text: string): number | undefined {
  return /^-?\d+(?:\.\d+)?$/u.test(text) ? Number(text) : undefined;
}

function dates(test: (actual: number, wanted: number) => boolean): Compare {
  return (actual, wanted) => {
    const [left, right] = [timeOf(actual), timeOf(wanted)];
    return left !== undefined && right !== undefined && test(left, right);
  };
}

/** ISO 8601, or seconds since the epoch. */
function timeOf(text: string): number | undefined {
  const ms = /^\d+$/u.test(text) ? Number(text) * 1000 : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

const ipAddress: Compare = (actual, wanted) => {
  const [network = '', length] = wanted.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(actual) !== family) return false;
  const bits = family === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : numberOf(length);
  if (prefix === undefined || prefix > bits) return false;
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, prefix, type);
  return list.check(actual, type);
};

/** The plain comparisons. `Null` is none: it asks whether there is a value. */
const POSITIVE: Readonly<Partial<Record<Comparison, Compare>>> = {
  StringEquals: stringEquals,
  StringEqualsIgnoreCase: equalsIgnoreCase,
  StringLike: (actual, wanted, variables) => matchesPattern(wanted, actual, variables),
  NumericEquals: numbers((actual, wanted) => actual === wanted),
  NumericLessThan: numbers((actual, wanted) => actual < wanted),
  NumericLessThanEquals: numbers((actual, wanted) => actual <= wanted),
  NumericGreaterThan: numbers((actual, wanted) => actual > wanted),
  NumericGreaterThanEquals: numbers((actual, wanted) => actual >= wanted),
  DateEquals: dates((actual, wanted) => actual === wanted),
  DateLessThan: dates((actual, wanted) => actual < wanted),
  DateLessThanEquals: dates((actual, wanted) => actual <= wanted),
  DateGreaterThan: dates((actual, wanted) => actual > wanted),
  DateGreaterThanEquals: dates((actual, wanted) => actual >= wanted),
  Bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  IpAddress: ipAddress,
  ArnEquals: arnLike,
  ArnLike: arnLike,
};

/** Those that hold where the plain one does not, and where the request has no value. */
const NEGATED: Readonly<Partial<Record<Comparison, Comparison>>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};

/**
 * Whether a condition holds. Of several values of the policy one must fit, of a negated comparison none.
 * Source: IAM User Guide, "Conditions with multiple context keys or values" and "Condition operators".
 */
export function holds(condition: Condition, context: Context, hasVariables: boolean): boolean {
  const { comparison, quantifier, isIfExists, key, values } = condition;
  const actual = context(key) ?? [];
  if (comparison === 'Null') {
    return values.some((value) => (value.toLowerCase() === 'true') === (actual.length === 0));
  }
  const plain = NEGATED[comparison];
  const isNegated = plain !== undefined;
  const compare = POSITIVE[plain ?? comparison];
  if (compare === undefined) throw new Error(`condition ${comparison} is compared by nothing`);
  const variables = hasVariables ? context : undefined;
  const fits = (value: string) => values.some((wanted) => compare(value, wanted, variables)) !== isNegated;
  if (actual.length === 0)
    return isIfExists || quantifier === 'ForAllValues' || (isNegated && quantifier === undefined);
  const isForAll = quantifier === 'ForAllValues' || (quantifier === undefined && isNegated);
  return isForAll ? actual.every(fits) : actual.some(fits);
}
