import type { Call } from '../call.ts';
import { touch } from '../state.ts';
import { element, type XmlNode } from '../xml.ts';
import { checkTrustPolicy } from './documents.ts';
import { entityArn, newEntityId, type Role } from './entities.ts';
import { roleOf } from './holders.ts';
import {
  checkQuota,
  checkTags,
  documentXml,
  iamError,
  isoSeconds,
  listingOf,
  optionalParameter,
  queryRead,
  queryWrite,
  requiredParameter,
} from './query.ts';

/** The fields of a role as IAM tells them. */
export function roleXml(call: Call, role: Role): readonly (XmlNode | undefined)[] {
  return [
    element('Path', role.path),
    element('RoleName', role.roleName),
    element('RoleId', role.roleId),
    element('Arn', entityArn(call.caller.account.accountId, 'role', role.path, role.roleName)),
    element('CreateDate', isoSeconds(role.createdMs)),
    documentXml(call, 'AssumeRolePolicyDocument', role.trustPolicy),
    role.description === undefined ? undefined : element('Description', role.description),
    element('MaxSessionDuration', role.maxSessionSeconds),
  ];
}

const createRole = queryWrite('CreateRole', (call) => {
  const { account } = call.caller;
  const roleName = requiredParameter(call, 'RoleName');
  const trustPolicy = requiredParameter(call, 'AssumeRolePolicyDocument');
  checkTrustPolicy(trustPolicy);
  checkTags(call);
  const isTaken = [...account.roles.keys()].some((name) => name.toLowerCase() === roleName.toLowerCase());
  if (isTaken) throw iamError('EntityAlreadyExists', `Role with name ${roleName} already exists.`);
  checkQuota('RolesPerAccount', account.roles.size, call.settings.quotas.roles);
  const role: Role = {
    roleName,
    path: optionalParameter(call, 'Path') ?? '/',
    roleId: newEntityId('role'),
    createdMs: call.nowMs,
    trustPolicy,
    description: optionalParameter(call, 'Description'),
    maxSessionSeconds: Number(optionalParameter(call, 'MaxSessionDuration') ?? 3600),
    inlinePolicies: new Map(),
    attachedPolicies: new Map(),
  };
  account.roles.set(roleName, role);
  touch(call.state);
  return [element('Role', roleXml(call, role))];
});

const getRole = queryRead('GetRole', (call) => [
  element('Role', roleXml(call, roleOf(call, requiredParameter(call, 'RoleName')))),
]);

const listRoles = queryRead('ListRoles', (call) => {
  const prefix = optionalParameter(call, 'PathPrefix') ?? '/';
  return listingOf(call, {
    name: 'Roles',
    items: [...call.caller.account.roles.values()].filter(({ path }) => path.startsWith(prefix)),
    key: ({ roleName }) => roleName,
    member: (role) => roleXml(call, role),
  });
});

const updateAssumeRolePolicy = queryWrite('UpdateAssumeRolePolicy', (call) => {
  const role = roleOf(call, requiredParameter(call, 'RoleName'));
  const document = requiredParameter(call, 'PolicyDocument');
  checkTrustPolicy(document);
  role.trustPolicy = document;
  touch(call.state);
  return undefined;
});

/** DeleteRole: its policies must be gone first. */
const deleteRole = queryWrite('DeleteRole', (call) => {
  const role = roleOf(call, requiredParameter(call, 'RoleName'));
  if (role.inlinePolicies.size > 0) {
    throw iamError('DeleteConflict', 'Cannot delete entity, must delete policies first.');
  }
  if (role.attachedPolicies.size > 0) {
    throw iamError('DeleteConflict', 'Cannot delete entity, must detach all policies first.');
  }
  call.caller.account.roles.delete(role.roleName);
  touch(call.state);
  return undefined;
});

/** What IAM does with roles. */
export const roleOperations = [createRole, getRole, listRoles, updateAssumeRolePolicy, deleteRole];
