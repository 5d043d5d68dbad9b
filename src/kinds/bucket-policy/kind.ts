import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { keyOf } from '../../api/meta.ts';
import type { Change, Deletion, ManagedKind, ManagedResource, Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { KeyedLock } from '../../runtime/keyed-lock.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import { policyDifference } from '../../wasabi/policy/difference.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import type { AccountAccess } from '../account-access.ts';
import { followBucket } from '../claimed-bucket.ts';
import { providerOfTarget } from '../provider-reference.ts';
import { type DesiredPolicy, wantedDocument } from './desired.ts';
import {
  changedMeanwhile,
  NO_POLICY,
  type ObservedPolicy,
  type PolicyAccess,
  readPolicy,
  writePolicy,
} from './observe.ts';
import { policyOwnership, recordedHash } from './ownership.ts';
import { isOfPredecessor, readStray, type Stray, strayBucket } from './predecessor.ts';
import { bucketPolicyReferences, bucketReference } from './references.ts';
import { desiredFor, ownStatements, remainderFor } from './shares.ts';
import { bucketPolicyStatus } from './status.ts';

/** What the kind is made of; see `operator.ts`. */
export interface BucketPolicyParts {
  readonly lookup: Lookup;
  readonly access: AccountAccess;
}

/** The whole policy is written, or taken away: a bucket has one document. */
export interface PolicyChange extends Change {
  readonly type: 'Set:policy' | 'Remove:policy';
  readonly document: PolicyDocument | undefined;
}

/** One bucket's policy, reached for one pass of one object. */
interface PolicyClient extends PolicyAccess {
  readonly resource: BucketPolicy;
  /** `undefined`: the object is being deleted. */
  readonly desired: DesiredPolicy | undefined;
}

/**
 * BucketPolicy: statements of the one policy of a bucket. A pass is about the bucket: it puts the whole document together
 * from all BucketPolicies that refer to it. One pass at a time writes to a bucket, so that an older document never
 * comes after a newer one.
 */
export function bucketPolicyKind(
  parts: BucketPolicyParts,
): ManagedKind<BucketPolicy, DesiredPolicy, ObservedPolicy, PolicyChange, PolicyClient> {
  const { lookup } = parts;
  const writing = new KeyedLock();
  const strays = new WeakMap<BucketPolicy, { readonly stray: Stray | undefined }>();
  return {
    kind: 'BucketPolicy',
    isExternal: true,
    defaultDeletionPolicy: 'Delete',
    events: {
      created: 'PolicyApplied',
      updated: 'PolicyApplied',
      deleted: 'PolicyRemoved',
      failed: 'PolicyFailed',
      repaired: 'DriftRepaired',
    },
    references: bucketPolicyReferences,
    hasLegacyClaim: (resource) => isOfPredecessor(resource) && resource.status?.target === undefined,
    resolve(resource): Target {
      const { bucket, provider, accountId, region } = followBucket(lookup, resource, bucketReference(resource));
      const { namespace = '', name } = provider.metadata;
      return { provider: { namespace, name }, accountId, region, name: bucket.spec.name };
    },
    desired: (resource) => desiredFor(lookup, resource),
    connect: (resource, target, signal) => connect(parts, resource, target, signal),
    clockOffsetMs: ({ wasabi }) => wasabi.clockOffsetMs(),
    observe: async (client, target, desired, signal) => {
      if (desired === undefined) return observePart(parts, client, signal);
      const { resource } = client;
      if (!strays.has(resource)) strays.set(resource, { stray: await lookForStray(parts, client, target, signal) });
      return readPolicy(client, signal);
    },
    evidence: () => ({}),
    ownership: (resource, { name }, observed, mayAdopt) => {
      const desired = isDeleting(resource) ? undefined : desiredFor(lookup, resource);
      return policyOwnership(resource, desired, observed, name, mayAdopt);
    },
    // That something is recorded is the proof; of what a later write had in it the read after it tells.
    announce: (resource, desired, observed) => ({
      documentHash: resource.status?.documentHash ?? recordedHash(wantedDocument(desired, observed?.document)),
    }),
    diff: diffPolicy,
    apply: (client, target, change, signal) =>
      writing.run(`${target.accountId}/${target.name}`, () => apply(parts, client, change, signal)),
    delete: (client, resource, target, policy, signal) =>
      policy === 'Retain'
        ? Promise.resolve({ type: 'Done' })
        : writing.run(`${target.accountId}/${target.name}`, () => remove(parts, client, resource, signal)),
    status: (resource, target, observed, facts) =>
      bucketPolicyStatus(
        resource,
        target,
        isDeleting(resource) ? undefined : desiredFor(lookup, resource),
        observed,
        facts,
        strays.get(resource)?.stray,
      ),
  };
}

function isDeleting({ metadata }: ManagedResource): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** The changes that bring the bucket's policy to the wanted one: one, or none. Pure. */
function diffPolicy(desired: DesiredPolicy, observed: ObservedPolicy | undefined): readonly PolicyChange[] {
  const found = observed?.document;
  const document = wantedDocument(desired, found);
  if (document === undefined) {
    if (observed === undefined) return [];
    return [{ type: 'Remove:policy', summary: `policy: ${policyDifference(found, undefined)}`, document }];
  }
  if (found !== undefined && isSamePolicy(document, found)) return [];
  return [{ type: 'Set:policy', summary: `policy: ${policyDifference(found, document)}`, document }];
}

/** What is written was worked out before the lock was held: it counts only if nothing has changed since. */
async function apply(
  { lookup }: BucketPolicyParts,
  client: PolicyClient,
  { document }: PolicyChange,
  signal: AbortSignal,
): Promise<void> {
  const current = lookup.get<BucketPolicy>('BucketPolicy', keyOf(client.resource));
  if (current === undefined || isDeleting(current)) throw changedMeanwhile();
  const now = desiredFor(lookup, current);
  const before = client.desired?.document;
  const isSame =
    now.document === undefined || before === undefined ? now.document === before : isSamePolicy(now.document, before);
  if (!isSame) throw changedMeanwhile();
  await writePolicy(client, document, signal);
}

/** This object's part goes; the last one takes the policy with it. */
async function remove(
  { lookup }: BucketPolicyParts,
  client: PolicyClient,
  resource: BucketPolicy,
  signal: AbortSignal,
): Promise<Deletion> {
  const found = await readPolicy(client, signal, NO_POLICY);
  if (found === undefined) return { type: 'Done' };
  await writePolicy(client, remainderFor(lookup, resource, client.bucket, found.document), signal);
  return { type: 'Done' };
}

/** Looks at the bucket on which the predecessor may have put the policy in place of the one that is meant. */
async function lookForStray(
  { lookup }: BucketPolicyParts,
  { resource, wasabi, bucket }: PolicyClient,
  { accountId }: Target,
  signal: AbortSignal,
): Promise<Stray | undefined> {
  const stray = strayBucket(resource, bucket);
  if (stray === undefined) return undefined;
  const claimed = followBucket(lookup, resource, bucketReference(resource));
  const access = { wasabi, bucket: stray, region: wasabi.settings.region, accountId };
  return readStray(access, ownStatements(lookup, resource, claimed), resource.status?.leftover, signal);
}

/** For deletion: the policy as far as something of this object is in it. */
async function observePart(
  { lookup }: BucketPolicyParts,
  client: PolicyClient,
  signal: AbortSignal,
): Promise<ObservedPolicy | undefined> {
  const found = await readPolicy(client, signal, NO_POLICY);
  if (found?.document === undefined) return found;
  const remainder = remainderFor(lookup, client.resource, client.bucket, found.document);
  return remainder !== undefined && isSamePolicy(remainder, found.document) ? undefined : found;
}

async function connect(
  { lookup, access }: BucketPolicyParts,
  resource: BucketPolicy,
  target: Target,
  signal: AbortSignal,
): Promise<PolicyClient> {
  const { key } = bucketReference(resource);
  // It is the Bucket that may use the Provider; whether this object may use the Bucket was asked before.
  const bucket: ManagedResource = lookup.get('Bucket', key) ?? {
    ...resource,
    kind: 'Bucket',
    metadata: { ...resource.metadata, ...key },
  };
  const provider = providerOfTarget(lookup, bucket, target);
  const { client } = await access.connect(resource, provider, target.accountId, signal);
  const desired = isDeleting(resource) ? undefined : desiredFor(lookup, resource);
  return { wasabi: client, bucket: target.name, region: target.region, resource, desired };
}
