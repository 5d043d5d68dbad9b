import { type Condition, parseConditions } from './condition-syntax.ts';
import { PolicySyntaxError } from './syntax-error.ts';

/** A list of patterns, or all that fits none of them (`NotAction` and its like). */
export interface Clause {
  readonly isNegated: boolean;
  readonly patterns: readonly string[];
}

/** Whom a statement is about. */
export interface PrincipalClause {
  readonly isNegated: boolean;
  /** `*`, account ids, and ARNs, as written. */
  readonly aws: readonly string[];
}

/** One statement, taken apart. */
export interface Statement {
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  /** Absent in the policies of identities. */
  readonly principal?: PrincipalClause;
  readonly action: Clause;
  /** Absent in the trust policies of roles. */
  readonly resource?: Clause;
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
}

/** A policy, taken apart. */
export interface Policy {
  /** Variables such as `${aws:username}` mean something in the newer version only. */
  readonly hasVariables: boolean;
  readonly statements: readonly Statement[];
}

type Json = Readonly<Record<string, unknown>>;

const ROOT_ELEMENTS = new Set(['Version', 'Id', 'Statement']);
const STATEMENT_ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);
const VERSIONS = ['2012-10-17', '2008-10-17'];

/**
 * Reads a policy of any kind. Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 * @throws PolicySyntaxError naming statement and element
 */
export function parsePolicy(text: string): Policy {
  const root = parseJson(text);
  checkElements(root, ROOT_ELEMENTS, 'the policy');
  const version = root['Version'] ?? '2008-10-17'; // what AWS takes a policy for that does not say
  if (typeof version !== 'string' || !VERSIONS.includes(version)) {
    throw new PolicySyntaxError(`Version: ${JSON.stringify(version)} must be one of ${VERSIONS.join(', ')}`);
  }
  if (root['Statement'] === undefined) throw new PolicySyntaxError('Missing required field Statement');
  const statements = listOf(root['Statement']).map((statement, index) => parseStatement(statement, index));
  if (statements.length === 0) throw new PolicySyntaxError('Statement: at least one is needed');
  const sids = statements.flatMap(({ sid }) => (sid === undefined ? [] : [sid]));
  const doubled = sids.find((sid, index) => sids.indexOf(sid) !== index);
  if (doubled !== undefined) {
    throw new PolicySyntaxError(`Statement IDs (SID) in a single policy must be unique: "${doubled}"`);
  }
  return { hasVariables: version === '2012-10-17', statements };
}

function parseJson(text: string): Json {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new PolicySyntaxError(`Syntax errors in policy: ${String(cause)}`);
  }
  if (!isRecord(parsed)) throw new PolicySyntaxError('Syntax errors in policy: it must be a JSON object');
  return parsed;
}

function parseStatement(source: unknown, index: number): Statement {
  const where = `Statement[${index}]`;
  if (!isRecord(source)) throw new PolicySyntaxError(`${where} is no object`);
  checkElements(source, STATEMENT_ELEMENTS, where);
  const { Sid: sid, Effect: effect } = source;
  if (sid !== undefined && (typeof sid !== 'string' || !/^[\w -]*$/u.test(sid))) {
    throw new PolicySyntaxError(`${where}.Sid: Statement IDs (SID) must be alpha-numeric`);
  }
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new PolicySyntaxError(`${where}: Invalid effect: ${JSON.stringify(effect)}`);
  }
  const action = parseClause(source, 'Action', where);
  if (action === undefined) throw new PolicySyntaxError(`${where}: Missing required field Action`);
  for (const pattern of action.patterns) checkAction(pattern, where);
  const resource = parseClause(source, 'Resource', where);
  for (const pattern of resource?.patterns ?? []) checkResource(pattern, where);
  const principal = parsePrincipal(source, where);
  return {
    effect,
    action,
    ...(sid === undefined || sid === '' ? {} : { sid }),
    ...(principal === undefined ? {} : { principal }),
    ...(resource === undefined ? {} : { resource }),
    conditions: parseConditions(source['Condition'], where),
  };
}

function checkElements(source: Json, known: ReadonlySet<string>, where: string): void {
  const stranger = Object.keys(source).find((name) => !known.has(name));
  if (stranger !== undefined) throw new PolicySyntaxError(`${where}: unknown element ${JSON.stringify(stranger)}`);
}

function parseClause(source: Json, name: 'Action' | 'Resource', where: string): Clause | undefined {
  const { [name]: plain, [`Not${name}`]: negated } = source;
  if (plain !== undefined && negated !== undefined) {
    throw new PolicySyntaxError(`${where}: ${name} and Not${name} exclude each other`);
  }
  const value = plain ?? negated;
  if (value === undefined) return undefined;
  const patterns = textsOf(value, `${where}.${plain === undefined ? 'Not' : ''}${name}`);
  return { isNegated: plain === undefined, patterns };
}

function checkAction(pattern: string, where: string): void {
  if (pattern === '*' || /^[a-z][\w-]*:[\w*?]+$/iu.test(pattern)) return;
  throw new PolicySyntaxError(`${where}: Actions must be prefaced by a vendor, e.g., iam, s3: "${pattern}"`);
}

function checkResource(pattern: string, where: string): void {
  if (/^(?:\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.+)$/su.test(pattern)) return;
  throw new PolicySyntaxError(`${where}: Resource ${pattern} must be in ARN format or "*".`);
}

/** `"*"`, `{"AWS": …}` with ids, ARNs or `*`, and services and federations, which nobody here is. */
function parsePrincipal(source: Json, where: string): PrincipalClause | undefined {
  const { Principal: plain, NotPrincipal: negated } = source;
  if (plain !== undefined && negated !== undefined) {
    throw new PolicySyntaxError(`${where}: Principal and NotPrincipal exclude each other`);
  }
  const value = plain ?? negated;
  if (value === undefined) return undefined;
  const isNegated = plain === undefined;
  if (value === '*') return { isNegated, aws: ['*'] };
  if (!isRecord(value)) throw new PolicySyntaxError(`${where}: Invalid principal in policy: ${JSON.stringify(value)}`);
  checkElements(value, new Set(['AWS', 'Service', 'Federated', 'CanonicalUser']), `${where}.Principal`);
  const aws = value['AWS'] === undefined ? [] : textsOf(value['AWS'], `${where}.Principal.AWS`);
  const wrong = aws.find((name) => !isPrincipal(name));
  if (wrong !== undefined) throw new PolicySyntaxError(`${where}: Invalid principal in policy: "${wrong}"`);
  return { isNegated, aws };
}

/** Wildcards stand for everyone or nobody: in the middle of an ARN they are refused. */
function isPrincipal(name: string): boolean {
  return /^(?:\*|\d{12}|A(?:IDA|ROA)[A-Z0-9]{16,}|arn:aws:(?:iam|sts)::\d{12}:[^*?]+)$/u.test(name);
}

/** One text or a list of them. @throws PolicySyntaxError */
function textsOf(value: unknown, where: string): readonly string[] {
  const texts = listOf(value).map((item) => {
    if (typeof item !== 'string' || item === '') throw new PolicySyntaxError(`${where}: ${JSON.stringify(item)}`);
    return item;
  });
  if (texts.length === 0) throw new PolicySyntaxError(`${where}: at least one is needed`);
  return texts;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
