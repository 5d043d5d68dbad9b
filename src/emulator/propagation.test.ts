import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeleteUserPolicyCommand,
  PutGroupPolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createUser } from './testing/iam-user.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow, policyText } from './testing/policies.ts';

const UserName = 'ann';
const read = policyText(allow('s3:GetObject'));
const other = policyText(allow('s3:PutObject'));

async function start(t: TestContext) {
  const clock = new FakeClock(Date.now());
  const loopback = await startLoopback(t, { clock, propagation: { policiesMs: 1000 } });
  loopback.emulator.console.createBucket({ name: 'shared' });
  loopback.emulator.console.putObject('shared', 'k', 'content');
  const user = await createUser(loopback, UserName);
  const mayRead = async () => {
    const outcome = await refusal(loopback.s3(user).send(new GetObjectCommand({ Bucket: 'shared', Key: 'k' })));
    return outcome === 'no error';
  };
  const put = (PolicyDocument: string) =>
    loopback.iam().send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }));
  return { clock, iam: loopback.iam(), mayRead, put };
}

test('W34 an inline policy comes into effect a while after it was put, and goes so', async (t) => {
  const { clock, iam, mayRead, put } = await start(t);
  await put(read);
  clock.advance(999);
  assert.equal(await mayRead(), false);
  clock.advance(1);
  assert.equal(await mayRead(), true);
  await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'p' }));
  clock.advance(999);
  assert.equal(await mayRead(), true, 'a false allow');
  clock.advance(1);
  assert.equal(await mayRead(), false);
});

test('W34 several changes come into effect one after the other', async (t) => {
  const { clock, mayRead, put } = await start(t);
  const seen: boolean[] = [];
  for (const document of [read, other, read]) {
    await put(document);
    seen.push(await mayRead());
    clock.advance(400);
  }
  for (let step = 0; step < 4; step += 1) {
    seen.push(await mayRead());
    clock.advance(400);
  }
  // Put at 0, 400 and 800; read at 0, 400, 800 and then at 1200, 1600, 2000, 2400.
  assert.deepEqual(seen, [false, false, false, true, false, true, true]);
});

test('W34 a new version of a policy, a group and its policy take as long', async (t) => {
  const { clock, iam, mayRead } = await start(t);
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: read }));
  const PolicyArn = Policy?.Arn ?? '';
  const after = async (change: Promise<unknown>, expected: boolean) => {
    await change;
    assert.equal(await mayRead(), !expected);
    clock.advance(1000);
    assert.equal(await mayRead(), expected);
  };
  await after(iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn })), true);
  const version = new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: other, SetAsDefault: true });
  await after(iam.send(version), false);
  await iam.send(new CreateGroupCommand({ GroupName: 'g' }));
  await iam.send(new PutGroupPolicyCommand({ GroupName: 'g', PolicyName: 'p', PolicyDocument: read }));
  await after(iam.send(new AddUserToGroupCommand({ GroupName: 'g', UserName })), true);
});
