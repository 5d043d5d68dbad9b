import { createHash } from 'node:crypto';
import { foldedKey, operatorOf } from './conditions.ts';
import type { Conditions, PolicyDocument, Principals, Statement } from './document.ts';

/**
 * What a statement means, as a text: equal for two statements exactly when they differ in spelling alone. Order and
 * repetition in lists, letter case of actions, condition keys and booleans, and the forms of a principal (`*` and
 * `{AWS: '*'}`; an account's number and its root ARN) are spelling. Wildcards are not worked out: `s3:*` next to
 * `s3:GetObject` is not `s3:*` alone. The Sid is a name and no meaning.
 * Source: IAM User Guide, "IAM JSON policy element reference".
 */
export function meaningOf(statement: Statement): string {
  const { Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition } = statement;
  return JSON.stringify([
    Effect,
    Principal === undefined ? null : principalMeaning(Principal),
    NotPrincipal === undefined ? null : principalMeaning(NotPrincipal),
    setOf(Action?.map((action) => action.toLowerCase())),
    setOf(NotAction?.map((action) => action.toLowerCase())),
    setOf(Resource),
    setOf(NotResource),
    conditionMeaning(Condition ?? {}),
  ]);
}

/** The hash of what a document means, 64 hexadecimal digits. Spelling, order, Sids and Id leave it as it is. */
export function documentHash({ Version, Statement }: PolicyDocument): string {
  const meaning = [Version, ...new Set(Statement.map(meaningOf).toSorted())];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex');
}

/** What a document means, by statement, with the Sids that carry that meaning. */
export function sidsByMeaning({ Statement }: PolicyDocument): ReadonlyMap<string, ReadonlySet<string>> {
  const sids = new Map<string, Set<string>>();
  for (const statement of Statement) {
    const meaning = meaningOf(statement);
    const named = sids.get(meaning) ?? new Set();
    if (statement.Sid !== undefined) named.add(statement.Sid);
    sids.set(meaning, named);
  }
  return sids;
}

/**
 * Whether what is found on the service is what is wanted, by meaning. Names are compared as far as they are wanted: a
 * wanted Sid or Id must be there, and one that nobody asked for may be.
 */
export function isSamePolicy(wanted: PolicyDocument, found: PolicyDocument): boolean {
  if (documentHash(wanted) !== documentHash(found)) return false;
  if (wanted.Id !== undefined && wanted.Id !== found.Id) return false;
  const foundSids = sidsByMeaning(found);
  return [...sidsByMeaning(wanted)].every(([meaning, sids]) =>
    [...sids].every((sid) => foundSids.get(meaning)?.has(sid) === true),
  );
}

function setOf(values: readonly string[] | undefined): readonly string[] | null {
  return values === undefined ? null : [...new Set(values)].toSorted();
}

function principalMeaning(principals: Principals): unknown {
  if (principals === '*') return [['AWS', ['*']]];
  const types = Object.entries(principals).toSorted(byName);
  return types.map(([type, names]) => [type, setOf(type === 'AWS' ? names.map(withRootArn) : names)]);
}

/** An account's number is short for its root. Source: IAM User Guide, "AWS JSON policy elements: Principal". */
function withRootArn(principal: string): string {
  return /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal;
}

function conditionMeaning(conditions: Conditions): unknown {
  const operators = Object.entries(conditions).toSorted(byName);
  return operators.map(([operator, tests]) => {
    const base = operatorOf(operator)?.base;
    const isBoolean = base === 'Bool' || base === 'Null';
    const fold = (value: string) => (isBoolean ? value.toLowerCase() : value);
    const keys = Object.entries(tests).map(([key, values]) => [foldedKey(key), setOf(values.map(fold))] as const);
    return [operator, keys.toSorted(byName)];
  });
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
