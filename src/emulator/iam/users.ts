import { type Account, keysOf, rootIdentity } from '../accounts.ts';
import type { Call } from '../call.ts';
import { touch } from '../state.ts';
import { element, type XmlNode } from '../xml.ts';
import { entityArn, newEntityId, type User } from './entities.ts';
import {
  checkQuota,
  checkTags,
  iamError,
  isoSeconds,
  listingOf,
  optionalParameter,
  queryRead,
  queryWrite,
  requiredParameter,
} from './query.ts';

/** The user of that name in the caller's account. @throws ServiceError NoSuchEntity */
export function userOf(call: Call, userName: string): User {
  const user = call.caller.account.users.get(userName);
  if (user === undefined) throw iamError('NoSuchEntity', `The user with name ${userName} cannot be found.`);
  return user;
}

/** The name that the caller gives, else its own; `undefined` for the root itself. @throws ServiceError ValidationError */
export function userNameOrCaller(call: Call): string | undefined {
  return optionalParameter(call, 'UserName') ?? call.caller.identity.userName;
}

/** Names differ by more than their case. @throws ServiceError EntityAlreadyExists */
function checkFree(account: Account, userName: string): void {
  const wanted = userName.toLowerCase();
  const isTaken = [...account.users.keys()].some((name) => name.toLowerCase() === wanted);
  if (isTaken) throw iamError('EntityAlreadyExists', `User with name ${userName} already exists.`);
}

/** The fields of a user as IAM tells them. */
export function userXml(accountId: string, user: User): readonly XmlNode[] {
  return [
    element('Path', user.path),
    element('UserName', user.userName),
    element('UserId', user.userId),
    element('Arn', entityArn(accountId, 'user', user.path, user.userName)),
    element('CreateDate', isoSeconds(user.createdMs)),
  ];
}

/** CreateUser. A permissions boundary is refused, for it would be missed (W30). */
const createUser = queryWrite('CreateUser', (call) => {
  const { account } = call.caller;
  const userName = requiredParameter(call, 'UserName');
  const path = optionalParameter(call, 'Path') ?? '/';
  if (call.form.has('PermissionsBoundary')) {
    throw iamError('InvalidInput', 'PermissionsBoundary: permissions boundaries are not supported.');
  }
  checkTags(call);
  checkFree(account, userName);
  checkQuota('UsersPerAccount', account.users.size, call.settings.quotas.users);
  const user: User = {
    userName,
    path,
    userId: newEntityId('user'),
    createdMs: call.nowMs,
    groupNames: [],
    inlinePolicies: new Map(),
    attachedPolicies: new Map(),
  };
  account.users.set(userName, user);
  touch(call.state);
  return [element('User', userXml(account.accountId, user))];
});

/** GetUser; without a name the caller. A root key has no user name, and its ARN ends in `:root` (W29). */
const getUser = queryRead('GetUser', (call) => {
  const { account } = call.caller;
  const userName = userNameOrCaller(call);
  if (userName !== undefined) return [element('User', userXml(account.accountId, userOf(call, userName)))];
  const { userId, arn } = rootIdentity(account);
  const created = element('CreateDate', isoSeconds(account.createdMs));
  return [element('User', [element('Path', '/'), element('UserId', userId), element('Arn', arn), created])];
});

const listUsers = queryRead('ListUsers', (call) => {
  const { accountId, users } = call.caller.account;
  const prefix = optionalParameter(call, 'PathPrefix') ?? '/';
  return listingOf(call, {
    name: 'Users',
    items: [...users.values()].filter(({ path }) => path.startsWith(prefix)),
    key: ({ userName }) => userName,
    member: (user) => userXml(accountId, user),
  });
});

/** UpdateUser: another name or path. Keys, policies and memberships move along, and the UserId stays. */
const updateUser = queryWrite('UpdateUser', (call) => {
  const { account } = call.caller;
  const user = userOf(call, requiredParameter(call, 'UserName'));
  const newName = optionalParameter(call, 'NewUserName') ?? user.userName;
  const newPath = optionalParameter(call, 'NewPath') ?? user.path;
  if (newName.toLowerCase() !== user.userName.toLowerCase()) checkFree(account, newName);
  for (const key of keysOf(call.state, account.accountId, user.userName)) key.userName = newName;
  account.users.delete(user.userName);
  user.userName = newName;
  user.path = newPath;
  account.users.set(newName, user);
  touch(call.state);
  return undefined;
});

/** DeleteUser: what belongs to the user must be gone first (W32). */
const deleteUser = queryWrite('DeleteUser', (call) => {
  const { account } = call.caller;
  const user = userOf(call, requiredParameter(call, 'UserName'));
  const conflicts: readonly (readonly [boolean, string])[] = [
    [keysOf(call.state, account.accountId, user.userName).length > 0, 'must delete access keys first'],
    [user.groupNames.length > 0, 'must remove users from group first'],
    [user.attachedPolicies.size > 0, 'must detach all policies first'],
    [user.inlinePolicies.size > 0, 'must delete policies first'],
  ];
  const conflict = conflicts.find(([isThere]) => isThere);
  if (conflict !== undefined) throw iamError('DeleteConflict', `Cannot delete entity, ${conflict[1]}.`);
  account.users.delete(user.userName);
  touch(call.state);
  return undefined;
});

/** What IAM does with users. */
export const userOperations = [createUser, getUser, listUsers, updateUser, deleteUser];
