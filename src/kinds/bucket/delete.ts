import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import type { Bucket } from '../../api/bucket.ts';
import { findCondition, rfc3339 } from '../../managed/conditions.ts';
import type { Deletion, DeletionPolicy } from '../../managed/kind.ts';
import { OWNER_TAG } from '../../managed/marker.ts';
import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import { type EmptyingReport, emptyBucket } from '../../wasabi/empty-bucket.ts';
import { faultCodeOf } from '../../wasabi/service-fault.ts';
import type { BucketClient } from './observe.ts';
import { notEmpty, objectsLocked } from './obstacle.ts';
import { readTags, writeTags } from './settings/tags.ts';

/** One pass empties for this long, then tells its progress and lets others work. */
const EMPTYING_BUDGET_MS = 20_000;
const FORCE_DELETE = 'forceDelete';

/**
 * Retain: the marker becomes `released/…`, all else stays. Delete: the bucket goes if it is empty, else only with
 * `forceDelete`: in one call where the service has it, otherwise emptied in portions over as many passes as it takes.
 */
export async function deleteBucket(
  client: BucketClient,
  resource: Bucket,
  region: string,
  policy: DeletionPolicy,
  signal: AbortSignal,
  released: string,
): Promise<Deletion> {
  const place = client.knownRegion ?? region;
  if (policy === 'Retain') return release(client, place, signal, released);
  const { uid } = resource.metadata;
  try {
    return await destroy(client, resource, place, signal);
  } catch (thrown) {
    if (toReconcileError(thrown).reason === 'AccessDenied') client.deletions.wasInVain(uid, client.secretVersion);
    throw thrown;
  }
}

async function destroy(client: BucketClient, resource: Bucket, region: string, signal: AbortSignal): Promise<Deletion> {
  const { uid } = resource.metadata;
  const { forceDelete: isForced } = resource.spec;
  if (isForced && client.deletions.sweepOf(uid) !== undefined) return emptyAndDelete(client, resource, region, signal);
  if ((await tryDelete(client, region, signal, {})) === 'Deleted') return { type: 'Done' };
  if (!isForced) {
    client.deletions.wasInVain(uid, client.secretVersion);
    return notEmpty(client.bucket);
  }
  if (await forceDelete(client, region, signal)) return { type: 'Done' };
  return emptyAndDelete(client, resource, region, signal);
}

async function emptyAndDelete(
  client: BucketClient,
  resource: Bucket,
  region: string,
  signal: AbortSignal,
): Promise<Deletion> {
  const { uid } = resource.metadata;
  const { wasabi, bucket, clock, deletions } = client;
  const from = deletions.sweepOf(uid)?.next;
  const run = await emptyBucket(wasabi, { bucket, region, signal, clock, budgetMs: EMPTYING_BUDGET_MS, from });
  const sweep = deletions.addRun(uid, run);
  const isEmpty = sweep.next === undefined && sweep.failed === 0 && sweep.firstLocked === undefined;
  if (isEmpty && (await tryDelete(client, region, signal, {})) === 'Deleted') return { type: 'Done' };
  if (sweep.deleted > 0) deletions.hasProgressed(uid);
  else if (sweep.next === undefined && sweep.firstLocked !== undefined) deletions.wasInVain(uid, client.secretVersion);
  return progress(client, resource, run, sweep);
}

async function release(client: BucketClient, region: string, signal: AbortSignal, released: string): Promise<Deletion> {
  if (client.unsupported.isKnown(client.service, 'tagging')) return { type: 'Done' };
  const access = { wasabi: client.wasabi, bucket: client.bucket, region, signal };
  const tags = await readTags(access);
  if (tags[OWNER_TAG] !== undefined && tags[OWNER_TAG] !== released) {
    await writeTags(access, { ...tags, [OWNER_TAG]: released });
  }
  return { type: 'Done' };
}

async function tryDelete(
  client: BucketClient,
  region: string,
  signal: AbortSignal,
  query: Readonly<Record<string, string>>,
): Promise<'Deleted' | 'NotEmpty'> {
  try {
    const command = new DeleteBucketCommand({ Bucket: client.bucket });
    await client.wasabi.s3(command, { region, signal, query, absent: ['NoSuchBucket'] });
    return 'Deleted';
  } catch (thrown) {
    if (faultCodeOf(thrown) === 'BucketNotEmpty') return 'NotEmpty';
    throw thrown;
  }
}

/**
 * Wasabi's own call, which deletes a bucket with all that is in it. It is refused while objects are locked, and servers
 * that do not know it answer as for any bucket that is not empty: both end in the emptier, which says what is in the way.
 */
async function forceDelete(client: BucketClient, region: string, signal: AbortSignal): Promise<boolean> {
  if (client.providerType !== 'wasabi' || client.unsupported.isKnown(client.service, FORCE_DELETE)) return false;
  try {
    return (await tryDelete(client, region, signal, { force_delete: 'true' })) === 'Deleted';
  } catch (thrown) {
    if (faultCodeOf(thrown) === 'AccessDenied') return false;
    if (!(thrown instanceof ReconcileError) || thrown.type !== 'Unsupported') throw thrown;
    client.unsupported.remember(client.service, FORCE_DELETE);
    return false;
  }
}

function progress(client: BucketClient, resource: Bucket, run: EmptyingReport, sweep: EmptyingReport): Deletion {
  const before = resource.status?.emptying;
  const objectsDeleted = (before?.objectsDeleted ?? 0) + run.deleted;
  const fields = { emptying: { objectsDeleted, startedAt: before?.startedAt ?? rfc3339(client.clock.now()) } };
  const isOver = sweep.next === undefined;
  if (sweep.firstLocked !== undefined && (isOver || (run.deleted === 0 && isKnownLocked(resource)))) {
    return { ...objectsLocked(client.bucket, sweep.firstLocked), fields, ...(isOver ? {} : { retryAfterMs: 0 }) };
  }
  if (isOver && sweep.deleted === 0) {
    // Somebody fills it as fast as it is emptied, or its listing is behind: time heals, another try at once does not.
    const empty = `nothing is listed in bucket "${client.bucket}", and the service says that it is not empty`;
    throw new ReconcileError('Transient', empty, { reason: 'NotYetInEffect' });
  }
  const message = `${objectsDeleted} objects, versions, markers and uploads deleted so far`;
  return { type: 'InProgress', reason: 'Emptying', message, fields };
}

/** A sweep that finds nothing to delete shall not change what the one before it found. */
function isKnownLocked({ status }: Bucket): boolean {
  return findCondition(status?.conditions, 'DeletionBlocked')?.reason === 'ObjectsLocked';
}
