import { DeleteBucketTaggingCommand, GetBucketTaggingCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import type { Bucket } from '../../../api/bucket.ts';
import { GROUP } from '../../../api/meta.ts';
import { OWNER_TAG } from '../../../managed/marker.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import type { TagAccess } from '../setting.ts';

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** Keys of the operator's own; never shown as drift, never taken from the spec. */
const OWN_PREFIX = `${GROUP}/`;

/** Pure. The user's tags as the spec wants them; undefined: not managed. */
export function wantedTags(spec: Bucket['spec']): Tags | undefined {
  if (spec.tagging === undefined) return undefined;
  return { ...spec.tagging?.tags };
}

/**
 * Pure. The whole set to write, since the service replaces all tags at once; undefined when the found set is right. Tags
 * that are not managed stay, and a marker that is not ours to write stays as it is.
 * @param marker the text of the ownership tag; undefined: the one found stays
 */
export function tagsToWrite(found: Tags, wanted: Tags | undefined, marker: string | undefined): Tags | undefined {
  const own = Object.entries(found).filter(([key]) => key.startsWith(OWN_PREFIX));
  const others = Object.entries(found).filter(([key]) => !key.startsWith(OWN_PREFIX));
  const next = Object.fromEntries([
    ...(wanted === undefined ? others : Object.entries(wanted)),
    ...own,
    ...(marker === undefined ? [] : [[OWNER_TAG, marker]]),
  ]) as Tags;
  const isSame =
    Object.keys(next).length === Object.keys(found).length &&
    Object.entries(next).every(([key, value]) => Object.hasOwn(found, key) && found[key] === value);
  return isSame ? undefined : next;
}

/**
 * All tags of the bucket.
 * @throws Unsupported; NoSuchBucket as any error, with that code in its cause; Transient, reason UnreadableAnswer
 */
export async function readTags({ wasabi, bucket, region, signal }: TagAccess): Promise<Tags> {
  const answer = await wasabi.s3(new GetBucketTaggingCommand({ Bucket: bucket }), {
    region,
    signal,
    absent: ['NoSuchTagSet'],
  });
  if (answer === undefined) return {};
  if (answer.TagSet === undefined) {
    // Taken for a bucket without tags, it would cost the bucket all tags that are not ours with our next write.
    throw new ReconcileError(
      'Transient',
      `bucket "${bucket}": the answer to GetBucketTagging holds no TagSet; a proxy or another server may be in the way`,
      { reason: 'UnreadableAnswer' },
    );
  }
  // `fromEntries` makes every key an own one, `__proto__` included: a tag of that name is a tag like any other.
  return Object.fromEntries(answer.TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Replaces all tags. A set without any, of a bucket that does not carry our marker, is taken away. */
export async function writeTags({ wasabi, bucket, region, signal }: TagAccess, tags: Tags): Promise<void> {
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  if (TagSet.length === 0) {
    await wasabi.s3(new DeleteBucketTaggingCommand({ Bucket: bucket }), { region, signal });
    return;
  }
  await wasabi.s3(new PutBucketTaggingCommand({ Bucket: bucket, Tagging: { TagSet } }), { region, signal });
}
