import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { bucket, bucketPolicy } from './builders.ts';
import { until } from './cluster.ts';
import type { CrashPath } from './crash-paths.ts';
import type { World } from './world.ts';

const it = ['BucketPolicy', 'it'] as const;
const second = ['BucketPolicy', 'second'] as const;
const home = ['Bucket', 'home'] as const;

function granting(name: string, sid: string, action: string) {
  const principal = 'arn:aws:iam::wasabi:user/reader';
  return { statement: [{ sid, effect: 'Allow', principal, action, resource: `arn:aws:s3:::${name}/*` }] };
}

const first = (name: string) => bucketPolicy('it', 'home', granting(name, 'First', 's3:GetObject'));
const other = (name: string) => bucketPolicy('second', 'home', granting(name, 'Second', 's3:PutObject'));

async function makeHome(world: World, name: string): Promise<void> {
  await world.apply(bucket('home', { name }));
  await world.reaches('Bucket', 'home', 'Ready', 'True');
}

async function makeOne(world: World, name: string): Promise<void> {
  await makeHome(world, name);
  await world.apply(first(name));
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
}

async function makeBoth(world: World, name: string): Promise<void> {
  await makeOne(world, name);
  await world.apply(other(name));
  await bothReady(world, name);
}

async function bothReady(world: World, name: string): Promise<void> {
  await hasStatements(world, name, 2);
  await world.reaches('BucketPolicy', 'it', 'Ready', 'True');
  await world.reaches('BucketPolicy', 'second', 'Ready', 'True');
}

/** The policy of the bucket, as the service has it, has so many statements. */
function hasStatements(world: World, name: string, count: number): Promise<void> {
  return until(`${count} statement(s)`, () => {
    const { Statement = [] } = JSON.parse(world.emulator.state.buckets.get(name)?.policy ?? '{}') as {
      Statement?: readonly unknown[]; // what the operator wrote
    };
    return Promise.resolve(Statement.length === count);
  });
}

/** Every path of a BucketPolicy that changes something. */
export const policyCrashPaths: readonly CrashPath[] = [
  {
    title: 'write the first policy of a bucket',
    service: 'wasabi',
    begin: makeHome,
    act: (world, name) => world.apply(first(name)),
    ended: (world) => world.reaches('BucketPolicy', 'it', 'Ready', 'True'),
    objects: [it, home],
  },
  {
    title: 'edit a policy',
    service: 'wasabi',
    begin: makeOne,
    act: (world, name) =>
      world.patch('BucketPolicy', 'it', { spec: { policy: granting(name, 'Edited', 's3:DeleteObject') } }),
    ended: (world) => world.reaches('BucketPolicy', 'it', 'Synced', 'True'),
    objects: [it, home],
  },
  {
    title: 'put a second object’s statements beside those of the first',
    service: 'wasabi',
    begin: makeOne,
    act: (world, name) => world.apply(other(name)),
    ended: bothReady,
    objects: [it, second, home],
  },
  {
    title: 'repair the drift of a policy',
    service: 'wasabi',
    begin: makeOne,
    act: async (world, Bucket) => {
      const Resource = `arn:aws:s3:::${Bucket}/*`;
      const Statement = [{ Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource }];
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      await world.console.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      const annotations = { 's3.cloud37.dev/reconcile-requested-at': '2026-01-01T00:00:00Z' };
      await world.patch('BucketPolicy', 'it', { metadata: { annotations } });
    },
    ended: async (world) => {
      await until('the request was handled', async () => {
        return (await world.get('BucketPolicy', 'it'))?.status?.lastHandledReconcileAt !== undefined;
      });
      await world.reaches('BucketPolicy', 'it', 'Synced', 'True');
    },
    objects: [it, home],
  },
  {
    title: 'delete one of two policies',
    service: 'wasabi',
    begin: makeBoth,
    act: (world) => world.delete('BucketPolicy', 'it'),
    ended: async (world, name) => {
      await world.gone('BucketPolicy', 'it');
      await hasStatements(world, name, 1);
    },
    objects: [it, second, home],
  },
  {
    title: 'delete the last policy',
    service: 'wasabi',
    begin: makeOne,
    act: (world) => world.delete('BucketPolicy', 'it'),
    ended: async (world, name) => {
      await world.gone('BucketPolicy', 'it');
      await hasStatements(world, name, 0);
    },
    objects: [it, home],
  },
];
