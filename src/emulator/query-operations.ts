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

/** The operations of IAM and STS, by name. */
export const QUERY_OPERATIONS = {
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

/** Versions of the APIs: those that every SDK sends. */
const VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' } as const;

/** The parameters of a Query request: in the body, or, of a GET, in the URL. */
export function formOf(
  { method, body }: { readonly method: string; readonly body: Buffer },
  { rawQuery }: { readonly rawQuery: string },
): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(method === 'GET' ? rawQuery : body.toString('utf8')));
}

/**
 * The operation of a Query request; its name and version stand in the form (W29).
 * @throws ServiceError InvalidAction, MethodNotAllowed
 */
export function queryOperationOf(service: 'iam' | 'sts', method: string, form: ReadonlyMap<string, string>): Operation {
  if (method !== 'GET' && method !== 'POST') throw new ServiceError('MethodNotAllowed');
  const action = form.get('Action') ?? '';
  const version = form.get('Version') ?? 'NO_VERSION_SPECIFIED';
  const found = version === VERSIONS[service] ? QUERY_OPERATIONS[service].get(action) : undefined;
  if (found !== undefined) return found;
  throw new ServiceError('InvalidAction', { message: `Could not find operation ${action} for version ${version}.` });
}
