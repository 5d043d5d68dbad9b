import {
  CreateBucketCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { NAMESPACES } from '../../src/api/core-types.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { OWNER_TAG } from '../../src/managed/marker.ts';
import { until } from './cluster.ts';
import { consoleOf, type World } from './world.ts';

/** What somebody else, who holds keys of the account, makes without the operator. */
export interface OutsideBucket {
  readonly region?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly isVersioned?: boolean;
  /** Milliseconds before now; default: just now. */
  readonly ageMs?: number;
}

/** Makes a bucket past the operator. */
export async function makeOutside(world: World, name: string, options: OutsideBucket = {}): Promise<void> {
  const { region = 'eu-central-2', tags, isVersioned = false, ageMs } = options;
  const constraint = region === 'us-east-1' ? {} : { LocationConstraint: region as 'eu-central-1' }; // the emulator checks it
  const console = consoleOf(world.emulator, world.emulator.account, region);
  await console.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: constraint }));
  if (tags !== undefined) await console.send(new PutBucketTaggingCommand({ Bucket: name, Tagging: tagging(tags) }));
  if (isVersioned) {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await console.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
  }
  if (ageMs !== undefined) setAge(world, name, ageMs);
  console.destroy();
}

/** Moves the bucket's creation to so many milliseconds before now. */
export function setAge(world: World, name: string, ageMs: number): void {
  const { buckets } = world.emulator.state;
  const found = buckets.get(name);
  if (found === undefined) throw new Error(`no bucket ${name}`);
  buckets.set(name, { ...found, createdMs: Date.now() - ageMs });
}

/** Replaces all tags past the operator. */
export async function setTags(world: World, name: string, tags: Readonly<Record<string, string>>): Promise<void> {
  await world.console.send(new PutBucketTaggingCommand({ Bucket: name, Tagging: tagging(tags) }));
}

function tagging(tags: Readonly<Record<string, string>>) {
  return { TagSet: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

/** All tags, the operator's own included. */
export async function tagsOf(world: World, name: string): Promise<Readonly<Record<string, string>>> {
  try {
    const { TagSet = [] } = await world.console.send(new GetBucketTaggingCommand({ Bucket: name }));
    return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchTagSet') return {};
    throw error;
  }
}

/** The ownership marker on a bucket; undefined: none. */
export async function markerOf(world: World, name: string): Promise<string | undefined> {
  return (await tagsOf(world, name))[OWNER_TAG];
}

export async function versioningOf(world: World, name: string): Promise<string | undefined> {
  return (await world.console.send(new GetBucketVersioningCommand({ Bucket: name }))).Status;
}

/** Calls of operators that could have changed that bucket, whether they succeeded or not. */
export function writesTo(world: World, name: string): readonly string[] {
  return world
    .operatorCalls()
    .filter((call) => call.bucket === name && call.mutating)
    .map((call) => call.operation);
}

/** Every call of operators for that bucket. */
export function callsTo(world: World, name: string): readonly string[] {
  return world
    .operatorCalls()
    .filter((call) => call.bucket === name)
    .map((call) => call.operation);
}

/** The marker that an object writes where no flag names the cluster. */
export async function ownMarker(world: World, kind: string, name: string): Promise<string> {
  const object = await world.get(kind, name);
  return `${await clusterId(world)}/${world.namespace}/${name}/${object?.metadata.uid}`;
}

/** What the operator calls its cluster when no flag does. */
export async function clusterId(world: World): Promise<string> {
  const found = await world.cluster.admin.get<KubeObject>(NAMESPACES, { namespace: '', name: 'kube-system' });
  return found?.metadata.uid ?? '';
}

let requests = 0;

/** Asks for a pass and waits until it has ended: it has seen all that was changed before. */
export async function pass(world: World, kind: string, name: string, namespace?: string): Promise<void> {
  requests += 1;
  const request = `request-${requests}`;
  const annotations = { 's3.cloud37.dev/reconcile-requested-at': request };
  await world.patch(kind, name, { metadata: { annotations } }, namespace);
  let last = '';
  await until(`a pass of ${kind} ${name}`, async () => {
    const { status } = (await world.get(kind, name, namespace)) ?? {};
    last = JSON.stringify(status);
    return status?.lastHandledReconcileAt === request;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; status: ${last}; log: ${world.operator.log.slice(-5).join('')}`);
  });
}

/** Sets annotations; `null` takes one away. */
export async function annotate(
  world: World,
  kind: string,
  name: string,
  annotations: Readonly<Record<string, string | null>>,
): Promise<void> {
  await world.patch(kind, name, { metadata: { annotations } });
}
