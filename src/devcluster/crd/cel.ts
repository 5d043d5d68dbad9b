import { TypeError as CelTypeError, EvaluationError, ParseError, type ParseResult } from '@marcbachmann/cel-js';
import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts';
import { isEqual, isList, isObject, type Json, type JsonObject } from '../json.ts';
import { celEnvironment, optionalOf } from './cel-library.ts';
import { celValue } from './cel-values.ts';
import { oldAtKey, oldItemFor } from './correlation.ts';
import type { Schema, ValidationRule } from './schema.ts';

interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: ParseResult;
  readonly message: ParseResult | undefined;
  readonly usesOldSelf: boolean;
}

/** Where a value stands: its path, what stood there before, and whether that part of the object is as it was. */
interface Place {
  readonly path: string;
  readonly old: Json | undefined;
  readonly isUnchanged: boolean;
  /** The root of the resource, or of an embedded one. */
  readonly isWhole: boolean;
}

const environment = celEnvironment(false);
const optionalEnvironment = celEnvironment(true);
const MAX_MESSAGE_BYTES = 5 * 1024;

/** The words for an error of the CEL library, without the picture of the source. */
export function celErrorText(error: unknown): string {
  if (error instanceof EvaluationError || error instanceof ParseError || error instanceof CelTypeError)
    return error.summary
      .replace(/^No such key: index out of bounds, index (-?\d+) .*$/, 'index out of bounds: $1')
      .replace(/^No such key/, 'no such key');
  return error instanceof Error ? error.message : 'unknown error';
}

/** Compiles an expression over `self` and `oldSelf`, which is an optional when the rule says so. @throws ParseError */
function compileExpression(expression: string, isOldSelfOptional: boolean): ParseResult {
  return (isOldSelfOptional ? optionalEnvironment : environment).parse(expression);
}

/** Whether an expression speaks of the state before: then it is a transition rule. */
export function usesOldSelf(expression: string): boolean {
  const withoutTexts = expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  return /(?<![\w.])oldSelf\b/.test(withoutTexts);
}

function compile(rule: ValidationRule): CompiledRule {
  const isOptional = rule.optionalOldSelf === true;
  return {
    rule,
    program: compileExpression(rule.rule, isOptional),
    message: rule.messageExpression === '' ? undefined : compileExpression(rule.messageExpression, isOptional),
    usesOldSelf: usesOldSelf(rule.rule) || usesOldSelf(rule.messageExpression),
  };
}

function hasRules(schema: Schema | boolean | undefined): boolean {
  if (typeof schema !== 'object') return false;
  if (schema.rules.length > 0 || hasRules(schema.items) || hasRules(schema.additionalProperties)) return true;
  return schema.allOf.some(hasRules) || [...schema.properties.values()].some(hasRules);
}

function ruleText(rule: ValidationRule): string {
  return (rule.message === '' ? rule.rule : rule.message).trim();
}

/** The rules in CEL of one schema, compiled once. */
export class CelRules {
  readonly #schema: Schema;
  readonly #isWhole: boolean;
  readonly #compiled = new Map<Schema, readonly CompiledRule[]>();
  readonly #ruled = new Set<Schema>();

  /**
   * `isWhole`: the schema is that of a whole object, whose rules see its kind and name.
   * @throws ParseError for a rule that is no CEL: a CustomResourceDefinition with one is refused
   */
  constructor(schema: Schema, isWhole: boolean) {
    this.#schema = schema;
    this.#isWhole = isWhole;
    this.#compileAll(schema);
  }

  #compileAll(schema: Schema): void {
    if (!hasRules(schema)) return;
    this.#ruled.add(schema);
    this.#compiled.set(schema, schema.rules.map(compile));
    const { additionalProperties, items } = schema;
    if (items !== undefined) this.#compileAll(items);
    if (typeof additionalProperties === 'object') this.#compileAll(additionalProperties);
    for (const property of schema.properties.values()) this.#compileAll(property);
    for (const part of schema.allOf) this.#compileAll(part);
  }

  /** Whether the schema has no rule anywhere. */
  get isEmpty(): boolean {
    return this.#ruled.size === 0;
  }

  /** The rules that do not hold, in the order of the schema. `old`: the state before; undefined on create. */
  errors(value: Json, old: Json | undefined): FieldError[] {
    const isUnchanged = old !== undefined && isEqual(value, old);
    return this.#valueErrors(value, this.#schema, { path: '', old, isUnchanged, isWhole: this.#isWhole });
  }

  #valueErrors(value: Json | undefined, schema: Schema, place: Place): FieldError[] {
    if (value === undefined || value === null || !this.#ruled.has(schema)) return [];
    const errors = this.#ownErrors(value, schema, place);
    for (const part of schema.allOf) errors.push(...this.#valueErrors(value, part, place));
    if (isList(value)) return [...errors, ...this.#itemErrors(value, schema, place)];
    return isObject(value) ? [...errors, ...this.#fieldErrors(value, schema, place)] : errors;
  }

  #itemErrors(value: readonly Json[], schema: Schema, place: Place): FieldError[] {
    const { items } = schema;
    if (items === undefined) return [];
    return value.flatMap((item, index) => {
      const old = oldItemFor(place.old, schema, item);
      const isUnchanged = old === undefined ? place.isUnchanged : isEqual(item, old);
      return this.#valueErrors(item, items, {
        path: `${place.path}[${index}]`,
        old,
        isUnchanged,
        isWhole: items.isEmbedded,
      });
    });
  }

  #fieldErrors(value: JsonObject, schema: Schema, place: Place): FieldError[] {
    return Object.entries(value).flatMap(([key, child]) => {
      const property = schema.properties.get(key);
      const additional = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
      const found = property ?? additional;
      if (found === undefined || child === undefined) return [];
      const path = property === undefined ? `${place.path}[${key}]` : place.path === '' ? key : `${place.path}.${key}`;
      const old = oldAtKey(place.old, schema, key);
      const isUnchanged = old === undefined ? place.isUnchanged : isEqual(child, old);
      return this.#valueErrors(child, found, { path, old, isUnchanged, isWhole: found.isEmbedded });
    });
  }

  #ownErrors(value: Json, schema: Schema, place: Place): FieldError[] {
    const rules = this.#compiled.get(schema) ?? [];
    if (rules.length === 0) return [];
    const self = celValue(value, schema, place.isWhole);
    const hasOld = place.old !== undefined && place.old !== null;
    const oldSelf = hasOld ? celValue(place.old ?? null, schema, place.isWhole) : undefined;
    return rules.flatMap((compiled) => {
      const isOptional = compiled.rule.optionalOldSelf === true;
      if (compiled.usesOldSelf && !hasOld && !isOptional) return [];
      const context = { self, oldSelf: isOptional ? optionalOf(oldSelf) : oldSelf };
      const error = failure(compiled, context, value, schema, place.path);
      const isRatcheted = error !== undefined && !compiled.usesOldSelf && place.isUnchanged;
      return error === undefined || isRatcheted ? [] : [error];
    });
  }
}

type Context = Record<string, unknown>;

function failure(
  compiled: CompiledRule,
  context: Context,
  value: Json,
  schema: Schema,
  path: string,
): FieldError | undefined {
  const { rule } = compiled;
  const field = path === '' ? '<nil>' : path;
  try {
    const result: unknown = compiled.program(context);
    if (result === true) return undefined;
  } catch (error) {
    const text = celErrorText(error);
    const detail = text.toLowerCase().startsWith('no such overload')
      ? `'${text}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`
      : `${text} evaluating rule: ${ruleText(rule)}`;
    return invalid(field, schema.type, detail);
  }
  const named = rule.fieldPath === '' ? field : fieldBelow(path, rule.fieldPath);
  const shown = schema.type === 'object' || schema.type === 'array' ? undefined : value;
  return errorFor(rule, named, shown, detailOf(compiled, context));
}

/** `.a['b']` below `spec`: `spec.a[b]`. */
function fieldBelow(path: string, fieldPath: string): string {
  const normal = fieldPath.replace(/^\./, '').replace(/\['((?:[^'\\]|\\.)*)'\]/g, '[$1]');
  return path === '' ? normal : `${path}.${normal}`;
}

function detailOf(compiled: CompiledRule, context: Context): string {
  const { rule, message } = compiled;
  const usual = rule.message === '' ? `failed rule: ${ruleText(rule)}` : rule.message.trim();
  if (message === undefined) return usual;
  try {
    const text: unknown = message(context);
    const trimmed = typeof text === 'string' ? text.trim() : '';
    const isUsable = trimmed !== '' && !trimmed.includes('\n') && Buffer.byteLength(trimmed) <= MAX_MESSAGE_BYTES;
    return isUsable ? trimmed : usual;
  } catch {
    return usual; // as the real server: a message that cannot be made is replaced, the rule still fails
  }
}

function errorFor(rule: ValidationRule, field: string, value: Json | undefined, detail: string): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, value ?? null);
    default:
      return invalid(field, value, detail);
  }
}
