import { type AccessKey, addAccessKey, keysOf } from '../accounts.ts';
import type { Call } from '../call.ts';
import { touch } from '../state.ts';
import { element, type XmlNode } from '../xml.ts';
import { checkQuota, iamError, isoSeconds, listingOf, queryRead, queryWrite, requiredParameter } from './query.ts';
import { userNameOrCaller, userOf } from './users.ts';

/** Whose keys a call is about: the user named, else the caller; `undefined`: the root. @throws ServiceError NoSuchEntity */
function keyOwner(call: Call): string | undefined {
  const userName = userNameOrCaller(call);
  return userName === undefined ? undefined : userOf(call, userName).userName;
}

function ownKeys(call: Call, userName: string | undefined): readonly AccessKey[] {
  return keysOf(call.state, call.caller.account.accountId, userName);
}

/** @throws ServiceError NoSuchEntity */
function keyOf(call: Call): AccessKey {
  const owner = keyOwner(call);
  const accessKeyId = requiredParameter(call, 'AccessKeyId');
  const key = ownKeys(call, owner).find((candidate) => candidate.accessKeyId === accessKeyId);
  if (key === undefined) throw iamError('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`);
  return key;
}

function keyXml(key: AccessKey): readonly (XmlNode | undefined)[] {
  return [
    key.userName === undefined ? undefined : element('UserName', key.userName),
    element('AccessKeyId', key.accessKeyId),
    element('Status', key.status),
    element('CreateDate', isoSeconds(key.createdMs)),
  ];
}

/** CreateAccessKey: the only answer that ever holds the secret. A third key is refused (W31). */
const createAccessKey = queryWrite('CreateAccessKey', (call) => {
  const userName = keyOwner(call);
  checkQuota('AccessKeysPerUser', ownKeys(call, userName).length, call.settings.quotas.accessKeysPerUser);
  const key = addAccessKey(call.state, {
    accountId: call.caller.account.accountId,
    userName,
    createdMs: call.nowMs,
    effectiveMs: call.nowMs + call.settings.propagation.keysMs,
  });
  return [element('AccessKey', [...keyXml(key), element('SecretAccessKey', key.secretAccessKey)])];
});

const listAccessKeys = queryRead('ListAccessKeys', (call) => {
  const userName = keyOwner(call);
  const listing = listingOf(call, {
    name: 'AccessKeyMetadata',
    items: ownKeys(call, userName),
    key: ({ accessKeyId }) => accessKeyId,
    member: keyXml,
  });
  return [userName === undefined ? undefined : element('UserName', userName), ...listing];
});

const updateAccessKey = queryWrite('UpdateAccessKey', (call) => {
  const key = keyOf(call);
  key.status = requiredParameter(call, 'Status') === 'Active' ? 'Active' : 'Inactive';
  touch(call.state);
  return undefined;
});

const deleteAccessKey = queryWrite('DeleteAccessKey', (call) => {
  call.state.keys.delete(keyOf(call).accessKeyId);
  touch(call.state);
  return undefined;
});

/** GetAccessKeyLastUsed: `N/A` and no date for a key that was never used. */
const getAccessKeyLastUsed = queryRead('GetAccessKeyLastUsed', (call) => {
  const accessKeyId = requiredParameter(call, 'AccessKeyId');
  const key = call.state.keys.get(accessKeyId);
  if (key?.accountId !== call.caller.account.accountId) {
    throw iamError('NoSuchEntity', `The Access Key with id ${accessKeyId} cannot be found.`);
  }
  const { lastUse } = key;
  return [
    key.userName === undefined ? undefined : element('UserName', key.userName),
    element('AccessKeyLastUsed', [
      lastUse === undefined ? undefined : element('LastUsedDate', isoSeconds(lastUse.atMs)),
      element('ServiceName', lastUse?.service ?? 'N/A'),
      element('Region', lastUse?.region ?? 'N/A'),
    ]),
  ];
});

/** What IAM does with access keys. */
export const accessKeyOperations = [
  createAccessKey,
  listAccessKeys,
  updateAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
];
