import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { BucketSpecInput } from '../src/api/bucket.ts';
import { eventsAbout, inject, isOn, isS3Write, s3Error } from './support/answers.ts';
import { bucket } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { consoleOf, type World } from './support/world.ts';

const shared = shareCluster();
const flags = ['--drift-check-interval-seconds=0'];
const providerSpec = { retry: { maxAttempts: 2 }, rateLimit: { requestsPerSecond: 1_000 } };
/** A server that has everything, so that each setting can be taken away alone. */
const emulator = {
  quirks: { cors: 'accepted', encryption: 'accepted', publicAccessBlock: 'accepted' },
} as const;

const all: Partial<BucketSpecInput> = {
  versioning: { enabled: true },
  encryption: { enabled: true, algorithm: 'aws:kms' },
  publicAccess: { blockPublicPolicy: false },
  lifecycle: { rules: [{ id: 'old', prefix: 'tmp/', expiration: { days: 3 } }] },
  cors: { rules: [{ allowedOrigins: ['https://example.com'], allowedMethods: ['GET'] }] },
  logging: { targetBucketRef: { name: 'log' }, targetPrefix: 'x/' },
  replication: { rules: [{ id: 'copy', destination: { bucketRef: { name: 'copies' } } }] },
  compliance: { enabled: true, retentionDays: 1 },
  tagging: { tags: { team: 'a' } },
};
const { replication: _replication, ...alone } = all;
// Object lock makes versioning its own, and excludes compliance.
const { versioning: _versioning, compliance: _compliance, ...unversioned } = all;
const locked: Partial<BucketSpecInput> = {
  ...unversioned,
  objectLock: { enabled: true, defaultRetention: { mode: 'GOVERNANCE', days: 1 } },
};

/** One setting: the subresource that its write goes to, and what the bucket lacks when it was not made. */
interface SettingCase {
  readonly subresource: string;
  readonly spec: Partial<BucketSpecInput>;
  readonly fields: readonly string[];
  readonly lacks: (whole: Snapshot) => Snapshot;
}
type Snapshot = Readonly<Record<string, unknown>> & { readonly documents: Readonly<Record<string, unknown>> };

const settingCases: readonly SettingCase[] = [
  {
    subresource: 'versioning',
    spec: alone, // no copies go to a bucket that keeps versions without versions here
    fields: ['spec.versioning'],
    lacks: withoutVersioning,
  },
  { subresource: 'encryption', spec: all, fields: ['spec.encryption'], lacks: withoutDocument('encryption') },
  {
    subresource: 'publicAccessBlock',
    spec: all,
    // The operator keeps the meaning of it by other means.
    fields: [],
    lacks: withoutDocument('publicAccessBlock'),
  },
  {
    subresource: 'object-lock',
    spec: locked,
    fields: ['spec.objectLock'],
    lacks: (whole) => ({ ...whole, objectLock: {} }),
  },
  { subresource: 'lifecycle', spec: all, fields: ['spec.lifecycle'], lacks: withoutDocument('lifecycle') },
  { subresource: 'cors', spec: all, fields: ['spec.cors'], lacks: withoutDocument('cors') },
  { subresource: 'logging', spec: all, fields: ['spec.logging'], lacks: withoutDocument('logging') },
  {
    subresource: 'replication', // W25
    spec: all,
    fields: ['spec.replication'],
    lacks: withoutDocument('replication'),
  },
  {
    subresource: 'compliance', // W14
    spec: all,
    fields: ['spec.compliance'],
    lacks: (whole) => {
      const { compliance: _, ...others } = whole;
      return others;
    },
  },
  { subresource: 'tagging', spec: all, fields: ['spec.tagging'], lacks: withoutDocument('tagging') },
];

function withoutDocument(name: string): SettingCase['lacks'] {
  return ({ documents, ...rest }) => {
    const { [name]: _, ...others } = documents;
    return { ...rest, documents: others };
  };
}

function withoutVersioning(whole: Snapshot): Snapshot {
  const { versioning: _, ...others } = whole;
  return others;
}

/** The bucket without its name, which the other one has not. */
function snapshotOf(world: World, name: string): Snapshot {
  const found = world.snapshot(name);
  assert.ok(found, `bucket ${name} exists`);
  const { name: _, ...rest } = found;
  return JSON.parse(JSON.stringify(rest).replaceAll(/"Value":"[^"]*\/[^"]*"/g, '"Value":"MARKER"')) as Snapshot;
}

async function openWorld(t: Parameters<typeof shared.startWorld>[0], spec: Partial<BucketSpecInput>): Promise<World> {
  const world = await shared.startWorld(t, { emulator, flags, providerSpec });
  await world.apply(bucket('log', { name: 'log-target' }));
  await world.apply(bucket('copies', { versioning: { enabled: true } }));
  await world.apply(bucket('whole', spec));
  for (const name of ['log', 'copies', 'whole']) await world.reaches('Bucket', name, 'Ready', 'True');
  await world.settle();
  return world;
}

describe('a setting that fails keeps no other from being made', { concurrency: 3 }, () => {
  for (const { subresource, spec, lacks, fields } of settingCases) {
    test(`${subresource}: denied, refused, and no such call`, async (t) => {
      const world = await openWorld(t, spec);
      const whole = snapshotOf(world, 'whole');
      const isWrite = (name: string) => (call: Parameters<typeof isOn>[0]) =>
        call.method === 'PUT' && isOn(call, name, subresource);

      const answers = { denied: s3Error(403, 'AccessDenied'), refused: s3Error(400, 'MalformedXML') };
      world.operator.wasabi.decide((call) => {
        if (isWrite('denied')(call)) return answers.denied;
        return isWrite('refused')(call) ? answers.refused : 'pass';
      });
      await world.apply(bucket('denied', spec));
      await world.apply(bucket('refused', spec));
      await world.reaches('Bucket', 'denied', 'Synced', 'AccessDenied');
      await world.reaches('Bucket', 'denied', 'Reconciling', 'True');
      await world.reaches('Bucket', 'refused', 'Synced', 'Rejected');
      await world.reaches('Bucket', 'refused', 'Stalled', 'True');
      for (const name of ['denied', 'refused']) {
        assert.deepEqual(snapshotOf(world, name), lacks(whole), `${name}: everything else was made`);
        await world.reaches('Bucket', name, 'Ready', 'False');
        await world.expectValid('Bucket', name);
      }

      world.operator.wasabi.decide(undefined);
      await world.patch('Bucket', 'refused', { metadata: { labels: { again: 'yes' } } });
      await world.elapse(70_000);
      for (const name of ['denied', 'refused']) {
        await world.reaches('Bucket', name, 'Ready', 'True');
        assert.deepEqual(snapshotOf(world, name), whole, `${name}: all is made now`);
      }

      inject(world.operator.wasabi, isWrite('lacking'), s3Error(405, 'MethodNotAllowed'));
      await world.apply(bucket('lacking', spec));
      await world.reaches('Bucket', 'lacking', 'Synced', 'True');
      await world.reaches('Bucket', 'lacking', 'Ready', 'True');
      await world.settle();
      const message = (await world.condition('Bucket', 'lacking', 'Unsupported'))?.message ?? '';
      for (const field of fields) assert.ok(message.includes(field), `${message} names ${field}`);
      assert.deepEqual(snapshotOf(world, 'lacking'), lacks(whole), 'lacking: everything else was made');
      await world.expectValid('Bucket', 'lacking');
    });
  }

  test('a setting that cannot be read is left alone, and the others are brought to the spec', async (t) => {
    const world = await openWorld(t, all);
    const before = snapshotOf(world, 'whole');
    const fault = inject(
      world.operator.wasabi,
      (call) => call.method === 'GET' && isOn(call, 'whole', 'lifecycle'),
      s3Error(500, 'InternalError'),
    );
    await world.patch('Bucket', 'whole', {
      spec: {
        lifecycle: { rules: [{ id: 'old', prefix: 'tmp/', expiration: { days: 9 } }] },
        tagging: { tags: { team: 'b' } },
        cors: { rules: [{ allowedOrigins: ['https://example.org'], allowedMethods: ['PUT'] }] },
      },
    });
    await world.reaches('Bucket', 'whole', 'Synced', 'ServiceFailed');
    const now = snapshotOf(world, 'whole');
    assert.deepEqual(now.documents['lifecycle'], before.documents['lifecycle'], 'what was not seen was not written');
    assert.match(JSON.stringify(now.documents['cors']), /example\.org/);
    assert.match(JSON.stringify(now.documents['tagging']), /"Value":"b"/);
    await world.expectValid('Bucket', 'whole');

    fault.end();
    await world.elapse(300_000);
    await world.reaches('Bucket', 'whole', 'Synced', 'True');
    assert.match(JSON.stringify(snapshotOf(world, 'whole').documents['lifecycle']), /9/);
  });

  test('a call that the service lacks is asked for again after a day, not before', async (t) => {
    const world = await shared.startWorld(t, { emulator, flags, providerSpec });
    const { wasabi, clock } = world.operator;
    const fault = inject(wasabi, (call) => isOn(call, 'itself', 'lifecycle'), s3Error(501, 'NotImplemented'));
    const { lifecycle } = all;
    await world.apply(bucket('itself', lifecycle === undefined ? {} : { lifecycle }));
    await world.reaches('Bucket', 'itself', 'Unsupported', 'True');
    await world.settle();
    const asked = fault.hits.length;
    for (const when of ['1', '2']) {
      await world.patch('Bucket', 'itself', { metadata: { labels: { when } } });
      await world.settle();
    }
    assert.equal(fault.hits.length, asked, 'it is remembered');
    fault.end();
    clock.wakeAfter(86_400_000);
    await world.elapse(300_000);
    await world.patch('Bucket', 'itself', { metadata: { labels: { when: '3' } } });
    // The watches begin anew after such a jump.
    await until('services learn', () =>
      Promise.resolve(snapshotOf(world, 'itself').documents['lifecycle'] !== undefined),
    );
    await world.settle();
    assert.equal(await world.condition('Bucket', 'itself', 'Unsupported'), undefined);
    await world.reaches('Bucket', 'itself', 'Synced', 'True');
  });
});

describe('a create or a delete that fails', { concurrency: 3 }, () => {
  test('the bucket of another account is not touched', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const stranger = consoleOf(world.emulator, world.emulator.createAccount());
    t.after(() => stranger.destroy());
    const LocationConstraint = 'eu-central-2' as 'eu-central-1'; // the SDK does not know Wasabi's regions
    await stranger.send(
      new CreateBucketCommand({ Bucket: 'taken', CreateBucketConfiguration: { LocationConstraint } }),
    );
    const before = world.snapshot('taken');
    const calls = world.operator.wasabi.calls.length;
    await world.apply(
      bucket('taken', { ...all, logging: null, replication: null, deletionPolicy: 'Delete', forceDelete: true }),
    );
    await world.reaches('Bucket', 'taken', 'Synced', 'AccessDenied');
    await world.elapse(120_000);
    assert.deepEqual(world.operator.wasabi.calls.slice(calls).filter(isS3Write), []);
    await world.expectValid('Bucket', 'taken');
    await world.delete('Bucket', 'taken');
    await world.gone('Bucket', 'taken');
    assert.deepEqual(world.snapshot('taken'), before, 'a stranger keeps his bucket');
  });

  test('the name was taken by another account a moment ago', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const fault = inject(
      world.operator.wasabi,
      (call) => call.method === 'PUT' && isOn(call, 'taken'),
      s3Error(409, 'BucketAlreadyExists'),
    );
    await world.apply(
      bucket('taken', { ...all, logging: null, replication: null, deletionPolicy: 'Delete', forceDelete: true }),
    );
    await world.reaches('Bucket', 'taken', 'Stalled', 'AlreadyExists');
    await world.reaches('Bucket', 'taken', 'Ready', 'False');
    await world.elapse(120_000);
    assert.deepEqual(world.operator.wasabi.calls.filter(isS3Write), fault.hits, 'no setting is written');
    assert.equal(fault.hits.length, 1, 'nobody asks again by himself');
    await world.expectValid('Bucket', 'taken');
    assert.deepEqual(
      eventsAbout(world, 'Bucket', 'taken').map(({ type }) => type),
      ['Warning'],
    );
    await world.delete('Bucket', 'taken');
    await world.gone('Bucket', 'taken');
    assert.ok(
      world.operator.wasabi.calls.every(({ method }) => method !== 'DELETE'),
      "what may be a stranger's is not deleted",
    );
  });

  for (const [code, status, reason] of [
    ['AccessDenied', 403, 'AccessDenied'],
    ['TooManyBuckets', 400, 'QuotaExceeded'],
  ] as const) {
    test(`${code} on the create: nothing else is tried, and again after a minute`, async (t) => {
      const world = await shared.startWorld(t, { flags, providerSpec });
      const fault = inject(
        world.operator.wasabi,
        (call) => call.method === 'PUT' && isOn(call, 'itself'),
        s3Error(status, code),
      );
      const calls = world.operator.wasabi.calls.length;
      await world.apply(bucket('itself', { ...all, logging: null, replication: null }));
      await world.reaches('Bucket', 'itself', 'Synced', reason);
      await world.reaches('Bucket', 'itself', 'Ready', 'False');
      await world.elapse(50_000);
      assert.equal(fault.hits.length, 1);
      assert.deepEqual(world.operator.wasabi.calls.slice(calls).filter(isS3Write), fault.hits);
      await world.expectValid('Bucket', 'itself');
      fault.end();
      await world.elapse(20_000);
      await world.reaches('Bucket', 'itself', 'Ready', 'True');
    });
  }

  for (const { region, aheadMs } of [
    { region: 'eu-central-2', aheadMs: 0 },
    { region: 'us-east-1', aheadMs: 0 },
    { region: 'eu-central-2', aheadMs: 3_600_000 },
  ]) {
    test(`the answer to the create in ${region} is lost, our clock is ${aheadMs} ms ahead`, async (t) => {
      const world = await shared.startWorld(t, { flags, providerSpec });
      await world.operator.clock.skip(aheadMs);
      const fault = inject(
        world.operator.wasabi,
        (call) => call.method === 'PUT' && isOn(call, 'itself'),
        (hit) => (hit === 1 ? 'dropResponse' : 'pass'),
      );
      await world.apply(bucket('itself', { ...all, logging: null, replication: null, region }));
      await world.reaches('Bucket', 'itself', 'Ready', 'True');
      assert.ok(fault.hits.length > 0);
      const creates = world.operatorCalls().filter(({ operation }) => operation === 'CreateBucket');
      const expected = region === 'us-east-1' ? [200, 200] : [200, 409];
      assert.deepEqual(
        creates.map(({ status }) => status),
        expected.slice(0, creates.length),
        'one of them made it',
      );
      await world.expectValid('Bucket', 'itself');
    });
  }

  test('a delete that is denied blocks, one whose answer is lost is done', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    for (const name of ['denied', 'lost']) {
      await world.apply(bucket(name, { deletionPolicy: 'Delete' }));
      await world.reaches('Bucket', name, 'Ready', 'True');
    }
    await world.settle();
    world.operator.wasabi.decide((call) => {
      if (call.method !== 'DELETE') return 'pass';
      if (isOn(call, 'denied')) return s3Error(403, 'AccessDenied');
      return 'dropResponse';
    });
    await world.delete('Bucket', 'lost');
    await world.gone('Bucket', 'lost');
    assert.equal(world.snapshot('lost'), undefined);
    await world.delete('Bucket', 'denied');
    await world.reaches('Bucket', 'denied', 'DeletionBlocked', 'True');
    assert.equal((await world.condition('Bucket', 'denied', 'Synced'))?.reason, 'AccessDenied');
    await world.expectValid('Bucket', 'denied');
    assert.notEqual(world.snapshot('denied'), undefined);
    world.operator.wasabi.decide(undefined);
    await world.elapse(70_000);
    await world.gone('Bucket', 'denied');
    assert.equal(world.snapshot('denied'), undefined);
  });
});
