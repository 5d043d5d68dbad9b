import { type Call, invalidArgument } from './call.ts';
import { ServiceError } from './errors.ts';

const PRIVATE = new Set(['private', 'bucket-owner-read', 'bucket-owner-full-control']);
const PUBLIC = new Set(['public-read', 'public-read-write', 'authenticated-read']);

/**
 * The canned ACL that a request asks for in its headers, `private` by default.
 * @throws ServiceError AccessDenied for a public one, where the account may not be public; InvalidArgument for an
 * unknown one; NotImplemented for explicit grants
 */
export function cannedAcl(call: Call): string {
  const grants = Object.keys(call.headers).filter((name) => name.startsWith('x-amz-grant-'));
  if (grants.length > 0)
    throw new ServiceError('NotImplemented', { message: `${grants.join(', ')} is not implemented` });
  const acl = call.headers['x-amz-acl'] ?? 'private';
  if (PRIVATE.has(acl)) return acl;
  if (!PUBLIC.has(acl)) throw invalidArgument(`x-amz-acl is "${acl}"`, 'x-amz-acl', acl);
  if (call.settings.quirks.publicAccess === 'refused') throw publicAccessDenied();
  return acl;
}

/** The canned ACL that a new object gets; `undefined` for the owner's alone. @throws ServiceError as `cannedAcl` */
export function objectAclOf(call: Call): string | undefined {
  const acl = cannedAcl(call);
  return PUBLIC.has(acl) ? acl : undefined;
}

/** The refusal of anything that would make content public on an account that is not allowed to. */
export function publicAccessDenied(): ServiceError {
  return new ServiceError('AccessDenied', { message: 'Public use of buckets is not allowed for this account.' });
}
