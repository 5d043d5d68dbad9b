import { keysOf } from '../accounts.ts';
import type { Call } from '../call.ts';
import { element, type XmlNode } from '../xml.ts';
import { attachedXml } from './attachments.ts';
import type { Group, ManagedPolicy, PolicyHolder, Role, User } from './entities.ts';
import { groupXml } from './groups.ts';
import { policyXml } from './managed-policies.ts';
import { versionXml } from './policy-versions.ts';
import { documentXml, iamError, membersXml, pageOf, queryRead } from './query.ts';
import { roleXml } from './roles.ts';
import { userXml } from './users.ts';
import { VENDOR_POLICIES } from './vendor-policies.ts';

type Detail =
  | { readonly type: 'User'; readonly value: User }
  | { readonly type: 'Group'; readonly value: Group }
  | { readonly type: 'Role'; readonly value: Role }
  | { readonly type: 'LocalManagedPolicy' | 'AWSManagedPolicy'; readonly value: ManagedPolicy };

const FILTERS: readonly string[] = ['User', 'Group', 'Role', 'LocalManagedPolicy', 'AWSManagedPolicy'];

/** The values of `Filter.member.N`. @throws ServiceError ValidationError for one that is none */
function filtersOf(call: Call): readonly string[] {
  const wanted = [...call.form].filter(([name]) => name.startsWith('Filter.member.')).map(([, value]) => value);
  const unknown = wanted.find((value) => !FILTERS.includes(value));
  if (unknown === undefined) return wanted.length === 0 ? FILTERS : wanted;
  throw iamError('ValidationError', `Filter: "${unknown}" must be one of ${FILTERS.join(', ')}`);
}

/** Everything in the account, and the service's own policies where something has them attached. */
function detailsIn(call: Call): readonly Detail[] {
  const { users, groups, roles, policies } = call.caller.account;
  const holders: readonly PolicyHolder[] = [...users.values(), ...groups.values(), ...roles.values()];
  const vendor = [...VENDOR_POLICIES.values()].filter(({ arn }) =>
    holders.some(({ attachedPolicies }) => attachedPolicies.has(arn)),
  );
  return [
    ...[...users.values()].map((value): Detail => ({ type: 'User', value })),
    ...[...groups.values()].map((value): Detail => ({ type: 'Group', value })),
    ...[...roles.values()].map((value): Detail => ({ type: 'Role', value })),
    ...[...policies.values()].map((value): Detail => ({ type: 'LocalManagedPolicy', value })),
    ...vendor.map((value): Detail => ({ type: 'AWSManagedPolicy', value })),
  ];
}

function keyOf({ type, value }: Detail): string {
  if (type === 'User') return `1 ${value.userName}`;
  if (type === 'Group') return `2 ${value.groupName}`;
  return type === 'Role' ? `3 ${value.roleName}` : `4 ${value.arn}`;
}

function inlineXml(call: Call, name: string, { inlinePolicies }: PolicyHolder): XmlNode {
  return membersXml(name, [...inlinePolicies], ([policyName, document]) => [
    element('PolicyName', policyName),
    documentXml(call, 'PolicyDocument', document),
  ]);
}

function attachedListXml({ attachedPolicies }: PolicyHolder): XmlNode {
  return membersXml('AttachedManagedPolicies', [...attachedPolicies], attachedXml);
}

function userDetail(call: Call, user: User): readonly XmlNode[] {
  const groups = user.groupNames.map((name) => element('member', name));
  return [
    ...userXml(call.caller.account.accountId, user),
    inlineXml(call, 'UserPolicyList', user),
    element('GroupList', groups),
    attachedListXml(user),
  ];
}

function policyDetail(call: Call, policy: ManagedPolicy): readonly XmlNode[] {
  const versions = membersXml('PolicyVersionList', [...policy.versions.values()], (version) => [
    documentXml(call, 'Document', version.document),
    ...versionXml(policy, version),
  ]);
  return [...policyXml(call.caller.account, policy), versions];
}

/** GetAccountAuthorizationDetails: who there is and what they may do; one page holds all four lists. */
const getAccountAuthorizationDetails = queryRead('GetAccountAuthorizationDetails', (call) => {
  const { accountId } = call.caller.account;
  const filters = filtersOf(call);
  const found = detailsIn(call).filter(({ type }) => filters.includes(type));
  const { page, more } = pageOf(call, found, keyOf);
  const users = page.flatMap((detail) => (detail.type === 'User' ? [detail.value] : []));
  const groups = page.flatMap((detail) => (detail.type === 'Group' ? [detail.value] : []));
  const roles = page.flatMap((detail) => (detail.type === 'Role' ? [detail.value] : []));
  const policies = page.flatMap((detail) => {
    return detail.type === 'LocalManagedPolicy' || detail.type === 'AWSManagedPolicy' ? [detail.value] : [];
  });
  return [
    membersXml('UserDetailList', users, (user) => userDetail(call, user)),
    membersXml('GroupDetailList', groups, (group) => [
      ...groupXml(accountId, group),
      inlineXml(call, 'GroupPolicyList', group),
      attachedListXml(group),
    ]),
    membersXml('RoleDetailList', roles, (role) => [
      ...roleXml(call, role),
      inlineXml(call, 'RolePolicyList', role),
      attachedListXml(role),
    ]),
    membersXml('Policies', policies, (policy) => policyDetail(call, policy)),
    ...more,
  ];
});

/** GetAccountSummary: how much there is of what, and how much there may be. */
const getAccountSummary = queryRead('GetAccountSummary', (call) => {
  const { accountId, users, groups, roles, policies } = call.caller.account;
  const { quotas } = call.settings;
  const rows: readonly (readonly [string, number])[] = [
    ['Users', users.size],
    ['UsersQuota', quotas.users],
    ['Groups', groups.size],
    ['GroupsQuota', quotas.groups],
    ['Roles', roles.size],
    ['RolesQuota', quotas.roles],
    ['Policies', policies.size],
    ['PoliciesQuota', quotas.policies],
    ['AccessKeysPerUserQuota', quotas.accessKeysPerUser],
    ['GroupsPerUserQuota', quotas.groupsPerUser],
    ['AttachedPoliciesPerUserQuota', quotas.attachedPolicies],
    ['VersionsPerPolicyQuota', quotas.versionsPerPolicy],
    ['PolicySizeQuota', quotas.managedPolicySize],
    ['UserPolicySizeQuota', quotas.inlineSize.User],
    ['AccountAccessKeysPresent', keysOf(call.state, accountId, undefined).length],
  ];
  const entries = rows.map(([key, value]) => element('entry', [element('key', key), element('value', value)]));
  return [element('SummaryMap', entries)];
});

/** What IAM tells of an account as a whole. */
export const accountOperations = [getAccountAuthorizationDetails, getAccountSummary];
