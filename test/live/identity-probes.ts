import type { KeyPair } from '../support/account.ts';
import type { Probe } from './probe.ts';
import { made, type Scratch, seen, text } from './scratch.ts';
import { type Answer, iam, type Service, send } from './service.ts';

const ALLOW_ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
});

interface Place {
  readonly service: Service;
  readonly scratch: Scratch;
}

/** About users, keys, policies, and who may do what. */
export const identityProbes: readonly Probe[] = [
  {
    row: 'W1',
    question: 'The code of IAM for a key that there is not',
    quirk: 'queryAuthErrors',
    ask: async ({ service }) => {
      const keys = { accessKeyId: 'NOSUCHKEYATALL000000', secretAccessKey: 'nothing' };
      const answer = await iam(service, 'ListUsers', {}, keys);
      return { seen: seen(answer), reading: answer.code === 'InvalidClientTokenId' ? 'aws' : 'wasabi' };
    },
  },
  {
    row: 'W33',
    question: 'The code for a user that there is not, asked eight times',
    quirk: 'missingEntity',
    ask: async ({ service, scratch }) => {
      const UserName = scratch.name();
      const codes = new Set<string>();
      for (let index = 0; index < 8; index += 1) codes.add((await iam(service, 'GetUser', { UserName })).code);
      const [only = ''] = codes;
      const known = (['NoSuchEntity', 'NoSuchEntityException'] as const).find((code) => code === only);
      return { seen: [...codes].join(' and '), reading: codes.size > 1 ? 'alternating' : known };
    },
  },
  {
    row: 'W29',
    question: 'How a policy of a user is written in the answer',
    quirk: 'policyDocuments',
    ask: async ({ service, scratch }) => {
      const UserName = await scratch.user();
      const PolicyName = 'probe';
      made(await iam(service, 'PutUserPolicy', { UserName, PolicyName, PolicyDocument: ALLOW_ALL }), 200);
      const document = text(await iam(service, 'GetUserPolicy', { UserName, PolicyName }), 'PolicyDocument');
      return { seen: document.slice(0, 20), reading: document.startsWith('%7B') ? 'encoded' : 'plain' };
    },
  },
  {
    row: 'W29',
    question: 'A user that is put into a group again',
    quirk: 'repeatedMembership',
    ask: async ({ service, scratch }) => {
      const membership = { UserName: await scratch.user(), GroupName: await scratch.group() };
      made(await iam(service, 'AddUserToGroup', membership), 200);
      const answer = await iam(service, 'AddUserToGroup', membership);
      return { seen: seen(answer), reading: answer.status < 300 ? 'accepted' : 'refused' };
    },
  },
  {
    row: 'W31',
    question: 'A third key of a user',
    ask: async ({ service, scratch }) => {
      const UserName = await scratch.user();
      await scratch.key(UserName);
      await scratch.key(UserName);
      return { seen: seen(await iam(service, 'CreateAccessKey', { UserName })) };
    },
  },
  {
    row: 'W30',
    question: 'CreateUser with a tag, and whether the user has it; TagUser',
    quirk: 'iamTags',
    ask: async ({ service, scratch }) => {
      const tag = { 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' };
      const UserName = scratch.userName();
      const created = await iam(service, 'CreateUser', { UserName, ...tag });
      const found = await iam(service, 'GetUser', { UserName });
      const tagged = await iam(service, 'TagUser', { UserName: await scratch.user(), ...tag });
      const isKept = found.body.includes('<Key>a<');
      // A service that keeps tags is neither of the readings.
      const reading = created.status >= 300 ? 'refused' : isKept ? undefined : 'ignored';
      const what = isKept ? 'has it' : 'has it not';
      return { seen: `CreateUser ${seen(created)}, ${what}; TagUser ${seen(tagged)}`, reading };
    },
  },
  {
    row: 'W34',
    question: 'A new key: how it is refused at first, and how soon it works',
    quirk: 'newKeyError',
    ask: async (place) => {
      const keys = await place.scratch.key(await allowedUser(place));
      const from = performance.now();
      const refusals = new Set<string>();
      await place.scratch.becomes(
        'a new key works',
        async () => {
          const answer = await listBuckets(place.service, keys);
          if (answer.status >= 300) refusals.add(answer.code);
          return answer;
        },
        ({ status }) => status < 300,
      );
      const tookMs = Math.round((performance.now() - from) / 100) * 100;
      const [only] = refusals;
      const reading = (['InvalidAccessKeyId', 'AccessDenied'] as const).find(
        (code) => refusals.size === 1 && code === only,
      );
      const what = refusals.size === 0 ? 'never refused' : [...refusals].join(' and ');
      return { seen: `${what}; worked after about ${tookMs} ms`, reading };
    },
  },
  {
    row: 'W20',
    question: 'A bucket policy that names somebody else, and a user whose own policy allows all',
    quirk: 'bucketPolicies',
    ask: async (place) => {
      const { service, scratch } = place;
      const bucket = await scratch.bucket();
      const [UserName, named] = [await allowedUser(place), await scratch.user()];
      const keys = await scratch.key(UserName);
      const list = () => send(service, { to: 's3', path: `/${bucket}`, query: 'list-type=2', keys });
      await scratch.becomes('the user may list', list, ({ status }) => status < 300);
      const arn = text(made(await iam(service, 'GetUser', { UserName: named }), 200), 'Arn');
      made(await putPolicy(service, bucket, { AWS: arn }), 204);
      const answer = await list();
      return { seen: seen(answer), reading: answer.status < 300 ? 'union' : 'strict' };
    },
  },
  {
    row: 'W20',
    question: 'A bucket policy that names a user who is not there',
    quirk: 'unknownPrincipals',
    ask: async ({ service, scratch }) => {
      const UserName = await scratch.user();
      const arn = text(made(await iam(service, 'GetUser', { UserName }), 200), 'Arn');
      const answer = await putPolicy(service, await scratch.bucket(), { AWS: `${arn}-nobody` });
      return { seen: seen(answer), reading: answer.status < 300 ? 'accepted' : 'refused' };
    },
  },
  {
    row: 'W21',
    question: 'A bucket policy for everybody',
    quirk: 'publicAccess',
    ask: async ({ service, scratch }) => {
      const answer = await putPolicy(service, await scratch.bucket(), '*');
      return { seen: seen(answer), reading: answer.status < 300 ? 'accepted' : 'refused' };
    },
  },
];

/** A user of its own who may do everything in S3. */
async function allowedUser({ service, scratch }: Place): Promise<string> {
  const UserName = await scratch.user();
  made(await iam(service, 'PutUserPolicy', { UserName, PolicyName: 'probe', PolicyDocument: ALLOW_ALL }), 200);
  return UserName;
}

function listBuckets(service: Service, keys: KeyPair): Promise<Answer> {
  return send(service, { to: 's3', keys });
}

function putPolicy(service: Service, bucket: string, principal: unknown): Promise<Answer> {
  const Resource = `arn:aws:s3:::${bucket}`;
  const statement = { Sid: 'probe', Effect: 'Allow', Principal: principal, Action: 's3:ListBucket', Resource };
  const body = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  return send(service, { to: 's3', method: 'PUT', path: `/${bucket}`, query: 'policy=', body });
}
