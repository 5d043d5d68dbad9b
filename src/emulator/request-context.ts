import type { Call, Target } from './call.ts';
import type { Context } from './policy/pattern.ts';
import type { Tag } from './state.ts';

type Facts = Omit<Call, 'permissions'>;
type Value = string | undefined;

/** The condition keys that there are, by their name in lower case. Source: "Condition keys for Amazon S3", "AWS global condition context keys". */
const KEYS: Readonly<Record<string, (call: Facts, target: Target) => Value>> = {
  'aws:sourceip': ({ sourceIp }) => sourceIp,
  'aws:securetransport': ({ isSecure }) => String(isSecure),
  'aws:username': ({ caller }) => (caller.identity.type === 'User' ? caller.identity.userName : undefined),
  'aws:userid': ({ caller }) => (isSigned(caller) ? caller.identity.userId : undefined),
  'aws:principalarn': ({ caller }) => (isSigned(caller) ? (caller.identity.roleArn ?? caller.identity.arn) : undefined),
  'aws:principalaccount': ({ caller }) => (isSigned(caller) ? caller.account.accountId : undefined),
  'aws:principaltype': ({ caller }) => PRINCIPAL_TYPES[caller.identity.type],
  'aws:resourceaccount': ({ caller }, { bucket }) => bucket?.ownerId ?? caller.account.accountId,
  'aws:requestedregion': ({ region }) => region,
  'aws:currenttime': ({ nowMs }) => new Date(nowMs).toISOString(),
  'aws:epochtime': ({ nowMs }) => String(Math.floor(nowMs / 1000)),
  'aws:useragent': ({ headers }) => headers['user-agent'],
  'aws:referer': ({ headers }) => headers['referer'],
  'aws:multifactorauthpresent': ({ caller }) => (caller.session === undefined ? undefined : 'false'),
  'aws:tokenissuetime': ({ caller }) => caller.session && new Date(caller.session.createdMs).toISOString(),
  'iam:policyarn': ({ form }) => form.get('PolicyArn'),
  's3:prefix': listed('prefix'),
  's3:delimiter': listed('delimiter'),
  's3:max-keys': listed('max-keys'),
  's3:versionid': (_call, { versionId }) => versionId,
  's3:locationconstraint': ({ region }, { bucket }) => bucket?.region ?? region,
  's3:resourceaccount': ({ caller }, { bucket }) => bucket?.ownerId ?? caller.account.accountId,
  's3:signatureversion': ({ caller }) => (caller.signature === undefined ? undefined : 'AWS4-HMAC-SHA256'),
  's3:authtype': ({ caller }) =>
    caller.signature && (caller.signature.isPresigned ? 'REST-QUERY-STRING' : 'REST-HEADER'),
  's3:signatureage': ({ caller, nowMs }) => caller.signature && String(nowMs - caller.signature.signedMs),
  's3:object-lock-mode': header('x-amz-object-lock-mode'),
  's3:object-lock-retain-until-date': header('x-amz-object-lock-retain-until-date'),
  's3:object-lock-legal-hold': header('x-amz-object-lock-legal-hold'),
  's3:object-lock-remaining-retention-days': ({ headers, nowMs }) => {
    const untilMs = Date.parse(headers['x-amz-object-lock-retain-until-date'] ?? '');
    return Number.isNaN(untilMs) ? undefined : String(Math.floor((untilMs - nowMs) / 86_400_000));
  },
};

const PRINCIPAL_TYPES = { Root: 'Account', User: 'User', AssumedRole: 'AssumedRole', Anonymous: 'Anonymous' } as const;

/** Headers that are condition keys by their own name: `s3:x-amz-acl` and the like. */
const HEADER_KEYS = new Set([
  'x-amz-acl',
  'x-amz-content-sha256',
  'x-amz-copy-source',
  'x-amz-metadata-directive',
  'x-amz-server-side-encryption',
  'x-amz-storage-class',
]);

function isSigned({ identity }: Call['caller']): boolean {
  return identity.type !== 'Anonymous';
}

function header(name: string): (call: Facts) => Value {
  return ({ headers }) => headers[name];
}

/** A parameter of a listing: of a call on an object it would mean nothing. */
function listed(name: string): (call: Facts) => Value {
  return ({ query, key }) => (key === undefined ? query.get(name) : undefined);
}

function tagValue(tags: readonly Tag[] | undefined, wanted: string): Value {
  return tags?.find(({ Key }) => Key === wanted)?.Value;
}

function requestTags({ headers }: Facts): readonly Tag[] {
  return [...new URLSearchParams(headers['x-amz-tagging'] ?? '')].map(([Key, Value]) => ({ Key, Value }));
}

/** What a request says of itself, for conditions and variables of policies. */
export function contextOf(call: Facts, target: Target): Context {
  return (key) => {
    if (key === 's3:requestobjecttagkeys') return requestTags(call).map(({ Key }) => Key);
    const value = valueOf(call, target, key);
    return value === undefined ? undefined : [value];
  };
}

function valueOf(call: Facts, target: Target, key: string): Value {
  const [name = '', ...rest] = key.split('/');
  const tag = rest.join('/');
  if (name === 's3:existingobjecttag') return tagValue(versionOf(target)?.tags, tag);
  if (name === 's3:requestobjecttag') return tagValue(requestTags(call), tag);
  const headerName = key.replace(/^s3:/u, '');
  return HEADER_KEYS.has(headerName) ? call.headers[headerName] : KEYS[key]?.(call, target);
}

/** The version that a call is about, if it is there. */
export function versionOf({ bucket, key, versionId }: Target) {
  const versions = bucket?.objects.get(key ?? '');
  return versionId === undefined ? versions?.[0] : versions?.find((version) => version.versionId === versionId);
}
