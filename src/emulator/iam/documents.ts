import type { ServiceError } from '../errors.ts';
import { type Policy, parsePolicy, type Statement } from '../policy/document.ts';
import { PolicySyntaxError } from '../policy/syntax-error.ts';
import { iamError } from './query.ts';

function malformed(message: string): ServiceError {
  return iamError('MalformedPolicyDocument', message);
}

/** Refuses what is no policy of an identity. @throws ServiceError MalformedPolicyDocument */
export function checkIdentityPolicy(text: string): void {
  for (const statement of parsed(text).statements) {
    if (statement.principal !== undefined) throw malformed('Policy document should not specify a principal.');
    if (statement.resource === undefined) throw malformed('Policy statement must contain resources.');
    checkSid(statement);
  }
}

/** Refuses what does not say who may take a role on. @throws ServiceError MalformedPolicyDocument */
export function checkTrustPolicy(text: string): void {
  for (const statement of parsed(text).statements) {
    if (statement.principal === undefined) throw malformed('AssumeRole policy must contain principals.');
    if (statement.resource !== undefined) throw malformed('Has prohibited field Resource');
    checkSid(statement);
  }
}

/** IAM takes letters and digits, where S3 takes spaces and hyphens too. */
function checkSid({ sid }: Statement): void {
  if (sid === undefined || /^[A-Za-z0-9]*$/u.test(sid)) return;
  throw malformed(`Statement IDs (SID) must be alpha-numeric. Check that your input satisfies [A-Za-z0-9]*: "${sid}"`);
}

function parsed(text: string): Policy {
  try {
    return parsePolicy(text);
  } catch (thrown) {
    if (thrown instanceof PolicySyntaxError) throw malformed(thrown.message);
    throw thrown;
  }
}

/** Characters of a policy as quotas count them: without white space. */
export function sizeOf(document: string): number {
  return document.replaceAll(/\s/gu, '').length;
}
