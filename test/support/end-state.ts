import { SECRETS } from '../../src/api/core-types.ts';
import type { SecretObject } from '../../src/kinds/provider-secrets.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { policyState, userState } from './iam-state.ts';
import { keysOf } from './keys.ts';
import type { World } from './world.ts';

/** What differs from run to run: times, and how often something had to be begun. */
const MASKED = new Set([
  'lastTransitionTime',
  'lastSyncTime',
  'lastConnectTime',
  'lastHandledReconcileAt',
  'lastTime',
  'creationTime',
  'identity',
  'userId',
  'documentHash',
  'statementHashes',
  'policyId',
  'intent',
  'attempt',
  'secretVersion',
  'startedAt',
  // Those that are gone stay in it for a while.
  'ownKeys',
  'lastRotateTime',
  'retireTime',
  'time',
]);

/**
 * Objects, and the bucket, user and managed policy of that name and the user's keys as they stand, without what differs
 * from run to run: two runs that came to the same end give deeply equal values. What does not exist is null.
 */
export async function endState(
  world: World,
  objects: readonly (readonly [kind: string, name: string])[],
  bucket: string,
): Promise<Readonly<Record<string, unknown>>> {
  const end: Record<string, unknown> = {
    bucket: withoutOrder(world.snapshot(bucket)) ?? null,
    user: userState(world, bucket) ?? null,
    policy: policyState(world, bucket) ?? null,
    keys: await deliveries(world, bucket),
  };
  for (const [kind, name] of objects) {
    const object = await world.get(kind, name);
    end[`${kind} ${name}`] = object === undefined ? null : essence(object);
  }
  const text = JSON.stringify(end, (key, value: unknown) => (MASKED.has(key) ? undefined : value));
  const named = [
    [world.namespace, 'NAMESPACE'] as const,
    ...world.neighbours.map((neighbour) => [neighbour, 'NEIGHBOUR'] as const),
    [bucket, 'BUCKET'] as const,
    [`:${world.operator.wasabi.port}`, ':PORT'] as const,
  ].reduce((current, [from, to]) => current.replaceAll(from, to), text);
  return JSON.parse(withoutIds(named)) as Record<string, unknown>;
}

/** Of each living key of the user the Secrets that hold it with its right text: of one that nobody can use, none. */
async function deliveries(world: World, userName: string): Promise<readonly (readonly string[])[]> {
  const { items } = await world.cluster.admin.list<SecretObject>(SECRETS, world.namespace);
  const text = ({ data = {} }: SecretObject, key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  return keysOf(world, userName).map(({ accessKeyId, secretAccessKey, status }) => [
    status,
    ...items
      .filter((item) => text(item, 'access-key-id') === accessKeyId)
      .filter((item) => text(item, 'secret-access-key') === secretAccessKey)
      .map(({ metadata }) => metadata.name),
  ]);
}

/** Statements of two objects stand in the order of their creation, which is that of their uids within one second. */
function withoutOrder(bucket: ReturnType<World['snapshot']>): object | undefined {
  const text = bucket?.['policy'];
  if (typeof text !== 'string') return bucket;
  const { Statement, ...rest } = JSON.parse(text) as { Statement: readonly { Sid?: string }[] }; // a policy document
  const sorted = Statement.toSorted((a, b) => (a.Sid ?? '').localeCompare(b.Sid ?? ''));
  return { ...bucket, policy: { ...rest, Statement: sorted } };
}

/** Of an object that is gone its uid may be left, in the marker on what it made. Ids of keys are 20 signs. */
function withoutIds(text: string): string {
  const unhashed = text
    .replaceAll(/s3\.cloud37\.dev\.[0-9a-f]{32}\./g, 's3.cloud37.dev.OWNER.')
    .replaceAll(/S3Cloud37Dev[0-9a-f]{64}/g, 'S3Cloud37DevOWNERUID');
  return unhashed
    .replaceAll(/\b[0-9A-Z]{20}\b/g, 'KEY')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID');
}

function essence(object: ManagedResource): object {
  const { finalizers, deletionTimestamp } = object.metadata;
  const conditions = (object.status?.conditions ?? []).toSorted((a, b) => a.type.localeCompare(b.type));
  return {
    finalizers: finalizers ?? [],
    isDeleting: deletionTimestamp !== undefined,
    spec: object.spec,
    ...(object.status === undefined ? {} : { status: { ...object.status, conditions } }),
  };
}
