import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketReplicationCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  PutBucketAclCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { BUCKETS, type Bucket as BucketObject } from '../src/api/bucket.ts';
import type { EmulatorOptions } from '../src/emulator/options.ts';
import { OWNER_TAG } from '../src/managed/marker.ts';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { callsTo, makeOutside, pass, setTags, tagsOf, versioningOf, writesTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();
const ACCEPTING: EmulatorOptions = {
  quirks: { cors: 'accepted', encryption: 'accepted', publicAccessBlock: 'accepted' },
};

/** Sets a field of the spec to a value, `null` included, which a merge patch cannot say; undefined takes it out. */
async function setSpec(world: World, name: string, field: string, value: unknown): Promise<void> {
  const path = `/spec/${field}`;
  const operation = value === undefined ? ({ op: 'remove', path } as const) : ({ op: 'add', path, value } as const);
  await world.cluster.admin.patch(BUCKETS, world.key(name), { type: 'json', body: [operation] });
}

/** What the service answers; undefined where it says that nothing is configured. */
async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && /^NoSuch|NotFound/.test(error.name)) return undefined;
    throw error;
  }
}

interface SettingCase {
  /** Field of the spec; a path below it for parts of a setting. */
  readonly field: string;
  /** The row of docs/wasabi.md. */
  readonly row?: string;
  /** What else the spec says from the beginning. */
  readonly spec?: Parameters<typeof bucket>[1];
  readonly emulator?: EmulatorOptions;
  /** The setting on the bucket, in as few words as will do; undefined: none. */
  readonly read: (world: World) => Promise<unknown>;
  /** Each value that the field gets in turn, and what stands on the bucket then. */
  readonly steps: readonly { readonly to: unknown; readonly found: unknown }[];
}

const Bucket = 'subject';
const rule = (id: string, days: number) => ({ id, expiration: { days } });
const origin = (allowedOrigin: string) => ({ allowedOrigins: [allowedOrigin], allowedMethods: ['GET' as const] });

const cases: readonly SettingCase[] = [
  {
    field: 'versioning',
    read: (world) => versioningOf(world, Bucket),
    steps: [
      { to: { enabled: true }, found: 'Enabled' },
      { to: { enabled: false }, found: 'Suspended' },
      { to: {}, found: 'Suspended' },
    ],
  },
  {
    field: 'lifecycle',
    read: async ({ console }) => {
      const answer = await orNothing(console.send(new GetBucketLifecycleConfigurationCommand({ Bucket })));
      return answer?.Rules?.map(({ ID, Expiration }) => `${ID} ${Expiration?.Days}`).toSorted();
    },
    steps: [
      { to: { rules: [rule('b', 3), rule('a', 2)] }, found: ['a 2', 'b 3'] },
      { to: { rules: [rule('a', 5)] }, found: ['a 5'] },
      { to: null, found: undefined },
      { to: { rules: [rule('c', 1)] }, found: ['c 1'] },
      { to: { rules: [] }, found: undefined },
      { to: { rules: [rule('d', 1)] }, found: ['d 1'] },
      { to: {}, found: undefined },
    ],
  },
  {
    field: 'cors',
    emulator: ACCEPTING,
    read: async ({ console }) => {
      const answer = await orNothing(console.send(new GetBucketCorsCommand({ Bucket })));
      return answer?.CORSRules?.map(
        ({ AllowedOrigins, MaxAgeSeconds }) => `${AllowedOrigins?.join()} ${MaxAgeSeconds}`,
      );
    },
    steps: [
      { to: { rules: [origin('https://a'), origin('https://b')] }, found: ['https://a 3600', 'https://b 3600'] },
      { to: { rules: [origin('https://b'), origin('https://a')] }, found: ['https://b 3600', 'https://a 3600'] },
      { to: null, found: undefined },
      { to: { rules: [origin('https://c')] }, found: ['https://c 3600'] },
      { to: { rules: [] }, found: undefined },
    ],
  },
  {
    field: 'tagging',
    read: async (world) => {
      const { [OWNER_TAG]: marker, ...tags } = await tagsOf(world, Bucket);
      assert.ok(marker, 'our own tag stays whatever happens to the others');
      return tags;
    },
    steps: [
      { to: { tags: { team: 'a', stage: 'test' } }, found: { team: 'a', stage: 'test' } },
      { to: { tags: { team: 'b' } }, found: { team: 'b' } },
      { to: null, found: {} },
      { to: { tags: { team: 'c' } }, found: { team: 'c' } },
      { to: { tags: {} }, found: {} },
      { to: { tags: { team: 'd' } }, found: { team: 'd' } },
      { to: {}, found: {} },
    ],
  },
  {
    field: 'encryption',
    emulator: ACCEPTING,
    read: async ({ console }) => {
      const answer = await orNothing(console.send(new GetBucketEncryptionCommand({ Bucket })));
      const found = answer?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
      return found && [found.SSEAlgorithm, found.KMSMasterKeyID];
    },
    steps: [
      { to: { enabled: true, algorithm: 'aws:kms', kmsKeyId: 'k' }, found: ['aws:kms', 'k'] },
      { to: { enabled: true }, found: ['AES256', undefined] },
      { to: { enabled: true, algorithm: 'aws:kms', kmsKeyId: 'l' }, found: ['aws:kms', 'l'] },
      { to: { enabled: false }, found: undefined },
      { to: { enabled: true, algorithm: 'aws:kms' }, found: ['aws:kms', undefined] },
      { to: null, found: undefined },
    ],
  },
  {
    field: 'publicAccess',
    emulator: ACCEPTING,
    read: async ({ console }) => {
      const answer = await orNothing(console.send(new GetPublicAccessBlockCommand({ Bucket })));
      const found = answer?.PublicAccessBlockConfiguration;
      return (
        found && [found.BlockPublicAcls, found.BlockPublicPolicy, found.IgnorePublicAcls, found.RestrictPublicBuckets]
      );
    },
    steps: [
      { to: {}, found: [true, true, true, true] },
      { to: { blockPublicPolicy: false, restrictPublicBuckets: false }, found: [true, false, true, false] },
      { to: null, found: undefined },
    ],
  },
  {
    field: 'objectLock/defaultRetention',
    spec: { objectLock: { enabled: true } },
    read: async ({ console }) => {
      const answer = await orNothing(console.send(new GetObjectLockConfigurationCommand({ Bucket })));
      const found = answer?.ObjectLockConfiguration?.Rule?.DefaultRetention;
      return found && [found.Mode, found.Days, found.Years];
    },
    steps: [
      { to: { mode: 'GOVERNANCE', days: 3 }, found: ['GOVERNANCE', 3, undefined] },
      { to: { mode: 'COMPLIANCE', years: 1 }, found: ['COMPLIANCE', undefined, 1] },
      { to: null, found: undefined },
    ],
  },
  {
    field: 'logging',
    read: async ({ console }) => {
      const { LoggingEnabled: found } = await console.send(new GetBucketLoggingCommand({ Bucket }));
      return found && [found.TargetBucket, found.TargetPrefix];
    },
    steps: [
      { to: { targetBucketRef: { name: 'log-object' } }, found: ['log-target', ''] },
      { to: { targetBucket: 'log-target', targetPrefix: 'a/' }, found: ['log-target', 'a/'] },
      { to: null, found: undefined },
    ],
  },
  {
    field: 'replication',
    row: 'W25',
    read: async ({ console }) => {
      const answer = await orNothing(console.send(new GetBucketReplicationCommand({ Bucket })));
      return answer?.ReplicationConfiguration?.Rules?.map(
        ({ ID, Priority, Status, Filter, DeleteMarkerReplication, Destination }) =>
          `${Priority} ${ID} ${Status} ${Filter?.Prefix} ${DeleteMarkerReplication?.Status} ${Destination?.Bucket}`,
      );
    },
    steps: [
      {
        to: {
          rules: [
            { id: 'b', prefix: 'b/', destination: { bucket: 'log-target' } },
            { id: 'a', status: 'Disabled', deleteMarkers: true, destination: { bucketRef: { name: 'log-object' } } },
          ],
        },
        found: ['2 b Enabled b/ Disabled arn:aws:s3:::log-target', '1 a Disabled  Enabled arn:aws:s3:::log-target'],
      },
      {
        to: {
          rules: [
            { id: 'a', destination: { bucketRef: { name: 'log-object' } } },
            { id: 'b', prefix: 'b/', destination: { bucket: 'log-target' } },
          ],
        },
        found: ['2 a Enabled  Disabled arn:aws:s3:::log-target', '1 b Enabled b/ Disabled arn:aws:s3:::log-target'],
      },
      { to: null, found: undefined },
      {
        to: { rules: [{ id: 'c', destination: { bucket: 'log-target' } }] },
        found: ['1 c Enabled  Disabled arn:aws:s3:::log-target'],
      },
      { to: { rules: [] }, found: undefined },
    ],
  },
  {
    field: 'compliance',
    row: 'W14',
    read: ({ emulator }) => {
      const found = emulator.state.buckets.get(Bucket)?.compliance;
      const isEnabled = found?.isEnabled === true;
      return Promise.resolve(
        isEnabled ? [found.retentionDays, found.conditionalHold, found.deleteAfterRetention] : undefined,
      );
    },
    steps: [
      { to: { enabled: true, retentionDays: 3 }, found: [3, false, false] },
      {
        to: { enabled: true, retentionDays: 0, conditionalHold: true, deleteAfterRetention: true },
        found: [0, true, true],
      },
      { to: { enabled: false }, found: undefined },
      { to: { enabled: true, retentionDays: 1 }, found: [1, false, false] },
      { to: null, found: undefined },
    ],
  },
];

for (const { field, row, spec = {}, emulator = {}, read, steps } of cases) {
  test(`${row === undefined ? '' : `${row} `}spec.${field}: set, changed, cleared, and left alone once it is not managed`, async (t) => {
    const world = await startWorld(t, { emulator });
    await world.apply(bucket('log-object', { name: 'log-target' }));
    await world.reaches('Bucket', 'log-object', 'Ready', 'True');
    await world.apply(bucket(Bucket, spec));
    await world.reaches('Bucket', Bucket, 'Ready', 'True');
    const untouched = await read(world);
    for (const { to, found } of steps) {
      await setSpec(world, Bucket, field, to);
      await world.reaches('Bucket', Bucket, 'Synced', 'True');
      assert.deepEqual(await read(world), found, JSON.stringify(to));
    }
    await world.expectValid('Bucket', Bucket);
    assert.equal(await world.condition('Bucket', Bucket, 'Unsupported'), undefined);

    // Not managed: the first value, put there from outside, stays.
    const [first] = steps;
    await setSpec(world, Bucket, field, first?.to);
    await world.reaches('Bucket', Bucket, 'Synced', 'True');
    const theirs = structuredClone(world.emulator.state.buckets.get(Bucket));
    assert.ok(theirs);
    await setSpec(world, Bucket, field, steps.at(-1)?.to);
    await world.reaches('Bucket', Bucket, 'Synced', 'True');
    await setSpec(world, Bucket, field, undefined);
    await world.reaches('Bucket', Bucket, 'Synced', 'True');
    world.emulator.state.buckets.set(Bucket, theirs);
    const writes = writesTo(world, Bucket);
    await world.resync();
    assert.deepEqual(await read(world), first?.found, `not ${JSON.stringify(untouched)}`);
    assert.deepEqual(writesTo(world, Bucket), writes);
  });
}

test('L27: a bare Bucket leaves every setting of an adopted bucket as it is', async (t) => {
  const world = await startWorld(t, { emulator: { quirks: { ...ACCEPTING.quirks, publicAccess: 'accepted' } } });
  await makeOutside(world, 'furnished', { isVersioned: true, tags: { team: 'b' } });
  const LifecycleConfiguration = {
    Rules: [{ ID: 'x', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 1 } }],
  };
  await world.console.send(new PutBucketLifecycleConfigurationCommand({ Bucket: 'furnished', LifecycleConfiguration }));
  await world.console.send(new PutBucketAclCommand({ Bucket: 'furnished', ACL: 'public-read' }));
  await world.apply(bucket('furnished', { adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('Bucket', 'furnished', 'Ready', 'True');
  await world.resync();
  assert.deepEqual(writesTo(world, 'furnished'), ['PutBucketTagging']);
  assert.equal(world.emulator.state.buckets.get('furnished')?.acl, 'public-read');
});

const lacking = {
  cors: { rules: [origin('https://a')] },
  encryption: { enabled: true, algorithm: 'aws:kms' as const },
  notification: {},
  versioning: { enabled: true, mfaDelete: true },
  lifecycle: { rules: [{ ...rule('moves', 9), transitions: [{ days: 1, storageClass: 'GLACIER' }] }] },
};
const lackingFields = [
  'spec.cors',
  'spec.encryption.algorithm',
  'spec.lifecycle.rules[moves].transitions',
  'spec.notification',
  'spec.versioning.mfaDelete',
];

test('L11, L64, L65, L66: what Wasabi lacks is named field by field, and the rest works', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('ambitious', lacking));
  await world.reaches('Bucket', 'ambitious', 'Ready', 'True');
  const { message = '' } = (await world.condition('Bucket', 'ambitious', 'Unsupported')) ?? {};
  assert.deepEqual(message.match(/spec\.[^,]+/g)?.toSorted(), lackingFields);
  assert.equal(await versioningOf(world, 'ambitious'), 'Enabled');
  await world.expectValid('Bucket', 'ambitious');
  await world.patch('Bucket', 'ambitious', {
    spec: { cors: null, encryption: null, notification: null, versioning: { mfaDelete: false }, lifecycle: null },
  });
  await world.reaches('Bucket', 'ambitious', 'Synced', 'True');
  assert.equal(await world.condition('Bucket', 'ambitious', 'Unsupported'), undefined);
});

test('what Wasabi does by itself counts as done: AES256, and the absence of what it lacks', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('modest', { encryption: { enabled: true }, cors: { rules: [] }, publicAccess: {} }));
  await world.reaches('Bucket', 'modest', 'Ready', 'True');
  assert.equal(await world.condition('Bucket', 'modest', 'Unsupported'), undefined);
});

test('unsupportedSettings: Reject makes of it an invalid spec, and the Provider may take that back', async (t) => {
  const world = await startWorld(t, { providerSpec: { unsupportedSettings: 'Reject' } });
  const rejectedFields = async () => {
    await world.reaches('Bucket', 'rejected', 'Stalled', 'Unsupported');
    await world.reaches('Bucket', 'rejected', 'Ready', 'False');
    await world.expectValid('Bucket', 'rejected');
    const { message = '' } = (await world.condition('Bucket', 'rejected', 'Stalled')) ?? {};
    return [...message.matchAll(/spec\.[^, ]+/g)].map(([field]) => field).toSorted();
  };
  // What is certain from the start keeps the bucket from being made; the rest is found by asking.
  await world.apply(bucket('rejected', lacking));
  const certain = ['spec.lifecycle.rules[moves].transitions', 'spec.versioning.mfaDelete'];
  assert.deepEqual(await rejectedFields(), certain);
  await world.resync();
  assert.deepEqual([writesTo(world, 'rejected'), world.snapshot('rejected')], [[], undefined]);
  const spec = { lifecycle: null, versioning: { enabled: true, mfaDelete: false } };
  await world.patch('Bucket', 'rejected', { spec });
  const asked = lackingFields.filter((field) => !certain.includes(field));
  assert.deepEqual(await rejectedFields(), asked);
  await world.patch('Bucket', 'rejected', { spec: { versioning: { mfaDelete: true } } });
  await world.reaches('Bucket', 'rejected', 'Stalled', 'True');
  assert.deepEqual(await rejectedFields(), [...asked, 'spec.versioning.mfaDelete']);
  await world.patch('Provider', 'wasabi', { spec: { unsupportedSettings: 'Report' } });
  await world.reaches('Bucket', 'rejected', 'Ready', 'True');
});

test('L29: on Wasabi public ACLs are reset while blockPublicAcls is true, and left while it is not', async (t) => {
  const world = await startWorld(t, { emulator: { quirks: { publicAccess: 'accepted' } } });
  const acl = () => world.emulator.state.buckets.get('shy')?.acl;
  await world.apply(bucket('shy', { publicAccess: {} }));
  await world.reaches('Bucket', 'shy', 'Ready', 'True');
  await world.console.send(new PutBucketAclCommand({ Bucket: 'shy', ACL: 'public-read' }));
  await world.resync();
  assert.equal(acl(), 'private');
  await world.patch('Bucket', 'shy', { spec: { publicAccess: { blockPublicAcls: false } } });
  await world.reaches('Bucket', 'shy', 'Synced', 'True');
  await world.console.send(new PutBucketAclCommand({ Bucket: 'shy', ACL: 'public-read' }));
  await world.resync();
  assert.equal(acl(), 'public-read');
});

test('L12: a bucket may be in another region than its Provider; endpoint and signature follow it', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('far-away', { region: 'us-west-1', versioning: { enabled: true } }));
  await world.reaches('Bucket', 'far-away', 'Ready', 'True');
  assert.equal(world.emulator.state.buckets.get('far-away')?.region, 'us-west-1');
  assert.equal((await world.get<BucketObject>('Bucket', 'far-away'))?.status?.region, 'us-west-1');
  const calls = world.operator.wasabi.calls.filter(({ url }) => url.startsWith('/far-away'));
  assert.ok(calls.length > 3);
  for (const { host, authorization } of calls) {
    assert.match(host, /^s3\.us-west-1\./);
    assert.match(authorization, /\/us-west-1\/s3\/aws4_request/);
  }
});

test('the wrong region is said with the right one, to which alone the spec may be corrected', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'elsewhere', { region: 'eu-west-1' });
  await world.apply(bucket('elsewhere', { adoptionPolicy: 'AdoptOrCreate', versioning: { enabled: true } }));
  await world.reaches('Bucket', 'elsewhere', 'Stalled', 'WrongRegion');
  await world.reaches('Bucket', 'elsewhere', 'Ready', 'False');
  assert.match((await world.condition('Bucket', 'elsewhere', 'Stalled'))?.message ?? '', /spec\.region to eu-west-1/);
  assert.deepEqual(writesTo(world, 'elsewhere'), []);
  await assert.rejects(world.patch('Bucket', 'elsewhere', { spec: { region: 'us-west-1' } }), /status\.region/);
  await world.patch('Bucket', 'elsewhere', { spec: { region: 'eu-west-1' } });
  await world.reaches('Bucket', 'elsewhere', 'Ready', 'True');
});

test('a wrong region that the predecessor stored may be corrected, and is harmless until then', async (t) => {
  const world = await startWorld(t);
  await world.kill();
  await makeOutside(world, 'stored');
  await world.apply(bucket('stored', { region: 'eu-west-1', versioning: { enabled: true } }));
  await world.patchStatus('Bucket', 'stored', { exists: true });
  await world.restart();
  await world.reaches('Bucket', 'stored', 'Stalled', 'WrongRegion');
  assert.deepEqual(writesTo(world, 'stored'), []);
  await world.patch('Bucket', 'stored', { spec: { region: 'eu-central-2' } });
  await world.reaches('Bucket', 'stored', 'Ready', 'True');
  assert.equal(await versioningOf(world, 'stored'), 'Enabled');
});

test('object lock is decided at creation, and a difference is said', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'unlocked');
  await world.apply(bucket('unlocked', { adoptionPolicy: 'AdoptOrCreate', objectLock: { enabled: true } }));
  await world.reaches('Bucket', 'unlocked', 'Stalled', 'ObjectLockImmutable');
  await world.expectValid('Bucket', 'unlocked');
});

test("tags of the operator's own never count as drift, and nobody sets them by the spec", async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('tagged', { tagging: { tags: { team: 'a' } } }));
  await world.reaches('Bucket', 'tagged', 'Ready', 'True');
  const tags = await tagsOf(world, 'tagged');
  await setTags(world, 'tagged', { ...tags, 's3.cloud37.dev/future': 'x' });
  const writes = writesTo(world, 'tagged');
  await pass(world, 'Bucket', 'tagged');
  assert.deepEqual(writesTo(world, 'tagged'), writes);
  const forged = bucket('forged', { tagging: { tags: { [OWNER_TAG]: 'mine' } } });
  await assert.rejects(world.apply(forged), /s3\.cloud37\.dev\//);
});

test('a tag named __proto__ is a tag like any other', async (t) => {
  const world = await startWorld(t);
  const odd: Record<string, string> = { ['__proto__']: 'x', team: 'a' };
  const keysOf = async (name: string) => Object.keys(await tagsOf(world, name)).toSorted();
  await makeOutside(world, 'foreign', { tags: odd });
  await world.apply(bucket('foreign', { adoptionPolicy: 'AdoptOrCreate' }));
  await world.reaches('Bucket', 'foreign', 'Ready', 'True');
  assert.deepEqual(await keysOf('foreign'), ['__proto__', OWNER_TAG, 'team'], 'nobody said that it should go');
  await world.apply(bucket('odd', { tagging: { tags: odd } }));
  await world.reaches('Bucket', 'odd', 'Synced', 'InSync');
  assert.deepEqual(await keysOf('odd'), ['__proto__', OWNER_TAG, 'team']);
  const writes = writesTo(world, 'odd');
  await pass(world, 'Bucket', 'odd');
  assert.deepEqual(writesTo(world, 'odd'), writes);
});

test('L10: a setting that the service fails on keeps no other from being applied, and is repaired when it recovers', async (t) => {
  const world = await startWorld(t, { providerSpec: { retry: { maxAttempts: 1 } } });
  const effect = { type: 'error', status: 500, code: 'InternalError' } as const;
  const fault = world.emulator.faults.add({ operation: 'PutBucketVersioning', effect });
  await world.apply(
    bucket('partly', {
      versioning: { enabled: true },
      lifecycle: { rules: [rule('a', 1)] },
      tagging: { tags: { team: 'a' } },
    }),
  );
  await world.reaches('Bucket', 'partly', 'Synced', 'ServiceFailed');
  assert.equal((await tagsOf(world, 'partly'))['team'], 'a');
  assert.ok(callsTo(world, 'partly').includes('PutBucketLifecycleConfiguration'));
  world.emulator.faults.clear(fault);
  await world.elapse(60_000);
  await world.reaches('Bucket', 'partly', 'Ready', 'True');
});

test('drift that comes while nobody looks is found at the next interval, setting by setting', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('drifting', { versioning: { enabled: true }, tagging: { tags: { team: 'a' } } }));
  await world.reaches('Bucket', 'drifting', 'Ready', 'True');
  const VersioningConfiguration = { Status: 'Suspended' as const };
  await world.console.send(new PutBucketVersioningCommand({ Bucket: 'drifting', VersioningConfiguration }));
  await world.settle();
  const writes = writesTo(world, 'drifting').length;
  await world.resync();
  assert.deepEqual(writesTo(world, 'drifting').slice(writes), ['PutBucketVersioning']);
});

test('with the schedule switched off, drift is found when somebody asks', async (t) => {
  const world = await startWorld(t, { flags: ['--drift-check-interval-seconds=0'] });
  await world.apply(bucket('left-alone', { versioning: { enabled: true } }));
  await world.reaches('Bucket', 'left-alone', 'Ready', 'True');
  const VersioningConfiguration = { Status: 'Suspended' as const };
  await world.console.send(new PutBucketVersioningCommand({ Bucket: 'left-alone', VersioningConfiguration }));
  await world.settle();
  const calls = world.operatorCalls().length;
  await world.elapse(3_600_000, 60_000);
  assert.equal(world.operatorCalls().length, calls, 'no call by itself');
  const annotations = { 's3.cloud37.dev/reconcile-requested-at': '1' };
  await world.patch('Bucket', 'left-alone', { metadata: { annotations } });
  await until('it is on again', async () => (await versioningOf(world, 'left-alone')) === 'Enabled');
});
