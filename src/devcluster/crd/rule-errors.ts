import { TypeError as CelTypeError, type Environment, ParseError } from '@marcbachmann/cel-js';
import { type FieldError, invalid, notSupported, required } from '../field-error.ts';
import type { Json } from '../json.ts';
import { celErrorText, usesOldSelf } from './cel.ts';
import { celLibrary } from './cel-library.ts';
import { celName, visibleProperties } from './cel-values.ts';
import type { Schema, ValidationRule } from './schema.ts';

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

const formatTypes: Readonly<Record<string, string>> = {
  'date-time': 'google.protobuf.Timestamp',
  datetime: 'google.protobuf.Timestamp',
  date: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  byte: 'bytes',
};

/** Declares the CEL types of a schema in an environment; answers the name of the type. */
class TypeDeclarations {
  readonly #env: Environment;
  #count = 0;

  constructor(env: Environment) {
    this.#env = env;
  }

  typeOf(schema: Schema, isWhole: boolean): string {
    if (schema.isIntOrString) return 'dyn';
    switch (schema.type) {
      case 'string':
        return formatTypes[schema.format] ?? 'string';
      case 'boolean':
        return 'bool';
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'array':
        return schema.items === undefined ? 'list' : `list<${this.typeOf(schema.items, schema.items.isEmbedded)}>`;
      case 'object':
        return this.#objectType(schema, isWhole);
      default:
        return 'dyn';
    }
  }

  #objectType(schema: Schema, isWhole: boolean): string {
    const { additionalProperties } = schema;
    if (typeof additionalProperties === 'object') return `map<string, ${this.typeOf(additionalProperties, false)}>`;
    const fields: Record<string, string> = {};
    for (const [key, property] of visibleProperties(schema, isWhole)) {
      const name = celName(key);
      if (name !== undefined) fields[name] = this.typeOf(property, property.isEmbedded);
    }
    this.#count += 1;
    const name = `Object${this.#count}`;
    this.#env.registerType(name, { fields });
    return name;
  }
}

/** The place of an error in the expression, as `line:column`. */
function positionOf(error: ParseError | CelTypeError, expression: string): string {
  const before = expression.slice(0, error.range?.start ?? expression.length);
  const lines = before.split('\n');
  return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
}

function compilationText(error: unknown, expression: string): string | undefined {
  if (error instanceof ParseError)
    return `ERROR: <input>:${positionOf(error, expression)}: Syntax error: ${celErrorText(error)}`;
  if (!(error instanceof CelTypeError)) return undefined;
  const at = `ERROR: <input>:${positionOf(error, expression)}:`;
  const field = /^[Nn]o such key: (.*)$/.exec(error.summary)?.[1];
  if (field !== undefined) return `${at} undefined field '${field}'`;
  const variable = /^Unknown variable: (.*)$/.exec(error.summary)?.[1];
  if (variable !== undefined) return `${at} undeclared reference to '${variable}' (in container '')`;
  return overloadText(error.summary, at);
}

const known = /^(?:string|int|uint|double|bool|bytes|optional<.*>)$/;

/**
 * An operator between plain types that it does not take. What else the library's checker dislikes is left to run
 * time, as it is not the real one.
 */
function overloadText(summary: string, at: string): string | undefined {
  const match = /^[Nn]o such overload: (\S+) (\S+) (\S+)$/.exec(summary);
  const [, left = '', operator = '', right = ''] = match ?? [];
  if (!known.test(left) || !known.test(right)) return undefined;
  const name = (type: string) => type.replace(/^optional<(.*)>$/, 'optional_type($1)');
  return `${at} found no matching overload for '_${operator}_' applied to '(${name(left)}, ${name(right)})'`;
}

/** Compiles an expression against the schema's types; answers what is wrong with it. */
function expressionProblem(env: Environment, expression: string, wanted: 'bool' | 'string'): string | undefined {
  const checked = env.check(expression);
  if (!checked.valid) {
    const text = compilationText(checked.error, expression);
    return text === undefined ? undefined : `compilation failed: ${text}`;
  }
  if (checked.type === wanted || checked.type === undefined || checked.type.startsWith('dyn')) return undefined;
  return wanted === 'bool' ? 'cel expression must evaluate to a bool' : 'messageExpression must evaluate to a string';
}

function textErrors(rule: ValidationRule, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const message = rule.message.trim();
  const hasBreak = (text: string) => /[\n\r]/.test(text);
  if (rule.rule.trim() === '') errors.push(required(`${path}.rule`, 'rule is not specified'));
  else if (rule.message !== '' && message === '')
    errors.push(invalid(`${path}.message`, rule.message, 'must be non-empty if specified'));
  else if (hasBreak(message)) errors.push(invalid(`${path}.message`, rule.message, 'must not contain line breaks'));
  else if (hasBreak(rule.rule.trim()) && message === '')
    errors.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  if (rule.messageExpression !== '' && rule.messageExpression.trim() === '')
    errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  if (rule.reason !== '' && !REASONS.includes(rule.reason))
    errors.push(notSupported(`${path}.reason`, rule.reason, REASONS));
  return errors;
}

/** Whether a fieldPath such as `.a.b` or `.a['b']` names a field that the schema has. */
function isFieldPath(path: string, schema: Schema): boolean {
  let at: Schema | undefined = schema;
  let rest = path;
  while (rest !== '') {
    const match = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/.exec(rest);
    if (match === null || at === undefined) return false;
    const key: string = match[1] ?? match[2] ?? '';
    const additional: Schema | boolean = at.additionalProperties;
    at = at.properties.get(key) ?? (typeof additional === 'object' ? additional : undefined);
    rest = rest.slice(match[0].length);
  }
  return at !== undefined;
}

/** A rule as the real server's errors show it: its internal type, field by field. */
function shown(rule: ValidationRule): Json {
  return {
    Rule: rule.rule,
    Message: rule.message,
    MessageExpression: rule.messageExpression,
    Reason: rule.reason === '' ? null : rule.reason,
    FieldPath: rule.fieldPath,
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

function compiledErrors(schema: Schema, rule: ValidationRule, path: string, isWhole: boolean): FieldError[] {
  const env = celLibrary();
  const selfType = new TypeDeclarations(env).typeOf(schema, isWhole);
  env.registerVariable('self', selfType);
  env.registerVariable('oldSelf', rule.optionalOldSelf === true ? `optional<${selfType}>` : selfType);
  const errors: FieldError[] = [];
  const problem = expressionProblem(env, rule.rule, 'bool');
  if (problem !== undefined) errors.push(invalid(`${path}.rule`, shown(rule), problem));
  if (problem !== undefined || rule.messageExpression === '') return errors;
  const messageProblem = expressionProblem(env, rule.messageExpression, 'string');
  if (messageProblem !== undefined) errors.push(invalid(`${path}.messageExpression`, shown(rule), messageProblem));
  return errors;
}

function oldSelfErrors(rule: ValidationRule, path: string, uncorrelatable: string | undefined): FieldError[] {
  if (!usesOldSelf(rule.rule)) {
    if (rule.optionalOldSelf === undefined) return [];
    return [invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')];
  }
  if (uncorrelatable === undefined) return [];
  const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`;
  return [invalid(`${path}.rule`, rule.rule, detail)];
}

/**
 * What is wrong with the rules of one level: their texts, and when `canCompile` the expressions against the schema's
 * types. Their cost is not estimated.
 */
export function ruleErrors(
  schema: Schema,
  path: string,
  isWhole: boolean,
  uncorrelatable: string | undefined,
  canCompile: boolean,
): FieldError[] {
  const errors = schema.rules.flatMap((rule, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    const isPath = rule.fieldPath === '' || isFieldPath(rule.fieldPath, schema);
    const found = textErrors(rule, at);
    return isPath ? found : [...found, invalid(`${at}.fieldPath`, rule.fieldPath, 'must be a valid path')];
  });
  if (errors.length > 0 || !canCompile) return errors;
  return schema.rules.flatMap((rule, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    return [...compiledErrors(schema, rule, at, isWhole), ...oldSelfErrors(rule, at, uncorrelatable)];
  });
}
