import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  ListAccessKeysCommand,
  paginateListAccessKeys,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { createUser } from '../testing/iam-user.ts';
import { refusal, startLoopback } from '../testing/loopback-clients.ts';

const UserName = 'ann';

test('W29 a key signs until it is made inactive or deleted', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.iam();
  const { keys } = await createUser(loopback, UserName);
  assert.match(keys.accessKeyId, /^[A-Z0-9]{20}$/);
  assert.equal(keys.secretAccessKey.length, 40);
  const key = { UserName, AccessKeyId: keys.accessKeyId };
  const call = () => loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
  await call();
  await client.send(new UpdateAccessKeyCommand({ ...key, Status: 'Inactive' }));
  assert.equal(await refusal(call()), '403 InvalidAccessKeyId');
  await client.send(new UpdateAccessKeyCommand({ ...key, Status: 'Active' }));
  await call();
  await client.send(new DeleteAccessKeyCommand(key));
  assert.equal(await refusal(call()), '403 InvalidAccessKeyId');
  assert.equal(await refusal(client.send(new DeleteAccessKeyCommand(key))), '404 NoSuchEntityException');
});

test('W29 keys are listed without their secrets, in pages', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.iam();
  const { keys } = await createUser(loopback, UserName);
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName }));
  const found: (string | undefined)[] = [];
  for await (const page of paginateListAccessKeys({ client, pageSize: 1 }, { UserName })) {
    assert.equal(page.AccessKeyMetadata?.length, 1);
    for (const key of page.AccessKeyMetadata ?? []) {
      assert.deepEqual([key.UserName, key.Status], [UserName, 'Active']);
      found.push(key.AccessKeyId);
    }
  }
  assert.deepEqual(
    found,
    [keys.accessKeyId, AccessKey?.AccessKeyId ?? ''].sort((a, b) => (a < b ? -1 : 1)),
  );
});

test('W29 without a name the keys are those of the caller: of the root, or of the user', async (t) => {
  const loopback = await startLoopback(t);
  const { AccessKeyMetadata } = await loopback.iam().send(new ListAccessKeysCommand({}));
  assert.deepEqual(
    AccessKeyMetadata?.map(({ AccessKeyId, UserName: owner }) => [AccessKeyId, owner]),
    [[loopback.emulator.account.accessKeyId, undefined]],
  );
  const { AccessKey } = await loopback.iam().send(new CreateAccessKeyCommand({}));
  const keys = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  const { Arn } = await loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
  assert.match(Arn ?? '', /:root$/);
});

test('W29 keys of an unknown user are NoSuchEntity, whatever is done with them', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.iam();
  const { keys } = await createUser(loopback, UserName);
  await client.send(new CreateUserCommand({ UserName: 'bob' }));
  const elsewhere = { UserName: 'bob', AccessKeyId: keys.accessKeyId };
  const calls = [
    client.send(new CreateAccessKeyCommand({ UserName: 'none' })),
    client.send(new ListAccessKeysCommand({ UserName: 'none' })),
    client.send(new UpdateAccessKeyCommand({ ...elsewhere, Status: 'Inactive' })),
    client.send(new DeleteAccessKeyCommand(elsewhere)),
    client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: 'A'.repeat(20) })),
  ];
  for (const call of calls) assert.equal(await refusal(call), '404 NoSuchEntityException');
  await loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
});

test('W29 the last use of a key is told, and N/A before it', async (t) => {
  const clock = new FakeClock(Date.now());
  const loopback = await startLoopback(t, { clock });
  const client = loopback.iam();
  const { keys } = await createUser(loopback, UserName);
  const last = async () => {
    const answer = await client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: keys.accessKeyId }));
    assert.equal(answer.UserName, UserName);
    return answer.AccessKeyLastUsed;
  };
  assert.deepEqual(await last(), { ServiceName: 'N/A', Region: 'N/A' });
  const before = loopback.emulator.snapshot();
  clock.advance(10_000);
  await loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
  const { LastUsedDate, ...where } = (await last()) ?? {};
  assert.deepEqual(where, { ServiceName: 'sts', Region: 'us-east-1' });
  assert.equal(LastUsedDate?.getTime(), Math.floor(clock.now() / 1000) * 1000);
  assert.deepEqual(loopback.emulator.snapshot(), before, 'a use is no change');
});

test('W31 a third key is LimitExceeded, of a user and of the root', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.iam();
  await createUser(loopback, UserName);
  const create = (input: { UserName?: string }) => client.send(new CreateAccessKeyCommand(input));
  await create({ UserName });
  assert.equal(await refusal(create({ UserName })), '409 LimitExceededException');
  await create({});
  assert.equal(await refusal(create({})), '409 LimitExceededException');
});

test('W34 a new key is unknown, or denied, until it has come into effect', async (t) => {
  for (const newKeyError of ['InvalidAccessKeyId', 'AccessDenied'] as const) {
    const clock = new FakeClock(Date.now());
    const options = { clock, quirks: { newKeyError }, propagation: { keysMs: 4000 } };
    const loopback = await startLoopback(t, options);
    const { keys } = await createUser(loopback, UserName);
    const { AccessKeyMetadata } = await loopback.iam().send(new ListAccessKeysCommand({ UserName }));
    assert.equal(AccessKeyMetadata?.length, 1, 'it is listed at once');
    const call = () => loopback.sts({ keys }).send(new GetCallerIdentityCommand({}));
    clock.advance(3999);
    assert.equal(await refusal(call()), `403 ${newKeyError}`);
    clock.advance(1);
    await call();
  }
});
