import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  PutUserPolicyCommand,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import { ReconcileError } from '../../runtime/errors.ts';
import { setKeyActive } from '../../wasabi/access-keys.ts';
import { ABSENT } from '../../wasabi/iam.ts';
import { readUser } from '../../wasabi/iam-users.ts';
import { faultCodeOf } from '../../wasabi/service-fault.ts';
import type { UserChange } from './diff.ts';
import type { UserClient } from './observe.ts';

/** Makes one change of a user. Safe to repeat. */
export async function applyUser(client: UserClient, change: UserChange, signal: AbortSignal): Promise<void> {
  const { wasabi, userName: UserName } = client;
  switch (change.type) {
    case 'Create':
      return createUser(client, signal);
    case 'PutPolicy': {
      const PolicyDocument = JSON.stringify(change.document);
      await wasabi.iam(new PutUserPolicyCommand({ UserName, PolicyName: change.name, PolicyDocument }), { signal });
      return;
    }
    case 'DeletePolicy':
      return deleteInlinePolicy(client, change.name, signal);
    case 'AttachPolicy': {
      const command = new AttachUserPolicyCommand({ UserName, PolicyArn: change.arn });
      const attached = await wasabi.iam(command, { signal, absent: ABSENT });
      if (attached === undefined) throw missing(`policy "${change.arn}"`);
      client.attachments.changed(change.arn);
      return;
    }
    case 'DetachPolicy':
      return detachPolicy(client, change.arn, signal);
    case 'FreezeKey':
    case 'ThawKey':
      return setKeyActive(wasabi, UserName, change.keyId, change.type === 'ThawKey', signal);
    case 'JoinGroup':
      return joinGroup(client, change.group, signal);
    case 'LeaveGroup':
      return leaveGroup(client, change.group, signal);
  }
}

/** Already gone is success. */
export async function deleteInlinePolicy(
  { wasabi, userName }: UserClient,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const command = new DeleteUserPolicyCommand({ UserName: userName, PolicyName: name });
  await wasabi.iam(command, { signal, absent: ABSENT });
}

/** Already gone is success. */
export async function detachPolicy(client: UserClient, arn: string, signal: AbortSignal): Promise<void> {
  const command = new DetachUserPolicyCommand({ UserName: client.userName, PolicyArn: arn });
  await client.wasabi.iam(command, { signal, absent: ABSENT });
  client.attachments.changed(arn);
}

/** Not in it any more is success. */
export async function leaveGroup({ wasabi, userName }: UserClient, group: string, signal: AbortSignal): Promise<void> {
  const command = new RemoveUserFromGroupCommand({ UserName: userName, GroupName: group });
  await wasabi.iam(command, { signal, absent: ABSENT });
}

/**
 * Names are unique whatever the case of their letters, and are looked for as written: a create can find a name taken that
 * no read finds. Source: IAM API Reference, CreateUser.
 */
async function createUser({ wasabi, userName }: UserClient, signal: AbortSignal): Promise<void> {
  try {
    await wasabi.iam(new CreateUserCommand({ UserName: userName }), { signal });
  } catch (thrown) {
    if (faultCodeOf(thrown) !== 'EntityAlreadyExists') throw thrown;
    // Our own earlier answer may have been lost, or somebody was first: what is there now is judged by the next read.
    if ((await readUser(wasabi, userName, signal)) !== undefined) throw thrown;
    throw new ReconcileError(
      'InvalidSpec',
      `user "${userName}" cannot be created: a name that differs in the case of its letters alone is taken; use another spec.name`,
      { reason: 'AlreadyExists', cause: thrown },
    );
  }
}

/** Not every server takes it for success that the user is in the group already (seen live on Wasabi). */
async function joinGroup({ wasabi, userName }: UserClient, group: string, signal: AbortSignal): Promise<void> {
  const command = new AddUserToGroupCommand({ UserName: userName, GroupName: group });
  try {
    const joined = await wasabi.iam(command, { signal, absent: ABSENT });
    if (joined === undefined) throw missing(`group "${group}"`);
  } catch (thrown) {
    if (faultCodeOf(thrown) !== 'EntityAlreadyExists') throw thrown;
  }
}

function missing(what: string): ReconcileError {
  return new ReconcileError('DependencyNotReady', `${what} does not exist in the account: create it, or take it out`, {
    reason: 'NotFound',
  });
}
