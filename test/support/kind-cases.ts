import {
  DeleteBucketCommand,
  DeleteBucketCorsCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketReplicationCommand,
  DeleteBucketTaggingCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import type { EmulatorOptions } from '../../src/emulator/options.ts';
import { accessKey, bucket, bucketPolicy, type Manifest, provider, user } from './builders.ts';
import { iamKindCases } from './iam-kind-cases.ts';
import type { World } from './world.ts';

/** One object of one kind, with what can go wrong behind the operator's back. */
export interface KindCase {
  readonly kind: string;
  readonly title: string;
  readonly manifest: Manifest;
  readonly emulator?: EmulatorOptions;
  /** Applied and settled before the object itself. */
  readonly before?: readonly Manifest[];
  /** What the service has for it, without what differs from run to run; undefined: nothing. Default: the bucket of its name. */
  readonly snapshot?: (world: World) => unknown;
  /** Parts of the bucket that belong to its children, which go before it under Retain, too. */
  readonly goesAnyway?: readonly string[];
  /** Changes made outside: each is undone by the next resync. */
  readonly drifts?: Readonly<Record<string, (world: World) => Promise<unknown>>>;
}

const lifecycle = { rules: [{ id: 'old', prefix: 'tmp/', expiration: { days: 3 } }] };
const cors = { rules: [{ allowedOrigins: ['https://example.com'], allowedMethods: ['GET' as const] }] };
const accepting: EmulatorOptions = {
  quirks: { cors: 'accepted', encryption: 'accepted', publicAccessBlock: 'accepted' },
};

const readers = {
  effect: 'Allow',
  principal: 'arn:aws:iam::wasabi:user/reader',
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::policied/*',
};
const foreign = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: 'arn:aws:s3:::policied/*' };

/** What each kind promises, tried on these. To add a case is one entry; to add a kind, its cases. */
export const kindCases: readonly KindCase[] = [
  { kind: 'Provider', title: 'of an account', manifest: provider('wasabi', {}) },
  {
    kind: 'Bucket',
    title: 'bare',
    manifest: bucket('bare'),
    drifts: { 'deleted outside': (world) => world.console.send(new DeleteBucketCommand({ Bucket: 'bare' })) },
  },
  { kind: 'Bucket', title: 'in us-east-1', manifest: bucket('east', { region: 'us-east-1' }) },
  {
    kind: 'Bucket',
    title: 'versioned',
    manifest: bucket('versioned', { versioning: { enabled: true } }),
    drifts: {
      'versioning suspended': (world) =>
        world.console.send(
          new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration: { Status: 'Suspended' } }),
        ),
      'our tag taken away': (world) => world.console.send(new DeleteBucketTaggingCommand({ Bucket: 'versioned' })),
    },
  },
  {
    kind: 'Bucket',
    title: 'with lifecycle and tags',
    manifest: bucket('ruled', { lifecycle, tagging: { tags: { team: 'a' } } }),
    drifts: {
      'lifecycle deleted': (world) => world.console.send(new DeleteBucketLifecycleCommand({ Bucket: 'ruled' })),
      'tags replaced': (world) =>
        world.console.send(
          new PutBucketTaggingCommand({ Bucket: 'ruled', Tagging: { TagSet: [{ Key: 'team', Value: 'b' }] } }),
        ),
    },
  },
  {
    kind: 'Bucket',
    title: 'with everything that Wasabi has',
    before: [bucket('log-target')],
    manifest: bucket('everything', {
      versioning: { enabled: true },
      lifecycle,
      tagging: { tags: { team: 'a' } },
      publicAccess: {},
      objectLock: { enabled: true, defaultRetention: { mode: 'GOVERNANCE', days: 1 } },
      logging: { targetBucketRef: { name: 'log-target' }, targetPrefix: 'x/' },
      encryption: { enabled: true },
    }),
    drifts: {
      'logging switched off': (world) =>
        world.console.send(new PutBucketLoggingCommand({ Bucket: 'everything', BucketLoggingStatus: {} })),
    },
  },
  {
    kind: 'Bucket',
    title: 'with replication and compliance (W14, W25)',
    before: [bucket('copies')],
    manifest: bucket('copied', {
      compliance: { enabled: true, retentionDays: 0 },
      replication: { rules: [{ id: 'all', destination: { bucketRef: { name: 'copies' } } }] },
    }),
    drifts: {
      'replication deleted': (world) => world.console.send(new DeleteBucketReplicationCommand({ Bucket: 'copied' })),
      'compliance switched off': async ({ emulator }) =>
        emulator.console.editBucket('copied', (found) => {
          found.compliance = undefined;
        }),
    },
  },
  {
    kind: 'Bucket',
    title: 'with what Wasabi lacks, on a server that has it',
    emulator: accepting,
    manifest: bucket('complete', { cors, encryption: { enabled: true }, publicAccess: { blockPublicPolicy: false } }),
    drifts: { 'CORS deleted': (world) => world.console.send(new DeleteBucketCorsCommand({ Bucket: 'complete' })) },
  },
  {
    kind: 'Bucket',
    title: 'with what Wasabi lacks, on Wasabi',
    manifest: bucket('lacking', { cors, encryption: { enabled: true, algorithm: 'aws:kms' }, notification: {} }),
  },
  {
    kind: 'Bucket',
    title: 'with a user and a key of its own',
    manifest: bucket('stacked', { autoManage: {} }),
    goesAnyway: ['policy'],
    drifts: {
      'its policy deleted': (world) => world.console.send(new DeleteBucketPolicyCommand({ Bucket: 'stacked' })),
    },
  },
  {
    kind: 'BucketPolicy',
    title: 'with one statement',
    before: [bucket('policied')],
    manifest: bucketPolicy('policied', 'policied', { statement: [readers] }),
    snapshot: (world) => world.emulator.state.buckets.get('policied')?.policy,
    drifts: {
      'deleted outside': (world) => world.console.send(new DeleteBucketPolicyCommand({ Bucket: 'policied' })),
      'replaced outside': (world) => {
        const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [foreign] });
        return world.console.send(new PutBucketPolicyCommand({ Bucket: 'policied', Policy }));
      },
    },
  },
  ...iamKindCases,
  {
    kind: 'AccessKey',
    title: 'with a Secret of its own name',
    before: [user('keyed')],
    manifest: accessKey('keyed', 'keyed', { secret: { name: 'app-s3', labels: { app: 'web' } }, displayName: 'x' }),
    snapshot: keyState,
  },
];

/** The keys of the user; undefined: it has none. */
function keyState({ emulator }: World): object | undefined {
  const found = [...emulator.state.keys.values()].filter(({ userName }) => userName === 'keyed');
  return found.length === 0 ? undefined : found.map(({ accessKeyId, status }) => ({ accessKeyId, status }));
}
