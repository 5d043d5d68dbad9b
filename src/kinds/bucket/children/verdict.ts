import type { AccessKeyStatus } from '../../../api/access-key.ts';
import type { Bucket } from '../../../api/bucket.ts';
import { ROTATE_REQUESTED_AT } from '../../../managed/annotations.ts';
import { findCondition } from '../../../managed/conditions.ts';
import { requestIn } from '../../../managed/requested.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { CHILD_KINDS, type ChildKind, childText } from './child-kinds.ts';
import { type DesiredChildren, isClaimed } from './desired.ts';
import type { FoundChild, FoundChildren } from './found.ts';

/** The watch tells when a child changes: the bucket is not read again and again for its sake. */
export const RETRY_MS = 3_600_000;

/** What a child says while it waits for another one: not worth telling, since that one is told. */
const WAITS_FOR_SIBLING = new Set(['UserNotFound', 'UserNotReady', 'BucketNotReady', 'NotYetInEffect']);

/** What the children mean for the status of their Bucket. */
export interface ChildrenVerdict {
  /** The author of the Bucket must act. */
  readonly failure: ReconcileError | undefined;
  /** They are not where they should be yet; each tells its own story. */
  readonly awaited: ReconcileError | undefined;
  /** One of them is known not to work. */
  readonly isUnusable: boolean;
  /** The Secret with the key, once the key works. */
  readonly credentialsSecret: string | undefined;
  /** The request of the Bucket to replace the key, once a rotation was begun for it. */
  readonly lastHandledRotateAt: string | undefined;
}

/** What the children mean for the status of their Bucket. The same text as long as nothing is to be told anew. Pure. */
export function childrenVerdict({ type, bucket }: DesiredChildren, found: FoundChildren): ChildrenVerdict {
  const quiet = {
    failure: undefined,
    awaited: undefined,
    isUnusable: false,
    credentialsSecret: undefined,
    lastHandledRotateAt: undefined,
  };
  switch (type) {
    case 'None':
      return { ...quiet, failure: nameTooLong(bucket), isUnusable: true };
    case 'Release': {
      const isInherited = found.AccessKey?.claim === 'Inherited';
      return { ...quiet, credentialsSecret: isInherited ? bucket.status?.credentialsSecret : undefined };
    }
    case 'Delete':
      return { ...quiet, awaited: awaitDeletion(bucket, found) };
    case 'Make':
      return madeVerdict(bucket, found);
  }
}

function madeVerdict(bucket: Bucket, found: FoundChildren): ChildrenVerdict {
  const states = CHILD_KINDS.map((kind) => [kind, stateOf(found[kind])] as const);
  const foreign = states.filter(([, state]) => state === 'Foreign').map(([kind]) => kind);
  const isReady = states.every(([, state]) => state === 'Ready');
  return {
    failure: foreign.length === 0 ? undefined : notOurs(bucket, foreign),
    awaited: isReady || foreign.length > 0 ? undefined : notReady(bucket, states),
    isUnusable: states.some(([, state]) => state !== 'Ready' && state !== 'Behind'),
    credentialsSecret: secretOf(found.AccessKey),
    lastHandledRotateAt: handledRequest(bucket, found.AccessKey),
  };
}

function handledRequest(bucket: Bucket, child: FoundChild | undefined): string | undefined {
  const { lastHandledRotateAt }: AccessKeyStatus = child?.object.status ?? {};
  const requested = requestIn(bucket, ROTATE_REQUESTED_AT);
  return child?.claim === 'Own' && lastHandledRotateAt === requested ? requested : bucket.status?.lastHandledRotateAt;
}

/** Behind: it was ready, and an edit is not yet looked at. Another text: the reason why it is not ready. */
type ChildState = 'Ready' | 'Behind' | 'Pending' | 'Foreign' | { readonly reason: string };

function stateOf(child: FoundChild | undefined): ChildState {
  if (child === undefined) return 'Pending';
  if (child.claim === 'Foreign') return 'Foreign';
  const { metadata, status } = child.object;
  if (child.isGoing) return blockedBy(child) ?? 'Pending';
  const ready = findCondition(status?.conditions, 'Ready');
  const isOfNow = ready?.observedGeneration === metadata.generation;
  if (ready?.status === 'True')
    return isOfNow ? 'Ready' : ready.observedGeneration === undefined ? 'Pending' : 'Behind';
  const reason = ready?.reason;
  return reason === undefined || !isOfNow || WAITS_FOR_SIBLING.has(reason) ? 'Pending' : { reason };
}

/** Why the deletion of a child does not go on; undefined: it does. */
function blockedBy({ object }: FoundChild): { readonly reason: string } | undefined {
  const blocked = findCondition(object.status?.conditions, 'DeletionBlocked');
  return blocked?.status === 'True' ? { reason: blocked.reason ?? blocked.type } : undefined;
}

/** The key works by what its AccessKey last found; an edit that was not looked at yet changes nothing of that. */
function secretOf(child: FoundChild | undefined): string | undefined {
  if (child === undefined || child.claim === 'Foreign' || child.isGoing) return undefined;
  const { metadata, status } = child.object;
  const ready = findCondition(status?.conditions, 'Ready');
  if (ready?.status !== 'True' || ready.observedGeneration === undefined) return undefined;
  const { secretName }: AccessKeyStatus = status ?? {};
  return secretName ?? `${metadata.name}-credentials`;
}

function notReady(bucket: Bucket, states: readonly (readonly [ChildKind, ChildState])[]): ReconcileError {
  const failing = states.flatMap(([kind, state]) =>
    typeof state === 'object' ? [`${childText(kind, bucket)} is not ready: ${state.reason}`] : [],
  );
  const message =
    failing.length === 0
      ? `spec.autoManage: not all of ${allOf(bucket)} are ready yet`
      : `spec.autoManage: ${failing.join('; ')}: look at the conditions there`;
  return new ReconcileError('DependencyNotReady', message, { reason: 'ChildNotReady', retryAfterMs: RETRY_MS });
}

/** How the deletion of the children stands, which go one after another: the key first. */
export function goingText(
  bucket: Bucket,
  found: FoundChildren,
): { readonly message: string; readonly isBlocked: boolean } {
  const blocked = CHILD_KINDS.flatMap((kind) => {
    const child = found[kind];
    const why = isClaimed(child) && child.isGoing ? blockedBy(child) : undefined;
    return why === undefined ? [] : [`${childText(kind, bucket)} is held back: ${why.reason}`];
  });
  return blocked.length === 0
    ? { message: `${allOf(bucket)} go one after another, and the key is revoked`, isBlocked: false }
    : { message: `${blocked.join('; ')}: look at the conditions there`, isBlocked: true };
}

function awaitDeletion(bucket: Bucket, found: FoundChildren): ReconcileError | undefined {
  if (!CHILD_KINDS.some((kind) => isClaimed(found[kind]))) return undefined;
  const { message } = goingText(bucket, found);
  return new ReconcileError('DependencyNotReady', message, { reason: 'ChildrenDeleting', retryAfterMs: RETRY_MS });
}

function allOf(bucket: Bucket): string {
  const [first, second, third] = CHILD_KINDS.map((kind) => childText(kind, bucket));
  return `${first}, ${second} and ${third}`;
}

function notOurs(bucket: Bucket, kinds: readonly ChildKind[]): ReconcileError {
  const names = kinds.map((kind) => childText(kind, bucket)).join(', ');
  const message = `spec.autoManage: ${names} exists and does not belong to this Bucket, so it is left alone: make it over with an owner reference to this Bucket, delete it (an AccessKey's keys are revoked then), or take spec.autoManage out`;
  return new ReconcileError('InvalidSpec', message, { reason: 'ChildNotOurs' });
}

function nameTooLong(bucket: Bucket): ReconcileError {
  const message = `metadata.name: ${bucket.metadata.name.length} characters are too many for spec.autoManage, whose Secret is named NAME-accesskey-credentials: make a Bucket of a shorter name with the same spec.name`;
  return new ReconcileError('InvalidSpec', message);
}
