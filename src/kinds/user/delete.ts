import { DeleteUserCommand } from '@aws-sdk/client-iam';
import type { User } from '../../api/user.ts';
import type { Deletion, DeletionPolicy } from '../../managed/kind.ts';
import { markerTextOfName } from '../../managed/marker.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { ABSENT } from '../../wasabi/iam.ts';
import {
  listAccessKeyIds,
  listAttachedPolicies,
  listGroups,
  listInlinePolicies,
  readUser,
} from '../../wasabi/iam-users.ts';
import { faultCodeOf } from '../../wasabi/service-fault.ts';
import { listed, type Obstacle } from '../deletion-obstacle.ts';
import { deleteInlinePolicy, detachPolicy, leaveGroup } from './apply.ts';
import { GROUP_PREFIX } from './attached.ts';
import { isOfPredecessor, legacyInlineName, recordedInlineNames } from './desired.ts';
import type { UserClient } from './observe.ts';

/** What lies on a user. */
interface Belongings {
  readonly inline: readonly string[];
  readonly policies: readonly string[];
  readonly groups: readonly string[];
}

/** What on a user is ours to take away, and what is in the way. */
interface Inventory {
  readonly ours: Belongings;
  readonly obstacle: Obstacle | undefined;
}

/**
 * What is somebody else's on the user, for which the service would refuse to delete it: keys first, since they are in
 * use. One call for each kind of thing that a user can have; whether it has a password is found out by deleting alone.
 * @param ownArns managed policies that the spec names, recorded or not
 */
export async function userObstacle(
  client: UserClient,
  resource: User,
  ownArns: readonly string[],
  signal: AbortSignal,
): Promise<Obstacle | undefined> {
  return (await inventoryOf(client, resource, ownArns, signal)).obstacle;
}

/**
 * Retain leaves the user as it is, the marker in the name of its policy included. Delete takes away what is ours and the
 * user; not a thing of it while it is not known that the whole can go.
 */
export async function deleteUser(
  client: UserClient,
  resource: User,
  ownArns: readonly string[],
  policy: DeletionPolicy,
  signal: AbortSignal,
): Promise<Deletion> {
  if (policy === 'Retain') return { type: 'Done' };
  const { wasabi, userName, observedUserId } = client;
  const [user, { ours, obstacle }] = await Promise.all([
    readUser(wasabi, userName, signal),
    inventoryOf(client, resource, ownArns, signal),
  ]);
  if (user === undefined) return { type: 'Done' };
  // The calls name the user by its name alone: whoever has the name by now must be the one that was decided upon.
  if (user.userId !== observedUserId) {
    throw new ReconcileError('Transient', `user "${userName}" is another one than a moment ago`, {
      reason: 'Conflict',
    });
  }
  if (obstacle !== undefined) return obstacle;
  for (const group of ours.groups) await leaveGroup(client, group, signal);
  for (const arn of ours.policies) await detachPolicy(client, arn, signal);
  for (const name of ours.inline) await deleteInlinePolicy(client, name, signal);
  try {
    await wasabi.iam(new DeleteUserCommand({ UserName: userName }), { signal, absent: ABSENT });
    return { type: 'Done' };
  } catch (thrown) {
    if (faultCodeOf(thrown) !== 'DeleteConflict') throw thrown;
    return foreignAttachments(userName, ['a password for the console, an MFA device or a certificate']);
  }
}

async function inventoryOf(
  client: UserClient,
  resource: User,
  ownArns: readonly string[],
  signal: AbortSignal,
): Promise<Inventory> {
  const { wasabi, userName } = client;
  const [keys, inline, policies, groups] = await Promise.all([
    listAccessKeyIds(wasabi, userName, signal),
    listInlinePolicies(wasabi, userName, signal),
    listAttachedPolicies(wasabi, userName, signal),
    listGroups(wasabi, userName, signal),
  ]);
  const ours = oursAmong({ inline, policies, groups }, client, resource, ownArns);
  const foreign = [
    ...inline.filter((name) => !ours.inline.includes(name)).map((name) => `inline policy ${name}`),
    ...policies.filter((arn) => !ours.policies.includes(arn)).map((arn) => `policy ${arn}`),
    ...groups.filter((name) => !ours.groups.includes(name)).map((name) => `group ${name}`),
  ];
  const blocked = foreign.length > 0 ? foreignAttachments(userName, foreign) : undefined;
  return { ours, obstacle: keys.length > 0 ? foreignKeys(userName, keys) : blocked };
}

/** What status recorded, what carries our marker, what the predecessor gave, and what the spec itself names. */
function oursAmong(
  found: Belongings,
  { owner, userName }: UserClient,
  resource: User,
  ownArns: readonly string[],
): Belongings {
  const { spec, status } = resource;
  const recorded = status?.attached ?? [];
  const legacy = isOfPredecessor(resource) ? [legacyInlineName(userName)] : [];
  const inlineNames = [...recordedInlineNames(recorded), ...(status?.leftovers ?? []), ...legacy];
  const isOwnMark = (name: string) => {
    const marker = markerTextOfName(name, owner);
    return marker !== undefined && marker !== name;
  };
  return {
    inline: found.inline.filter((name) => isOwnMark(name) || inlineNames.includes(name)),
    policies: found.policies.filter((arn) => recorded.includes(arn) || ownArns.includes(arn)),
    groups: found.groups.filter((name) => recorded.includes(GROUP_PREFIX + name) || spec.groups?.includes(name)),
  };
}

function foreignKeys(userName: string, keys: readonly string[]): Obstacle {
  return {
    type: 'Blocked',
    reason: 'ForeignKey',
    message: `user "${userName}" has access keys that belong to no AccessKey object: ${listed(keys)}: delete them, or set spec.deletionPolicy to Retain to keep the user`,
  };
}

function foreignAttachments(userName: string, foreign: readonly string[]): Obstacle {
  return {
    type: 'Blocked',
    reason: 'ForeignAttachment',
    message: `user "${userName}" has what this object did not attach: ${listed(foreign)}: take it away, or set spec.deletionPolicy to Retain to keep the user`,
  };
}
