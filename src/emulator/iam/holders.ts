import type { Call } from '../call.ts';
import type { Group, PolicyHolder, Role } from './entities.ts';
import { iamError, requiredParameter } from './query.ts';
import { userOf } from './users.ts';

/** What policies are put on and attached to, as it stands in the names of operations. */
export const HOLDER_TYPES = ['User', 'Group', 'Role'] as const;

/** One of them. */
export type HolderType = (typeof HOLDER_TYPES)[number];

/** The group of that name in the caller's account. @throws ServiceError NoSuchEntity */
export function groupOf(call: Call, groupName: string): Group {
  const group = call.caller.account.groups.get(groupName);
  if (group === undefined) throw iamError('NoSuchEntity', `The group with name ${groupName} cannot be found.`);
  return group;
}

/** The role of that name in the caller's account. @throws ServiceError NoSuchEntity */
export function roleOf(call: Call, roleName: string): Role {
  const role = call.caller.account.roles.get(roleName);
  if (role === undefined) throw iamError('NoSuchEntity', `The role with name ${roleName} cannot be found.`);
  return role;
}

/** Whom the call is about, by its UserName, GroupName or RoleName. @throws ServiceError NoSuchEntity, ValidationError */
export function holderOf(call: Call, type: HolderType): { readonly name: string; readonly holder: PolicyHolder } {
  const name = requiredParameter(call, `${type}Name`);
  if (type === 'User') return { name, holder: userOf(call, name) };
  return { name, holder: type === 'Group' ? groupOf(call, name) : roleOf(call, name) };
}
