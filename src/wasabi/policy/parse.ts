import { ReconcileError } from '../../runtime/errors.ts';
import { type PolicyDocument, type PolicyVersion, quoted, type Statement } from './document.ts';
import { type Element, elementsOf, isObject, type Place, problem } from './elements.ts';
import { hasRepeatedMembers } from './json-members.ts';
import { POLICY_LIMITS, type PolicyPlace, policySize } from './limits.ts';
import { type StatementRules, statementOf } from './statement.ts';

const NAMES = ['Version', 'Id', 'Statement'] as const;
/** So many problems are told at once; more would be a page, and none tells nothing. */
const TOLD_MAX = 3;
/** Far above any limit, also where it comes percent-encoded. */
const TEXT_MAX = 200_000;

export interface SpecPolicyOptions {
  readonly place: PolicyPlace;
  /** Where in the object it stands, for messages; by default `spec.policy`. */
  readonly path?: string;
  /** For bucket policies: the ARNs that the `principalRefs` of the statement with that index lead to. */
  readonly principalRefs?: (index: number) => readonly string[];
}

/**
 * The policy document that a user wrote in a spec: any letter case of element names, texts or lists. An absent version
 * is 2012-10-17, the default of the schema; when the schema wrote that beside the user's own `Version`, the user's counts.
 * @throws InvalidSpec naming statement (index and Sid), element, value and what to write, for the first three problems
 */
export function parseSpecPolicy(value: unknown, options: SpecPolicyOptions): PolicyDocument {
  const { place, path = 'spec.policy', principalRefs } = options;
  const at: Place = { path, problems: [] };
  const principal = place === 'Bucket' ? 'Required' : 'Forbidden';
  const document = documentOf(value, at, {
    principal,
    isSpec: true,
    ...(principalRefs === undefined ? {} : { principalRefs }),
  });
  checkSids(document.Statement, at);
  const { size, unit } = POLICY_LIMITS[place];
  const actual = policySize(document, place);
  if (at.problems.length === 0 && actual > size) {
    problem(at, `has ${actual} ${unit}, and at most ${size} are possible; shorten it with wildcards, or split it`);
  }
  if (at.problems.length > 0) throw new ReconcileError('InvalidSpec', told(at.problems));
  return document;
}

/** What was made of a document that the service gave. `Unreadable` equals no wanted document; `problem` says why. */
export type ServicePolicy =
  | { readonly type: 'Parsed'; readonly document: PolicyDocument }
  | { readonly type: 'Unreadable'; readonly problem: string };

/**
 * The document as the service has it: JSON text, from IAM percent-encoded or not. An absent version is 2008-10-17. Two
 * members of one name make it unreadable, since it is the service that decides which of them counts.
 */
export function parseServicePolicy(text: string): ServicePolicy {
  const at: Place = { path: 'the policy', problems: [] };
  const value = text.length > TEXT_MAX ? problem(at, `has ${text.length} characters`) : jsonOf(text, at);
  if (at.problems.length > 0) return { type: 'Unreadable', problem: told(at.problems) };
  const document = documentOf(value, at, { principal: 'Free', isSpec: false });
  return at.problems.length > 0 ? { type: 'Unreadable', problem: told(at.problems) } : { type: 'Parsed', document };
}

/**
 * Whether the text is a policy at all, readable or not: a JSON object with statements. A service keeps nothing else as one,
 * so that any other text comes from somebody who stands in the way.
 */
export function isPolicyText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && Object.keys(value).some((key) => key.toLowerCase() === 'statement');
  } catch {
    return false; // the caller says so
  }
}

function jsonOf(text: string, at: Place): unknown {
  try {
    // JSON never begins with a percent sign.
    const json = text.trimStart().startsWith('%') ? decodeURIComponent(text) : text;
    const value: unknown = JSON.parse(json);
    return hasRepeatedMembers(json, value) ? problem(at, 'has two members of one name') : value;
  } catch {
    // The parser's own text would quote a document that may hold anything.
    return problem(at, 'is no JSON');
  }
}

function documentOf(value: unknown, at: Place, rules: StatementRules): PolicyDocument {
  if (!isObject(value)) problem(at, `is ${quoted(value)}; write an object with version and statement`);
  const object = isObject(value) ? value : {};
  const version = versionOf(object, at, rules.isSpec);
  const elements = elementsOf(withoutVersion(object), NAMES, at);
  const id = elements.get('Id');
  const isText = typeof id?.value === 'string';
  if (id !== undefined && !isText) problem(id.at, `is ${quoted(id.value)}; write a text`);
  const statements = elements.get('Statement');
  if (isObject(value) && statements === undefined) problem(at, 'has no statement; write at least one');
  return {
    Version: version,
    ...(typeof id?.value === 'string' && id.value !== '' ? { Id: id.value } : {}),
    Statement: statements === undefined ? [] : statementsOf(statements, rules),
  };
}

function statementsOf({ value, at }: Element, rules: StatementRules): readonly Statement[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) problem(at, 'is an empty list; write at least one statement');
  return list.map((one, index) => statementOf(one, index, at, rules)).filter((statement) => statement !== undefined);
}

function versionOf(object: Readonly<Record<string, unknown>>, at: Place, isSpec: boolean): PolicyVersion {
  const given = Object.entries(object).filter(([key, value]) => isVersion(key) && value !== null);
  const byDefault = isSpec ? '2012-10-17' : '2008-10-17';
  // The schema writes its default under the lower-case name, whatever the user wrote under another.
  const isDefaulted = isSpec && given.length > 1 && object['version'] === '2012-10-17';
  const own = isDefaulted ? given.filter(([key]) => key !== 'version') : given;
  const [key, value] = own[0] ?? ['version', byDefault];
  if (own.length > 1) problem(at, 'has the element Version twice, in two spellings; keep one');
  if (value === '2012-10-17' || value === '2008-10-17') return value;
  problem(at, `has the ${key} ${quoted(value)}; write 2012-10-17`);
  return byDefault;
}

function isVersion(key: string): boolean {
  return key.toLowerCase() === 'version';
}

function withoutVersion(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !isVersion(key)));
}

/** Sids are a document's own names of its statements. Source: IAM User Guide, "IAM JSON policy elements: Sid". */
function checkSids(statements: readonly Statement[], at: Place): void {
  const seen = new Set<string>();
  for (const { Sid } of statements) {
    if (Sid !== undefined && seen.has(Sid))
      problem(at, `has two statements with the sid ${quoted(Sid)}; give each its own`);
    if (Sid !== undefined) seen.add(Sid);
  }
}

function told(problems: readonly string[]): string {
  const more = problems.length - TOLD_MAX;
  return `${problems.slice(0, TOLD_MAX).join('; ')}${more > 0 ? `; and ${more} more problems` : ''}`;
}
