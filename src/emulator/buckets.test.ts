import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BucketAlreadyExists,
  BucketAlreadyOwnedByYou,
  type BucketLocationConstraint,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  type ListBucketsCommandOutput,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { codeOf, type Loopback, refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedRequest } from './testing/signed-request.ts';

const Bucket = 'bucket-of-tests';
const frankfurt = { region: 'eu-central-2' };

/** `DELETE` with Wasabi's own parameter, which no SDK has. */
function deleteByForce(client: S3Client, name = Bucket): Promise<unknown> {
  const command = new DeleteBucketCommand({ Bucket: name });
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { query: Record<string, string> }).query['force_delete'] = 'true';
      return next(args);
    },
    { step: 'build' },
  );
  return client.send(command);
}

function createAt(client: S3Client, constraint: string | undefined): Promise<unknown> {
  const CreateBucketConfiguration = { LocationConstraint: constraint as BucketLocationConstraint };
  return client.send(
    new CreateBucketCommand({ Bucket, ...(constraint === undefined ? {} : { CreateBucketConfiguration }) }),
  );
}

const creations: readonly { region: string; constraint: string | undefined; expected: string }[] = [
  { region: 'us-east-1', constraint: undefined, expected: 'no error' },
  { region: 'us-east-1', constraint: 'us-east-1', expected: 'no error' },
  { region: 'us-east-1', constraint: 'eu-central-2', expected: '400 IllegalLocationConstraintException' },
  { region: 'eu-central-2', constraint: 'eu-central-2', expected: 'no error' },
  { region: 'eu-central-2', constraint: 'us-east-1', expected: '400 IllegalLocationConstraintException' },
  { region: 'eu-central-2', constraint: 'mars-1', expected: '400 InvalidLocationConstraint' },
];

for (const { region, constraint, expected } of creations) {
  test(`W3 CreateBucket at ${region} with location ${constraint}: ${expected}`, async (t) => {
    const { emulator, s3 } = await startLoopback(t);
    assert.equal(await refusal(createAt(s3({ region }), constraint)), expected);
    const made = emulator.state.buckets.get(Bucket);
    assert.equal(made?.region, expected === 'no error' ? region : undefined);
  });
}

test('W3 outside us-east-1 the location cannot be left out', async (t) => {
  const { emulator } = await startLoopback(t);
  const host = 's3.eu-central-2.localhost';
  const answer = await signedRequest(emulator, { host, method: 'PUT', path: `/${Bucket}`, ...frankfurt });
  assert.equal(codeOf(answer), '400 IllegalLocationConstraintException');
  assert.equal(emulator.state.buckets.size, 0);
});

const badNames = ['ab', 'Capital', 'under_score', '-dash', 'dash-', 'two..dots', '192.168.0.1', 'x'.repeat(64)];
const reservedNames = ['xn--name', 'sthree-name', 'amzn-s3-demo-name', 'name-s3alias', 'name--ol-s3', 'name.mrap'];
for (const name of [...badNames, ...reservedNames]) {
  test(`W45 the bucket name ${name} is refused`, async (t) => {
    const { s3 } = await startLoopback(t);
    assert.equal(await refusal(s3().send(new CreateBucketCommand({ Bucket: name }))), '400 InvalidBucketName');
  });
}

test('W4 a taken name: foreign BucketAlreadyExists, own BucketAlreadyOwnedByYou, own in us-east-1 again 200', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const other = emulator.createAccount();
  await createAt(s3(frankfurt), 'eu-central-2');
  await assert.rejects(createAt(s3(frankfurt), 'eu-central-2'), BucketAlreadyOwnedByYou);
  await assert.rejects(createAt(s3(), undefined), BucketAlreadyOwnedByYou);
  await assert.rejects(createAt(s3({ keys: other }), undefined), BucketAlreadyExists);
  await s3().send(new CreateBucketCommand({ Bucket: 'classic' }));
  await s3().send(new PutObjectCommand({ Bucket: 'classic', Key: 'kept', Body: 'x' }));
  await s3().send(new CreateBucketCommand({ Bucket: 'classic' }));
  assert.equal(emulator.state.buckets.get('classic')?.objects.size, 1);
});

test('W4 with the switch an own bucket in us-east-1 is a conflict too', async (t) => {
  const { s3 } = await startLoopback(t, { quirks: { recreateInUsEast1: 'conflict' } });
  await s3().send(new CreateBucketCommand({ Bucket }));
  assert.equal(await refusal(s3().send(new CreateBucketCommand({ Bucket }))), '409 BucketAlreadyOwnedByYou');
});

test('W5 location and list are answered by any endpoint, for the buckets of all regions', async (t) => {
  const { s3 } = await startLoopback(t);
  await createAt(s3(frankfurt), 'eu-central-2');
  await s3().send(new CreateBucketCommand({ Bucket: 'in-virginia' }));
  for (const region of ['us-east-1', 'eu-central-2', 'ap-southeast-2']) {
    const client = s3({ region });
    const locations = [Bucket, 'in-virginia'].map((name) =>
      client.send(new GetBucketLocationCommand({ Bucket: name })),
    );
    const found = (await Promise.all(locations)).map(({ LocationConstraint }) => LocationConstraint);
    assert.deepEqual(found, ['eu-central-2', undefined]);
    const { Buckets = [], Owner } = await client.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets.map(({ Name }) => Name),
      [Bucket, 'in-virginia'],
    );
    assert.ok(Buckets.every(({ CreationDate }) => Math.abs(Number(CreationDate) - Date.now()) < 60_000));
    assert.match(Owner?.ID ?? '', /^100000\d{6}$/u);
  }
});

test('W5 the list in pages, by prefix and by region', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  for (const name of ['a-1', 'a-2', 'a-3', 'b-1']) emulator.console.createBucket({ name });
  emulator.console.createBucket({ name: 'a-4', ...frankfurt });
  const names: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page: ListBucketsCommandOutput = await s3().send(
      new ListBucketsCommand({ MaxBuckets: 2, Prefix: 'a-', ContinuationToken }),
    );
    assert.ok((page.Buckets?.length ?? 0) <= 2);
    names.push(...(page.Buckets ?? []).map(({ Name }) => Name));
    ContinuationToken = page.ContinuationToken;
  } while (ContinuationToken !== undefined);
  assert.deepEqual(names, ['a-1', 'a-2', 'a-3', 'a-4']);
  const there = await s3().send(new ListBucketsCommand({ BucketRegion: 'eu-central-2' }));
  assert.deepEqual(
    there.Buckets?.map(({ Name, BucketRegion }) => [Name, BucketRegion]),
    [['a-4', 'eu-central-2']],
  );
});

/** A bucket in Frankfurt with one object and one tag. */
async function bucketElsewhere({ emulator }: Loopback): Promise<void> {
  emulator.console.createBucket({ name: Bucket, ...frankfurt });
  emulator.console.setTags(Bucket, { a: '1' });
  emulator.console.putObject(Bucket, 'k', 'content');
}

test('W6 through the wrong endpoint reads and lists are served', async (t) => {
  const loopback = await startLoopback(t);
  await bucketElsewhere(loopback);
  const client = loopback.s3();
  const got = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await got.Body?.transformToString(), 'content');
  assert.deepEqual((await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet, [{ Key: 'a', Value: '1' }]);
  assert.equal((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 1);
});

const redirects = [
  { wrongRegion: 'PermanentRedirect', write: '301 PermanentRedirect', head: 301 },
  { wrongRegion: 'TemporaryRedirect', write: '307 TemporaryRedirect', head: 307 },
  { wrongRegion: 'BadRequest', write: '400 BadRequest', head: 400 },
] as const;
for (const { wrongRegion, write, head } of redirects) {
  test(`W6 through the wrong endpoint a write is ${write}, and HeadBucket ${head}`, async (t) => {
    const loopback = await startLoopback(t, { quirks: { wrongRegion } });
    await bucketElsewhere(loopback);
    const before = loopback.emulator.snapshot();
    const client = loopback.s3();
    const writes = [
      () => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' })),
      () => client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [] } })),
      () => client.send(new DeleteBucketCommand({ Bucket })),
    ];
    for (const send of writes) assert.equal(await refusal(send()), write);
    const answer = client.send(new HeadBucketCommand({ Bucket }));
    assert.match(await refusal(answer), new RegExp(`^${head} `, 'u'));
    assert.deepEqual(loopback.emulator.snapshot(), before);
  });
}

test('W6 a redirect names the endpoint of the region in the words the caller used, with key and query', async (t) => {
  const { emulator, s3 } = await startLoopback(t, { regionPorts: { 'eu-central-2': 0, 'us-east-1': 0 } });
  emulator.console.createBucket({ name: Bucket, ...frankfurt });
  const locationFor = async (endpoint: string): Promise<string | undefined> => {
    const client = s3({ endpoint });
    let location: string | undefined;
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        location = (result.response as { headers: Record<string, string> }).headers['location'];
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    await client.send(new PutObjectCommand({ Bucket, Key: 'a b', Body: 'x' })).catch(() => undefined);
    return location;
  };
  const path = `/${Bucket}/a%20b?x-id=PutObject`;
  assert.equal(await locationFor(emulator.url()), `http://s3.eu-central-2.localhost:${emulator.port}${path}`);
  const byAddress = await locationFor(`http://127.0.0.1:${emulator.regionPorts['us-east-1']}`);
  assert.equal(byAddress, `http://127.0.0.1:${emulator.regionPorts['eu-central-2']}${path}`);
});

for (const region of ['us-east-1', 'eu-central-2']) {
  test(`W6 a caller by the names of the real service is sent to those of ${region}`, async (t) => {
    const { emulator } = await startLoopback(t);
    emulator.console.createBucket({ name: Bucket, region });
    const host = 's3.eu-west-1.wasabisys.com';
    const answer = await signedRequest(emulator, { host, region: 'eu-west-1', method: 'PUT', path: `/${Bucket}/k` });
    const name = region === 'us-east-1' ? 's3.wasabisys.com' : `s3.${region}.wasabisys.com`;
    assert.equal(answer.headers['location'], `https://${name}/${Bucket}/k`);
    assert.match(answer.body, new RegExp(`<Endpoint>${name}</Endpoint>`, 'u'));
  });
}

test('W6 x-amz-bucket-region is sent with the switch only', async (t) => {
  for (const bucketRegionHeader of [false, true]) {
    const { emulator, s3 } = await startLoopback(t, { quirks: { bucketRegionHeader } });
    emulator.console.createBucket({ name: Bucket, ...frankfurt });
    const { BucketRegion } = await s3(frankfurt).send(new HeadBucketCommand({ Bucket }));
    assert.equal(BucketRegion, bucketRegionHeader ? 'eu-central-2' : undefined);
  }
});

test('W54 a foreign bucket is denied to every call, and hidden from the list', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const keys = emulator.createAccount({ name: 'other' });
  await s3({ keys }).send(new CreateBucketCommand({ Bucket }));
  const client = s3();
  assert.match(await refusal(client.send(new HeadBucketCommand({ Bucket }))), /^403 /u);
  for (const command of [new GetBucketLocationCommand({ Bucket }), new DeleteBucketCommand({ Bucket })] as const) {
    assert.equal(await refusal(client.send(command)), '403 AccessDenied');
  }
  assert.deepEqual((await client.send(new ListBucketsCommand({}))).Buckets, []);
});

test('W10 a bucket with a version, a delete marker or an upload is not empty', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const client = s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  emulator.console.putObject(Bucket, 'k', 'x');
  assert.equal(await refusal(client.send(new DeleteBucketCommand({ Bucket }))), '409 BucketNotEmpty');
  emulator.console.editBucket(Bucket, (bucket) => bucket.objects.clear());
  await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  assert.equal(await refusal(client.send(new DeleteBucketCommand({ Bucket }))), '409 BucketNotEmpty');
  emulator.console.editBucket(Bucket, (bucket) => bucket.uploads.clear());
  await client.send(new DeleteBucketCommand({ Bucket }));
  assert.equal(await refusal(client.send(new DeleteBucketCommand({ Bucket }))), '404 NoSuchBucket');
});

test('W10 with the switch uploads do not keep a bucket', async (t) => {
  const { s3 } = await startLoopback(t, { quirks: { uploadsBlockDelete: false } });
  await s3().send(new CreateBucketCommand({ Bucket }));
  await s3().send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  await s3().send(new DeleteBucketCommand({ Bucket }));
});

test('W11 force_delete takes versions, markers and uploads along', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  const client = s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  emulator.console.putObject(Bucket, 'k', 'x');
  await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));
  await deleteByForce(client);
  assert.equal(emulator.state.buckets.size, 0);
});

test('W11 force_delete is refused where a version is locked, until the lock is over', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  emulator.console.createBucket({ name: Bucket, objectLock: true });
  const version = emulator.console.putObject(Bucket, 'k', 'x');
  version.retention = { mode: 'GOVERNANCE', retainUntilMs: Date.now() + 60_000 };
  assert.equal(await refusal(deleteByForce(s3())), '403 AccessDenied');
  version.retention = { mode: 'COMPLIANCE', retainUntilMs: Date.now() - 1 };
  version.legalHold = true;
  assert.equal(await refusal(deleteByForce(s3())), '403 AccessDenied');
  version.legalHold = false;
  await deleteByForce(s3());
});

test('W11 what is locked, held or in a bucket with compliance is BucketNotEmpty with the switch', async (t) => {
  const { emulator, s3 } = await startLoopback(t, { quirks: { lockedForceDelete: 'BucketNotEmpty' } });
  emulator.console.createBucket({ name: Bucket, objectLock: true });
  emulator.console.putObject(Bucket, 'k', 'x').legalHold = true;
  assert.equal(await refusal(deleteByForce(s3())), '409 BucketNotEmpty');
  assert.equal(emulator.state.buckets.get(Bucket)?.objects.size, 1);
});

test('W11 W15 force_delete asks for x-amz-mfa where MFA delete keeps the versions', async (t) => {
  const { emulator, s3 } = await startLoopback(t);
  emulator.console.createBucket({ name: Bucket });
  emulator.console.editBucket(Bucket, (bucket) =>
    Object.assign(bucket, { versioning: 'Enabled', mfaDelete: 'Enabled' }),
  );
  emulator.console.putObject(Bucket, 'k', 'x');
  assert.equal(await refusal(deleteByForce(s3())), '403 AccessDenied');
  const headers = { 'x-amz-mfa': 'device 123456' };
  const call = { method: 'DELETE', path: `/${Bucket}`, query: 'force_delete=true', headers };
  assert.equal(codeOf(await signedRequest(emulator, call)), '204');
});

test('W11 with the switch force_delete is a plain DeleteBucket', async (t) => {
  const { emulator, s3 } = await startLoopback(t, { quirks: { forceDelete: 'ignored' } });
  emulator.console.createBucket({ name: Bucket });
  emulator.console.putObject(Bucket, 'k', 'x');
  assert.equal(await refusal(deleteByForce(s3())), '409 BucketNotEmpty');
});

test('W40 one bucket more than the account may have: TooManyBuckets', async (t) => {
  const { emulator, s3 } = await startLoopback(t, { maxBuckets: 2 });
  for (const name of ['one-1', 'two-2']) await s3().send(new CreateBucketCommand({ Bucket: name }));
  assert.equal(await refusal(s3().send(new CreateBucketCommand({ Bucket }))), '400 TooManyBuckets');
  await s3({ keys: emulator.createAccount() }).send(new CreateBucketCommand({ Bucket }));
});

test('W21 a public ACL at creation is denied, and taken with the switch', async (t) => {
  const closed = await startLoopback(t);
  const command = () => new CreateBucketCommand({ Bucket, ACL: 'public-read' });
  assert.equal(await refusal(closed.s3().send(command())), '403 AccessDenied');
  assert.equal(closed.emulator.state.buckets.size, 0);
  const open = await startLoopback(t, { quirks: { publicAccess: 'accepted' } });
  await open.s3().send(command());
  assert.equal(open.emulator.state.buckets.get(Bucket)?.acl, 'public-read');
});
