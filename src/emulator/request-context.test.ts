import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AttachUserPolicyCommand } from '@aws-sdk/client-iam';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { GetSessionTokenCommand } from '@aws-sdk/client-sts';
import { createUser, type UserWithKey } from './testing/iam-user.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow } from './testing/policies.ts';

const Bucket = 'shared';
const where = { Bucket, Key: 'k' };
const account = { accountId: '100000000001' };
const vendorArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';

type Send = (s3: S3Client) => Promise<unknown>;

const list: Send = (s3) => s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'p', Delimiter: '/', MaxKeys: 5 }));
const head: Send = (s3) => s3.send(new HeadBucketCommand({ Bucket }));
const get: Send = (s3) => s3.send(new GetObjectCommand(where));
const put: Send = (s3) =>
  s3.send(
    new PutObjectCommand({
      ...where,
      ACL: 'private',
      Tagging: 'team=Blue',
      StorageClass: 'STANDARD',
      ServerSideEncryption: 'AES256',
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: new Date(Date.now() + 3.5 * 86_400_000),
      ObjectLockLegalHoldStatus: 'OFF',
    }),
  );
const copy: Send = (s3) =>
  s3.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource: `${Bucket}/k`, MetadataDirective: 'REPLACE' }));

/** A call, a key of its context, a condition on it that holds, and a value that it does not have. */
const keys: readonly (readonly [send: Send, operator: string, key: string, right: string, wrong: string])[] = [
  [list, 'StringEquals', 's3:prefix', 'p', 'q'],
  [list, 'StringEquals', 's3:delimiter', '/', '-'],
  [list, 'NumericLessThanEquals', 's3:max-keys', '5', '4'],
  [put, 'StringEquals', 's3:x-amz-acl', 'private', 'public-read'],
  [put, 'StringEquals', 's3:RequestObjectTag/team', 'Blue', 'Red'],
  [put, 'ForAllValues:StringEquals', 's3:RequestObjectTagKeys', 'team', 'owner'],
  [put, 'StringEquals', 's3:x-amz-storage-class', 'STANDARD', 'GLACIER'],
  [put, 'StringEquals', 's3:x-amz-server-side-encryption', 'AES256', 'aws:kms'],
  [put, 'StringEquals', 's3:object-lock-mode', 'GOVERNANCE', 'COMPLIANCE'],
  [put, 'NumericEquals', 's3:object-lock-remaining-retention-days', '3', '4'],
  [put, 'DateGreaterThan', 's3:object-lock-retain-until-date', '2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z'],
  [put, 'StringEquals', 's3:object-lock-legal-hold', 'OFF', 'ON'],
  [copy, 'StringEquals', 's3:x-amz-metadata-directive', 'REPLACE', 'COPY'],
  [copy, 'StringLike', 's3:x-amz-copy-source', `${Bucket}/*`, 'other/*'],
  [get, 'StringEquals', 's3:ExistingObjectTag/team', 'Blue', 'Red'],
  [get, 'StringEquals', 's3:signatureversion', 'AWS4-HMAC-SHA256', 'AWS'],
  [get, 'StringEquals', 's3:authType', 'REST-HEADER', 'REST-QUERY-STRING'],
  [get, 'NumericLessThan', 's3:signatureAge', '600000', '-600000'],
  [get, 'StringEquals', 's3:ResourceAccount', account.accountId, '100000000002'],
  [head, 'StringEquals', 'aws:username', 'right', 'nobody'],
  [head, 'StringLike', 'aws:userid', 'AIDA*', 'AROA*'],
  [head, 'ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:user/right', 'arn:aws:iam::*:role/*'],
  [head, 'StringEquals', 'aws:PrincipalAccount', account.accountId, '100000000002'],
  [head, 'StringEquals', 'aws:PrincipalType', 'User', 'Account'],
  [head, 'StringEquals', 'aws:ResourceAccount', account.accountId, '100000000002'],
  [head, 'StringEquals', 'aws:RequestedRegion', 'us-east-1', 'eu-central-1'],
  [head, 'StringEquals', 's3:LocationConstraint', 'us-east-1', 'eu-central-1'],
  [head, 'DateGreaterThan', 'aws:CurrentTime', '2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z'],
  [head, 'NumericGreaterThan', 'aws:EpochTime', '1577836800', '32472144000'],
  [head, 'StringLike', 'aws:UserAgent', '*aws-sdk-js*', 'curl*'],
  [head, 'Bool', 'aws:SecureTransport', 'false', 'true'],
  [head, 'IpAddress', 'aws:SourceIp', '127.0.0.1', '10.0.0.0/8'],
  [head, 'Null', 'aws:Referer', 'true', 'false'],
  [head, 'Null', 'aws:MultiFactorAuthPresent', 'true', 'false'],
];

for (const [send, operator, key, right, wrong] of keys) {
  test(`W20 a condition on ${key} is held against the request`, async (t) => {
    const loopback = await startLoopback(t, { account });
    loopback.emulator.console.createBucket({ name: Bucket, objectLock: true });
    await loopback.s3().send(new PutObjectCommand({ ...where, Tagging: 'team=Blue' }));
    const user = (name: string, value: string) =>
      createUser(loopback, name, { ...allow('s3:*'), Condition: { [operator]: { [key]: value } } });
    const outcome = async (keysOf: UserWithKey) => refusal(send(loopback.s3(keysOf)));
    assert.equal(await outcome(await user('right', right)), 'no error');
    assert.match(await outcome(await user('wrong', wrong)), /^403/);
  });
}

test('W20 s3:VersionId is the version that is named', async (t) => {
  const loopback = await startLoopback(t);
  loopback.emulator.console.createBucket({ name: Bucket, objectLock: true });
  const [one, two] = ['1', '2'].map((content) => loopback.emulator.console.putObject(Bucket, 'k', content).versionId);
  const Condition = { StringEquals: { 's3:VersionId': one } };
  const ann = await createUser(loopback, 'ann', { ...allow('s3:DeleteObjectVersion'), Condition });
  const remove = (VersionId: string | undefined) =>
    refusal(loopback.s3(ann).send(new DeleteObjectCommand({ ...where, VersionId })));
  assert.deepEqual([await remove(one), await remove(two)], ['no error', '403 AccessDenied']);
});

test('W20 iam:PolicyARN is the policy that is attached', async (t) => {
  const loopback = await startLoopback(t);
  const Condition = { ArnEquals: { 'iam:PolicyARN': vendorArn } };
  const ann = await createUser(loopback, 'ann', { ...allow('iam:AttachUserPolicy'), Condition });
  const attach = (PolicyArn: string) =>
    refusal(loopback.iam(ann).send(new AttachUserPolicyCommand({ UserName: 'ann', PolicyArn })));
  assert.equal(await attach(vendorArn), 'no error');
  assert.equal(await attach('arn:aws:iam::aws:policy/AdministratorAccess'), '403 AccessDenied');
});

test('W37 a session says when it was made, and that it is none of several factors', async (t) => {
  const loopback = await startLoopback(t);
  loopback.emulator.console.createBucket({ name: Bucket });
  const Condition = {
    Bool: { 'aws:MultiFactorAuthPresent': 'false' },
    DateGreaterThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' },
  };
  const ann = await createUser(loopback, 'ann', { ...allow('s3:*'), Condition });
  assert.match(await refusal(head(loopback.s3(ann))), /^403/);
  const { Credentials } = await loopback.sts(ann).send(new GetSessionTokenCommand({}));
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  const temporary = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  await head(loopback.s3({ keys: temporary }));
});
