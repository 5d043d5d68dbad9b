import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { PutUserPolicyCommand } from '@aws-sdk/client-iam';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketLoggingCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketCorsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { s3OperationOf } from './router.ts';
import { actionsOf } from './s3-permissions.ts';
import { bucketSubresources, objectSubresources } from './subresources/table.ts';
import { createUser } from './testing/iam-user.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';
import { allow, deny, policyText } from './testing/policies.ts';

const Bucket = 'guarded';
const Key = 'a/b';
const VersionId = `${'0'.repeat(21)}-${'A'.repeat(10)}`;
const where = { Bucket, Key };
const Tagging = { TagSet: [{ Key: 'k', Value: 'v' }] };
const until = new Date(Date.now() + 86_400_000);

type Send = (s3: S3Client) => Promise<unknown>;

/** A call and all the actions that it takes. */
const calls: readonly (readonly [name: string, send: Send, ...actions: readonly string[]])[] = [
  ['ListBuckets', (s3) => s3.send(new ListBucketsCommand({})), 's3:ListAllMyBuckets'],
  ['CreateBucket', (s3) => s3.send(new CreateBucketCommand({ Bucket: 'another' })), 's3:CreateBucket'],
  ['DeleteBucket', (s3) => s3.send(new DeleteBucketCommand({ Bucket })), 's3:DeleteBucket'],
  ['HeadBucket', (s3) => s3.send(new HeadBucketCommand({ Bucket })), 's3:ListBucket'],
  ['ListObjectsV2', (s3) => s3.send(new ListObjectsV2Command({ Bucket })), 's3:ListBucket'],
  ['ListObjectVersions', (s3) => s3.send(new ListObjectVersionsCommand({ Bucket })), 's3:ListBucketVersions'],
  [
    'ListMultipartUploads',
    (s3) => s3.send(new ListMultipartUploadsCommand({ Bucket })),
    's3:ListBucketMultipartUploads',
  ],
  ['GetBucketLocation', (s3) => s3.send(new GetBucketLocationCommand({ Bucket })), 's3:GetBucketLocation'],
  ['GetBucketVersioning', (s3) => s3.send(new GetBucketVersioningCommand({ Bucket })), 's3:GetBucketVersioning'],
  [
    'PutBucketVersioning',
    (s3) => s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })),
    's3:PutBucketVersioning',
  ],
  ['GetBucketTagging', (s3) => s3.send(new GetBucketTaggingCommand({ Bucket })), 's3:GetBucketTagging'],
  ['PutBucketTagging', (s3) => s3.send(new PutBucketTaggingCommand({ Bucket, Tagging })), 's3:PutBucketTagging'],
  [
    'GetBucketLifecycleConfiguration',
    (s3) => s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    's3:GetLifecycleConfiguration',
  ],
  [
    'DeleteBucketLifecycle',
    (s3) => s3.send(new DeleteBucketLifecycleCommand({ Bucket })),
    's3:PutLifecycleConfiguration',
  ],
  ['GetBucketEncryption', (s3) => s3.send(new GetBucketEncryptionCommand({ Bucket })), 's3:GetEncryptionConfiguration'],
  [
    'PutBucketCors',
    (s3) =>
      s3.send(
        new PutBucketCorsCommand({
          Bucket,
          CORSConfiguration: { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }] },
        }),
      ),
    's3:PutBucketCORS',
  ],
  ['GetBucketLogging', (s3) => s3.send(new GetBucketLoggingCommand({ Bucket })), 's3:GetBucketLogging'],
  ['GetBucketAcl', (s3) => s3.send(new GetBucketAclCommand({ Bucket })), 's3:GetBucketAcl'],
  ['GetBucketPolicy', (s3) => s3.send(new GetBucketPolicyCommand({ Bucket })), 's3:GetBucketPolicy'],
  ['DeleteBucketPolicy', (s3) => s3.send(new DeleteBucketPolicyCommand({ Bucket })), 's3:DeleteBucketPolicy'],
  [
    'GetPublicAccessBlock',
    (s3) => s3.send(new GetPublicAccessBlockCommand({ Bucket })),
    's3:GetBucketPublicAccessBlock',
  ],
  [
    'GetObjectLockConfiguration',
    (s3) => s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
    's3:GetBucketObjectLockConfiguration',
  ],
  ['GetObject', (s3) => s3.send(new GetObjectCommand(where)), 's3:GetObject'],
  ['GetObject of a version', (s3) => s3.send(new GetObjectCommand({ ...where, VersionId })), 's3:GetObjectVersion'],
  ['HeadObject', (s3) => s3.send(new HeadObjectCommand(where)), 's3:GetObject'],
  ['PutObject', (s3) => s3.send(new PutObjectCommand(where)), 's3:PutObject'],
  [
    'PutObject with tags',
    (s3) => s3.send(new PutObjectCommand({ ...where, Tagging: 'a=b' })),
    's3:PutObject',
    's3:PutObjectTagging',
  ],
  [
    'PutObject with an ACL',
    (s3) => s3.send(new PutObjectCommand({ ...where, ACL: 'private' })),
    's3:PutObject',
    's3:PutObjectAcl',
  ],
  [
    'PutObject with a legal hold',
    (s3) => s3.send(new PutObjectCommand({ ...where, ObjectLockLegalHoldStatus: 'OFF' })),
    's3:PutObject',
    's3:PutObjectLegalHold',
  ],
  [
    'CopyObject',
    (s3) => s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}` })),
    's3:PutObject',
    's3:GetObject',
  ],
  ['DeleteObject', (s3) => s3.send(new DeleteObjectCommand(where)), 's3:DeleteObject'],
  [
    'DeleteObject of a version',
    (s3) => s3.send(new DeleteObjectCommand({ ...where, VersionId })),
    's3:DeleteObjectVersion',
  ],
  ['CreateMultipartUpload', (s3) => s3.send(new CreateMultipartUploadCommand(where)), 's3:PutObject'],
  ['UploadPart', (s3) => s3.send(new UploadPartCommand({ ...where, UploadId: 'u', PartNumber: 1 })), 's3:PutObject'],
  ['ListParts', (s3) => s3.send(new ListPartsCommand({ ...where, UploadId: 'u' })), 's3:ListMultipartUploadParts'],
  [
    'AbortMultipartUpload',
    (s3) => s3.send(new AbortMultipartUploadCommand({ ...where, UploadId: 'u' })),
    's3:AbortMultipartUpload',
  ],
  ['GetObjectTagging', (s3) => s3.send(new GetObjectTaggingCommand(where)), 's3:GetObjectTagging'],
  ['PutObjectTagging', (s3) => s3.send(new PutObjectTaggingCommand({ ...where, Tagging })), 's3:PutObjectTagging'],
  ['DeleteObjectTagging', (s3) => s3.send(new DeleteObjectTaggingCommand(where)), 's3:DeleteObjectTagging'],
  ['GetObjectAcl', (s3) => s3.send(new GetObjectAclCommand(where)), 's3:GetObjectAcl'],
  ['GetObjectRetention', (s3) => s3.send(new GetObjectRetentionCommand(where)), 's3:GetObjectRetention'],
  [
    'PutObjectRetention',
    (s3) =>
      s3.send(new PutObjectRetentionCommand({ ...where, Retention: { Mode: 'GOVERNANCE', RetainUntilDate: until } })),
    's3:PutObjectRetention',
  ],
  [
    'PutObjectLegalHold',
    (s3) => s3.send(new PutObjectLegalHoldCommand({ ...where, LegalHold: { Status: 'OFF' } })),
    's3:PutObjectLegalHold',
  ],
];

async function start(t: TestContext) {
  const loopback = await startLoopback(t);
  loopback.emulator.console.createBucket({ name: Bucket, objectLock: true });
  loopback.emulator.console.putObject(Bucket, Key, 'content');
  return loopback;
}

// An answer to HEAD has no code.
const isDenied = (outcome: string) => outcome === '403 AccessDenied' || outcome === '403 Unknown';

for (const [name, send, ...actions] of calls) {
  test(`W20 ${name} takes ${actions.join(' and ')}`, async (t) => {
    const loopback = await start(t);
    const everythingElse = { Effect: 'Allow', NotAction: actions, Resource: '*' };
    const without = await createUser(loopback, 'without', everythingElse);
    assert.ok(isDenied(await refusal(send(loopback.s3(without)))), 'without them');
    const within = await createUser(loopback, 'within', allow(...actions));
    const outcome = await refusal(send(loopback.s3(within)));
    assert.ok(!isDenied(outcome), `with them: ${outcome}`);
  });
}

test('W36 the list of buckets is for those who may ask for it, whatever else they may do', async (t) => {
  const loopback = await start(t);
  const list = (keys: Parameters<typeof loopback.s3>[0]) => refusal(loopback.s3(keys).send(new ListBucketsCommand({})));
  const busy = await createUser(loopback, 'busy', {
    Effect: 'Allow',
    NotAction: 's3:ListAllMyBuckets',
    Resource: '*',
  });
  assert.equal(await list(busy), '403 AccessDenied');
  assert.equal(await list(await createUser(loopback, 'nobody')), '403 AccessDenied');
  assert.equal(await list(await createUser(loopback, 'lister', allow('s3:ListAllMyBuckets'))), 'no error');
});

test('W20 every operation that a request can mean has its actions', () => {
  const queries = [
    '',
    'versions',
    'uploads',
    'delete',
    'uploadId',
    ...[...bucketSubresources, ...objectSubresources].map((s) => s.query),
  ];
  const names = new Set<string>();
  for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
    for (const query of queries) {
      for (const key of [undefined, 'k']) {
        for (const headers of [{}, { 'x-amz-copy-source': 'b/k' }]) {
          names.add(operationName({ method, bucketName: 'b', key, query: new Map([[query, '']]), headers }));
        }
      }
    }
  }
  names.delete('');
  assert.ok(names.size > 80, `${names.size} operations`);
  const call = { query: new Map(), headers: {} } as unknown as Parameters<typeof actionsOf>[1]; // they look at no more
  for (const name of names) assert.ok(Array.isArray(actionsOf(name, call)), name);
  assert.throws(() => actionsOf('ReadMinds', call), /no permission is known for ReadMinds/);
});

function operationName(request: Parameters<typeof s3OperationOf>[0]): string {
  try {
    return s3OperationOf(request).name;
  } catch {
    return ''; // refused before it means anything
  }
}

test('W20 a user without policies may do nothing, a deny beats every allow', async (t) => {
  const loopback = await start(t);
  const none = await createUser(loopback, 'none');
  const get = (user: typeof none) => refusal(loopback.s3(user).send(new GetObjectCommand(where)));
  assert.equal(await get(none), '403 AccessDenied');
  const thrown: unknown = await loopback
    .s3(none)
    .send(new GetObjectCommand(where))
    .catch((error: unknown) => error);
  assert.match(
    String(thrown),
    /user\/none is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::guarded\/a\/b/,
  );
  const both = await createUser(loopback, 'both', allow('*'), deny('s3:GetObject'));
  assert.equal(await get(both), '403 AccessDenied');
  await loopback.s3(both).send(new HeadBucketCommand({ Bucket }));
  const full = await createUser(loopback, 'full', allow('s3:*'));
  assert.equal(await get(full), 'no error');
});

test('W20 who may not list a bucket does not learn what is missing in it', async (t) => {
  const loopback = await start(t);
  const missing = new GetObjectCommand({ Bucket, Key: 'none' });
  const reader = await createUser(loopback, 'reader', allow('s3:GetObject'));
  assert.equal(await refusal(loopback.s3(reader).send(missing)), '403 AccessDenied');
  const lister = await createUser(loopback, 'lister', allow('s3:GetObject', 's3:ListBucket'));
  assert.equal(await refusal(loopback.s3(lister).send(missing)), '404 NoSuchKey');
});

test('W20 IAM asks for its own actions, on the ARN of what is changed', async (t) => {
  const loopback = await startLoopback(t);
  const { accountId } = loopback.emulator.account;
  const Resource = `arn:aws:iam::${accountId}:user/\${aws:username}`;
  const { keys } = await createUser(loopback, 'ann', { Effect: 'Allow', Action: 'iam:*UserPolicy', Resource });
  await createUser(loopback, 'bob');
  const put = (UserName: string) =>
    loopback
      .iam({ keys })
      .send(new PutUserPolicyCommand({ UserName, PolicyName: 'more', PolicyDocument: policyText(allow('s3:*')) }));
  await put('ann');
  const thrown: unknown = await put('bob').catch((error: unknown) => error);
  assert.match(
    String(thrown),
    new RegExp(`AccessDenied.*user/ann is not authorized to perform: iam:PutUserPolicy on resource: .*user/bob`),
  );
});
