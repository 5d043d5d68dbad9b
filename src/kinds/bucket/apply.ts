import { type BucketLocationConstraint, CreateBucketCommand } from '@aws-sdk/client-s3';
import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import { FIRST_REGION } from '../../wasabi/endpoints.ts';
import { faultCodeOf } from '../../wasabi/service-fault.ts';
import type { ServiceChange } from './diff.ts';
import { type BucketClient, bucketAccess } from './observe.ts';
import type { Setting } from './setting.ts';
import { readTags, writeTags } from './settings/tags.ts';
import { settings } from './settings.ts';

/** Whole seconds of the service's clock on both sides, and its own delays. */
const SKEW_MS = 5_000;
/** Of a create that took no longer than this, the time of the answer is the time of the creation. */
const SURE_MS = 2_000;

/** Makes one change of a bucket. Safe to repeat. */
export async function applyBucket(
  client: BucketClient,
  wantedRegion: string,
  change: ServiceChange,
  signal: AbortSignal,
): Promise<void> {
  client.lastRead = undefined;
  const region = client.knownRegion ?? wantedRegion;
  if (change.type === 'Create') return createBucket(client, wantedRegion, change.hasObjectLock, signal);
  if (change.type === 'Set:tagging') {
    const access = { wasabi: client.wasabi, bucket: client.bucket, region, signal };
    return rememberingUnsupported(client, 'tagging', () => writeTags(access, change.tags));
  }
  // A change carries the value of the setting of its own name.
  const setting = settings[change.name] as Setting<unknown>;
  const access = bucketAccess(client, region, signal);
  return rememberingUnsupported(client, change.name, () => setting.write(access, change.to));
}

/**
 * Creates the bucket in its region. us-east-1 answers 200 for a bucket that is there already, so only its time of
 * creation tells whether this call made it.
 */
async function createBucket(
  client: BucketClient,
  region: string,
  hasObjectLock: boolean,
  signal: AbortSignal,
): Promise<void> {
  const sentAt = client.clock.monotonicMs();
  const constraint = region === FIRST_REGION ? undefined : (region as BucketLocationConstraint); // regions are data
  const command = new CreateBucketCommand({
    Bucket: client.bucket,
    ...(constraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint: constraint } }),
    ...(hasObjectLock ? { ObjectLockEnabledForBucket: true } : {}),
  });
  try {
    await client.wasabi.s3(command, { region, signal });
  } catch (thrown) {
    if (faultCodeOf(thrown) !== 'BucketAlreadyOwnedByYou') throw thrown;
    // Our own earlier answer may have been lost, or somebody else of the account was first: the next pass looks.
    throw new ReconcileError('Transient', `bucket "${client.bucket}" appeared meanwhile`, {
      reason: 'Conflict',
      cause: thrown,
    });
  }
  client.knownRegion = region;
  const tookMs = client.clock.monotonicMs() - sentAt;
  const nowMs = client.clock.now() + client.wasabi.clockOffsetMs();
  if (region !== FIRST_REGION && tookMs < SURE_MS) {
    client.createdAtMs = nowMs;
    client.isNew = true;
    return;
  }
  const listed = await client.index.creationTimeOf(client.bucket, { signal, freshSinceMonotonicMs: sentAt });
  if (region === FIRST_REGION && listed === undefined) await checkUntouched(client, region, signal);
  if (region === FIRST_REGION && listed !== undefined && listed < nowMs - SKEW_MS - tookMs) {
    throw new ReconcileError(
      'InvalidSpec',
      `bucket "${client.bucket}" was created by somebody else of this account a moment ago: set spec.adoptionPolicy to AdoptOrCreate to take it over`,
      { reason: 'AlreadyExists' },
    );
  }
  client.createdAtMs = listed;
  client.isNew = region !== FIRST_REGION || listed !== undefined;
}

/** Without a time of creation only what is on the bucket can tell: one that was made just now has no tags. */
async function checkUntouched(client: BucketClient, region: string, signal: AbortSignal): Promise<void> {
  const tags = await readTags({ wasabi: client.wasabi, bucket: client.bucket, region, signal }).catch(
    (thrown: unknown) => {
      if (toReconcileError(thrown).type === 'Unsupported') return {};
      throw thrown;
    },
  );
  if (Object.keys(tags).length === 0) return;
  throw new ReconcileError('Transient', `bucket "${client.bucket}" appeared meanwhile`, { reason: 'Conflict' });
}

async function rememberingUnsupported(client: BucketClient, name: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    if (toReconcileError(thrown).type === 'Unsupported') client.unsupported.remember(client.service, name);
    throw thrown;
  }
}
