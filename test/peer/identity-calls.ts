import { made, text } from '../live/scratch.ts';
import type { PeerCall } from './bucket-calls.ts';
import { type Desk, told } from './desk.ts';

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::any/*' }],
});

async function policy(desk: Desk): Promise<string> {
  return text(made(await desk.iam('CreatePolicy', { PolicyName: desk.name(), PolicyDocument: POLICY }), 200), 'Arn');
}

async function group(desk: Desk): Promise<string> {
  const GroupName = desk.name();
  made(await desk.iam('CreateGroup', { GroupName }), 200);
  return GroupName;
}

/** An action about something that there is not. */
function absent(action: string, parameters: Readonly<Record<string, string>>): PeerCall {
  return {
    row: 'W33',
    title: `${action} of what there is not`,
    ask: async (desk) => told(await desk.iam(action, { ...parameters, UserName: desk.name() })),
  };
}

/** CreateUser with parameters that do not fit. */
function bad(title: string, parameters: Readonly<Record<string, string>>): PeerCall {
  return {
    row: 'W29',
    title: `CreateUser with ${title}`,
    ask: async (desk) => told(await desk.iam('CreateUser', parameters)),
  };
}

/** DeleteUser, while the user has something. */
function kept(title: string, give: (desk: Desk, UserName: string) => Promise<unknown>): PeerCall {
  return {
    row: 'W32',
    title: `DeleteUser of a user with ${title}`,
    ask: async (desk) => {
      const UserName = await desk.user();
      await give(desk, UserName);
      return told(await desk.iam('DeleteUser', { UserName }));
    },
  };
}

/** About users, keys, policies, groups and sessions. */
export const identityCalls: readonly PeerCall[] = [
  { row: 'W29', title: 'an action that there is not', ask: async (desk) => told(await desk.iam('Nothing')) },
  {
    row: 'W29',
    title: 'an action of another version',
    ask: async (desk) => told(await desk.iam('ListUsers', { Version: '1999-01-01' })),
  },
  {
    row: 'W29',
    title: 'the fields of a user',
    ask: async (desk) => {
      const answer = await desk.iam('GetUser', { UserName: await desk.user() });
      return told(answer, /<(UserName|UserId|Path|Arn|CreateDate)>/gu)
        .split(' ')
        .map((part) => part.split(',').toSorted().join(','))
        .join(' ');
    },
  },
  bad('a name of 65', { UserName: 'a'.repeat(65) }),
  bad('other signs in its name', { UserName: 'a b' }),
  bad('no name', {}),
  bad('a path that is none', { UserName: 'a', Path: 'x' }),
  {
    row: 'W29',
    title: 'an inline policy that is no JSON',
    ask: async (desk) =>
      told(await desk.iam('PutUserPolicy', { UserName: await desk.user(), PolicyName: 'a', PolicyDocument: 'Allow' })),
  },
  {
    row: 'W29',
    title: 'a managed policy with a principal',
    ask: async (desk) => {
      const PolicyDocument = POLICY.replace('"Action"', '"Principal":"*","Action"');
      return told(await desk.iam('CreatePolicy', { PolicyName: desk.name(), PolicyDocument }));
    },
  },
  {
    row: 'W29',
    title: 'how the document of an inline policy is written',
    ask: async (desk) => {
      const UserName = await desk.user();
      made(await desk.iam('PutUserPolicy', { UserName, PolicyName: 'a', PolicyDocument: POLICY }), 200);
      return text(await desk.iam('GetUserPolicy', { UserName, PolicyName: 'a' }), 'PolicyDocument').slice(0, 3);
    },
  },
  {
    row: 'W29',
    title: 'how the document of a managed policy is written',
    ask: async (desk) => {
      const version = { PolicyArn: await policy(desk), VersionId: 'v1' };
      return text(await desk.iam('GetPolicyVersion', version), 'Document')
        .replaceAll('&quot;', '"')
        .slice(0, 3);
    },
  },
  {
    row: 'W29',
    title: 'a sixth version of a policy',
    ask: async (desk) => {
      const version = { PolicyArn: await policy(desk), PolicyDocument: POLICY };
      for (let number = 2; number <= 5; number += 1) made(await desk.iam('CreatePolicyVersion', version), 200);
      return told(await desk.iam('CreatePolicyVersion', version));
    },
  },
  {
    row: 'W29',
    title: 'DeletePolicyVersion of the default version',
    ask: async (desk) =>
      told(await desk.iam('DeletePolicyVersion', { PolicyArn: await policy(desk), VersionId: 'v1' })),
  },
  {
    row: 'W29',
    title: 'a policy attached twice, detached twice',
    ask: async (desk) => {
      const attachment = { UserName: await desk.user(), PolicyArn: await policy(desk) };
      const answers: string[] = [];
      for (const action of ['AttachUserPolicy', 'AttachUserPolicy', 'DetachUserPolicy', 'DetachUserPolicy'])
        answers.push(told(await desk.iam(action, attachment)));
      return answers.join(', ');
    },
  },
  {
    row: 'W29',
    title: 'a user put into a group twice, taken out twice',
    ask: async (desk) => {
      const membership = { UserName: await desk.user(), GroupName: await group(desk) };
      const answers: string[] = [];
      for (const action of ['AddUserToGroup', 'AddUserToGroup', 'RemoveUserFromGroup', 'RemoveUserFromGroup'])
        answers.push(told(await desk.iam(action, membership)));
      return answers.join(', ');
    },
  },
  {
    row: 'W29',
    title: 'a key made inactive, deleted, deleted again',
    ask: async (desk) => {
      const UserName = await desk.user();
      const key = { UserName, AccessKeyId: (await desk.key(UserName)).accessKeyId };
      const status = await desk.iam('UpdateAccessKey', { ...key, Status: 'Inactive' });
      const list = await desk.iam('ListAccessKeys', { UserName });
      const [first, second] = [await desk.iam('DeleteAccessKey', key), await desk.iam('DeleteAccessKey', key)];
      return `${told(status)}, ${told(list, /<Status>([^<]*)/gu)}, ${told(first)}, ${told(second)}`;
    },
  },
  {
    row: 'W29',
    title: 'a call by a key that was deleted',
    ask: async (desk) => {
      const UserName = await desk.user();
      const keys = await desk.key(UserName);
      made(await desk.iam('DeleteAccessKey', { UserName, AccessKeyId: keys.accessKeyId }), 200);
      return told(await desk.s3('GET', '/', { keys }));
    },
  },
  {
    row: 'W30',
    title: 'CreateUser with a tag, and whether the user has it',
    ask: async (desk) => {
      const tag = { 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' };
      const UserName = desk.name();
      const created = await desk.iam('CreateUser', { UserName, ...tag });
      return `${told(created)}, ${told(await desk.iam('GetUser', { UserName }), /<Key>([^<]*)/gu)}`;
    },
  },
  {
    row: 'W30',
    title: 'CreateUser with a permissions boundary',
    ask: async (desk) => {
      const PermissionsBoundary = 'arn:aws:iam::aws:policy/AdministratorAccess';
      return told(await desk.iam('CreateUser', { UserName: desk.name(), PermissionsBoundary }));
    },
  },
  {
    row: 'W31',
    title: 'a third key of a user',
    ask: async (desk) => {
      const UserName = await desk.user();
      for (const _ of [1, 2]) await desk.key(UserName);
      return told(await desk.iam('CreateAccessKey', { UserName }));
    },
  },
  kept('a key', (desk, UserName) => desk.key(UserName)),
  kept('an inline policy', (desk, UserName) =>
    desk.iam('PutUserPolicy', { UserName, PolicyName: 'a', PolicyDocument: POLICY }),
  ),
  kept('an attached policy', async (desk, UserName) =>
    desk.iam('AttachUserPolicy', { UserName, PolicyArn: await policy(desk) }),
  ),
  kept('a group', async (desk, UserName) => desk.iam('AddUserToGroup', { UserName, GroupName: await group(desk) })),
  {
    row: 'W32',
    title: 'DeletePolicy of an attached policy',
    ask: async (desk) => {
      const attachment = { UserName: await desk.user(), PolicyArn: await policy(desk) };
      made(await desk.iam('AttachUserPolicy', attachment), 200);
      return told(await desk.iam('DeletePolicy', { PolicyArn: attachment.PolicyArn }));
    },
  },
  {
    row: 'W32',
    title: 'DeletePolicy of a policy with two versions',
    ask: async (desk) => {
      const PolicyArn = await policy(desk);
      made(await desk.iam('CreatePolicyVersion', { PolicyArn, PolicyDocument: POLICY }), 200);
      return told(await desk.iam('DeletePolicy', { PolicyArn }));
    },
  },
  {
    row: 'W33',
    title: 'a user, a policy and a group of a name that is taken',
    ask: async (desk) => {
      const PolicyName = desk.name();
      made(await desk.iam('CreatePolicy', { PolicyName, PolicyDocument: POLICY }), 200);
      const again = [
        await desk.iam('CreateUser', { UserName: await desk.user() }),
        await desk.iam('CreatePolicy', { PolicyName, PolicyDocument: POLICY }),
        await desk.iam('CreateGroup', { GroupName: await group(desk) }),
      ];
      return again.map((answer) => told(answer)).join(', ');
    },
  },
  {
    row: 'W33',
    title: 'a user whose name differs in case only',
    ask: async (desk) => told(await desk.iam('CreateUser', { UserName: (await desk.user()).toUpperCase() })),
  },
  absent('GetUser', {}),
  absent('DeleteUser', {}),
  absent('ListAccessKeys', {}),
  absent('CreateAccessKey', {}),
  absent('PutUserPolicy', { PolicyName: 'a', PolicyDocument: POLICY }),
  absent('AttachUserPolicy', { PolicyArn: 'arn:aws:iam::aws:policy/AmazonS3FullAccess' }),
  {
    row: 'W33',
    title: 'GetUserPolicy, GetPolicy and GetGroup of what there is not',
    ask: async (desk) => {
      const UserName = await desk.user();
      const answers = [
        await desk.iam('GetUserPolicy', { UserName, PolicyName: 'none' }),
        await desk.iam('GetPolicy', { PolicyArn: `${await policy(desk)}-none` }),
        await desk.iam('GetGroup', { GroupName: desk.name() }),
      ];
      return answers.map((answer) => told(answer)).join(', ');
    },
  },
  {
    row: 'W37',
    title: 'who the root is',
    ask: async (desk) =>
      told(await desk.sts('GetCallerIdentity'), /<Arn>arn:aws:(.*?)<\/Arn>/gu).replace(/\d{12}/u, 'ACCOUNT'),
  },
  {
    row: 'W37',
    title: 'AssumeRole by the root',
    ask: async (desk) => {
      const RoleArn = 'arn:aws:iam::123456789012:role/none';
      return told(await desk.sts('AssumeRole', { RoleArn, RoleSessionName: 'session' }));
    },
  },
  {
    row: 'W37',
    title: 'a session of a user of thirteen hours',
    ask: async (desk) => {
      const keys = await desk.key(await desk.user());
      return told(await desk.sts('GetSessionToken', { DurationSeconds: String(13 * 3_600) }, keys));
    },
  },
  {
    row: 'W1',
    title: 'IAM by a key that there is not',
    ask: async (desk) => {
      const keys = { accessKeyId: 'NOSUCHKEYATALL000000', secretAccessKey: 'nothing' };
      return told(await desk.iam('ListUsers', {}, keys));
    },
  },
  {
    row: 'W36',
    title: 'ListBuckets by a user without a policy',
    ask: async (desk) => {
      const keys = await desk.key(await desk.user());
      return told(await desk.s3('GET', '/', { keys }));
    },
  },
  {
    row: 'W40',
    title: 'an inline policy of 2049 characters',
    ask: async (desk) => {
      const PolicyDocument = POLICY.replace('any', 'a'.repeat(2_049));
      return told(await desk.iam('PutUserPolicy', { UserName: await desk.user(), PolicyName: 'a', PolicyDocument }));
    },
  },
  {
    row: 'W40',
    title: 'a managed policy of 6145 characters',
    ask: async (desk) => {
      const PolicyDocument = POLICY.replace('any', 'a'.repeat(6_145));
      return told(await desk.iam('CreatePolicy', { PolicyName: desk.name(), PolicyDocument }));
    },
  },
];
