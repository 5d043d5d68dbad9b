import type { Call, ServiceOperation } from '../call.ts';
import { touch } from '../state.ts';
import { element, type XmlNode } from '../xml.ts';
import { HOLDER_TYPES, type HolderType, holderOf } from './holders.ts';
import { policyOf } from './managed-policies.ts';
import {
  checkQuota,
  iamError,
  listingOf,
  membersXml,
  optionalParameter,
  pageOf,
  queryRead,
  queryWrite,
  requiredParameter,
} from './query.ts';

/** AttachUserPolicy and its like. Attached already is success. */
function attachPolicy(type: HolderType): ServiceOperation {
  return queryWrite(`Attach${type}Policy`, (call) => {
    const { holder } = holderOf(call, type);
    const { arn, policyName } = policyOf(call);
    if (holder.attachedPolicies.has(arn)) return undefined;
    const max = call.settings.quotas.attachedPolicies;
    checkQuota(`PoliciesPer${type}`, holder.attachedPolicies.size, max);
    holder.attachedPolicies.set(arn, policyName);
    touch(call.state);
    return undefined;
  });
}

function detachPolicy(type: HolderType): ServiceOperation {
  return queryWrite(`Detach${type}Policy`, (call) => {
    const { holder } = holderOf(call, type);
    const arn = requiredParameter(call, 'PolicyArn');
    if (!holder.attachedPolicies.delete(arn)) throw iamError('NoSuchEntity', `Policy ${arn} was not found.`);
    touch(call.state);
    return undefined;
  });
}

/** The members of a list of attached policies. */
export function attachedXml([arn, policyName]: readonly [string, string]): readonly XmlNode[] {
  return [element('PolicyName', policyName), element('PolicyArn', arn)];
}

function listAttached(type: HolderType): ServiceOperation {
  return queryRead(`ListAttached${type}Policies`, (call) => {
    const { holder } = holderOf(call, type);
    const prefix = `:policy${optionalParameter(call, 'PathPrefix') ?? '/'}`;
    return listingOf(call, {
      name: 'AttachedPolicies',
      items: [...holder.attachedPolicies].filter(([arn]) => arn.includes(prefix)),
      key: ([arn, policyName]) => `${policyName} ${arn}`,
      member: attachedXml,
    });
  });
}

interface Entity {
  readonly type: HolderType;
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly arns: ReadonlyMap<string, string>;
}

function entitiesIn({ users, groups, roles }: Call['caller']['account']): readonly Entity[] {
  const usersFound = [...users.values()].map((user): Entity => {
    return { type: 'User', name: user.userName, id: user.userId, path: user.path, arns: user.attachedPolicies };
  });
  const groupsFound = [...groups.values()].map((group): Entity => {
    return { type: 'Group', name: group.groupName, id: group.groupId, path: group.path, arns: group.attachedPolicies };
  });
  const rolesFound = [...roles.values()].map((role): Entity => {
    return { type: 'Role', name: role.roleName, id: role.roleId, path: role.path, arns: role.attachedPolicies };
  });
  return [...usersFound, ...groupsFound, ...rolesFound];
}

/** ListEntitiesForPolicy: whom a policy is attached to; one page holds all three lists. */
const listEntitiesForPolicy = queryRead('ListEntitiesForPolicy', (call) => {
  const { arn } = policyOf(call);
  const filter = optionalParameter(call, 'EntityFilter');
  const prefix = optionalParameter(call, 'PathPrefix') ?? '/';
  const found = entitiesIn(call.caller.account)
    .filter(({ arns, path }) => arns.has(arn) && path.startsWith(prefix))
    .filter(({ type }) => filter === undefined || filter === type);
  const { page, more } = pageOf(call, found, ({ type, name }) => `${type} ${name}`);
  const lists = HOLDER_TYPES.map((type) =>
    membersXml(
      `Policy${type}s`,
      page.filter((entity) => entity.type === type),
      ({ name, id }) => [element(`${type}Name`, name), element(`${type}Id`, id)],
    ),
  );
  return [...lists, ...more];
});

/** What IAM does to attach managed policies. */
export const attachmentOperations = [
  ...HOLDER_TYPES.flatMap((type) => [attachPolicy(type), detachPolicy(type), listAttached(type)]),
  listEntitiesForPolicy,
];
