import { createHash } from 'node:crypto';
import { RECONCILE_REQUESTED_AT } from './annotations.ts';
import type { ManagedResource } from './kind.ts';

/** What status has room for, in characters; an annotation may have 256 KiB. */
const RECORDED_MAX = 1_024;

/** The request to reconcile, as status records it. Undefined: there is none. */
export function requestedAt(resource: ManagedResource): string | undefined {
  return requestIn(resource, RECONCILE_REQUESTED_AT);
}

/** A request in that annotation, as status records it: a text that is too long by its digest. Undefined: there is none. */
export function requestIn({ metadata }: ManagedResource, annotation: string): string | undefined {
  const text = metadata.annotations?.[annotation];
  if (text === undefined || text.length <= RECORDED_MAX) return text;
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Whether somebody asks for a pass that status does not record yet. */
export function isRequested(resource: ManagedResource): boolean {
  return isUnanswered(resource, RECONCILE_REQUESTED_AT, resource.status?.lastHandledReconcileAt);
}

/** Whether that annotation asks for something other than what status records as `handled`. */
export function isUnanswered(resource: ManagedResource, annotation: string, handled: string | undefined): boolean {
  const requested = requestIn(resource, annotation);
  return requested !== undefined && requested !== handled;
}
