import type { Account } from './accounts.ts';
import type { Call } from './call.ts';
import { type ErrorCode, ServiceError } from './errors.ts';
import { checkIdentityPolicy, sizeOf } from './iam/documents.ts';
import { findPolicy } from './iam/managed-policies.ts';
import { isoSeconds, optionalParameter, queryRead, queryWrite, requiredParameter } from './iam/query.ts';
import { addSession, type Session, sessionIdentity } from './sessions.ts';
import { element, type XmlNode } from './xml.ts';

const MAX_SECONDS = 12 * 3600;
const ROOT_SECONDS = 3600;
const MAX_SESSION_POLICY_SIZE = 2048;

function stsError(code: ErrorCode, message: string): ServiceError {
  return new ServiceError(code, { message });
}

/** GetCallerIdentity: who the signature belongs to (W37). */
const getCallerIdentity = queryRead('GetCallerIdentity', (call) => {
  const { arn, userId, accountId } = call.caller.identity;
  return [element('Arn', arn), element('UserId', userId), element('Account', accountId)];
});

function credentialsXml({ accessKeyId, secretAccessKey, sessionToken, expiresMs }: Session): XmlNode {
  return element('Credentials', [
    element('AccessKeyId', accessKeyId),
    element('SecretAccessKey', secretAccessKey),
    element('SessionToken', sessionToken),
    element('Expiration', isoSeconds(expiresMs)),
  ]);
}

/** @throws ServiceError ValidationError for less than 900 seconds, or more than `max` */
function durationMs(call: Call, fallback: number, max: number): number {
  const seconds = Number(optionalParameter(call, 'DurationSeconds') ?? fallback);
  if (seconds >= 900 && seconds <= max) return seconds * 1000;
  throw stsError('ValidationError', `DurationSeconds: ${seconds} must be from 900 to ${max}`);
}

/** GetSessionToken: the caller's own rights for a while, but not on IAM. */
const getSessionToken = queryWrite('GetSessionToken', (call) => {
  const { account, identity, session } = call.caller;
  if (session !== undefined) throw stsError('AccessDenied', 'Cannot call GetSessionToken with session credentials');
  const isRoot = identity.type === 'Root';
  const lastsMs = durationMs(call, isRoot ? ROOT_SECONDS : MAX_SECONDS, isRoot ? ROOT_SECONDS : MAX_SECONDS);
  const made = addSession(call.state, {
    accountId: account.accountId,
    userId: isRoot ? undefined : identity.userId,
    policies: [],
    createdMs: call.nowMs,
    expiresMs: call.nowMs + lastsMs,
  });
  return [credentialsXml(made)];
});

/** The policies that narrow a session down: one as text, and managed ones. @throws ServiceError */
function sessionPolicies(call: Call, account: Account): readonly string[] {
  const inline = optionalParameter(call, 'Policy');
  if (inline !== undefined) checkIdentityPolicy(inline);
  if (inline !== undefined && sizeOf(inline) > MAX_SESSION_POLICY_SIZE) {
    throw stsError('ValidationError', `Policy: more than ${MAX_SESSION_POLICY_SIZE} characters`);
  }
  const arns = [...call.form].filter(([name]) => /^PolicyArns\.member\.\d+\.arn$/u.test(name)).map(([, arn]) => arn);
  const managed = arns.map((arn) => {
    const policy = findPolicy(account, arn);
    const document = policy?.versions.get(policy.defaultVersionId)?.document;
    if (document === undefined) throw stsError('InvalidInput', `PolicyArns: ${arn} does not exist.`);
    return document;
  });
  return inline === undefined ? managed : [inline, ...managed];
}

/** AssumeRole: never by a root (W37). A role that is not there is denied like one that may not be taken on. */
const assumeRole = queryWrite('AssumeRole', (call) => {
  const { identity } = call.caller;
  const roleArn = requiredParameter(call, 'RoleArn');
  const sessionName = requiredParameter(call, 'RoleSessionName');
  if (identity.type === 'Root') throw stsError('AccessDenied', 'Roles may not be assumed by root accounts.');
  const [, accountId = '', roleName = ''] = /^arn:aws:iam::(\d{12}):role\/(?:.+\/)?([^/]+)$/u.exec(roleArn) ?? [];
  const account = call.state.accounts.get(accountId);
  const role = account?.roles.get(roleName);
  if (
    account === undefined ||
    role === undefined ||
    !call.permissions.mayAssume(role.trustPolicy, accountId, roleArn)
  ) {
    const message = `User: ${identity.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
    throw stsError('AccessDenied', message);
  }
  const { roleId, maxSessionSeconds } = role;
  const session = addSession(call.state, {
    accountId,
    role: { roleName, roleId, sessionName },
    policies: sessionPolicies(call, account),
    createdMs: call.nowMs,
    expiresMs: call.nowMs + durationMs(call, 3600, Math.min(MAX_SECONDS, maxSessionSeconds)),
  });
  const { arn = '', userId = '' } = sessionIdentity(account, session) ?? {};
  return [credentialsXml(session), element('AssumedRoleUser', [element('AssumedRoleId', userId), element('Arn', arn)])];
});

/** What STS does. */
export const stsOperations = [getCallerIdentity, getSessionToken, assumeRole];
