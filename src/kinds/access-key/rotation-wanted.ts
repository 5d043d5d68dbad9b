import type { AccessKey } from '../../api/access-key.ts';
import { ROTATE_REQUESTED_AT } from '../../managed/annotations.ts';
import { requestIn } from '../../managed/requested.ts';
import type { KeyBook, WantedRotation } from './facts.ts';
import { readWindow } from './rotation-window.ts';

const DAY_MS = 86_400_000;

/** The request to rotate, as status records it. Undefined: there is none. */
export function rotateRequestedAt(resource: AccessKey): string | undefined {
  return requestIn(resource, ROTATE_REQUESTED_AT);
}

/**
 * Whether somebody asks for a rotation that was not begun yet. A request that is there when the object is first seen, in a
 * copy or a restore, is recorded and not carried out. Pure.
 */
export function isRotationRequested(resource: AccessKey, book: KeyBook): boolean {
  const requested = rotateRequestedAt(resource);
  const isSeen = book.isRecorded && book.currentKey !== undefined;
  return isSeen && requested !== undefined && requested !== book.handledRequest;
}

/** What the object wants of rotation. Pure. */
export function wantedRotation(resource: AccessKey, book: KeyBook): WantedRotation {
  const requested = rotateRequestedAt(resource);
  const { enabled = false, intervalDays = 90, previousKeysRetentionDays = 7, window } = resource.spec.rotate ?? {};
  return {
    intervalMs: enabled ? intervalDays * DAY_MS : undefined,
    retentionMs: previousKeysRetentionDays * DAY_MS,
    isRequested: isRotationRequested(resource, book),
    isHandledRequestThere: requested !== undefined && requested === book.handledRequest,
    opensAt: readWindow(window).opensAt,
  };
}

/**
 * When a key that was made then is to be replaced by time; undefined: never. A window that was missed is over: the next one
 * counts. Pure. All on the service's clock, ms.
 * @param createdAtMs undefined: there is no key, or the service does not say
 */
export function dueByTimeMs(
  { intervalMs, opensAt }: Pick<WantedRotation, 'intervalMs' | 'opensAt'>,
  createdAtMs: number | undefined,
  nowMs: number,
): number | undefined {
  if (intervalMs === undefined || createdAtMs === undefined) return undefined;
  const firstMs = opensAt(createdAtMs + intervalMs);
  // Inside a window it stays what it was, so that status does not follow the clock.
  const dueMs = firstMs >= nowMs || opensAt(nowMs) === nowMs ? firstMs : opensAt(nowMs);
  return Number.isFinite(dueMs) ? dueMs : undefined;
}
