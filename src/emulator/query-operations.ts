import type { Call, Operation } from './call.ts';
import { ServiceError } from './errors.ts';
import { documentOf, element, type XmlNode } from './xml.ts';

/** XML namespaces of the Query protocol. Source: the services' API references. */
export const QUERY_NAMESPACES = {
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
} as const;

/** STS GetCallerIdentity: who the signature belongs to (W37). */
const getCallerIdentity: Operation = {
  name: 'GetCallerIdentity',
  scope: 'service',
  mutating: false,
  run: (call) => {
    const { identity } = call.caller;
    return queryReply(call, 'GetCallerIdentity', [
      element('Arn', identity.arn),
      element('UserId', identity.userId),
      element('Account', identity.accountId),
    ]);
  },
};

/** IAM GetUser without a name: the caller. A root key has no user name, and its ARN ends in `:root` (W29). */
const getUser: Operation = {
  name: 'GetUser',
  scope: 'service',
  mutating: false,
  run: (call) => {
    const wanted = parameters(call).get('UserName');
    const { account, identity } = call.caller;
    const found = wanted === null ? identity : account.users.get(wanted);
    if (found === undefined) {
      throw new ServiceError('NoSuchEntity', { message: `The user with name ${wanted} cannot be found.` });
    }
    return queryReply(call, 'GetUser', [
      element('User', [
        element('Path', '/'),
        ...(found.userName === undefined ? [] : [element('UserName', found.userName)]),
        element('UserId', found.userId),
        element('Arn', found.arn),
        element('CreateDate', new Date(found.createdMs).toISOString()),
      ]),
    ]);
  },
};

const operations = {
  iam: new Map<string, Operation>([[getUser.name, getUser]]),
  sts: new Map<string, Operation>([[getCallerIdentity.name, getCallerIdentity]]),
};

/** The operation of a Query request; its name stands in the form. @throws ServiceError InvalidAction (W29) */
export function queryOperationOf(service: 'iam' | 'sts', body: Buffer): Operation {
  const action = new URLSearchParams(body.toString('utf8')).get('Action') ?? '';
  const found = operations[service].get(action);
  if (found !== undefined) return found;
  throw new ServiceError('InvalidAction', { message: `Could not find operation ${action} for ${service}.` });
}

function parameters(call: Call): URLSearchParams {
  return new URLSearchParams(call.body.toString('utf8'));
}

function queryReply(call: Call, name: string, children: readonly XmlNode[]) {
  const service = call.service === 'sts' ? 'sts' : 'iam';
  const root = element(
    `${name}Response`,
    [element(`${name}Result`, [...children]), element('ResponseMetadata', [element('RequestId', call.requestId)])],
    { xmlns: QUERY_NAMESPACES[service] },
  );
  return { status: 200, headers: { 'content-type': 'text/xml' }, body: documentOf(root) };
}
