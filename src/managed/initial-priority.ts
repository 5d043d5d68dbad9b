import type { Priority } from '../runtime/priority.ts';
import {
  ABANDON,
  ACCEPT_ACCOUNT,
  CLAIM_KEYS,
  FREEZE,
  REVOKE_KEYS,
  ROTATE_REQUESTED_AT,
  TAKE_OVER_FROM,
} from './annotations.ts';
import { findCondition } from './conditions.ts';
import type { ManagedResource } from './kind.ts';
import { isRequested, isUnanswered } from './requested.ts';

/** By these somebody asks for something that status does not answer in one way for all kinds; few objects have one. */
const REQUESTS = [FREEZE, REVOKE_KEYS, CLAIM_KEYS, ABANDON, ACCEPT_ACCOUNT, TAKE_OVER_FROM];

/**
 * How urgent the first pass of a new leader over an object is: what somebody asked for while nobody led comes first, as it
 * would have then; after it what is still to be made, mended or deleted; and last what was found as it should be. Pure.
 */
export function initialPriority(resource: ManagedResource): Priority {
  const { metadata, status } = resource;
  const ready = findCondition(status?.conditions, 'Ready');
  const isEdited = ready !== undefined && ready.observedGeneration !== metadata.generation;
  if (isEdited || isRequested(resource) || isRotationRequested(resource)) return 'user';
  if (REQUESTS.some((annotation) => metadata.annotations?.[annotation] !== undefined)) return 'user';
  return ready?.status === 'True' && metadata.deletionTimestamp === undefined ? 'initial' : 'retry';
}

function isRotationRequested(resource: ManagedResource): boolean {
  const status = resource.status as { readonly lastHandledRotateAt?: string } | undefined; // kinds with keys have it
  return isUnanswered(resource, ROTATE_REQUESTED_AT, status?.lastHandledRotateAt);
}
