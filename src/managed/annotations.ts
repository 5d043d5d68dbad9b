import { GROUP } from '../api/meta.ts';

/** Any new text: reconcile now; echoed in `status.lastHandledReconcileAt`. */
export const RECONCILE_REQUESTED_AT = `${GROUP}/reconcile-requested-at`;
/** Any new text on an AccessKey, or on a Bucket for its own: replace the key now; echoed in `status.lastHandledRotateAt`. */
export const ROTATE_REQUESTED_AT = `${GROUP}/rotate-requested-at`;
/** The account id that a condition printed: consent to go on in that account. */
export const ACCEPT_ACCOUNT = `${GROUP}/accept-account`;
/** The marker that a condition printed: consent to take the resource from its owner. */
export const TAKE_OVER_FROM = `${GROUP}/take-over-from`;
/** The object's own uid, on a deleting object: let it go without touching the service. */
export const ABANDON = `${GROUP}/abandon`;
/** On an object that its owner let go of: the owner's uid. It does not hold that owner, which may take it back. */
export const RELEASED_FROM = `${GROUP}/released-from`;
/** Holds an object until its external resource is gone, released or was never ours. */
export const FINALIZER = `${GROUP}/finalizer`;
/** The predecessor's finalizer; removed at take-over. */
export const LEGACY_FINALIZER = 'kopf.zalando.org/KopfFinalizerMarker';
/** The predecessor's annotations begin with it: the last state that it had seen. Removed at take-over. */
export const LEGACY_ANNOTATIONS = 'kopf.zalando.org/';
/** `true`: the keys are made inactive until it goes. */
export const FREEZE = `${GROUP}/freeze`;
/** Ids of access keys that a condition printed, divided by commas: consent to account them to this AccessKey. */
export const CLAIM_KEYS = `${GROUP}/claim-keys`;
/** Ids of access keys that a condition printed, divided by commas: consent to revoke them. */
export const REVOKE_KEYS = `${GROUP}/revoke-keys`;
/** On a Secret of somebody else's: `NAMESPACE/NAME` of the AccessKey that may add keys to it. */
export const ACCEPT_MERGE = `${GROUP}/accept-merge`;
