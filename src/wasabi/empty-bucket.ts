import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { Clock } from '../runtime/clock.ts';
import { ReconcileError, toReconcileError } from '../runtime/errors.ts';
import type { WasabiClient } from './clients.ts';
import { faultFactsOf } from './service-fault.ts';

/** What one DeleteObjects call takes. Source: S3 API Reference, DeleteObjects. */
const BATCH = 1_000;
/** A batch that the service fails on is divided down to this; smaller ones only when the document itself is refused. */
const SMALLEST_FAILED_BATCH = 125;
const SAMPLE = 10;

export interface EmptyingOptions {
  readonly bucket: string;
  readonly region: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** No new portion is begun after this long. */
  readonly budgetMs: number;
  /** Told after each portion how much is gone so far. */
  readonly onProgress?: (objectsDeleted: number) => void;
}

/** One version of an object, or a delete marker. `versionId` is `null` (the text) for those of an unversioned bucket. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
}

export interface EmptyingReport {
  /** Everything was seen, and nothing is left. false: call again. */
  readonly isEmpty: boolean;
  /** Versions, delete markers and unfinished uploads that this run removed. */
  readonly objectsDeleted: number;
  /** Versions that the service would not delete although we may: under retention or a legal hold. */
  readonly lockedCount: number;
  /** The first ten of them. */
  readonly lockedSample: readonly ObjectVersion[];
}

/** What happened to a portion. */
interface Portion {
  readonly deleted: number;
  readonly locked: readonly ObjectVersion[];
  /** Not deleted for a reason that passes. */
  readonly failed: number;
}

/**
 * Deletes what is in a bucket: every version, every delete marker, every unfinished upload. Works in portions until the
 * budget is used up and keeps nothing between runs: what is gone is not listed again. Locked versions are counted and
 * left alone.
 * @throws DependencyNotReady, Throttled, Transient (also when not one deletion of a run succeeded)
 */
export async function emptyBucket(client: WasabiClient, options: EmptyingOptions): Promise<EmptyingReport> {
  const untilMs = options.clock.monotonicMs() + options.budgetMs;
  const total = { deleted: 0, failed: 0, locked: 0, sample: [] as ObjectVersion[] };
  const isOver = () => options.signal.aborted || options.clock.monotonicMs() >= untilMs;
  const count = (portion: Portion) => {
    total.deleted += portion.deleted;
    total.failed += portion.failed;
    total.locked += portion.locked.length;
    total.sample.push(...portion.locked.slice(0, SAMPLE - total.sample.length));
    options.onProgress?.(total.deleted);
  };
  const hasSeenVersions = await deleteVersions(client, options, isOver, count);
  const hasSeenUploads = hasSeenVersions && (await abortUploads(client, options, isOver, count));
  if (total.failed > 0 && total.deleted === 0 && total.locked === 0) {
    throw new ReconcileError('Transient', `no object of bucket "${options.bucket}" could be deleted`, {
      reason: 'ServiceFailed',
    });
  }
  return {
    isEmpty: hasSeenUploads && total.locked === 0 && total.failed === 0,
    objectsDeleted: total.deleted,
    lockedCount: total.locked,
    lockedSample: total.sample,
  };
}

/** @returns whether the end of the list was reached */
async function deleteVersions(
  client: WasabiClient,
  options: EmptyingOptions,
  isOver: () => boolean,
  count: (portion: Portion) => void,
): Promise<boolean> {
  const { bucket, region, signal } = options;
  let after: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (after !== undefined) {
    if (isOver()) return false;
    const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({
      Bucket: bucket,
      MaxKeys: BATCH,
      EncodingType: 'url',
      ...after,
    });
    const page: ListObjectVersionsCommandOutput | undefined = await client.s3(command, {
      signal,
      region,
      absent: ['NoSuchBucket'],
    });
    if (page === undefined) return true;
    const decode = decoderFor(page.EncodingType);
    const versions = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].flatMap(({ Key, VersionId }) =>
      Key === undefined ? [] : [{ key: decode(Key), versionId: VersionId ?? 'null' }],
    );
    if (versions.length > 0) count(await deletePortion(client, options, versions));
    after = page.IsTruncated === true ? markersOf(page, decode) : undefined;
  }
  return true;
}

function markersOf(
  page: { readonly NextKeyMarker?: string | undefined; readonly NextVersionIdMarker?: string | undefined },
  decode: (text: string) => string,
): { KeyMarker?: string; VersionIdMarker?: string } | undefined {
  if (page.NextKeyMarker === undefined) return undefined;
  const { NextVersionIdMarker: version } = page;
  return { KeyMarker: decode(page.NextKeyMarker), ...(version === undefined ? {} : { VersionIdMarker: version }) };
}

/**
 * One batch; where the service refuses the document (special characters in a key) or fails on it, in ever smaller ones.
 * Both were met on Wasabi by a public bucket cleaner, which this follows.
 */
async function deletePortion(
  client: WasabiClient,
  options: EmptyingOptions,
  versions: readonly ObjectVersion[],
): Promise<Portion> {
  const { bucket, region, signal } = options;
  const Objects = versions.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
  const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
  try {
    const answer = await client.s3(command, { signal, region });
    const errors = (answer.Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey' && Code !== 'NoSuchVersion');
    const locked = errors.filter(({ Code }) => isLockCode(Code));
    return {
      deleted: versions.length - errors.length,
      locked: locked.map(({ Key = '', VersionId = 'null' }) => ({ key: Key, versionId: VersionId })),
      failed: errors.length - locked.length,
    };
  } catch (thrown) {
    if (!mayDivide(thrown, versions.length)) throw thrown;
    const first = versions[0];
    if (versions.length === 1 && first !== undefined) return deleteOne(client, options, first);
    const middle = Math.ceil(versions.length / 2);
    const left = await deletePortion(client, options, versions.slice(0, middle));
    const right = await deletePortion(client, options, versions.slice(middle));
    return {
      deleted: left.deleted + right.deleted,
      locked: [...left.locked, ...right.locked],
      failed: left.failed + right.failed,
    };
  }
}

function mayDivide(thrown: unknown, size: number): boolean {
  const facts = faultFactsOf(thrown);
  if (facts === undefined) return false;
  if (facts.code === 'MalformedXML' || toReconcileError(thrown).type === 'Unsupported') return true;
  return facts.status === 500 && size > SMALLEST_FAILED_BATCH;
}

async function deleteOne(client: WasabiClient, options: EmptyingOptions, version: ObjectVersion): Promise<Portion> {
  const { bucket, region, signal } = options;
  const command = new DeleteObjectCommand({ Bucket: bucket, Key: version.key, VersionId: version.versionId });
  try {
    await client.s3(command, { signal, region, absent: ['NoSuchKey', 'NoSuchVersion', 'NoSuchBucket'] });
    return { deleted: 1, locked: [], failed: 0 };
  } catch (thrown) {
    if (isLockCode(faultFactsOf(thrown)?.code)) return { deleted: 0, locked: [version], failed: 0 };
    throw thrown;
  }
}

/** @returns whether the end of the list was reached */
async function abortUploads(
  client: WasabiClient,
  options: EmptyingOptions,
  isOver: () => boolean,
  count: (portion: Portion) => void,
): Promise<boolean> {
  const { bucket, region, signal } = options;
  let after: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (after !== undefined) {
    if (isOver()) return false;
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: bucket,
      MaxUploads: BATCH,
      EncodingType: 'url',
      ...after,
    });
    const page: ListMultipartUploadsCommandOutput | undefined = await client.s3(command, {
      signal,
      region,
      absent: ['NoSuchBucket'],
    });
    const decode = decoderFor(page?.EncodingType);
    for (const { Key, UploadId } of page?.Uploads ?? []) {
      if (isOver()) return false;
      if (Key === undefined || UploadId === undefined) continue;
      const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: decode(Key), UploadId });
      await client.s3(command, { signal, region, absent: ['NoSuchUpload', 'NoSuchBucket'] });
      count({ deleted: 1, locked: [], failed: 0 });
    }
    const key: string | undefined = page?.IsTruncated === true ? page.NextKeyMarker : undefined;
    const upload: string | undefined = page?.NextUploadIdMarker;
    after =
      key === undefined
        ? undefined
        : { KeyMarker: decode(key), ...(upload === undefined ? {} : { UploadIdMarker: upload }) };
  }
  return true;
}

/** How servers refuse to delete a version under retention or a legal hold: AccessDenied on AWS, InvalidRequest on MinIO. */
function isLockCode(code: string | undefined): boolean {
  return code === 'AccessDenied' || code === 'ObjectLocked' || code === 'InvalidRequest';
}

/** Keys come URL-encoded where the service honours `encoding-type=url`: XML cannot hold every character of a key. */
function decoderFor(encoding: string | undefined): (text: string) => string {
  if (encoding !== 'url') return (text) => text;
  return (text) => decodeURIComponent(text.replaceAll('+', ' '));
}
