import type { ServiceOperation } from '../call.ts';
import { touch } from '../state.ts';
import { element } from '../xml.ts';
import { checkIdentityPolicy, sizeOf } from './documents.ts';
import { HOLDER_TYPES, type HolderType, holderOf } from './holders.ts';
import { documentXml, iamError, pageOf, queryRead, queryWrite, requiredParameter } from './query.ts';

function missing(type: HolderType, policyName: string): Error {
  return iamError('NoSuchEntity', `The ${type.toLowerCase()} policy with name ${policyName} cannot be found.`);
}

/** PutUserPolicy and its like: the policy takes the place of the one with that name. */
function putPolicy(type: HolderType): ServiceOperation {
  return queryWrite(`Put${type}Policy`, (call) => {
    const { name, holder } = holderOf(call, type);
    const policyName = requiredParameter(call, 'PolicyName');
    const document = requiredParameter(call, 'PolicyDocument');
    checkIdentityPolicy(document);
    const others = [...holder.inlinePolicies].filter(([other]) => other !== policyName);
    const size = others.reduce((sum, [, text]) => sum + sizeOf(text), sizeOf(document));
    const max = call.settings.quotas.inlineSize[type];
    if (size > max) {
      const message = `Maximum policy size of ${max} bytes exceeded for ${type.toLowerCase()} ${name}`;
      throw iamError('LimitExceeded', message);
    }
    holder.inlinePolicies.set(policyName, document);
    touch(call.state);
    return undefined;
  });
}

function getPolicy(type: HolderType): ServiceOperation {
  return queryRead(`Get${type}Policy`, (call) => {
    const { name, holder } = holderOf(call, type);
    const policyName = requiredParameter(call, 'PolicyName');
    const document = holder.inlinePolicies.get(policyName);
    if (document === undefined) throw missing(type, policyName);
    return [
      element(`${type}Name`, name),
      element('PolicyName', policyName),
      documentXml(call, 'PolicyDocument', document),
    ];
  });
}

function listPolicies(type: HolderType): ServiceOperation {
  return queryRead(`List${type}Policies`, (call) => {
    const { holder } = holderOf(call, type);
    const { page, more } = pageOf(call, [...holder.inlinePolicies.keys()], (name) => name);
    const names = page.map((name) => element('member', name));
    return [element('PolicyNames', names), ...more];
  });
}

function deletePolicy(type: HolderType): ServiceOperation {
  return queryWrite(`Delete${type}Policy`, (call) => {
    const { holder } = holderOf(call, type);
    const policyName = requiredParameter(call, 'PolicyName');
    if (!holder.inlinePolicies.delete(policyName)) throw missing(type, policyName);
    touch(call.state);
    return undefined;
  });
}

/** What IAM does with policies that belong to one user, group or role. */
export const inlinePolicyOperations = HOLDER_TYPES.flatMap((type) => [
  putPolicy(type),
  getPolicy(type),
  listPolicies(type),
  deletePolicy(type),
]);
