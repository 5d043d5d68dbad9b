import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import type { Rule } from '../schema.ts';
import type { SchemaNode } from '../structural-schema.ts';

/** A value as far as its price goes: its schema, where one is known. */
interface Priced {
  readonly cost: number;
  readonly node: SchemaNode | undefined;
}
type Scope = Readonly<Record<string, SchemaNode | undefined>>;

/** What an expression of unknown type may hold at most: the largest request that the API server takes, in bytes. */
const REQUEST_BYTES = 3 * 1024 * 1024;
const BYTES_A_CHARACTER = 4;
const READ = 0.1;
const REGEX = 0.25;

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true });

/** The most that one evaluation of the rule may cost, in the units of the API server's estimate, never below it. */
export function costOf(rule: Rule, self: SchemaNode): number {
  return price(environment.parse(rule.rule).ast, { self, oldSelf: self }).cost;
}

function price(ast: ASTNode, scope: Scope): Priced {
  switch (ast.op) {
    case 'value':
      return { cost: 0, node: undefined };
    case 'id':
      return { cost: 1, node: scope[ast.args] };
    case '.':
    case '.?': {
      const [from, name] = ast.args;
      const priced = price(from, scope);
      return { cost: priced.cost + 1, node: priced.node?.properties?.[name] };
    }
    case 'call':
    case 'rcall':
      return priceCall(ast, scope);
    case '!_':
    case '-_':
      return { cost: price(ast.args, scope).cost + 1, node: undefined };
    case 'list':
      return { cost: sum(ast.args.map((item) => price(item, scope).cost)) + 10, node: undefined };
    case '?:':
      return { cost: sum(ast.args.map((branch) => price(branch, scope).cost)), node: undefined };
    case '&&':
    case '||':
      return { cost: sum(ast.args.map((side) => price(side, scope).cost)), node: undefined };
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
      return priceComparison(ast.args, scope);
    case '+':
      return priceConcatenation(ast.args, scope);
    case '-':
    case '*':
    case '/':
    case '%':
    case '[]':
    case '[?]':
    case 'map':
      throw new Error(`${ast.input}: no price is known for ${ast.op}`);
  }
}

/** Both sides, and one walk over the shorter of them. */
function priceComparison([left, right]: readonly [ASTNode, ASTNode], scope: Scope): Priced {
  const [first, second] = [price(left, scope), price(right, scope)];
  const walked = Math.min(bytesOf(first, left), bytesOf(second, right));
  return { cost: first.cost + second.cost + 1 + READ * walked, node: undefined };
}

/** Both texts are copied. */
function priceConcatenation([left, right]: readonly [ASTNode, ASTNode], scope: Scope): Priced {
  const [first, second] = [price(left, scope), price(right, scope)];
  const copied = bytesOf(first, left) + bytesOf(second, right);
  return { cost: first.cost + second.cost + 1 + READ * copied, node: undefined };
}

function priceCall(ast: Extract<ASTNode, { op: 'call' | 'rcall' }>, scope: Scope): Priced {
  const [name, args] = ast.op === 'call' ? ast.args : [ast.args[0], [ast.args[1], ...ast.args[2]]];
  const [first, second, third] = args;
  if (first === undefined) throw new Error(`${ast.input}: ${name} has no argument`);
  const { cost, node } = price(first, scope);
  switch (name) {
    case 'has':
    case 'size':
    case 'hasValue':
      return { cost: cost + 1, node: undefined };
    case 'startsWith':
      return { cost: cost + 1 + READ * literalLength(second), node: undefined };
    case 'matches':
      return {
        cost: cost + 1 + READ * bytesOf({ cost, node }, first) * REGEX * literalLength(second),
        node: undefined,
      };
    case 'orValue':
      return { cost: cost + 1 + READ * fallbackLength(second), node };
    case 'exists_one': // walks to the end as `all` does
    case 'all': {
      if (second?.op !== 'id' || third === undefined)
        throw new Error(`${ast.input}: ${name} needs a name and a condition`);
      const body = price(third, { ...scope, [second.args]: itemOf(node) }).cost;
      return { cost: cost + entriesOf(node) * (body + 3), node: undefined };
    }
    default:
      throw new Error(`${ast.input}: no price is known for ${name}`);
  }
}

/** To walk a map is to walk its keys, of which a schema says nothing. */
function itemOf(node: SchemaNode | undefined): SchemaNode | undefined {
  return node?.items;
}

/** How often a list or map is walked at most. */
export function entriesOf(node: SchemaNode | undefined): number {
  return node?.maxItems ?? node?.maxProperties ?? REQUEST_BYTES;
}

function bytesOf(priced: Priced, ast: ASTNode): number {
  if (ast.op === 'value' && typeof ast.args === 'string') return ast.args.length;
  return priced.node === undefined ? (isPlain(ast) ? 8 : REQUEST_BYTES) : nodeBytes(priced.node);
}

/** A literal, or the answer of a function that gives a number or a truth value. */
function isPlain(ast: ASTNode): boolean {
  return ast.op === 'value' || ast.op === 'list' || ast.op === 'call' || ast.op === '&&' || ast.op === '==';
}

function nodeBytes(node: SchemaNode): number {
  const { type } = node;
  if (type === undefined) return REQUEST_BYTES;
  if (node.enum !== undefined) return Math.max(...node.enum.map((value) => String(value).length));
  switch (type) {
    case 'object':
      return node.additionalProperties === undefined
        ? sum(Object.values(node.properties ?? {}).map(nodeBytes))
        : entriesOf(node) * nodeBytes(node.additionalProperties);
    case 'array':
      return entriesOf(node) * nodeBytes(node.items ?? {});
    case 'string':
      return (node.maxLength ?? REQUEST_BYTES) * BYTES_A_CHARACTER;
    case 'integer':
    case 'boolean':
      return 8;
  }
}

/** What stands in for an optional value that is none: a text, true or false. */
function fallbackLength(ast: ASTNode | undefined): number {
  return ast?.op === 'value' && typeof ast.args === 'boolean' ? 1 : literalLength(ast);
}

function literalLength(ast: ASTNode | undefined): number {
  if (ast?.op !== 'value' || typeof ast.args !== 'string') throw new Error('only literal texts have a known price');
  return ast.args.length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
