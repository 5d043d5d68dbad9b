import { DeletePolicyCommand, DeletePolicyVersionCommand, DetachUserPolicyCommand } from '@aws-sdk/client-iam';
import type { Deletion, DeletionPolicy } from '../../managed/kind.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { ABSENT } from '../../wasabi/iam.ts';
import {
  listPolicyEntities,
  listPolicyVersions,
  type PolicyEntities,
  policyArn,
  readPolicy,
} from '../../wasabi/iam-policies.ts';
import { listed, type Obstacle } from '../deletion-obstacle.ts';
import type { PolicyClient } from './observe.ts';

/** Whether a User object recorded that it attached the policy to the user of that name. */
type IsAttachedByUs = (userName: string, arn: string) => boolean;

/** Whom the policy is attached to by somebody else, for which the service would refuse to delete it. */
export async function policyObstacle(
  { wasabi, accountId, policyName }: PolicyClient,
  isAttachedByUs: IsAttachedByUs,
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  const arn = policyArn(accountId, policyName);
  return obstacleIn(policyName, await listPolicyEntities(wasabi, arn, signal), (name) => isAttachedByUs(name, arn));
}

/**
 * Retain leaves the policy as it is. Delete looks first whether somebody else has attached it, and then detaches what our
 * Users attached, and deletes all versions and the policy.
 */
export async function deletePolicy(
  client: PolicyClient,
  isAttachedByUs: IsAttachedByUs,
  policy: DeletionPolicy,
  signal: AbortSignal,
): Promise<Deletion> {
  if (policy === 'Retain') return { type: 'Done' };
  const { wasabi, accountId, policyName } = client;
  const PolicyArn = policyArn(accountId, policyName);
  const [found, entities, versions] = await Promise.all([
    readPolicy(wasabi, PolicyArn, signal),
    listPolicyEntities(wasabi, PolicyArn, signal),
    listPolicyVersions(wasabi, PolicyArn, signal),
  ]);
  if (found === undefined) return { type: 'Done' };
  // The calls name the policy by its name alone: what has the name by now must be the one that was decided upon, and so
  // must its version, which says who took it over.
  if (found.policyId !== client.observed?.policyId || found.defaultVersionId !== client.observed.defaultVersionId) {
    throw new ReconcileError('Transient', `policy "${policyName}" is another one than a moment ago`, {
      reason: 'Conflict',
    });
  }
  const obstacle = obstacleIn(policyName, entities, (name) => isAttachedByUs(name, PolicyArn));
  if (obstacle !== undefined) return obstacle;
  for (const UserName of entities.users) {
    await wasabi.iam(new DetachUserPolicyCommand({ UserName, PolicyArn }), { signal, absent: ABSENT });
  }
  for (const { versionId: VersionId, isDefault } of versions) {
    if (isDefault) continue; // goes with the policy
    await wasabi.iam(new DeletePolicyVersionCommand({ PolicyArn, VersionId }), { signal, absent: ABSENT });
  }
  await wasabi.iam(new DeletePolicyCommand({ PolicyArn }), { signal, absent: ABSENT });
  return { type: 'Done' };
}

function obstacleIn(
  policyName: string,
  { users, groups, roles }: PolicyEntities,
  isOurs: (userName: string) => boolean,
): Obstacle | undefined {
  const foreign = [
    ...users.filter((name) => !isOurs(name)).map((name) => `user ${name}`),
    ...groups.map((name) => `group ${name}`),
    ...roles.map((name) => `role ${name}`),
  ];
  if (foreign.length === 0) return undefined;
  return {
    type: 'Blocked',
    reason: 'ForeignAttachment',
    message: `policy "${policyName}" is attached by somebody else to ${listed(foreign)}: detach it, or set spec.deletionPolicy to Retain to keep it`,
  };
}
