import { isReason } from '../api/reasons.ts';
import { ReconcileError, type ReconcileErrorType, toReconcileError } from './errors.ts';
import { KubeError } from './kube.ts';

/**
 * Anything that a call of the Kubernetes API threw, as the error of a pass. A 409 and the 404 of an object that our
 * store still had mean that our read was stale; whoever may act on a 403 is an administrator, who is told what is missing.
 */
export function toKubeReconcileError(thrown: unknown): ReconcileError {
  if (!(thrown instanceof KubeError)) return toReconcileError(thrown);
  // What the server calls it is shown where it is one of ours; else the type says enough.
  const reason = isReason(thrown.reason) ? thrown.reason : thrown.code === 403 ? 'Forbidden' : undefined;
  return new ReconcileError(typeOf(thrown), thrown.message, {
    ...(reason === undefined ? {} : { reason }),
    ...(thrown.retryAfterMs === undefined ? {} : { retryAfterMs: thrown.retryAfterMs }),
    cause: thrown,
  });
}

/** The object changed, or is there already: what we read is no longer so. */
export function isConflict(thrown: unknown): boolean {
  return thrown instanceof KubeError && thrown.code === 409;
}

/** The object itself is gone. Not the 404 of a kind that is not served: that proves nothing about an object. */
export function isObjectGone(thrown: unknown): boolean {
  return thrown instanceof KubeError && thrown.code === 404 && thrown.reason !== 'NotServed';
}

function typeOf(error: KubeError): ReconcileErrorType {
  if (error.reason === 'NotServed' || error.reason === 'NamespaceTerminating') return 'DependencyNotReady';
  if (error.code === 403) return 'DependencyNotReady';
  if (error.code === 404 || error.code === 409) return 'StaleRead';
  if (error.code === 429) return 'Throttled';
  // No answer, a token that is being rotated, a version that was compacted away, or the server's own trouble.
  if (error.code === 0 || error.code === 401 || error.code === 408 || error.code === 410) return 'Transient';
  return error.code >= 500 ? 'Transient' : 'Internal';
}
