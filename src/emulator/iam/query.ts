import type { Call, Reply, ServiceOperation } from '../call.ts';
import { type ErrorCode, ServiceError } from '../errors.ts';
import { encodeRfc3986 } from '../sigv4.ts';
import { documentOf, element, type XmlNode } from '../xml.ts';

/** XML namespaces of the Query protocol. Source: the services' API references. */
export const QUERY_NAMESPACES = {
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
} as const;

/** The children of `<NAMEResult>`; `undefined`: the answer has no result. */
export type Result = readonly (XmlNode | undefined)[] | undefined;

/** An operation of the Query protocol that changes nothing. */
export function queryRead(name: string, run: (call: Call) => Result): ServiceOperation {
  return { name, scope: 'service', mutating: false, run: (call) => queryReply(call, name, run(call)) };
}

/** An operation of the Query protocol that changes something. */
export function queryWrite(name: string, run: (call: Call) => Result): ServiceOperation {
  return { name, scope: 'service', mutating: true, run: (call) => queryReply(call, name, run(call)) };
}

function queryReply(call: Call, name: string, result: Result): Reply {
  const service = call.service === 'sts' ? 'sts' : 'iam';
  const root = element(
    `${name}Response`,
    [
      result === undefined ? undefined : element(`${name}Result`, result),
      element('ResponseMetadata', [element('RequestId', call.requestId)]),
    ],
    { xmlns: QUERY_NAMESPACES[service] },
  );
  return { status: 200, headers: { 'content-type': 'text/xml' }, body: documentOf(root) };
}

/** A policy as IAM writes it in its answers: percent-encoded (W29). */
export function documentXml(call: Call, name: string, document: string): XmlNode {
  return element(name, call.settings.quirks.policyDocuments === 'encoded' ? encodeRfc3986(document) : document);
}

/** A time as IAM writes it: without fractions of a second. */
export function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/u, 'Z');
}

/** What a parameter may look like. */
interface Rule {
  readonly pattern: RegExp;
  readonly max: number;
}

const NAME = /^[\w+=,.@-]+$/u;

/** Source: IAM API Reference, the constraints of each parameter. */
const RULES = {
  UserName: { pattern: NAME, max: 64 },
  NewUserName: { pattern: NAME, max: 64 },
  Path: { pattern: /^\/(?:[!-~]+\/)?$/u, max: 512 },
  NewPath: { pattern: /^\/(?:[!-~]+\/)?$/u, max: 512 },
  PathPrefix: { pattern: /^\/[!-~]*$/u, max: 512 },
  GroupName: { pattern: NAME, max: 128 },
  NewGroupName: { pattern: NAME, max: 128 },
  RoleName: { pattern: NAME, max: 64 },
  PolicyName: { pattern: NAME, max: 128 },
  PolicyArn: { pattern: /^.{20,}$/su, max: 2048 },
  PolicyDocument: { pattern: /^[\t\n\r\x20-\xff]+$/u, max: 131_072 },
  AssumeRolePolicyDocument: { pattern: /^[\t\n\r\x20-\xff]+$/u, max: 131_072 },
  VersionId: { pattern: /^v[1-9]\d*$/u, max: 16 },
  Description: { pattern: /^.*$/su, max: 1000 },
  Scope: { pattern: /^(?:All|AWS|Local)$/u, max: 5 },
  OnlyAttached: { pattern: /^(?:true|false)$/u, max: 5 },
  SetAsDefault: { pattern: /^(?:true|false)$/u, max: 5 },
  EntityFilter: { pattern: /^(?:User|Role|Group)$/u, max: 5 },
  MaxSessionDuration: { pattern: /^(?:3[6-9]\d\d|[4-9]\d{3}|[1-3]\d{4}|4[0-2]\d{3}|43[01]\d\d|43200)$/u, max: 5 },
  RoleArn: { pattern: /^.{20,}$/su, max: 2048 },
  RoleSessionName: { pattern: /^[\w+=,.@-]{2,}$/u, max: 64 },
  DurationSeconds: { pattern: /^\d+$/u, max: 9 },
  Policy: { pattern: /^[\t\n\r\x20-\xff]+$/u, max: 131_072 },
  AccessKeyId: { pattern: /^\w{16,}$/u, max: 128 },
  Status: { pattern: /^(?:Active|Inactive)$/u, max: 8 },
  MaxItems: { pattern: /^(?:[1-9]\d{0,2}|1000)$/u, max: 4 },
  Marker: { pattern: /^[\w-]+$/u, max: 5120 },
} as const satisfies Record<string, Rule>;

/** A parameter that an operation may ask for. */
export type ParameterName = keyof typeof RULES;

/** A parameter that may be left out. @throws ServiceError ValidationError */
export function optionalParameter(call: Call, name: ParameterName): string | undefined {
  const value = call.form.get(name);
  if (value === undefined) return undefined;
  const { pattern, max }: Rule = RULES[name];
  if (pattern.test(value) && value.length <= max) return value;
  const constraint = `Member must satisfy regular expression pattern ${pattern.source} and have length at most ${max}`;
  throw invalidParameter(name, `'${value.slice(0, 256)}'`, constraint);
}

/** A parameter that must be there. @throws ServiceError ValidationError */
export function requiredParameter(call: Call, name: ParameterName): string {
  const value = optionalParameter(call, name);
  if (value === undefined) throw invalidParameter(name, 'null', 'Member must not be null');
  return value;
}

/** ValidationError in the words of AWS. */
function invalidParameter(name: string, value: string, constraint: string): ServiceError {
  const member = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  const message = `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${constraint}`;
  return new ServiceError('ValidationError', { message });
}

/** One page of a listing: the list itself, whether there is more, and where that begins. */
export interface Listing<T> {
  /** Name of the list's element, such as `Users`. */
  readonly name: string;
  readonly items: readonly T[];
  /** What the items are in order of; unique. */
  readonly key: (item: T) => string;
  readonly member: (item: T) => readonly (XmlNode | undefined)[];
}

const DEFAULT_ITEMS = 100;

/** @throws ServiceError ValidationError for a MaxItems or Marker that is none */
export function listingOf<T>(call: Call, { name, items, key, member }: Listing<T>): readonly XmlNode[] {
  const { page, more } = pageOf(call, items, key);
  return [membersXml(name, page, member), ...more];
}

/** A list of members. */
export function membersXml<T>(name: string, items: readonly T[], member: Listing<T>['member']): XmlNode {
  return element(
    name,
    items.map((item) => element('member', member(item))),
  );
}

/** The page that is asked for, in order of `key`, and what tells of the next. @throws ServiceError ValidationError */
export function pageOf<T>(
  call: Call,
  items: readonly T[],
  key: (item: T) => string,
): { readonly page: readonly T[]; readonly more: readonly XmlNode[] } {
  const max = Number(optionalParameter(call, 'MaxItems') ?? DEFAULT_ITEMS);
  const after = Buffer.from(optionalParameter(call, 'Marker') ?? '', 'base64url').toString();
  const left = items.filter((item) => after === '' || key(item) > after);
  const page = left.sort((a, b) => (key(a) < key(b) ? -1 : 1)).slice(0, max);
  const last = page.at(-1);
  const isTruncated = left.length > page.length && last !== undefined;
  const marker = isTruncated ? [element('Marker', Buffer.from(key(last)).toString('base64url'))] : [];
  return { page, more: [element('IsTruncated', isTruncated), ...marker] };
}

/** Tags of a new entity are passed over, or refused (W30). @throws ServiceError InvalidInput */
export function checkTags({ form, settings }: Call): void {
  if (settings.quirks.iamTags === 'ignored' || ![...form.keys()].some((name) => name.startsWith('Tags.'))) return;
  throw iamError('InvalidInput', 'Tags: tags are not supported.');
}

/** The limits that IAM holds entities to. @throws ServiceError LimitExceeded */
export function checkQuota(name: string, has: number, max: number): void {
  if (has < max) return;
  throw new ServiceError('LimitExceeded', { message: `Cannot exceed quota for ${name}: ${max}` });
}

/** An error of IAM with its message. */
export function iamError(code: ErrorCode, message: string): ServiceError {
  return new ServiceError(code, { message });
}
