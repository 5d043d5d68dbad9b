import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import type { Loopback } from './loopback-clients.ts';
import { policyText } from './policies.ts';

/** A user with a key of its own, made through the service by the root of the account. */
export interface UserWithKey {
  readonly userName: string;
  readonly arn: string;
  readonly userId: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
}

/** Makes a user and a key; with statements, the user has them as an inline policy called `own`. */
export async function createUser(
  { iam }: Pick<Loopback, 'iam'>,
  userName: string,
  ...statements: readonly unknown[]
): Promise<UserWithKey> {
  const client = iam();
  const { User } = await client.send(new CreateUserCommand({ UserName: userName }));
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName: userName }));
  if (statements.length > 0) {
    const PolicyDocument = policyText(...statements);
    await client.send(new PutUserPolicyCommand({ UserName: userName, PolicyName: 'own', PolicyDocument }));
  }
  if (User === undefined || AccessKey === undefined) throw new Error('the service told of no user or key');
  const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey;
  const { Arn = '', UserId = '' } = User;
  return { userName, arn: Arn, userId: UserId, keys: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } };
}
