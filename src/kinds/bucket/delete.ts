import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import type { Bucket } from '../../api/bucket.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { Deletion, DeletionPolicy } from '../../managed/kind.ts';
import { OWNER_TAG } from '../../managed/marker.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { type EmptyingReport, emptyBucket } from '../../wasabi/empty-bucket.ts';
import { faultCodeOf } from '../../wasabi/service-fault.ts';
import type { BucketClient } from './observe.ts';
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
  const first = await tryDelete(client, place, signal, {});
  if (first === 'Deleted') return { type: 'Done' };
  if (!resource.spec.forceDelete) {
    return {
      type: 'Blocked',
      reason: 'BucketNotEmpty',
      message: `bucket "${client.bucket}" is not empty: empty it, set spec.forceDelete to true to have its data deleted, or set spec.deletionPolicy to Retain to keep it`,
    };
  }
  if (await forceDelete(client, place, signal)) return { type: 'Done' };
  const emptied = await emptyBucket(client.wasabi, {
    bucket: client.bucket,
    region: place,
    signal,
    budgetMs: EMPTYING_BUDGET_MS,
    clock: client.clock,
  });
  if (emptied.isEmpty && (await tryDelete(client, place, signal, {})) === 'Deleted') return { type: 'Done' };
  return progress(client, resource, emptied);
}

async function release(client: BucketClient, region: string, signal: AbortSignal, released: string): Promise<Deletion> {
  if (client.unsupported.isKnown(client.providerUid, 'tagging')) return { type: 'Done' };
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
  if (client.providerType !== 'wasabi' || client.unsupported.isKnown(client.providerUid, FORCE_DELETE)) return false;
  try {
    if ((await tryDelete(client, region, signal, { force_delete: 'true' })) === 'Deleted') return true;
    client.unsupported.remember(client.providerUid, FORCE_DELETE);
    return false;
  } catch (thrown) {
    if (faultCodeOf(thrown) === 'AccessDenied') return false;
    if (!(thrown instanceof ReconcileError) || thrown.type !== 'Unsupported') throw thrown;
    client.unsupported.remember(client.providerUid, FORCE_DELETE);
    return false;
  }
}

function progress(client: BucketClient, resource: Bucket, report: EmptyingReport): Deletion {
  const before = resource.status?.emptying;
  const objectsDeleted = (before?.objectsDeleted ?? 0) + report.objectsDeleted;
  const startedAt = before?.startedAt ?? rfc3339(client.clock.now());
  if (report.lockedCount > 0 && report.objectsDeleted === 0) {
    const sample = report.lockedSample.map(({ key }) => `"${key}"`).join(', ');
    const message = `${report.lockedCount} object version(s) of bucket "${client.bucket}" may not be deleted, such as ${sample}: wait until their retention ends, lift their legal hold, let the credentials delete versions, or set spec.deletionPolicy to Retain`;
    const fields = { emptying: { objectsDeleted, startedAt, message: message.slice(0, 1_024) } };
    return { type: 'Blocked', reason: 'ObjectsLocked', message, fields };
  }
  if (report.objectsDeleted === 0) {
    // Somebody fills it as fast as it is emptied, or its listing is behind: time heals, another try at once does not.
    const empty = `nothing is listed in bucket "${client.bucket}", and the service says that it is not empty`;
    throw new ReconcileError('Transient', empty, { reason: 'NotYetInEffect' });
  }
  const message = `${objectsDeleted} objects, versions, markers and uploads deleted so far`;
  return { type: 'InProgress', reason: 'Emptying', message, fields: { emptying: { objectsDeleted, startedAt } } };
}
