import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  PutBucketAccelerateConfigurationCommand,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { EmulatorOptions } from './options.ts';
import type { Quirks } from './quirks.ts';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'settings-bucket';

async function start(t: TestContext, quirks: Partial<Quirks> = {}, options: EmulatorOptions = {}) {
  const loopback = await startLoopback(t, { ...options, quirks });
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  return { emulator: loopback.emulator, raw: loopback, client };
}

const encryption = {
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const }, BucketKeyEnabled: true }],
};
const corsRules = [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }];
const block = { BlockPublicAcls: true, IgnorePublicAcls: false };

/** The calls of each setting that Wasabi is thought to lack. */
const lacking: Readonly<Record<string, (client: S3Client) => readonly Promise<unknown>[]>> = {
  'W7 encryption': (client) => [
    client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: encryption })),
    client.send(new GetBucketEncryptionCommand({ Bucket })),
    client.send(new DeleteBucketEncryptionCommand({ Bucket })),
  ],
  'W19 CORS': (client) => [
    client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: corsRules } })),
    client.send(new GetBucketCorsCommand({ Bucket })),
    client.send(new DeleteBucketCorsCommand({ Bucket })),
  ],
  'W22 public access block': (client) => [
    client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block })),
    client.send(new GetPublicAccessBlockCommand({ Bucket })),
    client.send(new DeletePublicAccessBlockCommand({ Bucket })),
  ],
  'W23 website, notification, ownership, payer, acceleration': (client) => [
    client.send(new GetBucketWebsiteCommand({ Bucket })),
    client.send(new GetBucketNotificationConfigurationCommand({ Bucket })),
    client.send(new GetBucketOwnershipControlsCommand({ Bucket })),
    client.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } })),
    client.send(
      new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration: { Status: 'Enabled' } }),
    ),
  ],
};

for (const [title, calls] of Object.entries(lacking)) {
  for (const [unsupported, expected] of [
    ['MethodNotAllowed', '405 MethodNotAllowed'],
    ['NotImplemented', '501 NotImplemented'],
  ] as const) {
    test(`${title}: ${expected}`, async (t) => {
      const { client } = await start(t, { unsupported });
      const answers = await Promise.all(calls(client).map(refusal));
      assert.deepEqual(
        answers,
        answers.map(() => expected),
      );
    });
  }
}

const unsupportedNames = [
  'website',
  'notification',
  'inventory',
  'analytics',
  'metrics',
  'ownershipControls',
  'intelligent-tiering',
];

test('W23 what Wasabi does not have is refused to every method, and nothing is kept', async (t) => {
  const { raw } = await start(t);
  const before = raw.emulator.snapshot()['buckets'];
  for (const query of unsupportedNames) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await signedRequest(raw.emulator, { method, path: `/${Bucket}`, query });
      assert.equal(codeOf(answer), '405 MethodNotAllowed', `${method} ${query}`);
    }
  }
  assert.deepEqual(raw.emulator.snapshot()['buckets'], before);
});

test('W23 payer and acceleration are read as AWS has them by default', async (t) => {
  const { client } = await start(t);
  assert.equal((await client.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer, 'BucketOwner');
  assert.equal((await client.send(new GetBucketAccelerateConfigurationCommand({ Bucket }))).Status, undefined);
});

test('W7 with the switch encryption is kept, read and deleted', async (t) => {
  const { client } = await start(t, { encryption: 'accepted' });
  const get = () => client.send(new GetBucketEncryptionCommand({ Bucket }));
  assert.equal(await refusal(get()), '404 ServerSideEncryptionConfigurationNotFoundError');
  await client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: encryption }));
  assert.deepEqual((await get()).ServerSideEncryptionConfiguration, encryption);
  await client.send(new DeleteBucketEncryptionCommand({ Bucket }));
  await client.send(new DeleteBucketEncryptionCommand({ Bucket }));
  assert.equal(await refusal(get()), '404 ServerSideEncryptionConfigurationNotFoundError');
});

test('W22 with the switch the block is kept, or answered empty and forgotten', async (t) => {
  for (const publicAccessBlock of ['accepted', 'empty'] as const) {
    const { client } = await start(t, { publicAccessBlock });
    await client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: block }));
    const found = await client.send(new GetPublicAccessBlockCommand({ Bucket }));
    assert.deepEqual(found.PublicAccessBlockConfiguration, publicAccessBlock === 'accepted' ? block : {});
    await client.send(new DeletePublicAccessBlockCommand({ Bucket }));
    const after = await refusal(client.send(new GetPublicAccessBlockCommand({ Bucket })));
    assert.equal(after, publicAccessBlock === 'accepted' ? '404 NoSuchPublicAccessBlockConfiguration' : 'no error');
  }
});

test('W24 tags are kept in order, replaced whole and deleted; none is NoSuchTagSet', async (t) => {
  const { client } = await start(t);
  const get = async () => (await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet;
  assert.equal(await refusal(get()), '404 NoSuchTagSet');
  const TagSet = [
    { Key: 'b', Value: 'ü 1_.:/=+-@' },
    { Key: 'a', Value: '' },
  ];
  await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  assert.deepEqual(await get(), TagSet);
  await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: TagSet.slice(1) } }));
  assert.deepEqual(await get(), TagSet.slice(1));
  await client.send(new DeleteBucketTaggingCommand({ Bucket }));
  assert.equal(await refusal(get()), '404 NoSuchTagSet');
});

const tags = (...keys: string[]) => keys.map((Key) => ({ Key, Value: 'v' }));
const wrongTags: readonly { title: string; TagSet: { Key: string; Value: string }[]; expected: string }[] = [
  { title: 'a key twice', TagSet: tags('a', 'a'), expected: '400 InvalidTag' },
  { title: 'an empty key', TagSet: tags(''), expected: '400 InvalidTag' },
  { title: 'a key of 129', TagSet: tags('k'.repeat(129)), expected: '400 InvalidTag' },
  { title: 'a value of 257', TagSet: [{ Key: 'k', Value: 'v'.repeat(257) }], expected: '400 InvalidTag' },
  { title: 'a key with other signs', TagSet: tags('a&b'), expected: '400 InvalidTag' },
  { title: 'a value with other signs', TagSet: [{ Key: 'k', Value: '\u{1F600}' }], expected: '400 InvalidTag' },
  { title: 'a key of AWS', TagSet: tags('aws:x'), expected: '400 InvalidTag' },
  { title: '51 tags', TagSet: tags(...Array.from({ length: 51 }, (_, n) => `k${n}`)), expected: '400 BadRequest' },
];

for (const { title, TagSet, expected } of wrongTags) {
  test(`W24 ${title} is ${expected}`, async (t) => {
    const { client } = await start(t);
    assert.equal(await refusal(client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }))), expected);
  });
}

const goodRules: LifecycleRule[] = [
  { ID: 'a', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 3 } },
  {
    ID: 'b',
    Status: 'Disabled',
    Filter: { And: { Prefix: 'x', ObjectSizeGreaterThan: 1, ObjectSizeLessThan: 9, Tags: [{ Key: 'k', Value: 'v' }] } },
    NoncurrentVersionExpiration: { NoncurrentDays: 5, NewerNoncurrentVersions: 2 },
  },
  { ID: 'c', Status: 'Enabled', Filter: {}, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
  { ID: 'd', Status: 'Enabled', Prefix: '', Expiration: { ExpiredObjectDeleteMarker: true } },
  { ID: 'e', Status: 'Enabled', Filter: { Tag: { Key: 'k', Value: 'v' } }, Expiration: { Days: 1 } },
];

function putRules(client: S3Client, Rules: LifecycleRule[]): Promise<unknown> {
  return client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
}

test('W16 lifecycle rules come back as they were put; a rule without an id gets one', async (t) => {
  const { client } = await start(t);
  const get = async () => (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules;
  assert.equal(await refusal(get()), '404 NoSuchLifecycleConfiguration');
  await putRules(client, goodRules);
  assert.deepEqual(await get(), goodRules);
  await putRules(client, [{ Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } }]);
  assert.equal((await get())?.[0]?.ID, 'rule-1');
  await client.send(new DeleteBucketLifecycleCommand({ Bucket }));
  assert.equal(await refusal(get()), '404 NoSuchLifecycleConfiguration');
});

const on = { Status: 'Enabled', Filter: { Prefix: '' } } as const;
const wrongRules: readonly { title: string; Rules: LifecycleRule[]; expected: string }[] = [
  { title: 'no rule', Rules: [], expected: '400 MalformedXML' },
  { title: 'no action', Rules: [on], expected: '400 InvalidRequest' },
  { title: 'zero days', Rules: [{ ...on, Expiration: { Days: 0 } }], expected: '400 InvalidArgument' },
  { title: 'an expiration of nothing', Rules: [{ ...on, Expiration: {} }], expected: '400 MalformedXML' },
  {
    title: 'no days of versions',
    Rules: [{ ...on, NoncurrentVersionExpiration: { NewerNoncurrentVersions: 1 } }],
    expected: '400 MalformedXML',
  },
  {
    title: 'neither filter nor prefix',
    Rules: [{ Status: 'Enabled', Expiration: { Days: 1 } }],
    expected: '400 MalformedXML',
  },
  {
    title: 'two conditions without And',
    Rules: [{ ...on, Filter: { Prefix: 'a', ObjectSizeLessThan: 1 }, Expiration: { Days: 1 } }],
    expected: '400 MalformedXML',
  },
  {
    title: 'And with one condition',
    Rules: [{ ...on, Filter: { And: { Prefix: 'a' } }, Expiration: { Days: 1 } }],
    expected: '400 MalformedXML',
  },
  {
    title: 'sizes that nothing has',
    Rules: [
      {
        ...on,
        Filter: { And: { ObjectSizeGreaterThan: 9, ObjectSizeLessThan: 9 } },
        Expiration: { Days: 1 },
      },
    ],
    expected: '400 InvalidRequest',
  },
  {
    title: 'a prefix that no key has',
    Rules: [{ ...on, Filter: { Prefix: 'p'.repeat(1025) }, Expiration: { Days: 1 } }],
    expected: '400 InvalidRequest',
  },
  {
    title: 'more days than a number holds',
    Rules: [{ ...on, Expiration: { Days: 2_147_483_648 } }],
    expected: '400 MalformedXML',
  },
  {
    title: 'an id twice',
    Rules: [1, 2].map((Days) => ({ ...on, ID: 'x', Expiration: { Days } })),
    expected: '400 InvalidArgument',
  },
  {
    title: 'an id of 256',
    Rules: [{ ...on, ID: 'x'.repeat(256), Expiration: { Days: 1 } }],
    expected: '400 InvalidArgument',
  },
];

for (const { title, Rules, expected } of wrongRules) {
  test(`W16 a lifecycle with ${title} is ${expected}`, async (t) => {
    const { client } = await start(t);
    assert.equal(await refusal(putRules(client, Rules)), expected);
  });
}

const transition: LifecycleRule = { ...on, ID: 't', Transitions: [{ Days: 1, StorageClass: 'GLACIER' }] };

test('W17 a transition is NotImplemented, InvalidArgument or left out with the switch', async (t) => {
  const strict = await start(t);
  assert.equal(await refusal(putRules(strict.client, [transition])), '501 NotImplemented');
  const invalid = await start(t, { lifecycleTransitions: 'invalid' });
  assert.equal(await refusal(putRules(invalid.client, [transition])), '400 InvalidArgument');
  const { client } = await start(t, { lifecycleTransitions: 'ignored' });
  await putRules(client, [{ ...transition, Expiration: { Days: 9 } }]);
  const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  assert.deepEqual(Rules, [{ ...on, ID: 't', Expiration: { Days: 9 } }]);
});

test('W15 versioning is unset, then Enabled or Suspended; it is never unset again', async (t) => {
  const { client } = await start(t);
  const get = async () => (await client.send(new GetBucketVersioningCommand({ Bucket }))).Status;
  assert.equal(await get(), undefined);
  for (const Status of ['Suspended', 'Enabled'] as const) {
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    assert.equal(await get(), Status);
  }
  const unset = client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: {} }));
  assert.equal(await refusal(unset), '400 MalformedXML');
});

test('W15 MFA delete is changed with x-amz-mfa only', async (t) => {
  const { client } = await start(t);
  const put = (Status: 'Enabled' | 'Suspended', MFADelete: 'Enabled' | 'Disabled', MFA?: string) =>
    client.send(new PutBucketVersioningCommand({ Bucket, MFA, VersioningConfiguration: { Status, MFADelete } }));
  assert.equal(await refusal(put('Enabled', 'Enabled')), '403 AccessDenied');
  assert.equal(await refusal(put('Enabled', 'Enabled', 'device 12')), '403 AccessDenied');
  await put('Enabled', 'Enabled', 'device 123456');
  assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).MFADelete, 'Enabled');
  assert.equal(await refusal(put('Suspended', 'Enabled')), '403 AccessDenied');
  await put('Suspended', 'Disabled', 'device 123456');
});

test('W26 logging goes to a bucket of the account, without a grant', async (t) => {
  const { client, emulator } = await start(t);
  const put = (TargetBucket: string) => {
    const BucketLoggingStatus = { LoggingEnabled: { TargetBucket, TargetPrefix: 'log/' } };
    return client.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus }));
  };
  emulator.console.createBucket({ name: 'foreign-bucket', accountId: emulator.createAccount().accountId });
  assert.equal(await refusal(put('foreign-bucket')), '400 InvalidTargetBucketForLogging');
  assert.equal(await refusal(put('missing-bucket')), '400 InvalidTargetBucketForLogging');
  await put(Bucket);
  const found = await client.send(new GetBucketLoggingCommand({ Bucket }));
  assert.deepEqual(found.LoggingEnabled, { TargetBucket: Bucket, TargetPrefix: 'log/' });
  await client.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} }));
  assert.equal((await client.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled, undefined);
});

const statement = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::100000000001:root' },
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${Bucket}/*`,
};
const everyone = { ...statement, Principal: { AWS: '*' } };
const policyOf = (...Statement: unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement });

test('W20 a policy is kept as its text and deleted', async (t) => {
  const { client } = await start(t);
  const get = async () => (await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy;
  assert.equal(await refusal(get()), '404 NoSuchBucketPolicy');
  const Policy = policyOf(statement, { ...everyone, Effect: 'Deny' });
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  assert.equal(await get(), Policy);
  await client.send(new DeleteBucketPolicyCommand({ Bucket }));
  await client.send(new DeleteBucketPolicyCommand({ Bucket }));
  assert.equal(await refusal(get()), '404 NoSuchBucketPolicy');
});

const wrongPolicies: Readonly<Record<string, string>> = {
  'no JSON': 'Version: 1',
  'no object': '[]',
  'no statement': '{"Version":"2012-10-17"}',
  'a statement that is none': policyOf('x'),
  'an unknown effect': policyOf({ ...statement, Effect: 'Maybe' }),
  'no principal': policyOf({ ...statement, Principal: undefined }),
  'no action': policyOf({ ...statement, Action: undefined }),
  'an action of another service': policyOf({ ...statement, Action: ['s3:GetObject', 'iam:CreateUser'] }),
  'a foreign resource': policyOf({ ...statement, Resource: 'arn:aws:s3:::other/*' }),
  'more than 20 KB': policyOf({ ...statement, Sid: 'x'.repeat(21_000) }),
};

for (const [title, Policy] of Object.entries(wrongPolicies)) {
  test(`W20 a policy with ${title} is MalformedPolicy`, async (t) => {
    const { client } = await start(t);
    const put = client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    assert.equal(await refusal(put), '400 MalformedPolicy');
  });
}

const grantAll = (permission: string) =>
  `<AccessControlPolicy><AccessControlList><Grant><Grantee>
<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>${permission}</Permission></Grant>
</AccessControlList></AccessControlPolicy>`.replaceAll('\n', '');

test('W21 what is public is denied: canned, by grant, by policy', async (t) => {
  const { client, emulator } = await start(t);
  for (const ACL of ['public-read', 'public-read-write', 'authenticated-read'] as const) {
    assert.equal(await refusal(client.send(new PutBucketAclCommand({ Bucket, ACL }))), '403 AccessDenied');
  }
  const put = new PutBucketPolicyCommand({ Bucket, Policy: policyOf(everyone) });
  assert.equal(await refusal(client.send(put)), '403 AccessDenied');
  const request = { method: 'PUT', path: `/${Bucket}`, query: 'acl', body: grantAll('READ') };
  assert.match((await signedRequest(emulator, request)).body, /<Code>AccessDenied/);
});

test('W21 with the switch it is taken and read back as grants', async (t) => {
  const { client, emulator } = await start(t, { publicAccess: 'accepted' });
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(everyone) }));
  const permissions = async () => {
    const { Grants = [] } = await client.send(new GetBucketAclCommand({ Bucket }));
    return Grants.map(({ Permission, Grantee }) => `${Grantee?.Type} ${Permission}`);
  };
  const owner = 'CanonicalUser FULL_CONTROL';
  const cases = { 'public-read': ['Group READ'], private: [], 'public-read-write': ['Group READ', 'Group WRITE'] };
  for (const [ACL, groups] of Object.entries(cases)) {
    await client.send(new PutBucketAclCommand({ Bucket, ACL: ACL as 'private' }));
    assert.deepEqual(await permissions(), [owner, ...groups]);
  }
  for (const [permission, groups] of [
    ['READ', ['Group READ']],
    ['WRITE', ['Group READ', 'Group WRITE']],
  ] as const) {
    await signedRequest(emulator, { method: 'PUT', path: `/${Bucket}`, query: 'acl', body: grantAll(permission) });
    assert.deepEqual(await permissions(), [owner, ...groups]);
  }
});

test('W45 grants to others are not emulated, an unknown ACL is InvalidArgument, the own grant is private', async (t) => {
  const { client, emulator } = await start(t);
  const grant = client.send(new PutBucketAclCommand({ Bucket, GrantRead: 'id=1' }));
  assert.equal(await refusal(grant), '501 NotImplemented');
  assert.equal(
    await refusal(client.send(new PutBucketAclCommand({ Bucket, ACL: 'everybody' as 'private' }))),
    '400 InvalidArgument',
  );
  const put = async (ID: string) => {
    const Owner = { ID: emulator.account.accountId };
    const Grants = [{ Grantee: { ID, Type: 'CanonicalUser' as const }, Permission: 'FULL_CONTROL' as const }];
    await client.send(new PutBucketAclCommand({ Bucket, AccessControlPolicy: { Owner, Grants } }));
  };
  assert.equal(await refusal(put('100000000009')), '501 NotImplemented');
  await put(emulator.account.accountId);
  const body = '<AccessControlPolicy/>';
  const answer = await signedRequest(emulator, { method: 'PUT', path: `/${Bucket}`, query: 'acl', body });
  assert.match(answer.body, /<Code>MalformedXML/);
});

test('W44 without an integrity header the call is refused, and taken with the switch', async (t) => {
  const body = '<Tagging><TagSet/></Tagging>';
  const request = { method: 'PUT', path: `/${Bucket}`, query: 'tagging', body, hasContentMd5: false };
  const strict = await start(t);
  assert.match((await signedRequest(strict.emulator, request)).body, /<Code>InvalidRequest<.*Content-MD5/);
  const lenient = await start(t, { integrityRequired: false });
  assert.equal((await signedRequest(lenient.emulator, request)).status, 204);
});
