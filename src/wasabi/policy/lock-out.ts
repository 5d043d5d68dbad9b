import { foldedKey, operatorOf } from './conditions.ts';
import { type Conditions, type PolicyDocument, type Principals, type Statement, statementLabel } from './document.ts';
import { matchesPattern } from './pattern.ts';

/** By whose credentials a bucket policy is written, and where. */
export interface PolicyWriter {
  /** As STS tells it. */
  readonly arn: string;
  readonly accountId: string;
  readonly bucket: string;
}

/** Without these the document can neither be compared, corrected nor taken away again. */
const NEEDED = ['s3:getbucketpolicy', 's3:putbucketpolicy', 's3:deletebucketpolicy'];

/**
 * The statements, by label, that certainly deny the writer itself the calls by which the policy could be mended. A Deny
 * whose conditions cannot be worked out, and of which it is not certain that it means the writer, is not among them.
 * The root of an account counts as anybody: it is not known whether the service exempts it from an explicit Deny.
 */
export function lockOuts({ Statement }: PolicyDocument, writer: PolicyWriter): readonly string[] {
  return Statement.flatMap((statement, index) =>
    deniesWriter(statement, writer) ? [statementLabel(index, statement.Sid)] : [],
  );
}

function deniesWriter(statement: Statement, writer: PolicyWriter): boolean {
  return (
    statement.Effect === 'Deny' &&
    deniesNeededAction(statement) &&
    coversBucket(statement, `arn:aws:s3:::${writer.bucket}`) &&
    meansWriter(statement, writer) &&
    certainlyHolds(statement.Condition ?? {}, writer)
  );
}

function deniesNeededAction({ Action, NotAction }: Statement): boolean {
  const matches = (patterns: readonly string[], action: string) =>
    patterns.some((pattern) => matchesPattern(pattern.toLowerCase(), action));
  if (Action !== undefined) return NEEDED.some((action) => matches(Action, action));
  return NotAction !== undefined && NEEDED.some((action) => !matches(NotAction, action));
}

function coversBucket({ Resource, NotResource }: Statement, arn: string): boolean {
  if (Resource !== undefined) return Resource.some((pattern) => matchesPattern(pattern, arn));
  return NotResource !== undefined && !NotResource.some((pattern) => matchesPattern(pattern, arn));
}

/** A session's ARN does not tell the whole name of its role, so what is said of roles and sessions stays open. */
function isSession({ arn }: PolicyWriter): boolean {
  return arn.includes(':assumed-role/');
}

function meansWriter({ Principal, NotPrincipal }: Statement, writer: PolicyWriter): boolean {
  if (Principal !== undefined) return names(Principal, writer);
  // Who is excepted only by the root of the account may be denied or not; that is not certain.
  return NotPrincipal !== undefined && !isSession(writer) && !names(NotPrincipal, writer);
}

function names(principals: Principals, { arn, accountId }: PolicyWriter): boolean {
  if (principals === '*') return true;
  const meant = new Set(['*', arn, accountId, `arn:aws:iam::${accountId}:root`]);
  return (principals.AWS ?? []).some((name) => meant.has(name));
}

/** Every condition must be known to hold for the writer's own calls. */
function certainlyHolds(conditions: Conditions, writer: PolicyWriter): boolean {
  return Object.entries(conditions).every(([operator, tests]) =>
    Object.entries(tests).every(([key, values]) => holds(operator, key, values, writer)),
  );
}

/** Comparisons of texts, with whether they hold for equal or for unequal ones, and whether they know wildcards. */
const COMPARISONS: Readonly<Record<string, { readonly isEqual: boolean; readonly isPattern: boolean }>> = {
  StringEquals: { isEqual: true, isPattern: false },
  StringNotEquals: { isEqual: false, isPattern: false },
  StringLike: { isEqual: true, isPattern: true },
  StringNotLike: { isEqual: false, isPattern: true },
  ArnEquals: { isEqual: true, isPattern: true },
  ArnNotEquals: { isEqual: false, isPattern: true },
  ArnLike: { isEqual: true, isPattern: true },
  ArnNotLike: { isEqual: false, isPattern: true },
};

function holds(text: string, key: string, values: readonly string[], writer: PolicyWriter): boolean {
  const operator = operatorOf(text);
  const comparison = operator === undefined ? undefined : COMPARISONS[operator.base];
  const own = ownValue(foldedKey(key), writer);
  if (comparison === undefined || own === undefined || values.some((value) => value.includes('${'))) return false;
  const isAmong = values.some((value) => (comparison.isPattern ? matchesPattern(value, own) : value === own));
  return isAmong === comparison.isEqual;
}

function ownValue(key: string, writer: PolicyWriter): string | undefined {
  if (key === 'aws:principalaccount') return writer.accountId;
  return key === 'aws:principalarn' && !isSession(writer) ? writer.arn : undefined;
}
