import { rootIdentity, userIdentity } from '../accounts.ts';
import type { Call } from '../call.ts';
import { entityArn } from './entities.ts';

/** Operations that are about the caller where they name nobody. */
const OWN = new Set(['GetUser', 'CreateAccessKey', 'ListAccessKeys', 'UpdateAccessKey', 'DeleteAccessKey']);

/** Lists of everything of a type. */
const LISTS: Readonly<Record<string, string>> = {
  ListUsers: 'user/',
  ListGroups: 'group/',
  ListRoles: 'role/',
  ListPolicies: 'policy/',
};

/** The ARN that a call on IAM is about, for policies that allow it; `*` where it is about none. */
export function iamResourceOf(operation: string, { form, caller, state }: Omit<Call, 'permissions'>): string {
  const { account, identity } = caller;
  const { accountId, users, groups, roles } = account;
  const arn = (type: 'user' | 'group' | 'role' | 'policy', path: string | undefined, name: string) =>
    entityArn(accountId, type, path ?? form.get('Path') ?? '/', name);
  const user = (name: string) => arn('user', users.get(name)?.path, name);
  const { GroupName, UserName, RoleName, PolicyArn, PolicyName, AccessKeyId } = Object.fromEntries(form);
  if (GroupName !== undefined) return arn('group', groups.get(GroupName)?.path, GroupName);
  if (UserName !== undefined) return user(UserName);
  if (RoleName !== undefined) return arn('role', roles.get(RoleName)?.path, RoleName);
  if (PolicyArn !== undefined) return PolicyArn;
  if (PolicyName !== undefined) return arn('policy', undefined, PolicyName);
  if (OWN.has(operation)) return identity.arn;
  const list = LISTS[operation];
  if (list !== undefined) return `arn:aws:iam::${accountId}:${list}`;
  const owner = state.keys.get(AccessKeyId ?? '');
  if (owner?.accountId !== accountId) return '*';
  const found = users.get(owner.userName ?? '');
  return found === undefined ? rootIdentity(account).arn : userIdentity(account, found).arn;
}
