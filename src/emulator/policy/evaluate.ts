import { holds } from './condition.ts';
import type { Clause, Policy, PrincipalClause, Statement } from './document.ts';
import { type Context, matchesPattern } from './pattern.ts';

/** Who asks, as far as principals in policies go. */
export interface Subject {
  /** Absent for those who did not sign. */
  readonly accountId?: string;
  readonly isRoot: boolean;
  /** What names exactly this caller: its ARN, its unique id, and for a session also those of its role. */
  readonly names: readonly string[];
}

/** What is asked. */
export interface Question {
  readonly subject: Subject;
  /** Such as `s3:GetObject`. */
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  readonly context: Context;
}

/** What a list of policies says: an explicit deny wins over every allow, and saying nothing is neither. */
export type Verdict = 'Allow' | 'Deny' | 'None';

/** How wide a principal reaches: this very caller, or its whole account, which leaves it to the account to say who. */
type Reach = 'Caller' | 'Account' | 'None';

/** What a policy of a resource says. */
interface ResourceVerdict {
  readonly isDenied: boolean;
  readonly allowed: Reach;
}

/** Everything that speaks for or against a request. */
export interface Evidence {
  /** The policies of the caller; `everything` for a root, and for those who have none because they did not sign. */
  readonly identity: readonly Policy[] | 'everything';
  /** What a session was narrowed down to, when it was made. */
  readonly session: readonly Policy[];
  /** The policy of the bucket. */
  readonly resource: Policy | undefined;
  readonly isGrantedByAcl: boolean;
  /** Whether the resource belongs to the caller's account. */
  readonly isOwnAccount: boolean;
  /** W20: `strict`: a bucket policy shuts out the users of its account whom it does not name. */
  readonly reading: 'union' | 'strict';
}

/** Whether a request is allowed. Source: IAM User Guide, "Policy evaluation logic". */
export function isAllowed(question: Question, evidence: Evidence): boolean {
  const { identity, session, resource, isGrantedByAcl, isOwnAccount, reading } = evidence;
  const own = identity === 'everything' ? 'Allow' : verdictOf(identity, question);
  const ofSession = session.length === 0 ? 'Allow' : verdictOf(session, question);
  const ofResource = resourceVerdictOf(resource, question, isOwnAccount);
  if (own === 'Deny' || ofSession !== 'Allow' || ofResource.isDenied) return false;
  const byResource =
    isGrantedByAcl || ofResource.allowed === 'Caller' || (ofResource.allowed === 'Account' && !isOwnAccount);
  if (!isOwnAccount) return own === 'Allow' && byResource;
  if (reading === 'strict' && isShutOut(resource, question.subject)) return false;
  return own === 'Allow' || byResource;
}

/** What the policies of an identity say. */
export function verdictOf(policies: readonly Policy[], question: Question): Verdict {
  let verdict: Verdict = 'None';
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (!covers(statement, question, policy.hasVariables)) continue;
      if (statement.effect === 'Deny') return 'Deny';
      verdict = 'Allow';
    }
  }
  return verdict;
}

/** What the policy of a bucket, or the trust policy of a role, says. */
export function resourceVerdictOf(
  policy: Policy | undefined,
  question: Question,
  isOwnAccount: boolean,
): ResourceVerdict {
  let allowed: Reach = 'None';
  for (const statement of policy?.statements ?? []) {
    const reach = reachOf(statement.principal, question.subject);
    if (reach === 'None' || !covers(statement, question, policy?.hasVariables === true)) continue;
    if (statement.effect === 'Deny') return { isDenied: true, allowed: 'None' };
    if (allowed !== 'Caller') allowed = reach;
  }
  // An account that is named speaks for its root, and for others only where they may do it by their own policies.
  if (allowed === 'Account' && isOwnAccount && question.subject.isRoot) allowed = 'Caller';
  return { isDenied: false, allowed };
}

/** Only the root is heard whatever a bucket policy leaves out. */
function isShutOut(policy: Policy | undefined, subject: Subject): boolean {
  if (policy === undefined || subject.isRoot) return false;
  return !policy.statements.some(
    ({ effect, principal }) => effect === 'Allow' && reachOf(principal, subject) !== 'None',
  );
}

function reachOf(clause: PrincipalClause | undefined, subject: Subject): Reach {
  if (clause === undefined) return 'None';
  const { aws, isNegated } = clause;
  const isNamed = aws.includes('*') || aws.some((name) => subject.names.includes(name));
  const { accountId } = subject;
  const hasAccount = accountId !== undefined && aws.some((name) => namesAccount(name, accountId));
  if (isNegated) return isNamed || (subject.isRoot && hasAccount) ? 'None' : 'Caller';
  if (isNamed) return 'Caller';
  return hasAccount ? 'Account' : 'None';
}

function namesAccount(name: string, accountId: string): boolean {
  return name === accountId || name === `arn:aws:iam::${accountId}:root`;
}

function covers(statement: Statement, question: Question, hasVariables: boolean): boolean {
  const variables = hasVariables ? question.context : undefined;
  const action = question.action.toLowerCase();
  return (
    fits(statement.action, (pattern) => matchesPattern(pattern.toLowerCase(), action)) &&
    fits(statement.resource, (pattern) => matchesPattern(pattern, question.resource, variables)) &&
    statement.conditions.every((condition) => holds(condition, question.context, hasVariables))
  );
}

function fits(clause: Clause | undefined, test: (pattern: string) => boolean): boolean {
  return clause === undefined || clause.patterns.some(test) !== clause.isNegated;
}
