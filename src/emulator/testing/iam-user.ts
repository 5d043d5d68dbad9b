import { CreateAccessKeyCommand, CreateUserCommand } from '@aws-sdk/client-iam';
import type { Loopback } from './loopback-clients.ts';

/** A user with a key of its own, made through the service by the root of the account. */
export interface UserWithKey {
  readonly userName: string;
  readonly arn: string;
  readonly userId: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Makes a user and a key. */
export async function createUser({ iam }: Pick<Loopback, 'iam'>, userName: string): Promise<UserWithKey> {
  const client = iam();
  const { User } = await client.send(new CreateUserCommand({ UserName: userName }));
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName: userName }));
  if (User === undefined || AccessKey === undefined) throw new Error('the service told of no user or key');
  const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey;
  const { Arn = '', UserId = '' } = User;
  return { userName, arn: Arn, userId: UserId, keys: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } };
}
