import {
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
} from '@aws-sdk/client-s3';
import type { WasabiClient } from './clients.ts';

/** A bucket, and how it is reached. */
export interface BucketPlace {
  readonly bucket: string;
  /** Decides endpoint and signing region. */
  readonly region: string;
  readonly signal: AbortSignal;
}

/**
 * One thing that keeps a bucket from being empty. `id`: of a version or delete marker its version id (`null`, the text,
 * in an unversioned bucket), of an unfinished upload its upload id.
 */
export interface ContentItem {
  readonly key: string;
  readonly id: string;
}

/** The two lists that together are all that a bucket holds: versions with delete markers, and unfinished uploads. */
export type ContentList = 'versions' | 'uploads';

/** The place behind an item: a page begins there. */
export interface ContentMarker {
  readonly key: string;
  readonly id: string | undefined;
}

export interface ContentPage {
  readonly items: readonly ContentItem[];
  /** Where the next page begins; undefined: this is the last one. */
  readonly next: ContentMarker | undefined;
}

const PAGES = { versions: versionsPage, uploads: uploadsPage } as const;
const GONE: ContentPage = { items: [], next: undefined };

/**
 * One page of what a bucket holds, in the order of the service. A bucket that is gone holds nothing.
 * @param options after: where the page begins; default: at the beginning. max: items, at most 1,000
 * @throws DependencyNotReady, Throttled, Transient
 */
export async function listContent(
  client: WasabiClient,
  place: BucketPlace,
  list: ContentList,
  options: { readonly after?: ContentMarker | undefined; readonly max: number },
): Promise<ContentPage> {
  const page = await PAGES[list](client, place, options.after, options.max);
  const { after } = options;
  // A list that does not move on would never end.
  const isStuck = page.next !== undefined && page.next.key === after?.key && page.next.id === after.id;
  return isStuck ? { ...page, next: undefined } : page;
}

/**
 * Until when the service keeps that version from being deleted: milliseconds since the epoch on its clock, Infinity for
 * a legal hold; undefined: it is not locked, or not there.
 * @throws DependencyNotReady, reason AccessDenied, when the credentials may not look
 */
export async function lockedUntilMs(
  client: WasabiClient,
  place: BucketPlace,
  version: ContentItem,
): Promise<number | undefined> {
  const { bucket, region, signal } = place;
  const command = new HeadObjectCommand({ Bucket: bucket, Key: version.key, VersionId: version.id });
  const found = await client.s3(command, { region, signal, absent: ['NotFound'] });
  if (found?.ObjectLockLegalHoldStatus?.toUpperCase() === 'ON') return Number.POSITIVE_INFINITY;
  return found?.ObjectLockRetainUntilDate?.getTime();
}

async function versionsPage(
  client: WasabiClient,
  { bucket, region, signal }: BucketPlace,
  after: ContentMarker | undefined,
  max: number,
): Promise<ContentPage> {
  const command = new ListObjectVersionsCommand({
    Bucket: bucket,
    MaxKeys: max,
    EncodingType: 'url',
    ...(after === undefined ? {} : { KeyMarker: after.key, VersionIdMarker: after.id }),
  });
  const page: ListObjectVersionsCommandOutput | undefined = await client.s3(command, {
    signal,
    region,
    absent: ['NoSuchBucket'],
  });
  if (page === undefined) return GONE;
  const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
  const pairs = found.map(({ Key, VersionId }) => [Key, VersionId ?? 'null'] as const);
  const next = page.IsTruncated === true ? page.NextKeyMarker : undefined;
  return decoded(page.EncodingType, pairs, next, page.NextVersionIdMarker);
}

async function uploadsPage(
  client: WasabiClient,
  { bucket, region, signal }: BucketPlace,
  after: ContentMarker | undefined,
  max: number,
): Promise<ContentPage> {
  const command = new ListMultipartUploadsCommand({
    Bucket: bucket,
    MaxUploads: max,
    EncodingType: 'url',
    ...(after === undefined ? {} : { KeyMarker: after.key, UploadIdMarker: after.id }),
  });
  const page: ListMultipartUploadsCommandOutput | undefined = await client.s3(command, {
    signal,
    region,
    absent: ['NoSuchBucket'],
  });
  if (page === undefined) return GONE;
  const pairs = (page.Uploads ?? []).map(({ Key, UploadId }) => [Key, UploadId] as const);
  const next = page.IsTruncated === true ? page.NextKeyMarker : undefined;
  return decoded(page.EncodingType, pairs, next, page.NextUploadIdMarker);
}

/** Keys come URL-encoded where the service honours `encoding-type=url`: XML cannot hold every character of a key. */
function decoded(
  encoding: string | undefined,
  pairs: readonly (readonly [key: string | undefined, id: string | undefined])[],
  nextKey: string | undefined,
  nextId: string | undefined,
): ContentPage {
  const decode = (text: string) => (encoding === 'url' ? decodeURIComponent(text.replaceAll('+', ' ')) : text);
  return {
    items: pairs.flatMap(([key, id]) => (key === undefined || id === undefined ? [] : [{ key: decode(key), id }])),
    next: nextKey === undefined ? undefined : { key: decode(nextKey), id: nextId },
  };
}
