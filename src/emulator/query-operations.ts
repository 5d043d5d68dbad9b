import type { Operation } from './call.ts';
import { ServiceError } from './errors.ts';
import { accessKeyOperations } from './iam/access-keys.ts';
import { accountOperations } from './iam/account-details.ts';
import { attachmentOperations } from './iam/attachments.ts';
import { groupOperations } from './iam/groups.ts';
import { inlinePolicyOperations } from './iam/inline-policies.ts';
import { managedPolicyOperations } from './iam/managed-policies.ts';
import { policyVersionOperations } from './iam/policy-versions.ts';
import { roleOperations } from './iam/roles.ts';
import { userOperations } from './iam/users.ts';
import { stsOperations } from './sts.ts';

const operations = {
  iam: tableOf([
    ...userOperations,
    ...accessKeyOperations,
    ...inlinePolicyOperations,
    ...managedPolicyOperations,
    ...policyVersionOperations,
    ...attachmentOperations,
    ...groupOperations,
    ...roleOperations,
    ...accountOperations,
  ]),
  sts: tableOf(stsOperations),
};

function tableOf(list: readonly Operation[]): ReadonlyMap<string, Operation> {
  return new Map(list.map((operation) => [operation.name, operation]));
}

/** The operation of a Query request; its name stands in the form. @throws ServiceError InvalidAction (W29) */
export function queryOperationOf(service: 'iam' | 'sts', form: ReadonlyMap<string, string>): Operation {
  const action = form.get('Action') ?? '';
  const found = operations[service].get(action);
  if (found !== undefined) return found;
  throw new ServiceError('InvalidAction', { message: `Could not find operation ${action} for ${service}.` });
}
