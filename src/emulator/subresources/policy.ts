import type { Account } from '../accounts.ts';
import { publicAccessDenied } from '../acl.ts';
import { bucketRead, bucketWrite, type Call, emptyReply } from '../call.ts';
import { ServiceError } from '../errors.ts';
import { entityArn } from '../iam/entities.ts';
import { type Policy, parsePolicy, type Statement } from '../policy/document.ts';
import { PolicySyntaxError } from '../policy/syntax-error.ts';
import { touch } from '../state.ts';
import type { Subresource } from './subresource.ts';

const MAX_POLICY_BYTES = 20 * 1024;

function malformedPolicy(message: string): ServiceError {
  return new ServiceError('MalformedPolicy', { message });
}

/** @throws ServiceError MalformedPolicy */
function parsed(text: string): Policy {
  try {
    return parsePolicy(text);
  } catch (thrown) {
    if (thrown instanceof PolicySyntaxError) throw malformedPolicy(thrown.message);
    throw thrown;
  }
}

/** @throws ServiceError MalformedPolicy */
function checkStatement(statement: Statement, call: Call, bucketName: string): void {
  const { principal, resource, action } = statement;
  const isOfS3 = action.patterns.every((pattern) => pattern === '*' || /^s3:/iu.test(pattern));
  if (!isOfS3) throw malformedPolicy('Policy has invalid action');
  if (principal === undefined) throw malformedPolicy('Missing required field Principal');
  if (resource === undefined) throw malformedPolicy('Missing required field Resource');
  const isOwn = (arn: string): boolean => {
    return arn === `arn:aws:s3:::${bucketName}` || arn.startsWith(`arn:aws:s3:::${bucketName}/`);
  };
  if (!resource.patterns.every(isOwn)) throw malformedPolicy('Policy has invalid resource');
  if (call.settings.quirks.unknownPrincipals === 'accepted') return;
  const stranger = principal.aws.find((name) => !isKnown(call.state.accounts, name));
  if (stranger !== undefined) throw malformedPolicy(`Invalid principal in policy: "AWS":"${stranger}"`);
}

/** Whether a principal is everyone, or an account, user or role that is there. */
function isKnown(accounts: ReadonlyMap<string, Account>, name: string): boolean {
  if (name === '*' || accounts.has(name)) return true;
  const [, accountId = '', rest = ''] = /^arn:aws:(?:iam|sts)::(\d{12}):(.+)$/u.exec(name) ?? [];
  const account = accounts.get(accountId);
  if (account === undefined) return [...accounts.values()].some((each) => idsIn(each).includes(name));
  if (rest === 'root' || rest.startsWith('assumed-role/')) return true;
  const users = [...account.users.values()].map(({ path, userName }) => entityArn(accountId, 'user', path, userName));
  const roles = [...account.roles.values()].map(({ path, roleName }) => entityArn(accountId, 'role', path, roleName));
  return [...users, ...roles].includes(name);
}

function idsIn({ users, roles }: Account): readonly string[] {
  return [...[...users.values()].map(({ userId }) => userId), ...[...roles.values()].map(({ roleId }) => roleId)];
}

/** Whether a statement opens the bucket to everyone, as the public policies of Wasabi's samples do. */
function isPublic({ effect, principal, conditions }: Statement): boolean {
  if (effect !== 'Allow' || conditions.length > 0 || principal === undefined) return false;
  return principal.isNegated || principal.aws.includes('*');
}

/** `?policy`: kept and given back as text. */
export const policy: Subresource = {
  query: 'policy',
  operations: {
    GET: bucketRead('GetBucketPolicy', (_call, bucket) => {
      if (bucket.policy === undefined) {
        throw new ServiceError('NoSuchBucketPolicy', { elements: { BucketName: bucket.name } });
      }
      return { status: 200, headers: { 'content-type': 'application/json' }, body: bucket.policy };
    }),
    PUT: bucketWrite('PutBucketPolicy', (call, bucket) => {
      if (call.body.length > MAX_POLICY_BYTES) throw malformedPolicy('The policy is larger than 20 KB');
      const text = call.body.toString('utf8');
      const { statements } = parsed(text);
      for (const statement of statements) checkStatement(statement, call, bucket.name);
      if (call.settings.quirks.publicAccess === 'refused' && statements.some(isPublic)) throw publicAccessDenied();
      bucket.policy = text;
      touch(call.state);
      return emptyReply(204);
    }),
    DELETE: bucketWrite('DeleteBucketPolicy', (call, bucket) => {
      if (bucket.policy !== undefined) {
        bucket.policy = undefined;
        touch(call.state);
      }
      return emptyReply(204);
    }),
  },
};
