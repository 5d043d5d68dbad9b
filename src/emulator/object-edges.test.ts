import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateBucketCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectAclCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { EmulatorOptions } from './options.ts';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'edge-bucket';

async function start(t: TestContext, options: EmulatorOptions = {}) {
  const loopback = await startLoopback(t, options);
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  return { emulator: loopback.emulator, client, ETag };
}

test('W45 a copy is refused for a bad source or a condition that does not hold', async (t) => {
  const { emulator, client, ETag } = await start(t);
  emulator.console.createBucket({ name: 'foreign-bucket', accountId: emulator.createAccount().accountId });
  const copy = (CopySource: string, more: Partial<CopyObjectCommandInput> = {}) =>
    refusal(client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource, ...more })));
  assert.equal(await copy('none-such/k'), '404 NoSuchBucket');
  assert.equal(await copy('no-slash'), '404 NoSuchBucket');
  assert.equal(await copy(`${Bucket}/none`), '404 NoSuchKey');
  assert.equal(await copy('foreign-bucket/k'), '403 AccessDenied');
  assert.equal(await copy(`${Bucket}/%zz`), '400 InvalidArgument');
  assert.equal(await copy(`${Bucket}/k`, { CopySourceIfMatch: '"x"' }), '412 PreconditionFailed');
  assert.equal(await copy(`${Bucket}/k`, { CopySourceIfNoneMatch: ETag }), '412 PreconditionFailed');
  assert.deepEqual([...(emulator.state.buckets.get(Bucket)?.objects.keys() ?? [])], ['k']);
  assert.equal(await copy(`/${Bucket}/k`, { IfNoneMatch: '*' }), 'no error');
  assert.equal(await copy(`${Bucket}/k`, { IfNoneMatch: '*' }), '412 PreconditionFailed');
});

test('W21 the ACL of an object is its owner alone; a public one is denied', async (t) => {
  const { client } = await start(t);
  const set = (ACL: 'private' | 'public-read') => client.send(new PutObjectAclCommand({ Bucket, Key: 'k', ACL }));
  assert.equal(await refusal(set('public-read')), '403 AccessDenied');
  await set('private');
  const { Grants } = await client.send(new GetObjectAclCommand({ Bucket, Key: 'k' }));
  assert.deepEqual(
    Grants?.map(({ Permission }) => Permission),
    ['FULL_CONTROL'],
  );
  assert.equal(await refusal(client.send(new GetObjectAclCommand({ Bucket, Key: 'none' }))), '404 NoSuchKey');
});

test('W12 what is not emulated says so and changes nothing', async (t) => {
  const { emulator, client } = await start(t);
  const path = `/${Bucket}/k`;
  for (const request of [
    { method: 'MOVE', path, headers: { destination: 'other' } },
    { method: 'PUT', path, query: 'append', body: 'y' },
    { method: 'PUT', path, query: 'compose', body: '<x/>' },
    { method: 'PUT', path, query: 'encryption', body: '<x/>' },
    { method: 'GET', path: `/${Bucket}`, query: 'session' },
  ]) {
    const answer = await signedRequest(emulator, request);
    assert.equal(answer.status, 501, JSON.stringify(request));
    assert.match(answer.body, /<Code>NotImplemented</);
  }
  assert.equal((await signedRequest(emulator, { method: 'PATCH', path })).status, 405);
  assert.equal((await signedRequest(emulator, { method: 'POST', path: '/' })).status, 405);
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await Body?.transformToString(), 'x');
});

test('W9 an unknown encryption is InvalidArgument, keys of the customer are not emulated', async (t) => {
  const { emulator } = await start(t);
  const put = (headers: Readonly<Record<string, string>>) =>
    signedRequest(emulator, { method: 'PUT', path: `/${Bucket}/k`, body: 'y', headers });
  assert.match((await put({ 'x-amz-server-side-encryption': 'rot13' })).body, /<Code>InvalidArgument</);
  const customer = { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' };
  assert.match((await put(customer)).body, /<Code>NotImplemented</);
});

test('W6 a caller by address is sent to an address, one by the real names to these', async (t) => {
  const loopback = await startLoopback(t, { regionPorts: { 'eu-west-1': 0, 'us-east-1': 0 } });
  const { emulator } = loopback;
  emulator.console.createBucket({ name: Bucket, region: 'eu-west-1' });
  const { 'us-east-1': port = 0, 'eu-west-1': own } = emulator.regionPorts;
  const write = { method: 'PUT', path: `/${Bucket}/a%20b`, query: 'tagging', body: '<Tagging/>' };
  const byAddress = await signedRequest(emulator, { ...write, port });
  assert.equal(byAddress.headers['location'], `http://127.0.0.1:${own}/${Bucket}/a%20b?tagging`);
  const byName = await signedRequest(emulator, { ...write, host: 's3.wasabisys.com' });
  assert.equal(byName.headers['location'], `https://s3.eu-west-1.wasabisys.com/${Bucket}/a%20b?tagging`);
  const byProxy = await signedRequest(emulator, { ...write, host: 's3.us-east-1.localhost:7777' });
  assert.equal(byProxy.headers['location'], `http://s3.eu-west-1.localhost:7777/${Bucket}/a%20b?tagging`);
});

test('W9 a key of a KMS is NotImplemented, or InvalidArgument with the switch', async (t) => {
  const wishes: readonly Readonly<Record<string, string>>[] = [
    { 'x-amz-server-side-encryption': 'aws:kms' },
    { 'x-amz-server-side-encryption': 'aws:kms:dsse' },
    { 'x-amz-server-side-encryption-aws-kms-key-id': 'k' },
    { 'x-amz-server-side-encryption-context': 'e30=' },
  ];
  for (const [kms, expected] of [
    ['NotImplemented', '501 NotImplemented'],
    ['InvalidArgument', '400 InvalidArgument'],
  ] as const) {
    const { emulator } = await start(t, { quirks: { kms } });
    const write = async (method: string, query: string, headers: Readonly<Record<string, string>>) =>
      codeOf(await signedRequest(emulator, { method, path: `/${Bucket}/other`, query, headers }));
    for (const headers of wishes) {
      assert.equal(await write('PUT', '', headers), expected);
      assert.equal(await write('POST', 'uploads', headers), expected);
      assert.equal(await write('PUT', '', { ...headers, 'x-amz-copy-source': `/${Bucket}/k` }), expected);
    }
    assert.equal(emulator.state.buckets.get(Bucket)?.objects.size, 1);
  }
});

test('W45 a DELETE with a condition is not emulated, and deletes nothing', async (t) => {
  const { emulator, client } = await start(t);
  for (const headers of [{ 'if-match': '"x"' }, { 'x-amz-if-match-size': '7' }]) {
    const answer = await signedRequest(emulator, { method: 'DELETE', path: `/${Bucket}/k`, headers });
    assert.equal(codeOf(answer), '501 NotImplemented');
  }
  await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
});

test('W45 a PUT of an ACL that says none changes nothing', async (t) => {
  const { emulator } = await start(t);
  for (const path of [`/${Bucket}`, `/${Bucket}/k`]) {
    const answer = await signedRequest(emulator, { method: 'PUT', path, query: 'acl' });
    assert.equal(codeOf(answer), '400 MissingSecurityHeader');
  }
});

test('W41 a storage class that is not STANDARD is refused, however the object is written', async (t) => {
  const { emulator, client } = await start(t);
  const write = async (
    method: string,
    query: string,
    storageClass: string,
    more: Readonly<Record<string, string>> = {},
  ) => {
    const headers = { 'x-amz-storage-class': storageClass, ...more };
    return codeOf(await signedRequest(emulator, { method, path: `/${Bucket}/other`, query, headers }));
  };
  const copy = { 'x-amz-copy-source': `/${Bucket}/k` };
  for (const storageClass of ['GLACIER', 'STANDARD_IA', 'REDUCED_REDUNDANCY', 'nothing']) {
    assert.equal(await write('PUT', '', storageClass), '400 InvalidStorageClass');
    assert.equal(await write('PUT', '', storageClass, copy), '400 InvalidStorageClass');
    assert.equal(await write('POST', 'uploads', storageClass), '400 InvalidStorageClass');
  }
  assert.deepEqual([...(emulator.state.buckets.get(Bucket)?.objects.keys() ?? [])], ['k']);
  assert.equal(await write('PUT', '', 'STANDARD', copy), '200');
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  assert.deepEqual(
    Contents.map(({ StorageClass }) => StorageClass),
    ['STANDARD', 'STANDARD'],
  );
});
