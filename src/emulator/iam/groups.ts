import type { Account } from '../accounts.ts';
import type { Call } from '../call.ts';
import { touch } from '../state.ts';
import { element, type XmlNode } from '../xml.ts';
import { entityArn, type Group, newEntityId, type User } from './entities.ts';
import { groupOf } from './holders.ts';
import {
  checkQuota,
  iamError,
  isoSeconds,
  listingOf,
  optionalParameter,
  queryRead,
  queryWrite,
  requiredParameter,
} from './query.ts';
import { userOf, userXml } from './users.ts';

/** The fields of a group as IAM tells them. */
export function groupXml(accountId: string, group: Group): readonly XmlNode[] {
  return [
    element('Path', group.path),
    element('GroupName', group.groupName),
    element('GroupId', group.groupId),
    element('Arn', entityArn(accountId, 'group', group.path, group.groupName)),
    element('CreateDate', isoSeconds(group.createdMs)),
  ];
}

/** @throws ServiceError EntityAlreadyExists */
function checkFree({ groups }: Account, groupName: string): void {
  const isTaken = [...groups.keys()].some((name) => name.toLowerCase() === groupName.toLowerCase());
  if (isTaken) throw iamError('EntityAlreadyExists', `Group with name ${groupName} already exists.`);
}

function membersOf({ users }: Account, groupName: string): readonly User[] {
  return [...users.values()].filter(({ groupNames }) => groupNames.includes(groupName));
}

const createGroup = queryWrite('CreateGroup', (call) => {
  const { account } = call.caller;
  const groupName = requiredParameter(call, 'GroupName');
  const path = optionalParameter(call, 'Path') ?? '/';
  checkFree(account, groupName);
  checkQuota('GroupsPerAccount', account.groups.size, call.settings.quotas.groups);
  const group: Group = {
    groupName,
    path,
    groupId: newEntityId('group'),
    createdMs: call.nowMs,
    inlinePolicies: new Map(),
    attachedPolicies: new Map(),
  };
  account.groups.set(groupName, group);
  touch(call.state);
  return [element('Group', groupXml(account.accountId, group))];
});

/** GetGroup: the group and, in pages, its users. */
const getGroup = queryRead('GetGroup', (call) => {
  const { account } = call.caller;
  const group = groupOf(call, requiredParameter(call, 'GroupName'));
  const users = listingOf(call, {
    name: 'Users',
    items: membersOf(account, group.groupName),
    key: ({ userName }) => userName,
    member: (user) => userXml(account.accountId, user),
  });
  return [element('Group', groupXml(account.accountId, group)), ...users];
});

function groupListing(call: Call, groups: readonly Group[]): readonly XmlNode[] {
  return listingOf(call, {
    name: 'Groups',
    items: groups,
    key: ({ groupName }) => groupName,
    member: (group) => groupXml(call.caller.account.accountId, group),
  });
}

const listGroups = queryRead('ListGroups', (call) => {
  const prefix = optionalParameter(call, 'PathPrefix') ?? '/';
  const groups = [...call.caller.account.groups.values()];
  return groupListing(
    call,
    groups.filter(({ path }) => path.startsWith(prefix)),
  );
});

const listGroupsForUser = queryRead('ListGroupsForUser', (call) => {
  const { groupNames } = userOf(call, requiredParameter(call, 'UserName'));
  return groupListing(
    call,
    groupNames.map((name) => groupOf(call, name)),
  );
});

/** UpdateGroup: another name or path; its users and policies stay. */
const updateGroup = queryWrite('UpdateGroup', (call) => {
  const { account } = call.caller;
  const group = groupOf(call, requiredParameter(call, 'GroupName'));
  const { groupName: oldName } = group;
  const newName = optionalParameter(call, 'NewGroupName') ?? oldName;
  const newPath = optionalParameter(call, 'NewPath') ?? group.path;
  if (newName.toLowerCase() !== oldName.toLowerCase()) checkFree(account, newName);
  for (const user of membersOf(account, oldName)) {
    user.groupNames = user.groupNames.map((name) => (name === oldName ? newName : name));
  }
  account.groups.delete(oldName);
  group.groupName = newName;
  group.path = newPath;
  account.groups.set(newName, group);
  touch(call.state);
  return undefined;
});

/** DeleteGroup: its users and policies must be gone first. */
const deleteGroup = queryWrite('DeleteGroup', (call) => {
  const { account } = call.caller;
  const { groupName, inlinePolicies, attachedPolicies } = groupOf(call, requiredParameter(call, 'GroupName'));
  if (membersOf(account, groupName).length > 0) {
    throw iamError('DeleteConflict', 'Cannot delete entity, must remove users from group first.');
  }
  if (inlinePolicies.size + attachedPolicies.size > 0) {
    throw iamError('DeleteConflict', 'Cannot delete entity, must delete policies first.');
  }
  account.groups.delete(groupName);
  touch(call.state);
  return undefined;
});

/** AddUserToGroup. A member already is success, or is refused: clients have met both. */
const addUserToGroup = queryWrite('AddUserToGroup', (call) => {
  const { groupName } = groupOf(call, requiredParameter(call, 'GroupName'));
  const user = userOf(call, requiredParameter(call, 'UserName'));
  if (user.groupNames.includes(groupName)) {
    if (call.settings.quirks.repeatedMembership === 'accepted') return undefined;
    throw iamError('EntityAlreadyExists', `User ${user.userName} is in group ${groupName} already.`);
  }
  checkQuota('GroupsPerUser', user.groupNames.length, call.settings.quotas.groupsPerUser);
  user.groupNames = [...user.groupNames, groupName];
  touch(call.state);
  return undefined;
});

const removeUserFromGroup = queryWrite('RemoveUserFromGroup', (call) => {
  const { groupName } = groupOf(call, requiredParameter(call, 'GroupName'));
  const user = userOf(call, requiredParameter(call, 'UserName'));
  if (!user.groupNames.includes(groupName)) {
    throw iamError('NoSuchEntity', `User ${user.userName} is not in group ${groupName}.`);
  }
  user.groupNames = user.groupNames.filter((name) => name !== groupName);
  touch(call.state);
  return undefined;
});

/** What IAM does with groups and their members. */
export const groupOperations = [
  createGroup,
  getGroup,
  listGroups,
  listGroupsForUser,
  updateGroup,
  deleteGroup,
  addUserToGroup,
  removeUserFromGroup,
];
