import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateAccessKeyCommand, CreatePolicyCommand, CreateUserCommand, DeleteUserCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow, policyText } from './testing/policies.ts';

// With the limits as they are unless somebody sets others. What fills an account to the brim is put there past the wire.

test('W40 an account has 1000 buckets', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  for (let number = 1; number < 1000; number += 1) emulator.console.createBucket({ name: `bucket-${number}` });
  const client = s3();
  const create = (Bucket: string) => client.send(new CreateBucketCommand({ Bucket }));
  await create('bucket-1000');
  assert.equal(await refusal(create('bucket-1001')), '400 TooManyBuckets');
  await client.send(new DeleteBucketCommand({ Bucket: 'bucket-7' }));
  await create('bucket-1001');
});

test('W40 an account has 4999 users', async (t) => {
  const { emulator, iam } = await startLoopback(t);
  const client = iam();
  const create = (UserName: string) => client.send(new CreateUserCommand({ UserName }));
  await create('user-1');
  const users = emulator.state.accounts.get(emulator.account.accountId)?.users;
  const first = users?.get('user-1');
  assert.ok(users !== undefined && first !== undefined);
  for (let number = 2; number < 4999; number += 1) {
    users.set(`user-${number}`, { ...first, userName: `user-${number}`, userId: `${first.userId}-${number}` });
  }
  await create('user-4999');
  assert.equal(await refusal(create('user-5000')), '409 LimitExceededException');
  await client.send(new DeleteUserCommand({ UserName: 'user-7' }));
  await create('user-5000');
});

test('W40 an account has 1000 managed policies of its own', async (t) => {
  const { emulator, iam } = await startLoopback(t);
  const client = iam();
  const PolicyDocument = policyText(allow('s3:GetObject'));
  const create = (PolicyName: string) => client.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }));
  await create('policy-1');
  const policies = emulator.state.accounts.get(emulator.account.accountId)?.policies;
  const [[arn, first] = []] = [...(policies ?? [])];
  assert.ok(policies !== undefined && arn !== undefined && first !== undefined);
  for (let number = 2; number < 1000; number += 1) {
    policies.set(arn.replace('policy-1', `policy-${number}`), { ...first, policyName: `policy-${number}` });
  }
  await create('policy-1000');
  assert.equal(await refusal(create('policy-1001')), '409 LimitExceededException');
});

test('W31 W40 a user has two keys, whether they are active or not', async (t) => {
  const client = (await startLoopback(t)).iam();
  await client.send(new CreateUserCommand({ UserName: 'a' }));
  const create = () => client.send(new CreateAccessKeyCommand({ UserName: 'a' }));
  await create();
  await create();
  assert.equal(await refusal(create()), '409 LimitExceededException');
});
