import { canonicalText, fromEntries, isEqual, isList, isObject, type Json, type JsonObject } from '../json.ts';
import {
  difference,
  type FieldPath,
  type FieldSet,
  fieldElement,
  isWithin,
  keyElement,
  pathBelow,
  valueElement,
} from './field-set.ts';
import type { MergeField, MergeType } from './merge-type.ts';

const deducedField: MergeField = { type: { type: 'deduced' }, isNamed: false };

/** How the fields of an object value are merged; undefined: the value is owned as one. */
function fieldsOf(type: MergeType, value: Json): ((name: string) => MergeField) | undefined {
  if (!isObject(value)) return undefined;
  if (type.type === 'granular') return type.field;
  return type.type === 'deduced' ? () => deducedField : undefined;
}

interface Item {
  readonly element: string;
  readonly value: Json;
  readonly type: MergeType;
}

/** The items of a list that are owned one by one; undefined: the list is owned as one. */
function itemsOf(type: MergeType, value: Json): readonly Item[] | undefined {
  if (!isList(value)) return undefined;
  if (type.type === 'set')
    return value.map((item) => ({ element: valueElement(item), value: item, type: { type: 'atomic' } }));
  if (type.type !== 'listMap') return undefined;
  return value.map((item) => {
    const keys = type.keys.map(
      (key) => [key, (isObject(item) ? item[key] : undefined) ?? type.defaults[key] ?? null] as const,
    );
    return { element: keyElement(fromEntries(keys)), value: item, type: type.item };
  });
}

/** Every owned path of a value, and the canonical text of what is owned as one there ('' for the rest). */
type Leaves = Map<FieldPath, string>;

function collect(value: Json, type: MergeType, path: FieldPath, leaves: Leaves): void {
  const fields = fieldsOf(type, value);
  if (fields !== undefined && isObject(value)) {
    const present = Object.entries(value).filter(([, child]) => child !== undefined);
    if (present.length === 0 && path !== '') leaves.set(path, '');
    for (const [name, child] of present) {
      const { type: childType, isNamed } = fields(name);
      const below = pathBelow(path, fieldElement(name));
      if (!isNamed) leaves.set(below, '');
      collect(child ?? null, childType, below, leaves);
    }
    return;
  }
  const items = itemsOf(type, value);
  if (items === undefined) {
    leaves.set(path, canonicalText(value));
    return;
  }
  for (const item of items) {
    const below = pathBelow(path, item.element);
    leaves.set(below, '');
    if (item.type.type !== 'atomic') collect(item.value, item.type, below, leaves);
    else leaves.set(below, canonicalText(item.value));
  }
}

/** Every path that a value owns. */
export function fieldSetOf(value: JsonObject, type: MergeType): FieldSet {
  const leaves: Leaves = new Map();
  collect(value, type, '', leaves);
  return new Set(leaves.keys());
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What changed from one state to the next. */
export function compare(before: JsonObject, after: JsonObject, type: MergeType): Comparison {
  const [old, now]: [Leaves, Leaves] = [new Map(), new Map()];
  collect(before, type, '', old);
  collect(after, type, '', now);
  const modified = [...now].filter(([path, text]) => old.has(path) && old.get(path) !== text).map(([path]) => path);
  const [was, is] = [new Set(old.keys()), new Set(now.keys())];
  return { added: difference(is, was), modified: new Set(modified), removed: difference(was, is) };
}

/** The live value with what the configuration says on top. */
export function merge(live: Json | undefined, config: Json, type: MergeType): Json {
  if (live === undefined || live === null) return config;
  const fields = fieldsOf(type, config);
  if (fields !== undefined && isObject(live) && isObject(config)) {
    const merged = new Map<string, Json | undefined>(Object.entries(live));
    for (const [name, child] of Object.entries(config))
      if (child !== undefined) merged.set(name, merge(merged.get(name), child, fields(name).type));
    return fromEntries(merged);
  }
  const [liveItems, configItems] = [itemsOf(type, live), itemsOf(type, config)];
  if (liveItems === undefined || configItems === undefined) return config;
  const items = new Map(liveItems.map(({ element, value }) => [element, value]));
  for (const item of configItems) items.set(item.element, merge(items.get(item.element), item.value, item.type));
  return [...items.values()];
}

/**
 * The value without the paths in `gone` (their whole subtrees), except where a path in `owned` is or lies below.
 */
export function without(value: Json, gone: FieldSet, owned: FieldSet, type: MergeType, path: FieldPath = ''): Json {
  const isGone = (at: FieldPath) => gone.has(at) && ![...owned].some((other) => isWithin(other, at));
  const fields = fieldsOf(type, value);
  if (fields !== undefined && isObject(value)) {
    const kept = Object.entries(value).flatMap(([name, child]): [string, Json][] => {
      const at = pathBelow(path, fieldElement(name));
      return child === undefined || isGone(at) ? [] : [[name, without(child, gone, owned, fields(name).type, at)]];
    });
    return fromEntries(kept);
  }
  const items = itemsOf(type, value);
  if (items === undefined) return value;
  const kept = items.filter(({ element }) => !isGone(pathBelow(path, element)));
  const next = kept.map((item) => without(item.value, gone, owned, item.type, pathBelow(path, item.element)));
  return isEqual(next, value) ? value : next;
}
