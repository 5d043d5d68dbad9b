import type { Call } from '../call.ts';
import { touch } from '../state.ts';
import { element, type XmlNode } from '../xml.ts';
import type { ManagedPolicy, PolicyVersion } from './entities.ts';
import { checkManagedDocument, ownPolicyOf, policyOf } from './managed-policies.ts';
import {
  documentXml,
  iamError,
  isoSeconds,
  listingOf,
  optionalParameter,
  queryRead,
  queryWrite,
  requiredParameter,
} from './query.ts';

/** @throws ServiceError NoSuchEntity */
function versionOf(call: Call, policy: ManagedPolicy): PolicyVersion {
  const versionId = requiredParameter(call, 'VersionId');
  const version = policy.versions.get(versionId);
  if (version !== undefined) return version;
  throw iamError('NoSuchEntity', `Policy ${policy.arn} version ${versionId} does not exist or is not attachable.`);
}

/** The fields of a version; without its document, which GetPolicyVersion and GetAccountAuthorizationDetails add. */
export function versionXml(policy: ManagedPolicy, { versionId, createdMs }: PolicyVersion): readonly XmlNode[] {
  return [
    element('VersionId', versionId),
    element('IsDefaultVersion', versionId === policy.defaultVersionId),
    element('CreateDate', isoSeconds(createdMs)),
  ];
}

/** CreatePolicyVersion: five at most; numbers are never used again. */
const createPolicyVersion = queryWrite('CreatePolicyVersion', (call) => {
  const policy = ownPolicyOf(call);
  const document = requiredParameter(call, 'PolicyDocument');
  const isDefault = optionalParameter(call, 'SetAsDefault') === 'true';
  checkManagedDocument(call, document);
  const max = call.settings.quotas.versionsPerPolicy;
  if (policy.versions.size >= max) {
    const message = `A managed policy can have up to ${max} versions. Before you create a new version, you must delete an existing version.`;
    throw iamError('LimitExceeded', message);
  }
  const version = { versionId: `v${policy.nextVersion}`, document, createdMs: call.nowMs };
  policy.nextVersion += 1;
  policy.versions.set(version.versionId, version);
  policy.updatedMs = call.nowMs;
  if (isDefault) policy.defaultVersionId = version.versionId;
  touch(call.state);
  return [element('PolicyVersion', versionXml(policy, version))];
});

const getPolicyVersion = queryRead('GetPolicyVersion', (call) => {
  const policy = policyOf(call);
  const version = versionOf(call, policy);
  return [element('PolicyVersion', [documentXml(call, 'Document', version.document), ...versionXml(policy, version)])];
});

/** The newest first. */
const listPolicyVersions = queryRead('ListPolicyVersions', (call) => {
  const policy = policyOf(call);
  return listingOf(call, {
    name: 'Versions',
    items: [...policy.versions.values()],
    key: ({ versionId }) => String(1_000_000_000 - Number(versionId.slice(1))),
    member: (version) => versionXml(policy, version),
  });
});

const setDefaultPolicyVersion = queryWrite('SetDefaultPolicyVersion', (call) => {
  const policy = ownPolicyOf(call);
  policy.defaultVersionId = versionOf(call, policy).versionId;
  policy.updatedMs = call.nowMs;
  touch(call.state);
  return undefined;
});

const deletePolicyVersion = queryWrite('DeletePolicyVersion', (call) => {
  const policy = ownPolicyOf(call);
  const { versionId } = versionOf(call, policy);
  if (versionId === policy.defaultVersionId) {
    throw iamError('DeleteConflict', 'Cannot delete the default version of a policy.');
  }
  policy.versions.delete(versionId);
  touch(call.state);
  return undefined;
});

/** What IAM does with the versions of managed policies. */
export const policyVersionOperations = [
  createPolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
  deletePolicyVersion,
];
