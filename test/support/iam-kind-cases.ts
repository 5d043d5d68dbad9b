import {
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  ListUserPoliciesCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { iamPolicy, user } from './builders.ts';
import { arnOf, iamConsole } from './iam-console.ts';
import { policyState, userState } from './iam-state.ts';
import type { KindCase } from './kind-cases.ts';
import type { World } from './world.ts';

const read = {
  statement: [{ sid: 'Read', effect: 'Allow', action: ['s3:GetObject'], resource: 'arn:aws:s3:::logs/*' }],
};
const everything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});
const vendor = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';

async function inlineName({ emulator }: World, UserName: string): Promise<string> {
  const { PolicyNames = [] } = await iamConsole(emulator).send(new ListUserPoliciesCommand({ UserName }));
  return PolicyNames[0] ?? '';
}

/** Users and IAMPolicies for the laws of every kind. */
export const iamKindCases: readonly KindCase[] = [
  {
    kind: 'User',
    title: 'with nothing',
    manifest: user('nobody'),
    snapshot: (world) => userState(world, 'nobody'),
    drifts: {
      'deleted outside': ({ emulator }) => iamConsole(emulator).send(new DeleteUserCommand({ UserName: 'nobody' })),
    },
  },
  {
    kind: 'User',
    title: 'with everything',
    before: [iamPolicy('shared', read, { name: 'shared' })],
    manifest: user('whole', {
      policy: { Version: '2012-10-17', Statement: read.statement[0] } as object,
      policyRef: { name: 'shared' },
      managedPolicyArns: [vendor],
      tags: { team: 'a' },
    }),
    snapshot: (world) => userState(world, 'whole'),
    drifts: {
      'the inline policy widened': async (world) =>
        iamConsole(world.emulator).send(
          new PutUserPolicyCommand({
            UserName: 'whole',
            PolicyName: await inlineName(world, 'whole'),
            PolicyDocument: everything,
          }),
        ),
      'the inline policy deleted': async (world) =>
        iamConsole(world.emulator).send(
          new DeleteUserPolicyCommand({ UserName: 'whole', PolicyName: await inlineName(world, 'whole') }),
        ),
      'a policy detached': (world) =>
        iamConsole(world.emulator).send(
          new DetachUserPolicyCommand({ UserName: 'whole', PolicyArn: arnOf(world, 'shared') }),
        ),
    },
  },
  {
    kind: 'IAMPolicy',
    title: 'as it is',
    manifest: iamPolicy('shared', read, { name: 'shared' }),
    snapshot: (world) => policyState(world, 'shared'),
    drifts: {
      'deleted outside': (world) =>
        iamConsole(world.emulator).send(new DeletePolicyCommand({ PolicyArn: arnOf(world, 'shared') })),
      'another version in force': (world) =>
        iamConsole(world.emulator).send(
          new CreatePolicyVersionCommand({
            PolicyArn: arnOf(world, 'shared'),
            PolicyDocument: everything,
            SetAsDefault: true,
          }),
        ),
    },
  },
];
