import { CreatePolicyCommand, CreatePolicyVersionCommand, DeletePolicyVersionCommand } from '@aws-sdk/client-iam';
import { ReconcileError } from '../../runtime/errors.ts';
import { ABSENT } from '../../wasabi/iam.ts';
import { listPolicyVersions, policyArn, readPolicy } from '../../wasabi/iam-policies.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { faultCodeOf } from '../../wasabi/service-fault.ts';
import type { PolicyChange } from './diff.ts';
import type { PolicyClient } from './observe.ts';

/** Source: IAM User Guide, "IAM and AWS STS quotas"; Wasabi publishes no number. */
const VERSIONS_MAX = 5;

/** Makes one change of a managed policy. Safe to repeat. */
export async function applyPolicy(client: PolicyClient, change: PolicyChange, signal: AbortSignal): Promise<void> {
  if (change.type === 'Create') await createPolicy(client, change.document, change.description, signal);
  else await newVersion(client, change.document, signal);
}

/** Policies are found by name without a path, and names are unique with any path and letter case. Source: CreatePolicy. */
async function createPolicy(
  { wasabi, accountId, policyName }: PolicyClient,
  document: PolicyDocument,
  Description: string,
  signal: AbortSignal,
): Promise<void> {
  const PolicyDocument = JSON.stringify(document);
  try {
    await wasabi.iam(new CreatePolicyCommand({ PolicyName: policyName, PolicyDocument, Description }), { signal });
  } catch (thrown) {
    if (faultCodeOf(thrown) !== 'EntityAlreadyExists') throw thrown;
    // Our own earlier answer may have been lost, or somebody was first: what is there now is judged by the next read.
    if ((await readPolicy(wasabi, policyArn(accountId, policyName), signal)) !== undefined) throw thrown;
    throw new ReconcileError(
      'InvalidSpec',
      `policy "${policyName}" cannot be created: the name is taken by one that has a path or differs in the case of its letters; use another spec.name`,
      { reason: 'AlreadyExists', cause: thrown },
    );
  }
}

/**
 * Makes a version and puts it in force in one call. A policy has five at most: the oldest that is not in force goes
 * first. One whose creation is not known to have failed is not made again, or each lost answer would cost an old one.
 */
async function newVersion(
  { wasabi, accountId, policyName }: PolicyClient,
  document: PolicyDocument,
  signal: AbortSignal,
): Promise<void> {
  const PolicyArn = policyArn(accountId, policyName);
  const versions = await listPolicyVersions(wasabi, PolicyArn, signal);
  const [oldest] = versions.filter(({ isDefault }) => !isDefault);
  if (versions.length >= VERSIONS_MAX && oldest !== undefined) {
    const command = new DeletePolicyVersionCommand({ PolicyArn, VersionId: oldest.versionId });
    await wasabi.iam(command, { signal, absent: ABSENT });
  }
  const PolicyDocument = JSON.stringify(document);
  const command = new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true });
  await wasabi.iam(command, { signal, isRepeatable: false });
}
