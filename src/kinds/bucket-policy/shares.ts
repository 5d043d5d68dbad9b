import type { Bucket } from '../../api/bucket.ts';
import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { parseKey } from '../../api/meta.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { PolicyDocument, Statement } from '../../wasabi/policy/document.ts';
import { type ClaimedBucket, followBucket } from '../claimed-bucket.ts';
import { keptOf, wasAccepted } from './acceptance.ts';
import { announcementsOf } from './announcement.ts';
import { documentOf, otherContribution, ownContribution, policiesOf } from './contributions.ts';
import { type Contribution, type DesiredPolicy, desiredPolicy, wantedDocument } from './desired.ts';
import { wasWritten } from './predecessor.ts';
import { bucketReference } from './references.ts';
import type { KnownRefusals } from './refusals.ts';

/**
 * The policy that the bucket of this object shall have.
 * @throws InvalidSpec, DependencyNotReady
 */
export function desiredFor(lookup: Lookup, resource: BucketPolicy, refusals: KnownRefusals): DesiredPolicy {
  const claimed = followBucket(lookup, resource, bucketReference(resource));
  const { name } = claimed.bucket.spec;
  const read = ownContribution(lookup, resource, claimed);
  const isNew = read.type === 'Share' && !wasAccepted(resource, read.share.document, name);
  const own = isNew ? unlessRefused(read, resource, name, refusals) : read;
  const others = othersOf(lookup, resource, claimed);
  const all = [resource, ...others];
  return desiredPolicy(
    own,
    contributionsOf(lookup, others, claimed),
    { uid: resource.metadata.uid, isNew },
    {
      wasWritten: all.some((each) => wasWritten(each, name)),
      announced: all.flatMap(announcementsOf),
    },
  );
}

/** What the service refused a moment ago is left out, and what the object had in the policy before stays. */
function unlessRefused(
  own: Extract<Contribution, { type: 'Share' }>,
  resource: BucketPolicy,
  bucket: string,
  refusals: KnownRefusals,
): Contribution {
  const error = refusals.of(resource, own.share.document);
  return error === undefined ? own : { type: 'Withheld', kept: keptOf(resource, bucket), error };
}

/** What the policy shall be once this object has no part in it any more; `undefined`: there shall be none. */
export function remainderFor(
  lookup: Lookup,
  resource: BucketPolicy,
  bucketName: string,
  found: PolicyDocument | undefined,
): PolicyDocument | undefined {
  const claimed = claimedBucketOf(lookup, resource, bucketName);
  if (claimed === undefined) return undefined;
  const others = contributionsOf(lookup, othersOf(lookup, resource, claimed), claimed);
  const written = { wasWritten: true, announced: [] };
  const desired = desiredPolicy(undefined, others, { uid: resource.metadata.uid, isNew: false }, written);
  return wantedDocument(desired, found, ownStatements(lookup, resource, claimed));
}

/** The Bucket of that name which the spec names; a spec that is none must not make us forget the others of the bucket. */
function claimedBucketOf(lookup: Lookup, resource: BucketPolicy, bucketName: string): ClaimedBucket | undefined {
  const named = lookup.get<Bucket>('Bucket', bucketReference(resource).key);
  const bucket =
    named?.spec.name === bucketName
      ? named
      : lookup.namesakes<Bucket>('Bucket', bucketName).find(({ status }) => status?.target?.name === bucketName);
  if (bucket?.status?.target === undefined) return undefined;
  const { namespace = '', name } = bucket.metadata;
  const { accountId, provider, region } = bucket.status.target;
  const found = lookup.get<ClaimedBucket['provider']>('Provider', parseKey(provider));
  return found === undefined
    ? undefined
    : { bucket: { ...bucket, metadata: { ...bucket.metadata, namespace, name } }, provider: found, accountId, region };
}

function othersOf(lookup: Lookup, resource: BucketPolicy, claimed: ClaimedBucket): readonly BucketPolicy[] {
  return policiesOf(lookup, claimed).filter(({ metadata }) => metadata.uid !== resource.metadata.uid);
}

function contributionsOf(lookup: Lookup, others: readonly BucketPolicy[], claimed: ClaimedBucket) {
  return others.flatMap((other) => otherContribution(lookup, other, claimed) ?? []);
}

/** What the spec of this object says, whether it can be written or not, as far as it can be read now. */
export function ownStatements(lookup: Lookup, resource: BucketPolicy, claimed: ClaimedBucket): readonly Statement[] {
  try {
    return documentOf(lookup, resource, claimed).Statement;
  } catch (thrown) {
    if (thrown instanceof ReconcileError) return [];
    throw thrown;
  }
}
