import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { EmulatorOptions } from './options.ts';
import { startLoopback } from './testing/loopback-clients.ts';

const Bucket = 'expiring';
const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

interface Expiring {
  readonly client: S3Client;
  /** Moves the clock to so many days after the first midnight, and one hour. */
  readonly toDay: (day: number) => Promise<void>;
  readonly put: (Key: string, more?: { Body?: string; Tagging?: string }) => Promise<unknown>;
  readonly setRules: (...rules: readonly Partial<LifecycleRule>[]) => Promise<unknown>;
  /** Each version as `key`, `key (old)` or `key (marker)`. */
  readonly versions: () => Promise<readonly string[]>;
}

/** A bucket whose clock stands at one o'clock in the morning, UTC. */
async function startExpiring(
  t: TestContext,
  how: { versioning?: 'Enabled' | 'Suspended'; lock?: boolean; options?: EmulatorOptions } = {},
): Promise<Expiring> {
  const { s3, raw } = await startLoopback(t, how.options);
  const client = s3();
  const startMs = Math.ceil(Date.now() / DAY_MS) * DAY_MS + HOUR_MS;
  const toDay = async (day: number) => {
    const now = Date.parse(JSON.parse((await raw({ path: '/_emulator/clock' })).body).now);
    const body = JSON.stringify({ advanceMs: Math.max(0, startMs + day * DAY_MS - now) });
    assert.equal((await raw({ method: 'POST', path: '/_emulator/clock', body })).status, 200);
  };
  await toDay(0);
  await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: how.lock === true }));
  if (how.versioning !== undefined) {
    const VersioningConfiguration = { Status: how.versioning };
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  return {
    client,
    toDay,
    put: (Key, more = {}) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'text', ...more })),
    setRules: (...rules) => {
      const Rules = rules.map((rule, index) => ({
        ID: `r${index}`,
        Status: 'Enabled' as const,
        Filter: { Prefix: '' },
        ...rule,
      }));
      return client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    },
    versions: async () => {
      const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
      const shown = Versions.map(({ Key, IsLatest }) => (IsLatest === true ? `${Key}` : `${Key} (old)`));
      return [...shown, ...DeleteMarkers.map(({ Key }) => `${Key} (marker)`)].toSorted();
    },
  };
}

test('W16 Days: gone at the first midnight after so many days, and the first one that is a day after the rule', async (t) => {
  const { put, setRules, toDay, versions } = await startExpiring(t);
  await put('early');
  await toDay(3);
  await put('late');
  await setRules({ Expiration: { Days: 2 } });
  await toDay(4);
  assert.deepEqual(await versions(), ['early', 'late'], 'a new rule waits for its first day to be over');
  await toDay(5);
  assert.deepEqual(await versions(), ['late']);
  await toDay(6);
  assert.deepEqual(await versions(), []);
});

test('W16 the same rules again do not begin their first day anew, and disabled ones do nothing', async (t) => {
  const { put, setRules, toDay, versions } = await startExpiring(t);
  await put('a/x');
  await put('b/x');
  const rules = [
    { Filter: { Prefix: 'a/' }, Expiration: { Days: 1 } },
    { Filter: { Prefix: 'b/' }, Expiration: { Days: 1 }, Status: 'Disabled' as const },
  ];
  await setRules(...rules);
  await toDay(1);
  await setRules(...rules);
  await toDay(2);
  assert.deepEqual(await versions(), ['b/x']);
});

test('W16 filters: prefix, tags and sizes must all fit', async (t) => {
  const { put, setRules, toDay, versions } = await startExpiring(t);
  await put('logs/small', { Body: 'x' });
  await put('logs/large', { Body: 'x'.repeat(20) });
  await put('logs/kept', { Body: 'x'.repeat(20), Tagging: 'keep=yes' });
  await put('logs/marked', { Body: 'x', Tagging: 'drop=yes&more=1' });
  await put('other/large', { Body: 'x'.repeat(20) });
  const And = { Prefix: 'logs/', ObjectSizeGreaterThan: 10, ObjectSizeLessThan: 30 };
  await setRules(
    { Filter: { And: { ...And, Tags: [{ Key: 'keep', Value: 'no' }] } }, Expiration: { Days: 1 } },
    { Filter: { Tag: { Key: 'drop', Value: 'yes' } }, Expiration: { Days: 1 } },
  );
  await toDay(2);
  assert.deepEqual(await versions(), ['logs/kept', 'logs/large', 'logs/small', 'other/large']);
  await setRules({ Filter: { And }, Expiration: { Days: 1 } });
  await toDay(4);
  assert.deepEqual(await versions(), ['logs/small', 'other/large']);
  await setRules({ Filter: { ObjectSizeLessThan: 2 }, Expiration: { Date: new Date(Date.UTC(2000, 0, 1)) } });
  await toDay(6);
  assert.deepEqual(await versions(), ['other/large']);
});

test('W16 in a versioned bucket Days puts a marker, NoncurrentDays takes old versions, and lone markers go', async (t) => {
  const { put, setRules, toDay, versions } = await startExpiring(t, { versioning: 'Enabled' });
  await put('k');
  await put('k');
  await setRules({ Expiration: { Days: 3 }, NoncurrentVersionExpiration: { NoncurrentDays: 2 } });
  await toDay(2);
  assert.deepEqual(await versions(), ['k', 'k (old)']);
  await toDay(3);
  assert.deepEqual(await versions(), ['k'], 'two days and a midnight after it was overwritten');
  await toDay(4);
  assert.deepEqual(await versions(), ['k (marker)', 'k (old)']);
  await toDay(6);
  assert.deepEqual(await versions(), ['k (marker)']);
  await toDay(7);
  assert.deepEqual(await versions(), []);
});

test('W16 NewerNoncurrentVersions keeps that many, ExpiredObjectDeleteMarker takes lone markers at once', async (t) => {
  const { client, put, setRules, toDay, versions } = await startExpiring(t, { versioning: 'Enabled' });
  for (const key of ['k', 'k', 'k', 'k']) await put(key);
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
  await setRules({
    Expiration: { ExpiredObjectDeleteMarker: true },
    NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 },
  });
  assert.equal((await versions()).length, 5);
  await toDay(2);
  assert.deepEqual(await versions(), ['k', 'k (old)', 'k (old)']);
});

test('W16 in a suspended bucket the marker takes the place of the null version', async (t) => {
  const { put, setRules, toDay, versions } = await startExpiring(t, { versioning: 'Suspended' });
  await put('k');
  await setRules({ Expiration: { Days: 1 } });
  await toDay(2);
  assert.deepEqual(await versions(), ['k (marker)']);
});

test('W16 unfinished uploads are aborted by the rule, and after 31 days without one (W46)', async (t) => {
  const { client, setRules, toDay } = await startExpiring(t);
  const uploads = async () => {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    return Uploads.map(({ Key }) => Key);
  };
  for (const Key of ['a/1', 'b/1']) await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const AbortIncompleteMultipartUpload = { DaysAfterInitiation: 2 };
  const sized = { And: { Prefix: 'b/', ObjectSizeLessThan: 9 } }; // the size of an upload is not known
  await setRules(
    { Filter: { Prefix: 'a/' }, AbortIncompleteMultipartUpload },
    { Filter: sized, AbortIncompleteMultipartUpload },
  );
  await toDay(2);
  assert.deepEqual(await uploads(), ['a/1', 'b/1']);
  await toDay(3);
  assert.deepEqual(await uploads(), ['b/1']);
  await toDay(31);
  assert.deepEqual(await uploads(), ['b/1']);
  await toDay(32);
  assert.deepEqual(await uploads(), []);
});

test('W16 what is locked stays until its retention is over', async (t) => {
  const { client, setRules, toDay, versions, put } = await startExpiring(t, { lock: true });
  const until = new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS + 6 * DAY_MS);
  const lock = { ObjectLockMode: 'GOVERNANCE' as const, ObjectLockRetainUntilDate: until };
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'locked', ...lock }));
  await put('k');
  await setRules({ NoncurrentVersionExpiration: { NoncurrentDays: 1 } });
  await toDay(5);
  assert.deepEqual(await versions(), ['k', 'k (old)']);
  await toDay(6);
  assert.deepEqual(await versions(), ['k']);
});
