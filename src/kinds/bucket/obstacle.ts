import type { Bucket } from '../../api/bucket.ts';
import { isReason, type Reason } from '../../api/reasons.ts';
import { findCondition } from '../../managed/conditions.ts';
import type { Deletion } from '../../managed/kind.ts';
import { isRequested } from '../../managed/requested.ts';
import { cutText } from '../../runtime/cut-text.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { type BucketPlace, listContent, lockedUntilMs } from '../../wasabi/bucket-content.ts';
import type { BucketClient } from './observe.ts';

type Blocked = Extract<Deletion, { type: 'Blocked' }>;

/** A lock is looked at again after as long as it has stood already, within these bounds. */
const SHORTEST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;
/** What is shown of a key. */
const KEY_MAX = 200;

/** The bucket holds something, and nobody said that it may be lost. */
export function notEmpty(bucket: string): Blocked {
  return {
    type: 'Blocked',
    reason: 'BucketNotEmpty',
    message: `bucket "${bucket}" is not empty (old versions, delete markers and uploads in progress count, too): empty it, set spec.forceDelete to true to have its data deleted, or set spec.deletionPolicy to Retain to keep it`,
  };
}

/**
 * What is left in the bucket cannot be deleted. The text names the first of it and no number, so that it stays the same
 * however far a pass comes.
 */
export function objectsLocked(bucket: string, firstKey: string): Blocked {
  const shown = cutText(JSON.stringify(firstKey), KEY_MAX);
  return {
    type: 'Blocked',
    reason: 'ObjectsLocked',
    message: `what is left in bucket "${bucket}" may not be deleted, such as object ${shown}: wait until the retention ends, lift the legal hold, let the credentials delete versions, or set spec.deletionPolicy to Retain`,
  };
}

/**
 * What still keeps the bucket from being deleted, where an earlier pass found that something does: reads alone, so that
 * a bucket that waits costs no write. Undefined: nothing is known to be in the way, or somebody asks for another attempt.
 */
export async function bucketObstacle(
  client: BucketClient,
  resource: Bucket,
  region: string,
  signal: AbortSignal,
): Promise<Blocked | undefined> {
  const { uid } = resource.metadata;
  const standing = standingBlock(resource);
  if (standing === undefined) return undefined;
  if (client.deletions.sweepOf(uid) === undefined) {
    const place = { bucket: client.bucket, region: client.knownRegion ?? region, signal };
    const seen = await unlessDenied(look(client, resource, standing.reason, place));
    if (seen !== undefined) return seen;
  }
  const restMs = client.deletions.restMs(uid, client.secretVersion);
  if (restMs === 0) return undefined;
  return { type: 'Blocked', ...standing, retryAfterMs: Math.min(restMs, SHORTEST_WAIT_MS) };
}

/** The condition of an earlier pass, unless the object was edited or a pass was asked for since. */
function standingBlock(resource: Bucket): { reason: Reason; message: string } | undefined {
  const { metadata, status } = resource;
  const found = findCondition(status?.conditions, 'DeletionBlocked');
  if (found?.status !== 'True' || found.observedGeneration !== metadata.generation || isRequested(resource))
    return undefined;
  const { reason = '', message = '' } = found;
  return isReason(reason) ? { reason, message } : undefined;
}

async function look(
  client: BucketClient,
  resource: Bucket,
  reason: Reason,
  place: BucketPlace,
): Promise<Blocked | undefined> {
  const { wasabi } = client;
  if (reason === 'BucketNotEmpty') {
    for (const list of ['versions', 'uploads'] as const) {
      const { items } = await listContent(wasabi, place, list, { max: 1 });
      if (items.length > 0) return notEmpty(client.bucket);
    }
  }
  if (reason !== 'ObjectsLocked') return undefined;
  // Whatever could be deleted is gone: the first thing that is left is locked, or new.
  const [first] = (await listContent(wasabi, place, 'versions', { max: 1 })).items;
  const untilMs = first === undefined ? undefined : await lockedUntilMs(wasabi, place, first);
  const leftMs = (untilMs ?? 0) - client.clock.now() - wasabi.clockOffsetMs();
  if (first === undefined || leftMs <= 0) return undefined;
  const retryAfterMs = Math.min(waitMs(resource, client.clock.now()), leftMs);
  return { ...objectsLocked(client.bucket, first.key), retryAfterMs };
}

function waitMs({ status }: Bucket, nowMs: number): number {
  const since = findCondition(status?.conditions, 'DeletionBlocked')?.lastTransitionTime ?? '';
  const stoodMs = nowMs - Date.parse(since);
  return Math.min(Math.max(Number.isNaN(stoodMs) ? 0 : stoodMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}

/** Credentials that may delete need not be allowed to look. */
async function unlessDenied(looking: Promise<Blocked | undefined>): Promise<Blocked | undefined> {
  try {
    return await looking;
  } catch (thrown) {
    const mayNotLook = thrown instanceof ReconcileError && thrown.reason === 'AccessDenied';
    if (mayNotLook || (thrown instanceof ReconcileError && thrown.type === 'Unsupported')) return undefined;
    throw thrown;
  }
}
