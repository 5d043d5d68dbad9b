import type { Account } from '../accounts.ts';
import type { Call } from '../call.ts';
import { touch } from '../state.ts';
import { element, type XmlNode } from '../xml.ts';
import { checkIdentityPolicy, sizeOf } from './documents.ts';
import { entityArn, type ManagedPolicy, newEntityId, type PolicyHolder } from './entities.ts';
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
import { VENDOR_POLICIES } from './vendor-policies.ts';

/** A policy of the account, or one that every account has. */
export function findPolicy(account: Account, arn: string): ManagedPolicy | undefined {
  return account.policies.get(arn) ?? VENDOR_POLICIES.get(arn);
}

/** The policy that PolicyArn names. @throws ServiceError NoSuchEntity, InvalidInput, ValidationError */
export function policyOf(call: Call): ManagedPolicy {
  const arn = requiredParameter(call, 'PolicyArn');
  if (!/^arn:aws:iam::(?:\d{12}|aws):policy\/.+$/u.test(arn))
    throw iamError('InvalidInput', `ARN ${arn} is not valid.`);
  const policy = findPolicy(call.caller.account, arn);
  if (policy === undefined) throw iamError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`);
  return policy;
}

/** The policy that PolicyArn names, to be changed. @throws ServiceError AccessDenied for one that is not the account's */
export function ownPolicyOf(call: Call): ManagedPolicy {
  const policy = policyOf(call);
  if (call.caller.account.policies.has(policy.arn)) return policy;
  throw iamError('AccessDenied', `${policy.arn} belongs to the service and cannot be changed.`);
}

/** Everything in an account that a policy may be attached to. */
function holdersIn({ users, groups, roles }: Account): readonly PolicyHolder[] {
  return [...users.values(), ...groups.values(), ...roles.values()];
}

function attachmentCount(account: Account, arn: string): number {
  return holdersIn(account).filter(({ attachedPolicies }) => attachedPolicies.has(arn)).length;
}

/** The fields of a policy as IAM tells them; its description stands in GetPolicy alone. */
export function policyXml(account: Account, policy: ManagedPolicy): readonly XmlNode[] {
  return [
    element('PolicyName', policy.policyName),
    element('PolicyId', policy.policyId),
    element('Arn', policy.arn),
    element('Path', policy.path),
    element('DefaultVersionId', policy.defaultVersionId),
    element('AttachmentCount', attachmentCount(account, policy.arn)),
    element('PermissionsBoundaryUsageCount', 0),
    element('IsAttachable', true),
    element('CreateDate', isoSeconds(policy.createdMs)),
    element('UpdateDate', isoSeconds(policy.updatedMs)),
  ];
}

/** @throws ServiceError MalformedPolicyDocument, LimitExceeded */
export function checkManagedDocument(call: Call, document: string): void {
  checkIdentityPolicy(document);
  const max = call.settings.quotas.managedPolicySize;
  if (sizeOf(document) <= max) return;
  throw iamError('LimitExceeded', `Cannot exceed quota for PolicySize: ${max}`);
}

/** CreatePolicy. Its name is taken once in an account, whatever the path. */
const createPolicy = queryWrite('CreatePolicy', (call) => {
  const { account } = call.caller;
  const policyName = requiredParameter(call, 'PolicyName');
  const path = optionalParameter(call, 'Path') ?? '/';
  const description = optionalParameter(call, 'Description');
  const document = requiredParameter(call, 'PolicyDocument');
  checkManagedDocument(call, document);
  checkTags(call);
  const isTaken = [...account.policies.values()].some(
    (policy) => policy.policyName.toLowerCase() === policyName.toLowerCase(),
  );
  if (isTaken) throw iamError('EntityAlreadyExists', `A policy called ${policyName} already exists.`);
  checkQuota('PoliciesPerAccount', account.policies.size, call.settings.quotas.policies);
  const createdMs = call.nowMs;
  const policy: ManagedPolicy = {
    policyName,
    path,
    arn: entityArn(account.accountId, 'policy', path, policyName),
    policyId: newEntityId('policy'),
    description,
    createdMs,
    updatedMs: createdMs,
    defaultVersionId: 'v1',
    nextVersion: 2,
    versions: new Map([['v1', { versionId: 'v1', document, createdMs }]]),
  };
  account.policies.set(policy.arn, policy);
  touch(call.state);
  return [element('Policy', policyXml(account, policy))];
});

const getPolicy = queryRead('GetPolicy', (call) => {
  const policy = policyOf(call);
  const { description } = policy;
  const more = description === undefined ? [] : [element('Description', description)];
  return [element('Policy', [...policyXml(call.caller.account, policy), ...more])];
});

const listPolicies = queryRead('ListPolicies', (call) => {
  const { account } = call.caller;
  const scope = optionalParameter(call, 'Scope') ?? 'All';
  const prefix = optionalParameter(call, 'PathPrefix') ?? '/';
  const isOnlyAttached = optionalParameter(call, 'OnlyAttached') === 'true';
  const all = [
    ...(scope === 'AWS' ? [] : account.policies.values()),
    ...(scope === 'Local' ? [] : VENDOR_POLICIES.values()),
  ];
  return listingOf(call, {
    name: 'Policies',
    items: all
      .filter(({ path }) => path.startsWith(prefix))
      .filter(({ arn }) => !isOnlyAttached || attachmentCount(account, arn) > 0),
    key: ({ policyName, arn }) => `${policyName} ${arn}`,
    member: (policy) => policyXml(account, policy),
  });
});

/** DeletePolicy: attachments and all versions but the default must be gone first. */
const deletePolicy = queryWrite('DeletePolicy', (call) => {
  const { account } = call.caller;
  const policy = ownPolicyOf(call);
  if (attachmentCount(account, policy.arn) > 0) {
    throw iamError('DeleteConflict', 'Cannot delete a policy attached to entities.');
  }
  if (policy.versions.size > 1) {
    const message = 'This policy has more than one version. Before you delete a policy, you must delete its versions.';
    throw iamError('DeleteConflict', message);
  }
  account.policies.delete(policy.arn);
  touch(call.state);
  return undefined;
});

/** What IAM does with managed policies, but for their versions. */
export const managedPolicyOperations = [createPolicy, getPolicy, listPolicies, deletePolicy];
