import { isDeepStrictEqual } from 'node:util';
import { GetBucketLocationCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import type { Bucket } from '../../api/bucket.ts';
import type { Provider } from '../../api/provider.ts';
import { OWNER_TAG } from '../../managed/marker.ts';
import type { RecentReading } from '../../managed/recent-readings.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import type { BucketIndex } from '../../wasabi/buckets.ts';
import type { WasabiClient } from '../../wasabi/clients.ts';
import { FIRST_REGION, isRegionName } from '../../wasabi/endpoints.ts';
import { faultCodeOf } from '../../wasabi/service-fault.ts';
import type { UnsupportedCalls } from '../../wasabi/unsupported.ts';
import type { ChildChange } from './children/desired.ts';
import type { FoundChildren } from './children/found.ts';
import type { Deletions } from './deletions.ts';
import type { DesiredBucket } from './desired.ts';
import type { BucketAccess, Setting, TagAccess } from './setting.ts';
import { readTags, type Tags } from './settings/tags.ts';
import { type Found, type SettingName, settings } from './settings.ts';

/** One bucket, reached for one pass, with what earlier passes and this one know of it. */
export interface BucketClient {
  readonly wasabi: WasabiClient;
  /** Whose bucket it is and who is called, for the words of a failure. */
  readonly resource: Bucket;
  readonly provider: Provider;
  /** The Provider and its endpoint, for the memory of unsupported calls. */
  readonly service: string;
  /** Of the credentials: others may be allowed what these are not. */
  readonly secretVersion: string;
  readonly providerType: 'wasabi' | 's3';
  readonly bucket: string;
  /** The marker of this very object: a bucket that carries it needs no further proof. */
  readonly ownMarker: string;
  readonly index: BucketIndex;
  readonly unsupported: UnsupportedCalls;
  readonly deletions: Deletions;
  readonly clock: Clock;
  /** The objects that have the names of this Bucket's children, as they are now. */
  readonly findChildren: () => FoundChildren;
  readonly applyToChild: (change: ChildChange, signal: AbortSignal) => Promise<void>;
  /** Where the bucket is, once it is known: read before, or created by this pass. */
  knownRegion: string | undefined;
  /** The bucket as this pass read it, unless it wrote to it since. */
  lastRead: ObservedBucket | undefined;
  /** When the bucket was created, as far as this pass read or did it; on the service's clock, milliseconds since the epoch. */
  createdAtMs: number | undefined;
  /** Whether this pass is proven to have made the bucket. */
  isNew: boolean;
}

/** A bucket as it was read. */
export interface ObservedBucket {
  readonly region: string;
  readonly isWrongRegion: boolean;
  readonly tags: Tags;
  /** False where the service has no tagging: the marker cannot be kept there. */
  readonly canTag: boolean;
  readonly marker: string | undefined;
  /** Whether the time of creation is for life: elsewhere than on Wasabi it may move with every change of the bucket. */
  readonly hasFixedCreationTime: boolean;
  /** On the service's clock. Present when this pass needed it to prove ownership, or created the bucket. */
  readonly createdAtMs: number | undefined;
  readonly settings: Found;
  /** Settings whose call the service lacks. */
  readonly unsupported: readonly SettingName[];
  readonly children: FoundChildren;
  /** Settings that could not be read this time; the others are not kept from being compared. */
  readonly failures: readonly { readonly name: SettingName; readonly error: ReconcileError }[];
}

/** How the tag call is named in the memory of unsupported calls; settings go by their own names. */
const TAGGING = 'tagging';

/**
 * Reads a bucket: its tags, where it is, when it was made (if needed as proof), and the managed settings. What this pass
 * has read and not written since is not read again: only the children may have changed.
 */
export async function observeBucket(
  client: BucketClient,
  wantedRegion: string,
  desired: DesiredBucket | undefined,
  signal: AbortSignal,
): Promise<ObservedBucket | undefined> {
  if (desired === undefined) return readBucket(client, wantedRegion, desired, signal);
  const read = client.lastRead ?? (await readBucket(client, wantedRegion, desired, signal));
  client.lastRead = read;
  return read && { ...read, children: client.findChildren() };
}

/** What an earlier pass read, when nothing but the children is wanted in another way now: as if this pass had read it. */
export function recallBucket(
  client: BucketClient,
  desired: DesiredBucket,
  recent: RecentReading<DesiredBucket, ObservedBucket>,
): ObservedBucket | undefined {
  const { children: _children, ...wanted } = desired;
  const { children: _then, ...wantedThen } = recent.desired;
  if (!isDeepStrictEqual(wanted, wantedThen)) return undefined;
  client.lastRead = recent.observed;
  client.knownRegion = recent.observed.region;
  client.createdAtMs = recent.observed.createdAtMs;
  return { ...recent.observed, children: client.findChildren() };
}

async function readBucket(
  client: BucketClient,
  wantedRegion: string,
  desired: DesiredBucket | undefined,
  signal: AbortSignal,
): Promise<ObservedBucket | undefined> {
  const place = client.knownRegion ?? wantedRegion;
  const base = { wasabi: client.wasabi, bucket: client.bucket, region: place, signal };
  const tags = await readOwnTags(client, base);
  if (tags === undefined) return undefined;
  client.knownRegion ??= await readRegion(client, place, signal);
  const marker = tags === 'Unsupported' ? undefined : tags[OWNER_TAG];
  if (marker !== client.ownMarker) client.createdAtMs = await readCreationTime(client, signal);
  const observed = {
    region: client.knownRegion,
    isWrongRegion: client.knownRegion !== wantedRegion,
    tags: tags === 'Unsupported' ? {} : tags,
    canTag: tags !== 'Unsupported',
    hasFixedCreationTime: client.providerType === 'wasabi',
    marker,
    createdAtMs: client.createdAtMs,
    children: client.findChildren(),
  };
  if (desired === undefined || observed.isWrongRegion) {
    return { ...observed, settings: {}, unsupported: [], failures: [] };
  }
  return { ...observed, ...(await readSettings(bucketAccess(client, client.knownRegion, signal), desired)) };
}

/** What the settings of this bucket read and write through. */
export function bucketAccess(client: BucketClient, region: string, signal: AbortSignal): BucketAccess {
  return {
    wasabi: client.wasabi,
    bucket: client.bucket,
    region,
    signal,
    isNew: client.isNew,
    isUnsupported: (name) => client.unsupported.isKnown(client.service, name),
    rememberUnsupported: (name) => client.unsupported.remember(client.service, name),
  };
}

/** `undefined`: the service itself says that there is no such bucket; every other refusal is an error, never absence. */
async function readOwnTags(client: BucketClient, access: TagAccess): Promise<Tags | 'Unsupported' | undefined> {
  if (!client.unsupported.isKnown(client.service, TAGGING)) {
    try {
      return await readTags(access);
    } catch (thrown) {
      if (faultCodeOf(thrown) === 'NoSuchBucket') return undefined;
      if (toReconcileError(thrown).type !== 'Unsupported') throw thrown;
      client.unsupported.remember(client.service, TAGGING);
    }
  }
  const { wasabi, bucket, region, signal } = access;
  const answer = await wasabi.s3(new HeadBucketCommand({ Bucket: bucket }), {
    region,
    signal,
    absent: ['NoSuchBucket', 'NotFound'],
  });
  return answer === undefined ? undefined : 'Unsupported';
}

/** Any endpoint answers it. An empty answer is us-east-1, and `EU` is an old name. Source: docs/wasabi.md, location. @throws Transient, reason UnreadableAnswer */
async function readRegion(client: BucketClient, place: string, signal: AbortSignal): Promise<string> {
  const answer = await client.wasabi.s3(new GetBucketLocationCommand({ Bucket: client.bucket }), {
    region: place,
    signal,
  });
  const location: string | undefined = answer.LocationConstraint;
  if (location === undefined || location === '') return client.providerType === 'wasabi' ? FIRST_REGION : place;
  if (location === 'EU') return 'eu-west-1';
  if (isRegionName(location)) return location;
  throw new ReconcileError(
    'Transient',
    `bucket "${client.bucket}": the answer to GetBucketLocation names no region; a proxy or another server may be in the way`,
    { reason: 'UnreadableAnswer' },
  );
}

/** As the listing says it; the credentials may not be allowed to list. */
async function readCreationTime(client: BucketClient, signal: AbortSignal): Promise<number | undefined> {
  if (client.createdAtMs !== undefined) return client.createdAtMs;
  return client.index.creationTimeOf(client.bucket, { signal, freshSinceMonotonicMs: client.clock.monotonicMs() });
}

async function readSettings(
  access: BucketAccess,
  desired: DesiredBucket,
): Promise<Pick<ObservedBucket, 'settings' | 'unsupported' | 'failures'>> {
  const names = Object.keys(desired.settings) as SettingName[]; // the keys of `Wanted`
  const reads = await Promise.all(names.map((name) => readSetting(access, name, desired)));
  return {
    // Each value comes from the setting of its own name.
    settings: Object.fromEntries(reads.flatMap((read) => ('found' in read ? [[read.name, read.found]] : []))) as Found,
    unsupported: reads.flatMap((read) => ('isUnsupported' in read ? [read.name] : [])),
    failures: reads.flatMap((read) => ('error' in read ? [{ name: read.name, error: read.error }] : [])),
  };
}

type SettingRead =
  | { readonly name: SettingName; readonly found: unknown }
  | { readonly name: SettingName; readonly isUnsupported: true }
  | { readonly name: SettingName; readonly error: ReconcileError };

async function readSetting(access: BucketAccess, name: SettingName, desired: DesiredBucket): Promise<SettingRead> {
  // A setting and its wanted value go by the same name, which the compiler cannot follow through the union.
  const setting = settings[name] as Setting<unknown>;
  const wanted = desired.settings[name] ?? null;
  if (access.isUnsupported(name) && name !== 'publicAccess') return { name, isUnsupported: true };
  try {
    return { name, found: await setting.read(access, wanted) };
  } catch (thrown) {
    const error = toReconcileError(thrown);
    if (error.type !== 'Unsupported') return { name, error };
    access.rememberUnsupported(name);
    return { name, isUnsupported: true };
  }
}
