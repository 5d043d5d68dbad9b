import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { keyOf } from '../../api/meta.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { Deletion, ManagedKind, ManagedResource, Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import type { Clock } from '../../runtime/clock.ts';
import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import { KeyedLock } from '../../runtime/keyed-lock.ts';
import type { Pass } from '../../runtime/turn.ts';
import { wasRefused } from '../../wasabi/errors.ts';
import { isSamePolicy } from '../../wasabi/policy/canonical.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import type { AccountAccess } from '../account-access.ts';
import { followBucket } from '../claimed-bucket.ts';
import { providerOfTarget } from '../provider-reference.ts';
import { refusedContribution, toldAsPublic } from './acceptance.ts';
import { announcement, announcementsOf, isAnnounced, lateUntilMs, withinAnnouncement } from './announcement.ts';
import { type DesiredPolicy, recordedHash, wantedDocument } from './desired.ts';
import { diffPolicy, type PolicyChange } from './diff.ts';
import {
  changedMeanwhile,
  isAsWanted,
  NO_POLICY,
  type ObservedPolicy,
  type PolicyAccess,
  readPolicy,
  writePolicy,
} from './observe.ts';
import { policyOwnership } from './ownership.ts';
import { isOfPredecessor, readStray, type Stray, strayBucket, wasWritten } from './predecessor.ts';
import { bucketPolicyReferences, bucketReference } from './references.ts';
import { RefusedContributions } from './refusals.ts';
import { desiredFor, ownStatements, remainderFor } from './shares.ts';
import { bucketPolicyStatus } from './status.ts';

/** What the kind is made of; see `operator.ts`. */
export interface BucketPolicyParts {
  readonly lookup: Lookup;
  readonly access: AccountAccess;
  readonly clock: Clock;
}

/** What the passes of this kind know, in memory alone. */
interface PolicyMemory {
  readonly refusals: RefusedContributions;
  /** By the object of the pass: the hash of the document whose write has an end that is known. */
  readonly settled: WeakMap<BucketPolicy, string | undefined>;
  /** Objects whose pass met the refusal of what they bring. */
  readonly refused: WeakSet<BucketPolicy>;
}

/** One bucket's policy, reached for one pass of one object. */
interface PolicyClient extends PolicyAccess {
  readonly resource: BucketPolicy;
  /** What this pass wants; `undefined`: the object is being deleted, or nothing was read yet. */
  desired: DesiredPolicy | undefined;
  /** What this pass read last, and judged whose it is. */
  judged: ObservedPolicy | undefined;
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
  const refusals = new RefusedContributions(parts.clock);
  const memory: PolicyMemory = { refusals, settled: new WeakMap(), refused: new WeakSet() };
  return {
    kind: 'BucketPolicy',
    isExternal: true,
    defaultDeletionPolicy: 'Delete',
    events: {
      created: 'PolicyApplied',
      updated: 'PolicyApplied',
      deleted: 'PolicyRemoved',
      what: (bucket) => `the set of statements of this object in the policy of bucket "${bucket}"`,
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
    desired: (resource) => desiredFor(lookup, resource, refusals),
    connect: (resource, target, pass) => connect(parts, resource, target, pass),
    clockOffsetMs: ({ wasabi }) => wasabi.clockOffsetMs(),
    observe: async (client, target, desired, signal) => {
      if (desired === undefined) return observePart(parts, client, signal);
      client.desired = desired;
      const { resource } = client;
      if (!strays.has(resource)) strays.set(resource, { stray: await lookForStray(parts, client, target, signal) });
      client.judged = await readPolicy(client, signal);
      return client.judged;
    },
    evidence: () => ({}),
    ownership: (resource, { name }, observed, facts) => policyOwnership(resource, observed, name, facts),
    announce: (resource, desired, observed, nowMs) => announcement(resource, desired, observed?.document, nowMs),
    diff: diffPolicy,
    apply: (client, target, change, signal) =>
      withinAnnouncement(parts.clock, signal, (limit) =>
        writing.run(bucketText(target), () => apply(parts, memory, client, change, limit)),
      ),
    delete: (client, resource, target, policy, signal) =>
      policy === 'Retain'
        ? Promise.resolve({ type: 'Done' })
        : writing.run(bucketText(target), () => remove(parts, client, resource, signal)),
    status: (resource, target, desired, observed, facts) =>
      bucketPolicyStatus(withRecorded(lookup, resource), target, desired, observed, facts, {
        stray: strays.get(resource)?.stray,
        settled: memory.settled.get(resource),
        isRefused: memory.refused.has(resource),
      }),
  };
}

function isDeleting({ metadata }: ManagedResource): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** The object as the pass read it, with what the pass has recorded since, before it wrote. */
function withRecorded(lookup: Lookup, resource: BucketPolicy): BucketPolicy {
  const status = lookup.get<BucketPolicy>('BucketPolicy', keyOf(resource))?.status;
  const { announced = resource.status?.announced, documentHash = resource.status?.documentHash } = status ?? {};
  return { ...resource, status: { ...resource.status, announced, documentHash } };
}

/** The bucket, as the lock knows it. */
function bucketText({ accountId, name }: Target): string {
  return `${accountId}/${name}`;
}

/**
 * Makes the one change, and notes in `settled` when its end is known: answered, or refused before it could take effect. An
 * attempt before the one that was refused may still take effect, and so may an earlier pass's write of the same document.
 */
async function apply(
  { lookup, clock }: BucketPolicyParts,
  { settled, refusals, refused }: PolicyMemory,
  client: PolicyClient,
  { document }: PolicyChange,
  signal: AbortSignal,
): Promise<void> {
  const { resource } = client;
  const hash = recordedHash(document);
  const isRepeated = announcementsOf(resource).some(({ documentHash }) => documentHash === hash);
  let attempts = 0;
  const beforeSend = () => {
    attempts += 1;
  };
  settled.delete(resource);
  try {
    assertLives(lookup, client);
    const found = await readPolicy(client, signal);
    const now = assertCurrent(lookup, refusals, client, document, found);
    if (!isAsWanted(found, document)) {
      assertJudged(client, found, now.wasWritten || isAnnounced(now.announced, found?.document, clock.now()));
      await writePolicy(client, document, signal, beforeSend);
    }
    settled.set(resource, hash);
  } catch (thrown) {
    const isRefused = attempts === 0 || (attempts === 1 && wasRefused(thrown));
    if (isRefused && !isRepeated) settled.set(resource, hash);
    const error = toReconcileError(thrown);
    const own = client.desired?.own;
    if (attempts > 0 && error.reason === 'AccessDenied') throw toldAsPublic(error, document);
    if (attempts === 0 || error.type !== 'InvalidSpec' || own?.isNew !== true) throw thrown;
    const told = refusedContribution(own.document, error);
    refusals.note(resource, own.document, told);
    refused.add(resource);
    throw told;
  }
}

/**
 * Between the read that decided and the write lie calls to both sides: of a document that came in between nobody said that
 * it is ours, unless one of ours was written or announced.
 */
function assertJudged({ judged }: PolicyClient, found: ObservedPolicy | undefined, isOurs: boolean): void {
  if (found === undefined || isOurs) return;
  const isSame = judged !== undefined && recordedHash(judged.document) === recordedHash(found.document);
  if (!isSame) throw changedMeanwhile('policy');
}

function assertLives(lookup: Lookup, { resource }: PolicyClient): BucketPolicy {
  const current = lookup.get<BucketPolicy>('BucketPolicy', keyOf(resource));
  if (current === undefined || isDeleting(current)) throw changedMeanwhile('BucketPolicies');
  return current;
}

/** What is written was worked out before the lock was held: it counts only if it is what would be worked out now. */
function assertCurrent(
  lookup: Lookup,
  refusals: RefusedContributions,
  client: PolicyClient,
  document: PolicyDocument | undefined,
  found: ObservedPolicy | undefined,
): DesiredPolicy {
  const now = desiredFor(lookup, assertLives(lookup, client), refusals);
  const wanted = wantedDocument(now, found?.document);
  const isSame = wanted === undefined || document === undefined ? wanted === document : isSamePolicy(wanted, document);
  if (!isSame) throw changedMeanwhile('BucketPolicies');
  return now;
}

/** Whether status proves that this object wrote the policy, or announced that very document. */
function isProvenBy(
  resource: BucketPolicy,
  bucket: string,
  document: PolicyDocument | undefined,
  nowMs: number,
): boolean {
  return wasWritten(resource, bucket) || isAnnounced(announcementsOf(resource), document, nowMs);
}

/** This object's part goes, of the document whose ownership was asked; the last one takes the policy with it. */
async function remove(
  { lookup, clock }: BucketPolicyParts,
  client: PolicyClient,
  resource: BucketPolicy,
  signal: AbortSignal,
): Promise<Deletion> {
  const found = await readPolicy(client, signal, NO_POLICY);
  if (found === undefined) return { type: 'Done' };
  const remainder = remainderFor(lookup, resource, client.bucket, found.document);
  if (isAsWanted(found, remainder)) return { type: 'Done' };
  assertJudged(client, found, isProvenBy(resource, client.bucket, found.document, clock.now()));
  await writePolicy(client, remainder, signal);
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

/**
 * For deletion: the policy as far as something of this object is in it. What is certainly ours goes at once.
 * @throws Transient while a write of this object may still take effect: nobody would own what it grants
 */
async function observePart(
  { lookup, clock }: BucketPolicyParts,
  client: PolicyClient,
  signal: AbortSignal,
): Promise<ObservedPolicy | undefined> {
  const { resource, bucket } = client;
  const found = await readPolicy(client, signal, NO_POLICY);
  const document = found?.document;
  client.judged = found;
  const remainder = document && remainderFor(lookup, resource, bucket, document);
  const isApart = document !== undefined && remainder !== undefined && isSamePolicy(remainder, document);
  const part = isApart ? undefined : found;
  const nowMs = clock.now();
  const untilMs = resource.spec.deletionPolicy === 'Retain' ? undefined : lateUntilMs(resource, nowMs);
  const isOurs = isProvenBy(resource, bucket, document, nowMs);
  if (untilMs === undefined || (part !== undefined && isOurs)) return part;
  const message = `a write of the policy was not answered and may still take effect: the object stays until ${rfc3339(untilMs)}`;
  throw new ReconcileError('Transient', message, {
    reason: 'NotYetInEffect',
    retryAfterMs: Math.max(1_000, untilMs - nowMs),
  });
}

async function connect(
  { lookup, access }: BucketPolicyParts,
  resource: BucketPolicy,
  target: Target,
  pass: Pass,
): Promise<PolicyClient> {
  const { key } = bucketReference(resource);
  // It is the Bucket that may use the Provider; whether this object may use the Bucket was asked before.
  const bucket: ManagedResource = lookup.get('Bucket', key) ?? {
    ...resource,
    kind: 'Bucket',
    metadata: { ...resource.metadata, ...key },
  };
  const provider = providerOfTarget(lookup, bucket, target);
  const { client } = await access.connect(resource, provider, target.accountId, pass);
  const unread = { desired: undefined, judged: undefined };
  return { wasabi: client, bucket: target.name, region: target.region, resource, ...unread };
}
