import { Environment, Optional } from '@marcbachmann/cel-js';
import { isEqualCel } from './cel-equality.ts';
import { registerOptionalMacros } from './cel-macros.ts';
import { registerNetworkFunctions } from './cel-network.ts';
import { CelObject } from './cel-values.ts';
import { compilePattern } from './pattern.ts';

/** What ends the evaluation of a rule with a message. */
function fail(message: string): never {
  throw new RangeError(message);
}

function patternOf(source: string): RegExp {
  return compilePattern(source) ?? fail(`error parsing regexp: ${source}`);
}

function registerStrings(env: Environment): void {
  env.registerFunction('string.charAt(int): string', (text: string, index: bigint) => {
    const at = Number(index);
    if (at < 0 || at > text.length) fail(`index out of range: ${index}`);
    return text.charAt(at);
  });
  env.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
    text.replaceAll(from, () => to),
  );
  env.registerFunction(
    'string.replace(string, string, int): string',
    (text: string, from: string, to: string, limit: bigint) => {
      if (limit < 0n) return text.replaceAll(from, () => to);
      let left = Number(limit);
      return text.replaceAll(from, (found) => (left-- > 0 ? to : found));
    },
  );
  env.registerFunction(
    'string.find(string): string',
    (text: string, source: string) => patternOf(source).exec(text)?.[0] ?? '',
  );
  const findAll = (text: string, source: string): string[] => {
    const pattern = patternOf(source);
    return [...text.matchAll(new RegExp(pattern.source, `${pattern.flags}g`))].map((match) => match[0]);
  };
  env.registerFunction('string.findAll(string): list<string>', findAll);
  env.registerFunction('string.findAll(string, int): list<string>', (text: string, source: string, limit: bigint) =>
    limit < 0n ? findAll(text, source) : findAll(text, source).slice(0, Number(limit)),
  );
  env.registerFunction('strings.quote(string): string', (_receiver: unknown, text: string) => JSON.stringify(text));
}

type Comparable = bigint | number | string | boolean | Date;

function isBefore(a: Comparable, b: Comparable): boolean {
  return a < b;
}

function extreme(
  list: readonly Comparable[],
  isBetter: (a: Comparable, b: Comparable) => boolean,
  name: string,
): Comparable {
  const [first] = list;
  if (first === undefined) return fail(`${name} called on empty list`);
  return list.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}

function sum(list: readonly (bigint | number)[]): bigint | number {
  if (list.every((item) => typeof item === 'bigint')) return list.reduce((total, item) => total + item, 0n);
  return list.reduce<number>((total, item) => total + Number(item), 0);
}

function registerLists(env: Environment): void {
  env.registerFunction('list.isSorted(): bool', (list: readonly Comparable[]) =>
    list.every((item, index) => index === 0 || !isBefore(item, list[index - 1] ?? item)),
  );
  env.registerFunction('list.sum(): dyn', sum);
  env.registerFunction('list.min(): dyn', (list: readonly Comparable[]) => extreme(list, isBefore, 'min'));
  env.registerFunction('list.max(): dyn', (list: readonly Comparable[]) =>
    extreme(list, (a, b) => isBefore(b, a), 'max'),
  );
  env.registerFunction('list.indexOf(dyn): int', (list: readonly unknown[], wanted: unknown) =>
    BigInt(list.findIndex((item) => isEqualCel(item, wanted))),
  );
  env.registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], wanted: unknown) =>
    BigInt(list.findLastIndex((item) => isEqualCel(item, wanted))),
  );
  env.registerFunction('list.distinct(): list<dyn>', distinct);
  env.registerFunction('list.reverse(): list<dyn>', (list: readonly unknown[]) => list.toReversed());
  env.registerFunction('list.slice(int, int): list<dyn>', (list: readonly unknown[], from: bigint, to: bigint) => {
    if (from < 0n || to < from || to > BigInt(list.length))
      fail(`cannot slice(${from}, ${to}), list is length ${list.length}`);
    return list.slice(Number(from), Number(to));
  });
  env.registerFunction('list.sort(): list<dyn>', (list: readonly Comparable[]) =>
    list.toSorted((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0)),
  );
  env.registerFunction('list.flatten(): list<dyn>', (list: readonly unknown[]) => list.flat());
}

function distinct(list: readonly unknown[]): unknown[] {
  const found: unknown[] = [];
  for (const item of list) if (!found.some((other) => isEqualCel(item, other))) found.push(item);
  return found;
}

/** What `sets` and `strings` are in a rule: receivers of functions, each of a type of its own. */
class SetsNamespace {
  readonly name = 'sets';
}

class StringsNamespace {
  readonly name = 'strings';
}

function registerNamespaces(env: Environment): void {
  const contains = (_receiver: unknown, whole: readonly unknown[], part: readonly unknown[]) =>
    part.every((item) => whole.some((other) => isEqualCel(item, other)));
  env.registerType('SetsNamespace', { ctor: SetsNamespace });
  env.registerConstant({ name: 'sets', type: 'SetsNamespace', value: new SetsNamespace() });
  env.registerFunction('SetsNamespace.contains(list, list): bool', contains);
  env.registerFunction(
    'SetsNamespace.equivalent(list, list): bool',
    (receiver: unknown, a: readonly unknown[], b: readonly unknown[]) =>
      contains(receiver, a, b) && contains(receiver, b, a),
  );
  env.registerFunction(
    'SetsNamespace.intersects(list, list): bool',
    (_receiver: unknown, a: readonly unknown[], b: readonly unknown[]) =>
      a.some((item) => b.some((other) => isEqualCel(item, other))),
  );
  env.registerType('strings', { ctor: StringsNamespace });
  env.registerConstant({ name: 'strings', type: 'strings', value: new StringsNamespace() });
}

/**
 * The functions that Kubernetes adds to CEL, as far as rules of a CustomResourceDefinition commonly use them: strings,
 * regular expressions, lists, sets, URLs, IP addresses. Not there: quantity, semver, format, two-variable macros.
 */
export function celLibrary(): Environment {
  const env = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  env.registerType('CelObject', { ctor: CelObject });
  env.registerOperator('CelObject == CelObject', isEqualCel);
  registerNamespaces(env);
  registerStrings(env);
  registerLists(env);
  registerNetworkFunctions(env, fail);
  registerOptionalMacros(env);
  return env;
}

/** The library with `self` and `oldSelf` of any type; `isOldSelfOptional`: for rules with optionalOldSelf. */
export function celEnvironment(isOldSelfOptional: boolean): Environment {
  return celLibrary()
    .registerVariable('self', 'dyn')
    .registerVariable('oldSelf', isOldSelfOptional ? 'optional<dyn>' : 'dyn');
}

/** `oldSelf` under optionalOldSelf. */
export function optionalOf(value: unknown): unknown {
  return value === undefined ? Optional.none() : Optional.of(value);
}
