import { cutText } from '../../runtime/cut-text.ts';

/** `2008-10-17` is what a document without the element means: it knows no policy variables (`${…}` is plain text). */
export type PolicyVersion = '2008-10-17' | '2012-10-17';

export type PrincipalType = 'AWS' | 'CanonicalUser' | 'Federated' | 'Service';

/** Who: everybody, or lists by type. `{AWS: ['*']}` means the same as `'*'`. */
export type Principals = '*' | Readonly<Partial<Record<PrincipalType, readonly string[]>>>;

/** Operator, then key, then the values of which one must match. All operators and keys must hold. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** One statement: exactly one of Action and NotAction, one of Resource and NotResource, at most one of the principals. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: Principals;
  readonly NotPrincipal?: Principals;
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: Conditions;
}

/**
 * A policy document as it was written, in one shape: canonical element names, lists always lists, values untouched and
 * in their order. `JSON.stringify` of it is what the service is sent.
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
export interface PolicyDocument {
  readonly Version: PolicyVersion;
  readonly Id?: string;
  readonly Statement: readonly Statement[];
}

/** How messages name a statement: `statement[2] "ReadOnly"`. */
export function statementLabel(index: number, sid: string | undefined): string {
  return sid === undefined ? `statement[${index}]` : `statement[${index}] ${quoted(sid)}`;
}

const QUOTED_MAX = 80;

/** A value for a message: in quotes, on one line, cut at 80 characters. Lists and objects are named, never written out. */
export function quoted(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(cutText(value, QUOTED_MAX));
}
