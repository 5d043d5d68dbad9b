import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateUserCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  GetUserPolicyCommand,
  ListUserPoliciesCommand,
  PutUserPolicyCommand,
  paginateListUserPolicies,
} from '@aws-sdk/client-iam';
import type { EmulatorOptions } from '../options.ts';
import { refusal, startLoopback } from '../testing/loopback-clients.ts';
import { allow, policyText } from '../testing/policies.ts';

const UserName = 'ann';
const read = policyText(allow('s3:GetObject'));

async function start(t: Parameters<typeof startLoopback>[0], options: EmulatorOptions = {}) {
  const loopback = await startLoopback(t, options);
  const client = loopback.iam();
  await client.send(new CreateUserCommand({ UserName }));
  const put = (PolicyName: string, PolicyDocument: string) =>
    client.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }));
  const get = async (PolicyName: string) =>
    (await client.send(new GetUserPolicyCommand({ UserName, PolicyName }))).PolicyDocument ?? '';
  return { ...loopback, client, put, get };
}

test('W29 an inline policy is put, replaced, got back as its text, and deleted', async (t) => {
  const { client, put, get } = await start(t);
  const odd = `{ "Version": "2012-10-17",\n "Statement": ${JSON.stringify([allow('s3:*')])}, "Id": "a+b é%" }`;
  await put('own', read);
  await put('own', odd);
  const found = await get('own');
  assert.match(found, /^[\w.~%-]+$/, 'percent-encoded');
  assert.equal(decodeURIComponent(found), odd);
  assert.deepEqual((await client.send(new ListUserPoliciesCommand({ UserName }))).PolicyNames, ['own']);
  await client.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'own' }));
  assert.equal(await refusal(get('own')), '404 NoSuchEntityException');
  const again = client.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'own' }));
  assert.equal(await refusal(again), '404 NoSuchEntityException');
});

test('W29 a switch gives policies back as plain text', async (t) => {
  const { put, get } = await start(t, { quirks: { policyDocuments: 'plain' } });
  await put('own', read);
  assert.equal(await get('own'), read);
});

test('W29 the names of inline policies come in pages', async (t) => {
  const { client, put } = await start(t);
  for (const name of ['c', 'a', 'b']) await put(name, read);
  const pages: (readonly string[] | undefined)[] = [];
  for await (const page of paginateListUserPolicies({ client, pageSize: 2 }, { UserName }))
    pages.push(page.PolicyNames);
  assert.deepEqual(pages, [['a', 'b'], ['c']]);
});

test('W32 a user with an inline policy is not deleted', async (t) => {
  const { client, put } = await start(t);
  await put('own', read);
  const remove = () => client.send(new DeleteUserCommand({ UserName }));
  assert.equal(await refusal(remove()), '409 DeleteConflictException');
  await client.send(new DeleteUserPolicyCommand({ UserName, PolicyName: 'own' }));
  await remove();
});

test('W40 all inline policies of a user together have so many characters, white space not counted', async (t) => {
  const size = read.length;
  const { put, get } = await start(t, { quotas: { inlineSize: { User: 2 * size, Group: 1, Role: 1 } } });
  await put('one', JSON.stringify(JSON.parse(read), undefined, 8));
  await put('two', read);
  await put('one', read); // takes the place of its older self
  assert.equal(await refusal(put('three', read)), '409 LimitExceededException');
  assert.equal(await refusal(get('three')), '404 NoSuchEntityException');
});

const statement = allow('s3:GetObject');
const malformed: Readonly<Record<string, string>> = {
  'that is no JSON': '{',
  'that is no object': '[]',
  'of another version': JSON.stringify({ Version: '2012-10-18', Statement: [statement] }),
  'without statements': JSON.stringify({ Version: '2012-10-17' }),
  'with an empty list of statements': policyText(),
  'with an unknown element': JSON.stringify({ Version: '2012-10-17', Statement: [statement], Comment: 'x' }),
  'with an unknown element in a statement': policyText({ ...statement, Resources: '*' }),
  'with a principal': policyText({ ...statement, Principal: '*' }),
  'with another effect': policyText({ ...statement, Effect: 'allow' }),
  'without actions': policyText({ Effect: 'Allow', Resource: '*' }),
  'with an empty list of actions': policyText({ ...statement, Action: [] }),
  'with an action of no service': policyText({ ...statement, Action: 'GetObject' }),
  'with Action and NotAction': policyText({ ...statement, NotAction: 's3:*' }),
  'without resources': policyText({ Effect: 'Allow', Action: 's3:*' }),
  'with a resource that is no ARN': policyText({ ...statement, Resource: 'bucket/*' }),
  'with Resource and NotResource': policyText({ ...statement, NotResource: '*' }),
  'with a Sid of other signs': policyText({ ...statement, Sid: 'a b' }),
  'with a Sid twice': policyText({ ...statement, Sid: 'a' }, { ...statement, Sid: 'a' }),
  'with an unknown condition': policyText({ ...statement, Condition: { StringIs: { 's3:prefix': 'x' } } }),
  'with a condition on no key': policyText({ ...statement, Condition: { StringLike: { prefix: 'x' } } }),
  'with a condition on an object': policyText({ ...statement, Condition: { StringLike: { 's3:prefix': {} } } }),
};

for (const [title, PolicyDocument] of Object.entries(malformed)) {
  test(`W29 a policy ${title} is MalformedPolicyDocument and kept nowhere`, async (t) => {
    const { put, emulator } = await start(t);
    const before = emulator.snapshot();
    assert.equal(await refusal(put('own', PolicyDocument)), '400 MalformedPolicyDocumentException');
    assert.deepEqual(emulator.snapshot(), before);
  });
}
