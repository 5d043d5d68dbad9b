import type { ManagedResource } from '../../src/managed/kind.ts';
import { policyState, userState } from './iam-state.ts';
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
  'policyId',
  'intent',
  'secretVersion',
  'startedAt',
  'accessKeyId',
  'ownKeys',
  'knownKeys',
  'lastRotateTime',
]);

/**
 * Objects, and the bucket, user and managed policy of that name as they stand, without what differs from run to run: two runs that came to the same end give
 * deeply equal values. What does not exist is null.
 */
export async function endState(
  world: World,
  objects: readonly (readonly [kind: string, name: string])[],
  bucket: string,
): Promise<Readonly<Record<string, unknown>>> {
  const end: Record<string, unknown> = {
    bucket: world.snapshot(bucket) ?? null,
    user: userState(world, bucket) ?? null,
    policy: policyState(world, bucket) ?? null,
  };
  for (const [kind, name] of objects) {
    const object = await world.get(kind, name);
    end[`${kind} ${name}`] = object === undefined ? null : essence(object);
  }
  const text = JSON.stringify(end, (key, value: unknown) => (MASKED.has(key) ? undefined : value));
  const named = [
    [world.namespace, 'NAMESPACE'] as const,
    [bucket, 'BUCKET'] as const,
    [`:${world.operator.wasabi.port}`, ':PORT'] as const,
  ].reduce((current, [from, to]) => current.replaceAll(from, to), text);
  return JSON.parse(withoutUids(named)) as Record<string, unknown>;
}

/** Of an object that is gone its uid may be left, in the marker on what it made. */
function withoutUids(text: string): string {
  const unhashed = text.replaceAll(/s3\.cloud37\.dev\.[0-9a-f]{32}\./g, 's3.cloud37.dev.OWNER.');
  return unhashed.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID');
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
