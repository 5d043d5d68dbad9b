import { childPath, goValueText } from './field-error.ts';
import { labelValueProblems, qualifiedNameProblems } from './names.ts';
import type { ApiObject } from './object.ts';
import { badRequestError } from './status.ts';

/** Whether an object belongs to what was asked for. */
export type Predicate = (object: ApiObject) => boolean;

type Labels = Readonly<Record<string, string>>;

const BINARY = 'in, notin, =, ==, !=, gt, lt';
const symbols = new Set(['=', '!', '(', ')', ',', '>', '<']);

/** Splits a selector into words, operators and punctuation. */
function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  const pattern = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) tokens.push(match[1] ?? '');
  return tokens;
}

class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  /** The next token, '' at the end. */
  peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  next(): string {
    const token = this.peek();
    this.#at += 1;
    return token;
  }
}

function isWord(token: string): boolean {
  return token !== '' && !symbols.has(token) && token !== '==' && token !== '!=';
}

interface Requirement {
  readonly key: string;
  readonly matches: (value: string | undefined) => boolean;
}

class SelectorProblem extends Error {
  override readonly name = 'SelectorProblem';
}

function checkKey(key: string): void {
  const problems = qualifiedNameProblems(key);
  if (problems.length > 0)
    throw new SelectorProblem(`<nil>: Invalid value: ${goValueText(key)}: ${problems.join('; ')}`);
}

function checkValues(key: string, values: readonly string[]): void {
  for (const [index, value] of values.entries()) {
    const problems = labelValueProblems(value);
    if (problems.length === 0) continue;
    const path = childPath('', `values[${index}][${key}]`);
    throw new SelectorProblem(`${path}: Invalid value: ${goValueText(value)}: ${problems.join('; ')}`);
  }
}

/** The values in brackets: `(a,b)`; an empty place is the empty text. */
function valuesIn(tokens: Tokens): readonly string[] {
  const open = tokens.next();
  if (open !== '(') throw new SelectorProblem(`found '${open}' expected: '('`);
  const values: string[] = [];
  let last = '';
  for (let token = tokens.next(); token !== ')'; token = tokens.next()) {
    if (token === ',') {
      if (!isWord(last)) values.push('');
    } else if (isWord(token) && !isWord(last)) values.push(token);
    else throw new SelectorProblem(`found '${token}', expected: ',' or ')'`);
    last = token;
  }
  if (!isWord(last)) values.push('');
  return [...new Set(values)].sort();
}

function exactValue(tokens: Tokens): string {
  const token = tokens.peek();
  if (token === '' || token === ',') return '';
  if (!isWord(token)) throw new SelectorProblem(`found '${token}', expected: identifier`);
  return tokens.next();
}

function comparison(key: string, operator: string, value: string): Requirement {
  if (!/^[+-]?\d+$/.test(value))
    throw new SelectorProblem(
      `values[0]: Invalid value: ${goValueText(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  const bound = BigInt(value);
  const isBeyond = (found: bigint) => (operator === '>' ? found > bound : found < bound);
  return { key, matches: (found) => found !== undefined && /^[+-]?\d+$/.test(found) && isBeyond(BigInt(found)) };
}

function requirementOf(tokens: Tokens): Requirement {
  const isNegated = tokens.peek() === '!';
  if (isNegated) tokens.next();
  const key = tokens.next();
  if (!isWord(key)) throw new SelectorProblem(`found '${key}', expected: identifier`);
  checkKey(key);
  const follows = tokens.peek();
  if (follows === '' || follows === ',') return { key, matches: (value) => (value === undefined) === isNegated };
  const operator = tokens.next();
  if (operator === '>' || operator === '<') return comparison(key, operator, exactValue(tokens));
  if (!['=', '==', '!=', 'in', 'notin'].includes(operator))
    throw new SelectorProblem(`found '${operator}', expected: ${BINARY}`);
  const values = operator === 'in' || operator === 'notin' ? valuesIn(tokens) : [exactValue(tokens)];
  checkValues(key, values);
  const wanted = new Set(values);
  if (operator === '!=' || operator === 'notin')
    return { key, matches: (value) => value === undefined || !wanted.has(value) };
  return { key, matches: (value) => value !== undefined && wanted.has(value) };
}

function requirementsOf(text: string): readonly Requirement[] {
  const tokens = new Tokens(text);
  const requirements: Requirement[] = [];
  while (tokens.peek() !== '') {
    const first = tokens.peek();
    if (!isWord(first) && first !== '!')
      throw new SelectorProblem(`found '${first}', expected: !, identifier, or 'end of string'`);
    try {
      requirements.push(requirementOf(tokens));
    } catch (error) {
      if (!(error instanceof SelectorProblem)) throw error;
      throw new SelectorProblem(`unable to parse requirement: ${error.message}`, { cause: error });
    }
    const separator = tokens.next();
    if (separator === '') break;
    if (separator !== ',') throw new SelectorProblem(`found '${separator}', expected: ',' or 'end of string'`);
    if (!isWord(tokens.peek()) && tokens.peek() !== '!')
      throw new SelectorProblem(`found '${tokens.peek()}', expected: identifier after ','`);
  }
  return requirements;
}

/**
 * A label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.
 * @throws ApiError 400 with the words of the real server
 */
export function labelPredicate(text: string): (labels: Labels) => boolean {
  try {
    const requirements = requirementsOf(text);
    return (labels) => requirements.every(({ key, matches }) => matches(labelAt(labels, key)));
  } catch (error) {
    if (error instanceof SelectorProblem) throw badRequestError(error.message);
    throw error;
  }
}

function labelAt(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** One term of a field selector. */
export interface FieldTerm {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/**
 * The terms of a field selector: `metadata.name=a,spec.x!=b`. A backslash takes the meaning off `,`, `=` and itself.
 * @throws ApiError 400
 */
export function fieldTerms(text: string): readonly FieldTerm[] {
  return splitUnescaped(text)
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^((?:[^\\=!]|\\.)*?)(!=|==|=)(.*)$/s.exec(term);
      const [, field, operator, value] = match ?? [];
      if (field === undefined || operator === undefined || value === undefined)
        throw badRequestError(`invalid selector: '${text}'; can't understand '${term}'`);
      return { field, operator: operator === '!=' ? '!=' : '=', value: value.replace(/\\([\\,=])/g, '$1') };
    });
}

function splitUnescaped(text: string): string[] {
  return text.match(/(?:[^\\,]|\\[\s\S]?)+/g) ?? [];
}
