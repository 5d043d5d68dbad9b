import { isProtected } from './object-lock.ts';
import { type Bucket, DAY_MS, type ObjectVersion, type State, type Tag, touch, type Upload } from './state.ts';
import { lifecycleRulesOf, type Rule } from './subresources/lifecycle.ts';
import { deleteMarker, nextVersionId, pushVersion, removeVersion } from './versions.ts';

/** Unfinished uploads go by themselves after so long (W46). */
const UPLOAD_DAYS = 31;

/**
 * Does what the lifecycle rules of a bucket ask for at one midnight (W16), and takes old uploads away. New rules count
 * from the first midnight that is a day after they were put. What is locked or held stays.
 */
export function expire(state: State, bucket: Bucket, midnightMs: number): void {
  const isSettled = bucket.lifecycleSinceMs === undefined || bucket.lifecycleSinceMs + DAY_MS <= midnightMs;
  const rules = isSettled ? lifecycleRulesOf(bucket).filter(({ Status }) => Status === 'Enabled') : [];
  const run: Run = { state, bucket, midnightMs };
  if (rules.length > 0) {
    for (const key of bucket.objects.keys()) {
      expireNoncurrent(run, key, rules);
      expireLoneMarker(run, key, rules);
      expireCurrent(run, key, rules);
    }
  }
  for (const upload of bucket.uploads.values()) expireUpload(run, upload, rules);
}

interface Run {
  readonly state: State;
  readonly bucket: Bucket;
  readonly midnightMs: number;
}

function isOver({ midnightMs }: Run, sinceMs: number, days: number): boolean {
  return sinceMs + days * DAY_MS <= midnightMs;
}

function expireNoncurrent(run: Run, key: string, rules: readonly Rule[]): void {
  const versions = bucketVersions(run, key);
  versions.forEach((version, index) => {
    const successor = versions[index - 1];
    if (successor === undefined || isProtected(run.bucket, version, run.midnightMs)) return;
    const isDue = rules.some((rule) => {
      const { NoncurrentDays, NewerNoncurrentVersions: kept = 0 } = rule.NoncurrentVersionExpiration ?? {};
      if (NoncurrentDays === undefined || index <= kept || !fits(rule, key, version)) return false;
      return isOver(run, successor.lastModifiedMs, NoncurrentDays);
    });
    if (isDue) removeVersion(run.state, run.bucket, key, version);
  });
}

/** A delete marker that hides nothing any more. */
function expireLoneMarker(run: Run, key: string, rules: readonly Rule[]): void {
  const [marker, ...others] = bucketVersions(run, key);
  if (marker === undefined || !marker.isDeleteMarker || others.length > 0) return;
  const isDue = rules.some((rule) => {
    if (!fits(rule, key, marker)) return false;
    return rule.Expiration?.ExpiredObjectDeleteMarker === true || isExpired(run, rule, marker);
  });
  if (isDue) removeVersion(run.state, run.bucket, key, marker);
}

function expireCurrent(run: Run, key: string, rules: readonly Rule[]): void {
  const { state, bucket, midnightMs } = run;
  const [current] = bucketVersions(run, key);
  if (current === undefined || current.isDeleteMarker) return;
  if (!rules.some((rule) => fits(rule, key, current) && isExpired(run, rule, current))) return;
  // A marker takes nothing away, unless it takes the place of the version itself.
  const isTaken = bucket.versioning !== 'Enabled' && current.versionId === 'null';
  if (isTaken && isProtected(bucket, current, midnightMs)) return;
  if (bucket.versioning === undefined) removeVersion(state, bucket, key, current);
  else pushVersion(state, bucket, key, deleteMarker(nextVersionId(state, bucket, midnightMs), midnightMs));
}

function isExpired(run: Run, { Expiration }: Rule, { lastModifiedMs }: ObjectVersion): boolean {
  const { Days, Date: date } = Expiration ?? {};
  if (Days !== undefined) return isOver(run, lastModifiedMs, Days);
  return date !== undefined && Date.parse(date) <= run.midnightMs;
}

/** The size of an upload is not known: a rule about sizes ends none. */
function expireUpload(run: Run, upload: Upload, rules: readonly Rule[]): void {
  const { state, bucket } = run;
  const isDue = rules.some((rule) => {
    const days = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation;
    const { prefix, tags, isAboutSizes } = conditionsOf(rule);
    if (days === undefined || isAboutSizes || !upload.key.startsWith(prefix)) return false;
    return hasAll(upload.tags, tags) && isOver(run, upload.initiatedMs, days);
  });
  if (!isDue && !isOver(run, upload.initiatedMs, UPLOAD_DAYS)) return;
  for (const part of upload.parts.values()) state.bodies.drop(part.bodyId);
  bucket.uploads.delete(upload.uploadId);
  touch(state);
}

function bucketVersions({ bucket }: Run, key: string): readonly ObjectVersion[] {
  return bucket.objects.get(key) ?? [];
}

/** Whether a rule is about that version. */
function fits(rule: Rule, key: string, { sizeBytes, tags }: ObjectVersion): boolean {
  const { prefix, tags: wanted, above, below } = conditionsOf(rule);
  const isOfSize = sizeBytes > (above ?? -1) && sizeBytes < (below ?? Number.POSITIVE_INFINITY);
  return key.startsWith(prefix) && hasAll(tags, wanted) && isOfSize;
}

function hasAll(tags: readonly Tag[] = [], wanted: readonly Tag[]): boolean {
  return wanted.every(({ Key, Value }) => tags.some((tag) => tag.Key === Key && tag.Value === Value));
}

function conditionsOf({ Prefix, Filter }: Rule) {
  const { And, Tag: tag } = Filter ?? {};
  const above = And?.ObjectSizeGreaterThan ?? Filter?.ObjectSizeGreaterThan;
  const below = And?.ObjectSizeLessThan ?? Filter?.ObjectSizeLessThan;
  return {
    prefix: And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '',
    tags: And?.Tag ?? (tag === undefined ? [] : [tag]),
    above,
    below,
    isAboutSizes: above !== undefined || below !== undefined,
  };
}
