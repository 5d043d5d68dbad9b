import { isDeepStrictEqual } from 'node:util';
import type { Rule } from '../../src/api/schema.ts';
import type { SchemaNode } from '../../src/api/structural-schema.ts';

/** A definition, as far as it decides what the API server takes and keeps. */
export interface StoredDefinition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly scope: string;
    readonly names: { readonly kind: string; readonly shortNames?: readonly string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: SchemaNode };
      readonly subresources?: object;
    }[];
  };
}

const CHILDREN = ['properties', 'additionalProperties', 'items'] as const;
/** Where a larger number takes less. */
const MINIMA = ['minLength', 'minimum', 'minItems'] as const;
/** Where a smaller number takes less. */
const MAXIMA = ['maxLength', 'maximum', 'maxItems', 'maxProperties'] as const;
/** What takes another set of values when it changes, or one that nobody can compare. Their absence takes all. */
const EXACT = ['pattern', 'format'] as const;
const OTHER = [
  'type',
  'nullable',
  'enum',
  'default',
  'required',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
] as const;
const JUDGED: readonly string[] = ['description', ...CHILDREN, ...MINIMA, ...MAXIMA, ...EXACT, ...OTHER];

/**
 * What an object that was valid, stored or applied under `before` would lose or be refused for under `after`: one sentence
 * each, with the path of the field. None: everything that was stored is read as it was, and can be applied again.
 * A rule is trusted where it knows of the stored object (`oldSelf`); any other new rule counts.
 */
export function narrowed(before: StoredDefinition, after: StoredDefinition): readonly string[] {
  const found: string[] = [];
  const { name } = before.metadata;
  if (before.spec.scope !== after.spec.scope) found.push(`${name}: the scope is ${after.spec.scope} now`);
  if (before.spec.names.kind !== after.spec.names.kind) found.push(`${name}: the kind is ${after.spec.names.kind} now`);
  const shortNames = missing(before.spec.names.shortNames, after.spec.names.shortNames ?? []);
  for (const short of shortNames) found.push(`${name}: the short name ${short} vanished`);
  for (const old of before.spec.versions.filter(({ served }) => served)) {
    const version = after.spec.versions.find((each) => each.name === old.name && each.served);
    const at = `${name} ${old.name}`;
    if (version === undefined) {
      found.push(`${at}: is not served any more`);
      continue;
    }
    const subresources = missing(Object.keys(old.subresources ?? {}), Object.keys(version.subresources ?? {}));
    for (const subresource of subresources) found.push(`${at}: the subresource ${subresource} vanished`);
    const problems = narrowedNode(old.schema.openAPIV3Schema, version.schema.openAPIV3Schema, '');
    found.push(...problems.map((problem) => `${at}: ${problem}`));
  }
  return found;
}

function narrowedNode(before: SchemaNode, after: SchemaNode, path: string): readonly string[] {
  const say = (what: string) => `${path === '' ? 'the object' : path} ${what}`;
  if (before.type !== after.type) return [say(`was ${before.type ?? 'anything'}, is ${after.type ?? 'anything'} now`)];
  return [
    ...narrowedValues(before, after).map(say),
    ...narrowedLimits(before, after).map(say),
    ...newRules(before, after).map(say),
    ...narrowedChildren(before, after, path),
  ];
}

function narrowedValues(before: SchemaNode, after: SchemaNode): readonly string[] {
  const found: string[] = [];
  if (before.nullable === true && after.nullable !== true) found.push('may not be null any more');
  if (after.enum !== undefined) {
    if (before.enum === undefined) found.push(`took any value, takes only ${after.enum.join(', ')} now`);
    for (const value of missing(before.enum, after.enum)) found.push(`does not take ${String(value)} any more`);
  }
  if (!isDeepStrictEqual(before.default, after.default)) {
    found.push(`has the default ${JSON.stringify(after.default)} where it had ${JSON.stringify(before.default)}`);
  }
  for (const key of EXACT) {
    if (after[key] !== undefined && after[key] !== before[key]) {
      found.push(`has the ${key} ${after[key]} where it had ${before[key] ?? 'none'}`);
    }
  }
  const open = 'x-kubernetes-preserve-unknown-fields';
  if (before[open] === true && after[open] !== true) found.push('does not keep fields that it does not know any more');
  for (const key of ['x-kubernetes-list-type', 'x-kubernetes-list-map-keys'] as const) {
    if (!isDeepStrictEqual(before[key], after[key])) found.push(`has another ${key}`);
  }
  // What nobody has thought about here is not passed over.
  for (const key of Object.keys(after).filter((each) => !JUDGED.includes(each))) found.push(`has ${key}, not judged`);
  return found;
}

function narrowedLimits(before: SchemaNode, after: SchemaNode): readonly string[] {
  const told = (key: string, from: number | undefined, to: number) => `has ${key} ${to} where it had ${from ?? 'none'}`;
  const found: string[] = [];
  for (const key of MINIMA) {
    const [from, to] = [before[key], after[key]];
    if (to !== undefined && to > (from ?? Number.NEGATIVE_INFINITY)) found.push(told(key, from, to));
  }
  for (const key of MAXIMA) {
    const [from, to] = [before[key], after[key]];
    if (to !== undefined && to < (from ?? Number.POSITIVE_INFINITY)) found.push(told(key, from, to));
  }
  // The API server fills in defaults before it looks for what is required.
  const required = missing(after.required, before.required ?? []);
  for (const name of required.filter((each) => after.properties?.[each]?.default === undefined)) {
    found.push(`requires ${name}, which could be absent`);
  }
  return found;
}

/** A rule may come in only if it can tell a stored object from a new one, or looks at changes alone. */
function newRules(before: SchemaNode, after: SchemaNode): readonly string[] {
  const key = 'x-kubernetes-validations';
  const isKnown = ({ rule, optionalOldSelf }: Rule) =>
    before[key]?.some((old) => old.rule === rule && old.optionalOldSelf === optionalOldSelf);
  const added = (after[key] ?? []).filter((rule) => isKnown(rule) !== true && !/\boldSelf\b/.test(rule.rule));
  return added.map(({ rule }) => `has a new rule that knows nothing of stored objects: ${rule}`);
}

function narrowedChildren(before: SchemaNode, after: SchemaNode, path: string): readonly string[] {
  const fields = Object.entries(before.properties ?? {}).flatMap(([name, child]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const now = after.properties?.[name] ?? after.additionalProperties;
    if (now !== undefined) return narrowedNode(child, now, at);
    return after['x-kubernetes-preserve-unknown-fields'] === true ? [] : [`${at} vanished`];
  });
  const nested = (['items', 'additionalProperties'] as const).flatMap((key) => {
    const at = `${path}${key === 'items' ? '[]' : '.*'}`;
    const [child, now] = [before[key], after[key]];
    if (child === undefined) return [];
    return now === undefined ? [`${at} vanished`] : narrowedNode(child, now, at);
  });
  return [...fields, ...nested];
}

function missing<T>(wanted: readonly T[] = [], there: readonly T[]): readonly T[] {
  return wanted.filter((each) => !there.includes(each));
}
