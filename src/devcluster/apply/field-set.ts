import { canonicalText, fromEntries, isObject, type Json, type JsonObject } from '../json.ts';

/**
 * The path of a field: elements as managedFields has them (`f:name`, `k:{"id":"a"}`, `v:"x"`), one after another.
 * Text, so that sets of paths are sets of texts.
 */
export type FieldPath = string;
export type FieldSet = ReadonlySet<FieldPath>;

const SEPARATOR = '\n'; // canonical JSON has none

/** The path one element below. */
export function pathBelow(path: FieldPath, element: string): FieldPath {
  return path === '' ? element : `${path}${SEPARATOR}${element}`;
}

/** The elements of a path. */
export function elementsOf(path: FieldPath): readonly string[] {
  return path === '' ? [] : path.split(SEPARATOR);
}

/** Whether a path is `ancestor` or lies below it. */
export function isWithin(path: FieldPath, ancestor: FieldPath): boolean {
  return path === ancestor || path.startsWith(`${ancestor}${SEPARATOR}`);
}

/** The element for a key of an object. */
export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** The element for an item of a list of type map, by its keys. */
export function keyElement(keys: JsonObject): string {
  return `k:${canonicalText(keys)}`;
}

/** The element for an item of a list of type set. */
export function valueElement(value: Json): string {
  return `v:${canonicalText(value)}`;
}

export function union(...sets: readonly FieldSet[]): FieldSet {
  return new Set(sets.flatMap((set) => [...set]));
}

export function difference(set: FieldSet, other: FieldSet): FieldSet {
  return new Set([...set].filter((path) => !other.has(path)));
}

export function intersection(set: FieldSet, other: FieldSet): FieldSet {
  return new Set([...set].filter((path) => other.has(path)));
}

interface Node {
  isMember: boolean;
  readonly children: Map<string, Node>;
}

function toJson(node: Node): JsonObject {
  const entries = [...node.children]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, child]) => [key, toJson(child)] as const);
  const own: readonly (readonly [string, Json])[] = node.isMember && entries.length > 0 ? [['.', {}]] : [];
  return fromEntries([...own, ...entries]);
}

/** The set as FieldsV1: nested by element; `.` marks a path that is a member and has members below it. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const root: Node = { isMember: false, children: new Map() };
  for (const path of set) {
    let node = root;
    for (const element of elementsOf(path)) {
      const next = node.children.get(element) ?? { isMember: false, children: new Map<string, Node>() };
      node.children.set(element, next);
      node = next;
    }
    node.isMember = true;
  }
  return toJson(root);
}

function collect(json: JsonObject, path: FieldPath, set: Set<FieldPath>): void {
  const keys = Object.keys(json);
  if (path !== '' && (keys.length === 0 || json['.'] !== undefined)) set.add(path);
  for (const key of keys) {
    const child = json[key];
    if (key !== '.' && isObject(child)) collect(child, pathBelow(path, normalElement(key)), set);
  }
}

/** The same key or value may be written with another order of its fields. */
function normalElement(element: string): string {
  const prefix = element.slice(0, 2);
  if (prefix !== 'k:' && prefix !== 'v:') return element;
  const value: Json = JSON.parse(element.slice(2));
  return `${prefix}${canonicalText(value)}`;
}

/** FieldsV1 as a set. */
export function fromFieldsV1(json: JsonObject): FieldSet {
  const set = new Set<FieldPath>();
  collect(json, '', set);
  return set;
}

/** A path as conflicts name it: `.spec.rules[id="a"].days`. */
export function pathText(path: FieldPath): string {
  const parts = elementsOf(path).map((element) => {
    const rest = element.slice(2);
    if (element.startsWith('f:')) return `.${rest}`;
    const value: Json = JSON.parse(rest);
    if (element.startsWith('v:') || !isObject(value)) return `[=${rest}]`;
    const keys = Object.entries(value).map(([key, item]) => `${key}=${JSON.stringify(item)}`);
    return `[${keys.join(',')}]`;
  });
  return parts.join('');
}
