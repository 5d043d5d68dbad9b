import type { DeletionPolicy } from '../../src/managed/kind.ts';
import { markerText, type Owner, releasedText } from '../../src/managed/marker.ts';

/**
 * A small model of one Bucket from its creation to its end: the object in Kubernetes and its successors of the same name,
 * the bucket of that name in S3, one process that works on it and can die, and people who interfere.
 */
export interface BucketState {
  /** The service's clock, ms. */
  readonly nowMs: number;
  /** Undefined: there is none now. */
  readonly object: StoredBucket | undefined;
  readonly earlier: readonly StoredBucket[];
  /** Undefined: there is no bucket of that name. */
  readonly bucket: ModelBucket | undefined;
  readonly pass: BucketPass | undefined;
  readonly left: BucketBudget;
  /** Objects that there were so far. */
  readonly objects: number;
  /** The law that the last move broke. */
  readonly broken: string | undefined;
}

/** The object as it is stored; each write makes another one, which is its resourceVersion. */
export interface StoredBucket {
  readonly uid: string;
  readonly isDeleting: boolean;
  readonly hasFinalizer: boolean;
  readonly policy: DeletionPolicy;
  readonly isForced: boolean;
  readonly adopts: boolean;
  /** Counts the edits of the spec. */
  readonly generation: number;
  /** Its target stands in status. */
  readonly hasTarget: boolean;
  /** The creation time that status recorded for it, ms. */
  readonly identityMs: number | undefined;
  /** The span of an announced create, ms. */
  readonly intent: { readonly fromMs: number; readonly toMs: number } | undefined;
}

export interface ModelBucket {
  readonly madeMs: number;
  readonly marker: string | undefined;
  readonly hasData: boolean;
  /** The uid of the object that made it; `unknowable`: a stranger's, made in the span of an announced create of ours. */
  readonly madeBy: string;
}

/** The calls of a pass, in order. */
export type BucketStep =
  | 'Finalizer'
  | 'Target'
  | 'Create'
  | 'Mark'
  | 'LookAgain'
  | 'Release'
  | 'ConfirmDeletion'
  | 'Delete'
  | 'ForceDelete'
  | 'LookForIt'
  | 'RemoveFinalizer';

export interface BucketPass {
  /** As it read or last wrote the object. */
  readonly base: StoredBucket;
  readonly steps: readonly BucketStep[];
  /** It announced a create in this pass, and whether that was answered with success. */
  readonly create: 'none' | 'announced' | 'made';
}

/** How much may still go wrong, or be asked for. */
export interface BucketBudget {
  readonly crashes: number;
  readonly losses: number;
  readonly staleReads: number;
  readonly strangers: number;
  readonly edits: number;
  readonly deletions: number;
  /** Objects of the same name that are made after one that is gone. */
  readonly successors: number;
}

export const NO_BUCKET_FAULTS: BucketBudget = {
  crashes: 0,
  losses: 0,
  staleReads: 0,
  strangers: 0,
  edits: 0,
  deletions: 0,
  successors: 0,
};

/** As markers name the object. */
export function ownerOf({ uid }: StoredBucket): Owner {
  return { clusterId: 'cluster', namespace: 'team', name: 'logs', uid };
}

export function markerOf(object: StoredBucket): string {
  return markerText(ownerOf(object));
}

export function releasedMarkerOf(object: StoredBucket): string {
  return releasedText(ownerOf(object));
}

/** How much may still go wrong: what bounds the search. */
export function bucketBudgetText({ left, objects }: BucketState): string {
  return `${Object.values(left).join()},${objects}`;
}

/** A state as a text. */
export function bucketText({ nowMs, object, earlier, bucket, pass, left }: BucketState): string {
  const of = (each: StoredBucket) => storedText(each, nowMs);
  const told = bucket === undefined ? '-' : `${nowMs - bucket.madeMs}${bucket.marker}${bucket.hasData}${bucket.madeBy}`;
  const base = pass === undefined || pass.base === object ? '=' : of(pass.base);
  return [
    object === undefined ? 'gone' : of(object),
    left.staleReads === 0 ? '' : earlier.map(of).join('<'),
    told,
    pass === undefined ? '' : `${base}${pass.steps.join('>')}${pass.create}`,
  ].join('|');
}

function storedText({ intent, identityMs, ...rest }: StoredBucket, nowMs: number): string {
  const since = (ms: number | undefined) => (ms === undefined ? '' : nowMs - ms);
  return `${Object.values(rest).join()}${since(identityMs)};${since(intent?.fromMs)},${since(intent?.toMs)}`;
}
