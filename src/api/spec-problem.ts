import type { z } from 'zod';
import type { KindDefinition } from './kind-definition.ts';
import { type RuleNode, ruleTree } from './rule-tree.ts';
import { SPEC_MISSING } from './schema.ts';

/** What is wrong with the spec of a stored object, on one line that begins with the field; undefined: nothing. */
export type SpecProblem = (object: { readonly spec?: unknown }) => string | undefined;

/** The two questions to a stored object. */
export interface SpecChecker {
  /** Whether the code can read it: the structure, which it takes for granted. */
  readonly specProblem: SpecProblem;
  /** Of one that can be read: what a rule of the definition says against it. It keeps out what is new, as admission does. */
  readonly brokenRule: SpecProblem;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * Holds stored objects to the schema of their kind. Admission does so for new ones; what an older release stored, or
 * stores without CRD validation, may lack what the code takes for granted, or say what the service would refuse, or take
 * for something else. It says the same as the API server does. Each version of an object is looked at once.
 */
export function specChecker(definition: KindDefinition): SpecChecker {
  const rules = ruleTree(definition.schema);
  const known = new WeakMap<object, Verdict>();
  const verdictOf = (object: { readonly spec?: unknown }): Verdict => {
    const found = known.get(object);
    if (found !== undefined) return found;
    const { spec } = object;
    const result = definition.schema.safeParse({ spec });
    const verdict: Verdict = result.success
      ? { problem: undefined, broken: brokenRuleOf(rules, result.data, []) }
      : { problem: problemOf(rules, result.error.issues, { spec }), broken: undefined };
    known.set(object, verdict);
    return verdict;
  };
  return {
    specProblem: (object) => verdictOf(object).problem,
    brokenRule: (object) => verdictOf(object).broken,
  };
}

interface Verdict {
  readonly problem: string | undefined;
  readonly broken: string | undefined;
}

/** The first rule that the value breaks, with the place, in the words of the definition. */
function brokenRuleOf(node: RuleNode, value: unknown, path: Path): string | undefined {
  if (value === undefined || value === null) return undefined;
  const broken = node.rules.find(({ holds }) => holds?.(value) === false);
  if (broken !== undefined) return `${pathText(path)}: ${broken.message}`;
  if (node.isDate && typeof value === 'string' && Number.isNaN(Date.parse(value))) {
    return `${pathText(path)}: Invalid value: ${shown(value)}: ${pathText(path)} in body must be of type date: ${shown(value)}`;
  }
  const twice = Array.isArray(value) ? duplicateOf(value, node.mapKey) : undefined;
  if (twice !== undefined) return `${pathText([...path, twice.index])}: Duplicate value: ${twice.text}`;
  for (const [name, child] of childrenOf(node, value)) {
    const problem = brokenRuleOf(child, valueAt(value, name), [...path, name]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function childrenOf(node: RuleNode, value: unknown): readonly (readonly [PropertyKey, RuleNode])[] {
  if (Array.isArray(value)) {
    const { items } = node;
    return items === undefined ? [] : value.map((_item, index) => [index, items] as const);
  }
  return Object.entries(node.properties);
}

/** The second item that has the key of an earlier one. */
function duplicateOf(
  items: readonly unknown[],
  mapKey: string | undefined,
): { readonly index: number; readonly text: string } | undefined {
  if (mapKey === undefined) return undefined;
  const keys = items.map((item) => valueAt(item, mapKey));
  const index = keys.findIndex((key, at) => keys.indexOf(key) < at);
  return index < 0 ? undefined : { index, text: JSON.stringify({ [mapKey]: keys[index] }) };
}

/** The first problem of the structure, as the API server puts it. */
function problemOf(rules: RuleNode, issues: readonly Issue[], object: object): string | undefined {
  const [issue] = issues;
  if (issue === undefined) return undefined;
  const { path } = issue;
  const value = valueAtPath(object, path);
  if (path.length === 1 && value === undefined) return `spec: ${SPEC_MISSING}`;
  const node = path.reduce<RuleNode | undefined>(
    (parent, name) => (typeof name === 'number' ? parent?.items : parent?.properties[String(name)]),
    rules,
  );
  // A pattern is a rule in words; what is missing or too long is no matter of it.
  const isPattern = issue.code === 'invalid_format';
  const rule = isPattern ? node?.rules.find(({ holds }) => holds?.(value) === false) : undefined;
  return `${pathText(path)}: ${rule?.message ?? wordsOf(issue, value, pathText(path))}`;
}

/** The words of the API server for what zod found. */
function wordsOf(issue: Issue, value: unknown, path: string): string {
  if (value === undefined) return 'Required value';
  const wrong = `Invalid value: ${shown(Array.isArray(value) ? value.length : value)}: ${path} in body should`;
  if (issue.code === 'invalid_value') {
    return `Unsupported value: ${shown(value)}: supported values: ${issue.values.map((each) => JSON.stringify(each)).join(', ')}`;
  }
  if (issue.code === 'invalid_format') return `${wrong} match '${patternText(issue.pattern)}'`;
  if (issue.code === 'too_big') {
    const { maximum } = issue;
    if (typeof value === 'string') return `Too long: may not be more than ${maximum} bytes`;
    if (Array.isArray(value)) return `Too many: ${value.length}: must have at most ${maximum} items`;
    return `${wrong} be less than or equal to ${maximum}`;
  }
  if (issue.code === 'too_small') {
    const { minimum } = issue;
    if (typeof value === 'string') return `${wrong} be at least ${minimum} chars long`;
    return Array.isArray(value)
      ? `${wrong} have at least ${minimum} items`
      : `${wrong} be greater than or equal to ${minimum}`;
  }
  return issue.message;
}

const MAX_SHOWN = 80;

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** zod has it between slashes, a definition without. */
function patternText(pattern = ''): string {
  return pattern.replace(/^\/(.*)\/[a-z]*$/s, '$1').replaceAll('\\/', '/');
}

/** `spec.rules[0].id`. */
function pathText(path: Path): string {
  return path
    .map((name, index) => (typeof name === 'number' ? `[${name}]` : `${index > 0 ? '.' : ''}${String(name)}`))
    .join('');
}

function valueAtPath(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(valueAt, value);
}

function valueAt(value: unknown, name: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
