import { AbortMultipartUploadCommand, DeleteObjectCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import type { Clock } from '../runtime/clock.ts';
import { ReconcileError, toReconcileError } from '../runtime/errors.ts';
import {
  type BucketPlace,
  type ContentItem,
  type ContentList,
  type ContentMarker,
  type ContentPage,
  listContent,
} from './bucket-content.ts';
import type { WasabiClient } from './clients.ts';
import { faultFactsOf } from './service-fault.ts';

/** What one DeleteObjects call takes. Source: S3 API Reference, DeleteObjects. */
const BATCH = 1_000;
/** A batch that the service fails on is divided down to this; smaller ones only when the document itself is refused. */
const SMALLEST_FAILED_BATCH = 125;

/** Where a run stopped, and the next one goes on. */
export interface EmptyingCursor {
  readonly list: ContentList;
  /** Undefined: the beginning of that list. */
  readonly after: ContentMarker | undefined;
}

export interface EmptyingOptions extends BucketPlace {
  readonly clock: Clock;
  /** No new portion is begun after this long. */
  readonly budgetMs: number;
  /** Default: the beginning. */
  readonly from?: EmptyingCursor | undefined;
}

/** What one run did. */
export interface EmptyingReport {
  /** Undefined: it came to the end of what the bucket holds. */
  readonly next: EmptyingCursor | undefined;
  /** Versions, delete markers and unfinished uploads that it removed. */
  readonly deleted: number;
  /** Not deleted for a reason that passes. */
  readonly failed: number;
  /** The key of the first version, in the order of the list, that the service would not delete: under retention or a legal hold. */
  readonly firstLocked: string | undefined;
}

/** What happened to a page or to a part of it. */
type Portion = Omit<EmptyingReport, 'next'>;

const NOTHING: Portion = { deleted: 0, failed: 0, firstLocked: undefined };

/**
 * Deletes what is in a bucket: every version, every delete marker, every unfinished upload, in portions until the budget
 * is used up. Locked versions are left alone; the cursor leads past them.
 * @throws DependencyNotReady, Throttled, Transient (also when not one deletion of a run succeeded)
 */
export async function emptyBucket(client: WasabiClient, options: EmptyingOptions): Promise<EmptyingReport> {
  const untilMs = options.clock.monotonicMs() + options.budgetMs;
  const isOver = () => options.signal.aborted || options.clock.monotonicMs() >= untilMs;
  let at: EmptyingCursor | undefined = options.from ?? { list: 'versions', after: undefined };
  let total = NOTHING;
  while (at !== undefined && !isOver()) {
    const page: ContentPage = await listContent(client, options, at.list, { after: at.after, max: BATCH });
    const remove = at.list === 'versions' ? deleteVersions : abortUploads;
    const portion = await remove(client, options, page.items, isOver);
    total = sum(total, portion);
    // A page that was not finished is read again: what is gone is not in it any more.
    if (portion.isWhole) at = following(at.list, page);
  }
  if (total.failed > 0 && total.deleted === 0 && total.firstLocked === undefined) {
    throw new ReconcileError('Transient', `no object of bucket "${options.bucket}" could be deleted`, {
      reason: 'ServiceFailed',
    });
  }
  return { next: at, ...total };
}

function following(list: ContentList, { next }: ContentPage): EmptyingCursor | undefined {
  if (next !== undefined) return { list, after: next };
  return list === 'versions' ? { list: 'uploads', after: undefined } : undefined;
}

function sum(one: Portion, other: Portion): Portion {
  return {
    deleted: one.deleted + other.deleted,
    failed: one.failed + other.failed,
    firstLocked: one.firstLocked ?? other.firstLocked,
  };
}

type Removal = Portion & { readonly isWhole: boolean };

async function deleteVersions(
  client: WasabiClient,
  place: BucketPlace,
  versions: readonly ContentItem[],
): Promise<Removal> {
  const portion = versions.length === 0 ? NOTHING : await deletePortion(client, place, versions);
  return { ...portion, isWhole: true };
}

/**
 * One batch; where the service refuses the document (special characters in a key) or fails on it, in ever smaller ones.
 * Both were met on Wasabi by a public bucket cleaner, which this follows.
 */
async function deletePortion(
  client: WasabiClient,
  place: BucketPlace,
  versions: readonly ContentItem[],
): Promise<Portion> {
  const { bucket, region, signal } = place;
  const Objects = versions.map(({ key, id }) => ({ Key: key, VersionId: id }));
  const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
  try {
    const answer = await client.s3(command, { signal, region });
    const errors = (answer.Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey' && Code !== 'NoSuchVersion');
    const locked = errors.filter(({ Code }) => isLockCode(Code));
    // The answer may be in any order: what is told of it must not change with that.
    const lockedKeys = new Set(locked.map(({ Key }) => Key));
    return {
      deleted: versions.length - errors.length,
      failed: errors.length - locked.length,
      firstLocked: versions.find(({ key }) => lockedKeys.has(key))?.key,
    };
  } catch (thrown) {
    if (!mayDivide(thrown, versions.length)) throw thrown;
    const first = versions[0];
    if (versions.length === 1 && first !== undefined) return deleteOne(client, place, first);
    const middle = Math.ceil(versions.length / 2);
    const left = await deletePortion(client, place, versions.slice(0, middle));
    return sum(left, await deletePortion(client, place, versions.slice(middle)));
  }
}

function mayDivide(thrown: unknown, size: number): boolean {
  const facts = faultFactsOf(thrown);
  if (facts === undefined) return false;
  if (facts.code === 'MalformedXML' || toReconcileError(thrown).type === 'Unsupported') return true;
  return facts.status === 500 && size > SMALLEST_FAILED_BATCH;
}

async function deleteOne(client: WasabiClient, place: BucketPlace, version: ContentItem): Promise<Portion> {
  const { bucket, region, signal } = place;
  const command = new DeleteObjectCommand({ Bucket: bucket, Key: version.key, VersionId: version.id });
  try {
    await client.s3(command, { signal, region, absent: ['NoSuchKey', 'NoSuchVersion', 'NoSuchBucket'] });
    return { ...NOTHING, deleted: 1 };
  } catch (thrown) {
    if (isLockCode(faultFactsOf(thrown)?.code)) return { ...NOTHING, firstLocked: version.key };
    throw thrown;
  }
}

/** One call each: there is no batch for them. */
async function abortUploads(
  client: WasabiClient,
  { bucket, region, signal }: BucketPlace,
  uploads: readonly ContentItem[],
  isOver: () => boolean,
): Promise<Removal> {
  let deleted = 0;
  for (const { key, id } of uploads) {
    if (isOver()) break;
    const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: id });
    await client.s3(command, { signal, region, absent: ['NoSuchUpload', 'NoSuchBucket'] });
    deleted += 1;
  }
  return { ...NOTHING, deleted, isWhole: deleted === uploads.length };
}

/** How servers refuse to delete a version under retention or a legal hold: AccessDenied on AWS, InvalidRequest on MinIO. */
function isLockCode(code: string | undefined): boolean {
  return code === 'AccessDenied' || code === 'ObjectLocked' || code === 'InvalidRequest';
}
