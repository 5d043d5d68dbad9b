import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { keyOf } from '../../api/meta.ts';
import type { User } from '../../api/user.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { withAccount } from '../../wasabi/policy/arn.ts';
import { resourcesOutside } from '../../wasabi/policy/bucket-resources.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { lockOuts } from '../../wasabi/policy/lock-out.ts';
import { parseSpecPolicy } from '../../wasabi/policy/parse.ts';
import { grantsToEveryone } from '../../wasabi/policy/public-access.ts';
import type { ClaimedBucket } from '../claimed-bucket.ts';
import { heldTarget } from '../held-target.ts';
import { isSameAccount, toldApart } from '../same-account.ts';
import { keptOf, statementHash, wasAccepted } from './acceptance.ts';
import type { Contribution } from './desired.ts';
import { wasWritten } from './predecessor.ts';
import { bucketReference, principalReferences } from './references.ts';

/** All BucketPolicies, this one too, whose `bucketRef` names that Bucket and that are not being deleted. */
export function policiesOf(lookup: Lookup, { bucket }: ClaimedBucket): readonly BucketPolicy[] {
  return [...lookup.referrers(bucket)]
    .filter(
      ({ resource, references }) =>
        resource.kind === 'BucketPolicy' && references.some(({ path }) => path === 'spec.bucketRef'),
    )
    .map(({ resource }) => resource as BucketPolicy) // of that kind
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/**
 * What this object adds.
 * @throws InvalidSpec when its policy is none, DependencyNotReady while a User that it names has no ARN
 */
export function ownContribution(lookup: Lookup, resource: BucketPolicy, claimed: ClaimedBucket): Contribution {
  const document = documentOf(lookup, resource, claimed);
  const { name } = claimed.bucket.spec;
  const outside = resourcesOutside(document, name);
  if (outside.length > 0) {
    // What it has in the policy stays, and what its bucket has to tell is told.
    const error = new ReconcileError('InvalidSpec', outside.map((problem) => `spec.policy.${problem}`).join('; '));
    return { type: 'Withheld', kept: keptOf(resource, name), error };
  }
  const refusal = refusalOf(document, claimed);
  if (refusal !== undefined) return { type: 'Refused', error: refusal };
  const { uid, creationTimestamp } = resource.metadata;
  return { type: 'Share', key: keyOf(resource), share: { owner: uid, uid, createdAt: creationTimestamp, document } };
}

/**
 * What another object adds; `undefined`: it has no part in the policy. Statements that the service has not accepted yet come
 * into the policy by the pass of their own object alone: one that it refuses stops no other object.
 */
export function otherContribution(
  lookup: Lookup,
  other: BucketPolicy,
  claimed: ClaimedBucket,
): Contribution | undefined {
  if (other.spec.mode === 'Observe') return undefined;
  const { name } = claimed.bucket.spec;
  const kept = keptOf(other, name);
  // Suspended: what it has stays, what it has not does not come.
  if (other.spec.suspend === true && !wasWritten(other, name)) return undefined;
  if (!lookup.isPermitted(other, bucketReference(other))) return { type: 'Withheld', kept };
  try {
    const contribution = ownContribution(lookup, other, claimed);
    if (contribution.type !== 'Share') return contribution;
    const { document } = contribution.share;
    if (wasAccepted(other, document, name)) return contribution;
    // Found in the policy, they were accepted, though their object has had no time to note it.
    return { type: 'Withheld', kept: kept === 'All' ? kept : [...kept, ...document.Statement.map(statementHash)] };
  } catch (thrown) {
    if (thrown instanceof ReconcileError) return { type: 'Withheld', kept };
    throw thrown;
  }
}

/** The document that the spec means: principals resolved, accounts filled in. */
export function documentOf(
  lookup: Lookup,
  resource: BucketPolicy,
  { provider, accountId }: ClaimedBucket,
): PolicyDocument {
  const own = { provider: keyOf(provider), accountId };
  const document = parseSpecPolicy(resource.spec.policy, {
    place: 'Bucket',
    principalRefs: (index) =>
      principalReferences(resource, index).map((reference) => {
        const user = lookup.follow<User>(resource, reference);
        const { arn } = user.status ?? {};
        const target = heldTarget(lookup, user);
        if (arn === undefined || target === undefined) {
          const message = `${reference.path}: User ${user.metadata.name} is not there yet in the service: look at its conditions`;
          throw new ReconcileError('DependencyNotReady', message, { reason: 'UserNotReady' });
        }
        if (isSameAccount(lookup, target, own)) return arn;
        const message = `${reference.path}: User ${user.metadata.name} is in account ${toldApart(target, own)}, and the bucket in ${accountId}: name a User of the same account`;
        throw new ReconcileError('InvalidSpec', message, { reason: 'AccountMismatch' });
      }),
  });
  return withAccount(document, accountId).document;
}

function refusalOf(
  document: PolicyDocument,
  { bucket, provider, accountId }: ClaimedBucket,
): ReconcileError | undefined {
  const { publicAccess, name } = bucket.spec;
  if (publicAccess?.blockPublicPolicy === true || publicAccess?.restrictPublicBuckets === true) {
    const open = grantsToEveryone(document);
    if (open.length > 0) {
      return new ReconcileError(
        'InvalidSpec',
        `spec.policy: ${open.join(', ')} would grant to everyone, and spec.publicAccess of Bucket ${keyOf(bucket).name} forbids it: name principals or add a condition, or set blockPublicPolicy and restrictPublicBuckets there to false`,
        { reason: 'PublicAccessBlocked' },
      );
    }
  }
  const arn = provider.status?.identityArn;
  const locking = arn === undefined ? [] : lockOuts(document, { arn, accountId, bucket: name });
  if (locking.length === 0) return undefined;
  return new ReconcileError(
    'InvalidSpec',
    `spec.policy: ${locking.join(', ')} would deny the operator itself (${arn}) the calls by which the policy can be changed again: except it with a condition on aws:PrincipalArn`,
    { reason: 'LocksOutOperator' },
  );
}
