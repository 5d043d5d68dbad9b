import { BUCKET_NAME_FIXED, type Bucket } from '../../api/bucket.ts';
import { keyOf } from '../../api/meta.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KindEvents, KindStatus, ManagedKind, PassFacts, Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { markerText, releasedText } from '../../managed/marker.ts';
import { ownerOf } from '../../managed/rivals.ts';
import type { Clock } from '../../runtime/clock.ts';
import { toReconcileError } from '../../runtime/errors.ts';
import type { Kube } from '../../runtime/kube.ts';
import type { Pass } from '../../runtime/turn.ts';
import type { UnsupportedCalls } from '../../wasabi/unsupported.ts';
import type { AccountAccess } from '../account-access.ts';
import { providerOf, providerOfTarget } from '../provider-reference.ts';
import { toldBySecret } from '../told-by-field.ts';
import { applyBucket } from './apply.ts';
import { awaitUser, userProblem } from './awaited-user.ts';
import { deleteChildren, releaseChildren } from './children/delete.ts';
import { type DesiredChildren, desiredChildren } from './children/desired.ts';
import { findChildren } from './children/found.ts';
import { withChildren } from './children/status.ts';
import { ChildWrites } from './children/writes.ts';
import { deleteBucket } from './delete.ts';
import { Deletions } from './deletions.ts';
import { type DesiredBucket, desiredBucket } from './desired.ts';
import { type BucketChange, diffBucket, type ServiceChange } from './diff.ts';
import { bucketFailure } from './failure.ts';
import { type BucketClient, type ObservedBucket, observeBucket, recallBucket } from './observe.ts';
import { bucketObstacle } from './obstacle.ts';
import { bucketReferences } from './references.ts';
import { bucketStatus } from './status.ts';
import { loggingTarget, replicationTargets } from './target-bucket.ts';

/** What the kind is made of; see `operator.ts`. */
export interface BucketParts {
  readonly lookup: Lookup;
  readonly access: AccountAccess;
  readonly unsupported: UnsupportedCalls;
  readonly clock: Clock;
  readonly clusterId: string;
  readonly kube: Kube;
}

/** The identity of a bucket is the second of its creation. Two readings of it may differ by this much. */
const IDENTITY_SKEW_MS = 5_000;

const EVENTS: KindEvents = {
  created: 'BucketCreated',
  recreated: 'Recreated',
  updated: 'BucketUpdated',
  deleted: 'BucketDeleted',
  failed: 'ReconcileFailed',
  repaired: 'DriftRepaired',
  isTakenOver: true,
};

/** Bucket: one bucket of a Provider's account, with its settings. */
export function bucketKind(
  parts: BucketParts,
): ManagedKind<Bucket, DesiredBucket, ObservedBucket, BucketChange, BucketClient> {
  const { lookup, access, clusterId } = parts;
  const deletions = new Deletions(parts.clock);
  const children = new ChildWrites(parts.kube);
  return {
    kind: 'Bucket',
    isExternal: true,
    nameIsFixed: BUCKET_NAME_FIXED,
    defaultDeletionPolicy: 'Retain',
    events: EVENTS,
    references: bucketReferences,
    hasLegacyClaim,
    resolve(resource): Target {
      const provider = providerOf(lookup, resource);
      return {
        provider: keyOf(provider),
        accountId: access.pinnedAccount(provider),
        region: resource.spec.region ?? provider.spec.region,
        name: resource.spec.name,
      };
    },
    desired(resource, target) {
      awaitUser(lookup, resource, target);
      return desiredOf(parts, resource);
    },
    connect: (resource, target, pass) => connect({ ...parts, deletions, children }, resource, target, pass),
    clockOffsetMs: (client) => client.wasabi.clockOffsetMs(),
    observe: (client, target, wanted, signal) => told(client, observeBucket(client, target.region, wanted, signal)),
    recall: recallBucket,
    evidence: (observed, target) => ({
      marker: observed.marker,
      identity: observed.hasFixedCreationTime ? identityOf(observed.createdAtMs, target.identity) : undefined,
      createdAtMs: observed.createdAtMs,
    }),
    diff: diffBucket,
    apply: (client, target, change, signal) =>
      'child' in change
        ? client.applyToChild(change, signal)
        : told(client, applyBucket(client, target.region, change, signal), change),
    obstacle: (client, resource, target, signal) =>
      told(client, bucketObstacle(client, resource, target.region, signal)),
    deleteChildren: (resource, signal) => deleteChildren(lookup, children, resource, signal),
    releaseChildren: (resource, which, signal) => releaseChildren(lookup, children, resource, which, signal),
    delete: (client, resource, target, policy, signal) =>
      told(
        client,
        deleteBucket(client, resource, target.region, policy, signal, releasedText(ownerOf(resource, clusterId))),
      ),
    status: (resource, target, desired, observed, facts) => statusOf(parts, resource, target, desired, observed, facts),
  };
}

function desiredOf({ lookup, access }: BucketParts, resource: Bucket): DesiredBucket {
  const { type: providerType, unsupportedSettings } = providerOf(lookup, resource).spec;
  const rejectsUnsupported = unsupportedSettings === 'Reject';
  return desiredBucket(
    resource.spec,
    {
      providerType,
      loggingTarget: loggingTarget(lookup, access, resource),
      replicationTargets: replicationTargets(lookup, access, resource),
      rejectsUnsupported,
    },
    childrenOf(lookup, resource),
  );
}

/** The children that the spec asks for, and those that are there by now. */
function childrenOf(lookup: Lookup, resource: Bucket): DesiredChildren {
  return desiredChildren(resource, findChildren(lookup, resource, new Set()));
}

function statusOf(
  parts: BucketParts,
  resource: Bucket,
  target: Target,
  desired: DesiredBucket,
  observed: ObservedBucket | undefined,
  facts: PassFacts,
): KindStatus {
  const status = bucketStatus(resource, target, desired, observed, facts);
  const failure = status.failure ?? userProblem(parts.lookup, resource, target);
  const isInherited = observed !== undefined && hasLegacyClaim(resource) && !facts.isProven;
  const fields = { ...status.fields, inherited: isInherited ? true : undefined };
  // Changes of this pass made or deleted some of them since `desired` saw them.
  return withChildren({ ...status, failure, fields }, resource, childrenOf(parts.lookup, resource));
}

/**
 * The predecessor left `exists` and no region. From our first status on, `inherited` says what it had said: our own
 * `exists` tells of a bucket that was read, whosever it is.
 */
function hasLegacyClaim({ status }: Bucket): boolean {
  const isClaimed = status?.inherited === true || (status?.exists === true && status.region === undefined);
  return isClaimed && status.target?.identity === undefined && status.intent?.action !== 'Create';
}

/** The recorded identity when the live one means the same second or so, else the live one. */
function identityOf(createdAtMs: number | undefined, recorded: string | undefined): string | undefined {
  if (createdAtMs === undefined) return undefined;
  const isSame = recorded !== undefined && Math.abs(Date.parse(recorded) - createdAtMs) <= IDENTITY_SKEW_MS;
  return isSame ? recorded : rfc3339(createdAtMs);
}

async function connect(
  parts: BucketParts & { readonly deletions: Deletions; readonly children: ChildWrites },
  resource: Bucket,
  target: Target,
  pass: Pass,
): Promise<BucketClient> {
  const { lookup, access, clock, clusterId, children } = parts;
  const provider = providerOfTarget(lookup, resource, target);
  const connection = await access.connect(resource, provider, target.accountId, pass).catch((thrown: unknown) => {
    throw toldBySecret(toReconcileError(thrown), provider, resource);
  });
  const deleted = new Set<string>();
  return {
    findChildren: () => findChildren(lookup, resource, deleted),
    applyToChild: async ({ action, child }, limit) => {
      const found = findChildren(lookup, resource, deleted)[child];
      await children.make(resource, action, child, found, limit);
      if (action === 'Delete' && found !== undefined) deleted.add(found.object.metadata.uid);
    },
    wasabi: connection.client,
    resource,
    provider,
    index: connection.bucketIndex(),
    secretVersion: connection.secretVersion,
    service: `${provider.metadata.uid} ${connection.client.settings.endpoint}`,
    providerType: provider.spec.type,
    bucket: target.name,
    ownMarker: markerText(ownerOf(resource, clusterId)),
    unsupported: parts.unsupported,
    deletions: parts.deletions,
    clock,
    knownRegion: resource.status?.target?.name === target.name ? resource.status.region : undefined,
    lastRead: undefined,
    createdAtMs: undefined,
    isNew: false,
  };
}

/** The same call; when it fails, its failure is told by the place that it comes from. */
function told<T>(client: BucketClient, call: Promise<T>, change?: ServiceChange): Promise<T> {
  return call.catch((thrown: unknown) => {
    throw bucketFailure(thrown, { ...client, change });
  });
}
