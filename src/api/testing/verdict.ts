import { isDeepStrictEqual } from 'node:util';
import { Environment, Optional } from '@marcbachmann/cel-js';
import { documentedSchema } from '../crd.ts';
import type { KindDefinition } from '../kind-definition.ts';
import type { Rule } from '../schema.ts';
import type { SchemaNode } from '../structural-schema.ts';
import type { Draft } from './schema-case.ts';

type Path = readonly (string | number)[];
type Values = Readonly<Record<string, unknown>>;

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true });

/** Throws when the rule is no CEL, or compares what cannot be compared. */
export function compileRule(rule: Rule): void {
  const checked = environment.check(rule.rule);
  if (!checked.valid) throw new Error(`${rule.rule}: ${checked.error?.message}`);
}

/** One rule at one value: where it stands in the schema (`spec.outputs[].type`), and whether the value keeps it. */
export interface RuleVerdict {
  readonly place: string;
  readonly rule: Rule;
  readonly isHeld: boolean;
}

type Listener = (each: RuleVerdict) => void;

/** Each rule that is asked about the object, or about its change. */
export function ruleVerdicts(definition: KindDefinition, each: Asked): readonly RuleVerdict[] {
  const asked: RuleVerdict[] = [];
  verdict(definition, each, (one) => asked.push(one));
  return asked;
}

interface Asked {
  readonly to: Draft;
  readonly from?: Draft | undefined;
  readonly name?: string;
}

/**
 * What an API server says of a new object, or of the change of one: zod checks the structure, the rules are evaluated
 * here, and an error at a value that the change left alone does not count.
 * @param name `metadata.name` of the object
 */
export function verdict(
  definition: KindDefinition,
  { to, from, name = 'it' }: Asked,
  listener: Listener = () => undefined,
): readonly string[] {
  const metadata = { name };
  const before = from === undefined ? undefined : { ...withDefaults(definition, from), metadata };
  // A change of spec never carries a status of its own: the server keeps the one that is stored.
  const object = { ...to, ...(from?.status === undefined ? {} : { status: from.status }) };
  const parsed = definition.schema.partial().safeParse(object);
  const root = schemaOf(definition);
  const issues = parsed.success ? [] : parsed.error.issues;
  const leftToRules = issues.filter((issue) => isLeftToRules(root, issue));
  if (issues.length > leftToRules.length) {
    return issues
      .filter((issue) => !leftToRules.includes(issue))
      .filter((issue) => before === undefined || !isDeepStrictEqual(at(object, issue.path), at(before, issue.path)))
      .map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  }
  // Defaults are filled in by parsing, which needs some value in the place of each that only a rule refuses.
  const data = definition.schema
    .partial()
    .parse(leftToRules.reduce((whole, { path }) => put(whole, path, stand(nodeAt(root, path))), object));
  const whole = leftToRules.reduce<object>((filled, { path }) => put(filled, path, at(object, path)), data);
  return broken(root, { ...whole, metadata }, before, { isUpdate: from !== undefined, path: [], listener });
}

const schemas = new Map<KindDefinition, SchemaNode>();

function schemaOf(definition: KindDefinition): SchemaNode {
  const schema = schemas.get(definition) ?? documentedSchema(definition);
  schemas.set(definition, schema);
  return schema;
}

/** A pattern that the CRD leaves to a rule: only the rule is asked. */
function isLeftToRules(root: SchemaNode, { code, path }: { code: string; path: readonly PropertyKey[] }): boolean {
  const node = nodeAt(root, path);
  return code === 'invalid_format' && node !== undefined && node.pattern === undefined;
}

function nodeAt(root: SchemaNode, path: readonly PropertyKey[]): SchemaNode | undefined {
  const step = (parent: SchemaNode | undefined, name: PropertyKey) =>
    typeof name === 'number' ? parent?.items : parent?.properties?.[String(name)];
  return path.reduce<SchemaNode | undefined>(step, root);
}

/** A value that stands in for one that a rule alone is to judge: the pattern takes it. */
function stand(node: SchemaNode | undefined): string {
  const rules = (node?.['x-kubernetes-validations'] ?? []).filter(({ rule }) => !rule.includes('oldSelf'));
  const values = ['abc', 'arn:aws:iam::aws:policy/abc'];
  return values.find((value) => rules.every((rule) => holds(rule, value, undefined))) ?? '';
}

/** A copy with that value at that path, which leads through objects and lists. */
function put(object: object, path: readonly PropertyKey[], value: unknown): object {
  if (Array.isArray(object)) {
    const [index, ...inside] = path;
    return object.map((item: unknown, at) => (at === index ? inItem(item, inside, value) : item));
  }
  const [first = '', ...rest] = path;
  const child: unknown = isValues(object) ? object[String(first)] : undefined;
  return { ...object, [first]: inItem(child, rest, value) };
}

function inItem(child: unknown, rest: readonly PropertyKey[], value: unknown): unknown {
  if (rest.length === 0) return value;
  return put(isValues(child) || Array.isArray(child) ? child : {}, rest, value);
}

/** Stored objects may be invalid under the new schema; then they are taken as they are. */
function withDefaults(definition: KindDefinition, from: Draft): object {
  const parsed = definition.schema.partial().safeParse(from);
  return parsed.success ? parsed.data : from;
}

interface Place {
  readonly isUpdate: boolean;
  readonly path: Path;
  readonly listener: Listener;
}

function broken(node: SchemaNode, value: unknown, old: unknown, place: Place): readonly string[] {
  if (value === undefined || value === null) return [];
  const { isUpdate, path, listener } = place;
  const isUnchanged = isUpdate && isDeepStrictEqual(value, old);
  const own = (node['x-kubernetes-validations'] ?? [])
    .filter((rule) => !(isUnchanged && !rule.rule.includes('oldSelf')))
    .filter((rule) => {
      const isHeld = holds(rule, value, old);
      listener({ place: placeText(path), rule, isHeld });
      return !isHeld;
    })
    .map((rule) => `${path.join('.')}: ${rule.message}`);
  return [...own, ...duplicates(node, value, old, path), ...brokenChildren(node, value, old, place)];
}

function brokenChildren(node: SchemaNode, value: unknown, old: unknown, place: Place): readonly string[] {
  const at = (name: string | number): Place => ({ ...place, path: [...place.path, name] });
  if (Array.isArray(value)) {
    const key = node['x-kubernetes-list-map-keys']?.[0];
    return value.flatMap((item: unknown, index) => broken(node.items ?? {}, item, oldItem(old, item, key), at(index)));
  }
  if (!isValues(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const childNode = node.properties?.[name] ?? node.additionalProperties;
    return broken(childNode ?? {}, child, isValues(old) ? old[name] : undefined, at(name));
  });
}

function placeText(path: Path): string {
  return path
    .map((name) => (typeof name === 'number' ? '[]' : `.${name}`))
    .join('')
    .replace(/^\./, '');
}

/** Only items of a list that has a key are the same item before and after. */
function oldItem(old: unknown, item: unknown, key: string | undefined): unknown {
  if (!Array.isArray(old) || key === undefined) return undefined;
  return old.find((each) => at(each, [key]) === at(item, [key]));
}

function duplicates(node: SchemaNode, value: unknown, old: unknown, path: Path): readonly string[] {
  const key = node['x-kubernetes-list-map-keys']?.[0];
  if (key === undefined || !Array.isArray(value) || isDeepStrictEqual(value, old)) return [];
  const keys = value.map((item) => at(item, [key]));
  return new Set(keys).size === keys.length ? [] : [`${path.join('.')}: Duplicate value`];
}

/** To CEL a field that is null is a field that is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isValues(value)) return value;
  const there = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(there.map(([name, child]) => [name, withoutNulls(child)]));
}

function holds(rule: Rule, current: unknown, before: unknown): boolean {
  const [value, old] = [withoutNulls(current), withoutNulls(before)];
  if (rule.optionalOldSelf === true) {
    const oldSelf = old === undefined ? Optional.none() : Optional.of(old);
    return environment.evaluate(rule.rule, { self: value, oldSelf }) === true;
  }
  if (rule.rule.includes('oldSelf') && old === undefined) return true;
  return environment.evaluate(rule.rule, { self: value, oldSelf: old }) === true;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(value)) return at(value[Number(first)], rest);
  return isValues(value) ? at(value[String(first)], rest) : undefined;
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
