import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeletePolicyCommand,
  GetPolicyVersionCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, ListObjectsV2Command, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { peerIam, peerOptions, peerS3, peerUrl } from './peer.ts';

// Where the peer differs from what docs/wasabi.md says of Wasabi: each test is a row of docs/testing-peer.md. One that
// fails after an update of the peer tells that the row is history.

const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::any/*' }];
const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });

async function makeBucket(name: string, client = peerS3): Promise<void> {
  const CreateBucketConfiguration = { LocationConstraint: 'us-west-2' } as const;
  await client.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration }));
}

const differences: Readonly<Record<string, () => Promise<void>>> = {
  'P1: a key that is deleted is let in all the same, and nobody decides who may do what': async () => {
    const UserName = 'differs-dead-key';
    await peerIam.send(new CreateUserCommand({ UserName }));
    const { AccessKey } = await peerIam.send(new CreateAccessKeyCommand({ UserName }));
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {};
    await peerIam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId: accessKeyId }));
    const credentials = { accessKeyId, secretAccessKey };
    const s3 = new S3Client({ region: 'us-west-2', endpoint: peerUrl, credentials, forcePathStyle: true });
    await makeBucket('differs-dead-key', s3);
    await s3.send(new ListObjectsV2Command({ Bucket: 'differs-dead-key' }));
    const sts = new STSClient({ region: 'us-east-1', endpoint: peerUrl, credentials });
    assert.match((await sts.send(new GetCallerIdentityCommand({}))).Arn ?? '', /:user\/moto$/);
  },
  'P2: names of users that differ in case only are two users': async () => {
    for (const UserName of ['differs-case', 'DIFFERS-CASE']) await peerIam.send(new CreateUserCommand({ UserName }));
  },
  'P3: a managed policy is deleted under the user that it is attached to': async () => {
    const UserName = 'differs-attached';
    await peerIam.send(new CreateUserCommand({ UserName }));
    const { Policy } = await peerIam.send(new CreatePolicyCommand({ PolicyName: UserName, PolicyDocument }));
    await peerIam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: Policy?.Arn }));
    await peerIam.send(new DeletePolicyCommand({ PolicyArn: Policy?.Arn }));
  },
  'P4: the document of a managed policy comes as JSON, that of an inline policy percent-encoded': async () => {
    const UserName = 'differs-encoding';
    const { Policy } = await peerIam.send(new CreatePolicyCommand({ PolicyName: UserName, PolicyDocument }));
    const version = { PolicyArn: Policy?.Arn, VersionId: Policy?.DefaultVersionId };
    const { PolicyVersion } = await peerIam.send(new GetPolicyVersionCommand(version));
    assert.equal(PolicyVersion?.Document, PolicyDocument);
    await peerIam.send(new CreateUserCommand({ UserName }));
    await peerIam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'inline', PolicyDocument }));
    const inline = await peerIam.send(new GetUserPolicyCommand({ UserName, PolicyName: 'inline' }));
    assert.match(inline.PolicyDocument ?? '', /^%7B/);
  },
  'P5: users have tags': async () => {
    const UserName = 'differs-tags';
    await peerIam.send(new CreateUserCommand({ UserName, Tags: [{ Key: 'team', Value: 'a' }] }));
    const { User } = await peerIam.send(new GetUserCommand({ UserName }));
    assert.deepEqual(User?.Tags, [{ Key: 'team', Value: 'a' }]);
  },
  'P6: a bucket policy may name other buckets, users that are not there, and everyone': async () => {
    const Bucket = 'differs-policy';
    await makeBucket(Bucket);
    for (const Principal of ['*', { AWS: 'arn:aws:iam::123456789012:user/nobody' }]) {
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...Statement[0], Principal }] });
      await peerS3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    }
  },
};

for (const [title, check] of Object.entries(differences)) test(`peer: ${title}`, peerOptions, check);
