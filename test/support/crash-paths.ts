import {
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  PutBucketLoggingCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { BucketSpecInput } from '../../src/api/bucket.ts';
import { type KeyPair, providerSecret } from './account.ts';
import { bucket } from './builders.ts';
import { until } from './cluster.ts';
import { applyProvider, type World } from './world.ts';

/** The limit of calls is not what is tried here. */
export const unhurried = { rateLimit: { requestsPerSecond: 1_000, maxInFlight: 64 } } as const;

/** Something that the operator is asked to do, from a quiet world to a quiet world. */
export interface CrashPath {
  readonly title: string;
  /** Which service: Wasabi as it is, or a server that has what Wasabi lacks and lacks what Wasabi has. */
  readonly service: 'wasabi' | 'other';
  /** Of the bucket, user and managed policy that the path is about. Default: one like no other. */
  readonly name?: string;
  /** Default true. */
  readonly hasProvider?: boolean;
  /** Brings the world to where the path begins. `name` is the bucket's. */
  begin(world: World, name: string): Promise<unknown>;
  act(world: World, name: string): Promise<unknown>;
  /** Resolves when the world shows the end. May be asked while the operator is away. */
  ended(world: World, name: string): Promise<unknown>;
  /** What the end is compared by, beside the bucket. */
  readonly objects: readonly (readonly [kind: string, name: string])[];
  /** What else the end is compared by, without what differs from run to run. */
  also?(world: World): Promise<object>;
  /** Whether there is another namespace, and ReferenceGrants are served. Default false. */
  readonly hasNeighbour?: boolean;
  /** false: the end is a failure that is looked at again from time to time. Default true. */
  readonly isAtRest?: boolean;
  /** true: calls and answers that get lost, while the operator lives on, are tried, too. Default false. */
  readonly losesCalls?: boolean;
}

const lifecycle = { rules: [{ id: 'old', prefix: 'tmp/', expiration: { days: 3 } }] };
const cors = { rules: [{ allowedOrigins: ['https://example.com'], allowedMethods: ['GET' as const] }] };
const logging = { targetBucketRef: { name: 'log' }, targetPrefix: 'x/' };
const everything: Partial<BucketSpecInput> = {
  versioning: { enabled: true },
  lifecycle,
  tagging: { tags: { team: 'a' } },
  publicAccess: {},
  objectLock: { enabled: true, defaultRetention: { mode: 'GOVERNANCE', days: 1 } },
  logging,
  encryption: { enabled: true },
};
const settings: Partial<BucketSpecInput> = {
  versioning: { enabled: true },
  lifecycle: { rules: [...lifecycle.rules, { id: 'older', prefix: 'old/', expiration: { days: 30 } }] },
  tagging: { tags: { team: 'b', cost: '1' } },
  cors,
  encryption: { enabled: true },
  publicAccess: { blockPublicPolicy: true },
  logging,
};

async function makeLog(world: World, name: string): Promise<void> {
  await world.apply(bucket('log', { name: `${name}-log` }));
  await world.reaches('Bucket', 'log', 'Ready', 'True');
}

async function makeBucket(world: World, name: string, spec: Partial<BucketSpecInput> = {}): Promise<void> {
  if (spec.logging !== undefined) await makeLog(world, name);
  await world.apply(bucket('it', { name, ...spec }));
  await world.reaches('Bucket', 'it', 'Ready', 'True');
}

/** A version, a newer one, a delete marker, and an upload that nobody finished. */
async function fill(world: World, Bucket: string): Promise<void> {
  await world.console.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'one' }));
  await world.console.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'two' }));
  await world.console.send(new PutObjectCommand({ Bucket, Key: 'b', Body: 'three' }));
  await world.console.send(new DeleteObjectCommand({ Bucket, Key: 'b' }));
  await world.console.send(new CreateMultipartUploadCommand({ Bucket, Key: 'c' }));
}

function credentials({ emulator }: World, changed: Partial<KeyPair> = {}) {
  return providerSecret('wasabi-credentials', { ...emulator.account, ...changed });
}

/** Drift is looked for when somebody asks: a clock that was set forward would outlive its operator. */
function requestReconcile(world: World): Promise<unknown> {
  return world.patch('Bucket', 'it', {
    metadata: { annotations: { 's3.cloud37.dev/reconcile-requested-at': '2026-01-01T00:00:00Z' } },
  });
}

async function looked(world: World): Promise<void> {
  await until('the request was handled', async () => {
    const status = (await world.get('Bucket', 'it'))?.status;
    return status?.lastHandledReconcileAt !== undefined;
  });
  await world.reaches('Bucket', 'it', 'Synced', 'True');
}

const it = ['Bucket', 'it'] as const;
const account = ['Provider', 'wasabi'] as const;
const keys = ['Secret', 'wasabi-credentials'] as const;
const forceDelete = { versioning: { enabled: true }, deletionPolicy: 'Delete', forceDelete: true } as const;

/** Every path of both kinds that changes something. */
export const crashPaths: readonly CrashPath[] = [
  {
    title: 'create with everything',
    service: 'wasabi',
    begin: makeLog,
    act: (world, name) => world.apply(bucket('it', { name, ...everything })),
    ended: (world) => world.reaches('Bucket', 'it', 'Ready', 'True'),
    objects: [it, account, keys],
  },
  {
    title: 'create in us-east-1',
    service: 'wasabi',
    begin: () => Promise.resolve(),
    act: (world, name) => world.apply(bucket('it', { name, region: 'us-east-1' })),
    ended: (world) => world.reaches('Bucket', 'it', 'Ready', 'True'),
    objects: [it],
  },
  {
    title: 'update all settings at once',
    service: 'other',
    begin: (world, name) => makeBucket(world, name, { lifecycle, logging: null, tagging: { tags: { team: 'a' } } }),
    act: (world, name) => world.apply(bucket('it', { name, ...settings })),
    ended: (world) => world.reaches('Bucket', 'it', 'Synced', 'True'),
    objects: [it],
  },
  {
    title: 'set copies and compliance (W14, W25)',
    service: 'wasabi',
    begin: (world, name) => makeBucket(world, name, { logging }),
    act: (world, name) => {
      const replication = { rules: [{ id: 'all', destination: { bucketRef: { name: 'log' } } }] };
      const compliance = { enabled: true, retentionDays: 0 };
      return world.apply(bucket('it', { name, logging, replication, compliance }));
    },
    ended: (world) => world.reaches('Bucket', 'it', 'Synced', 'True'),
    objects: [it],
  },
  {
    title: 'repair drift of settings and marker',
    service: 'wasabi',
    begin: (world, name) => makeBucket(world, name, { ...everything, objectLock: undefined }),
    act: async (world, Bucket) => {
      const TagSet = [{ Key: 'team', Value: 'stranger' }];
      await world.console.send(new DeleteBucketLifecycleCommand({ Bucket }));
      await world.console.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
      await world.console.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} }));
      await world.console.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
      );
      await requestReconcile(world);
    },
    ended: looked,
    objects: [it],
  },
  {
    title: 'make a bucket again that was deleted outside',
    service: 'wasabi',
    begin: (world, name) => makeBucket(world, name, { tagging: { tags: { team: 'a' } } }),
    act: async (world, Bucket) => {
      await world.console.send(new DeleteBucketCommand({ Bucket }));
      await requestReconcile(world);
    },
    ended: looked,
    objects: [it],
  },
  {
    title: 'delete an empty bucket',
    service: 'wasabi',
    begin: (world, name) => makeBucket(world, name, { deletionPolicy: 'Delete' }),
    act: (world) => world.delete('Bucket', 'it'),
    ended: (world) => world.gone('Bucket', 'it'),
    objects: [it, account, keys],
  },
  {
    title: 'force delete where one call does it',
    service: 'wasabi',
    begin: async (world, name) => {
      await makeBucket(world, name, forceDelete);
      await fill(world, name);
    },
    act: (world) => world.delete('Bucket', 'it'),
    ended: (world) => world.gone('Bucket', 'it'),
    objects: [it],
  },
  {
    title: 'force delete where the bucket has to be emptied first',
    service: 'other',
    begin: async (world, name) => {
      await makeBucket(world, name, forceDelete);
      await fill(world, name);
    },
    act: (world) => world.delete('Bucket', 'it'),
    ended: (world) => world.gone('Bucket', 'it'),
    objects: [it],
  },
  {
    title: 'delete under Retain',
    service: 'wasabi',
    begin: async (world, name) => {
      await makeBucket(world, name, { lifecycle, tagging: { tags: { team: 'a' } } });
      await world.console.send(new PutObjectCommand({ Bucket: name, Key: 'a', Body: 'kept' }));
    },
    act: (world) => world.delete('Bucket', 'it'),
    ended: (world) => world.gone('Bucket', 'it'),
    objects: [it, account, keys],
  },
  {
    title: 'create a Provider',
    service: 'wasabi',
    hasProvider: false,
    begin: () => Promise.resolve(),
    act: (world) => applyProvider(world, unhurried),
    ended: (world) => world.reaches('Provider', 'wasabi', 'Ready', 'True'),
    objects: [account, keys],
  },
  {
    title: 'correct the credentials of a Provider',
    service: 'wasabi',
    hasProvider: false,
    begin: async (world) => {
      await applyProvider(world, unhurried);
      await world.apply(credentials(world, { secretAccessKey: 'this-is-not-the-secret-access-key' }));
      await world.reaches('Provider', 'wasabi', 'AuthValid', 'False');
    },
    act: (world) => world.apply(credentials(world)),
    ended: (world) => world.reaches('Provider', 'wasabi', 'Ready', 'True'),
    objects: [account, keys],
  },
  {
    title: 'notice that the credentials of a Provider have become wrong',
    service: 'wasabi',
    begin: () => Promise.resolve(),
    act: (world) => world.apply(credentials(world, { secretAccessKey: 'this-is-not-the-secret-access-key' })),
    ended: (world) => world.reaches('Provider', 'wasabi', 'AuthValid', 'False'),
    objects: [account, keys],
    isAtRest: false,
  },
  {
    title: 'delete Secret, Provider and Bucket in the wrong order',
    service: 'wasabi',
    begin: (world, name) => makeBucket(world, name),
    act: async (world) => {
      await world.delete('Secret', 'wasabi-credentials');
      await world.delete('Provider', 'wasabi');
      await world.delete('Bucket', 'it');
    },
    ended: async (world) => {
      for (const [kind, name] of [it, account, keys]) await world.gone(kind, name);
    },
    objects: [it, account, keys],
  },
];
